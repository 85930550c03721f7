//! The journal's records: what happened, decided before it is written, so that replay only applies.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vedetta_domain::{
    Alert, AlertId, DedupeVerdict, Item, ItemId, Message, PollState, Revision, SourceId, StoryId,
    TaggedArticle, Telling, WatchId,
};

use crate::{
    Position, StoreError,
    rows::{ArticleRow, FeaturesRow, ItemRow, MessageRow, OutboxRow, StoryRow},
};

/// Version of the records that this build writes. Older ones must load for ever.
const VERSION: u32 = 3;

/// One unit of change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Record {
    /// A poll: its unknown items and the source's new state, in one unit, so that validators never
    /// outlive the items that they would hide.
    SourcePolled {
        /// The source.
        source: SourceId,
        /// Its state after the poll.
        state: Box<PollState>,
        /// Items that were not known.
        items: Vec<Item>,
    },
    /// Work on an item begins: counted first, so that an item that kills its worker is found out.
    ItemStarted {
        /// The item.
        item: ItemId,
        /// Which try this is, from 1.
        attempt: u32,
    },
    /// Work on an item ended without an article.
    ItemEnded {
        /// The item.
        item: ItemId,
        /// How.
        end: ItemEnd,
        /// When.
        at: Timestamp,
    },
    /// An article with all that follows from it.
    Committed(Box<Commit>),
    /// An alert that belongs to no article (trouble of the daemon's own).
    Raised(Box<AlertRow>),
    /// An outgoing message, frozen before its first try.
    MessageFrozen {
        /// The bytes.
        message: Message,
        /// When.
        at: Timestamp,
    },
    /// A try that failed.
    MessageTried {
        /// The message.
        id: String,
        /// Why.
        error: String,
        /// When it is due again.
        retry_at: Timestamp,
    },
    /// The channel took it.
    MessageSent {
        /// The message.
        id: String,
        /// When.
        at: Timestamp,
    },
    /// It will not be tried again by itself.
    MessageDead {
        /// The message.
        id: String,
        /// Why.
        error: String,
        /// When.
        at: Timestamp,
    },
    /// Facts of segments that are about to go.
    Kept {
        /// They.
        facts: Vec<Kept>,
    },
    /// What is let go because of its age.
    Expired(Box<Expired>),
    /// Items of which nothing is to be kept, and that are never read again.
    Forgotten {
        /// They.
        items: Vec<ItemId>,
    },
}

/// A fact that is still wanted when the segment goes in which it stood.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "kebab-case")]
pub enum Kept {
    /// A source's state.
    Source {
        /// The source.
        source: SourceId,
        /// Its state.
        state: Box<PollState>,
    },
    /// An item's.
    Item(Box<ItemRow>),
    /// An item that is only to be known again.
    Seen {
        /// The item.
        item: ItemId,
    },
    /// All of an article but its text.
    Article {
        /// Its item.
        item: ItemId,
        /// Its row.
        row: Box<ArticleRow>,
        /// Its text's marks.
        marks: Vec<u64>,
        /// By what other tellings are told, while they may come.
        features: Option<FeaturesRow>,
    },
    /// A story.
    Story {
        /// Its id.
        story: StoryId,
        /// Its row.
        row: Box<StoryRow>,
    },
    /// An alert.
    Alert(Box<OutboxRow>),
    /// A message.
    Message(Box<MessageRow>),
    /// When a channel took a message last.
    Channel {
        /// Its name.
        channel: String,
        /// When.
        sent: Timestamp,
    },
}

/// What is let go because of its age.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Expired {
    /// Articles whose event is over: no other telling is looked for.
    pub told: Vec<ItemId>,
    /// Articles, with all by which they would be recognised.
    pub articles: Vec<ItemId>,
    /// Items that ended without an article, and when.
    pub items: Vec<(Timestamp, ItemId)>,
    /// Alerts.
    pub alerts: Vec<AlertId>,
    /// Messages.
    pub messages: Vec<String>,
}

/// How work on an item ended without an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "kebab-case")]
pub enum ItemEnd {
    /// Try again at `retry_at`.
    Retry {
        /// Why.
        error: String,
        /// When it is due again.
        retry_at: Timestamp,
        /// What it says of the item.
        after: RetryAfter,
    },
    /// Nothing to be had there: gone, forbidden, no text.
    Dropped {
        /// Why.
        error: String,
    },
    /// It killed the worker twice, or failed too often: a person looks.
    Quarantined {
        /// Why.
        error: String,
    },
}

/// Whether a failed try says something of the item itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RetryAfter {
    /// The network or the disk: the try is excused.
    Outage,
    /// The worker died over it.
    WorkerDeath {
        /// No other item was in the worker, so this one did it.
        alone: bool,
    },
}

/// By what an article is recognised later.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Marks {
    /// Canonical address.
    pub canonical_url: Option<String>,
    /// Hash of the normalised text, hex.
    pub exact: String,
    /// MinHash bands and passages of its text.
    pub bands: Vec<u64>,
    /// The number that its document has there; given when the record is written, 0 before.
    pub document: u32,
    /// Keys under which the story's other tellings look for it (entity ids).
    pub story_keys: Vec<String>,
    /// The story comparison's features, as JSON of their own crate.
    pub features: String,
}

/// An alert and the channels that are to carry it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertRow {
    /// The alert.
    pub alert: Alert,
    /// Names of channels.
    pub channels: Vec<String>,
}

/// Article, dedupe marks, story and alerts: one unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Commit {
    /// The item it answers.
    pub item: Item,
    /// The article.
    pub article: TaggedArticle,
    /// What the ladder said.
    pub verdict: DedupeVerdict,
    /// What it changed, where it is an edit of an earlier article whose text was there still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
    /// By what it is recognised later.
    pub marks: Marks,
    /// How others will see it in a thread.
    pub telling: Telling,
    /// Watches, with versions, that have now judged it.
    pub judged: Vec<(WatchId, String)>,
    /// New alerts.
    pub alerts: Vec<AlertRow>,
    /// Alerts that it joins as another telling.
    pub joins: Vec<AlertId>,
    /// The version of its story that all this was decided on; `None`: whatever it is.
    #[serde(default)]
    pub expected: Option<u32>,
    /// What it said was forgotten since.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forgotten: bool,
    /// When.
    pub at: Timestamp,
}

#[derive(Serialize)]
struct Envelope<'a> {
    v: u32,
    #[serde(flatten)]
    record: &'a Record,
}

#[derive(Deserialize)]
struct Version {
    v: u32,
}

impl Record {
    /// The record as it stands in the journal.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, StoreError> {
        serde_json::to_vec(&Envelope { v: VERSION, record: self })
            .map_err(|e| StoreError::Record { position: "the end".into(), why: e.to_string() })
    }

    /// Reads a record of this or an older version.
    pub(crate) fn decode(payload: &[u8], position: Position) -> Result<Self, StoreError> {
        let broken = |why: String| StoreError::Record { position: position.to_string(), why };
        let Version { v } = serde_json::from_slice(payload).map_err(|e| broken(e.to_string()))?;
        if v > VERSION {
            return Err(broken(format!(
                "it has version {v}, this build reads up to {VERSION}; upgrade vedetta"
            )));
        }
        serde_json::from_slice(payload).map_err(|e| broken(e.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LocalStore, OpenOptions, Retention, Store as _, disk::RealDisk, journal, testing};

    /// The records of every version, a line each; a new version adds a file and leaves the old ones as they are.
    const VERSIONS: &[(u32, &str)] = &[
        (1, include_str!("../records/v1.jsonl")),
        (2, include_str!("../records/v2.jsonl")),
        (3, include_str!("../records/v3.jsonl")),
    ];

    #[test]
    fn records_of_every_version_load() {
        for (version, lines) in VERSIONS {
            for line in lines.lines() {
                let record = Record::decode(line.as_bytes(), Position::default()).unwrap();
                let mut was: serde_json::Value = serde_json::from_str(line).unwrap();
                assert_eq!(was["v"], *version);
                let again = record.encode().unwrap();
                assert_eq!(Record::decode(&again, Position::default()).unwrap(), record);
                if *version == VERSION {
                    let is: serde_json::Value = serde_json::from_slice(&again).unwrap();
                    assert_eq!(is, was, "a record that is written otherwise has a new version");
                }
                was["v"] = (VERSION + 1).into();
                let newer = Record::decode(was.to_string().as_bytes(), Position::default());
                assert!(newer.unwrap_err().to_string().contains("upgrade vedetta"));
            }
        }
        assert_eq!(VERSIONS.last().unwrap().0, VERSION);
    }

    /// What this build writes has the fields of the newest fixture. `VEDETTA_WRITE=1` writes that file: for a new version.
    #[tokio::test]
    async fn what_is_written_looks_like_the_newest_fixture() {
        let dir = tempfile::tempdir().unwrap();
        let options = OpenOptions {
            segment_bytes: 4000,
            clock: std::sync::Arc::new(|| testing::NOW),
            ..OpenOptions::default()
        };
        let store = LocalStore::open(dir.path(), &options).unwrap().0;
        testing::fill(&store).await;
        let row = testing::commit(30, vedetta_domain::StoryId::default()).alerts.remove(0);
        store.raise(row).await.unwrap();
        let mut lines = Vec::new();
        let read = |lines: &mut Vec<(String, serde_json::Value)>| {
            let from = Position::default();
            let damage = journal::stream(&RealDisk, &dir.path().join("journal"), from, |_, payload| {
                let value: serde_json::Value = serde_json::from_slice(&payload).unwrap();
                let kind = value["type"].as_str().unwrap().to_owned();
                if lines.iter().all(|(known, _)| *known != kind) {
                    lines.push((kind, value));
                }
                Ok(())
            });
            assert!(damage.unwrap().is_empty());
        };
        read(&mut lines);
        let day = jiff::SignedDuration::from_hours(24);
        let keep = Retention { texts: day, ..Retention::default() };
        store.tidy(testing::NOW + 2 * day, &keep).await.unwrap();
        store.tidy(testing::NOW + 20 * day, &keep).await.unwrap();
        store.forget(vec![testing::item(9).id]).await.unwrap();
        read(&mut lines);
        assert_eq!(
            lines.len(),
            12,
            "every kind of record: {:?}",
            lines.iter().map(|(kind, _)| kind).collect::<Vec<_>>()
        );
        store.close().await;
        if std::env::var_os("VEDETTA_WRITE").is_some() {
            let text: String = lines.iter().map(|(_, value)| format!("{value}\n")).collect();
            std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/records/v3.jsonl"), text).unwrap();
            return;
        }
        let fixture: Vec<serde_json::Value> =
            VERSIONS.last().unwrap().1.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        for (kind, value) in &lines {
            let keys =
                |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
            let known = fixture.iter().find(|line| line["type"] == kind.as_str()).unwrap();
            assert_eq!(keys(value), keys(known), "{kind}");
        }
    }
}
