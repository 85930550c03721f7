//! By what a text is found again: a hash of its normalised words, MinHash bands of its shingles, and a winnowing of its
//! longer runs of words.
//!
//! Bands find texts that are alike as a whole, passages find a short text inside a long one. What they find is verified
//! on the texts, so that a false candidate only costs time.
//!
//! Methods: Broder, "On the resemblance and containment of documents" (1997), with bands as in Leskovec, Rajaraman and
//! Ullman, "Mining of Massive Datasets", chapter 3; Schleimer, Wilkerson and Aiken, "Winnowing: local algorithms for
//! document fingerprinting" (2003).

use serde::{Deserialize, Serialize};

use crate::words::{SHINGLE, Word, hashes, mix, runs, split};

/// Bands of four rows: a pair of Jaccard similarity 0.8 shares one with probability 0.998, one of 0.5 with 0.54, one
/// of 0.1 with 0.001.
const BANDS: usize = 12;
const ROWS: usize = 4;

/// Words in a run that stands for a passage.
const PASSAGE: usize = 6;

/// Of so many neighbouring runs at least one is kept: texts with a common run of `PASSAGE + WINDOW - 1` words share it.
const WINDOW: usize = 24;

/// Texts with fewer words have no marks: they are alike by chance.
const WORDS: usize = 10;

/// A text with fewer words is a template's filling: its title belongs to it.
pub const SHORT: usize = 25;

/// A text's fingerprint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Hash of the normalised words, for a short text with those of its title; all zero for a text without any.
    pub exact: [u8; 16],
    /// MinHash bands and passages; empty for a very short text.
    pub bands: Vec<u64>,
}

impl Fingerprint {
    /// The fingerprint of a text under its title.
    pub fn of(title: &str, text: &str) -> Self {
        let (text, words) = split(text);
        if words.is_empty() {
            return Self::default();
        }
        let mut whole = joined(&text, &words);
        if words.len() < SHORT {
            let (title, of_title) = split(title);
            whole = format!("{}\n{whole}", joined(&title, &of_title));
        }
        let mut exact = [0; 16];
        exact.copy_from_slice(&blake3::hash(whole.as_bytes()).as_bytes()[..16]);
        let bands = if words.len() < WORDS { Vec::new() } else { marks(&hashes(&text, &words)) };
        Self { exact, bands }
    }

    /// The exact hash as hex; empty for a text without words.
    pub fn exact_hex(&self) -> String {
        if self.exact == [0; 16] {
            return String::new();
        }
        self.exact.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The words in small letters with single spaces.
fn joined(text: &str, words: &[Word]) -> String {
    let mut joined = String::with_capacity(text.len());
    for word in words {
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(&text[word.start..word.end].to_lowercase());
    }
    joined
}

fn marks(hashes: &[u64]) -> Vec<u64> {
    let mut marks = bands(&runs(hashes, SHINGLE));
    marks.extend(winnow(&runs(hashes, PASSAGE)));
    marks
}

fn bands(shingles: &[u64]) -> Vec<u64> {
    let mut least = [u64::MAX; BANDS * ROWS];
    for &shingle in shingles {
        for (row, least) in least.iter_mut().enumerate() {
            *least = (*least).min(mix(shingle, row as u64));
        }
    }
    let bands = least.chunks(ROWS).enumerate();
    bands.map(|(band, rows)| rows.iter().fold(band as u64, |hash, row| mix(hash ^ row, 0x9e37))).collect()
}

/// The least of every window of neighbours, the last of equals, each once.
fn winnow(runs: &[u64]) -> Vec<u64> {
    let mut kept: Vec<u64> = Vec::new();
    let mut last = None;
    let order: Vec<u64> = runs.iter().map(|run| mix(*run, 2)).collect();
    for (from, window) in order.windows(WINDOW.min(runs.len().max(1))).enumerate() {
        let least = window.iter().enumerate().rev().min_by_key(|(_, order)| **order);
        let Some(at) = least.map(|(at, _)| from + at) else { continue };
        if last != Some(at) {
            last = Some(at);
            kept.push(runs[at]);
        }
    }
    kept.sort_unstable();
    kept.dedup();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(from: usize, to: usize) -> String {
        (from..to).map(|n| format!("word{}x{n} ", n % 17)).collect()
    }

    fn shares(a: &str, b: &str) -> bool {
        let (a, b) = (Fingerprint::of("", a), Fingerprint::of("", b));
        a.bands.iter().any(|band| b.bands.contains(band))
    }

    #[test]
    fn dress_does_not_count() {
        let of = |text: &str| Fingerprint::of("Launch", text);
        let a = of("The satellite, «PRSS-1», flew.\n\nIt works!");
        assert_eq!(a.exact, of("the satellite PRSS 1 flew it works").exact);
        assert_ne!(a.exact, of("the satellite PRSS 2 flew it works").exact);
        assert_eq!(of(" … ").exact_hex(), "");
    }

    #[test]
    fn a_short_text_belongs_to_its_title_and_a_long_one_does_not() {
        let check = |text: &str, same: bool| {
            let of = |title| Fingerprint::of(title, text).exact;
            assert_eq!(of("Ones Bank sets dividend") == of("Other Bank sets dividend"), same, "{text}");
        };
        check("Quarterly dividend of 18 cents, as before. Pay April 1, record March 20.", false);
        check(&text(0, 40), true);
    }

    #[test]
    fn like_texts_and_passages_share_a_mark_and_short_ones_have_none() {
        assert!(shares(&text(0, 300), &text(30, 310)));
        assert!(!shares(&text(0, 300), &text(1000, 1300)));
        // A run of PASSAGE + WINDOW - 1 words, wherever it stands.
        for start in [200, 211, 219, 233] {
            let inside = format!("{} {}", text(start, start + 29), text(9000, 9100));
            assert!(shares(&text(0, 2000), &inside), "{start}");
        }
        assert!(Fingerprint::of("", "too short to tell").bands.is_empty());
    }
}
