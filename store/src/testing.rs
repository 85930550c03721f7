//! Rows for this crate's tests.

use jiff::Timestamp;
use uuid::Uuid;
use vedetta_domain::{
    Alert, AlertId, AlertKind, Article, DedupeVerdict, Entry, Item, ItemId, Language, Message, PollState,
    Rung, SourceId, StoryId, TaggedArticle, Telling, WatchId,
};

use crate::{
    Store,
    record::{AlertRow, Commit, ItemEnd, Marks, RetryAfter},
};

pub const NOW: Timestamp = Timestamp::UNIX_EPOCH;

pub fn source() -> SourceId {
    SourceId("observatory".into())
}

pub fn item(n: u32) -> Item {
    let key = format!("entry-{n}");
    let entry = Entry { url: Some(format!("https://example.org/{n}")), key: key.clone(), ..Entry::default() };
    Item { id: ItemId::new(&source(), &key), source: source(), entry, first_seen: NOW, quiet: false }
}

pub fn commit(n: u32, story: StoryId) -> Commit {
    let item = item(n);
    let watch = WatchId("space".into());
    let telling = Telling {
        item: item.id,
        title: format!("Title {n}"),
        url: format!("https://example.org/{n}"),
        source: source(),
        source_name: "Observatory".into(),
        language: Language::English,
        published: Some(NOW),
    };
    let alert = Alert {
        id: AlertId::new(&watch, &story, n),
        kind: AlertKind::New,
        created: NOW,
        watch: watch.clone(),
        watch_title: "Space".into(),
        story: Some(story),
        score: 3.5,
        reasons: Vec::new(),
        telling: Some(telling.clone()),
        also_in: Vec::new(),
        entities: vec!["SUPARCO".into()],
        new_names: Vec::new(),
        text: None,
    };
    let text = format!("A text of some length, number {n}, repeated. ").repeat(40);
    Commit {
        article: TaggedArticle {
            article: Article { text, ..Article::default() },
            ..TaggedArticle::default()
        },
        verdict: DedupeVerdict {
            rung: Rung::New,
            of: None,
            story,
            similarity: 0.0,
            doubtful: false,
            reasons: Vec::new(),
        },
        marks: Marks {
            canonical_url: Some(format!("https://example.org/{n}")),
            exact: format!("{n:032x}"),
            bands: vec![7 << 40, (1000 + u64::from(n)) << 40],
            story_keys: vec!["suparco".into()],
            features: "{}".into(),
            document: 0,
        },
        telling,
        judged: vec![(watch, "1".into())],
        alerts: vec![AlertRow { alert, channels: vec!["chat".into()] }],
        joins: Vec::new(),
        expected: None,
        revision: None,
        forgotten: false,
        at: NOW,
        item,
    }
}

/// Writes every kind of record.
pub async fn fill(store: &dyn Store) {
    let items = (0..10).map(item).collect();
    store.record_poll(source(), PollState { failures: 2, ..PollState::default() }, items).await.unwrap();
    let claimed = store.claim_due(NOW, 4).await.unwrap();
    assert_eq!(claimed.len(), 4);
    for row in &claimed {
        store.begin(row).await.unwrap();
    }
    let story = StoryId(Uuid::from_u128(1));
    let number = |row: &crate::ItemRow| (0..10).find(|&n| row.item.id == item(n).id).unwrap();
    let ids: Vec<u32> = claimed.iter().map(number).collect();
    store.commit(commit(ids[0], story)).await.unwrap();
    let mut second = commit(ids[1], story);
    second.joins =
        second.alerts.drain(..).map(|_| commit(ids[0], story).alerts[0].alert.id.clone()).collect();
    store.commit(second).await.unwrap();
    let retry = ItemEnd::Retry { error: "timed out".into(), retry_at: NOW, after: RetryAfter::Outage };
    store.end(claimed[2].item.id, retry, NOW).await.unwrap();
    store
        .end(claimed[3].item.id, ItemEnd::Quarantined { error: "killed the worker".into() }, NOW)
        .await
        .unwrap();
    let alert = commit(ids[0], story).alerts[0].alert.id.clone();
    for (n, id) in ["m1", "m2", "m3"].iter().enumerate() {
        let message = Message {
            id: (*id).into(),
            channel: "chat".into(),
            members: if n == 0 { vec![alert.clone()] } else { Vec::new() },
            content_type: "application/json".into(),
            body: "{}".into(),
        };
        store.freeze(message, NOW).await.unwrap();
    }
    store.nack("m1", "503".into(), NOW).await.unwrap();
    store.ack("m2", NOW).await.unwrap();
    store.dead("m3", "404".into(), NOW).await.unwrap();
}

/// Writes one more article.
pub async fn fill_more(store: &dyn Store) {
    store.commit(commit(20, StoryId(Uuid::from_u128(20)))).await.unwrap();
}
