//! The journal's files for reading alone: beside a running daemon, since segments only grow, are sealed or go.

use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use serde::Serialize;

use crate::{
    Commit, Damage, Position, Record, StoreError,
    disk::{Disk as _, RealDisk},
    journal::{
        self,
        reader::{Found, Reader},
        segment::{self, Form, SegmentInfo},
    },
    open::journal_dir,
};

/// The archive in a store's folder.
#[derive(Debug, Clone)]
pub struct Archive {
    dir: PathBuf,
}

/// What a check has found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Records that can be read.
    pub records: u64,
    /// Articles with their texts among them.
    pub articles: u64,
    /// Bytes that cannot be read, and records that no version knows.
    pub damage: Vec<Damage>,
}

impl Archive {
    /// The archive of the store in `dir`.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let dir = journal_dir(dir);
        fs::read_dir(&dir).map_err(StoreError::io("list", &dir))?;
        Ok(Self { dir })
    }

    /// Its segments, the oldest first.
    pub fn segments(&self) -> Result<Vec<SegmentInfo>, StoreError> {
        segment::infos(&RealDisk, &self.dir)
    }

    /// Calls `each` with every commit, in order; returns what is damaged.
    pub fn commits(
        &self,
        mut each: impl FnMut(Commit) -> Result<(), StoreError>,
    ) -> Result<Vec<Damage>, StoreError> {
        journal::stream(&RealDisk, &self.dir, Position::default(), |at, payload| {
            match Record::decode(&payload, at)? {
                Record::Committed(commit) if !commit.forgotten => each(*commit),
                _ => Ok(()),
            }
        })
    }

    /// Reads every record. The last bytes may be torn while a daemon writes them: that is no damage.
    pub fn check(&self) -> Result<Checked, StoreError> {
        let mut checked = Checked::default();
        let mut unknown = Vec::new();
        let damage = journal::stream(&RealDisk, &self.dir, Position::default(), |at, payload| {
            match Record::decode(&payload, at) {
                Ok(record) => {
                    checked.records += 1;
                    checked.articles += u64::from(matches!(record, Record::Committed(_)));
                }
                Err(_) => unknown.push(Damage { at, bytes: payload.len() as u64 }),
            }
            Ok(())
        })?;
        for damage in damage {
            if !self.is_being_written(&damage)? {
                checked.damage.push(damage);
            }
        }
        checked.damage.append(&mut unknown);
        Ok(checked)
    }

    /// Whether a daemon was just writing there: by now a record stands there, or the last file still ends there.
    fn is_being_written(&self, damage: &Damage) -> Result<bool, StoreError> {
        let Position { segment, offset } = damage.at;
        let list = segment::list(&RealDisk, &self.dir)?;
        if list.get(&segment) != Some(&Form::Open) {
            return Ok(false);
        }
        let mut reader = Reader::open(&RealDisk, &self.dir, segment, offset)?;
        Ok(match reader.next_found()? {
            Some(Found::Record { at, .. }) => at == damage.at,
            Some(Found::Damaged(_)) => reader.next_found()?.is_none() && list.keys().last() == Some(&segment),
            None => true,
        })
    }

    /// Copies the journal to `to`, from which a store opens: its index is made anew. Returns the segments and bytes that
    /// were copied. A daemon may run meanwhile; what it writes after the copy of its last segment is not in it.
    pub fn backup(&self, to: &Path) -> Result<(u64, u64), StoreError> {
        let target = journal_dir(to);
        if fs::read_dir(&target).is_ok_and(|mut entries| entries.next().is_some()) {
            let source = std::io::Error::other("it is not empty; name a new folder");
            return Err(StoreError::Io { verb: "copy to", path: target, source });
        }
        RealDisk.create_dir(&target).map_err(StoreError::io("create", &target))?;
        let (mut lengths, mut next) = (BTreeMap::new(), 0);
        loop {
            let list = segment::list(&RealDisk, &self.dir)?;
            let mut following = list.range(next..).map(|(number, _)| *number);
            let Some(number) = following.next() else { break };
            let was_last = following.next().is_none();
            if let Some(length) = self.copy_segment(number, &target)? {
                lengths.insert(number, length);
            }
            // One that was written to meanwhile and is followed by another now is copied again: what follows must not be
            // there without all that stood before it.
            let is_last = segment::list(&RealDisk, &self.dir)?.keys().last() == Some(&number);
            if was_last == is_last {
                next = number + 1;
            }
        }
        fs::File::open(&target).and_then(|dir| dir.sync_all()).map_err(StoreError::io("sync", &target))?;
        Ok((lengths.len() as u64, lengths.values().sum()))
    }

    /// Copies one segment; `None` if age has let it go.
    fn copy_segment(&self, number: u64, to: &Path) -> Result<Option<u64>, StoreError> {
        // Sealing gives a segment another name, once.
        let mut tries = 0;
        loop {
            let form = segment::list(&RealDisk, &self.dir)?.get(&number).copied();
            let (path, other) = match form {
                None => return Ok(None),
                Some(Form::Sealed) => (segment::sealed_path(&self.dir, number), segment::path(to, number)),
                Some(Form::Open) => (segment::path(&self.dir, number), segment::sealed_path(to, number)),
            };
            match copy(&path, to) {
                Ok(length) => {
                    // A copy that was made before it was sealed.
                    drop(fs::remove_file(other));
                    return Ok(Some(length));
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound && tries < 3 => tries += 1,
                Err(source) => return Err(StoreError::Io { verb: "copy", path, source }),
            }
        }
    }
}

/// Copies a file into a folder, durably.
fn copy(path: &Path, to: &Path) -> std::io::Result<u64> {
    let Some(name) = path.file_name() else { return Ok(0) };
    let mut from = fs::File::open(path)?;
    let mut file = fs::File::create(to.join(name))?;
    let length = std::io::copy(&mut from, &mut file)?;
    file.flush()?;
    file.sync_all()?;
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LocalStore, OpenOptions, Retention, Store as _, testing};

    #[tokio::test]
    async fn a_copy_that_was_made_beside_a_running_store_opens_with_the_same_state() {
        let (dir, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let options = OpenOptions { segment_bytes: 3000, ..OpenOptions::default() };
        let (store, _) = LocalStore::open(dir.path(), &options).unwrap();
        testing::fill(&store).await;
        let keep = Retention::default();
        assert!(!store.tidy(testing::NOW, &keep).await.unwrap().sealed.is_empty());
        testing::fill_more(&store).await;
        let archive = Archive::open(dir.path()).unwrap();
        let (segments, bytes) = archive.backup(copy.path()).unwrap();
        assert_eq!(segments, archive.segments().unwrap().len() as u64);
        assert!(bytes > 1000);
        assert!(archive.backup(copy.path()).is_err(), "a copy is not written over");

        let (restored, report) = LocalStore::open(copy.path(), &options).unwrap();
        assert!(report.rebuilt.is_some() && report.damage.is_empty(), "{report:?}");
        assert_eq!(restored.index.dump(), store.index.dump());
        let checked = archive.check().unwrap();
        assert_eq!((checked.articles, checked.damage.len()), (3, 0), "{checked:?}");
        let mut titles = Vec::new();
        let damage = archive.commits(|commit| {
            titles.push(commit.telling.title);
            Ok(())
        });
        assert!(damage.unwrap().is_empty());
        assert_eq!(titles.len(), 3);
        store.close().await;
        restored.close().await;
    }
}
