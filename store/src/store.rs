//! The verbs that the daemon calls for sources and items. Lookups and the outbox stand beside it.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
};

use jiff::Timestamp;
use tokio::sync::{Notify, Semaphore};
use vedetta_domain::{Item, ItemId, PollState, SourceId};

use crate::{
    OpenOptions, OpenReport, StoreError,
    index::Index,
    keys, open,
    record::{Commit, ItemEnd, Record},
    rows::{ItemRow, ItemStatus, MessageRow, MessageState, OutboxRow},
    writer::Writer,
};

/// The store: cheap to clone, one writer thread behind all clones.
#[derive(Clone)]
pub struct Store {
    pub(crate) writer: Writer,
    pub(crate) index: Index,
    pub(crate) dir: PathBuf,
    /// Items that somebody works on. Leases end with the process: nobody else can hold the store.
    leases: Arc<Mutex<HashSet<ItemId>>>,
    changed: Arc<Notify>,
    reads: Arc<Semaphore>,
    keeper: Arc<Keeper>,
}

/// Reads at once. Each waits on a thread of its own, with caches of its own; more would only fill the memory.
const READS: usize = 4;

/// What ends with the last clone.
struct Keeper {
    thread: Mutex<Option<JoinHandle<()>>>,
    _lock: std::fs::File,
}

/// How many rows of each kind there are.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Stats {
    /// Items whose page is to be read.
    pub items_waiting: u64,
    /// Items with a stored article.
    pub items_done: u64,
    /// Items with nothing to be had.
    pub items_dropped: u64,
    /// Items that wait for a person.
    pub items_quarantined: u64,
    /// Alerts ever decided.
    pub alerts: u64,
    /// Messages to be sent.
    pub messages_waiting: u64,
    /// Messages taken.
    pub messages_sent: u64,
    /// Messages given up.
    pub messages_dead: u64,
}

impl Store {
    /// Opens the store in `dir`: replays, repairs or rebuilds as needed. Blocks on the disk.
    pub fn open(dir: &Path, options: &OpenOptions) -> Result<(Self, OpenReport), StoreError> {
        let opened = open::open(dir, options)?;
        let changed = Arc::new(Notify::new());
        let (writer, thread) = Writer::start(opened.journal, opened.index.clone(), changed.clone())?;
        let keeper = Arc::new(Keeper { thread: Mutex::new(Some(thread)), _lock: opened.lock });
        let (index, reads) = (opened.index, Arc::new(Semaphore::new(READS)));
        let store = Self { writer, index, dir: dir.into(), leases: Arc::default(), changed, reads, keeper };
        Ok((store, opened.report))
    }

    /// Ends the writer after what it has been given. The other clones must be gone or idle.
    pub async fn close(self) {
        let Self { writer, keeper, index, .. } = self;
        drop((writer, index));
        let thread = keeper.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && tokio::task::spawn_blocking(move || thread.join()).await.is_err()
        {
            tracing::error!("the store's writer could not be joined");
        }
    }

    /// Resolves after the next change of any row. Ask before looking, await after: none is missed.
    pub fn changed(&self) -> impl Future<Output = ()> + '_ {
        self.changed.notified()
    }

    /// A source's state, if it was ever polled.
    pub async fn source(&self, id: &SourceId) -> Result<Option<PollState>, StoreError> {
        let key = keys::source(id);
        self.read(move |index| index.get(key)).await
    }

    /// Which of `ids` were never recorded.
    pub async fn unknown(&self, ids: Vec<ItemId>) -> Result<HashSet<ItemId>, StoreError> {
        self.read(move |index| {
            let mut unknown = HashSet::new();
            for id in ids {
                if !index.has(keys::item(id))? {
                    unknown.insert(id);
                }
            }
            Ok(unknown)
        })
        .await
    }

    /// Records a poll: its unknown items and the source's new state as one unit.
    pub async fn record_poll(
        &self,
        source: SourceId,
        state: PollState,
        items: Vec<Item>,
    ) -> Result<(), StoreError> {
        self.writer.write(Record::SourcePolled { source, state: Box::new(state), items }).await?;
        Ok(())
    }

    /// Leases up to `limit` items that are due. A lease ends with [`Store::end`], [`Store::commit`],
    /// [`Store::release`] or the process.
    pub async fn claim_due(&self, now: Timestamp, limit: usize) -> Result<Vec<ItemRow>, StoreError> {
        let leases = self.leases.clone();
        self.read(move |index| {
            let mut leases = leases.lock().unwrap_or_else(PoisonError::into_inner);
            let prefix = [keys::prefix::DUE_ITEM];
            let mut claimed = Vec::new();
            for key in index.keys(&prefix, &prefix, limit + leases.len())? {
                if claimed.len() == limit || key.get(1..9) > Some(keys::millis(now).as_slice()) {
                    break;
                }
                let Some(id) = keys::trailing_item(&key).filter(|id| !leases.contains(id)) else {
                    continue;
                };
                if let Some(row) = index.get::<ItemRow>(keys::item(id))? {
                    leases.insert(id);
                    claimed.push(row);
                }
            }
            Ok(claimed)
        })
        .await
    }

    /// When the next item that nobody works on is due.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let leases = self.leases.clone();
        self.read(move |index| {
            let leases = leases.lock().unwrap_or_else(PoisonError::into_inner);
            let prefix = [keys::prefix::DUE_ITEM];
            let keys = index.keys(&prefix, &prefix, 1 + leases.len())?;
            let first =
                keys.iter().find(|key| keys::trailing_item(key).is_some_and(|id| !leases.contains(&id)));
            Ok(first.and_then(|key| {
                let millis: [u8; 8] = key.get(1..9)?.try_into().ok()?;
                Timestamp::from_millisecond(i64::try_from(u64::from_be_bytes(millis)).ok()?).ok()
            }))
        })
        .await
    }

    /// Counts a try before it begins.
    pub async fn begin(&self, row: &ItemRow) -> Result<u32, StoreError> {
        let attempt = row.attempts + 1;
        self.writer.write(Record::ItemStarted { item: row.item.id, attempt }).await?;
        Ok(attempt)
    }

    /// Ends work on an item without an article.
    pub async fn end(&self, item: ItemId, end: ItemEnd, at: Timestamp) -> Result<(), StoreError> {
        let written = self.writer.write(Record::ItemEnded { item, end, at }).await;
        self.release(item);
        written.map(drop)
    }

    /// Commits an article with all that follows from it, as one unit.
    pub async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        let item = commit.item.id;
        let written = self.writer.write(Record::Committed(Box::new(commit))).await;
        self.release(item);
        written.map(drop)
    }

    /// Gives a lease back; the item stays as it is.
    pub fn release(&self, item: ItemId) {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner).remove(&item);
    }

    /// An item's row.
    pub async fn item(&self, id: ItemId) -> Result<Option<ItemRow>, StoreError> {
        self.read(move |index| index.get(keys::item(id))).await
    }

    /// Counts rows; reads all of them.
    pub async fn stats(&self) -> Result<Stats, StoreError> {
        self.read(|index| {
            let mut stats = Stats::default();
            each::<ItemRow>(index, keys::prefix::ITEM, |row| match row.status {
                ItemStatus::Waiting => stats.items_waiting += 1,
                ItemStatus::Done => stats.items_done += 1,
                ItemStatus::Dropped => stats.items_dropped += 1,
                ItemStatus::Quarantined => stats.items_quarantined += 1,
            })?;
            each::<OutboxRow>(index, keys::prefix::ALERT, |_| stats.alerts += 1)?;
            each::<MessageRow>(index, keys::prefix::MESSAGE, |row| match row.state {
                MessageState::Frozen => stats.messages_waiting += 1,
                MessageState::Sent => stats.messages_sent += 1,
                MessageState::Dead => stats.messages_dead += 1,
            })?;
            Ok(stats)
        })
        .await
    }

    /// Runs a read on a thread that may wait for the disk.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Index) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let index = self.index.clone();
        let turn = self.reads.clone().acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let read = move || {
            let _turn = turn;
            read(&index)
        };
        tokio::task::spawn_blocking(read).await.map_err(|_| StoreError::Closed)?
    }
}

fn each<T: serde::de::DeserializeOwned>(
    index: &Index,
    prefix: u8,
    mut see: impl FnMut(T),
) -> Result<(), StoreError> {
    let mut after: Option<Vec<u8>> = None;
    loop {
        let page = index.rows::<T>(prefix, after.as_deref(), 1000)?;
        let Some((last, _)) = page.last() else {
            return Ok(());
        };
        after = Some(last.clone());
        page.into_iter().for_each(|(_, row)| see(row));
    }
}
