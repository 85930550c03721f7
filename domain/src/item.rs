//! What a source announces, before its page was read.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::SourceId;

/// One line of a feed, a listing or a sitemap.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// Identity inside its source: guid, else guid + link, else canonical link, else a hash.
    pub key: String,
    /// Absolute address of the article's page.
    pub url: Option<String>,
    /// Title as plain text.
    pub title: Option<String>,
    /// When the source says it was published; unknown stays unknown.
    pub published: Option<Timestamp>,
    /// Summary as plain text.
    pub summary: Option<String>,
    /// Full content as HTML, where the feed carries it.
    pub content: Option<String>,
}

/// What one poll brought.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Feed {
    /// The feed's own title.
    pub title: Option<String>,
    /// Language that the feed declares (`it-IT`), untouched.
    pub language: Option<String>,
    /// The feed's wish between two polls, in seconds (`<ttl>`, `sy:updatePeriod`).
    pub ttl_s: Option<u32>,
    /// Entries in the feed's order.
    pub entries: Vec<Entry>,
    /// What was repaired to read it, in words; empty for a clean feed.
    pub repairs: Vec<String>,
}

/// Stable identity of an item: a hash of source id and entry key, written as 32 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ItemId(pub [u8; 16]);

impl ItemId {
    /// The id of the entry `key` of `source`.
    pub fn new(source: &SourceId, key: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(source.0.as_bytes());
        hasher.update(&[0]);
        hasher.update(key.as_bytes());
        let mut id = [0; 16];
        id.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        Self(id)
    }

    /// Reads 32 hex digits; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut id = [0; 16];
        if text.len() != 32 || !text.is_ascii() {
            return None;
        }
        for (i, byte) in id.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).ok()?;
        }
        Some(Self(id))
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for ItemId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ItemId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("item id must be 32 hex digits"))
    }
}

/// An entry that was recorded and is on its way to becoming an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Hash of source and entry key.
    pub id: ItemId,
    /// Where it was announced.
    pub source: SourceId,
    /// What was announced.
    pub entry: Entry,
    /// When Vedetta saw it first.
    pub first_seen: Timestamp,
    /// Stored but never alerted: found at first contact, or too old.
    pub quiet: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_id_survives_its_text_form() {
        let id = ItemId::new(&SourceId("iai".into()), "https://example.org/1");
        assert_eq!(ItemId::parse(&id.to_string()), Some(id));
        assert_ne!(id, ItemId::new(&SourceId("ia".into()), "ihttps://example.org/1"));
        for bad in ["", "zz", "é0000000000000000000000000000000"] {
            assert_eq!(ItemId::parse(bad), None, "{bad:?}");
        }
    }
}
