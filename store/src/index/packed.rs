//! Rows as bytes: JSON, and zstd with a dictionary where that halves it. Rows are small and alike, so a dictionary of one
//! row of each kind takes away what they share: field names, marks of a list, a language's name. What does not halve, hashes
//! mostly, is read for every article that comes, and unpacking it would take as long as all else.

use std::{cell::RefCell, sync::LazyLock};

use serde::{Serialize, de::DeserializeOwned};
use zstd::{
    bulk::{Compressor, Decompressor},
    dict::{DecoderDictionary, EncoderDictionary},
};

use crate::StoreError;

/// Rows of each kind; another dictionary is another [`super::LAYOUT`].
const DICTIONARY: &[u8] = include_bytes!("rows.txt");
/// The fastest level; higher ones win a few per cent.
const LEVEL: i32 = 1;
/// Rows that are shorter stay as they are.
const SHORT: usize = 64;
/// No row is longer than this once unpacked: a message's body has at most 1 MB.
const LONGEST: u32 = 64 << 20;

const PLAIN: u8 = 0;
const PACKED: u8 = 1;

static ENCODER: LazyLock<EncoderDictionary<'static>> =
    LazyLock::new(|| EncoderDictionary::copy(DICTIONARY, LEVEL));
static DECODER: LazyLock<DecoderDictionary<'static>> = LazyLock::new(|| DecoderDictionary::copy(DICTIONARY));

thread_local! {
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

fn broken(error: impl ToString) -> StoreError {
    StoreError::Index(error.to_string())
}

/// A row as it lies in the index.
pub fn pack<T: Serialize>(row: &T) -> Result<Vec<u8>, StoreError> {
    let json = serde_json::to_vec(row).map_err(broken)?;
    if json.len() >= SHORT && json.len() <= LONGEST as usize {
        let packed = COMPRESSOR
            .with_borrow_mut(|slot| {
                let compressor = match slot {
                    Some(compressor) => compressor,
                    None => {
                        let mut compressor = Compressor::with_prepared_dictionary(&ENCODER)?;
                        // The length stands before the frame, and there is one dictionary.
                        compressor.include_contentsize(false)?;
                        compressor.include_dictid(false)?;
                        compressor.include_checksum(false)?;
                        slot.insert(compressor)
                    }
                };
                compressor.compress(&json)
            })
            .map_err(broken)?;
        if packed.len() * 2 < json.len() {
            let mut row = Vec::with_capacity(packed.len() + 5);
            row.push(PACKED);
            row.extend_from_slice(&(json.len() as u32).to_le_bytes());
            row.extend_from_slice(&packed);
            return Ok(row);
        }
    }
    let mut row = Vec::with_capacity(json.len() + 1);
    row.push(PLAIN);
    row.extend_from_slice(&json);
    Ok(row)
}

/// The row that [`pack`] was given.
pub fn unpack<T: DeserializeOwned>(row: &[u8]) -> Result<T, StoreError> {
    match row.split_first() {
        Some((&PLAIN, json)) => serde_json::from_slice(json).map_err(broken),
        Some((&PACKED, rest)) => {
            let (length, frame) = rest.split_first_chunk::<4>().ok_or_else(|| broken("a row is cut"))?;
            let length = u32::from_le_bytes(*length);
            if length > LONGEST {
                return Err(broken(format!("a row of {length} bytes")));
            }
            let json = DECOMPRESSOR
                .with_borrow_mut(|slot| {
                    let decompressor = match slot {
                        Some(decompressor) => decompressor,
                        None => slot.insert(Decompressor::with_prepared_dictionary(&DECODER)?),
                    };
                    decompressor.decompress(frame, length as usize)
                })
                .map_err(broken)?;
            serde_json::from_slice(&json).map_err(broken)
        }
        _ => Err(broken("a row of no known form")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Position,
        rows::{ArticleRow, StoryRow},
        testing,
    };
    use vedetta_domain::StoryId;

    #[test]
    fn a_row_comes_back_as_it_was_and_is_shorter() {
        for text in [String::new(), "short".into(), "è".repeat(100), "long ".repeat(100_000)] {
            assert_eq!(unpack::<String>(&pack(&text).unwrap()).unwrap(), text);
        }
        let crate::Commit { telling, marks, judged, at, .. } = testing::commit(1, StoryId::default());
        let row = ArticleRow {
            position: Some(Position { segment: 3, offset: 1_234_567 }),
            document: 1234,
            story: StoryId::default(),
            telling,
            canonical_url: marks.canonical_url,
            exact: marks.exact,
            judged,
            lexicon_only: false,
            at,
        };
        let (plain, packed) = (serde_json::to_vec(&row).unwrap(), pack(&row).unwrap());
        assert_eq!(unpack::<ArticleRow>(&packed).unwrap(), row);
        assert!(packed.len() * 5 < plain.len() * 2, "{} of {}", packed.len(), plain.len());
    }

    #[test]
    fn a_damaged_row_is_an_error() {
        let row = pack(&"a text that is long enough to be packed, ".repeat(9)).unwrap();
        let mut bomb = row.clone();
        bomb[1..5].copy_from_slice(&u32::MAX.to_le_bytes());
        let mut short = row.clone();
        short[1] = 1;
        for damaged in [&[][..], &[9, 9], &row[..3], &row[..row.len() - 4], &bomb, &short] {
            assert!(matches!(unpack::<StoryRow>(damaged), Err(StoreError::Index(_))), "{damaged:?}");
        }
    }
}
