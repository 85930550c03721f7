//! What the store in memory holds, and what a commit, a question and the passing of time do to it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use vedetta_domain::{Alert, ItemId, PollState, SourceId, StoryId, Telling};

use crate::{
    Position, Recalled, Retention, Sought, StoreError, TidyReport,
    record::{AlertRow, Commit},
    rows::{
        ArticleRow, FeaturesRow, ItemRow, ItemStatus, MessageRow, MessageState, OutboxRow, StoryRow,
        TellingRow,
    },
};

/// A mark that more texts have tells nothing.
const COMMON: usize = 200;
/// Articles that share a mark and are looked at.
const NEAR: usize = 64;

#[derive(Default)]
pub struct State {
    pub closed: bool,
    pub sources: HashMap<SourceId, PollState>,
    pub items: BTreeMap<ItemId, ItemRow>,
    /// Items that have an article, or had one or another end.
    pub known: HashSet<ItemId>,
    pub leases: HashSet<ItemId>,
    /// In the order in which they came; an article's position counts them from 1.
    pub commits: Vec<Option<Commit>>,
    pub articles: BTreeMap<ItemId, ArticleRow>,
    pub features: HashMap<ItemId, FeaturesRow>,
    marks: HashMap<u64, BTreeSet<(u32, ItemId)>>,
    documents: u32,
    pub stories: HashMap<StoryId, StoryRow>,
    pub alerts: BTreeMap<String, OutboxRow>,
    pub messages: BTreeMap<String, MessageRow>,
    pub last_sent: HashMap<String, Timestamp>,
}

impl State {
    pub fn raise(&mut self, row: AlertRow) {
        let channels = row.channels.into_iter().map(|channel| (channel, String::new())).collect();
        self.alerts.insert(row.alert.id.0.clone(), OutboxRow { alert: row.alert, channels });
    }

    pub fn due(&self) -> impl Iterator<Item = (Timestamp, ItemId)> {
        let waiting = self.items.values().filter(|row| row.status == ItemStatus::Waiting);
        let free = waiting.filter(|row| !self.leases.contains(&row.item.id));
        let mut due: Vec<_> = free.map(|row| (row.due, row.item.id)).collect();
        due.sort();
        due.into_iter()
    }

    pub fn commit(&mut self, mut commit: Commit) -> Result<(), StoreError> {
        let (id, story) = (commit.item.id, commit.verdict.story);
        let found = self.stories.get(&story).map_or(0, |row| row.version);
        if let Some(expected) = commit.expected.filter(|expected| *expected != found) {
            return Err(StoreError::Conflict { story: story.to_string(), expected, found });
        }
        self.documents += 1;
        let document = self.documents;
        self.marks.values_mut().for_each(|texts| texts.retain(|(_, other)| *other != id));
        commit.marks.document = document;
        self.items.remove(&id);
        self.known.insert(id);
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
                telling: Telling { item: id, ..commit.telling.clone() },
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
        self.marks.values_mut().for_each(|texts| texts.retain(|(_, other)| *other != id));
        self.untell(row.story, id);
    }

    /// Nothing says any more what the item said.
    pub fn forget_for_ever(&mut self, id: ItemId) {
        self.forget(id);
        self.items.remove(&id);
        self.known.insert(id);
        self.commits
            .iter_mut()
            .filter(|slot| slot.as_ref().is_some_and(|commit| commit.item.id == id))
            .for_each(|slot| *slot = None);
        let (mut gone, mut touched) = (BTreeSet::new(), BTreeSet::new());
        for (alert, row) in &mut self.alerts {
            let also = row.alert.also_in.len();
            row.alert.also_in.retain(|telling| telling.item != id);
            if row.alert.telling.as_ref().is_some_and(|telling| telling.item == id) {
                row.alert = Alert {
                    telling: None,
                    also_in: Vec::new(),
                    reasons: Vec::new(),
                    entities: Vec::new(),
                    new_names: Vec::new(),
                    text: Some("forgotten".into()),
                    ..row.alert.clone()
                };
                gone.insert(alert.clone());
                row.channels
                    .values_mut()
                    .filter(|message| message.is_empty())
                    .for_each(|message| *message = "forgotten".into());
            } else if row.alert.also_in.len() == also {
                continue;
            }
            touched.insert(alert.clone());
        }
        let says = |row: &MessageRow| row.message.members.iter().any(|member| touched.contains(&member.0));
        for row in self.messages.values_mut().filter(|row| says(row)) {
            if row.state == MessageState::Frozen {
                for member in &row.message.members {
                    if let Some(alert) = self.alerts.get_mut(&member.0) {
                        let lost = alert.alert.text.as_deref() == Some("forgotten");
                        let message = if lost { "forgotten" } else { "" };
                        alert.channels.insert(row.message.channel.clone(), message.into());
                    }
                }
            } else {
                row.message.body.clear();
                row.error = row.error.as_ref().map(|_| String::new());
            }
        }
        self.messages.retain(|_, row| row.state != MessageState::Frozen || !says(row));
    }

    /// The commit that a row points at.
    pub fn stored(&self, row: &ArticleRow) -> Option<Commit> {
        let at = usize::try_from(row.position?.offset).ok()?.checked_sub(1)?;
        self.commits.get(at).cloned().flatten()
    }

    pub fn recall(&self, sought: &Sought) -> Recalled {
        let others = || self.articles.values().filter(|row| row.telling.item != sought.item);
        let at_url = others().filter(|row| row.canonical_url.is_some() && row.canonical_url == sought.url);
        let same_url = at_url.max_by_key(|row| row.document).cloned();
        let with_text = others().filter(|row| !row.exact.is_empty() && row.exact == sought.exact);
        let same_text = with_text.min_by_key(|row| row.document).cloned();
        if same_url.is_some() || same_text.is_some() {
            return Recalled { same_url, same_text, ..Recalled::default() };
        }
        let mut shared = BTreeMap::<(u32, ItemId), usize>::new();
        let marks = sought.marks.iter().filter_map(|mark| self.marks.get(mark));
        let telling = marks.filter(|texts| texts.len() <= COMMON).flatten();
        telling.for_each(|text| *shared.entry(*text).or_default() += 1);
        let mut texts: Vec<_> = shared.into_iter().filter(|((_, item), _)| *item != sought.item).collect();
        texts.sort_by_key(|((document, _), count)| std::cmp::Reverse((*count, *document)));
        let rows = texts.iter().filter_map(|((_, id), _)| self.articles.get(id)).take(NEAR);
        let near = rows.filter_map(|row| Some((row.clone(), self.stored(row)?))).collect();
        Recalled { near, tellings: self.tellings(sought), ..Recalled::default() }
    }

    fn tellings(&self, sought: &Sought) -> Vec<TellingRow> {
        let named = |(id, row): &(&ItemId, &ArticleRow)| {
            let shares =
                |features: &FeaturesRow| features.keys.iter().any(|key| sought.story_keys.contains(key));
            **id != sought.item && row.at >= sought.since && self.features.get(id).is_some_and(shares)
        };
        let stories: BTreeSet<StoryId> =
            self.articles.iter().filter(named).map(|(_, row)| row.story).collect();
        let mut found = Vec::new();
        for story in stories {
            let ids = self.stories.get(&story).map(|row| row.tellings.as_slice()).unwrap_or_default();
            for id in ids.iter().rev().filter(|id| **id != sought.item).take(sought.tellings) {
                let (Some(row), Some(features)) = (self.articles.get(id), self.features.get(id)) else {
                    continue;
                };
                let (exact, features) = (row.exact.clone(), features.features.clone());
                found.push(TellingRow { id: *id, story, exact, features });
            }
        }
        found
    }

    /// Lets go what is too old.
    pub fn tidy(&mut self, now: Timestamp, keep: &Retention) -> TidyReport {
        let mut report = TidyReport::default();
        let (story_end, mark_end, text_end) = (now - keep.stories, now - keep.marks, now - keep.texts);
        let rows: Vec<_> = self.articles.iter().map(|(id, row)| (*id, row.at)).collect();
        for (id, at) in rows {
            if at < story_end {
                report.told += u64::from(self.features.remove(&id).is_some());
            }
            if at < mark_end {
                self.forget(id);
                report.articles += 1;
            }
        }
        let ended = |row: &ItemRow| row.ended.is_some_and(|at| at < mark_end);
        let items: Vec<ItemId> =
            self.items.values().filter(|row| ended(row)).map(|row| row.item.id).collect();
        report.items = items.len() as u64;
        self.items.retain(|id, _| !items.contains(id));
        self.known.extend(items);
        for commit in self.commits.iter_mut().filter(|slot| slot.as_ref().is_some_and(|c| c.at < text_end)) {
            *commit = None;
        }
        let before = self.alerts.len() + self.messages.len();
        let delivered = |row: &OutboxRow| row.channels.values().all(|message| !message.is_empty());
        self.alerts.retain(|_, row| row.alert.created >= mark_end || !delivered(row));
        self.messages.retain(|_, row| row.frozen >= mark_end || row.state == MessageState::Frozen);
        report.alerts = (before - self.alerts.len() - self.messages.len()) as u64;
        report
    }
}
