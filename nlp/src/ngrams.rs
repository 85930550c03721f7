//! A second opinion on the language: a linear classifier over hashed letter sequences.
//!
//! `../training/language.py` trains the table and defines a feature exactly; what differs here, differs there.

use std::sync::OnceLock;

/// Scale, two biases (f32), then two signed bytes for each hash: Italian, English.
const FILE: &[u8] = include_bytes!("../model/language.bin");
const BITS: u32 = 17;
/// Letters of a word that count.
const LONGEST: usize = 24;
/// A run of more letters is no word and does not count.
const NO_WORD: usize = 40;
/// The longest sequence of characters, but for whole words.
const SEQUENCE: usize = 5;

/// How much a text looks like Italian and like English, against all other languages in Latin letters.
///
/// Log odds, roughly: above 0 rather that language than another one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scores {
    pub(crate) italian: f32,
    pub(crate) english: f32,
    /// Letters of the words that were read, 24 a word at most.
    pub(crate) letters: usize,
}

struct Table {
    scale: f32,
    bias: [f32; 2],
    weights: &'static [[u8; 2]],
}

/// Scores `text`; reads all of it.
pub(crate) fn scores(text: &str) -> Scores {
    let table = table();
    let (mut sums, mut count, mut letters) = ([0_i64; 2], 0_u64, 0);
    let mut add = |hash: u32| {
        let at = (hash.wrapping_mul(0x9E37_79B1) >> (32 - BITS)) as usize;
        if let Some([italian, english]) = table.weights.get(at) {
            sums[0] += i64::from(italian.cast_signed());
            sums[1] += i64::from(english.cast_signed());
        }
        count += 1;
    };
    let lower = text.to_lowercase();
    let mut marked = String::with_capacity(4 * LONGEST + 2);
    for word in lower.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()) {
        if word.chars().nth(NO_WORD).is_some() {
            continue;
        }
        marked.clear();
        marked.push('<');
        marked.extend(word.chars().take(LONGEST));
        marked.push('>');
        letters += marked.chars().count() - 2;
        sequences(&marked, &mut add);
    }
    let size = (count.max(1) as f32).sqrt();
    let score = |at: usize| table.bias[at] + sums[at] as f32 * table.scale / size;
    Scores { italian: score(0), english: score(1), letters }
}

/// Hashes of every sequence of 1 to 5 characters of `<word>` except the lone ends, and of a longer word as a whole.
fn sequences(marked: &str, add: &mut impl FnMut(u32)) {
    for (from, first) in marked.char_indices() {
        let mut hash = OFFSET;
        let mut buffer = [0; 4];
        for (n, c) in marked[from..].chars().take(SEQUENCE).enumerate() {
            hash = fnv(hash, c.encode_utf8(&mut buffer).as_bytes());
            if n > 0 || !matches!(first, '<' | '>') {
                add(hash);
            }
        }
    }
    if marked.chars().nth(SEQUENCE).is_some() {
        add(fnv(OFFSET, marked.as_bytes()));
    }
}

const OFFSET: u32 = 0x811C_9DC5;

/// 32-bit FNV-1a.
fn fnv(hash: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(hash, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let (head, weights) = FILE.split_at(12);
        let mut floats = head.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
        let mut next = || floats.next().unwrap_or_default();
        let (scale, bias) = (next(), [next(), next()]);
        Table { scale, bias, weights: weights.as_chunks::<2>().0 }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        assert_eq!(FILE.len(), 12 + (2 << BITS));
        assert!(table().scale > 0.0 && table().scale < 1.0);
    }

    /// The numbers that `features` and `scores` of language.py give.
    #[test]
    fn features_are_those_of_the_training() {
        let mut hashes = Vec::new();
        sequences("<è>", &mut |hash| hashes.push(hash.wrapping_mul(0x9E37_79B1) >> (32 - BITS)));
        hashes.sort_unstable();
        assert_eq!(hashes, [22183, 31060, 32545, 96493]);
        let mut count = 0;
        sequences("<satelliti>", &mut |_| count += 1);
        assert_eq!(count, 44);
    }
}
