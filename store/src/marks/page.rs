//! A page of a run: `length of the marks | marks | documents`, without the first posting, which is in the run's fence.
//!
//! Marks are differences to the one before, as varints; documents too where the mark is the same. Marks stand by themselves:
//! most looks find nothing, and then no document is read.

use super::Posting;

/// Postings in a page: what one look reads.
pub const PAGE: usize = 64;
/// Bytes of the longest page: the length and the longest varints, ten bytes and five.
pub const LONGEST: usize = 2 + 15 * PAGE;
/// Bits of a mark in a posting.
pub const MARK_BITS: u32 = 40;

/// Appends the page of `postings`, which are in order, to `to`.
pub fn encode(postings: &[Posting], to: &mut Vec<u8>) {
    let (mut marks, mut documents) = (Vec::new(), Vec::new());
    for pair in postings.windows(2) {
        let (before, next) = (pair[0], pair[1]);
        let step = next.mark - before.mark;
        varint(&mut marks, step);
        let document = if step == 0 { next.document - before.document } else { next.document };
        varint(&mut documents, document.into());
    }
    to.extend_from_slice(&(marks.len() as u16).to_le_bytes());
    to.extend_from_slice(&marks);
    to.extend_from_slice(&documents);
}

/// Puts the postings in `from..=to` of a page of `count` postings, of which `first` is the first, into `found`; `None` where
/// the bytes are no page.
pub fn decode(
    bytes: &[u8],
    first: Posting,
    count: usize,
    [from, to]: [&Posting; 2],
    found: &mut Vec<Posting>,
) -> Option<()> {
    found.clear();
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    let (marks, documents) = rest.split_at_checked(u16::from_le_bytes(*length).into())?;
    if !has(marks, first.mark, count, from.mark..=to.mark)? {
        return Some(());
    }
    let (mut marks, mut documents, mut posting) = (marks, documents, first);
    for n in 0..count {
        if n > 0 {
            let step = take(&mut marks)?;
            let document = u32::try_from(take(&mut documents)?).ok()?;
            let document = if step == 0 { posting.document.checked_add(document)? } else { document };
            let mark = posting.mark.checked_add(step).filter(|mark| mark >> MARK_BITS == 0)?;
            posting = Posting { mark, document };
        }
        if posting > *to {
            break;
        }
        if posting >= *from {
            found.push(posting);
        }
    }
    Some(())
}

/// Whether any mark is wanted.
fn has(mut marks: &[u8], mut mark: u64, count: usize, wanted: std::ops::RangeInclusive<u64>) -> Option<bool> {
    for _ in 1..count {
        if mark >= *wanted.start() {
            break;
        }
        mark = mark.checked_add(take(&mut marks)?)?;
    }
    Some(wanted.contains(&mark))
}

fn varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for (at, byte) in bytes.iter().enumerate().take(9) {
        number |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            *bytes = &bytes[at + 1..];
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_comes_back_as_it_was() {
        let all: Vec<Posting> = (0..PAGE as u64)
            .map(|n| Posting { mark: n / 3 * 0x0b_0000_00ff, document: 7 * n as u32 + 1 })
            .collect();
        let mut bytes = Vec::new();
        encode(&all, &mut bytes);
        let mut found = Vec::new();
        for from in &all {
            for to in &all {
                decode(&bytes, all[0], PAGE, [from, to], &mut found).unwrap();
                let expected: Vec<Posting> =
                    all.iter().copied().filter(|posting| posting >= from && posting <= to).collect();
                assert_eq!(found, expected, "{from:?} to {to:?}");
            }
        }
        let missing = Posting { mark: all[3].mark + 1, document: 0 };
        decode(&bytes, all[0], PAGE, [&missing, &missing], &mut found).unwrap();
        assert!(found.is_empty());
        let last = all[PAGE - 1];
        for end in 0..bytes.len() {
            assert_eq!(decode(&bytes[..end], all[0], PAGE, [&last, &last], &mut found), None, "cut at {end}");
        }
    }
}
