//! What is wrong with the files when a store opens, and what it makes of that.

use super::*;
use crate::{
    LocalStore, Store as _,
    record::ItemEnd,
    testing::{self, NOW},
};

/// Fills a store with every kind of record, damages it with `hurt`, and opens it again.
async fn check(hurt: impl FnOnce(&Path), rebuilt: bool) {
    let dir = tempfile::tempdir().unwrap();
    let (store, report) = LocalStore::open(dir.path(), &OpenOptions::default()).unwrap();
    assert_eq!(report, OpenReport::default());
    testing::fill(&store).await;
    let before = (store.index.dump(), store.index.marks().dump());
    assert!(before.0.len() > 15 && !before.1.is_empty());
    store.close().await;
    drop(store);

    hurt(dir.path());
    let (store, report) = LocalStore::open(dir.path(), &OpenOptions::default()).unwrap();
    assert_eq!(report.rebuilt.is_some(), rebuilt, "{report:?}");
    let after = (store.index.dump(), store.index.marks().dump());
    assert_eq!(after, before, "the state is the same, to the byte");
    store.close().await;
    drop(store);
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
async fn lost_marks_are_read_again() {
    check(|dir| std::fs::remove_dir_all(dir.join("marks")).unwrap(), false).await;
}

#[tokio::test]
async fn a_garbled_index_is_set_aside_and_rebuilt() {
    let garble = |dir: &Path| {
        for file in ["conf", "db"] {
            std::fs::write(dir.join("index/000001").join(file), b"not what sled wrote").unwrap();
        }
    };
    check(garble, true).await;
}

#[tokio::test]
async fn an_index_with_a_flipped_bit_or_a_lost_end_is_as_it_was_or_rebuilt() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = LocalStore::open(dir.path(), &OpenOptions::default()).unwrap();
    testing::fill(&store).await;
    let before = store.index.dump();
    store.close().await;
    drop(store);
    let folder = dir.path().join("index/000001");
    let db = folder.join("db");
    let files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect();
    let whole = std::fs::read(&db).unwrap();
    let used = whole.iter().rposition(|byte| *byte != 0).unwrap();
    for n in 0..60usize {
        let mut hurt = whole.clone();
        match n % 3 {
            2 => hurt.truncate(n * used / 60),
            _ => hurt[n * used / 60] ^= 1 << (n % 8),
        }
        std::fs::write(&db, &hurt).unwrap();
        let (store, report) = LocalStore::open(dir.path(), &OpenOptions::default()).unwrap();
        assert_eq!(store.index.dump(), before, "{n}: {report:?}");
        store.close().await;
        drop(store);
        // As it was, for the next one.
        std::fs::remove_dir_all(dir.path().join("index")).unwrap();
        std::fs::create_dir_all(&folder).unwrap();
        files.iter().for_each(|(path, bytes)| std::fs::write(path, bytes).unwrap());
    }
}

#[tokio::test]
async fn a_torn_journal_tail_behind_the_index_is_rebuilt() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = LocalStore::open(dir.path(), &OpenOptions::default()).unwrap();
    testing::fill(&store).await;
    let end = ItemEnd::Dropped { error: "gone".into() };
    let ids: Vec<_> = (0..10).map(|n| testing::item(n).id).collect();
    let mut waiting = Vec::new();
    for id in ids {
        let row = store.item(id).await.unwrap();
        waiting.extend(row.filter(|row| row.status == crate::ItemStatus::Waiting).map(|_| id));
    }
    store.end(waiting[0], end, NOW).await.unwrap();
    store.close().await;
    drop(store);
    // The disk lost the last record, sled did not: the journal is right.
    let path = crate::journal::segment::path(&journal_dir(dir.path()), 1);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 3]).unwrap();
    let (store, report) = LocalStore::open(dir.path(), &OpenOptions::default()).unwrap();
    assert!(report.cut_bytes > 0 && report.rebuilt.is_some(), "{report:?}");
    let row = store.item(waiting[0]).await.unwrap().unwrap();
    assert_eq!(row.status, crate::ItemStatus::Waiting);
    store.close().await;
    drop(store);
}

#[tokio::test]
async fn an_index_whose_row_cannot_be_read_is_made_anew_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = LocalStore::open(dir.path(), &OpenOptions::default()).unwrap();
    testing::fill(&store).await;
    let before = store.index.dump();
    assert!(store.writable().await.is_ok());
    store.index.spoil(keys::message("m1"));
    assert!(matches!(store.message("m1").await, Err(StoreError::Index(_))));
    let refused = store.writable().await;
    assert!(matches!(refused, Err(StoreError::Index(_))), "the daemon ends and is started anew: {refused:?}");
    store.close().await;
    drop(store);
    let (store, report) = LocalStore::open(dir.path(), &OpenOptions::default()).unwrap();
    assert!(report.rebuilt.is_some());
    assert_eq!(store.index.dump(), before);
    store.close().await;
    drop(store);
    let (_store, report) = LocalStore::open(dir.path(), &OpenOptions::default()).unwrap();
    assert_eq!(report, OpenReport::default(), "once");
}

#[tokio::test]
async fn two_processes_cannot_share_a_store() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = LocalStore::open(dir.path(), &OpenOptions::default()).unwrap();
    assert!(matches!(LocalStore::open(dir.path(), &OpenOptions::default()), Err(StoreError::Locked(_))));
    store.close().await;
    drop(store);
}
