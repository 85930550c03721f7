//! The store's promises, seen from outside. The records come from its public types.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

use jiff::{SignedDuration, Timestamp};
use vedetta_domain::{Entry, Item, ItemId, PollState, SourceId};
use vedetta_store::{ItemEnd, OpenOptions, RetryAfter, Store};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn item(n: u32) -> Item {
    let source = SourceId("s".into());
    let key = n.to_string();
    Item {
        id: ItemId::new(&source, &key),
        source,
        entry: Entry { key, ..Entry::default() },
        first_seen: NOW + SignedDuration::from_secs(n.into()),
        quiet: false,
    }
}

async fn open(dir: &std::path::Path) -> Store {
    Store::open(dir, &OpenOptions::default()).unwrap().0
}

#[tokio::test]
async fn items_are_leased_in_order_once_and_again_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    store.record_poll(SourceId("s".into()), PollState::default(), (0..5).map(item).collect()).await.unwrap();
    let late = NOW + SignedDuration::from_secs(3);
    let first = store.claim_due(late, 2).await.unwrap();
    assert_eq!(first.iter().map(|row| row.item.id).collect::<Vec<_>>(), [item(0).id, item(1).id]);
    let second = store.claim_due(late, 10).await.unwrap();
    assert_eq!(second.iter().map(|row| row.item.id).collect::<Vec<_>>(), [item(2).id, item(3).id]);
    assert_eq!(store.next_due().await.unwrap(), Some(item(4).first_seen), "the leased ones do not count");
    assert_eq!(store.begin(&first[0]).await.unwrap(), 1);
    store.close().await;

    let store = open(dir.path()).await;
    let again = store.claim_due(late, 10).await.unwrap();
    assert_eq!(again.len(), 4, "a lease ends with its process");
    assert_eq!(again[0].attempts, 1, "the try that was begun counts");
    let retry = ItemEnd::Retry {
        error: "x".into(),
        retry_at: late + SignedDuration::from_secs(60),
        after: RetryAfter::WorkerDeath { alone: true },
    };
    store.end(again[0].item.id, retry, late).await.unwrap();
    assert!(store.claim_due(late, 10).await.unwrap().is_empty());
    store.close().await;
}

#[tokio::test]
async fn only_unknown_items_are_unknown() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    store.record_poll(SourceId("s".into()), PollState::default(), vec![item(1)]).await.unwrap();
    let unknown = store.unknown(vec![item(1).id, item(2).id]).await.unwrap();
    assert_eq!(unknown.into_iter().collect::<Vec<_>>(), [item(2).id]);
    let stats = store.stats().await.unwrap();
    assert_eq!((stats.items_waiting, stats.items_done), (1, 0));
    store.close().await;
}

#[tokio::test]
async fn many_writers_share_the_journal_and_nothing_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let tasks: Vec<_> = (0..200)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                store.record_poll(SourceId(format!("s{n}")), PollState::default(), vec![item(n)]).await
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    store.close().await;
    let store = open(dir.path()).await;
    assert_eq!(store.stats().await.unwrap().items_waiting, 200);
    store.close().await;
}
