//! The append-only log over segments: appended to by one thread, read by any.

pub mod frame;
pub mod reader;
pub mod sealed;
pub mod segment;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::{
    reader::{Found, Reader},
    segment::Form,
};
use crate::{
    StoreError,
    disk::{Disk, DiskFile},
};

/// Where a record stands: segment number and byte offset. Ordered as written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// Segment number, from 1.
    pub segment: u64,
    /// Byte offset of the frame in its segment.
    pub offset: u64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.segment, self.offset)
    }
}

/// Bytes that cannot be read: where and how many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Damage {
    /// Where they begin.
    pub at: Position,
    /// How many there are.
    pub bytes: u64,
}

/// When a segment is full.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// A segment is closed once it is this long.
    pub bytes: u64,
    /// Or this old: what is kept for so many days is let go by whole segments.
    pub age: Duration,
}

/// The writing end. **Invariant**: a position that `append` returned is durable.
pub struct Journal {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    file: Box<dyn DiskFile>,
    segment: u64,
    begun: Timestamp,
    /// End of the last whole frame; bytes after it are cut before the next append.
    end: u64,
    /// A write failed half-way: the file may be longer than `end`.
    torn: bool,
    limits: Limits,
}

/// What opening cut off, or filled, at the end of the last segment: it never was durable as a whole.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Torn {
    /// Bytes.
    pub cut_bytes: u64,
}

impl Journal {
    /// Opens the journal in `dir`, mending a torn last write; creates it if there is none.
    pub fn open(
        disk: Arc<dyn Disk>,
        dir: &Path,
        limits: Limits,
        now: Timestamp,
    ) -> Result<(Self, Torn), StoreError> {
        disk.create_dir(dir).map_err(StoreError::io("create", dir))?;
        let last = segment::list(&*disk, dir)?.pop_last();
        let (segment, file, begun, end, torn) = match last {
            Some((number, Form::Open)) => match mend(&*disk, dir, number)? {
                Ok(Mended { file, begun, end, torn }) => (number, file, begun.unwrap_or(now), end, torn),
                // The crash came between creating the file and writing its header: no record was in it.
                Err(torn) => (number, segment::create(&*disk, dir, number, now)?, now, segment::HEADER, torn),
            },
            Some((number, Form::Sealed)) => {
                let next = number + 1;
                let file = segment::create(&*disk, dir, next, now)?;
                (next, file, now, segment::HEADER, Torn::default())
            }
            None => (1, segment::create(&*disk, dir, 1, now)?, now, segment::HEADER, Torn::default()),
        };
        let dir = dir.to_owned();
        Ok((Self { disk, dir, file, segment, begun, end, torn: false, limits }, torn))
    }

    /// Writes `payloads` after one another under one fsync (group commit).
    pub fn append(&mut self, payloads: &[Vec<u8>], now: Timestamp) -> Result<Vec<Position>, StoreError> {
        self.cut()?;
        let age = Duration::try_from(now.duration_since(self.begun)).unwrap_or_default();
        if self.end >= self.limits.bytes || (age >= self.limits.age && self.end > segment::HEADER) {
            self.roll(now)?;
        }
        let mut bytes = Vec::new();
        let mut positions = Vec::with_capacity(payloads.len());
        for payload in payloads {
            positions.push(Position { segment: self.segment, offset: self.end + bytes.len() as u64 });
            frame::encode(payload, bytes.is_empty(), &mut bytes);
        }
        self.torn = true;
        let path = segment::path(&self.dir, self.segment);
        self.file.write_at(self.end, &bytes).map_err(StoreError::io("write", &path))?;
        // The end moves only after the fsync: what could not be made durable is cut off again.
        self.file.sync().map_err(StoreError::io("sync", &path))?;
        self.end += bytes.len() as u64;
        self.torn = false;
        Ok(positions)
    }

    /// Where the next record will stand.
    pub fn end(&self) -> Position {
        Position { segment: self.segment, offset: self.end }
    }

    /// Closes the segment that is written to, unless it is empty, and begins the next.
    pub fn roll(&mut self, now: Timestamp) -> Result<(), StoreError> {
        self.cut()?;
        if self.end > segment::HEADER {
            self.file = segment::create(&*self.disk, &self.dir, self.segment + 1, now)?;
            self.segment += 1;
            self.begun = now;
            self.end = segment::HEADER;
        }
        Ok(())
    }

    /// Cuts what a failed write left behind, so that the next record follows the last whole one.
    fn cut(&mut self) -> Result<(), StoreError> {
        if self.torn {
            let path = segment::path(&self.dir, self.segment);
            self.file.set_len(self.end).map_err(StoreError::io("cut the torn end of", &path))?;
            // The next record may go into the next segment, and then nothing else would make this durable.
            self.file.sync().map_err(StoreError::io("sync", &path))?;
            self.torn = false;
        }
        Ok(())
    }
}

struct Mended {
    file: Box<dyn DiskFile>,
    begun: Option<Timestamp>,
    end: u64,
    torn: Torn,
}

/// Reads the last segment and mends what a crash left of its last write: a tail is cut, a hole before records that the
/// same write left is filled. Damage before that write is the disk's, and stays to be told. `Err`: no header.
fn mend(disk: &dyn Disk, dir: &Path, number: u64) -> Result<Result<Mended, Torn>, StoreError> {
    let path = segment::path(dir, number);
    let file = disk.open(&path, true).map_err(StoreError::io("open", &path))?;
    let length = file.len().map_err(StoreError::io("read", &path))?;
    let head = sealed::read_exactly(&*file, 0, length.min(segment::HEADER));
    let head = head.map_err(StoreError::io("read", &path))?;
    let Some(header) = segment::header(&head) else {
        if length > segment::HEADER {
            let why = "its beginning is damaged: set it aside, or restore it from a backup".into();
            return Err(StoreError::Record {
                position: Position { segment: number, offset: 0 }.to_string(),
                why,
            });
        }
        return Ok(Err(Torn { cut_bytes: length }));
    };
    let (mut end, mut holes) = (header.length, Vec::<Damage>::new());
    let mut reader = Reader::open_form(disk, dir, number, Form::Open, 0)?.strict();
    while let Some(found) = reader.next_found()? {
        match found {
            Found::Record { first, .. } => {
                if first {
                    holes.clear();
                }
                end = reader.offset();
            }
            Found::Damaged(damage) => holes.push(damage),
        }
    }
    let mut cut_bytes = length - end;
    for hole in holes.into_iter().filter(|hole| hole.at.offset + hole.bytes <= end) {
        let mut filler = Vec::new();
        frame::fill(hole.bytes as usize, &mut filler);
        file.write_at(hole.at.offset, &filler).map_err(StoreError::io("mend", &path))?;
        cut_bytes += hole.bytes;
    }
    if cut_bytes > 0 {
        file.set_len(end).map_err(StoreError::io("cut the torn end of", &path))?;
        file.sync().map_err(StoreError::io("sync", &path))?;
    }
    Ok(Ok(Mended { file, begun: header.begun, end, torn: Torn { cut_bytes } }))
}

/// Calls `each` with every record from `from` (inclusive) on, in order; returns what was damaged.
pub fn stream(
    disk: &dyn Disk,
    dir: &Path,
    from: Position,
    mut each: impl FnMut(Position, Vec<u8>) -> Result<(), StoreError>,
) -> Result<Vec<Damage>, StoreError> {
    let mut damages = Vec::new();
    for number in segment::list(disk, dir)?.into_keys().filter(|&number| number >= from.segment) {
        let start = if number == from.segment { from.offset } else { 0 };
        let mut reader = match Reader::open(disk, dir, number, start) {
            // It was let go since the list was made.
            Err(_) if !segment::list(disk, dir)?.contains_key(&number) => continue,
            reader => reader?,
        };
        while let Some(found) = reader.next_found()? {
            match found {
                Found::Record { at, payload, .. } => each(at, payload)?,
                Found::Damaged(damage) => damages.push(damage),
            }
        }
    }
    Ok(damages)
}

#[cfg(test)]
mod crash;
#[cfg(test)]
mod tests;
