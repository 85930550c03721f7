//! Record in, changes of the index out. Every decision was made before the record was written, so
//! that live work, replay after a crash and a rebuild all end in the same state.

use vedetta_domain::{AlertId, Item, ItemId};

use crate::{
    Position, StoreError,
    index::{Changes, Index},
    keys,
    record::{AlertRow, Commit, ItemEnd, Record, RetryAfter},
    rows::{ArticleRow, ItemRow, ItemStatus, MessageRow, MessageState, OutboxRow, StoryRow},
};

/// What `record`, which stands at `position`, changes.
pub fn changes(index: &Index, record: &Record, position: Position) -> Result<Changes, StoreError> {
    let mut to = Changes::default();
    match record {
        Record::SourcePolled { source, state, items } => {
            to.put(keys::source(source), state)?;
            for item in items {
                found(index, &mut to, item)?;
            }
        }
        Record::ItemStarted { item, attempt } => {
            update_item(index, &mut to, *item, |row| row.attempts = *attempt)?
        }
        Record::ItemEnded { item, end, .. } => update_item(index, &mut to, *item, |row| ended(row, end))?,
        Record::Committed(commit) => committed(index, &mut to, commit, position)?,
        Record::Raised(row) => raised(&mut to, row)?,
        Record::MessageFrozen { message, at } => {
            let row = MessageRow {
                message: message.clone(),
                state: MessageState::Frozen,
                tries: 0,
                frozen: *at,
                due: *at,
                error: None,
            };
            for id in &message.members {
                carried(index, &mut to, id, &message.channel, &message.id)?;
            }
            to.mark(keys::due_message(&message.channel, *at, &message.id));
            to.put(keys::message(&message.id), &row)?;
        }
        Record::MessageTried { id, error, retry_at } => update_message(index, &mut to, id, |row| {
            row.tries += 1;
            row.due = *retry_at;
            row.error = Some(error.clone());
        })?,
        Record::MessageSent { id, at } => {
            if let Some(row) = index.get::<MessageRow>(keys::message(id))? {
                to.put(keys::channel(&row.message.channel), at)?;
            }
            update_message(index, &mut to, id, |row| row.state = MessageState::Sent)?;
        }

        Record::MessageDead { id, error, .. } => update_message(index, &mut to, id, |row| {
            row.state = MessageState::Dead;
            row.error = Some(error.clone());
        })?,
    }
    Ok(to)
}

fn found(index: &Index, to: &mut Changes, item: &Item) -> Result<(), StoreError> {
    if index.has(keys::item(item.id))? {
        return Ok(());
    }
    let row = ItemRow {
        item: item.clone(),
        status: ItemStatus::Waiting,
        attempts: 0,
        deaths: 0,
        due: item.first_seen,
        error: None,
    };
    to.mark(keys::due_item(row.due, item.id));
    to.put(keys::item(item.id), &row)
}

/// Rewrites an item's row and keeps the due index in step with it.
fn update_item(
    index: &Index,
    to: &mut Changes,
    id: ItemId,
    change: impl FnOnce(&mut ItemRow),
) -> Result<(), StoreError> {
    let Some(mut row) = index.get::<ItemRow>(keys::item(id))? else {
        return Ok(());
    };
    to.remove(keys::due_item(row.due, id));
    change(&mut row);
    if row.status == ItemStatus::Waiting {
        to.mark(keys::due_item(row.due, id));
    }
    to.put(keys::item(id), &row)
}

fn ended(row: &mut ItemRow, end: &ItemEnd) {
    let (status, error) = match end {
        ItemEnd::Retry { error, retry_at, after } => {
            row.due = *retry_at;
            match after {
                RetryAfter::Outage => row.attempts = row.attempts.saturating_sub(1),
                RetryAfter::WorkerDeath { alone } => row.deaths += u32::from(*alone),
            }
            (ItemStatus::Waiting, error)
        }
        ItemEnd::Dropped { error } => (ItemStatus::Dropped, error),
        ItemEnd::Quarantined { error } => (ItemStatus::Quarantined, error),
    };
    row.status = status;
    row.error = Some(error.clone());
}

fn committed(index: &Index, to: &mut Changes, commit: &Commit, position: Position) -> Result<(), StoreError> {
    let id = commit.item.id;
    if index.has(keys::item(id))? {
        update_item(index, to, id, |row| {
            row.status = ItemStatus::Done;
            row.error = None;
        })?;
    }
    let row = ArticleRow {
        position,
        story: commit.verdict.story,
        telling: commit.telling.clone(),
        exact: commit.marks.exact.clone(),
        features: commit.marks.features.clone(),
        judged: commit.judged.clone(),
        lexicon_only: commit.article.model.is_none(),
        at: commit.at,
    };
    to.put(keys::article(id), &row)?;
    if let Some(url) = &commit.marks.canonical_url {
        to.put(keys::url(url), &id)?;
    }
    if !commit.marks.exact.is_empty() && !index.has(keys::exact(&commit.marks.exact))? {
        to.put(keys::exact(&commit.marks.exact), &id)?;
    }
    for &band in &commit.marks.bands {
        to.mark(keys::band(band, id));
    }
    for key in &commit.marks.story_keys {
        to.mark(keys::story_key(key, commit.at, id));
    }
    let mut story = index.get::<StoryRow>(keys::story(commit.verdict.story))?.unwrap_or_default();
    if !story.tellings.contains(&id) {
        story.tellings.push(id);
    }
    for row in &commit.alerts {
        story.alerted.insert(row.alert.watch.clone(), row.alert.id.clone());
        story.revisions += 1;
        raised(to, row)?;
    }
    to.put(keys::story(commit.verdict.story), &story)?;
    for alert in &commit.joins {
        if let Some(mut row) = index.get::<OutboxRow>(keys::alert(alert))? {
            row.alert.also_in.push(commit.telling.clone());
            to.put(keys::alert(alert), &row)?;
        }
    }
    Ok(())
}

fn raised(to: &mut Changes, row: &AlertRow) -> Result<(), StoreError> {
    for channel in &row.channels {
        to.mark(keys::pending(channel, row.alert.created, &row.alert.id));
    }
    let channels = row.channels.iter().map(|channel| (channel.clone(), String::new())).collect();
    to.put(keys::alert(&row.alert.id), &OutboxRow { alert: row.alert.clone(), channels })
}

/// The alert leaves the pending list of a channel: a message carries it now.
fn carried(
    index: &Index,
    to: &mut Changes,
    id: &AlertId,
    channel: &str,
    message: &str,
) -> Result<(), StoreError> {
    if let Some(mut row) = index.get::<OutboxRow>(keys::alert(id))? {
        to.remove(keys::pending(channel, row.alert.created, id));
        row.channels.insert(channel.into(), message.into());
        to.put(keys::alert(id), &row)?;
    }
    Ok(())
}

/// Rewrites a message's row and keeps the due index in step with it.
fn update_message(
    index: &Index,
    to: &mut Changes,
    id: &str,
    change: impl FnOnce(&mut MessageRow),
) -> Result<(), StoreError> {
    let Some(mut row) = index.get::<MessageRow>(keys::message(id))? else {
        return Ok(());
    };
    to.remove(keys::due_message(&row.message.channel, row.due, id));
    change(&mut row);
    if row.state == MessageState::Frozen {
        to.mark(keys::due_message(&row.message.channel, row.due, id));
    }
    to.put(keys::message(id), &row)
}
