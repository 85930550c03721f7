"""Read the annotated sets: files of `token<TAB>tag` into running text and spans."""

import gzip
import os

import names

MAP = {
    "PER": "PER", "ORG": "ORG", "LOC": "LOC", "MISC": "MISC",
    # WNUT17
    "corporation": "ORG", "group": "ORG", "product": "MISC", "creative-work": "MISC",
    # CrossNER, with WNUT17's person and location
    "politician": "PER", "person": "PER", "scientist": "PER", "researcher": "PER",
    "politicalparty": "ORG", "organisation": "ORG", "university": "ORG",
    "country": "LOC", "location": "LOC",
    # re3d; its other kinds (times, weapons, sums) are dropped
    "Person": "PER", "Organisation": "ORG", "Location": "LOC",
}
DROPPED = {"Temporal", "Quantity", "Weapon", "DocumentReference", "MilitaryPlatform",
           "Nationality", "Money", "Vehicle", "Frequency", "CommsIdentifier", "Coordinates"}

# name: (file, has MISC, share of the pieces seen in training, loss weight).
# With the written sentences more than half the pieces are Italian. Silver sets weigh less: their labels miss names.
TRAIN = {
    "it_wn": ("it/WN_train.iob2.gz", False, 19.0, 1.0),
    "it_adg": ("it/ADG_train.iob2.gz", False, 5.0, 1.0),
    "it_adg_dev": ("it/ADG_dev.iob2.gz", False, 1.0, 1.0),
    "it_fic": ("it/FIC_train.iob2.gz", False, 4.5, 1.0),
    "it_fic_dev": ("it/FIC_dev.iob2", False, 1.5, 1.0),
    "it_wikineural_a": ("it/wikineural_silver_val.iob2.gz", True, 6.0, 0.7),
    "it_wikineural_b": ("it/wikineural_silver_test.iob2.gz", True, 6.0, 0.7),
    "it_moro": ("it/moro_silver.iob2.gz", False, 2.5, 0.5),
    "en_btc_a": ("en/btc_a.iob2", False, 0.8, 1.0),
    "en_btc_b": ("en/btc_b.iob2.gz", False, 1.2, 1.0),
    "en_btc_e": ("en/btc_e.iob2", False, 0.5, 1.0),
    "en_btc_f": ("en/btc_f.iob2.gz", False, 2.0, 1.0),
    "en_btc_g": ("en/btc_g.iob2.gz", False, 2.2, 1.0),
    "en_btc_h": ("en/btc_h.iob2.gz", False, 1.3, 1.0),
    "en_wnut_train": ("en/wnut17_train.iob2.gz", True, 2.6, 1.0),
    "en_wnut_dev": ("en/wnut17_dev.iob2", True, 0.9, 1.0),
    "en_politics": ("en/crossner_politics_train.iob2", True, 1.4, 1.0),
    "en_science_train": ("en/crossner_science_train.iob2", True, 0.8, 1.0),
    "en_science_dev": ("en/crossner_science_dev.iob2", True, 1.5, 1.0),
    "en_science_test": ("en/crossner_science_test.iob2.gz", True, 1.7, 1.0),
    "en_re3d": ("en/re3d_train.iob2.gz", False, 2.8, 1.0),
    "en_ewt": ("en/uner_ewt_dev.iob2", False, 2.8, 1.0),
    "en_wikineural_a": ("en/wikineural_silver_val.iob2.gz", True, 6.0, 0.7),
    "en_wikineural_b": ("en/wikineural_silver_test.iob2.gz", True, 6.0, 0.7),
    "en_wikiann": ("en/wikiann_silver_train.iob2.gz", False, 2.5, 0.5),
}
# Development sets: measured, never trained on.
DEV = {
    "it_wn_dev": "it/WN_dev.iob2.gz",
    "en_politics_dev": "en/crossner_politics_dev.iob2.gz",
    "en_politics_test": "en/crossner_politics_test.iob2.gz",
}
_CLOSE = set(",.;:!?)]}»”%…")
_OPEN = set("([{«“#@$€£")


def sentences(path: str):
    """Yield lists of (token, tag)."""
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8") as f:
        sent = []
        for line in f:
            line = line.rstrip("\n\r")
            if not line.strip():
                if sent:
                    yield sent
                sent = []
                continue
            parts = line.split("\t")
            if parts[0].strip():
                sent.append((parts[0].strip(), parts[1].strip()))
        if sent:
            yield sent


def _kind(tag: str):
    if tag == "O":
        return None
    name = tag[2:]
    return None if name in DROPPED else MAP.get(name, "MISC")


def running_text(sent):
    """Join tokens as people write them. Returns (text, [(start, end, kind)])."""
    text, spans = "", []
    glue, quote_open, prev = True, False, None
    for token, tag in sent:
        before = glue or token in _CLOSE or token[0] in "'’" or token == "n't"
        if token == '"':
            before = glue or quote_open
        if not before:
            text += " "
        start = len(text)
        text += token
        glue = token in _OPEN or (token[-1] in "'’" and len(token) > 1)
        if token == '"':
            quote_open = not quote_open
            glue = quote_open
        kind = _kind(tag)
        if kind is not None:
            if tag[0] == "I" and prev == kind:
                spans[-1] = (spans[-1][0], len(text), kind)
            else:
                spans.append((start, len(text), kind))
        prev = kind
    return text, spans


def load(data: str, file: str):
    """All sentences of one file as (text, spans).

    Single demonyms that a set calls MISC ("Chinese") are no names: most human
    sets leave them out, and so do the scores and the project.
    """
    out = []
    for sent in sentences(os.path.join(data, "ner", file)):
        text, spans = running_text(sent)
        out.append((text, [s for s in spans if s[2] != "MISC" or text[s[0] : s[1]].lower() not in names.DEMONYMS]))
    return out
