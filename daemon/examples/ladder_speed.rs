//! How fast the dedupe ladder is beside a full store, and how large its index.
//!
//! `ladder_speed [--articles N] [--daily N]`: N articles of about 400 words are stored, `daily` a day, with retention as it
//! is shipped; then 4,000 more are judged one after the other, from the extracted text to the verdict, a tenth of them
//! copies with a changed beginning.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a measurement that cannot go on fails"
)]

use std::{
    process::ExitCode,
    sync::{Arc, Mutex},
    time::Instant,
};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use vedetta::ladder::{judge, recognise};
use vedetta_domain::{
    Article, DedupeVerdict, Entry, Item, ItemId, Language, LanguageGuess, Rung, SourceId, StoryId,
    TaggedArticle, Telling,
};
use vedetta_store::{Commit, LocalStore, OpenOptions, Retention, Store};

/// The daemon's.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Articles that are judged.
const JUDGED: u64 = 4000;
/// Writers at once while the store is filled.
const WRITERS: u64 = 64;
const BEGIN: Timestamp = Timestamp::UNIX_EPOCH;

/// A number that looks random, the same for the same `n` and `at`.
fn mix(n: u64, at: u64) -> u64 {
    let mut x = (n << 20 ^ at).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x ^= x >> 29;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^ x >> 32
}

/// Article `n`: sentences of words as often as words are, a few with a capital.
fn article(n: u64, at: Timestamp) -> TaggedArticle {
    let mut text = String::new();
    for word in 0..400 {
        let random = mix(n, word);
        // Few words are frequent, many are rare.
        let rank = (1u64 << (random % 15)) + (random >> 20) % (1 << (random % 15));
        match (word % 17, random % 29) {
            (0, _) => text.push_str(&format!("The w{rank}")),
            (_, 0) => text.push_str(&format!("Name{}", (random >> 8) % 30_000)),
            _ => text.push_str(&format!("w{rank}")),
        }
        text.push_str(if word % 17 == 16 { ". " } else { " " });
    }
    let url = format!("https://example.org/{n}");
    let title = Some(format!("Name{} and w{}", mix(n, 900) % 30_000, mix(n, 901) % 5000));
    let article = Article { url, title, text, published: Some(at), ..Article::default() };
    let language = LanguageGuess { language: Language::English, ..LanguageGuess::default() };
    // As nearly all are: what was tagged without a model waits for one and has a row more.
    TaggedArticle { article, language, model: Some("ner-1".into()), ..TaggedArticle::default() }
}

fn commit(n: u64, at: Timestamp) -> Commit {
    let source = SourceId("observatory".into());
    let key = format!("entry-{n}");
    let id = ItemId::new(&source, &key);
    let article = article(n, at);
    let (_, marks) = recognise(&article, at);
    let story = StoryId(Uuid::from_u128(n.into()));
    let telling = Telling {
        item: id,
        title: article.article.title.clone().unwrap_or_default(),
        url: article.article.url.clone(),
        source: source.clone(),
        source_name: "Observatory".into(),
        language: Language::English,
        published: Some(at),
    };
    Commit {
        item: Item { id, source, entry: Entry { key, ..Entry::default() }, first_seen: at, quiet: false },
        article,
        verdict: DedupeVerdict {
            rung: Rung::New,
            of: None,
            story,
            similarity: 0.0,
            doubtful: false,
            reasons: Vec::new(),
        },
        marks,
        telling,
        judged: Vec::new(),
        alerts: Vec::new(),
        joins: Vec::new(),
        expected: None,
        revision: None,
        forgotten: false,
        at,
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::args().skip_while(|argument| argument != name).nth(1).map_or(default, |n| n.parse().unwrap())
}

/// A folder on the disk that the build lies on.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(std::env::current_exe().unwrap().parent().unwrap()).unwrap()
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let (articles, daily) = (number("--articles", 1_000_000), number("--daily", 2_500));
    let dir = folder();
    let time = Arc::new(Mutex::new(BEGIN));
    let clock = time.clone();
    let options = OpenOptions { clock: Arc::new(move || *clock.lock().unwrap()), ..OpenOptions::default() };
    let store = Arc::new(LocalStore::open(dir.path(), &options).unwrap().0);
    let begun = Instant::now();
    let mut now = BEGIN;
    for day in 0..articles.div_ceil(daily) {
        now = BEGIN + SignedDuration::from_hours(24 * day as i64);
        *time.lock().unwrap() = now;
        let own = day * daily..articles.min((day + 1) * daily);
        let tasks: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (store, own) = (store.clone(), own.clone());
                tokio::spawn(async move {
                    for n in own.skip(writer as usize).step_by(WRITERS as usize) {
                        store.commit(commit(n, now)).await.unwrap();
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        store
            .tidy(now, &Retention { texts: SignedDuration::from_hours(24 * 400), ..Retention::default() })
            .await
            .unwrap();
        eprint!("\r{} of {articles} articles", articles.min((day + 1) * daily));
    }
    let filled = begun.elapsed().as_secs_f64();
    let size = store.index_bytes().unwrap() as f64 / 1e9;
    eprintln!("\r{articles} articles stored in {filled:.0} s, their index has {size:.2} GB");

    let judged = (0..JUDGED).map(|n| {
        let copied = mix(n, 7) % articles;
        let mut tagged = article(if n % 10 == 0 { copied } else { articles + n }, now);
        tagged.article.url = format!("https://example.com/{n}");
        if n % 10 == 0 {
            tagged.article.text.insert_str(0, "As our correspondent writes from the capital this morning. ");
        }
        (n, tagged)
    });
    let judged: Vec<(u64, TaggedArticle)> = judged.collect();
    let begun = Instant::now();
    let (mut found, mut wrong) = (0, 0);
    for (n, tagged) in judged {
        let id = ItemId([n as u8; 16]);
        let (candidate, marks) = recognise(&tagged, now);
        let verdict = judge(&*store, id, candidate, &marks, now).await.unwrap();
        match (n % 10 == 0, verdict.rung) {
            (true, Rung::Near) => found += 1,
            (false, Rung::New) => {}
            _ => wrong += 1,
        }
    }
    let rate = JUDGED as f64 / begun.elapsed().as_secs_f64();
    println!(
        "ladder beside {articles} articles: {rate:.0} a second (bar 1000), index {size:.2} GB (bar 1), {found} of {} copies \
         found, {wrong} judged otherwise",
        JUDGED / 10
    );
    store.close().await;
    let met = rate >= 1000.0 && size <= 1.0 && found * 100 >= JUDGED / 10 * 98 && wrong <= JUDGED / 100;
    if met { ExitCode::SUCCESS } else { ExitCode::from(1) }
}
