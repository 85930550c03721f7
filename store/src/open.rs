//! Opening: lock, cut the torn tail, open the index or rebuild it, replay what it has not seen.

use std::{
    fs::{File, OpenOptions as FileOptions, TryLockError},
    path::{Path, PathBuf},
};

use crate::{
    StoreError, apply,
    index::Index,
    journal::{self, Damage, Journal, Position},
    record::Record,
};

/// Sizes; the defaults suit one small machine.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    /// A segment is closed once it is this long.
    pub segment_bytes: u64,
    /// Bound of sled's page cache.
    pub cache_bytes: u64,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self { segment_bytes: 64 << 20, cache_bytes: 8 << 20 }
    }
}

/// What opening had to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenReport {
    /// Why the index was rebuilt from the journal; the operator is told.
    pub rebuilt: Option<String>,
    /// Records that the index had not seen.
    pub replayed: u64,
    /// Bytes of a torn last record that were cut.
    pub cut_bytes: u64,
    /// Damage in the journal: what is readable was kept.
    pub damage: Vec<Damage>,
}

/// The opened parts.
pub struct Opened {
    pub lock: File,
    pub journal: Journal,
    pub index: Index,
    pub report: OpenReport,
}

/// The folder of the journal's segments.
pub fn journal_dir(dir: &Path) -> PathBuf {
    dir.join("journal")
}

/// Opens the store in `dir`, creating it if there is none.
pub fn open(dir: &Path, options: &OpenOptions) -> Result<Opened, StoreError> {
    std::fs::create_dir_all(dir).map_err(StoreError::io("create", dir))?;
    let lock = lock(dir)?;
    let (journal, torn) = Journal::open(&journal_dir(dir), options.segment_bytes)?;
    let mut report = OpenReport { cut_bytes: torn.cut_bytes, ..OpenReport::default() };

    let index_dir = dir.join("index");
    let index = match open_index(&index_dir, options, journal.end()) {
        Ok(index) => index,
        Err(error) => {
            report.rebuilt = Some(error.to_string());
            set_aside(&index_dir)?;
            Index::open(&index_dir, options.cache_bytes)?
        }
    };
    let missing = index.position()?.is_none();
    match replay(dir, &index) {
        Ok((replayed, damage)) => {
            if missing && replayed > 0 && report.rebuilt.is_none() {
                report.rebuilt = Some("its files were missing".into());
            }
            report.replayed = replayed;
            report.damage = damage;
            Ok(Opened { lock, journal, index, report })
        }
        // Replay reads rows too: a damaged index may show only here. From empty it cannot fail so.
        Err(StoreError::Index(error)) if report.rebuilt.is_none() => {
            drop(index);
            set_aside(&index_dir)?;
            let index = Index::open(&index_dir, options.cache_bytes)?;
            let (replayed, damage) = replay(dir, &index)?;
            report = OpenReport { rebuilt: Some(error), replayed, damage, ..report };
            Ok(Opened { lock, journal, index, report })
        }
        Err(error) => Err(error),
    }
}

fn lock(dir: &Path) -> Result<File, StoreError> {
    let path = dir.join("lock");
    let file = FileOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(StoreError::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked(dir.into())),
        Err(TryLockError::Error(source)) => Err(StoreError::Io { verb: "lock", path, source }),
    }
}

/// sled panics on some kinds of damage instead of answering: that counts as an answer here.
fn open_index(dir: &Path, options: &OpenOptions, end: Position) -> Result<Index, StoreError> {
    let index = std::panic::catch_unwind(|| Index::open(dir, options.cache_bytes))
        .map_err(|_| StoreError::Index("sled panicked while opening its files".into()))??;
    match index.position()? {
        Some(position) if position >= end => {
            Err(StoreError::Index(format!("it is at {position}, past the journal's end {end}")))
        }
        None if end > (Position { segment: 1, offset: 8 }) && dir_was_used(&index)? => {
            Err(StoreError::Index("it has rows but no position".into()))
        }
        _ => Ok(index),
    }
}

fn dir_was_used(index: &Index) -> Result<bool, StoreError> {
    Ok(!index.keys(&[], &[], 1)?.is_empty())
}

fn set_aside(dir: &Path) -> Result<(), StoreError> {
    let aside = (0..).map(|n| dir.with_extension(format!("broken-{n}"))).find(|path| !path.exists());
    let Some(aside) = aside else { return Ok(()) };
    if dir.exists() {
        std::fs::rename(dir, &aside).map_err(StoreError::io("set aside", dir))?;
    }
    Ok(())
}

/// Applies what the journal holds after the index's position.
fn replay(dir: &Path, index: &Index) -> Result<(u64, Vec<Damage>), StoreError> {
    let seen = index.position()?;
    let mut replayed = 0;
    let damage = journal::stream(&journal_dir(dir), seen.unwrap_or_default(), |position, payload| {
        if Some(position) == seen {
            return Ok(());
        }
        let record = Record::decode(&payload, position)?;
        let changes = apply::changes(index, &record, position)?;
        index.apply(changes, position)?;
        replayed += 1;
        Ok(())
    })?;
    Ok((replayed, damage))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Store,
        record::ItemEnd,
        testing::{self, NOW},
    };

    /// Fills a store with every kind of record, damages it with `hurt`, and opens it again.
    async fn check(hurt: impl FnOnce(&Path), rebuilt: bool) {
        let dir = tempfile::tempdir().unwrap();
        let (store, report) = Store::open(dir.path(), &OpenOptions::default()).unwrap();
        assert_eq!(report, OpenReport::default());
        testing::fill(&store).await;
        let before = store.index.dump();
        assert!(before.len() > 15, "{}", before.len());
        store.close().await;

        hurt(dir.path());
        let (store, report) = Store::open(dir.path(), &OpenOptions::default()).unwrap();
        assert_eq!(report.rebuilt.is_some(), rebuilt, "{report:?}");
        assert_eq!(store.index.dump(), before, "the state is the same, to the byte");
        store.close().await;
    }

    #[tokio::test]
    async fn an_untouched_store_opens_as_it_was() {
        check(|_| {}, false).await;
    }

    #[tokio::test]
    async fn a_deleted_index_is_rebuilt() {
        check(|dir| std::fs::remove_dir_all(dir.join("index")).unwrap(), true).await;
    }

    #[tokio::test]
    async fn a_garbled_index_is_set_aside_and_rebuilt() {
        let garble = |dir: &Path| {
            for file in ["conf", "db"] {
                std::fs::write(dir.join("index").join(file), b"not what sled wrote").unwrap();
            }
        };
        check(garble, true).await;
    }

    #[tokio::test]
    async fn a_torn_journal_tail_behind_the_index_is_rebuilt() {
        let dir = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(dir.path(), &OpenOptions::default()).unwrap();
        testing::fill(&store).await;
        let end = ItemEnd::Dropped { error: "gone".into() };
        let ids: Vec<_> = (0..10).map(|n| testing::item(n).id).collect();
        let mut waiting = Vec::new();
        for id in ids {
            let row = store.item(id).await.unwrap().unwrap();
            waiting.extend((row.status == crate::ItemStatus::Waiting).then_some(id));
        }
        store.end(waiting[0], end, NOW).await.unwrap();
        store.close().await;
        // The disk lost the last record, sled did not: the journal is right.
        let path = crate::segment::path(&journal_dir(dir.path()), 1);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 3]).unwrap();
        let (store, report) = Store::open(dir.path(), &OpenOptions::default()).unwrap();
        assert!(report.cut_bytes > 0 && report.rebuilt.is_some(), "{report:?}");
        let row = store.item(waiting[0]).await.unwrap().unwrap();
        assert_eq!(row.status, crate::ItemStatus::Waiting);
        store.close().await;
    }

    #[tokio::test]
    async fn two_processes_cannot_share_a_store() {
        let dir = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(dir.path(), &OpenOptions::default()).unwrap();
        assert!(matches!(Store::open(dir.path(), &OpenOptions::default()), Err(StoreError::Locked(_))));
        store.close().await;
    }
}
