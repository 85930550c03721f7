//! What the daemon asks of a store. Nothing here says how it is kept: [`crate::LocalStore`] is a journal and sled on this
//! machine, [`crate::MemoryStore`] forgets all at its end, and a database server can be a third.
//!
//! Every implementation passes `conformance.rs`.

use std::{collections::HashSet, sync::Arc};

use async_trait::async_trait;
use futures::future::BoxFuture;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vedetta_domain::{AlertId, Item, ItemId, Message, PollState, SourceId, StoryId};

use crate::{
    ForgetReport, Recalled, Retention, Sought, StoreError, TidyReport,
    record::{AlertRow, Commit, ItemEnd},
    rows::{ArticleRow, ItemRow, MessageRow, OutboxRow, StoryRow},
};

/// A store that several tasks share.
pub type SharedStore = Arc<dyn Store>;

/// Where a scan of the archive goes on. Opaque to callers; it outlives a restart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cursor(pub(crate) crate::Position);

/// How many rows of each kind there are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Items whose page is to be read.
    pub items_waiting: u64,
    /// Items with a stored article.
    pub items_done: u64,
    /// Items with nothing to be had.
    pub items_dropped: u64,
    /// Items that wait for a person.
    pub items_quarantined: u64,
    /// Alerts that are kept.
    pub alerts: u64,
    /// Messages to be sent.
    pub messages_waiting: u64,
    /// Messages taken.
    pub messages_sent: u64,
    /// Messages given up.
    pub messages_dead: u64,
}

/// Durable state. **A verb that changes something returns once the change is durable**; one that fails has changed
/// nothing that its caller has to undo. Verbs take no closures and no open transactions.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Resolves after the next change of any row. Ask before looking, await after: none is missed.
    fn changed(&self) -> BoxFuture<'_, ()>;

    /// A source's state, if it was ever polled.
    async fn source(&self, id: &SourceId) -> Result<Option<PollState>, StoreError>;

    /// Which of `ids` were never recorded.
    async fn unknown(&self, ids: Vec<ItemId>) -> Result<HashSet<ItemId>, StoreError>;

    /// Records a poll: its unknown items and the source's new state as one unit. An item that is known stays as it is.
    async fn record_poll(
        &self,
        source: SourceId,
        state: PollState,
        items: Vec<Item>,
    ) -> Result<(), StoreError>;

    /// Leases up to `limit` items that are due, those first that were due first. A lease ends with [`Store::end`],
    /// [`Store::commit`], [`Store::release`] or the process.
    async fn claim_due(&self, now: Timestamp, limit: usize) -> Result<Vec<ItemRow>, StoreError>;

    /// When the next item that nobody works on is due.
    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError>;

    /// Counts a try before it begins; which one it is, from 1.
    async fn begin(&self, row: &ItemRow) -> Result<u32, StoreError>;

    /// Ends work on an item without an article, and its lease.
    async fn end(&self, item: ItemId, end: ItemEnd, at: Timestamp) -> Result<(), StoreError>;

    /// Commits an article with all that follows from it, as one unit, and ends the item's lease.
    /// [`StoreError::Conflict`] if its story is not the one that it was decided on.
    async fn commit(&self, commit: Commit) -> Result<(), StoreError>;

    /// Gives a lease back; the item stays as it is.
    fn release(&self, item: ItemId);

    /// An item's row, while it has no article.
    async fn item(&self, id: ItemId) -> Result<Option<ItemRow>, StoreError>;

    /// What is stored that may be the same as an article.
    async fn recall(&self, sought: Sought) -> Result<Recalled, StoreError>;

    /// A story.
    async fn story(&self, id: StoryId) -> Result<Option<StoryRow>, StoreError>;

    /// An article's row.
    async fn article(&self, id: ItemId) -> Result<Option<ArticleRow>, StoreError>;

    /// The commit that a row points at; `None` once its text was let go.
    async fn stored(&self, row: &ArticleRow) -> Result<Option<Commit>, StoreError>;

    /// Up to `limit` articles that were tagged without a model, after the cursor `after`.
    async fn lexicon_only(
        &self,
        after: Option<ItemId>,
        limit: usize,
    ) -> Result<Vec<(ItemId, ArticleRow)>, StoreError>;

    /// Up to `limit` commits in the order in which they came, behind the cursor `after`, with where to go on.
    async fn scan(&self, after: Option<Cursor>, limit: usize) -> Result<Vec<(Cursor, Commit)>, StoreError>;

    /// Puts an alert that belongs to no article into the outbox. One that is there already stays.
    async fn raise(&self, row: AlertRow) -> Result<(), StoreError>;

    /// Alerts that wait for a message of `channel`, the oldest first, not all at once.
    async fn pending(&self, channel: &str) -> Result<Vec<OutboxRow>, StoreError>;

    /// Freezes a message: from here on its bytes and its id stay, however often it is sent.
    async fn freeze(&self, message: Message, at: Timestamp) -> Result<(), StoreError>;

    /// The frozen message of `channel` that is due first, due or not.
    async fn next_message(&self, channel: &str) -> Result<Option<MessageRow>, StoreError>;

    /// The channel took the message.
    async fn ack(&self, id: &str, at: Timestamp) -> Result<(), StoreError>;

    /// The channel did not take it; it is due again at `retry_at`.
    async fn nack(&self, id: &str, error: String, retry_at: Timestamp) -> Result<(), StoreError>;

    /// It will not be tried again by itself.
    async fn dead(&self, id: &str, error: String, at: Timestamp) -> Result<(), StoreError>;

    /// An alert with its channels.
    async fn alert(&self, id: &AlertId) -> Result<Option<OutboxRow>, StoreError>;

    /// A message's row.
    async fn message(&self, id: &str) -> Result<Option<MessageRow>, StoreError>;

    /// When `channel` took a message last.
    async fn last_sent(&self, channel: &str) -> Result<Option<Timestamp>, StoreError>;

    /// Whether it still takes changes; asks those who write. [`StoreError::Index`]: it must be opened anew.
    async fn writable(&self) -> Result<(), StoreError>;

    /// Counts rows; reads all of them.
    async fn stats(&self) -> Result<Stats, StoreError>;

    /// Lets go what is older at `now` than `keep` says, and keeps house. Safe to break off anywhere. An item stays known.
    async fn tidy(&self, now: Timestamp, keep: &Retention) -> Result<TidyReport, StoreError>;

    /// Forgets items: nothing of what they said stays, in no record and no message, and they are never read again.
    async fn forget(&self, items: Vec<ItemId>) -> Result<ForgetReport, StoreError>;

    /// Ends after what it has been given. Verbs that come later fail.
    async fn close(&self);
}
