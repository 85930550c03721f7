//! sled behind names of our own: rows as JSON, scans with an end, one batch a record.

use std::{path::Path, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};

use crate::{Position, StoreError, keys, marks::Marks};

/// The index. Cheap to clone; readable from any thread, written by the writer alone.
#[derive(Debug, Clone)]
pub struct Index {
    db: sled::Db,
    rows: sled::Tree,
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
        let row = serde_json::to_vec(row).map_err(|e| StoreError::Index(e.to_string()))?;
        self.batch.insert(key, row);
        Ok(())
    }

    /// A key that says all by being there.
    pub fn mark(&mut self, key: Vec<u8>) {
        self.batch.insert(key, &[]);
    }

    pub fn remove(&mut self, key: Vec<u8>) {
        self.batch.remove(key);
    }

    /// The keys under which other tellings look for an article, under its document's number.
    pub fn names(&mut self, document: u32, keys: &[String]) {
        self.names.push((document, keys.iter().map(|key| keys::name(key)).collect()));
    }

    /// A text's marks under its document's number.
    pub fn marks(&mut self, document: u32, marks: Vec<u64>) {
        self.marks.push((document, marks));
    }
}

impl Index {
    /// Opens or creates the index in `dir`, beside `marks` of texts and of `names`; `cache_bytes` bounds sled's page cache.
    pub fn open(dir: &Path, [marks, names]: [Arc<Marks>; 2], cache_bytes: u64) -> Result<Self, StoreError> {
        let db = sled::Config::new()
            .path(dir)
            .cache_capacity(cache_bytes)
            .mode(sled::Mode::LowSpace)
            .flush_every_ms(Some(500))
            .open()?;
        let rows = db.open_tree("rows")?;
        Ok(Self { db, rows, marks, names })
    }

    pub fn get<T: DeserializeOwned>(&self, key: Vec<u8>) -> Result<Option<T>, StoreError> {
        let Some(row) = self.rows.get(key)? else {
            return Ok(None);
        };
        serde_json::from_slice(&row).map(Some).map_err(|e| StoreError::Index(e.to_string()))
    }

    pub fn has(&self, key: Vec<u8>) -> Result<bool, StoreError> {
        Ok(self.rows.contains_key(key)?)
    }

    /// Keys from `from` on that start with `prefix`, at most `limit`.
    pub fn keys(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut found = Vec::new();
        for key in self.rows.range(from.to_vec()..).keys().take(limit) {
            let key = key?;
            if !key.starts_with(prefix) {
                break;
            }
            found.push(key.to_vec());
        }
        Ok(found)
    }

    /// Rows whose key starts with `prefix`, after `after`, at most `limit`: a cursor.
    pub fn rows<T: DeserializeOwned>(
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
        for entry in self.rows.range(from..).take(limit) {
            let (key, row) = entry?;
            if key.first() != Some(&prefix) {
                break;
            }
            let row = serde_json::from_slice(&row).map_err(|e| StoreError::Index(e.to_string()))?;
            found.push((key.to_vec(), row));
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
        self.rows.apply_batch(changes.batch)?;
        changes.marks.iter().for_each(|(document, marks)| self.marks.add(*document, marks));
        changes.names.iter().for_each(|(document, names)| self.names.add(*document, names));
        self.marks.flush(position, false)?;
        self.names.flush(position, false)
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

    /// Bytes that sled's files and the marks take.
    pub fn bytes(&self) -> Result<u64, StoreError> {
        Ok(self.db.size_on_disk()? + self.marks.bytes() + self.names.bytes())
    }

    /// Every row, for comparing two states.
    #[cfg(test)]
    pub fn dump(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.rows.iter().map(|entry| entry.map(|(k, v)| (k.to_vec(), v.to_vec())).unwrap()).collect()
    }

    pub fn flush(&self) -> Result<(), StoreError> {
        if let Some(position) = self.position()? {
            self.marks.flush(position, true)?;
            self.names.flush(position, true)?;
        }
        self.db.flush()?;
        Ok(())
    }
}
