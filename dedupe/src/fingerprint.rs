//! By what a text is found again: a hash of its normalised words, and MinHash bands of its shingles.
//!
//! Method: Broder, "On the resemblance and containment of documents" (1997); banding as in Leskovec,
//! Rajaraman and Ullman, "Mining of Massive Datasets", chapter 3.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// Bands of two rows: a pair of Jaccard similarity 0.5 shares one with probability 0.999, one of 0.1
/// with probability 0.27. Containment is verified on the texts, so that false candidates only cost time.
const BANDS: usize = 24;
const ROWS: usize = 2;

/// Words in a shingle.
const SHINGLE: usize = 3;

/// Texts with fewer words than this have no bands: they are alike by chance.
const WORDS: usize = 25;

/// A text's fingerprint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Hash of the normalised words; all zero for a text without any.
    pub exact: [u8; 16],
    /// Hashes of the MinHash bands; empty for a short text.
    pub bands: Vec<u64>,
}

impl Fingerprint {
    /// The fingerprint of `text`.
    pub fn of(text: &str) -> Self {
        let words = words(text);
        if words.is_empty() {
            return Self::default();
        }
        let mut exact = [0; 16];
        exact.copy_from_slice(&blake3::hash(words.join(" ").as_bytes()).as_bytes()[..16]);
        let bands = if words.len() < WORDS { Vec::new() } else { bands(&shingles(&words)) };
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

/// Words in lower case, without punctuation (NFKC).
pub fn words(text: &str) -> Vec<String> {
    let folded: String = text.nfkc().flat_map(char::to_lowercase).collect();
    folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Hashes of all runs of three words.
pub fn shingles(words: &[String]) -> HashSet<u64> {
    words.windows(SHINGLE.min(words.len().max(1))).map(|run| hash(run.join(" ").as_bytes())).collect()
}

fn hash(bytes: &[u8]) -> u64 {
    let hash = blake3::hash(bytes);
    hash.as_bytes().first_chunk::<8>().map_or(0, |first| u64::from_le_bytes(*first))
}

fn bands(shingles: &HashSet<u64>) -> Vec<u64> {
    let mut least = [u64::MAX; BANDS * ROWS];
    for &shingle in shingles {
        for (row, least) in least.iter_mut().enumerate() {
            *least = (*least).min(mix(shingle, row as u64));
        }
    }
    least
        .chunks(ROWS)
        .enumerate()
        .map(|(band, rows)| rows.iter().fold(band as u64, |hash, row| mix(hash ^ row, 0x9e37)))
        .collect()
}

/// One of a family of hash functions (the finaliser of SplitMix64, seeded).
fn mix(value: u64, seed: u64) -> u64 {
    let mut z = value ^ (seed.wrapping_add(1)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(from: usize, to: usize) -> String {
        (from..to).map(|n| format!("word{}x{n} ", n % 17)).collect()
    }

    #[test]
    fn dress_does_not_count() {
        let a = Fingerprint::of("The satellite, «PRSS-1», flew.\n\nIt works!");
        assert_eq!(a.exact, Fingerprint::of("the satellite PRSS 1 flew it works").exact);
        assert_ne!(a.exact, Fingerprint::of("the satellite PRSS 2 flew it works").exact);
        assert_eq!(Fingerprint::of(" … ").exact_hex(), "");
    }

    #[test]
    fn like_texts_share_a_band_and_short_ones_have_none() {
        let (a, b) = (Fingerprint::of(&text(0, 300)), Fingerprint::of(&text(40, 320)));
        assert!(a.bands.iter().any(|band| b.bands.contains(band)));
        let far = Fingerprint::of(&text(1000, 1300));
        assert!(!a.bands.iter().any(|band| far.bands.contains(band)));
        assert!(Fingerprint::of("too short to tell").bands.is_empty());
    }
}
