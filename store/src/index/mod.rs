//! sled behind names of our own: packed rows, scans with an end, one batch a record, and files that are written anew when
//! they hold much more than their rows.

mod generation;
mod packed;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
};

use serde::{Serialize, de::DeserializeOwned};
use vedetta_domain::ItemId;

use self::generation::Generation;
use crate::{Position, StoreError, keys, marks::Marks, rows::ArticleRow};

/// How rows are laid out and packed; an index of another layout is made anew from the journal.
const LAYOUT: u32 = 2;

/// The index. Cheap to clone; readable from any thread, written by the writer alone.
#[derive(Debug, Clone)]
pub struct Index {
    dir: PathBuf,
    cache_bytes: u64,
    files: Arc<RwLock<Generation>>,
    marks: Arc<Marks>,
    names: Arc<Marks>,
}

/// What one record changes, applied all or nothing with the record's position.
#[derive(Default)]
pub struct Changes {
    batch: sled::Batch,
    marks: Vec<(u32, Vec<u64>)>,
    names: Vec<(u32, Vec<u64>)>,
}

impl Changes {
    pub fn put<T: Serialize>(&mut self, key: Vec<u8>, row: &T) -> Result<(), StoreError> {
        self.batch.insert(key, packed::pack(row)?);
        Ok(())
    }

    /// A key that says all by being there.
    pub fn mark(&mut self, key: Vec<u8>) {
        self.batch.insert(key, &[]);
    }

    pub fn remove(&mut self, key: Vec<u8>) {
        self.batch.remove(key);
    }

    /// The item is known, and has the article of that number.
    pub fn known(&mut self, id: ItemId, document: Option<u32>) {
        let document = document.map(u32::to_be_bytes);
        self.batch.insert(keys::known(id), document.as_ref().map_or(&[][..], |number| number));
    }

    /// The keys under which other tellings look for an article, under its document's number.
    pub fn names(&mut self, document: u32, keys: &[String]) {
        self.names.push((document, keys.iter().map(|key| keys::name(key)).collect()));
    }

    /// What an article is recognised by, under its document's number.
    pub fn marks(&mut self, document: u32, marks: Vec<u64>) {
        self.marks.push((document, marks));
    }
}

impl Index {
    /// Opens or creates the index in `dir`, beside `marks` of texts and of `names`; `cache_bytes` bounds sled's page cache.
    pub fn open(dir: &Path, [marks, names]: [Arc<Marks>; 2], cache_bytes: u64) -> Result<Self, StoreError> {
        let newest = Generation::open_newest(dir, cache_bytes)?;
        let files = Arc::new(RwLock::new(newest));
        let index = Self { dir: dir.into(), cache_bytes, files, marks, names };
        match (index.get::<u32>(keys::LAYOUT.to_vec())?, index.position()?) {
            (Some(LAYOUT), _) | (None, None) => Ok(index),
            _ => Err(StoreError::Index("another version of vedetta laid it out".into())),
        }
    }

    fn rows(&self) -> RwLockReadGuard<'_, Generation> {
        self.files.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn get<T: DeserializeOwned>(&self, key: Vec<u8>) -> Result<Option<T>, StoreError> {
        let row = self.rows().tree.get(key)?;
        row.map(|row| packed::unpack(&row)).transpose()
    }

    pub fn has(&self, key: Vec<u8>) -> Result<bool, StoreError> {
        Ok(self.rows().tree.contains_key(key)?)
    }

    /// `None`: the item was never committed or let go. Else the number of its article, if that is still recognised.
    pub fn known(&self, id: ItemId) -> Result<Option<Option<u32>>, StoreError> {
        Ok(self.rows().tree.get(keys::known(id))?.map(|row| keys::trailing_document(&row)))
    }

    /// An item's article.
    pub fn article(&self, id: ItemId) -> Result<Option<ArticleRow>, StoreError> {
        let document = self.known(id)?.flatten();
        Ok(document.map(|document| self.get(keys::article(document))).transpose()?.flatten())
    }

    /// Keys from `from` on that start with `prefix`, at most `limit`.
    pub fn keys(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut found = Vec::new();
        for key in self.rows().tree.range(from.to_vec()..).keys().take(limit) {
            let key = key?;
            if !key.starts_with(prefix) {
                break;
            }
            found.push(key.to_vec());
        }
        Ok(found)
    }

    /// How many rows have a key that starts with `prefix`.
    pub fn count(&self, prefix: u8) -> Result<u64, StoreError> {
        let mut count = 0;
        for key in self.rows().tree.scan_prefix([prefix]).keys() {
            key?;
            count += 1;
        }
        Ok(count)
    }

    /// Rows whose key starts with `prefix`, after `after`, at most `limit`: a cursor.
    pub fn page<T: DeserializeOwned>(
        &self,
        prefix: u8,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<(Vec<u8>, T)>, StoreError> {
        let mut from = after.map_or_else(|| vec![prefix], <[u8]>::to_vec);
        if after.is_some() {
            from.push(0);
        }
        let mut found = Vec::new();
        for entry in self.rows().tree.range(from..).take(limit) {
            let (key, row) = entry?;
            if key.first() != Some(&prefix) {
                break;
            }
            found.push((key.to_vec(), packed::unpack(&row)?));
        }
        Ok(found)
    }

    /// Position of the last applied record.
    pub fn position(&self) -> Result<Option<Position>, StoreError> {
        self.get(keys::POSITION.to_vec())
    }

    /// Applies what the record at `position` changes: all of it with its position, or nothing.
    pub fn apply(&self, mut changes: Changes, position: Position) -> Result<(), StoreError> {
        changes.put(keys::POSITION.to_vec(), &position)?;
        changes.put(keys::LAYOUT.to_vec(), &LAYOUT)?;
        self.rows().tree.apply_batch(changes.batch)?;
        changes.marks.iter().for_each(|(document, marks)| self.marks.add(*document, marks));
        changes.names.iter().for_each(|(document, names)| self.names.add(*document, names));
        for marks in [&self.marks, &self.names] {
            // They stay in memory, and a start reads them again from the journal.
            if let Err(error) = marks.flush(position, false) {
                tracing::warn!(%error, "marks could not be written out; the next record tries again");
            }
        }
        Ok(())
    }

    /// The names of articles whose event may still be told.
    pub fn names(&self) -> &Marks {
        &self.names
    }

    /// Up to which record marks and names are on disk.
    pub fn marked(&self) -> Position {
        self.marks.until().min(self.names.until())
    }

    /// The marks of all texts.
    pub fn marks(&self) -> &Marks {
        &self.marks
    }

    /// The highest number that a document was given.
    pub fn last_document(&self) -> Result<u32, StoreError> {
        Ok(self.get(keys::LAST_DOCUMENT.to_vec())?.unwrap_or(0))
    }

    /// Bytes of keys and rows, without what sled needs beside them.
    pub fn live_bytes(&self) -> Result<u64, StoreError> {
        self.rows().live_bytes()
    }

    /// Bytes that sled's files take.
    pub fn file_bytes(&self) -> Result<u64, StoreError> {
        Ok(self.rows().db.size_on_disk()?)
    }

    /// Bytes that sled's files and the marks take.
    pub fn bytes(&self) -> Result<u64, StoreError> {
        Ok(self.file_bytes()? + self.marks.bytes() + self.names.bytes())
    }

    /// Writes the files anew, with the rows alone. Only the writer may ask: nothing may be applied meanwhile.
    pub fn compact(&self) -> Result<(), StoreError> {
        let new = self.rows().copy_to_next(&self.dir, self.cache_bytes)?;
        let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::replace(&mut *files, new);
        drop(files);
        old.remove(&self.dir)
    }

    /// Every row, for comparing two states.
    #[cfg(test)]
    pub fn dump(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.rows().tree.iter().map(|entry| entry.map(|(k, v)| (k.to_vec(), v.to_vec())).unwrap()).collect()
    }

    /// Makes a row unreadable.
    #[cfg(test)]
    pub fn spoil(&self, key: Vec<u8>) {
        self.rows().tree.insert(key, b"spoilt").unwrap();
    }

    pub fn flush(&self) -> Result<(), StoreError> {
        if let Some(position) = self.position()? {
            self.marks.flush(position, true)?;
            self.names.flush(position, true)?;
        }
        self.rows().db.flush()?;
        Ok(())
    }
}
