//! One sorted run of postings: `header | pages | fences | checksum`.
//!
//! A page holds postings in about five and a half bytes each, see `page.rs`. The header says how many there are and up to
//! which record; a fence is the first posting of a page and where the page ends; the checksum covers header and fences,
//! which are read when the run is opened.

use std::{
    fs::File,
    io::{BufWriter, Write},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use super::{
    Posting,
    page::{self, LONGEST, MARK_BITS, PAGE},
};
use crate::{Position, StoreError};

const MAGIC: &[u8; 8] = b"VEDMARK3";
/// Magic, count, segment, offset.
const HEADER: usize = 32;
/// Bytes of a posting in a fence, big-endian: five of the mark and four of the document.
const WIDTH: usize = 9;
/// Behind them where the page ends.
const FENCE: usize = WIDTH + 8;
/// Pages of a run that are shorter are kept in memory: most runs are, and most looks into them find nothing.
const KEPT: usize = 8 << 20;
/// Fences to either side of the expected one in which a mark is looked for first: two standard deviations in a run of fifty
/// million postings.
const NEAR: usize = 128;

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
    /// All before the fences, if that is short.
    kept: Option<Vec<u8>>,
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
    let big_endian = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
    let fences = fences.as_chunks::<FENCE>().0.iter().map(|fence| {
        let (first, end) = fence.split_at(WIDTH);
        let (mark, document) = first.split_at(WIDTH - 4);
        let first = Posting { mark: big_endian(mark), document: big_endian(document) as u32 };
        Fence { first, end: end.try_into().map_or(0, u64::from_le_bytes) }
    });
    let until = Position { segment: number(16), offset: number(24) };
    let mut kept = (tail <= KEPT).then(|| vec![0; tail]);
    if let Some(bytes) = &mut kept {
        file.read_exact_at(bytes, 0).map_err(|_| broken())?;
    }
    Ok(Run { path: path.into(), first, last, until, count, fences: fences.collect(), file, kept })
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
    let (mut page, mut bytes) = (Vec::with_capacity(PAGE), Vec::new());
    let mut postings = postings.peekable();
    while let Some(posting) = postings.next() {
        page.push(posting?);
        if page.len() < PAGE && postings.peek().is_some() {
            continue;
        }
        bytes.clear();
        page::encode(&page, &mut bytes);
        out.write_all(&bytes).map_err(failed)?;
        at += bytes.len() as u64;
        fences.extend_from_slice(&page[0].mark.to_be_bytes()[3..]);
        fences.extend_from_slice(&page[0].document.to_be_bytes());
        fences.extend_from_slice(&at.to_le_bytes());
        count += page.len();
        page.clear();
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
        let mut page = Page::default();
        for n in self.first_page(from)..self.fences.len() {
            if found.len() >= most || self.fences[n].first > *to {
                break;
            }
            found.extend(page.read(self, n, from, to)?.iter().map(|posting| posting.document));
        }
        Ok(())
    }

    /// Adds the documents of the postings in `from..=to` that come before the last one that is there, the last ones first,
    /// until `most` are there.
    pub fn find_last(
        &self,
        from: &Posting,
        to: &Posting,
        most: usize,
        found: &mut Vec<u32>,
    ) -> Result<(), StoreError> {
        let mut page = Page::default();
        let behind = self.fences.partition_point(|fence| fence.first <= *to);
        for n in (self.first_page(from)..behind).rev() {
            if found.len() >= most {
                break;
            }
            let postings = page.read(self, n, from, to)?;
            let before = found.last().copied();
            let new = postings.iter().rev().map(|posting| posting.document);
            let new = new.skip_while(|document| before.is_some_and(|before| *document >= before));
            found.extend(new.take(most - found.len()));
        }
        Ok(())
    }

    /// The first page that may hold `from`: the one before the first fence beyond it.
    fn first_page(&self, from: &Posting) -> usize {
        let before = |fence: &Fence| fence.first < *from;
        // Marks are hashes and lie about where they would if they were spread evenly: a search through all fences, which
        // no cache of the processor holds, took a tenth of the ladder's time.
        let count = self.fences.len();
        let expected = ((u128::from(from.mark) * count as u128) >> MARK_BITS) as usize;
        let (start, end) = (expected.saturating_sub(NEAR).min(count), count.min(expected + NEAR));
        let near = &self.fences[start..end];
        let holds = (start == 0 || near.first().is_some_and(before))
            && (end == count || near.last().is_some_and(|fence| !before(fence)));
        let first =
            if holds { start + near.partition_point(before) } else { self.fences.partition_point(before) };
        first.saturating_sub(1)
    }

    /// All postings in their order.
    pub fn all(&self) -> impl Iterator<Item = Result<Posting, StoreError>> {
        (0..self.fences.len()).flat_map(|n| {
            let mut page = Page::default();
            let error = page.read(self, n, &FIRST, &LAST).err().map(Err);
            let postings = if error.is_none() { page.postings } else { Vec::new() };
            postings.into_iter().map(Ok).chain(error)
        })
    }
}

/// No posting comes before the one or behind the other.
const FIRST: Posting = Posting { mark: 0, document: 0 };
const LAST: Posting = Posting { mark: u64::MAX, document: u32::MAX };

/// A page in memory; one after the other can be read into it.
#[derive(Default)]
struct Page {
    bytes: Vec<u8>,
    postings: Vec<Posting>,
}

impl Page {
    /// The postings in `from..=to` of page `n` of a run.
    fn read(&mut self, run: &Run, n: usize, from: &Posting, to: &Posting) -> Result<&[Posting], StoreError> {
        let broken = || StoreError::Index(format!("{} is damaged", run.path.display()));
        let fence = run.fences.get(n).ok_or_else(broken)?;
        let start = n.checked_sub(1).map_or(HEADER as u64, |before| run.fences[before].end);
        let length = fence.end.checked_sub(start).filter(|length| *length <= LONGEST as u64);
        let length = length.ok_or_else(broken)? as usize;
        let bytes = match &run.kept {
            Some(kept) => kept.get(start as usize..start as usize + length).ok_or_else(broken)?,
            None => {
                self.bytes.resize(length, 0);
                run.file.read_exact_at(&mut self.bytes, start).map_err(StoreError::io("read", &run.path))?;
                self.bytes.as_slice()
            }
        };
        let count = PAGE.min(run.count - n * PAGE);
        page::decode(bytes, fence.first, count, [from, to], &mut self.postings).ok_or_else(broken)?;
        Ok(&self.postings)
    }
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
