"""Letter case as token type ids.

The vocabulary is uncased, so "Casc" and "casc" are the same pieces. The case of
every word is given back to the encoder through the token type ids, one value
for all pieces of the word. The definition is exact, since other code repeats it:

Word: what BERT's BasicTokenizer makes of the text: split at white space, every
punctuation character (ASCII !-/ :-@ [-` {-~ and Unicode category P) a word of
its own, every CJK ideograph a word of its own. The case is read from the
ORIGINAL characters of the text from the word's first to its last, before
lower-casing and before accents are stripped.

Value, first rule that fits; "upper" and "lower" are the Unicode properties
Uppercase and Lowercase, all other characters do not count:
  3  the word has a number character (Unicode category N: Nd, Nl, No)
  0  no upper-case character in it
  2  two or more upper-case characters and no lower-case one
  1  one upper-case character, and no cased character stands before it
  3  anything else (McDonald, iPhone, eBay)
[CLS], [SEP] and padding have 0.
"""

import unicodedata


def case_of(word: str) -> int:
    """The case value of one word, from its original characters."""
    upper = lower = 0
    lower_first = False
    for ch in word:
        if unicodedata.category(ch)[0] == "N":
            return 3
        if ch.isupper():
            upper += 1
        elif ch.islower():
            lower_first |= upper == 0
            lower += 1
    if upper == 0:
        return 0
    if upper >= 2 and lower == 0:
        return 2
    if upper == 1 and not lower_first:
        return 1
    return 3


def words_of(encoding, text: str, base: int = 0):
    """Yield (first piece, end piece, start, end, case) for every word.

    `encoding` is a tokenizers.Encoding of `text` (with or without special
    tokens); start and end are character offsets in `text`, plus `base`.
    """
    # Both are made anew at every look.
    ids, offsets = encoding.word_ids, encoding.offsets
    i = 0
    while i < len(ids):
        if ids[i] is None:
            i += 1
            continue
        j = i + 1
        while j < len(ids) and ids[j] == ids[i]:
            j += 1
        start, end = offsets[i][0], offsets[j - 1][1]
        yield i, j, start + base, end + base, case_of(text[start:end])
        i = j
