//! The append-only log over segments: appended to by one thread, read by any.

use std::{
    fmt,
    fs::{File, OpenOptions},
    io::{Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{StoreError, frame, segment};

/// Where a record stands: segment number and byte offset. Ordered as written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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

/// The writing end. **Invariant**: a position that `append` returned is durable.
#[derive(Debug)]
pub struct Journal {
    dir: PathBuf,
    file: File,
    segment: u64,
    /// End of the last whole frame; bytes after it are cut before the next append.
    end: u64,
    /// A write failed half-way: the file may be longer than `end`.
    torn: bool,
    segment_bytes: u64,
}

/// What opening cut off.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Torn {
    /// Bytes after the last whole record of the last segment.
    pub cut_bytes: u64,
}

impl Journal {
    /// Opens the journal in `dir`, cutting a torn last record; creates it if there is none.
    pub fn open(dir: &Path, segment_bytes: u64) -> Result<(Self, Torn), StoreError> {
        std::fs::create_dir_all(dir).map_err(StoreError::io("create", dir))?;
        let Some(&number) = segment::list(dir)?.last() else {
            let file = segment::create(dir, 1)?;
            let end = segment::MAGIC.len() as u64;
            return Ok((
                Self { dir: dir.into(), file, segment: 1, end, torn: false, segment_bytes },
                Torn::default(),
            ));
        };
        let scan = segment::scan(dir, number, 0)?;
        let path = segment::path(dir, number);
        if scan.end == 0 {
            // The crash came between creating the file and writing its header: no record was in it.
            let file = segment::create(dir, number)?;
            let end = segment::MAGIC.len() as u64;
            let torn = Torn { cut_bytes: scan.rest };
            return Ok((
                Self { dir: dir.into(), file, segment: number, end, torn: false, segment_bytes },
                torn,
            ));
        }
        let mut file =
            OpenOptions::new().read(true).write(true).open(&path).map_err(StoreError::io("open", &path))?;
        if scan.rest > 0 {
            file.set_len(scan.end).map_err(StoreError::io("cut the torn end of", &path))?;
            file.sync_all().map_err(StoreError::io("sync", &path))?;
        }
        file.seek(SeekFrom::Start(scan.end)).map_err(StoreError::io("seek in", &path))?;
        let journal =
            Self { dir: dir.into(), file, segment: number, end: scan.end, torn: false, segment_bytes };
        Ok((journal, Torn { cut_bytes: scan.rest }))
    }

    /// Writes `payloads` after one another under one fsync (group commit).
    pub fn append(&mut self, payloads: &[Vec<u8>]) -> Result<Vec<Position>, StoreError> {
        self.mend()?;
        if self.end >= self.segment_bytes {
            self.roll()?;
        }
        let mut bytes = Vec::new();
        let mut positions = Vec::with_capacity(payloads.len());
        for payload in payloads {
            positions.push(Position { segment: self.segment, offset: self.end + bytes.len() as u64 });
            frame::encode(payload, &mut bytes);
        }
        self.torn = true;
        let path = segment::path(&self.dir, self.segment);
        self.file.write_all(&bytes).map_err(StoreError::io("write", &path))?;
        // The end moves only after the fsync: what could not be made durable is cut off again.
        self.sync(&path)?;
        self.end += bytes.len() as u64;
        self.torn = false;
        Ok(positions)
    }

    /// Where the next record will stand.
    pub fn end(&self) -> Position {
        Position { segment: self.segment, offset: self.end }
    }

    fn sync(&self, path: &Path) -> Result<(), StoreError> {
        self.file.sync_data().map_err(StoreError::io("sync", path))
    }

    /// Cuts what a failed write left behind, so that the next record follows the last whole one.
    fn mend(&mut self) -> Result<(), StoreError> {
        if self.torn {
            let path = segment::path(&self.dir, self.segment);
            self.file.set_len(self.end).map_err(StoreError::io("cut the torn end of", &path))?;
            self.file.seek(SeekFrom::Start(self.end)).map_err(StoreError::io("seek in", &path))?;
            self.torn = false;
        }
        Ok(())
    }

    fn roll(&mut self) -> Result<(), StoreError> {
        self.file = segment::create(&self.dir, self.segment + 1)?;
        self.segment += 1;
        self.end = segment::MAGIC.len() as u64;
        Ok(())
    }
}

/// Damage met while streaming: what could not be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Where reading stopped in its segment.
    pub at: Position,
    /// Bytes of that segment that are not readable.
    pub bytes: u64,
}

/// Calls `each` with every record from `from` (inclusive) on, in order; returns what was damaged.
pub fn stream(
    dir: &Path,
    from: Position,
    mut each: impl FnMut(Position, Vec<u8>) -> Result<(), StoreError>,
) -> Result<Vec<Damage>, StoreError> {
    let mut damages = Vec::new();
    for number in segment::list(dir)?.into_iter().filter(|&n| n >= from.segment) {
        let start = if number == from.segment { from.offset } else { 0 };
        let scan = segment::scan(dir, number, start)?;
        for (offset, payload) in scan.frames {
            each(Position { segment: number, offset }, payload)?;
        }
        if scan.broken.is_some() {
            damages.push(Damage { at: Position { segment: number, offset: scan.end }, bytes: scan.rest });
        }
    }
    Ok(damages)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(dir: &Path) -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        stream(dir, Position::default(), |_, payload| {
            found.push(payload);
            Ok(())
        })
        .unwrap();
        found
    }

    #[test]
    fn a_torn_tail_is_cut_at_every_length_and_the_rest_kept() {
        let whole = tempfile::tempdir().unwrap();
        let (mut journal, _) = Journal::open(whole.path(), 1 << 20).unwrap();
        let first = vec![b"one".to_vec(), vec![b'x'; 2000]];
        journal.append(&first).unwrap();
        let keep = journal.end().offset;
        journal.append(&[b"the last record".to_vec()]).unwrap();
        let bytes = std::fs::read(segment::path(whole.path(), 1)).unwrap();
        for cut in keep + 1..bytes.len() as u64 {
            let dir = tempfile::tempdir().unwrap();
            std::fs::write(segment::path(dir.path(), 1), &bytes[..cut as usize]).unwrap();
            let (mut journal, torn) = Journal::open(dir.path(), 1 << 20).unwrap();
            assert_eq!(torn.cut_bytes, cut - keep);
            journal.append(&[b"next".to_vec()]).unwrap();
            let mut expected = first.clone();
            expected.push(b"next".to_vec());
            assert_eq!(all(dir.path()), expected, "cut at {cut}");
        }
    }

    #[test]
    fn segments_roll_and_positions_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let (mut journal, _) = Journal::open(dir.path(), 64).unwrap();
        let payloads: Vec<Vec<u8>> = (0..20u8).map(|n| vec![n; 30]).collect();
        let positions: Vec<Position> =
            payloads.iter().flat_map(|p| journal.append(std::slice::from_ref(p)).unwrap()).collect();
        assert!(segment::list(dir.path()).unwrap().len() > 5);
        for (position, payload) in positions.iter().zip(&payloads) {
            assert_eq!(&segment::read_at(dir.path(), position.segment, position.offset).unwrap(), payload);
        }
        assert_eq!(all(dir.path()), payloads);
    }
}
