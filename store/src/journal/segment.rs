//! The files of the journal: `0000000001.seg` while it is appended to, `0000000001.seg.zst` once it is sealed.
//!
//! A record's offset is that in the unsealed file and stays when the segment is sealed.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::Serialize;

use super::reader::Reader;
use crate::{
    StoreError,
    disk::{Disk, DiskFile},
};

/// First bytes of a segment: name and version of the format, then when it was begun, in milliseconds since the epoch.
pub const MAGIC: &[u8; 8] = b"VEDJRNL2";
/// The version before, without the time.
const MAGIC_1: &[u8; 8] = b"VEDJRNL1";

/// Bytes before the first record.
pub const HEADER: u64 = 16;

/// Bytes before the first record in the format before.
pub const SHORTEST: u64 = 8;

/// What stands at the beginning of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Where its first record stands.
    pub length: u64,
    /// When it was begun; unknown for an old one.
    pub begun: Option<Timestamp>,
}

/// `journal/0000000001.seg` under `dir`.
pub fn path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:010}.seg"))
}

/// `journal/0000000001.seg.zst` under `dir`.
pub fn sealed_path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:010}.seg.zst"))
}

/// In what form a segment lies there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// As it was appended to.
    Open,
    /// Compressed, with checksums; wins where both lie there, since its name is given last.
    Sealed,
}

/// The segments in `dir` by number.
pub fn list(disk: &dyn Disk, dir: &Path) -> Result<BTreeMap<u64, Form>, StoreError> {
    let mut found = BTreeMap::new();
    for name in disk.list(dir).map_err(StoreError::io("list", dir))? {
        let sealed = name.strip_suffix(".seg.zst").map(|number| (number, Form::Sealed));
        let open = || name.strip_suffix(".seg").map(|number| (number, Form::Open));
        if let Some((number, form)) = sealed.or_else(open)
            && let Ok(number) = number.parse()
        {
            found.entry(number).and_modify(|known| *known = Form::Sealed).or_insert(form);
        }
    }
    Ok(found)
}

/// Creates segment `number`, its name durable before its first record.
pub fn create(
    disk: &dyn Disk,
    dir: &Path,
    number: u64,
    now: Timestamp,
) -> Result<Box<dyn DiskFile>, StoreError> {
    let path = path(dir, number);
    let file = disk.create(&path).map_err(StoreError::io("create", &path))?;
    let mut header = MAGIC.to_vec();
    header.extend_from_slice(&now.as_millisecond().to_le_bytes());
    file.write_at(0, &header).map_err(StoreError::io("write", &path))?;
    file.sync().map_err(StoreError::io("sync", &path))?;
    disk.sync_dir(dir).map_err(StoreError::io("sync", dir))?;
    Ok(file)
}

/// Reads the header at the start of `bytes`; `None` where there is none.
pub fn header(bytes: &[u8]) -> Option<Header> {
    if bytes.starts_with(MAGIC_1) {
        return Some(Header { length: MAGIC_1.len() as u64, begun: None });
    }
    let time = bytes.get(MAGIC.len()..HEADER as usize).filter(|_| bytes.starts_with(MAGIC))?;
    let millis = i64::from_le_bytes(time.try_into().ok()?);
    Some(Header { length: HEADER, begun: Timestamp::from_millisecond(millis).ok() })
}

/// What can be said of a segment without reading its records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SegmentInfo {
    /// Its number.
    pub number: u64,
    /// In what form it lies there.
    pub form: Form,
    /// Bytes on disk.
    pub bytes: u64,
    /// When it was begun; unknown for one of the first format.
    pub begun: Option<Timestamp>,
}

/// The segments in `dir`, the oldest first.
pub fn infos(disk: &dyn Disk, dir: &Path) -> Result<Vec<SegmentInfo>, StoreError> {
    let mut infos = Vec::new();
    for number in list(disk, dir)?.into_keys() {
        match info(disk, dir, number) {
            Ok(info) => infos.push(info),
            // Sealing gives it another name, age lets it go.
            Err(error) if list(disk, dir)?.contains_key(&number) => {
                infos.push(info(disk, dir, number).map_err(|_| error)?);
            }
            Err(_) => {}
        }
    }
    Ok(infos)
}

fn info(disk: &dyn Disk, dir: &Path, number: u64) -> Result<SegmentInfo, StoreError> {
    let form = list(disk, dir)?.get(&number).copied().unwrap_or(Form::Open);
    let path = match form {
        Form::Open => path(dir, number),
        Form::Sealed => sealed_path(dir, number),
    };
    let file = disk.open(&path, false).map_err(StoreError::io("open", &path))?;
    let bytes = file.len().map_err(StoreError::io("read", &path))?;
    let begun = Reader::open(disk, dir, number, 0)?.begun()?;
    Ok(SegmentInfo { number, form, bytes, begun })
}
