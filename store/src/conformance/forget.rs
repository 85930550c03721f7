//! What is forgotten is nowhere any more.

use std::path::Path;

use vedetta_domain::{Message, PollState};

use super::{check, found, story};
use crate::{
    LocalStore, OpenOptions, Retention, Store,
    testing::{self, NOW, commit, item, source},
};

#[tokio::test]
async fn what_is_forgotten_is_not_found_not_sent_and_not_read_again() {
    check(|store| async move {
        found(&*store, 0..4).await;
        let alert = |n: u32| commit(n, story(1)).alerts[0].alert.id.clone();
        store.commit(commit(0, story(1))).await.unwrap();
        store.commit(commit(1, story(2))).await.unwrap();
        let mut joins = commit(2, story(1));
        (joins.alerts, joins.joins) = (Vec::new(), vec![alert(0)]);
        store.commit(joins).await.unwrap();
        let message = |id: &str, members| Message {
            id: id.into(),
            channel: "chat".into(),
            members,
            content_type: "application/json".into(),
            body: "Title 0, Title 1".into(),
        };
        let other = commit(1, story(2)).alerts[0].alert.id.clone();
        store.freeze(message("sent", vec![alert(0)]), NOW).await.unwrap();
        store.ack("sent", NOW).await.unwrap();
        store.freeze(message("waits", vec![alert(0), other.clone()]), NOW).await.unwrap();

        store.forget(vec![item(0).id, item(3).id]).await.unwrap();
        assert!(store.article(item(0).id).await.unwrap().is_none());
        assert!(store.item(item(3).id).await.unwrap().is_none());
        assert!(store.unknown(vec![item(0).id, item(3).id]).await.unwrap().is_empty(), "nor read again");
        let row = store.alert(&alert(0)).await.unwrap().unwrap();
        assert!(row.alert.telling.is_none() && row.alert.also_in.is_empty() && row.alert.entities.is_empty());
        assert_eq!(store.message("sent").await.unwrap().unwrap().message.body, "");
        assert!(store.message("waits").await.unwrap().is_none(), "it would say it");
        let pending = store.pending("chat").await.unwrap();
        assert_eq!(
            pending.iter().map(|row| &row.alert.id).collect::<Vec<_>>(),
            [&other],
            "the other alert still goes"
        );
        let left: Vec<_> =
            store.scan(None, 9).await.unwrap().into_iter().map(|(_, commit)| commit.item.id).collect();
        assert_eq!(left, [item(1).id, item(2).id]);
        assert_eq!(store.story(story(1)).await.unwrap().unwrap().tellings, [item(2).id]);
        // Another telling that is forgotten leaves the alert of the first.
        store.commit(commit(9, story(9))).await.unwrap();
        let mut also = commit(8, story(9));
        (also.alerts, also.joins) = (Vec::new(), vec![commit(9, story(9)).alerts[0].alert.id.clone()]);
        store.commit(also).await.unwrap();
        store.forget(vec![item(8).id]).await.unwrap();
        let row = store.alert(&commit(9, story(9)).alerts[0].alert.id).await.unwrap().unwrap();
        assert!(row.alert.telling.is_some() && row.alert.also_in.is_empty());
    })
    .await;
}

/// Not a byte of it stays in the files.
#[tokio::test]
async fn what_is_forgotten_is_in_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let options = OpenOptions { segment_bytes: 4000, ..OpenOptions::default() };
    let store = LocalStore::open(dir.path(), &options).unwrap().0;
    testing::fill(&store).await;
    let mut secret = commit(30, story(30));
    secret.article.article.text = "Xanthippe walked by the quiet harbour. ".repeat(9);
    secret.telling.title = "Xanthippe at the harbour".into();
    secret.item.entry.title = Some("Xanthippe at the harbour".into());
    secret.alerts[0].alert.telling = Some(secret.telling.clone());
    let alert = secret.alerts[0].alert.id.clone();
    store.record_poll(source(), PollState::default(), vec![secret.item.clone()]).await.unwrap();
    store.commit(secret).await.unwrap();
    let message = Message {
        id: "m9".into(),
        channel: "chat".into(),
        members: vec![alert],
        content_type: "text/plain".into(),
        body: "Xanthippe".into(),
    };
    store.freeze(message, NOW).await.unwrap();
    store.ack("m9", NOW).await.unwrap();
    testing::fill_more(&store).await;
    // Sealed segments and open ones.
    store.tidy(NOW, &Retention::default()).await.unwrap();
    let places = |dir: &Path| {
        let mut places = Vec::new();
        let mut open = vec![dir.to_owned()];
        while let Some(path) = open.pop() {
            if path.is_dir() {
                open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
                continue;
            }
            let mut bytes = std::fs::read(&path).unwrap();
            if path.extension().is_some_and(|extension| extension == "zst") {
                bytes = zstd::decode_all(bytes.as_slice()).unwrap();
            }
            if bytes.windows(9).any(|part| part == b"Xanthippe") {
                places.push(path);
            }
        }
        places
    };
    assert!(!places(&dir.path().join("journal")).is_empty());
    let positions = |store: &LocalStore| {
        let rows = store.index.page::<crate::ArticleRow>(crate::keys::prefix::ARTICLE, None, 99).unwrap();
        rows.into_iter().map(|(_, row)| row).collect::<Vec<_>>()
    };
    let report = store.forget(vec![item(30).id]).await.unwrap();
    assert!(report.records >= 3 && report.damage.is_empty(), "{report:?}");
    let rows = positions(&store);
    assert!(rows.len() >= 3);
    for row in rows {
        assert!(store.stored(&row).await.unwrap().is_some(), "the others stand where they stood");
    }
    let before = store.index.dump();
    store.close().await;
    drop(store);
    assert!(places(dir.path()).is_empty(), "{:?}", places(dir.path()));
    std::fs::remove_dir_all(dir.path().join("index")).unwrap();
    let (store, opened) = LocalStore::open(dir.path(), &options).unwrap();
    assert!(opened.rebuilt.is_some() && opened.damage.is_empty());
    assert_eq!(store.index.dump(), before, "an index that is made anew is the same");
    store.close().await;
}
