//! One sorted run of postings: `header | pages | fences | checksum`.
//!
//! A page holds postings as differences to the one before, as varints: about five and a half bytes for each instead of
//! nine. The header says how many postings there are and up to which record; a fence is the first posting of a page and
//! where the page ends; the checksum covers header and fences, which are read when the run is opened.

use std::{
    fs::File,
    io::{BufWriter, Write},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use super::{Posting, document, mark, posting_of};
use crate::{Position, StoreError};

const MAGIC: &[u8; 8] = b"VEDMARK2";
/// Magic, count, segment, offset.
const HEADER: usize = 32;
/// Bytes of a posting and of a page's end in a fence.
const WIDTH: usize = std::mem::size_of::<Posting>();
const FENCE: usize = WIDTH + 8;
/// Postings in a page: what one look reads.
const PAGE: usize = 128;
/// Bytes of the longest page: the longest varints, ten bytes and five.
const LONGEST: u64 = 15 * PAGE as u64;

/// The first posting of a page, and where in the file the page ends.
#[derive(Debug, Clone, Copy)]
struct Fence {
    first: Posting,
    end: u64,
}

/// An open run.
#[derive(Debug)]
pub struct Run {
    pub path: PathBuf,
    /// It stands for the runs with these numbers, which were merged.
    pub first: u64,
    pub last: u64,
    /// The last record whose marks are in it.
    pub until: Position,
    count: usize,
    fences: Vec<Fence>,
    file: File,
}

/// Opens the runs in `dir` in their order, without those that a longer one stands for; see [`super::Marks::open`].
pub fn open_all(dir: &Path) -> Result<Vec<Run>, StoreError> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(StoreError::io("list", dir))? {
        let path = entry.map_err(StoreError::io("list", dir))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".run"));
        let numbers = name.and_then(|name| name.split_once('-'));
        match numbers.and_then(|(first, last)| Some((first.parse::<u64>().ok()?, last.parse::<u64>().ok()?)))
        {
            Some((first, last)) => names.push((first, std::cmp::Reverse(last), path)),
            // What a crash left of a run that was being written.
            None if path.extension().is_some_and(|extension| extension == "new") => remove(&path)?,
            None => {}
        }
    }
    names.sort();
    let (mut runs, mut next, mut whole) = (Vec::<Run>::new(), 1, true);
    for (first, std::cmp::Reverse(last), path) in names {
        match open(&path, first, last) {
            Ok(run) if whole && first == next => {
                next = last + 1;
                runs.push(run);
            }
            Ok(_) if whole && last < next => remove(&path)?,
            opened => {
                whole = false;
                if let Err(error) = opened {
                    tracing::warn!(%error, "marks are read again from the journal");
                }
                remove(&path)?;
            }
        }
    }
    Ok(runs)
}

fn remove(path: &Path) -> Result<(), StoreError> {
    std::fs::remove_file(path).map_err(StoreError::io("remove", path))
}

fn open(path: &Path, first: u64, last: u64) -> Result<Run, StoreError> {
    let broken = || StoreError::Index(format!("{} is damaged", path.display()));
    let file = File::open(path).map_err(StoreError::io("open", path))?;
    let length = file.metadata().map_err(StoreError::io("read", path))?.len() as usize;
    let mut header = [0; HEADER];
    file.read_exact_at(&mut header, 0).map_err(|_| broken())?;
    let number =
        |at: usize| header.get(at..at + 8).and_then(|n| n.try_into().ok()).map_or(0, u64::from_le_bytes);
    let count = number(8) as usize;
    let fences = count.div_ceil(PAGE).saturating_mul(FENCE);
    let Some(tail) = length.checked_sub(fences.saturating_add(4)).filter(|tail| *tail >= HEADER) else {
        return Err(broken());
    };
    if !header.starts_with(MAGIC) {
        return Err(broken());
    }
    let mut end = vec![0; length - tail];
    file.read_exact_at(&mut end, tail as u64).map_err(|_| broken())?;
    let (fences, sum) = end.split_at(fences);
    if checksum(&header, fences).to_le_bytes() != sum {
        return Err(broken());
    }
    let fences = fences.as_chunks::<FENCE>().0.iter().map(|fence| {
        let (first, end) = fence.split_at(WIDTH);
        let mut fence = Fence { first: [0; WIDTH], end: end.try_into().map_or(0, u64::from_le_bytes) };
        fence.first.copy_from_slice(first);
        fence
    });
    let until = Position { segment: number(16), offset: number(24) };
    Ok(Run { path: path.into(), first, last, until, count, fences: fences.collect(), file })
}

fn checksum(header: &[u8], fences: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(header);
    sum.update(fences);
    sum.finalize()
}

/// Writes a run; it has its name once it is whole and durable.
pub fn write(
    dir: &Path,
    first: u64,
    last: u64,
    until: Position,
    postings: impl Iterator<Item = Result<Posting, StoreError>>,
) -> Result<Run, StoreError> {
    let path = dir.join(format!("{first:010}-{last:010}.run"));
    let new = path.with_extension("new");
    let file = File::create(&new).map_err(StoreError::io("create", &new))?;
    let mut out = BufWriter::new(&file);
    let failed = |source| StoreError::Io { verb: "write", path: new.clone(), source };
    out.write_all(&[0; HEADER]).map_err(failed)?;
    let (mut count, mut at, mut fences) = (0usize, HEADER as u64, Vec::new());
    let mut before = [0; WIDTH];
    let mut bytes = Vec::new();
    for posting in postings {
        let posting = posting?;
        if count.is_multiple_of(PAGE) {
            if count > 0 {
                fences.extend_from_slice(&at.to_le_bytes());
            }
            fences.extend_from_slice(&posting);
        } else {
            bytes.clear();
            put(&mut bytes, &before, &posting);
            out.write_all(&bytes).map_err(failed)?;
            at += bytes.len() as u64;
        }
        before = posting;
        count += 1;
    }
    if count > 0 {
        fences.extend_from_slice(&at.to_le_bytes());
    }
    let mut header = MAGIC.to_vec();
    for number in [count as u64, until.segment, until.offset] {
        header.extend_from_slice(&number.to_le_bytes());
    }
    out.write_all(&fences).map_err(failed)?;
    out.write_all(&checksum(&header, &fences).to_le_bytes()).map_err(failed)?;
    out.flush().map_err(failed)?;
    drop(out);
    file.write_all_at(&header, 0).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    std::fs::rename(&new, &path).map_err(StoreError::io("rename", &new))?;
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(StoreError::io("sync", dir))?;
    open(&path, first, last)
}

impl Run {
    /// How many postings there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Bytes on disk.
    pub fn bytes(&self) -> u64 {
        let pages = self.fences.last().map_or(HEADER as u64, |fence| fence.end);
        pages + (self.fences.len() * FENCE + 4) as u64
    }

    pub fn remove(&self) -> Result<(), StoreError> {
        remove(&self.path)
    }

    /// Adds the documents of the postings in `from..=to`, until `most` are there.
    pub fn find(
        &self,
        from: &Posting,
        to: &Posting,
        most: usize,
        found: &mut Vec<u32>,
    ) -> Result<(), StoreError> {
        // The page before the first fence beyond `from` may hold it.
        let first = self.fences.partition_point(|fence| fence.first < *from).saturating_sub(1);
        for page in first..self.fences.len() {
            if found.len() >= most || self.fences[page].first > *to {
                break;
            }
            let postings = self.page(page)?;
            let start = postings.partition_point(|posting| posting < from);
            found.extend(postings[start..].iter().take_while(|posting| *posting <= to).map(document));
        }
        Ok(())
    }

    /// The postings of a page.
    fn page(&self, page: usize) -> Result<Vec<Posting>, StoreError> {
        let broken = || StoreError::Index(format!("{} is damaged", self.path.display()));
        let fence = self.fences.get(page).ok_or_else(broken)?;
        let from = page.checked_sub(1).map_or(HEADER as u64, |before| self.fences[before].end);
        let length = fence.end.checked_sub(from).filter(|length| *length <= LONGEST).ok_or_else(broken)?;
        let mut bytes = vec![0; length as usize];
        self.file.read_exact_at(&mut bytes, from).map_err(StoreError::io("read", &self.path))?;
        let here = PAGE.min(self.count - page * PAGE);
        let (mut postings, mut rest) = (Vec::with_capacity(here), bytes.as_slice());
        postings.push(fence.first);
        while postings.len() < here {
            let before = postings.last().copied().unwrap_or(fence.first);
            postings.push(take(&mut rest, &before).ok_or_else(broken)?);
        }
        Ok(postings)
    }

    /// All postings in their order.
    pub fn all(&self) -> impl Iterator<Item = Result<Posting, StoreError>> {
        (0..self.fences.len()).flat_map(|page| {
            let (page, error) = match self.page(page) {
                Ok(page) => (page, None),
                Err(error) => (Vec::new(), Some(Err(error))),
            };
            page.into_iter().map(Ok).chain(error)
        })
    }
}

/// Appends what leads from one posting to the next: the difference of the marks, and of the documents or the document.
fn put(bytes: &mut Vec<u8>, before: &Posting, next: &Posting) {
    let step = mark(next) - mark(before);
    varint(bytes, step);
    let document = if step == 0 { document(next) - document(before) } else { document(next) };
    varint(bytes, document.into());
}

/// The next posting; `None` where the bytes are none.
fn take(bytes: &mut &[u8], before: &Posting) -> Option<Posting> {
    let step = read_varint(bytes)?;
    let document_step = u32::try_from(read_varint(bytes)?).ok()?;
    let document = if step == 0 { document(before).checked_add(document_step)? } else { document_step };
    posting_of(mark(before).checked_add(step)?, document)
}

fn varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn read_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for shift in (0..63).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// Two runs as one, in order, equal postings once.
pub fn both(
    a: impl Iterator<Item = Result<Posting, StoreError>>,
    b: impl Iterator<Item = Result<Posting, StoreError>>,
) -> impl Iterator<Item = Result<Posting, StoreError>> {
    let (mut a, mut b) = (a.peekable(), b.peekable());
    std::iter::from_fn(move || match (a.peek(), b.peek()) {
        (Some(Ok(first)), Some(Ok(second))) => match first.cmp(second) {
            std::cmp::Ordering::Less => a.next(),
            std::cmp::Ordering::Greater => b.next(),
            std::cmp::Ordering::Equal => {
                b.next();
                a.next()
            }
        },
        (None, _) | (Some(Ok(_)), Some(Err(_))) => b.next(),
        (Some(_), _) => a.next(),
    })
}
