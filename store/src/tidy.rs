//! What is let go because of its age or size, and the sealing of closed segments.

use std::sync::PoisonError;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use vedetta_domain::AlertId;

use crate::{
    StoreError,
    index::Index,
    journal::{
        reader::{Found, Reader},
        sealed,
        segment::{self, Form, SegmentInfo},
    },
    keep::Touched,
    keys,
    local::LocalStore,
    lookup,
    open::journal_dir,
    record::{Expired, Record},
    rows::{ArticleRow, MessageRow, MessageState, OutboxRow},
};

/// Rows that go with one record.
const CHUNK: usize = 256;

/// Tenths of the rows' length that sled's files have when they are new.
const OVERHEAD: u64 = 17;

/// Tenths that they may grow by before they are written anew.
const SPARE: u64 = 1;

/// How long what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Articles' texts, by whole segments.
    pub texts: SignedDuration,
    /// By what articles are recognised, and what was told.
    pub marks: SignedDuration,
    /// By what other tellings of an event are told.
    pub stories: SignedDuration,
    /// Most that the journal takes, in bytes; the oldest texts go first.
    pub bytes: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            texts: SignedDuration::from_hours(90 * 24),
            marks: SignedDuration::from_hours(400 * 24),
            stories: SignedDuration::from_hours(15 * 24),
            bytes: 50 << 30,
        }
    }
}

/// What was let go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TidyReport {
    /// Articles for which no other telling is looked for any more.
    pub told: u64,
    /// Articles that are not recognised any more.
    pub articles: u64,
    /// Items without an article.
    pub items: u64,
    /// Alerts and messages.
    pub alerts: u64,
    /// Segments whose texts are gone.
    pub dropped: Vec<u64>,
    /// Segments that were sealed.
    pub sealed: Vec<u64>,
}

impl LocalStore {
    /// Lets go what is older than `keep` says at `now`, seals closed segments and merges marks. Safe to break off anywhere.
    pub(crate) async fn tidy_up(&self, now: Timestamp, keep: &Retention) -> Result<TidyReport, StoreError> {
        let mut report = TidyReport::default();
        let (story_end, mark_end, text_end) = (now - keep.stories, now - keep.marks, now - keep.texts);
        loop {
            let expired = self.read(move |index| expired(index, story_end, mark_end)).await?;
            if expired == Expired::default() {
                break;
            }
            report.told += expired.told.len() as u64;
            report.articles += expired.articles.len() as u64;
            report.items += expired.items.len() as u64;
            report.alerts += (expired.alerts.len() + expired.messages.len()) as u64;
            self.writer.write(Record::Expired(Box::new(expired))).await?;
        }
        // What is kept of a segment is written into the next ones: those are not looked at in the same round.
        let last = self.segments().await?.last().map_or(0, |segment| segment.number);
        let mut before = u64::MAX;
        loop {
            let segments = self.segments().await?;
            let total: u64 = segments.iter().map(|segment| segment.bytes).sum();
            let [oldest, next, ..] = segments.as_slice() else { break };
            // A segment ends when the next begins.
            let old = next.begun.is_some_and(|ended| ended <= text_end);
            // By size only while that makes it smaller: facts that are kept take room too.
            let large = total > keep.bytes && total < before;
            if next.number > last || !(old || large) {
                break;
            }
            before = total;
            self.drop_segment(oldest.number).await?;
            report.dropped.push(oldest.number);
        }
        report.sealed = self.seal().await?;
        self.read(|index| {
            let first = index.keys(&[keys::prefix::ARTICLE], &[keys::prefix::ARTICLE], 1)?;
            let oldest = first.first().and_then(|key| keys::trailing_document(key));
            index.marks().merge(oldest.unwrap_or(0))?;
            index.names().merge(lookup::first_told(index)?.unwrap_or(u32::MAX))
        })
        .await?;
        self.compact_if_it_pays().await?;
        Ok(report)
    }

    /// Writes the index's files anew if they hold much more than they need.
    async fn compact_if_it_pays(&self) -> Result<(), StoreError> {
        let (least, worth) = (self.least.clone(), self.compact_above);
        let pays = self
            .read(move |index| {
                let mut least = least.lock().unwrap_or_else(PoisonError::into_inner);
                let files = index.file_bytes()?;
                if files <= worth {
                    return Ok(false);
                }
                let needed = match *least {
                    Some(least) => least,
                    None => *least.insert(index.live_bytes()? / 10 * OVERHEAD),
                };
                Ok(files > needed + worth.max(needed / 10 * SPARE))
            })
            .await?;
        if pays {
            self.writer.compact().await?;
            let files = self.read(|index| index.file_bytes()).await?;
            *self.least.lock().unwrap_or_else(PoisonError::into_inner) = Some(files);
            tracing::info!(bytes = files, "the index's files were written anew");
        }
        Ok(())
    }

    async fn segments(&self) -> Result<Vec<SegmentInfo>, StoreError> {
        let (disk, dir) = (self.disk.clone(), journal_dir(&self.dir));
        self.read(move |_| segment::infos(&*disk, &dir)).await
    }

    async fn drop_segment(&self, number: u64) -> Result<(), StoreError> {
        let (disk, dir) = (self.disk.clone(), journal_dir(&self.dir));
        let touched = self
            .read(move |index| {
                let (mut touched, mut lost) = (Touched::of(number), 0);
                let mut reader = Reader::open(&*disk, &dir, number, 0)?;
                while let Some(found) = reader.next_found()? {
                    match found {
                        Found::Record { at, payload, .. } => match Record::decode(&payload, at) {
                            Ok(record) => touched.add(record),
                            Err(_) => lost += payload.len() as u64,
                        },
                        Found::Damaged(damage) => lost += damage.bytes,
                    }
                }
                if lost > 0 {
                    // Nobody knows what stood there: all that the index knows is kept.
                    tracing::warn!(segment = number, bytes = lost, "unreadable bytes go with their segment");
                    touched.add_all(index)?;
                }
                Ok(touched)
            })
            .await?;
        for chunk in touched.chunks() {
            self.writer.keep(chunk).await?;
        }
        let (disk, dir) = (self.disk.clone(), journal_dir(&self.dir));
        self.read(move |_| {
            for path in [segment::path(&dir, number), segment::sealed_path(&dir, number)] {
                match disk.remove(&path) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        return Err(StoreError::Io { verb: "remove", path, source: error });
                    }
                    _ => {}
                }
            }
            disk.sync_dir(&dir).map_err(StoreError::io("sync", &dir))
        })
        .await
    }

    /// Seals every closed segment that is not yet.
    async fn seal(&self) -> Result<Vec<u64>, StoreError> {
        let (disk, dir) = (self.disk.clone(), journal_dir(&self.dir));
        self.read(move |_| {
            let mut segments = segment::list(&*disk, &dir)?;
            segments.pop_last();
            for (number, form) in &segments {
                // A crash came between the two names.
                if *form == Form::Sealed && disk.open(&segment::path(&dir, *number), false).is_ok() {
                    sealed::remove_open(&*disk, &dir, *number)?;
                }
            }
            let open: Vec<u64> = segments
                .into_iter()
                .filter(|(_, form)| *form == Form::Open)
                .map(|(number, _)| number)
                .collect();
            open.iter().try_for_each(|number| sealed::seal(&*disk, &dir, *number))?;
            Ok(open)
        })
        .await
    }
}

/// The next rows that are too old, a record's worth.
fn expired(index: &Index, story_end: Timestamp, mark_end: Timestamp) -> Result<Expired, StoreError> {
    let ended = index.keys(&[keys::prefix::ENDED], &[keys::prefix::ENDED], CHUNK)?.into_iter();
    let ended = ended.filter_map(|key| Some((keys::leading_time(&key)?, keys::trailing_item(&key)?)));
    let mut found =
        Expired { items: ended.take_while(|(at, _)| *at < mark_end).collect(), ..Expired::default() };
    for key in index.keys(&[keys::prefix::FEATURES], &[keys::prefix::FEATURES], CHUNK)? {
        let Some(document) = keys::trailing_document(&key) else { continue };
        match index.get::<ArticleRow>(keys::article(document))? {
            Some(row) if row.at < story_end => found.told.push(row.telling.item),
            _ => break,
        }
    }
    for (_, row) in index.page::<ArticleRow>(keys::prefix::ARTICLE, None, CHUNK)? {
        if row.at >= mark_end {
            break;
        }
        found.articles.push(row.telling.item);
    }
    if found != Expired::default() {
        return Ok(found);
    }
    // Last, since these are looked through: what was delivered, and long ago.
    let done = |row: &OutboxRow| row.channels.values().all(|message| !message.is_empty());
    let mut after: Option<Vec<u8>> = None;
    while found.alerts.len() < CHUNK {
        let page = index.page::<OutboxRow>(keys::prefix::ALERT, after.as_deref(), CHUNK)?;
        let Some((last, _)) = page.last() else { break };
        after = Some(last.clone());
        let old = page.into_iter().filter(|(_, row)| row.alert.created < mark_end && done(row));
        found.alerts.extend(old.map(|(_, row)| -> AlertId { row.alert.id }));
    }
    after = None;
    while found.messages.len() < CHUNK {
        let page = index.page::<MessageRow>(keys::prefix::MESSAGE, after.as_deref(), CHUNK)?;
        let Some((last, _)) = page.last() else { break };
        after = Some(last.clone());
        let old =
            page.into_iter().filter(|(_, row)| row.frozen < mark_end && row.state != MessageState::Frozen);
        found.messages.extend(old.map(|(_, row)| row.message.id));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        OpenOptions, Store as _,
        testing::{self, NOW},
    };

    #[tokio::test]
    async fn a_damaged_segment_takes_no_fact_with_it_that_the_index_knows() {
        let dir = tempfile::tempdir().unwrap();
        let clock = std::sync::Arc::new(|| NOW);
        let options = OpenOptions { segment_bytes: 3000, clock, ..OpenOptions::default() };
        let (store, _) = LocalStore::open(dir.path(), &options).unwrap();
        testing::fill(&store).await;
        testing::fill_more(&store).await;
        // The poll, by which all items are known.
        let path = segment::path(&journal_dir(dir.path()), 1);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[segment::HEADER as usize + 200] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        let keep = Retention { texts: SignedDuration::from_secs(-1), ..Retention::default() };
        assert!(store.tidy(NOW, &keep).await.unwrap().dropped.contains(&1));
        let rows = |store: &LocalStore| {
            let rows = store.index.dump().into_iter();
            rows.filter(|(key, _)| !key.starts_with(b"!")).collect::<Vec<_>>()
        };
        let before = rows(&store);
        store.close().await;
        drop(store);
        std::fs::remove_dir_all(dir.path().join("index")).unwrap();
        let (store, report) = LocalStore::open(dir.path(), &options).unwrap();
        assert_eq!((report.rebuilt.is_some(), report.damage.len()), (true, 0));
        assert_eq!(rows(&store), before);
        store.close().await;
    }
}
