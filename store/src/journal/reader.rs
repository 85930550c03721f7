//! Reads a segment record by record with bounded memory, and goes on behind what is damaged.

use std::path::Path;

use jiff::Timestamp;

use super::{
    Damage, Position,
    frame::{self, Broken, Frame},
    sealed::{self, Block},
    segment::{self, Form},
};
use crate::{
    StoreError,
    disk::{Disk, DiskFile},
};

/// Bytes that are read at once from an open segment.
const CHUNK: usize = 256 << 10;

/// What stands at a place of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A record; `first`: what stands before it was durable when it was written.
    Record { at: Position, payload: Vec<u8>, first: bool },
    /// Bytes that cannot be read; the next record stands behind them.
    Damaged(Damage),
}

impl Found {
    /// Where it stands.
    pub fn at(&self) -> Position {
        match self {
            Self::Record { at, .. } => *at,
            Self::Damaged(damage) => damage.at,
        }
    }
}

enum Source {
    /// `strict`: what the disk does not read is an error, not damage.
    Open {
        strict: bool,
    },
    Sealed(Vec<Block>),
}

/// Bytes of an open segment that are given up together where the disk does not read them.
const SECTOR: u64 = 4096;

/// A segment that is being read. It holds one block, or the chunks of one record.
pub struct Reader {
    number: u64,
    path: std::path::PathBuf,
    file: Box<dyn DiskFile>,
    source: Source,
    /// Length of the segment as it was appended to.
    length: u64,
    /// The bytes from `from` on that are at hand; `at` is the next one to read.
    window: Vec<u8>,
    from: u64,
    at: u64,
    /// The header is checked, the start is known.
    begun: bool,
    /// Bytes of the file behind the last block, of which nothing is known; told at the end.
    lost: u64,
}

impl Reader {
    /// Opens segment `number` in the form that lies there, at the record at `from`.
    pub fn open(disk: &dyn Disk, dir: &Path, number: u64, from: u64) -> Result<Self, StoreError> {
        // Sealing removes the open file after the sealed one has its name: the second look finds it.
        match Self::open_form(disk, dir, number, Form::Sealed, from) {
            Err(StoreError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {}
            other => return other,
        }
        match Self::open_form(disk, dir, number, Form::Open, from) {
            Err(StoreError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                Self::open_form(disk, dir, number, Form::Sealed, from)
            }
            other => other,
        }
    }

    pub(super) fn open_form(
        disk: &dyn Disk,
        dir: &Path,
        number: u64,
        form: Form,
        from: u64,
    ) -> Result<Self, StoreError> {
        let path = match form {
            Form::Open => segment::path(dir, number),
            Form::Sealed => segment::sealed_path(dir, number),
        };
        let file = disk.open(&path, false).map_err(StoreError::io("open", &path))?;
        let read = StoreError::io("read", &path);
        let (source, length, lost) = match form {
            Form::Open => (Source::Open { strict: false }, file.len().map_err(read)?, 0),
            Form::Sealed => {
                let sealed::Blocks { blocks, lost } = sealed::blocks(&*file).map_err(read)?;
                let length = blocks.last().map_or(0, |block| block.from + block.plain);
                (Source::Sealed(blocks), length, lost)
            }
        };
        let window = Vec::new();
        Ok(Self { number, path, file, source, length, window, from: 0, at: from, begun: false, lost })
    }

    /// Takes what the disk does not read as an error: for one who is about to write.
    pub(super) fn strict(mut self) -> Self {
        if let Source::Open { strict } = &mut self.source {
            *strict = true;
        }
        self
    }

    /// When the segment was begun, if it says so; before the first record is read.
    pub fn begun(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let at = std::mem::replace(&mut self.at, 0);
        let header =
            self.try_need(segment::HEADER as usize)?.ok().and_then(|()| segment::header(&self.window));
        self.at = at;
        Ok(header.and_then(|header| header.begun))
    }

    /// The segment as it was appended to, whole; an error where a part of it cannot be read.
    pub fn everything(&self) -> Result<Vec<u8>, StoreError> {
        let read = || match &self.source {
            Source::Open { .. } => sealed::read_exactly(&*self.file, 0, self.length),
            Source::Sealed(_) if self.lost > 0 => Err(std::io::Error::other("its end is damaged")),
            Source::Sealed(blocks) => {
                let blocks = blocks.iter().map(|block| sealed::read_block(&*self.file, block));
                Ok(blocks.collect::<std::io::Result<Vec<_>>>()?.concat())
            }
        };
        read().map_err(StoreError::io("read", &self.path))
    }

    /// Where the next record or damage stands.
    pub fn offset(&self) -> u64 {
        self.at
    }

    /// The next record or damage; `None` at the end. An error is the disk's.
    pub fn next_found(&mut self) -> Result<Option<Found>, StoreError> {
        if !self.begun {
            self.begun = true;
            if let Some(damage) = self.begin()? {
                return Ok(Some(Found::Damaged(damage)));
            }
        }
        loop {
            let start = self.at;
            if start >= self.length {
                let bytes = std::mem::take(&mut self.lost);
                let at = Position { segment: self.number, offset: self.length };
                return Ok((bytes > 0).then_some(Found::Damaged(Damage { at, bytes })));
            }
            match self.frame()? {
                Ok(Frame { payload, taken, first }) => {
                    self.at += taken as u64;
                    if let Some(payload) = payload {
                        let at = Position { segment: self.number, offset: start };
                        return Ok(Some(Found::Record { at, payload, first }));
                    }
                }
                Err(_) => {
                    self.skip()?;
                    return Ok(Some(Found::Damaged(self.damage(start))));
                }
            }
        }
    }

    fn begin(&mut self) -> Result<Option<Damage>, StoreError> {
        let wanted = std::mem::replace(&mut self.at, 0);
        let header = match self.need(segment::HEADER as usize) {
            Ok(()) => segment::header(&self.window),
            Err(StoreError::Io { .. }) if matches!(self.source, Source::Sealed(_)) => None,
            Err(error) => return Err(error),
        };
        if let Some(header) = header {
            self.at = wanted.max(header.length);
            return Ok(None);
        }
        self.at = wanted;
        if wanted >= segment::HEADER {
            return Ok(None);
        }
        // The search begins one further: where the shortest header ends.
        self.at = self.length.min(segment::SHORTEST - 1);
        self.skip()?;
        Ok(Some(self.damage(0)))
    }

    fn damage(&self, start: u64) -> Damage {
        Damage { at: Position { segment: self.number, offset: start }, bytes: self.at - start }
    }

    /// The frame at `at`.
    fn frame(&mut self) -> Result<Result<Frame, Broken>, StoreError> {
        if self.try_need(frame::HEAD + 1)?.is_err() {
            return Ok(Err(Broken::Damaged));
        }
        let Some(length) = frame::length(self.rest()) else { return Ok(Err(Broken::Damaged)) };
        if length as u64 > self.length - self.at {
            return Ok(Err(Broken::Short));
        }
        if self.try_need(length)?.is_err() {
            return Ok(Err(Broken::Damaged));
        }
        Ok(frame::decode(self.rest()))
    }

    /// Moves behind damage: to the next place at which a whole record stands, or to the end.
    fn skip(&mut self) -> Result<(), StoreError> {
        self.at += 1;
        while self.at < self.length {
            match self.try_need(frame::HEAD + 16)? {
                // A block that cannot be read: behind it.
                Err(behind) => {
                    self.at = behind;
                    continue;
                }
                Ok(()) if frame::may_begin(self.rest()) && self.frame()?.is_ok() => return Ok(()),
                Ok(()) => self.at += 1,
            }
        }
        self.at = self.length;
        Ok(())
    }

    fn rest(&self) -> &[u8] {
        usize::try_from(self.at - self.from).ok().and_then(|at| self.window.get(at..)).unwrap_or_default()
    }

    fn need(&mut self, bytes: usize) -> Result<(), StoreError> {
        let path = self.path.clone();
        self.try_need(bytes)?.map_err(|_| StoreError::Io {
            verb: "read",
            path,
            source: std::io::Error::other("a block of it is damaged"),
        })
    }

    /// Has `bytes` at hand from `at` on, or all that there are. `Ok(Err(behind))`: a damaged block stands in the way.
    fn try_need(&mut self, bytes: usize) -> Result<Result<(), u64>, StoreError> {
        if self.at < self.from || self.at > self.from + self.window.len() as u64 {
            self.window.clear();
            self.from = self.at;
        }
        let gone = (self.at - self.from) as usize;
        if gone > CHUNK {
            self.window.drain(..gone);
            self.from = self.at;
        }
        loop {
            let end = self.from + self.window.len() as u64;
            if end - self.at >= bytes as u64 || end >= self.length {
                return Ok(Ok(()));
            }
            match &self.source {
                Source::Open { strict } => {
                    let want = (self.length - end).min(CHUNK.max(bytes) as u64);
                    match sealed::read_exactly(&*self.file, end, want) {
                        Ok(more) => self.window.extend(more),
                        Err(error) if *strict => return Err(StoreError::io("read", &self.path)(error)),
                        Err(_) => self.window.extend(what_can_be_read(&*self.file, end, want)),
                    }
                }
                Source::Sealed(blocks) => {
                    let holds = |block: &&Block| block.from <= end && end < block.from + block.plain;
                    let Some(block) = blocks.iter().find(holds) else { return Ok(Ok(())) };
                    match sealed::read_block(&*self.file, block) {
                        Ok(plain) => self.window.extend(&plain[(end - block.from) as usize..]),
                        Err(_) => return Ok(Err(block.from + block.plain)),
                    }
                }
            }
        }
    }
}

/// Bytes with zeros where the disk does not read: no record is made of those.
fn what_can_be_read(file: &dyn DiskFile, at: u64, length: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(length as usize);
    while (bytes.len() as u64) < length {
        let (from, left) = (at + bytes.len() as u64, length - bytes.len() as u64);
        let want = (SECTOR - from % SECTOR).min(left);
        let read = sealed::read_exactly(file, from, want);
        bytes.extend(read.unwrap_or_else(|_| vec![0; want as usize]));
    }
    bytes
}

/// The record at `position`.
pub fn read_at(disk: &dyn Disk, dir: &Path, position: Position) -> Result<Vec<u8>, StoreError> {
    let broken = |why: &str| StoreError::Record { position: position.to_string(), why: why.into() };
    let mut reader = Reader::open(disk, dir, position.segment, position.offset)?;
    reader.begun = true;
    if position.offset >= reader.length {
        return Err(broken("the segment ends before it"));
    }
    match reader.frame()? {
        Ok(Frame { payload: Some(payload), .. }) => Ok(payload),
        Ok(Frame { payload: None, .. }) => Err(broken("it was forgotten")),
        Err(_) => Err(broken("its checksum does not fit")),
    }
}
