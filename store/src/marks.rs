//! The marks of all texts: which documents have a mark. Sorted runs on disk, the latest in memory.
//!
//! A posting is 40 bits of the mark and 32 of the document's number, about five and a half bytes in a run: a million articles of
//! 46 marks each are 260 MB, and a wrong hit comes once in 25,000 articles; it costs one comparison, since hits are verified on the texts.
//! Runs are merged so that each is at least four times as long as the next, as in a log-structured merge tree (O'Neil and others
//! 1996). All of it can be made anew from the journal.

mod page;
mod run;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock, TryLockError},
};

use self::run::Run;
use crate::{Position, StoreError};

/// That a document has a mark; they are sorted by the mark, then by the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Posting {
    /// The first 40 bits of the mark.
    mark: u64,
    /// The document's number.
    pub document: u32,
}

impl Posting {
    /// Of the whole mark.
    const fn of(mark: u64, document: u32) -> Self {
        Self { mark: mark >> 24, document }
    }
}

/// Postings in memory before they become a run: about 6,000 articles, which a start reads again after a crash.
const LATEST: usize = 1 << 18;

/// A run is at least so many times as long as the next: few runs to look into, and each posting is written a few times.
const RATIO: usize = 4;

/// A mark that more documents have is furniture and tells nothing.
const COMMON: usize = 200;

/// The marks, readable from any thread.
#[derive(Debug)]
pub struct Marks {
    dir: PathBuf,
    latest: RwLock<BTreeSet<Posting>>,
    /// The oldest and longest first.
    runs: RwLock<Vec<Arc<Run>>>,
    /// Held by who changes the list of runs.
    changing: Mutex<()>,
}

impl Marks {
    /// Opens what lies in `dir`. Runs that are damaged, and those behind them, are removed: their marks are read again from
    /// the journal, from [`Marks::until`] on.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(dir).map_err(StoreError::io("create", dir))?;
        let runs = run::open_all(dir)?;
        Ok(Self {
            dir: dir.into(),
            latest: RwLock::default(),
            runs: RwLock::new(runs.into_iter().map(Arc::new).collect()),
            changing: Mutex::default(),
        })
    }

    /// Up to which record all marks are on disk.
    pub fn until(&self) -> Position {
        let runs = self.runs.read().unwrap_or_else(PoisonError::into_inner);
        runs.last().map_or_else(Position::default, |run| run.until)
    }

    /// Forgets everything.
    pub fn clear(&self) -> Result<(), StoreError> {
        let _turn = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        self.latest.write().unwrap_or_else(PoisonError::into_inner).clear();
        let runs = std::mem::take(&mut *self.runs.write().unwrap_or_else(PoisonError::into_inner));
        runs.iter().try_for_each(|run| run.remove())
    }

    /// Adds the marks of a document.
    pub fn add(&self, document: u32, marks: &[u64]) {
        let mut latest = self.latest.write().unwrap_or_else(PoisonError::into_inner);
        latest.extend(marks.iter().map(|mark| Posting::of(*mark, document)));
    }

    /// Writes a run once enough is in memory, or if `all`. `until`: the last record whose marks were added.
    pub fn flush(&self, until: Position, all: bool) -> Result<(), StoreError> {
        let wanted = |postings: usize| postings > 0 && (all || postings >= LATEST);
        if !wanted(self.latest.read().unwrap_or_else(PoisonError::into_inner).len()) {
            return Ok(());
        }
        let turn = match self.changing.try_lock() {
            Ok(turn) => turn,
            // Runs are being merged: nobody waits for that, the next record asks again.
            Err(TryLockError::WouldBlock) if !all => return Ok(()),
            _ => self.changing.lock().unwrap_or_else(PoisonError::into_inner),
        };
        let latest = self.latest.read().unwrap_or_else(PoisonError::into_inner);
        let number =
            self.runs.read().unwrap_or_else(PoisonError::into_inner).last().map_or(1, |run| run.last + 1);
        let run = run::write(&self.dir, number, number, until, latest.iter().copied().map(Ok))?;
        drop(latest);
        // Between the two a reader finds a posting twice, never not at all.
        self.runs.write().unwrap_or_else(PoisonError::into_inner).push(Arc::new(run));
        self.latest.write().unwrap_or_else(PoisonError::into_inner).clear();
        drop(turn);
        Ok(())
    }

    /// Merges runs until each is at least [`RATIO`] times as long as the next, and leaves out documents before `oldest`.
    pub fn merge(&self, oldest: u32) -> Result<(), StoreError> {
        let _turn = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let runs = self.runs.read().unwrap_or_else(PoisonError::into_inner).clone();
            let Some(at) = runs.windows(2).rposition(|pair| pair[0].len() < RATIO * pair[1].len()) else {
                return Ok(());
            };
            let (a, b) = (&runs[at], &runs[at + 1]);
            let postings = run::both(a.all(), b.all());
            let kept = postings.filter(|posting| posting.as_ref().map_or(true, |p| p.document >= oldest));
            let merged = run::write(&self.dir, a.first, b.last, b.until, kept)?;
            self.runs.write().unwrap_or_else(PoisonError::into_inner).splice(at..at + 2, [Arc::new(merged)]);
            a.remove()?;
            b.remove()?;
        }
    }

    /// For every mark that is not common: the documents that have it.
    pub fn documents(&self, marks: &[u64]) -> Result<Vec<Vec<u32>>, StoreError> {
        let latest = self.latest.read().unwrap_or_else(PoisonError::into_inner);
        let in_memory = marks.iter().map(|mark| {
            let (from, to) = (Posting::of(*mark, 0), Posting::of(*mark, u32::MAX));
            (from, to, latest.range(from..=to).take(COMMON + 1).map(|p| p.document).collect::<Vec<u32>>())
        });
        let in_memory: Vec<_> = in_memory.collect();
        drop(latest);
        // After those in memory: what is written out in between is seen twice, never not at all.
        let runs = self.runs.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut found = Vec::with_capacity(marks.len());
        for (from, to, mut documents) in in_memory {
            for run in &runs {
                if documents.len() > COMMON {
                    break;
                }
                run.find(&from, &to, COMMON + 1, &mut documents)?;
            }
            documents.sort_unstable();
            documents.dedup();
            if documents.len() <= COMMON {
                found.push(documents);
            }
        }
        Ok(found)
    }

    /// The documents from `oldest` on that have a mark, however common it is: the last `limit` of them, in ascending order.
    pub fn latest(&self, mark: u64, oldest: u32, limit: usize) -> Result<Vec<u32>, StoreError> {
        let (from, to) = (Posting::of(mark, oldest), Posting::of(mark, u32::MAX));
        let mut found: Vec<u32> = {
            let latest = self.latest.read().unwrap_or_else(PoisonError::into_inner);
            latest.range(from..=to).rev().take(limit).map(|p| p.document).collect()
        };
        let runs = self.runs.read().unwrap_or_else(PoisonError::into_inner).clone();
        // Documents ascend with the runs, so that the last ones lie in the last.
        for run in runs.iter().rev() {
            run.find_last(&from, &to, limit, &mut found)?;
        }
        found.reverse();
        Ok(found)
    }

    /// Bytes on disk.
    pub fn bytes(&self) -> u64 {
        self.runs.read().unwrap_or_else(PoisonError::into_inner).iter().map(|run| run.bytes()).sum()
    }

    /// Every posting, for comparing two states.
    #[cfg(test)]
    pub fn dump(&self) -> BTreeSet<Posting> {
        let mut all = self.latest.read().unwrap().clone();
        for run in self.runs.read().unwrap().iter() {
            all.extend(run.all().map(Result::unwrap));
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(offset: u64) -> Position {
        Position { segment: 1, offset }
    }

    fn hashed(n: u64) -> u64 {
        n.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    #[test]
    fn documents_are_found_in_memory_in_runs_and_after_merging() {
        let dir = tempfile::tempdir().unwrap();
        let marks = Marks::open(dir.path()).unwrap();
        let check = |marks: &Marks, oldest: u32, until: u32| {
            for n in (1..=until).step_by(7) {
                let found =
                    marks.documents(&[hashed(n.into()), hashed(1_000_000 + u64::from(n % 10))]).unwrap();
                let own = if n >= oldest { vec![n] } else { Vec::new() };
                assert_eq!(found[0], own, "{n}");
                let shared: Vec<u32> = (oldest..=until).filter(|m| m % 10 == n % 10).collect();
                if shared.len() <= COMMON {
                    assert_eq!(found[1], shared);
                } else {
                    assert_eq!(found.len(), 1, "a common mark tells nothing");
                }
            }
        };
        for n in 1..=1500u32 {
            marks.add(n, &[hashed(n.into()), hashed(1_000_000 + u64::from(n % 10))]);
            if n % 100 == 0 {
                marks.flush(at(n.into()), true).unwrap();
            }
        }
        check(&marks, 1, 1500);
        assert_eq!(marks.runs.read().unwrap().len(), 15);
        marks.merge(0).unwrap();
        assert!(marks.runs.read().unwrap().len() <= 4);
        check(&marks, 1, 1500);
        drop(marks);
        let marks = Marks::open(dir.path()).unwrap();
        assert_eq!(marks.until(), at(1500));
        check(&marks, 1, 1500);
        // Old documents go when runs are merged.
        marks.add(1501, &(0..4000).map(|n| hashed(7_000_000 + n)).collect::<Vec<_>>());
        marks.flush(at(1501), true).unwrap();
        marks.merge(1000).unwrap();
        check(&marks, 1000, 1500);
    }

    #[test]
    fn the_last_documents_are_found_wherever_they_lie() {
        let dir = tempfile::tempdir().unwrap();
        let marks = Marks::open(dir.path()).unwrap();
        let check = |state: &str, until: u32| {
            for n in 0..3u64 {
                for (oldest, limit) in [(1, 1), (1, 40), (until / 2, 1000), (until, 2), (1, usize::MAX)] {
                    let all = (oldest..=until).filter(|document| u64::from(*document) % 3 == n);
                    let all: Vec<u32> = all.collect();
                    let found = marks.latest(hashed(n), oldest, limit).unwrap();
                    assert_eq!(
                        found,
                        all[all.len().saturating_sub(limit)..],
                        "{state}, {n} {oldest} {limit}"
                    );
                }
            }
            assert!(marks.latest(hashed(77), 1, 9).unwrap().is_empty(), "{state}");
        };
        for document in 1..=900 {
            marks.add(document, &[hashed(u64::from(document) % 3)]);
            if document % 150 == 0 {
                marks.flush(at(document.into()), true).unwrap();
            }
        }
        check("six runs", 900);
        marks.merge(0).unwrap();
        check("merged", 900);
        // What a start reads again from the journal is in a run and in memory.
        for document in 700..=1000 {
            marks.add(document, &[hashed(u64::from(document) % 3)]);
        }
        check("read again", 1000);
    }

    #[test]
    fn a_damaged_run_and_those_behind_it_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        let marks = Marks::open(dir.path()).unwrap();
        for n in 1..=3 {
            marks.add(n, &[hashed(n.into())]);
            marks.flush(at(n.into()), true).unwrap();
        }
        let second = marks.runs.read().unwrap()[1].path.clone();
        drop(marks);
        let bytes = std::fs::read(&second).unwrap();
        std::fs::write(&second, &bytes[..bytes.len() - 1]).unwrap();
        let marks = Marks::open(dir.path()).unwrap();
        assert_eq!(marks.until(), at(1), "the journal is read again from there");
        assert_eq!(marks.documents(&[hashed(1), hashed(2), hashed(3)]).unwrap(), [vec![1], vec![], vec![]]);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
