//! What of a segment is still wanted when it goes: a segment is dropped only after the facts that its records made are
//! written once more, as they are now, at the journal's end. What is let go with it are the articles' texts.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use vedetta_domain::{AlertId, ItemId, PollState, SourceId, StoryId};

use crate::{
    StoreError,
    index::Index,
    keys,
    record::{Kept, Record},
    rows::{ArticleRow, FeaturesRow, ItemRow, MessageRow, OutboxRow, StoryRow, ToldRow},
};

/// Facts in one record: enough to be quick, few enough that nobody waits long behind it.
const CHUNK: usize = 256;

/// What records have touched.
#[derive(Debug, Clone, Default)]
pub struct Touched {
    /// The last segment that goes.
    pub segment: u64,
    sources: BTreeSet<SourceId>,
    items: BTreeSet<ItemId>,
    articles: BTreeMap<ItemId, Vec<u64>>,
    stories: BTreeSet<StoryId>,
    alerts: BTreeSet<AlertId>,
    messages: BTreeSet<String>,
}

impl Touched {
    /// Nothing yet, of a segment and those before it.
    pub fn of(segment: u64) -> Self {
        Self { segment, ..Self::default() }
    }

    /// Adds what `record` touched.
    pub fn add(&mut self, record: Record) {
        match record {
            Record::SourcePolled { source, items, .. } => {
                self.sources.insert(source);
                self.items.extend(items.iter().map(|item| item.id));
            }
            Record::ItemStarted { item, .. } | Record::ItemEnded { item, .. } => {
                self.items.insert(item);
            }
            Record::Committed(commit) => {
                self.items.insert(commit.item.id);
                self.stories.insert(commit.verdict.story);
                self.alerts.extend(commit.alerts.iter().map(|row| row.alert.id.clone()));
                self.alerts.extend(commit.joins);
                self.articles.insert(commit.item.id, commit.marks.bands);
            }
            Record::Raised(row) => {
                self.alerts.insert(row.alert.id);
            }
            Record::MessageFrozen { message, .. } => {
                self.alerts.extend(message.members);
                self.messages.insert(message.id);
            }
            Record::MessageTried { id, .. }
            | Record::MessageSent { id, .. }
            | Record::MessageDead { id, .. } => {
                self.messages.insert(id);
            }
            Record::Kept { facts } => facts.into_iter().for_each(|fact| self.add_fact(fact)),
            Record::Expired(_) => {}
            // Known they stay, when all that was said of them goes.
            Record::Forgotten { items } => self.items.extend(items),
        }
    }

    /// Adds all that the index knows. The marks of texts that only the journal has are not among it.
    pub fn add_all(&mut self, index: &Index) -> Result<(), StoreError> {
        each(index, keys::prefix::SOURCE, |key, _: PollState| {
            self.sources.insert(SourceId(String::from_utf8_lossy(&key[1..]).into_owned()));
        })?;
        each(index, keys::prefix::ITEM, |_, row: ItemRow| {
            self.items.insert(row.item.id);
        })?;
        let prefix = [keys::prefix::KNOWN];
        let mut from = prefix.to_vec();
        loop {
            let page = index.keys(&prefix, &from, CHUNK)?;
            let Some(last) = page.last() else { break };
            from = [last.as_slice(), &[0]].concat();
            self.items.extend(page.iter().filter_map(|key| keys::trailing_item(key)));
        }
        each(index, keys::prefix::ARTICLE, |_, row: ArticleRow| {
            self.articles.entry(row.telling.item).or_default();
        })?;
        each(index, keys::prefix::STORY, |key, _: StoryRow| {
            let id = <[u8; 16]>::try_from(&key[1..]).map(uuid::Uuid::from_bytes);
            self.stories.extend(id.map(StoryId));
        })?;
        each(index, keys::prefix::ALERT, |_, row: OutboxRow| {
            self.alerts.insert(row.alert.id);
        })?;
        each(index, keys::prefix::MESSAGE, |_, row: MessageRow| {
            self.messages.insert(row.message.id);
        })
    }

    fn add_fact(&mut self, fact: Kept) {
        match fact {
            Kept::Source { source, .. } => {
                self.sources.insert(source);
            }
            Kept::Item(row) => {
                self.items.insert(row.item.id);
            }
            Kept::Seen { item } => {
                self.items.insert(item);
            }
            Kept::Article { item, marks, .. } => {
                self.items.insert(item);
                self.articles.insert(item, marks);
            }
            Kept::Story { story, .. } => {
                self.stories.insert(story);
            }
            Kept::Alert(row) => {
                self.alerts.insert(row.alert.id);
            }
            Kept::Message(row) => {
                self.messages.insert(row.message.id);
            }
            // All channels are kept with every record: they are few.
            Kept::Channel { .. } => {}
        }
    }

    /// In pieces that make a record each.
    pub fn chunks(self) -> Vec<Self> {
        let segment = self.segment;
        let mut chunks: Vec<(usize, Self)> = Vec::new();
        let mut put = |add: &mut dyn FnMut(&mut Self)| {
            if chunks.last().is_none_or(|(count, _)| *count >= CHUNK) {
                chunks.push((0, Self::of(segment)));
            }
            if let Some((count, chunk)) = chunks.last_mut() {
                *count += 1;
                add(chunk);
            }
        };
        self.sources.iter().for_each(|id| {
            put(&mut |to| {
                to.sources.insert(id.clone());
            })
        });
        self.items.iter().for_each(|id| {
            put(&mut |to| {
                to.items.insert(*id);
            })
        });
        self.articles.iter().for_each(|(id, m)| {
            put(&mut |to| {
                to.articles.insert(*id, m.clone());
            })
        });
        self.stories.iter().for_each(|id| {
            put(&mut |to| {
                to.stories.insert(*id);
            })
        });
        self.alerts.iter().for_each(|id| {
            put(&mut |to| {
                to.alerts.insert(id.clone());
            })
        });
        self.messages.iter().for_each(|id| {
            put(&mut |to| {
                to.messages.insert(id.clone());
            })
        });
        chunks.into_iter().map(|(_, chunk)| chunk).collect()
    }
}

/// Every row of a kind.
pub fn each<T: DeserializeOwned>(
    index: &Index,
    prefix: u8,
    mut see: impl FnMut(&[u8], T),
) -> Result<(), StoreError> {
    let mut after: Option<Vec<u8>> = None;
    loop {
        let page = index.page::<T>(prefix, after.as_deref(), CHUNK)?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = Some(last.clone());
        page.into_iter().for_each(|(key, row)| see(&key, row));
    }
}

/// What is known of `touched` now, without the texts that go.
pub fn facts(index: &Index, touched: &Touched) -> Result<Vec<Kept>, StoreError> {
    let mut facts = Vec::new();
    for source in &touched.sources {
        let state = index.get(keys::source(source))?;
        facts.extend(state.map(|state| Kept::Source { source: source.clone(), state }));
    }
    for item in &touched.items {
        if let Some(row) = index.get::<ItemRow>(keys::item(*item))? {
            facts.push(Kept::Item(Box::new(row)));
        } else if index.known(*item)? == Some(None) {
            facts.push(Kept::Seen { item: *item });
        }
    }
    for (item, marks) in &touched.articles {
        let Some(mut row) = index.article(*item)? else { continue };
        row.position = row.position.filter(|position| position.segment > touched.segment);
        let told = index.get::<ToldRow>(keys::features(row.document))?;
        let features = told.map(|ToldRow { features, keys, .. }| FeaturesRow { features, keys });
        facts.push(Kept::Article { item: *item, row: Box::new(row), marks: marks.clone(), features });
    }
    for story in &touched.stories {
        let row = index.get(keys::story(*story))?;
        facts.extend(row.map(|row| Kept::Story { story: *story, row }));
    }
    for alert in &touched.alerts {
        facts.extend(index.get::<OutboxRow>(keys::alert(alert))?.map(|row| Kept::Alert(Box::new(row))));
    }
    for message in &touched.messages {
        let row = index.get::<MessageRow>(keys::message(message))?;
        facts.extend(row.map(|row| Kept::Message(Box::new(row))));
    }
    for (key, sent) in index.page(keys::prefix::CHANNEL, None, CHUNK)? {
        let channel = String::from_utf8_lossy(&key[1..]).into_owned();
        facts.push(Kept::Channel { channel, sent });
    }
    Ok(facts)
}
