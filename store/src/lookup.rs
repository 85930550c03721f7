//! What is asked of the index, as functions that wait for the disk.

use std::{collections::HashSet, path::Path};

use jiff::{SignedDuration, Timestamp};
use vedetta_domain::ItemId;

use crate::{
    Cursor, Position, Stats, StoreError,
    disk::Disk,
    index::Index,
    journal::{
        reader::{self, Found, Reader},
        segment,
    },
    keys,
    record::{Commit, Record},
    rows::{ArticleRow, ItemRow, ItemStatus, MessageRow, MessageState, OutboxRow},
};

/// What is due later than this was written by a clock that ran ahead, and is due now: no item waits so long.
pub const AHEAD: SignedDuration = SignedDuration::from_hours(7 * 24);

pub fn unknown(index: &Index, ids: Vec<ItemId>) -> Result<HashSet<ItemId>, StoreError> {
    let mut unknown = HashSet::new();
    for id in ids {
        if !index.has(keys::item(id))? && index.known(id)?.is_none() {
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
    let due = index.keys(&prefix, &prefix, limit + leases.len())?.into_iter();
    let due = due.take_while(|key| key.get(1..9) <= Some(keys::millis(now).as_slice()));
    let ahead = index.keys(&prefix, &keys::due_items_after(now + AHEAD), limit + leases.len())?;
    for key in due.chain(ahead) {
        if claimed.len() == limit {
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

/// The commit that `row` points at; `None` once its text was let go, or where the disk has damaged it: one article that
/// cannot be read must not hold up others.
pub fn stored(disk: &dyn Disk, journal: &Path, row: &ArticleRow) -> Result<Option<Commit>, StoreError> {
    let Some(position) = row.position else { return Ok(None) };
    let record =
        reader::read_at(disk, journal, position).and_then(|payload| Record::decode(&payload, position));
    match record {
        Ok(Record::Committed(commit)) => Ok(Some(*commit)),
        Ok(_) => Err(StoreError::Index(format!("{} is no article at {position}", row.telling.item))),
        // Its segment went between the look at the row and this one.
        Err(StoreError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error @ StoreError::Record { .. }) => {
            tracing::error!(%error, item = %row.telling.item, "an article's text cannot be read; see `vedetta store check`");
            Ok(None)
        }
        Err(error) => Err(error),
    }
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
    let prefix = [keys::prefix::LEXICON_ONLY];
    let from = after.map_or_else(|| prefix.to_vec(), |id| [keys::lexicon_only(id).as_slice(), &[0]].concat());
    let mut found = Vec::new();
    for key in index.keys(&prefix, &from, limit)? {
        let Some(id) = keys::trailing_item(&key) else { continue };
        found.extend(index.article(id)?.map(|row| (id, row)));
    }
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
            if let Record::Committed(commit) = Record::decode(&payload, at)?
                && !commit.forgotten
            {
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
    let mut stats = Stats { items_done: index.count(keys::prefix::ARTICLE)?, ..Stats::default() };
    each::<ItemRow>(index, keys::prefix::ITEM, |row| match row.status {
        ItemStatus::Waiting => stats.items_waiting += 1,
        ItemStatus::Done => {}
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
        let page = index.page::<T>(prefix, after.as_deref(), 1000)?;
        let Some((last, _)) = page.last() else {
            return Ok(());
        };
        after = Some(last.clone());
        page.into_iter().for_each(|(_, row)| see(row));
    }
}
