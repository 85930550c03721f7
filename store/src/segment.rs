//! One append-only file of frames.

use std::{
    fs::{File, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use crate::{
    StoreError,
    frame::{self, Broken},
};

/// First bytes of every segment: name and version of the format.
pub const MAGIC: &[u8; 8] = b"VEDJRNL1";

/// `journal/0000000001.seg` under `dir`.
pub fn path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:010}.seg"))
}

/// What a scan of a segment found.
#[derive(Debug)]
pub struct Scan {
    /// Offset and payload of every readable frame from the start offset on.
    pub frames: Vec<(u64, Vec<u8>)>,
    /// Where the readable part ends.
    pub end: u64,
    /// Bytes after it.
    pub rest: u64,
    /// Why reading stopped before the file's end.
    pub broken: Option<Broken>,
}

/// The numbers of the segments in `dir`, ascending.
pub fn list(dir: &Path) -> Result<Vec<u64>, StoreError> {
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(StoreError::io("list", dir))? {
        let name = entry.map_err(StoreError::io("list", dir))?.file_name();
        if let Some(number) = name.to_str().and_then(|n| n.strip_suffix(".seg")).and_then(|n| n.parse().ok())
        {
            numbers.push(number);
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Creates segment `number`, its name durable before its first record.
pub fn create(dir: &Path, number: u64) -> Result<File, StoreError> {
    let path = path(dir, number);
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .read(true)
        .open(&path)
        .map_err(StoreError::io("create", &path))?;
    file.write_all(MAGIC).map_err(StoreError::io("write", &path))?;
    file.sync_all().map_err(StoreError::io("sync", &path))?;
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(StoreError::io("sync", dir))?;
    Ok(file)
}

/// Reads segment `number` from `from` on, frame by frame, and stops at the first that is broken.
pub fn scan(dir: &Path, number: u64, from: u64) -> Result<Scan, StoreError> {
    let path = path(dir, number);
    let mut file = File::open(&path).map_err(StoreError::io("open", &path))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(StoreError::io("read", &path))?;
    let total = bytes.len() as u64;
    if bytes.get(..MAGIC.len()) != Some(MAGIC.as_slice()) {
        return Ok(Scan { frames: Vec::new(), end: 0, rest: total, broken: Some(Broken::Damaged) });
    }
    let mut at = from.max(MAGIC.len() as u64);
    let mut frames = Vec::new();
    let mut broken = None;
    while let Some(rest) =
        usize::try_from(at).ok().and_then(|at| bytes.get(at..)).filter(|rest| !rest.is_empty())
    {
        match frame::decode(rest) {
            Ok((payload, taken)) => {
                frames.push((at, payload));
                at += taken as u64;
            }
            Err(why) => {
                broken = Some(why);
                break;
            }
        }
    }
    Ok(Scan { frames, end: at, rest: total.saturating_sub(at), broken })
}

/// Reads the one frame at `offset`.
pub fn read_at(dir: &Path, number: u64, offset: u64) -> Result<Vec<u8>, StoreError> {
    let path = path(dir, number);
    let broken = |why: &str| StoreError::Record { position: format!("{number}:{offset}"), why: why.into() };
    let mut file = File::open(&path).map_err(StoreError::io("open", &path))?;
    file.seek(SeekFrom::Start(offset)).map_err(StoreError::io("seek in", &path))?;
    let mut head = [0; 4];
    file.read_exact(&mut head).map_err(StoreError::io("read", &path))?;
    let length = u32::from_le_bytes(head) as usize;
    if length > frame::MAX {
        return Err(broken("its length is damaged"));
    }
    let mut bytes = vec![0; length + 8];
    bytes[..4].copy_from_slice(&head);
    file.read_exact(&mut bytes[4..]).map_err(StoreError::io("read", &path))?;
    frame::decode(&bytes).map(|(payload, _)| payload).map_err(|_| broken("its checksum does not fit"))
}
