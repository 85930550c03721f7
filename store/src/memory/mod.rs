//! A store that lives as long as its process: for tests, and the plainest account of what the verbs mean.

mod state;

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use futures::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::Notify;
use vedetta_domain::{AlertId, Item, ItemId, Message, PollState, SourceId, StoryId};

use self::state::State;
use crate::{
    Cursor, ForgetReport, Position, Recalled, Retention, Sought, Stats, Store, StoreError, TidyReport,
    lookup::AHEAD,
    record::{AlertRow, Commit, ItemEnd},
    rows::{ArticleRow, ItemRow, ItemStatus, MessageRow, MessageState, OutboxRow, StoryRow},
};

/// Alerts of one channel that are looked at in one go.
const PENDING: usize = 100;

/// See [`Store`].
#[derive(Default)]
pub struct MemoryStore {
    state: Mutex<State>,
    changed: Notify,
}

impl MemoryStore {
    fn look(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut state = self.look();
        if state.closed {
            return Err(StoreError::Closed);
        }
        let changed = change(&mut state);
        drop(state);
        self.changed.notify_waiters();
        changed
    }
}

#[async_trait]
impl Store for MemoryStore {
    fn changed(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.changed.notified())
    }

    async fn source(&self, id: &SourceId) -> Result<Option<PollState>, StoreError> {
        Ok(self.look().sources.get(id).cloned())
    }

    async fn unknown(&self, ids: Vec<ItemId>) -> Result<HashSet<ItemId>, StoreError> {
        let state = self.look();
        let known = |id: &ItemId| state.items.contains_key(id) || state.known.contains(id);
        Ok(ids.into_iter().filter(|id| !known(id)).collect())
    }

    async fn record_poll(
        &self,
        source: SourceId,
        poll: PollState,
        items: Vec<Item>,
    ) -> Result<(), StoreError> {
        self.change(|state| {
            state.sources.insert(source, poll);
            for item in items {
                if state.known.contains(&item.id) {
                    continue;
                }
                let due = item.first_seen;
                state.items.entry(item.id).or_insert(ItemRow {
                    item,
                    status: ItemStatus::Waiting,
                    attempts: 0,
                    deaths: 0,
                    due,
                    error: None,
                    ended: None,
                });
            }
            Ok(())
        })
    }

    async fn claim_due(&self, now: Timestamp, limit: usize) -> Result<Vec<ItemRow>, StoreError> {
        let mut state = self.look();
        let due: Vec<_> =
            state.due().filter(|(due, _)| *due <= now || *due > now + AHEAD).take(limit).collect();
        state.leases.extend(due.iter().map(|(_, id)| *id));
        Ok(due.iter().filter_map(|(_, id)| state.items.get(id).cloned()).collect())
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.look().due().next().map(|(due, _)| due))
    }

    async fn begin(&self, row: &ItemRow) -> Result<u32, StoreError> {
        let attempt = row.attempts + 1;
        self.change(|state| {
            state.items.entry(row.item.id).and_modify(|row| row.attempts = attempt);
            Ok(attempt)
        })
    }

    async fn end(&self, item: ItemId, end: ItemEnd, at: Timestamp) -> Result<(), StoreError> {
        let ended = self.change(|state| {
            let Some(row) = state.items.get_mut(&item) else { return Ok(()) };
            row.end(end, at);
            Ok(())
        });
        self.release(item);
        ended
    }

    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        let item = commit.item.id;
        let committed = self.change(|state| state.commit(commit));
        if !matches!(committed, Err(StoreError::Conflict { .. })) {
            self.release(item);
        }
        committed
    }

    fn release(&self, item: ItemId) {
        self.look().leases.remove(&item);
    }

    async fn item(&self, id: ItemId) -> Result<Option<ItemRow>, StoreError> {
        Ok(self.look().items.get(&id).cloned())
    }

    async fn recall(&self, sought: Sought) -> Result<Recalled, StoreError> {
        Ok(self.look().recall(&sought))
    }

    async fn story(&self, id: StoryId) -> Result<Option<StoryRow>, StoreError> {
        Ok(self.look().stories.get(&id).cloned())
    }

    async fn article(&self, id: ItemId) -> Result<Option<ArticleRow>, StoreError> {
        Ok(self.look().articles.get(&id).cloned())
    }

    async fn stored(&self, row: &ArticleRow) -> Result<Option<Commit>, StoreError> {
        Ok(self.look().stored(row))
    }

    async fn lexicon_only(
        &self,
        after: Option<ItemId>,
        limit: usize,
    ) -> Result<Vec<(ItemId, ArticleRow)>, StoreError> {
        let state = self.look();
        let rows = state
            .articles
            .iter()
            .filter(|(id, row)| after.is_none_or(|after| **id > after) && row.lexicon_only);
        Ok(rows.take(limit).map(|(id, row)| (*id, row.clone())).collect())
    }

    async fn scan(&self, after: Option<Cursor>, limit: usize) -> Result<Vec<(Cursor, Commit)>, StoreError> {
        let state = self.look();
        let all =
            state.commits.iter().enumerate().filter_map(|(n, commit)| Some((n as u64 + 1, commit.clone()?)));
        let all = all.map(|(offset, commit)| (Cursor(Position { segment: 0, offset }), commit));
        Ok(all.filter(|(cursor, _)| after.is_none_or(|after| *cursor > after)).take(limit).collect())
    }

    async fn raise(&self, row: AlertRow) -> Result<(), StoreError> {
        self.change(|state| {
            if !state.alerts.contains_key(&row.alert.id.0) {
                state.raise(row);
            }
            Ok(())
        })
    }

    async fn pending(&self, channel: &str) -> Result<Vec<OutboxRow>, StoreError> {
        let state = self.look();
        let waits = |row: &&OutboxRow| row.channels.get(channel).is_some_and(String::is_empty);
        let mut rows: Vec<_> = state.alerts.values().filter(waits).cloned().collect();
        rows.sort_by(|a, b| (a.alert.created, &a.alert.id.0).cmp(&(b.alert.created, &b.alert.id.0)));
        rows.truncate(PENDING);
        Ok(rows)
    }

    async fn freeze(&self, message: Message, at: Timestamp) -> Result<(), StoreError> {
        self.change(|state| {
            for id in &message.members {
                if let Some(row) = state.alerts.get_mut(&id.0) {
                    row.channels.insert(message.channel.clone(), message.id.clone());
                }
            }
            let id = message.id.clone();
            let row = MessageRow {
                message,
                state: MessageState::Frozen,
                tries: 0,
                frozen: at,
                due: at,
                error: None,
            };
            state.messages.insert(id, row);
            Ok(())
        })
    }

    async fn next_message(&self, channel: &str) -> Result<Option<MessageRow>, StoreError> {
        let state = self.look();
        let frozen = state.messages.values().filter(|row| row.state == MessageState::Frozen);
        let own = frozen.filter(|row| row.message.channel == channel);
        Ok(own.min_by_key(|row| (row.due, row.message.id.clone())).cloned())
    }

    async fn ack(&self, id: &str, at: Timestamp) -> Result<(), StoreError> {
        self.change(|state| {
            if let Some(row) = state.messages.get_mut(id) {
                row.state = MessageState::Sent;
                state.last_sent.insert(row.message.channel.clone(), at);
            }
            Ok(())
        })
    }

    async fn nack(&self, id: &str, error: String, retry_at: Timestamp) -> Result<(), StoreError> {
        self.change(|state| {
            if let Some(row) = state.messages.get_mut(id) {
                row.tries += 1;
                (row.due, row.error) = (retry_at, Some(error));
            }
            Ok(())
        })
    }

    async fn dead(&self, id: &str, error: String, _: Timestamp) -> Result<(), StoreError> {
        self.change(|state| {
            if let Some(row) = state.messages.get_mut(id) {
                (row.state, row.error) = (MessageState::Dead, Some(error));
            }
            Ok(())
        })
    }

    async fn alert(&self, id: &AlertId) -> Result<Option<OutboxRow>, StoreError> {
        Ok(self.look().alerts.get(&id.0).cloned())
    }

    async fn message(&self, id: &str) -> Result<Option<MessageRow>, StoreError> {
        Ok(self.look().messages.get(id).cloned())
    }

    async fn last_sent(&self, channel: &str) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.look().last_sent.get(channel).copied())
    }

    async fn writable(&self) -> Result<(), StoreError> {
        self.change(|_| Ok(()))
    }

    async fn stats(&self) -> Result<Stats, StoreError> {
        let state = self.look();
        let items = |status| state.items.values().filter(|row| row.status == status).count() as u64;
        let messages = |now| state.messages.values().filter(|row| row.state == now).count() as u64;
        Ok(Stats {
            items_waiting: items(ItemStatus::Waiting),
            items_done: state.articles.len() as u64,
            items_dropped: items(ItemStatus::Dropped),
            items_quarantined: items(ItemStatus::Quarantined),
            alerts: state.alerts.len() as u64,
            messages_waiting: messages(MessageState::Frozen),
            messages_sent: messages(MessageState::Sent),
            messages_dead: messages(MessageState::Dead),
        })
    }

    async fn tidy(&self, now: Timestamp, keep: &Retention) -> Result<TidyReport, StoreError> {
        self.change(|state| Ok(state.tidy(now, keep)))
    }

    async fn forget(&self, items: Vec<ItemId>) -> Result<ForgetReport, StoreError> {
        self.change(|state| {
            items.iter().for_each(|id| state.forget_for_ever(*id));
            Ok(ForgetReport::default())
        })
    }

    async fn close(&self) {
        self.look().closed = true;
    }
}
