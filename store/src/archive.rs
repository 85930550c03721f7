//! The journal's files for reading alone: beside a running daemon, since segments only grow, are sealed or go.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use serde::Serialize;
use vedetta_domain::{Item, ItemId, Telling};

use crate::{
    Commit, Damage, Position, Record, StoreError,
    disk::{Disk as _, RealDisk},
    journal::{
        self,
        reader::{Found, Reader},
        segment::{self, Form, SegmentInfo},
    },
    open::journal_dir,
    record::{ItemEnd, Kept},
};

/// The archive in a store's folder.
#[derive(Debug, Clone)]
pub struct Archive {
    dir: PathBuf,
}

/// What the archive says of an item.
#[derive(Debug)]
pub enum Archived {
    /// Its article, as it was committed last.
    Article(Box<Commit>),
    /// Work on it ended, or is to be tried again.
    Ended(ItemEnd),
    /// It has an article, the text of which was let go because of its age.
    LetGo,
    /// It was forgotten.
    Forgotten,
    /// Nothing.
    Unknown,
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

    /// What the archive says of an item, the newest segments first: they are those that are asked for.
    pub fn item(&self, id: ItemId) -> Result<Archived, StoreError> {
        let mut numbers: Vec<u64> = segment::list(&RealDisk, &self.dir)?.into_keys().collect();
        while let Some(number) = numbers.pop() {
            let mut found = Archived::Unknown;
            each(&self.dir, number, |record| match record {
                Record::Committed(commit) if commit.item.id == id && !commit.forgotten => {
                    found = Archived::Article(commit);
                }
                Record::ItemEnded { item, end, .. } if item == id => found = Archived::Ended(end),
                Record::Kept { facts } => {
                    let gone = |fact: &Kept| matches!(fact, Kept::Article { item, .. } if *item == id);
                    if facts.iter().any(gone) {
                        found = Archived::LetGo;
                    }
                }
                Record::Forgotten { items } if items.contains(&id) => found = Archived::Forgotten,
                _ => {}
            })?;
            if !matches!(found, Archived::Unknown) {
                return Ok(found);
            }
        }
        Ok(Archived::Unknown)
    }

    /// The items of which a record says an address for which `is` holds.
    pub fn items_at(&self, is: impl Fn(&str) -> bool) -> Result<BTreeSet<ItemId>, StoreError> {
        let mut found = BTreeSet::new();
        let of_item = |item: &Item| item.entry.url.iter().chain([&item.entry.key]).any(|url| is(url));
        let of_telling = |telling: &Telling, canonical: Option<&String>| {
            canonical.into_iter().chain([&telling.url]).any(|url| is(url))
        };
        for number in segment::list(&RealDisk, &self.dir)?.into_keys() {
            each(&self.dir, number, |record| match record {
                Record::SourcePolled { items, .. } => {
                    found.extend(items.iter().filter(|item| of_item(item)).map(|item| item.id));
                }
                Record::Committed(commit) => {
                    let canonical = commit.marks.canonical_url.as_ref();
                    if of_item(&commit.item)
                        || is(&commit.article.article.url)
                        || of_telling(&commit.telling, canonical)
                    {
                        found.insert(commit.item.id);
                    }
                }
                Record::Kept { facts } => found.extend(facts.iter().filter_map(|fact| match fact {
                    Kept::Item(row) if of_item(&row.item) => Some(row.item.id),
                    Kept::Article { item, row, .. }
                        if of_telling(&row.telling, row.canonical_url.as_ref()) =>
                    {
                        Some(*item)
                    }
                    _ => None,
                })),
                _ => {}
            })?;
        }
        Ok(found)
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

/// Calls `see` with every record of a segment that can be read; none of one that was let go meanwhile.
fn each(dir: &Path, number: u64, mut see: impl FnMut(Record)) -> Result<(), StoreError> {
    let mut reader = match Reader::open(&RealDisk, dir, number, 0) {
        Err(_) if !segment::list(&RealDisk, dir)?.contains_key(&number) => return Ok(()),
        reader => reader?,
    };
    while let Some(found) = reader.next_found()? {
        if let Found::Record { at, payload, .. } = found {
            see(Record::decode(&payload, at)?);
        }
    }
    Ok(())
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
