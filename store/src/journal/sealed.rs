//! Sealed segments in the seekable format of zstd: independent blocks, each with a checksum, and a table of them at the
//! end. `zstd -d` gives the segment as it was appended to.
//!
//! Format: "Zstandard Seekable Format" 0.1.0, without checksums in the table (the blocks carry theirs); a frame before the
//! table holds that of the table. A table that is damaged is found again from the blocks.

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
/// Magic of the skippable frame before it, which holds the table's checksum, and that frame's length.
const SUM: u32 = 0x184D_2A50;
const SUM_FRAME: u64 = 12;
/// All magics of skippable frames: no block begins so.
const SKIPPABLES: std::ops::RangeInclusive<u32> = 0x184D_2A50..=0x184D_2A5F;
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

/// What is known of a sealed file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Blocks {
    /// Its blocks.
    pub blocks: Vec<Block>,
    /// Bytes of the file behind them of which nothing can be said.
    pub lost: u64,
}

/// Writes segment `number` compressed, and then removes the open file.
pub fn seal(disk: &dyn Disk, dir: &Path, number: u64) -> Result<(), StoreError> {
    let open = segment::path(dir, number);
    let raw = disk.open(&open, false).map_err(StoreError::io("open", &open))?;
    let length = raw.len().map_err(StoreError::io("read", &open))?;
    let cuts = cuts(disk, dir, number, length)?;
    write(disk, dir, number, &mut |from| {
        let Some(to) = cuts.iter().copied().find(|cut| *cut > from) else { return Ok(None) };
        read_exactly(&*raw, from, to - from).map(Some).map_err(StoreError::io("read", &open))
    })?;
    remove_open(disk, dir, number)
}

/// Removes the open file of a segment that is sealed.
pub fn remove_open(disk: &dyn Disk, dir: &Path, number: u64) -> Result<(), StoreError> {
    let open = segment::path(dir, number);
    disk.remove(&open).map_err(StoreError::io("remove", &open))?;
    disk.sync_dir(dir).map_err(StoreError::io("sync", dir))
}

/// Writes the sealed form of segment `number` from what `plain` gives for the block at an offset. It has its name only when
/// it is whole, durable and reads back as it should.
pub fn write(
    disk: &dyn Disk,
    dir: &Path,
    number: u64,
    plain: &mut dyn FnMut(u64) -> Result<Option<Vec<u8>>, StoreError>,
) -> Result<(), StoreError> {
    let sealed = segment::sealed_path(dir, number);
    let new = sealed.with_extension("new");
    let written = write_new(disk, &new, plain).and_then(|()| {
        disk.rename(&new, &sealed).map_err(StoreError::io("rename", &new))?;
        disk.sync_dir(dir).map_err(StoreError::io("sync", dir))
    });
    if written.is_err() {
        // The disk may be full; what is left of it would be in the way.
        drop(disk.remove(&new));
    }
    written
}

fn write_new(
    disk: &dyn Disk,
    new: &Path,
    plain: &mut dyn FnMut(u64) -> Result<Option<Vec<u8>>, StoreError>,
) -> Result<(), StoreError> {
    let file = disk.create(new).map_err(StoreError::io("create", new))?;
    let mut packer = zstd::bulk::Compressor::new(LEVEL).map_err(StoreError::io("compress", new))?;
    packer.include_checksum(true).map_err(StoreError::io("compress", new))?;
    let (mut at, mut from, mut table, mut sums) = (0, 0, Vec::new(), Vec::new());
    while let Some(block) = plain(from)? {
        let packed = packer.compress(&block).map_err(StoreError::io("compress", new))?;
        file.write_at(at, &packed).map_err(StoreError::io("write", new))?;
        at += packed.len() as u64;
        from += block.len() as u64;
        table.extend_from_slice(&(packed.len() as u32).to_le_bytes());
        table.extend_from_slice(&(block.len() as u32).to_le_bytes());
        sums.push(crc32fast::hash(&block));
    }
    let count = (table.len() / ENTRY) as u32;
    let mut end = SUM.to_le_bytes().to_vec();
    end.extend_from_slice(&4u32.to_le_bytes());
    end.extend_from_slice(&crc32fast::hash(&table).to_le_bytes());
    end.extend_from_slice(&SKIPPABLE.to_le_bytes());
    end.extend_from_slice(&((table.len() + FOOTER) as u32).to_le_bytes());
    end.extend_from_slice(&table);
    end.extend_from_slice(&count.to_le_bytes());
    end.push(0);
    end.extend_from_slice(&SEEKABLE.to_le_bytes());
    file.write_at(at, &end).map_err(StoreError::io("write", new))?;
    file.sync().map_err(StoreError::io("sync", new))?;
    let Blocks { blocks, lost } = blocks(&*file).map_err(StoreError::io("read", new))?;
    let reads_back = |(block, sum): (&Block, &u32)| {
        read_block(&*file, block).is_ok_and(|plain| crc32fast::hash(&plain) == *sum)
    };
    if lost > 0 || blocks.len() != sums.len() || !blocks.iter().zip(&sums).all(reads_back) {
        let why = std::io::Error::other("what was written does not read back as it should");
        return Err(StoreError::Io { verb: "seal", path: new.into(), source: why });
    }
    Ok(())
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
pub fn blocks(file: &dyn DiskFile) -> std::io::Result<Blocks> {
    match table(file)? {
        Some(blocks) => Ok(Blocks { blocks, lost: 0 }),
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
    let fits = blocks.iter().all(|block| block.plain <= LONGEST);
    let sums = match head_at.checked_sub(SUM_FRAME) {
        Some(sum_at) if at == sum_at => {
            let sum = read_exactly(file, sum_at, SUM_FRAME)?;
            word(&sum, 0) == SUM && word(&sum, 8) == crc32fast::hash(&bytes[8..])
        }
        // Written before there was a sum.
        _ => at == head_at,
    };
    Ok((fits && sums).then_some(blocks))
}

/// The blocks by their own headers, as far as they can be read.
fn walk(file: &dyn DiskFile) -> std::io::Result<Blocks> {
    let length = file.len()?;
    let (mut at, mut from, mut blocks) = (0, 0, Vec::new());
    let mut lost = 0;
    while at < length {
        let bytes = read_exactly(file, at, (length - at).min(LONGEST))?;
        if SKIPPABLES.contains(&word(&bytes, 0)) {
            break;
        }
        let packed = zstd::zstd_safe::find_frame_compressed_size(&bytes);
        let plain = zstd::zstd_safe::get_frame_content_size(&bytes);
        let (Ok(packed @ 1..), Ok(Some(plain @ 0..=LONGEST))) = (packed, plain) else {
            lost = length - at;
            break;
        };
        blocks.push(Block { at, packed: packed as u64, from, plain });
        at += packed as u64;
        from += plain;
    }
    Ok(Blocks { blocks, lost })
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
