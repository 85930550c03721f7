//! What is asked of the index, as functions that wait for the disk.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    path::Path,
};

use jiff::Timestamp;
use vedetta_domain::ItemId;

use crate::{
    Cursor, Position, Stats, StoreError,
    disk::Disk,
    index::Index,
    journal::{
        reader::{Found, Reader},
        segment,
    },
    keys,
    record::{Commit, Record},
    rows::{
        ArticleRow, DocumentRow, FeaturesRow, ItemRow, ItemStatus, MessageRow, MessageState, OutboxRow,
        StoryRow, TellingRow,
    },
};

/// Articles that share a mark and are looked at.
const CANDIDATES: usize = 64;

/// Articles that share a story key and are looked at, a key.
const NAMED: usize = 256;

pub fn unknown(index: &Index, ids: Vec<ItemId>) -> Result<HashSet<ItemId>, StoreError> {
    let mut unknown = HashSet::new();
    for id in ids {
        if !index.has(keys::item(id))? && !index.has(keys::seen(id))? {
            unknown.insert(id);
        }
    }
    Ok(unknown)
}

pub fn claim_due(
    index: &Index,
    leases: &mut HashSet<ItemId>,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<ItemRow>, StoreError> {
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
}

pub fn next_due(index: &Index, leases: &HashSet<ItemId>) -> Result<Option<Timestamp>, StoreError> {
    let prefix = [keys::prefix::DUE_ITEM];
    let keys = index.keys(&prefix, &prefix, 1 + leases.len())?;
    let first = keys.iter().find(|key| keys::trailing_item(key).is_some_and(|id| !leases.contains(&id)));
    Ok(first.and_then(|key| keys::leading_time(key)))
}

pub fn by_pointer(index: &Index, key: Vec<u8>) -> Result<Option<(ItemId, ArticleRow)>, StoreError> {
    let Some(id) = index.get::<ItemId>(key)? else {
        return Ok(None);
    };
    Ok(index.get(keys::article(id))?.map(|row| (id, row)))
}

pub fn by_marks(index: &Index, marks: &[u64]) -> Result<Vec<(ItemId, ArticleRow)>, StoreError> {
    let mut shared: BTreeMap<u32, usize> = BTreeMap::new();
    for document in index.marks().documents(marks)?.into_iter().flatten() {
        *shared.entry(document).or_default() += 1;
    }
    let mut documents: Vec<_> = shared.into_iter().collect();
    // The latest of those that share as many.
    documents.sort_by_key(|(document, count)| std::cmp::Reverse((*count, *document)));
    let mut rows = Vec::new();
    for (document, _) in documents.into_iter().take(CANDIDATES) {
        let Some(DocumentRow { id, .. }) = index.get(keys::document(document))? else { continue };
        rows.extend(index.get(keys::article(id))?.map(|row| (id, row)));
    }
    Ok(rows)
}

pub fn tellings(
    index: &Index,
    story_keys: &[String],
    since: Timestamp,
    limit: usize,
) -> Result<Vec<TellingRow>, StoreError> {
    let Some(oldest) = first_told(index)? else { return Ok(Vec::new()) };
    let mut documents = BTreeSet::new();
    for key in story_keys {
        documents.extend(index.names().latest(keys::name(key), oldest, NAMED)?);
    }
    let mut stories = BTreeSet::new();
    for document in documents {
        let Some(DocumentRow { id, .. }) = index.get(keys::document(document))? else { continue };
        let Some(row) = index.get::<ArticleRow>(keys::article(id))?.filter(|row| row.at >= since) else {
            continue;
        };
        let Some(features) = index.get::<FeaturesRow>(keys::features(row.document))? else { continue };
        // Names that a newer version of the article has lost may linger.
        if features.keys.iter().any(|key| story_keys.contains(key)) {
            stories.insert(row.story);
        }
    }
    let mut found = Vec::new();
    for story in stories {
        let all = index.get::<StoryRow>(keys::story(story))?.unwrap_or_default().tellings;
        for id in all.into_iter().rev().take(limit) {
            let Some(row) = index.get::<ArticleRow>(keys::article(id))? else { continue };
            let Some(features) = index.get::<FeaturesRow>(keys::features(row.document))? else { continue };
            let ArticleRow { story, exact, .. } = row;
            found.push(TellingRow { id, story, exact, features: features.features });
        }
    }
    Ok(found)
}

/// The document of the oldest article for which other tellings are looked for.
pub fn first_told(index: &Index) -> Result<Option<u32>, StoreError> {
    let prefix = [keys::prefix::FEATURES];
    Ok(index.keys(&prefix, &prefix, 1)?.first().and_then(|key| keys::trailing_document(key)))
}

pub fn lexicon_only(
    index: &Index,
    after: Option<ItemId>,
    limit: usize,
) -> Result<Vec<(ItemId, ArticleRow)>, StoreError> {
    let mut after = after.map(keys::article);
    let mut found = Vec::new();
    while found.len() < limit {
        let page = index.rows::<ArticleRow>(keys::prefix::ARTICLE, after.as_deref(), 256)?;
        let Some((last, _)) = page.last() else { break };
        after = Some(last.clone());
        found.extend(
            page.into_iter()
                .filter(|(_, row)| row.lexicon_only)
                .filter_map(|(key, row)| keys::trailing_item(&key).map(|id| (id, row))),
        );
    }
    found.truncate(limit);
    Ok(found)
}

pub fn scan(
    disk: &dyn Disk,
    dir: &Path,
    after: Option<Cursor>,
    limit: usize,
) -> Result<Vec<(Cursor, Commit)>, StoreError> {
    let from = after.map_or_else(Position::default, |Cursor(position)| position);
    let mut found = Vec::new();
    for number in segment::list(disk, dir)?.into_keys().filter(|number| *number >= from.segment) {
        let start = if number == from.segment { from.offset } else { 0 };
        let mut reader = Reader::open(disk, dir, number, start)?;
        while let Some(next) = reader.next_found()? {
            let Found::Record { at, payload, .. } = next else { continue };
            if after == Some(Cursor(at)) {
                continue;
            }
            if let Record::Committed(commit) = Record::decode(&payload, at)? {
                found.push((Cursor(at), *commit));
                if found.len() == limit {
                    return Ok(found);
                }
            }
        }
    }
    Ok(found)
}

pub fn stats(index: &Index) -> Result<Stats, StoreError> {
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
