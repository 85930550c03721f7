//! sled's files, a folder for every time that they were written anew. sled gives space back late and not all of it, so
//! the rows are copied into a new folder now and then, and the old one goes.
//!
//! The position is copied last and after a flush: a folder without it is a copy that was broken off, and goes.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use crate::{StoreError, keys};

/// Bytes that are copied before the new files are flushed: sled keeps what is not flushed in memory.
const UNFLUSHED: u64 = 8 << 20;

/// Bytes that sled writes and frees together. Files that are written anew in order have 2.0 times their rows with this and
/// 2.4 to 3 times with its own 512 KiB.
const SEGMENT: usize = 128 << 10;

/// Of so many rows so many are copied first. sled splits a full page in the middle, so that rows which come in order leave
/// all pages half full; the others then fill them. Measured: 1.64 times the rows, and 1.65 to 2.06 with other shares.
const SHARE: (usize, usize) = (5, 9);

/// What sled says of files that are open still, and how long that may last.
const HELD: &str = "could not acquire lock";
const PATIENCE: Duration = Duration::from_secs(2);

/// An open database.
#[derive(Debug)]
pub struct Generation {
    number: u32,
    pub db: sled::Db,
    pub tree: sled::Tree,
}

fn folder(dir: &Path, number: u32) -> PathBuf {
    dir.join(format!("{number:06}"))
}

fn remove(dir: &Path, number: u32) -> Result<(), StoreError> {
    let path = folder(dir, number);
    std::fs::remove_dir_all(&path).map_err(StoreError::io("remove", path))
}

/// The numbers of the folders, the newest first.
fn numbers(dir: &Path) -> Result<Vec<u32>, StoreError> {
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(StoreError::io("list", dir))? {
        let name = entry.map_err(StoreError::io("list", dir))?.file_name();
        numbers
            .extend(name.to_str().filter(|name| name.len() == 6).and_then(|name| name.parse::<u32>().ok()));
    }
    numbers.sort_unstable_by(|a, b| b.cmp(a));
    Ok(numbers)
}

impl Generation {
    /// Opens the newest one that is whole, or begins the first; the others go.
    pub fn open_newest(dir: &Path, cache_bytes: u64) -> Result<Self, StoreError> {
        std::fs::create_dir_all(dir).map_err(StoreError::io("create", dir))?;
        if dir.join("db").exists() {
            return Err(StoreError::Index("another version of vedetta laid it out".into()));
        }
        let numbers = numbers(dir)?;
        let mut found: Option<Self> = None;
        for number in &numbers {
            if found.is_none() {
                let opened = Self::open(dir, *number, cache_bytes)?;
                if numbers.len() == 1 || opened.tree.contains_key(keys::POSITION)? {
                    found = Some(opened);
                    continue;
                }
            }
            remove(dir, *number)?;
        }
        found.map_or_else(|| Self::open(dir, 1, cache_bytes), Ok)
    }

    #[allow(clippy::disallowed_methods, reason = "sled does not say when its thread has ended")]
    fn open(dir: &Path, number: u32, cache_bytes: u64) -> Result<Self, StoreError> {
        let config = sled::Config::new()
            .path(folder(dir, number))
            .cache_capacity(cache_bytes)
            .mode(sled::Mode::LowSpace)
            .segment_size(SEGMENT)
            .flush_every_ms(Some(500));
        let begun = Instant::now();
        let db = loop {
            match config.open() {
                // Nobody else can have the store; sled's own thread may not have ended yet since these files were closed.
                Err(sled::Error::Io(error))
                    if error.to_string().contains(HELD) && begun.elapsed() < PATIENCE =>
                {
                    std::thread::sleep(PATIENCE / 100);
                }
                opened => break opened?,
            }
        };
        let tree = db.open_tree("rows")?;
        Ok(Self { number, db, tree })
    }

    /// Copies all rows into a new folder.
    pub fn copy_to_next(&self, dir: &Path, cache_bytes: u64) -> Result<Self, StoreError> {
        let number = self.number + 1;
        if folder(dir, number).exists() {
            remove(dir, number)?;
        }
        let new = Self::open(dir, number, cache_bytes)?;
        let (first, of) = SHARE;
        for rest in [false, true] {
            let mut bytes = 0;
            let rows = self.tree.iter().enumerate().filter(|(n, _)| (n % of >= first) == rest);
            for (_, entry) in rows {
                let (key, row) = entry?;
                if key.as_ref() == keys::POSITION {
                    continue;
                }
                bytes += (key.len() + row.len()) as u64;
                // One by one: a batch is applied in no order.
                new.tree.insert(key, row)?;
                if bytes > UNFLUSHED {
                    new.db.flush()?;
                    bytes = 0;
                }
            }
            new.db.flush()?;
        }
        if let Some(position) = self.tree.get(keys::POSITION)? {
            new.tree.insert(keys::POSITION, position)?;
        }
        new.db.flush()?;
        Ok(new)
    }

    /// Closes the files and removes them.
    pub fn remove(self, dir: &Path) -> Result<(), StoreError> {
        let Self { number, db, tree } = self;
        drop(tree);
        drop(db);
        remove(dir, number)
    }

    /// Bytes of keys and rows.
    pub fn live_bytes(&self) -> Result<u64, StoreError> {
        let mut bytes = 0;
        for entry in self.tree.iter() {
            let (key, row) = entry?;
            bytes += (key.len() + row.len()) as u64;
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CACHE: u64 = 1 << 20;

    fn filled(dir: &Path) -> Generation {
        let first = Generation::open_newest(dir, CACHE).unwrap();
        for n in 0..5000u32 {
            first.tree.insert(n.to_be_bytes(), vec![n as u8; 50]).unwrap();
        }
        first.tree.insert(keys::POSITION, b"here").unwrap();
        first
    }

    #[test]
    fn a_copy_has_all_rows_and_the_old_files_go() {
        let dir = tempfile::tempdir().unwrap();
        let first = filled(dir.path());
        for n in 0..4000u32 {
            first.tree.remove(n.to_be_bytes()).unwrap();
        }
        let second = first.copy_to_next(dir.path(), CACHE).unwrap();
        assert!(first.tree.iter().map(Result::unwrap).eq(second.tree.iter().map(Result::unwrap)));
        assert_eq!((second.tree.len(), second.live_bytes().unwrap()), (1001, 1000 * 54 + 9 + 4));
        first.remove(dir.path()).unwrap();
        drop(second);
        let again = Generation::open_newest(dir.path(), CACHE).unwrap();
        assert_eq!((again.number, again.tree.len()), (2, 1001));
        assert_eq!(numbers(dir.path()).unwrap(), [2]);
    }

    #[test]
    fn a_copy_that_was_broken_off_goes_and_a_whole_one_stays() {
        let dir = tempfile::tempdir().unwrap();
        drop(filled(dir.path()));
        let cut = Generation::open(dir.path(), 2, CACHE).unwrap();
        cut.tree.insert(b"a row", b"").unwrap();
        drop(cut);
        let found = Generation::open_newest(dir.path(), CACHE).unwrap();
        assert_eq!((found.number, found.tree.len()), (1, 5001));
        let second = found.copy_to_next(dir.path(), CACHE).unwrap();
        // A crash here leaves both, whole.
        drop((found, second));
        let found = Generation::open_newest(dir.path(), CACHE).unwrap();
        assert_eq!((found.number, found.tree.len()), (2, 5001));
        assert_eq!(numbers(dir.path()).unwrap(), [2]);
    }
}
