//! The store on this machine: a journal that is the truth, and an index of it.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
    thread::JoinHandle,
};

use async_trait::async_trait;
use futures::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::{Notify, Semaphore};
use vedetta_domain::{AlertId, Item, ItemId, Message, PollState, SourceId, StoryId};

use crate::{
    Cursor, ForgetReport, OpenOptions, OpenReport, Recalled, Retention, Sought, Stats, Store, StoreError,
    TidyReport,
    disk::Disk,
    index::Index,
    keys, lookup,
    open::{self, journal_dir},
    recall,
    record::{AlertRow, Commit, ItemEnd, Record},
    rows::{ArticleRow, ItemRow, MessageRow, OutboxRow, StoryRow},
    writer::Writer,
};

/// Reads at once. Each waits on a thread of its own, with caches of its own; more would only fill the memory.
const READS: usize = 4;

/// Alerts of one channel that are looked at in one go.
const PENDING: usize = 100;

/// A journal and sled, in one folder that no other process may use.
pub struct LocalStore {
    pub(crate) writer: Writer,
    pub(crate) index: Index,
    pub(crate) dir: PathBuf,
    pub(crate) disk: Arc<dyn Disk>,
    /// Items that somebody works on. Leases end with the process: nobody else can hold the store.
    leases: Arc<Mutex<HashSet<ItemId>>>,
    changed: Arc<Notify>,
    reads: Arc<Semaphore>,
    /// How large the index's files were, or would have been, when they held rows alone.
    pub(crate) least: Arc<Mutex<Option<u64>>>,
    /// Smaller files are not worth writing anew.
    pub(crate) compact_above: u64,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// Why the index is not believed any more: a read of it failed. The next start makes it anew.
    doubt: Arc<OnceLock<String>>,
    _lock: std::fs::File,
}

impl LocalStore {
    /// Opens the store in `dir`: replays, repairs or rebuilds as needed. Blocks on the disk.
    pub fn open(dir: &Path, options: &OpenOptions) -> Result<(Self, OpenReport), StoreError> {
        let opened = open::open(dir, options)?;
        let changed = Arc::new(Notify::new());
        let (writer, thread) =
            Writer::start(opened.journal, opened.index.clone(), options.clock.clone(), changed.clone())?;
        let store = Self {
            writer,
            index: opened.index,
            dir: dir.into(),
            disk: options.disk.clone(),
            leases: Arc::default(),
            changed,
            reads: Arc::new(Semaphore::new(READS)),
            least: Arc::default(),
            compact_above: options.compact_above,
            thread: Mutex::new(Some(thread)),
            doubt: Arc::default(),
            _lock: opened.lock,
        };
        Ok((store, opened.report))
    }

    /// Bytes that the index takes on disk, that of the marks with it.
    pub fn index_bytes(&self) -> Result<u64, StoreError> {
        self.index.bytes()
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
        let answer = match tokio::task::spawn_blocking(read).await {
            Ok(answer) => answer,
            Err(error) if error.is_panic() => Err(StoreError::Index("sled panicked while reading".into())),
            Err(_) => Err(StoreError::Closed),
        };
        if let Err(StoreError::Index(why)) = &answer {
            self.disbelieve(why);
        }
        answer
    }

    /// The index is made anew at the next start, whatever it looks like then.
    fn disbelieve(&self, why: &str) {
        if self.doubt.set(why.into()).is_ok() {
            tracing::error!(why, "the index is damaged; it is made anew at the next start");
            if let Err(error) = std::fs::write(open::doubt_path(&self.dir), why) {
                tracing::warn!(%error, "the next start cannot be told; it sees for itself");
            }
        }
    }

    async fn row<T: serde::de::DeserializeOwned + Send + 'static>(
        &self,
        key: Vec<u8>,
    ) -> Result<Option<T>, StoreError> {
        self.read(move |index| index.get(key)).await
    }

    async fn write(&self, record: Record) -> Result<(), StoreError> {
        self.writer.write(record).await.map(drop)
    }
}

#[async_trait]
impl Store for LocalStore {
    fn changed(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.changed.notified())
    }

    async fn source(&self, id: &SourceId) -> Result<Option<PollState>, StoreError> {
        self.row(keys::source(id)).await
    }

    async fn unknown(&self, ids: Vec<ItemId>) -> Result<HashSet<ItemId>, StoreError> {
        self.read(move |index| lookup::unknown(index, ids)).await
    }

    async fn record_poll(
        &self,
        source: SourceId,
        state: PollState,
        items: Vec<Item>,
    ) -> Result<(), StoreError> {
        self.write(Record::SourcePolled { source, state: Box::new(state), items }).await
    }

    async fn claim_due(&self, now: Timestamp, limit: usize) -> Result<Vec<ItemRow>, StoreError> {
        let leases = self.leases.clone();
        self.read(move |index| {
            let mut leases = leases.lock().unwrap_or_else(PoisonError::into_inner);
            lookup::claim_due(index, &mut leases, now, limit)
        })
        .await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let leases = self.leases.clone();
        self.read(move |index| {
            let leases = leases.lock().unwrap_or_else(PoisonError::into_inner);
            lookup::next_due(index, &leases)
        })
        .await
    }

    async fn begin(&self, row: &ItemRow) -> Result<u32, StoreError> {
        let attempt = row.attempts + 1;
        self.write(Record::ItemStarted { item: row.item.id, attempt }).await?;
        Ok(attempt)
    }

    async fn end(&self, item: ItemId, end: ItemEnd, at: Timestamp) -> Result<(), StoreError> {
        let written = self.write(Record::ItemEnded { item, end, at }).await;
        self.release(item);
        written
    }

    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        let item = commit.item.id;
        let written = self.write(Record::Committed(Box::new(commit))).await;
        // A conflict is decided again, by the one who holds the item.
        if !matches!(written, Err(StoreError::Conflict { .. })) {
            self.release(item);
        }
        written
    }

    fn release(&self, item: ItemId) {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner).remove(&item);
    }

    async fn item(&self, id: ItemId) -> Result<Option<ItemRow>, StoreError> {
        self.row(keys::item(id)).await
    }

    async fn recall(&self, sought: Sought) -> Result<Recalled, StoreError> {
        let (disk, dir) = (self.disk.clone(), journal_dir(&self.dir));
        self.read(move |index| recall::recall(index, &*disk, &dir, &sought)).await
    }

    async fn story(&self, id: StoryId) -> Result<Option<StoryRow>, StoreError> {
        self.row(keys::story(id)).await
    }

    async fn article(&self, id: ItemId) -> Result<Option<ArticleRow>, StoreError> {
        self.read(move |index| index.article(id)).await
    }

    async fn stored(&self, row: &ArticleRow) -> Result<Option<Commit>, StoreError> {
        let (disk, dir, row) = (self.disk.clone(), journal_dir(&self.dir), row.clone());
        self.read(move |_| lookup::stored(&*disk, &dir, &row)).await
    }

    async fn lexicon_only(
        &self,
        after: Option<ItemId>,
        limit: usize,
    ) -> Result<Vec<(ItemId, ArticleRow)>, StoreError> {
        self.read(move |index| lookup::lexicon_only(index, after, limit)).await
    }

    async fn scan(&self, after: Option<Cursor>, limit: usize) -> Result<Vec<(Cursor, Commit)>, StoreError> {
        let (disk, dir) = (self.disk.clone(), journal_dir(&self.dir));
        self.read(move |_| lookup::scan(&*disk, &dir, after, limit)).await
    }

    async fn raise(&self, row: AlertRow) -> Result<(), StoreError> {
        let key = keys::alert(&row.alert.id);
        if self.read(move |index| index.has(key)).await? {
            return Ok(());
        }
        self.write(Record::Raised(Box::new(row))).await
    }

    async fn pending(&self, channel: &str) -> Result<Vec<OutboxRow>, StoreError> {
        let prefix = keys::pending_of(channel);
        self.read(move |index| {
            let mut rows = Vec::new();
            for key in index.keys(&prefix, &prefix, PENDING)? {
                rows.extend(index.get::<OutboxRow>(keys::alert(&AlertId(keys::trailing_id(&key).into())))?);
            }
            Ok(rows)
        })
        .await
    }

    async fn freeze(&self, message: Message, at: Timestamp) -> Result<(), StoreError> {
        self.write(Record::MessageFrozen { message, at }).await
    }

    async fn next_message(&self, channel: &str) -> Result<Option<MessageRow>, StoreError> {
        let prefix = keys::due_messages_of(channel);
        self.read(move |index| match index.keys(&prefix, &prefix, 1)?.first() {
            Some(key) => index.get(keys::message(keys::trailing_id(key))),
            None => Ok(None),
        })
        .await
    }

    async fn ack(&self, id: &str, at: Timestamp) -> Result<(), StoreError> {
        self.write(Record::MessageSent { id: id.into(), at }).await
    }

    async fn nack(&self, id: &str, error: String, retry_at: Timestamp) -> Result<(), StoreError> {
        self.write(Record::MessageTried { id: id.into(), error, retry_at }).await
    }

    async fn dead(&self, id: &str, error: String, at: Timestamp) -> Result<(), StoreError> {
        self.write(Record::MessageDead { id: id.into(), error, at }).await
    }

    async fn alert(&self, id: &AlertId) -> Result<Option<OutboxRow>, StoreError> {
        self.row(keys::alert(id)).await
    }

    async fn message(&self, id: &str) -> Result<Option<MessageRow>, StoreError> {
        self.row(keys::message(id)).await
    }

    async fn last_sent(&self, channel: &str) -> Result<Option<Timestamp>, StoreError> {
        self.row(keys::channel(channel)).await
    }

    async fn writable(&self) -> Result<(), StoreError> {
        if let Some(why) = self.doubt.get() {
            return Err(StoreError::Index(why.clone()));
        }
        self.writer.answers().await
    }

    async fn stats(&self) -> Result<Stats, StoreError> {
        self.read(lookup::stats).await
    }

    async fn tidy(&self, now: Timestamp, keep: &Retention) -> Result<TidyReport, StoreError> {
        self.tidy_up(now, keep).await
    }

    async fn forget(&self, items: Vec<ItemId>) -> Result<ForgetReport, StoreError> {
        self.forget_items(items).await
    }

    async fn close(&self) {
        self.writer.close();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && tokio::task::spawn_blocking(move || thread.join()).await.is_err()
        {
            tracing::error!("the store's writer could not be joined");
        }
    }
}
