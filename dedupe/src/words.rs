//! A text as words: what the other steps compare.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// Words in a shingle.
pub const SHINGLE: usize = 3;

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Where it begins in the normalised text, in bytes.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// Whether it is the first of its sentence.
    pub begins: bool,
    /// Whether it is the last of its sentence.
    pub ends: bool,
}

/// The text in Unicode's compatibility form, and its words.
pub fn split(text: &str) -> (Cow<'_, str>, Vec<Word>) {
    let text = match is_nfkc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        _ => Cow::Owned(text.nfkc().collect()),
    };
    let mut words: Vec<Word> = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), '\n')]) {
        if c.is_alphanumeric() {
            start.get_or_insert(at);
            continue;
        }
        if let Some(start) = start.take() {
            let begins = words.last().is_none_or(|before| before.ends);
            words.push(Word { start, end: at, begins, ends: false });
        }
        if ends(&text, at, c)
            && let Some(word) = words.last_mut()
        {
            word.ends = true;
        }
    }
    (text, words)
}

/// Whether a sentence ends with the character at `at`.
fn ends(text: &str, at: usize, c: char) -> bool {
    let next = || text[at + c.len_utf8()..].chars().next();
    match c {
        '\n' | '!' | '?' | ';' | '…' => true,
        '.' => next().is_none_or(|next| next.is_whitespace() || matches!(next, '"' | '”' | '»' | '\'')),
        _ => false,
    }
}

/// Words in small letters, without punctuation.
pub fn folded(text: &str) -> Vec<String> {
    let (text, words) = split(text);
    words.iter().map(|word| text[word.start..word.end].to_lowercase()).collect()
}

/// Hashes of the words of a text, in small letters.
pub fn hashes(text: &str, words: &[Word]) -> Vec<u64> {
    words.iter().map(|word| hash(text[word.start..word.end].to_lowercase().as_bytes())).collect()
}

/// Hashes of all runs of `length` words, in their order; of the whole where there are fewer. `hashes`: those of the words.
pub fn runs(hashes: &[u64], length: usize) -> Vec<u64> {
    if hashes.is_empty() {
        return Vec::new();
    }
    let run = |hashes: &[u64]| hashes.iter().fold(length as u64, |hash, word| mix(hash ^ word, 1));
    hashes.windows(length.min(hashes.len())).map(run).collect()
}

/// The first eight bytes of a BLAKE3 hash.
pub fn hash(bytes: &[u8]) -> u64 {
    let hash = blake3::hash(bytes);
    hash.as_bytes().first_chunk::<8>().map_or(0, |first| u64::from_le_bytes(*first))
}

/// One of a family of hash functions (the finaliser of SplitMix64, seeded).
pub fn mix(value: u64, seed: u64) -> u64 {
    let mut z = value ^ (seed.wrapping_add(1)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_know_their_sentences() {
        let check = |text: &str, expected: &str| {
            let (text, words) = split(text);
            let shown = words.iter().map(|word| {
                let (open, close) = (if word.begins { "(" } else { "" }, if word.ends { ")" } else { "" });
                format!("{open}{}{close}", &text[word.start..word.end])
            });
            assert_eq!(shown.collect::<Vec<_>>().join(" "), expected);
        };
        check("It flew. «Why?», he said", "(It flew) (Why) (he said)");
        check("up 3.5 % in the U.S. today\nMore", "(up 3 5 in the U S) (today) (More)");
        check("", "");
    }

    #[test]
    fn runs_tell_order_and_length() {
        let runs = |text: &str, length| {
            let (text, words) = split(text);
            super::runs(&hashes(&text, &words), length)
        };
        assert_eq!(runs("a b c d", 3).len(), 2);
        assert_eq!(runs("a b", 3).len(), 1);
        assert_eq!(runs("A, b: c", 3), runs("a b c", 3));
        assert_ne!(runs("a b c", 3), runs("a c b", 3));
        assert!(runs("", 3).is_empty());
    }
}
