//! One sorted run of postings: `header | postings | fences | checksum`.
//!
//! The header says how many postings there are and up to which record; a fence is the first posting of every page; the
//! checksum covers header and fences, which are read when the run is opened.

use std::{
    fs::File,
    io::{BufReader, BufWriter, Read, Write},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use super::{Posting, document};
use crate::{Position, StoreError};

const MAGIC: &[u8; 8] = b"VEDMARK1";
/// Magic, count, segment, offset.
const HEADER: usize = 32;
const WIDTH: usize = std::mem::size_of::<Posting>();
/// Postings in a page: what one look reads.
const PAGE: usize = 448;

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
    fences: Vec<Posting>,
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
    let pages = count.div_ceil(PAGE);
    if !header.starts_with(MAGIC) || count > length || length != HEADER + (count + pages) * WIDTH + 4 {
        return Err(broken());
    }
    let tail = HEADER + count * WIDTH;
    let mut end = vec![0; length - tail];
    file.read_exact_at(&mut end, tail as u64).map_err(|_| broken())?;
    let (fences, sum) = end.split_at(pages * WIDTH);
    if checksum(&header, fences).to_le_bytes() != sum {
        return Err(broken());
    }
    let fences = fences.as_chunks::<WIDTH>().0.to_vec();
    let until = Position { segment: number(16), offset: number(24) };
    Ok(Run { path: path.into(), first, last, until, count, fences, file })
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
    let (mut count, mut fences) = (0usize, Vec::new());
    for posting in postings {
        let posting = posting?;
        if count.is_multiple_of(PAGE) {
            fences.extend_from_slice(&posting);
        }
        out.write_all(&posting).map_err(failed)?;
        count += 1;
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
        (HEADER + self.count * WIDTH + self.fences.len() * WIDTH + 4) as u64
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
        let mut page = self.fences.partition_point(|fence| fence < from).saturating_sub(1);
        let mut bytes = [0; PAGE * WIDTH];
        while page < self.fences.len() && found.len() < most {
            let here = PAGE.min(self.count - page * PAGE);
            let bytes = &mut bytes[..here * WIDTH];
            let at = (HEADER + page * PAGE * WIDTH) as u64;
            self.file.read_exact_at(bytes, at).map_err(StoreError::io("read", &self.path))?;
            let postings = bytes.as_chunks::<WIDTH>().0;
            let start = postings.partition_point(|posting| posting < from);
            let own = postings[start..].iter().take_while(|posting| *posting <= to);
            found.extend(own.map(document));
            if postings.last().is_none_or(|last| last > to) {
                break;
            }
            page += 1;
        }
        Ok(())
    }

    /// All postings in their order.
    pub fn all(&self) -> Result<impl Iterator<Item = Result<Posting, StoreError>>, StoreError> {
        let file = File::open(&self.path).map_err(StoreError::io("open", &self.path))?;
        let mut file = BufReader::with_capacity(1 << 18, file);
        let failed = |source| StoreError::Io { verb: "read", path: self.path.clone(), source };
        file.read_exact(&mut [0; HEADER]).map_err(failed)?;
        let (mut left, path) = (self.count, self.path.clone());
        Ok(std::iter::from_fn(move || {
            left = left.checked_sub(1)?;
            let mut posting = [0; WIDTH];
            let read = file.read_exact(&mut posting).map_err(StoreError::io("read", &path));
            Some(read.map(|()| posting))
        }))
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
