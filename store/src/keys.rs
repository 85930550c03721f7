//! The index's key layout: one letter for the kind of row, then what orders it.
//!
//! Numbers and times are big-endian, so that byte order is their order.

use jiff::Timestamp;
use vedetta_domain::{AlertId, ItemId, SourceId, StoryId};

/// Position of the last applied record.
pub const POSITION: &[u8] = b"!position";

/// The highest number that a document was given.
pub const LAST_DOCUMENT: &[u8] = b"!document";

/// How rows are laid out.
pub const LAYOUT: &[u8] = b"!layout";

/// First letters of the rows.
pub mod prefix {
    pub const SOURCE: u8 = b's';
    pub const ITEM: u8 = b'i';
    pub const DUE_ITEM: u8 = b'd';
    pub const ARTICLE: u8 = b'a';
    pub const FEATURES: u8 = b'f';
    pub const KNOWN: u8 = b'k';
    pub const LEXICON_ONLY: u8 = b'l';
    pub const ENDED: u8 = b'e';
    pub const STORY: u8 = b't';
    pub const ALERT: u8 = b'o';
    pub const PENDING: u8 = b'p';
    pub const MESSAGE: u8 = b'm';
    pub const DUE_MESSAGE: u8 = b'w';
    pub const CHANNEL: u8 = b'c';
}

fn key(prefix: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = vec![prefix];
    parts.iter().for_each(|part| key.extend_from_slice(part));
    key
}

fn hash(text: &str) -> [u8; 16] {
    let mut id = [0; 16];
    id.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..16]);
    id
}

/// Milliseconds since the epoch, never below zero.
pub fn millis(at: Timestamp) -> [u8; 8] {
    u64::try_from(at.as_millisecond()).unwrap_or(0).to_be_bytes()
}

pub fn source(id: &SourceId) -> Vec<u8> {
    key(prefix::SOURCE, &[id.0.as_bytes()])
}

pub fn item(id: ItemId) -> Vec<u8> {
    key(prefix::ITEM, &[&id.0])
}

pub fn due_item(at: Timestamp, id: ItemId) -> Vec<u8> {
    key(prefix::DUE_ITEM, &[&millis(at), &id.0])
}

/// Before the items that are due after `at`.
pub fn due_items_after(at: Timestamp) -> Vec<u8> {
    let mut next = key(prefix::DUE_ITEM, &[&millis(at)]);
    next.extend([u8::MAX; 17]);
    next
}

/// By the number of its document: they ascend, so that sled's last page alone is written to.
pub fn article(document: u32) -> Vec<u8> {
    key(prefix::ARTICLE, &[&document.to_be_bytes()])
}

/// What stands for a canonical address among the marks.
pub fn url(url: &str) -> u64 {
    name(&format!("url {url}"))
}

/// What stands for a normalised text's hash among the marks.
pub fn exact(exact: &str) -> u64 {
    name(&format!("text {exact}"))
}

pub fn features(document: u32) -> Vec<u8> {
    key(prefix::FEATURES, &[&document.to_be_bytes()])
}

pub fn known(id: ItemId) -> Vec<u8> {
    key(prefix::KNOWN, &[&id.0])
}

pub fn lexicon_only(id: ItemId) -> Vec<u8> {
    key(prefix::LEXICON_ONLY, &[&id.0])
}

pub fn ended(at: Timestamp, id: ItemId) -> Vec<u8> {
    key(prefix::ENDED, &[&millis(at), &id.0])
}

pub fn story(id: StoryId) -> Vec<u8> {
    key(prefix::STORY, &[id.0.as_bytes()])
}

/// What stands for a name among the marks.
pub fn name(text: &str) -> u64 {
    u64::from_be_bytes(hash(text)[..8].try_into().unwrap_or_default())
}

pub fn alert(id: &AlertId) -> Vec<u8> {
    key(prefix::ALERT, &[id.0.as_bytes()])
}

pub fn pending_of(channel: &str) -> Vec<u8> {
    key(prefix::PENDING, &[&hash(channel)])
}

pub fn pending(channel: &str, at: Timestamp, id: &AlertId) -> Vec<u8> {
    key(prefix::PENDING, &[&hash(channel), &millis(at), id.0.as_bytes()])
}

pub fn message(id: &str) -> Vec<u8> {
    key(prefix::MESSAGE, &[id.as_bytes()])
}

pub fn due_messages_of(channel: &str) -> Vec<u8> {
    key(prefix::DUE_MESSAGE, &[&hash(channel)])
}

pub fn due_message(channel: &str, at: Timestamp, id: &str) -> Vec<u8> {
    key(prefix::DUE_MESSAGE, &[&hash(channel), &millis(at), id.as_bytes()])
}

pub fn channel(channel: &str) -> Vec<u8> {
    key(prefix::CHANNEL, &[channel.as_bytes()])
}

/// The item id at the end of an index key.
pub fn trailing_item(key: &[u8]) -> Option<ItemId> {
    key.last_chunk::<16>().map(|id| ItemId(*id))
}

/// The document's number at the end of an index key, or of the row of a known item.
pub fn trailing_document(key: &[u8]) -> Option<u32> {
    key.last_chunk::<4>().map(|number| u32::from_be_bytes(*number))
}

/// The time behind the first letter of an index key.
pub fn leading_time(key: &[u8]) -> Option<Timestamp> {
    let millis = u64::from_be_bytes(key.get(1..9)?.try_into().ok()?);
    Timestamp::from_millisecond(i64::try_from(millis).ok()?).ok()
}

/// The text behind first letter, hash and time in an index key: an alert's or a message's id.
pub fn trailing_id(key: &[u8]) -> &str {
    key.get(25..).and_then(|id| std::str::from_utf8(id).ok()).unwrap_or_default()
}
