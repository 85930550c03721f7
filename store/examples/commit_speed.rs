//! Durable commits a second, beside SQLite doing the same on the same disk.
//!
//! `commit_speed [--commits N]`: N commits of an article of 400 words, one at a time and 64 at once, by the store and by
//! SQLite (WAL, `synchronous=FULL`). SQLite gets the same bytes: the record as JSON into one table, and the keys of the index
//! into another, in one transaction; 64 at once share a transaction there, as they share an fsync here.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a measurement that cannot go on fails"
)]

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use uuid::Uuid;
use vedetta_domain::{
    Article, DedupeVerdict, Entry, Item, ItemId, Language, Rung, SourceId, StoryId, TaggedArticle, Telling,
};
use vedetta_store::{Commit, LocalStore, Marks, OpenOptions, Store};

/// Writers at once.
const WRITERS: usize = 64;
/// The pairs of rounds; the best of each counts.
const ROUNDS: usize = 3;

fn commit(n: u64) -> Commit {
    let source = SourceId("observatory".into());
    let key = format!("entry-{n}");
    let id = ItemId::new(&source, &key);
    let words = (0..400u64).map(|at| format!("word{} ", (at * 7919 + n * 104_729) % 5000));
    let url = format!("https://example.org/{n}");
    let telling = Telling {
        item: id,
        title: format!("Title {n}"),
        url: url.clone(),
        source: source.clone(),
        source_name: "Observatory".into(),
        language: Language::English,
        published: None,
    };
    let mark = |at: u64| (n * 64 + at).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let story = StoryId(Uuid::from_u128(n.into()));
    Commit {
        item: Item {
            id,
            source,
            entry: Entry { key, url: Some(url.clone()), ..Entry::default() },
            first_seen: Timestamp::UNIX_EPOCH,
            quiet: false,
        },
        article: TaggedArticle {
            article: Article { text: words.collect(), ..Article::default() },
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
            canonical_url: Some(url),
            exact: format!("{n:032x}"),
            bands: (0..44).map(mark).collect(),
            story_keys: (0..16).map(|at| format!("name-{}", mark(at) % 5000)).collect(),
            features: "{}".into(),
            document: 0,
        },
        telling,
        judged: Vec::new(),
        alerts: Vec::new(),
        joins: Vec::new(),
        expected: None,
        revision: None,
        forgotten: false,
        at: Timestamp::UNIX_EPOCH,
    }
}

async fn store(dir: &Path, commits: u64, writers: usize) -> Duration {
    let store = Arc::new(LocalStore::open(dir, &OpenOptions::default()).unwrap().0);
    let begun = Instant::now();
    let tasks: Vec<_> = (0..writers as u64)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                for n in (writer..commits).step_by(writers) {
                    store.commit(commit(n)).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let took = begun.elapsed();
    store.close().await;
    took
}

fn sqlite(dir: &Path, commits: u64, writers: usize) -> Duration {
    let mut db = rusqlite::Connection::open(dir.join("sqlite.db")).unwrap();
    db.pragma_update(None, "journal_mode", "WAL").unwrap();
    db.pragma_update(None, "synchronous", "FULL").unwrap();
    db.execute_batch(
        "create table records (id integer primary key, record blob not null);
         create table keys (key blob primary key, row blob not null) without rowid;",
    )
    .unwrap();
    let begun = Instant::now();
    for first in (0..commits).step_by(writers) {
        let transaction = db.transaction().unwrap();
        {
            let mut record = transaction.prepare_cached("insert into records (record) values (?)").unwrap();
            let mut key = transaction.prepare_cached("insert or replace into keys values (?, ?)").unwrap();
            for n in first..commits.min(first + writers as u64) {
                let commit = commit(n);
                record.execute([serde_json::to_vec(&commit).unwrap()]).unwrap();
                let row = serde_json::to_vec(&commit.telling).unwrap();
                let id = commit.item.id.0.to_vec();
                let mut put = |prefix: u8, text: &[u8], row: &[u8]| {
                    let key_of = [&[prefix], text, &id[..]].concat();
                    key.execute(rusqlite::params![key_of, row]).unwrap();
                };
                // Article, story, address, text, document; then what its marks and names are found by.
                [b'a', b't', b'u', b'x', b'n'].iter().for_each(|prefix| put(*prefix, &[], &row));
                commit.marks.bands.iter().for_each(|mark| put(b'b', &mark.to_be_bytes(), &[]));
                commit.marks.story_keys.iter().for_each(|name| put(b'k', name.as_bytes(), &[]));
            }
        }
        transaction.commit().unwrap();
    }
    begun.elapsed()
}

/// A folder on the disk that the build lies on.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(std::env::current_exe().unwrap().parent().unwrap()).unwrap()
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    let commits: u64 =
        std::env::args().skip_while(|a| a != "--commits").nth(1).map_or(6400, |n| n.parse().unwrap());
    let mut missed = false;
    for (writers, commits) in [(1, commits / 8), (WRITERS, commits)] {
        let mut best = [Duration::MAX; 2];
        for _ in 0..ROUNDS {
            let (a, b) = (folder(), folder());
            best[0] = best[0].min(store(a.path(), commits, writers).await);
            let dir = b.path().to_owned();
            best[1] = best[1]
                .min(tokio::task::spawn_blocking(move || sqlite(&dir, commits, writers)).await.unwrap());
        }
        let rate = best.map(|took| commits as f64 / took.as_secs_f64());
        let ratio = rate[0] / rate[1];
        println!(
            "commits, {writers} at once: {:.0} a second, SQLite {:.0}: {ratio:.2} times (bar 1.0)",
            rate[0], rate[1]
        );
        missed |= ratio < 1.0;
    }
    if missed {
        eprintln!("commit_speed: a bar was missed");
        return std::process::ExitCode::from(1);
    }
    std::process::ExitCode::SUCCESS
}
