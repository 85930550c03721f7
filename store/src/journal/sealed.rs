//! Sealed segments in the seekable format of zstd: independent blocks, each with a checksum, and a table of them at the
//! end. `zstd -d` gives the segment as it was appended to.
//!
//! Format: "Zstandard Seekable Format" 0.1.0, without the table's own checksums (the blocks carry theirs). A table that is
//! damaged is found again from the blocks.

use std::path::Path;

use super::{frame, reader::Reader, segment};
use crate::{
    Position, StoreError,
    disk::{Disk, DiskFile},
};

/// A block ends with the first record beyond this: large enough to compress well, small enough to read one article.
const BLOCK: u64 = 256 << 10;

/// Level of compression: sealing is done once, on a thread of its own.
const LEVEL: i32 = 6;

/// Magic of the skippable frame that holds the table, and the table's own at its end.
const SKIPPABLE: u32 = 0x184D_2A5E;
const SEEKABLE: u32 = 0x8F92_EAB1;
/// Number of blocks, descriptor, magic.
const FOOTER: usize = 9;
/// Compressed and plain size of a block.
const ENTRY: usize = 8;
/// Bytes of the longest block: the longest record, and what stands before it.
const LONGEST: u64 = frame::MAX as u64 + 2 * BLOCK;

/// One block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Where it stands in the file, and its length there.
    pub at: u64,
    pub packed: u64,
    /// Which bytes of the segment it holds.
    pub from: u64,
    pub plain: u64,
}

/// Writes segment `number` compressed, reads it back, and only then removes the open file.
pub fn seal(disk: &dyn Disk, dir: &Path, number: u64) -> Result<(), StoreError> {
    let (open, sealed) = (segment::path(dir, number), segment::sealed_path(dir, number));
    let raw = disk.open(&open, false).map_err(StoreError::io("open", &open))?;
    let length = raw.len().map_err(StoreError::io("read", &open))?;
    let cuts = cuts(disk, dir, number, length)?;
    write(disk, dir, number, &mut |from| {
        let Some(to) = cuts.iter().copied().find(|cut| *cut > from) else { return Ok(None) };
        read_exactly(&*raw, from, to - from).map(Some).map_err(StoreError::io("read", &open))
    })?;
    let packed = disk.open(&sealed, false).map_err(StoreError::io("open", &sealed))?;
    let mut from = 0;
    for block in blocks(&*packed).map_err(StoreError::io("read", &sealed))? {
        let same = read_block(&*packed, &block)
            .is_ok_and(|plain| read_exactly(&*raw, from, block.plain).is_ok_and(|raw| raw == plain));
        if !same {
            break;
        }
        from += block.plain;
    }
    if from != length {
        disk.remove(&sealed).map_err(StoreError::io("remove", &sealed))?;
        let why = std::io::Error::other("what was written does not read back as it should");
        return Err(StoreError::Io { verb: "seal", path: sealed, source: why });
    }
    disk.remove(&open).map_err(StoreError::io("remove", &open))?;
    disk.sync_dir(dir).map_err(StoreError::io("sync", dir))
}

/// Writes the sealed form of segment `number` from what `plain` gives for the block at an offset, under its name only when
/// it is whole and durable.
pub fn write(
    disk: &dyn Disk,
    dir: &Path,
    number: u64,
    plain: &mut dyn FnMut(u64) -> Result<Option<Vec<u8>>, StoreError>,
) -> Result<(), StoreError> {
    let sealed = segment::sealed_path(dir, number);
    let new = sealed.with_extension("new");
    let file = disk.create(&new).map_err(StoreError::io("create", &new))?;
    let mut packer = zstd::bulk::Compressor::new(LEVEL).map_err(StoreError::io("compress", &new))?;
    packer.include_checksum(true).map_err(StoreError::io("compress", &new))?;
    let (mut at, mut from, mut table) = (0, 0, Vec::new());
    while let Some(block) = plain(from)? {
        let packed = packer.compress(&block).map_err(StoreError::io("compress", &new))?;
        file.write_at(at, &packed).map_err(StoreError::io("write", &new))?;
        at += packed.len() as u64;
        from += block.len() as u64;
        table.extend_from_slice(&(packed.len() as u32).to_le_bytes());
        table.extend_from_slice(&(block.len() as u32).to_le_bytes());
    }
    let count = (table.len() / ENTRY) as u32;
    let mut end = SKIPPABLE.to_le_bytes().to_vec();
    end.extend_from_slice(&((table.len() + FOOTER) as u32).to_le_bytes());
    end.extend_from_slice(&table);
    end.extend_from_slice(&count.to_le_bytes());
    end.push(0);
    end.extend_from_slice(&SEEKABLE.to_le_bytes());
    file.write_at(at, &end).map_err(StoreError::io("write", &new))?;
    file.sync().map_err(StoreError::io("sync", &new))?;
    disk.rename(&new, &sealed).map_err(StoreError::io("rename", &new))?;
    disk.sync_dir(dir).map_err(StoreError::io("sync", dir))
}

/// Where the blocks of an open segment end: after a record.
fn cuts(disk: &dyn Disk, dir: &Path, number: u64, length: u64) -> Result<Vec<u64>, StoreError> {
    let (mut cuts, mut last) = (Vec::new(), 0);
    let mut reader = Reader::open_form(disk, dir, number, segment::Form::Open, 0)?;
    while let Some(found) = reader.next_found()? {
        let Position { offset, .. } = found.at();
        // Damage may be long; a block must not be.
        while offset - last >= BLOCK {
            last = offset.min(last + LONGEST);
            cuts.push(last);
        }
    }
    while last < length {
        last = length.min(last + LONGEST);
        cuts.push(last);
    }
    Ok(cuts)
}

/// The blocks of a sealed segment, from its table, or one after the other where the table is damaged.
pub fn blocks(file: &dyn DiskFile) -> std::io::Result<Vec<Block>> {
    match table(file)? {
        Some(blocks) => Ok(blocks),
        None => walk(file),
    }
}

fn table(file: &dyn DiskFile) -> std::io::Result<Option<Vec<Block>>> {
    let length = file.len()?;
    let Some(footer_at) = length.checked_sub(FOOTER as u64) else { return Ok(None) };
    let footer = read_exactly(file, footer_at, FOOTER as u64)?;
    if word(&footer, 5) != SEEKABLE || footer[4] != 0 {
        return Ok(None);
    }
    let size = u64::from(word(&footer, 0)) * ENTRY as u64;
    let Some(head_at) = footer_at.checked_sub(size + 8) else { return Ok(None) };
    let bytes = read_exactly(file, head_at, size + 8)?;
    if word(&bytes, 0) != SKIPPABLE {
        return Ok(None);
    }
    let (mut at, mut from) = (0, 0);
    let mut blocks = Vec::new();
    for entry in bytes[8..].chunks_exact(ENTRY) {
        let (packed, plain) = (u64::from(word(entry, 0)), u64::from(word(entry, 4)));
        blocks.push(Block { at, packed, from, plain });
        at += packed;
        from += plain;
    }
    Ok((at == head_at && blocks.iter().all(|block| block.plain <= LONGEST)).then_some(blocks))
}

/// The blocks by their own headers, as far as they can be read.
fn walk(file: &dyn DiskFile) -> std::io::Result<Vec<Block>> {
    let length = file.len()?;
    let (mut at, mut from, mut blocks) = (0, 0, Vec::new());
    while at < length {
        let bytes = read_exactly(file, at, (length - at).min(LONGEST))?;
        let Ok(packed) = zstd::zstd_safe::find_frame_compressed_size(&bytes) else { break };
        let Ok(Some(plain)) = zstd::zstd_safe::get_frame_content_size(&bytes) else { break };
        if bytes.starts_with(&SKIPPABLE.to_le_bytes()) || packed == 0 || plain > LONGEST {
            break;
        }
        blocks.push(Block { at, packed: packed as u64, from, plain });
        at += packed as u64;
        from += plain;
    }
    Ok(blocks)
}

/// The bytes of a block; an error where its checksum does not fit.
pub fn read_block(file: &dyn DiskFile, block: &Block) -> std::io::Result<Vec<u8>> {
    let packed = read_exactly(file, block.at, block.packed)?;
    let plain = zstd::bulk::decompress(&packed, block.plain as usize)?;
    if plain.len() as u64 != block.plain {
        return Err(std::io::Error::other("a block is shorter than its table says"));
    }
    Ok(plain)
}

pub fn read_exactly(file: &dyn DiskFile, at: u64, length: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![0; length as usize];
    let read = file.read_at(at, &mut bytes)?;
    bytes.truncate(read);
    if read as u64 != length {
        return Err(std::io::Error::new(
            std::io::ErrorKind::UnexpectedEof,
            "the file is shorter than it should be",
        ));
    }
    Ok(bytes)
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|word| word.try_into().ok()).map_or(0, u32::from_le_bytes)
}
