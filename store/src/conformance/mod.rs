//! What every store does alike. A new implementation is a line in [`stores`].

mod forget;
mod walk;

use std::{path::Path, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use vedetta_domain::{ItemId, Message, PollState, SourceId, StoryId};

use crate::{
    Cursor, ItemEnd, ItemStatus, LocalStore, MemoryStore, MessageState, OpenOptions, Recalled, Retention,
    RetryAfter, Sought, Store, StoreError,
    testing::{self, NOW, commit, item, source},
};

const DAY: SignedDuration = SignedDuration::from_hours(24);

fn story(n: u128) -> StoryId {
    StoryId(Uuid::from_u128(n))
}

fn local(dir: &Path) -> LocalStore {
    LocalStore::open(dir, &OpenOptions::default()).unwrap().0
}

/// Every implementation, empty.
fn stores(dir: &Path) -> Vec<(&'static str, Arc<dyn Store>)> {
    vec![("memory", Arc::new(MemoryStore::default())), ("local", Arc::new(local(dir)))]
}

/// Runs `case` on every implementation.
async fn check<F: Future<Output = ()>>(case: impl Fn(Arc<dyn Store>) -> F) {
    let dir = tempfile::tempdir().unwrap();
    for (name, store) in stores(dir.path()) {
        println!("on {name}");
        case(store.clone()).await;
        store.close().await;
        assert!(matches!(
            store.record_poll(source(), PollState::default(), vec![]).await,
            Err(StoreError::Closed)
        ));
    }
}

fn sought() -> Sought {
    Sought {
        item: ItemId([0; 16]),
        url: None,
        exact: String::new(),
        marks: Vec::new(),
        story_keys: Vec::new(),
        since: NOW,
        tellings: 9,
    }
}

/// The items that share a mark.
async fn by_marks(store: &dyn Store, marks: Vec<u64>) -> Vec<ItemId> {
    let found = store.recall(Sought { marks, ..sought() }).await.unwrap();
    found.near.iter().map(|(row, _)| row.telling.item).collect()
}

/// The items of stories that share a name.
async fn told(store: &dyn Store, key: &str, since: Timestamp, tellings: usize) -> Vec<ItemId> {
    let found =
        store.recall(Sought { story_keys: vec![key.into()], since, tellings, ..sought() }).await.unwrap();
    found.tellings.iter().map(|row| row.id).collect()
}

async fn found(store: &dyn Store, items: std::ops::Range<u32>) {
    let due_later = |n: u32| {
        let mut item = item(n);
        item.first_seen = NOW + SignedDuration::from_secs(n.into());
        item
    };
    store.record_poll(source(), PollState::default(), items.map(due_later).collect()).await.unwrap();
}

#[tokio::test]
async fn items_are_leased_once_in_the_order_in_which_they_are_due() {
    check(|store| async move {
        found(&*store, 0..5).await;
        let late = NOW + SignedDuration::from_secs(3);
        let ids = |rows: &[crate::ItemRow]| rows.iter().map(|row| row.item.id).collect::<Vec<_>>();
        let first = store.claim_due(late, 2).await.unwrap();
        assert_eq!(ids(&first), [item(0).id, item(1).id]);
        assert_eq!(ids(&store.claim_due(late, 10).await.unwrap()), [item(2).id, item(3).id]);
        let next = NOW + SignedDuration::from_secs(4);
        assert_eq!(store.next_due().await.unwrap(), Some(next), "the leased ones do not count");
        assert_eq!(store.begin(&first[0]).await.unwrap(), 1);
        let retry = ItemEnd::Retry {
            error: "x".into(),
            retry_at: late + SignedDuration::from_secs(60),
            after: RetryAfter::WorkerDeath { alone: true },
        };
        store.end(item(0).id, retry, late).await.unwrap();
        store.release(item(1).id);
        assert_eq!(ids(&store.claim_due(late, 10).await.unwrap()), [item(1).id]);
        let row = store.item(item(0).id).await.unwrap().unwrap();
        assert_eq!((row.status, row.attempts, row.deaths), (ItemStatus::Waiting, 1, 1));
        store.end(item(1).id, ItemEnd::Dropped { error: "gone".into() }, late).await.unwrap();
        store.end(item(2).id, ItemEnd::Quarantined { error: "twice".into() }, late).await.unwrap();
        let stats = store.stats().await.unwrap();
        assert_eq!((stats.items_waiting, stats.items_dropped, stats.items_quarantined), (3, 1, 1));
        let known = [item(4).id, item(9).id].to_vec();
        assert_eq!(store.unknown(known).await.unwrap().into_iter().collect::<Vec<_>>(), [item(9).id]);
    })
    .await;
}

#[tokio::test]
async fn an_item_that_a_clock_ahead_of_its_time_put_off_is_due() {
    check(|store| async move {
        let mut late = item(0);
        late.first_seen = NOW + 365 * DAY;
        let mut soon = item(1);
        soon.first_seen = NOW + DAY;
        store.record_poll(source(), PollState::default(), vec![late, soon]).await.unwrap();
        let ids: Vec<_> = store.claim_due(NOW, 9).await.unwrap().iter().map(|row| row.item.id).collect();
        assert_eq!(ids, [item(0).id]);
        assert!(store.writable().await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn a_poll_keeps_its_validators_and_an_item_that_is_known_as_it_is() {
    check(|store| async move {
        assert_eq!(store.source(&source()).await.unwrap(), None);
        found(&*store, 0..1).await;
        store.end(item(0).id, ItemEnd::Dropped { error: "gone".into() }, NOW).await.unwrap();
        let state = PollState { etag: Some("W/\"1\"".into()), ..PollState::default() };
        store.record_poll(source(), state.clone(), vec![item(0)]).await.unwrap();
        assert_eq!(store.source(&source()).await.unwrap(), Some(state));
        assert_eq!(store.item(item(0).id).await.unwrap().unwrap().status, ItemStatus::Dropped);
    })
    .await;
}

#[tokio::test]
async fn a_commit_is_found_by_all_that_it_is_recognised_by() {
    check(|store| async move {
        found(&*store, 0..3).await;
        store.commit(commit(0, story(1))).await.unwrap();
        let mut other = commit(1, story(1));
        other.marks.bands = vec![u64::MAX / 7, u64::MAX / 1007];
        other.marks.story_keys = vec!["sast".into()];
        store.commit(other).await.unwrap();
        let (a, b) = (item(0).id, item(1).id);
        let at = |n: u32| Sought { url: Some(format!("https://example.org/{n}")), ..sought() };
        let item_of = |row: Option<crate::ArticleRow>| row.map(|row| row.telling.item);
        let same = store.recall(Sought { marks: vec![7 << 40], ..at(1) }).await.unwrap();
        assert_eq!(
            (item_of(same.same_url), same.near.len()),
            (Some(b), 0),
            "then nothing else is looked for"
        );
        assert_eq!(store.recall(at(2)).await.unwrap(), Recalled::default());
        let words = |n: u128, item| Sought { exact: format!("{n:032x}"), item, ..sought() };
        assert_eq!(item_of(store.recall(words(0, b)).await.unwrap().same_text), Some(a));
        assert_eq!(item_of(store.recall(words(0, a)).await.unwrap().same_text), None, "itself is not meant");
        assert_eq!(by_marks(&*store, commit(0, story(1)).marks.bands).await, [a]);
        let all = vec![u64::MAX / 7, 7 << 40, u64::MAX / 1007];
        assert_eq!(by_marks(&*store, all.clone()).await, [b, a], "who shares most comes first");
        let near = store.recall(Sought { marks: all, item: b, ..sought() }).await.unwrap().near;
        assert_eq!((near.len(), near[0].1.item.id), (1, a));
        assert!(by_marks(&*store, vec![5]).await.is_empty());
        // By one telling's key all tellings of its story come, the last first.
        assert_eq!(told(&*store, "sast", NOW, 9).await, [b, a]);
        assert_eq!(told(&*store, "sast", NOW, 1).await, [b]);
        assert!(told(&*store, "sast", NOW + DAY, 9).await.is_empty());
        assert!(told(&*store, "other", NOW, 9).await.is_empty());
        let row = store.article(a).await.unwrap().unwrap();
        let stored = store.stored(&row).await.unwrap().unwrap();
        assert_eq!(stored.article, commit(0, story(1)).article);
        let story = store.story(story(1)).await.unwrap().unwrap();
        assert_eq!((story.tellings.len(), story.revisions, story.version), (2, 2, 2));
        assert_eq!(store.item(a).await.unwrap(), None, "an article stands for its item");
        assert!(store.unknown(vec![a]).await.unwrap().is_empty());
        assert_eq!(store.lexicon_only(None, 9).await.unwrap().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_mark_that_very_many_texts_have_tells_nothing() {
    check(|store| async move {
        for n in 0..201 {
            let mut commit = commit(n, story(n.into()));
            commit.marks.bands = vec![9 << 40, u64::from(n / 2 + 100) << 40];
            store.commit(commit).await.unwrap();
        }
        assert!(by_marks(&*store, vec![9 << 40]).await.is_empty());
        assert_eq!(by_marks(&*store, vec![9 << 40, 100 << 40]).await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_commit_on_a_story_that_was_changed_is_refused_and_its_item_stays_leased() {
    check(|store| async move {
        found(&*store, 0..2).await;
        let at = |n, expected| crate::Commit { expected: Some(expected), ..commit(n, story(1)) };
        store.claim_due(NOW + DAY, 9).await.unwrap();
        store.commit(at(0, 0)).await.unwrap();
        let refused = store.commit(at(1, 0)).await;
        assert!(matches!(refused, Err(StoreError::Conflict { expected: 0, found: 1, .. })), "{refused:?}");
        assert!(store.article(item(1).id).await.unwrap().is_none());
        assert!(store.claim_due(NOW + DAY, 9).await.unwrap().is_empty());
        store.commit(at(1, 1)).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn the_archive_is_scanned_in_order_and_goes_on_where_it_was() {
    check(|store| async move {
        for n in 0..7 {
            store.commit(commit(n, story(n.into()))).await.unwrap();
        }
        let (mut after, mut seen) = (None::<Cursor>, Vec::new());
        loop {
            let page = store.scan(after, 3).await.unwrap();
            let Some((last, _)) = page.last() else { break };
            after = Some(*last);
            seen.extend(page.into_iter().map(|(_, commit)| commit.item.id));
        }
        assert_eq!(seen, (0..7).map(|n| item(n).id).collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test]
async fn an_alert_leaves_only_as_sent_or_dead() {
    check(|store| async move {
        store.commit(commit(0, story(1))).await.unwrap();
        let alert = commit(0, story(1)).alerts[0].alert.id.clone();
        let mut joins = commit(1, story(1));
        (joins.alerts, joins.joins) = (Vec::new(), vec![alert.clone()]);
        store.commit(joins).await.unwrap();
        let pending = store.pending("chat").await.unwrap();
        assert_eq!(pending.len(), 1);
        assert_eq!(pending[0].alert.also_in.len(), 1);
        assert!(store.pending("other").await.unwrap().is_empty());
        let message = |id: &str| Message {
            id: id.into(),
            channel: "chat".into(),
            members: vec![alert.clone()],
            content_type: "application/json".into(),
            body: "{}".into(),
        };
        store.freeze(message("m1"), NOW).await.unwrap();
        assert!(store.pending("chat").await.unwrap().is_empty());
        let later = NOW + SignedDuration::from_secs(60);
        store.nack("m1", "503".into(), later).await.unwrap();
        let next = store.next_message("chat").await.unwrap().unwrap();
        assert_eq!((next.due, next.tries, next.error.as_deref()), (later, 1, Some("503")));
        assert_eq!(store.last_sent("chat").await.unwrap(), None);
        store.ack("m1", later).await.unwrap();
        assert_eq!(store.last_sent("chat").await.unwrap(), Some(later));
        assert!(store.next_message("chat").await.unwrap().is_none());
        store.freeze(message("m2"), later).await.unwrap();
        store.dead("m2", "404".into(), later).await.unwrap();
        assert_eq!(store.message("m2").await.unwrap().unwrap().state, MessageState::Dead);
        let carried = store.alert(&alert).await.unwrap().unwrap();
        assert_eq!(carried.channels["chat"], "m2");
        // An alert that is there already stays.
        store.raise(commit(0, story(1)).alerts.remove(0)).await.unwrap();
        assert!(store.pending("chat").await.unwrap().is_empty());
        let stats = store.stats().await.unwrap();
        assert_eq!(
            (stats.alerts, stats.messages_waiting, stats.messages_sent, stats.messages_dead),
            (1, 0, 1, 1)
        );
    })
    .await;
}

#[tokio::test]
async fn what_is_too_old_is_let_go_and_its_item_stays_known() {
    check(|store| async move {
        testing::fill(&*store).await;
        let before = store.stats().await.unwrap();
        let waiting = store.claim_due(NOW, 99).await.unwrap();
        waiting.iter().for_each(|row| store.release(row.item.id));
        let keep = Retention::default();
        let report = store.tidy(NOW + DAY, &keep).await.unwrap();
        assert_eq!((report.told, report.articles, report.items, report.alerts), (0, 0, 0, 0));
        let report = store.tidy(NOW + 20 * DAY, &keep).await.unwrap();
        assert_eq!((report.told, report.articles), (2, 0));
        assert!(told(&*store, "suparco", NOW, 9).await.is_empty());
        assert_eq!(by_marks(&*store, vec![7 << 40]).await.len(), 2);

        let report = store.tidy(NOW + 401 * DAY, &keep).await.unwrap();
        assert_eq!((report.articles, report.items, report.alerts), (2, 1, 3), "an alert and two messages");
        assert!(by_marks(&*store, vec![7 << 40]).await.is_empty());
        assert!(store.story(story(1)).await.unwrap().is_none());
        let at = Sought { url: Some("https://example.org/0".into()), ..sought() };
        assert_eq!(store.recall(at).await.unwrap(), Recalled::default());
        let after = store.stats().await.unwrap();
        assert_eq!(after.items_waiting, before.items_waiting, "work that waits stays");
        assert_eq!(after.messages_waiting, 1, "and a message that was not taken");
        assert_eq!((after.items_done, after.items_quarantined, after.alerts), (0, 0, 0));
        let all = (0..10).map(|n| item(n).id).collect();
        assert!(store.unknown(all).await.unwrap().is_empty(), "none of them comes again as new");
        let items = (0..10).map(item).collect();
        store.record_poll(source(), PollState::default(), items).await.unwrap();
        assert_eq!(store.stats().await.unwrap().items_waiting, before.items_waiting);
        assert_eq!(store.tidy(NOW + 401 * DAY, &keep).await.unwrap().articles, 0);
    })
    .await;
}

#[tokio::test]
async fn many_writers_lose_nothing() {
    check(|store| async move {
        let tasks: Vec<_> = (0..200)
            .map(|n| {
                let store = store.clone();
                let id = SourceId(format!("s{n}"));
                tokio::spawn(async move { store.record_poll(id, PollState::default(), vec![item(n)]).await })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        assert_eq!(store.stats().await.unwrap().items_waiting, 200);
    })
    .await;
}
