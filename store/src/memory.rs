//! A store that lives as long as its process: for tests, and the plainest account of what the verbs mean.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use futures::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::Notify;
use vedetta_domain::{AlertId, Item, ItemId, Message, PollState, SourceId, StoryId};

use crate::{
    Cursor, Position, Retention, Stats, Store, StoreError, TidyReport,
    record::{AlertRow, Commit, ItemEnd, RetryAfter},
    rows::{
        ArticleRow, FeaturesRow, ItemRow, ItemStatus, MessageRow, MessageState, OutboxRow, StoryRow,
        TellingRow,
    },
};

/// A mark that more texts have tells nothing.
const COMMON: usize = 200;
/// Articles that share a mark and are looked at.
const CANDIDATES: usize = 64;
/// Alerts of one channel that are looked at in one go.
const PENDING: usize = 100;

/// See [`Store`].
#[derive(Default)]
pub struct MemoryStore {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    closed: bool,
    sources: HashMap<SourceId, PollState>,
    items: BTreeMap<ItemId, ItemRow>,
    /// Items that are only known.
    seen: HashSet<ItemId>,
    leases: HashSet<ItemId>,
    /// In the order in which they came; an article's position counts them from 1.
    commits: Vec<Option<Commit>>,
    articles: BTreeMap<ItemId, ArticleRow>,
    features: HashMap<ItemId, FeaturesRow>,
    marks: HashMap<u64, BTreeSet<(u32, ItemId)>>,
    urls: HashMap<String, ItemId>,
    exacts: HashMap<String, ItemId>,
    documents: u32,
    stories: HashMap<StoryId, StoryRow>,
    alerts: BTreeMap<String, OutboxRow>,
    messages: BTreeMap<String, MessageRow>,
    last_sent: HashMap<String, Timestamp>,
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

impl State {
    fn raise(&mut self, row: AlertRow) {
        let channels = row.channels.into_iter().map(|channel| (channel, String::new())).collect();
        self.alerts.insert(row.alert.id.0.clone(), OutboxRow { alert: row.alert, channels });
    }

    fn due(&self) -> impl Iterator<Item = (Timestamp, ItemId)> {
        let waiting = self.items.values().filter(|row| row.status == ItemStatus::Waiting);
        let free = waiting.filter(|row| !self.leases.contains(&row.item.id));
        let mut due: Vec<_> = free.map(|row| (row.due, row.item.id)).collect();
        due.sort();
        due.into_iter()
    }

    fn commit(&mut self, mut commit: Commit) -> Result<(), StoreError> {
        let (id, story) = (commit.item.id, commit.verdict.story);
        let found = self.stories.get(&story).map_or(0, |row| row.version);
        if let Some(expected) = commit.expected.filter(|expected| *expected != found) {
            return Err(StoreError::Conflict { story: story.to_string(), expected, found });
        }
        self.documents += 1;
        let document = self.documents;
        self.marks.values_mut().for_each(|texts| texts.retain(|(_, other)| *other != id));
        commit.marks.document = document;
        if let Some(row) = self.items.get_mut(&id) {
            row.status = ItemStatus::Done;
            (row.error, row.ended) = (None, None);
            (row.item.entry.summary, row.item.entry.content) = (None, None);
        }
        if let Some(before) = self.articles.get(&id).map(|row| row.story).filter(|before| *before != story) {
            self.untell(before, id);
        }
        self.commits.push(Some(commit.clone()));
        let marks = &commit.marks;
        self.articles.insert(
            id,
            ArticleRow {
                position: Some(Position { segment: 0, offset: self.commits.len() as u64 }),
                document,
                story,
                telling: commit.telling.clone(),
                canonical_url: marks.canonical_url.clone(),
                exact: marks.exact.clone(),
                judged: commit.judged.clone(),
                lexicon_only: commit.article.model.is_none(),
                at: commit.at,
            },
        );
        let features = FeaturesRow { features: marks.features.clone(), keys: marks.story_keys.clone() };
        self.features.insert(id, features);
        for mark in &marks.bands {
            self.marks.entry(*mark).or_default().insert((document, id));
        }
        self.urls.extend(marks.canonical_url.clone().map(|url| (url, id)));
        if !marks.exact.is_empty() {
            self.exacts.entry(marks.exact.clone()).or_insert(id);
        }
        let row = self.stories.entry(story).or_default();
        if !row.tellings.contains(&id) {
            row.tellings.push(id);
        }
        row.version += 1;
        for alert in commit.alerts {
            row.alerted.insert(alert.alert.watch.clone(), alert.alert.id.clone());
            row.revisions += 1;
            let channels = alert.channels.into_iter().map(|channel| (channel, String::new())).collect();
            self.alerts.insert(alert.alert.id.0.clone(), OutboxRow { alert: alert.alert, channels });
        }
        for id in commit.joins {
            if let Some(row) = self.alerts.get_mut(&id.0) {
                row.alert.also_in.push(commit.telling.clone());
            }
        }
        Ok(())
    }

    /// An article tells a story no more; a story that nobody tells goes.
    fn untell(&mut self, story: StoryId, id: ItemId) {
        if let Some(row) = self.stories.get_mut(&story) {
            row.tellings.retain(|telling| *telling != id);
            if row.tellings.is_empty() {
                self.stories.remove(&story);
            }
        }
    }

    /// Nothing recognises the article any more.
    fn forget(&mut self, id: ItemId) {
        let Some(row) = self.articles.remove(&id) else { return };
        self.features.remove(&id);
        self.urls.retain(|_, other| *other != id);
        self.exacts.retain(|_, other| *other != id);
        self.marks.values_mut().for_each(|texts| texts.retain(|(_, other)| *other != id));
        self.untell(row.story, id);
        if self.items.get(&id).is_some_and(|row| row.status == ItemStatus::Done) {
            self.items.remove(&id);
            self.seen.insert(id);
        }
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
        let known = |id: &ItemId| state.items.contains_key(id) || state.seen.contains(id);
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
                if state.seen.contains(&item.id) {
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
        let due: Vec<_> = state.due().take_while(|(due, _)| *due <= now).take(limit).collect();
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
            let (status, error) = match end {
                ItemEnd::Retry { error, retry_at, after } => {
                    row.due = retry_at;
                    match after {
                        RetryAfter::Outage => row.attempts = row.attempts.saturating_sub(1),
                        RetryAfter::WorkerDeath { alone } => row.deaths += u32::from(alone),
                    }
                    (ItemStatus::Waiting, error)
                }
                ItemEnd::Dropped { error } => (ItemStatus::Dropped, error),
                ItemEnd::Quarantined { error } => (ItemStatus::Quarantined, error),
            };
            row.ended = (status != ItemStatus::Waiting).then_some(at);
            (row.status, row.error) = (status, Some(error));
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

    async fn by_url(&self, url: &str) -> Result<Option<(ItemId, ArticleRow)>, StoreError> {
        let state = self.look();
        Ok(state.urls.get(url).and_then(|id| Some((*id, state.articles.get(id)?.clone()))))
    }

    async fn by_exact(&self, exact: &str) -> Result<Option<(ItemId, ArticleRow)>, StoreError> {
        let state = self.look();
        Ok(state.exacts.get(exact).and_then(|id| Some((*id, state.articles.get(id)?.clone()))))
    }

    async fn by_marks(&self, marks: Vec<u64>) -> Result<Vec<(ItemId, ArticleRow)>, StoreError> {
        let state = self.look();
        let mut shared = BTreeMap::<(u32, ItemId), usize>::new();
        let telling =
            marks.iter().filter_map(|mark| state.marks.get(mark)).filter(|texts| texts.len() <= COMMON);
        telling.flatten().for_each(|text| *shared.entry(*text).or_default() += 1);
        let mut texts: Vec<_> = shared.into_iter().collect();
        texts.sort_by_key(|((document, _), count)| std::cmp::Reverse((*count, *document)));
        let rows = texts.iter().take(CANDIDATES).map(|((_, id), _)| id);
        Ok(rows.filter_map(|id| Some((*id, state.articles.get(id)?.clone()))).collect())
    }

    async fn tellings(
        &self,
        keys: Vec<String>,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<TellingRow>, StoreError> {
        let state = self.look();
        let named = |(id, row): &(&ItemId, &ArticleRow)| {
            let shares = |features: &FeaturesRow| features.keys.iter().any(|key| keys.contains(key));
            row.at >= since && state.features.get(id).is_some_and(shares)
        };
        let stories: BTreeSet<StoryId> =
            state.articles.iter().filter(named).map(|(_, row)| row.story).collect();
        let mut found = Vec::new();
        for story in stories {
            let ids = state.stories.get(&story).map(|row| row.tellings.as_slice()).unwrap_or_default();
            for id in ids.iter().rev().take(limit) {
                let (Some(row), Some(features)) = (state.articles.get(id), state.features.get(id)) else {
                    continue;
                };
                let (exact, features) = (row.exact.clone(), features.features.clone());
                found.push(TellingRow { id: *id, story, exact, features });
            }
        }
        Ok(found)
    }

    async fn story(&self, id: StoryId) -> Result<Option<StoryRow>, StoreError> {
        Ok(self.look().stories.get(&id).cloned())
    }

    async fn article(&self, id: ItemId) -> Result<Option<ArticleRow>, StoreError> {
        Ok(self.look().articles.get(&id).cloned())
    }

    async fn stored(&self, row: &ArticleRow) -> Result<Option<Commit>, StoreError> {
        let at = row.position.and_then(|position| usize::try_from(position.offset).ok()?.checked_sub(1));
        Ok(at.and_then(|at| self.look().commits.get(at).cloned().flatten()))
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

    async fn stats(&self) -> Result<Stats, StoreError> {
        let state = self.look();
        let items = |status| state.items.values().filter(|row| row.status == status).count() as u64;
        let messages = |now| state.messages.values().filter(|row| row.state == now).count() as u64;
        Ok(Stats {
            items_waiting: items(ItemStatus::Waiting),
            items_done: items(ItemStatus::Done),
            items_dropped: items(ItemStatus::Dropped),
            items_quarantined: items(ItemStatus::Quarantined),
            alerts: state.alerts.len() as u64,
            messages_waiting: messages(MessageState::Frozen),
            messages_sent: messages(MessageState::Sent),
            messages_dead: messages(MessageState::Dead),
        })
    }

    async fn tidy(&self, now: Timestamp, keep: &Retention) -> Result<TidyReport, StoreError> {
        self.change(|state| {
            let mut report = TidyReport::default();
            let (story_end, mark_end, text_end) = (now - keep.stories, now - keep.marks, now - keep.texts);
            let rows: Vec<_> = state.articles.iter().map(|(id, row)| (*id, row.at)).collect();
            for (id, at) in rows {
                if at < story_end {
                    report.told += u64::from(state.features.remove(&id).is_some());
                }
                if at < mark_end {
                    state.forget(id);
                    report.articles += 1;
                }
            }
            let ended = |row: &ItemRow| row.ended.is_some_and(|at| at < mark_end);
            let items: Vec<ItemId> =
                state.items.values().filter(|row| ended(row)).map(|row| row.item.id).collect();
            report.items = items.len() as u64;
            state.items.retain(|id, _| !items.contains(id));
            state.seen.extend(items);
            for commit in
                state.commits.iter_mut().filter(|slot| slot.as_ref().is_some_and(|c| c.at < text_end))
            {
                *commit = None;
            }
            let before = state.alerts.len() + state.messages.len();
            let delivered = |row: &OutboxRow| row.channels.values().all(|message| !message.is_empty());
            state.alerts.retain(|_, row| row.alert.created >= mark_end || !delivered(row));
            state.messages.retain(|_, row| row.frozen >= mark_end || row.state == MessageState::Frozen);
            report.alerts = (before - state.alerts.len() - state.messages.len()) as u64;
            Ok(report)
        })
    }

    async fn close(&self) {
        self.look().closed = true;
    }
}
