//! Months of work in minutes: what is let go keeps disk and memory flat, and a full store opens quickly. Small in the test
//! run; `VEDETTA_DAYS` and `VEDETTA_ARTICLES` make it as large as `make soak` wants it.

use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use vedetta_domain::{PollState, StoryId};

use crate::{
    LocalStore, OpenOptions, Retention, Store,
    testing::{self, NOW},
};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Longest that opening a full store may take.
const OPEN: Duration = Duration::from_secs(5);

fn size(name: &str, small: u32) -> u32 {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(small)
}

/// An article of 400 words that no other has.
fn commit(n: u32, at: Timestamp) -> crate::Commit {
    let mut commit = testing::commit(n, StoryId(Uuid::from_u128(u128::from(n / 2))));
    let word = |at: u64| (u64::from(n) * 1_000_003 + at * at * 7919) % 4001;
    commit.article.article.text = (0..400).map(|at| format!("word{} ", word(at))).collect();
    commit.marks.bands =
        (0..44).map(|at| (u64::from(n) * 64 + at).wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
    commit.marks.story_keys = (0..16).map(|at| format!("name-{}", word(at))).collect();
    (commit.at, commit.telling.published) = (at, Some(at));
    // One article in a hundred alerts.
    commit.alerts.truncate(usize::from(n.is_multiple_of(100)));
    commit.alerts.iter_mut().for_each(|row| row.alert.created = at);
    commit
}

fn bytes(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).unwrap().map(Result::unwrap);
    entries
        .map(|entry| match entry.metadata().unwrap() {
            meta if meta.is_dir() => bytes(&entry.path()),
            meta => meta.len(),
        })
        .sum()
}

/// Resident memory of this process, in MB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) / 1000
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn months_of_work_keep_disk_and_memory_flat() {
    let (days, daily) = (size("VEDETTA_DAYS", 24), size("VEDETTA_ARTICLES", 60));
    let keep = Retention { texts: 30 * DAY, marks: 60 * DAY, ..Retention::default() };
    let keep = if days >= 90 {
        keep
    } else {
        Retention { texts: 8 * DAY, marks: 12 * DAY, stories: 4 * DAY, ..keep }
    };
    let dir = tempfile::tempdir().unwrap();
    let time = Arc::new(Mutex::new(NOW));
    let clock = time.clone();
    let options = OpenOptions {
        segment_bytes: if days >= 90 { 16 << 20 } else { 300_000 },
        segment_age: Duration::from_secs(2 * 86_400),
        compact_above: if days >= 90 { 64 << 20 } else { 1 << 20 },
        clock: Arc::new(move || *clock.lock().unwrap()),
        ..OpenOptions::default()
    };
    let store = Arc::new(LocalStore::open(dir.path(), &options).unwrap().0);
    // The most in the first half, and in the second.
    let (mut memory, mut live) = ([0, 0], 0u64);
    for day in 0..days {
        let now = NOW + DAY * day as i32;
        *time.lock().unwrap() = now;
        let own = day * daily..(day + 1) * daily;
        let items = own.clone().map(testing::item).collect();
        store.record_poll(testing::source(), PollState::default(), items).await.unwrap();
        let tasks: Vec<_> = (0..32)
            .map(|task| {
                let (store, own) = (store.clone(), own.clone());
                tokio::spawn(async move {
                    for n in own.skip(task).step_by(32) {
                        store.commit(commit(n, now)).await.unwrap();
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        if now + keep.texts >= NOW + DAY * days as i32 {
            live += own.map(|n| commit(n, now).article.article.text.len() as u64).sum::<u64>();
        }
        store.tidy(now, &keep).await.unwrap();
        let half = usize::from(day >= days / 2);
        memory[half] = memory[half].max(resident());
    }
    let kept = store.stats().await.unwrap().items_done;
    store.close().await;
    drop(store);
    let disk = bytes(dir.path());
    let begun = Instant::now();
    let (store, report) = LocalStore::open(dir.path(), &options).unwrap();
    let opened = begun.elapsed();
    println!(
        "{days} days of {daily} articles: {kept} recognised, texts kept {:.1} MB, disk {:.1} MB ({:.2} times), resident \
         {} MB at most in the first half and {} MB in the second, opened in {:.2} s",
        live as f64 / 1e6,
        disk as f64 / 1e6,
        disk as f64 / live as f64,
        memory[0],
        memory[1],
        opened.as_secs_f64()
    );
    assert_eq!((report.rebuilt, report.damage.len()), (None, 0));
    let expected = u64::from(daily) * (keep.marks.as_hours() as u64 / 24);
    assert!(kept >= expected && kept <= expected + 2 * u64::from(daily), "{kept} of {expected}");
    assert!(opened <= OPEN, "{opened:?}");
    if days >= 90 {
        assert!(disk <= 3 * live, "disk {disk}, live {live}");
        assert!(memory[1] <= memory[0] + memory[0] / 4, "memory grew: {memory:?} MB");
    }
    store.close().await;
    drop(store);
    // All of it can be made anew from what is left of the journal.
    std::fs::remove_dir_all(dir.path().join("index")).unwrap();
    let (store, report) = LocalStore::open(dir.path(), &options).unwrap();
    assert!(report.rebuilt.is_some());
    assert_eq!(store.stats().await.unwrap().items_done, kept);
    store.close().await;
}
