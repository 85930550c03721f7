//! What every store does alike. A new implementation is a line in [`stores`].

use std::{path::Path, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use vedetta_domain::{AlertId, ItemId, Message, PollState, SourceId, StoryId};

use crate::{
    Cursor, ItemEnd, ItemStatus, LocalStore, MemoryStore, MessageState, OpenOptions, Retention, RetryAfter,
    Store, StoreError,
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
        let first = |found: Option<(ItemId, crate::ArticleRow)>| found.map(|(id, _)| id);
        let (a, b) = (item(0).id, item(1).id);
        assert_eq!(first(store.by_url("https://example.org/1").await.unwrap()), Some(b));
        assert_eq!(first(store.by_url("https://example.org/2").await.unwrap()), None);
        assert_eq!(first(store.by_exact(&format!("{:032x}", 0)).await.unwrap()), Some(a));
        let marks = |marks: Vec<u64>| {
            let store = store.clone();
            async move { store.by_marks(marks).await.unwrap().into_iter().map(|(id, _)| id).collect::<Vec<_>>() }
        };
        assert_eq!(marks(commit(0, story(1)).marks.bands).await, [a]);
        assert_eq!(marks(vec![u64::MAX / 7, 7 << 40, u64::MAX / 1007]).await, [b, a], "who shares most comes first");
        assert!(marks(vec![5]).await.is_empty());
        // By one telling's key all tellings of its story come, the last first.
        let told = |key: &'static str, since: Timestamp, limit: usize| {
            let store = store.clone();
            async move {
                let rows = store.tellings(vec![key.into()], since, limit).await.unwrap();
                rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
            }
        };
        assert_eq!(told("sast", NOW, 9).await, [b, a]);
        assert_eq!(told("sast", NOW, 1).await, [b]);
        assert!(told("sast", NOW + DAY, 9).await.is_empty() && told("other", NOW, 9).await.is_empty());
        let row = store.article(a).await.unwrap().unwrap();
        let stored = store.stored(&row).await.unwrap().unwrap();
        assert_eq!(stored.article, commit(0, story(1)).article);
        let story = store.story(story(1)).await.unwrap().unwrap();
        assert_eq!((story.tellings.len(), story.revisions, story.version), (2, 2, 2));
        assert_eq!(store.item(a).await.unwrap().unwrap().status, ItemStatus::Done);
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
        assert!(store.by_marks(vec![9 << 40]).await.unwrap().is_empty());
        assert_eq!(store.by_marks(vec![9 << 40, 100 << 40]).await.unwrap().len(), 2);
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
        assert!(store.tellings(vec!["suparco".into()], NOW, 9).await.unwrap().is_empty());
        assert_eq!(store.by_marks(vec![7 << 40]).await.unwrap().len(), 2);

        let report = store.tidy(NOW + 401 * DAY, &keep).await.unwrap();
        assert_eq!((report.articles, report.items, report.alerts), (2, 1, 3), "an alert and two messages");
        assert!(store.by_marks(vec![7 << 40]).await.unwrap().is_empty());
        assert!(store.story(story(1)).await.unwrap().is_none());
        assert!(store.by_url("https://example.org/0").await.unwrap().is_none());
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

/// The same verbs in any order have the same answers from both, through restarts, retention and rebuilding.
#[tokio::test]
async fn any_order_of_verbs_has_the_same_answers() {
    let soak: u64 = std::env::var("VEDETTA_SOAK").ok().and_then(|factor| factor.parse().ok()).unwrap_or(1);
    for seed in 0..12 * soak {
        println!("seed {seed}");
        walk(seed).await;
    }
}

async fn walk(seed: u64) {
    let mut random = seed;
    let mut below = move |n: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % n
    };
    let dir = tempfile::tempdir().unwrap();
    let (mut now, model) = (NOW, MemoryStore::default());
    let time = Arc::new(std::sync::Mutex::new(NOW));
    let clock = time.clone();
    let options = OpenOptions {
        segment_bytes: 6_000,
        segment_age: std::time::Duration::from_secs(86_400),
        clock: Arc::new(move || *clock.lock().unwrap()),
        ..OpenOptions::default()
    };
    let mut store = LocalStore::open(dir.path(), &options).unwrap().0;
    // Retention of texts by whole segments is not to the minute: here it is so long or so short that both agree.
    let keep = Retention { texts: 900 * DAY, marks: 30 * DAY, stories: 15 * DAY, bytes: u64::MAX };
    let keep_no_text = Retention { texts: SignedDuration::from_secs(-1), ..keep };
    let chats = ["chat", "health"];
    for step in 0..160 {
        *time.lock().unwrap() = now;
        let n = below(40) as u32;
        let known: Vec<ItemId> = (0..43).map(|n| item(n).id).collect();
        macro_rules! both {
            ($verb:ident($($argument:expr),*)) => {{
                let (a, b) = (model.$verb($($argument),*).await.unwrap(), store.$verb($($argument),*).await.unwrap());
                assert_eq!(a, b, "{} at step {step}", stringify!($verb));
                a
            }};
        }
        let verb = below(15);
        println!("step {step}: verb {verb}, item {n}, now {now}");
        match verb {
            0 | 1 => both!(record_poll(
                source(),
                PollState { failures: n, ..PollState::default() },
                (n..n + 3).map(item).collect()
            )),
            2 => {
                for row in both!(claim_due(now, 2)) {
                    both!(begin(&row));
                    if below(2) == 0 {
                        model.release(row.item.id);
                        store.release(row.item.id);
                    }
                }
            }
            3 => {
                let end = match below(3) {
                    0 => ItemEnd::Retry { error: "t".into(), retry_at: now, after: RetryAfter::Outage },
                    1 => ItemEnd::Dropped { error: "d".into() },
                    _ => ItemEnd::Quarantined { error: "q".into() },
                };
                both!(end(item(n).id, end.clone(), now));
            }
            4..=8 => {
                let id = story(u128::from(below(6)));
                let alert = |at: &Timestamp| {
                    let mut commit = commit(n, id);
                    commit.at = *at;
                    commit.marks.exact = format!("{:032x}", n % 20);
                    commit.marks.bands = vec![u64::from(n % 7) << 40, u64::from(n) << 50 | 3 << 40];
                    commit.marks.story_keys = vec![format!("k{}", n % 5)];
                    let revisions = commit.alerts.remove(0);
                    commit.alerts = if n.is_multiple_of(3) { vec![revisions] } else { Vec::new() };
                    for row in &mut commit.alerts {
                        (row.alert.created, row.alert.id) = (*at, AlertId(format!("a{step}")));
                    }
                    commit
                };
                both!(commit(alert(&now)));
            }
            9 => {
                let chat = chats[below(2) as usize];
                if let Some(row) = both!(pending(chat)).first() {
                    let message = Message {
                        id: format!("m{step}"),
                        channel: chat.into(),
                        members: vec![row.alert.id.clone()],
                        content_type: String::new(),
                        body: String::new(),
                    };
                    both!(freeze(message.clone(), now));
                }
            }
            10 => {
                let chat = chats[below(2) as usize];
                if let Some(row) = both!(next_message(chat)) {
                    match below(3) {
                        0 => both!(nack(&row.message.id, "n".into(), now)),
                        1 => both!(ack(&row.message.id, now)),
                        _ => both!(dead(&row.message.id, "d".into(), now)),
                    }
                }
            }
            11 => now += SignedDuration::from_hours(below(200) as i64),
            12 => {
                let keep = if below(4) == 0 { keep_no_text } else { keep };
                let (a, b) = (model.tidy(now, &keep).await.unwrap(), store.tidy(now, &keep).await.unwrap());
                assert_eq!((a.told, a.articles, a.items, a.alerts), (b.told, b.articles, b.items, b.alerts));
            }
            13 => {
                store.close().await;
                drop(store);
                store = LocalStore::open(dir.path(), &options).unwrap().0;
                // Leases end with the process.
                known.iter().for_each(|id| model.release(*id));
            }
            _ => {
                let before = (store.index.dump(), store.index.marks().dump());
                store.close().await;
                drop(store);
                std::fs::remove_dir_all(dir.path().join("index")).unwrap();
                let (opened, report) = LocalStore::open(dir.path(), &options).unwrap();
                assert!(report.damage.is_empty());
                store = opened;
                let after = (store.index.dump(), store.index.marks().dump());
                let rows = |state: &Vec<(Vec<u8>, Vec<u8>)>| {
                    state
                        .iter()
                        .map(|(k, v)| {
                            (String::from_utf8_lossy(k).into_owned(), String::from_utf8_lossy(v).into_owned())
                        })
                        .filter(|(key, _)| !key.starts_with('!'))
                        .collect::<Vec<_>>()
                };
                let (is, was) = (rows(&after.0), rows(&before.0));
                let missing: Vec<_> = was.iter().filter(|row| !is.contains(row)).collect();
                let added: Vec<_> = is.iter().filter(|row| !was.contains(row)).collect();
                assert!(
                    missing.is_empty() && added.is_empty(),
                    "seed {seed}, step {step}: rebuilding lost {missing:?} and made up {added:?}"
                );
                // Marks of documents that are gone may linger until runs are merged, here or there.
                let alive = |posting: &&crate::marks::Posting| {
                    let document = u32::from_be_bytes(posting[5..].try_into().unwrap());
                    store.index.has(crate::keys::document(document)).unwrap()
                };
                let alone = after.1.difference(&before.1).filter(alive).count();
                assert_eq!(alone, 0, "seed {seed}, step {step}: rebuilt marks");
                known.iter().for_each(|id| model.release(*id));
            }
        }
        both!(stats());
        both!(next_due());
        both!(source(&source()));
        both!(unknown(known.clone()));
        both!(item(item(n).id));
        let sorted = |mut rows: Vec<crate::TellingRow>| {
            rows.sort_by_key(|row| row.id);
            rows
        };
        let since = now - 20 * DAY;
        let key = || vec![format!("k{}", n % 5)];
        let tellings =
            (model.tellings(key(), since, 3).await.unwrap(), store.tellings(key(), since, 3).await.unwrap());
        assert_eq!(sorted(tellings.0), sorted(tellings.1));
        both!(story(story(u128::from(n % 6))));
        both!(alert(&AlertId(format!("{n}"))));
        both!(last_sent("chat"));
        let ids =
            |rows: Vec<(ItemId, crate::ArticleRow)>| rows.into_iter().map(|(id, _)| id).collect::<Vec<_>>();
        let marks = vec![u64::from(n % 7) << 40, u64::from(n) << 50 | 3 << 40];
        let by_marks = (model.by_marks(marks.clone()).await.unwrap(), store.by_marks(marks).await.unwrap());
        assert_eq!(ids(by_marks.0), ids(by_marks.1), "seed {seed}, step {step}");
        let exact = format!("{:032x}", n % 20);
        let by_exact = (model.by_exact(&exact).await.unwrap(), store.by_exact(&exact).await.unwrap());
        assert_eq!(by_exact.0.map(|found| found.0), by_exact.1.map(|found| found.0));
        if let Some(row) = store.article(item(n).id).await.unwrap() {
            let theirs = model.article(item(n).id).await.unwrap().unwrap();
            let text = |commit: Option<crate::Commit>| commit.map(|commit| (commit.article, commit.at));
            let (a, b) =
                (text(model.stored(&theirs).await.unwrap()), text(store.stored(&row).await.unwrap()));
            // The segment that is written to is never dropped.
            assert!(a.is_none() || a == b, "seed {seed}, step {step}: {:?}", row.position);
        }
    }
    store.close().await;
}
