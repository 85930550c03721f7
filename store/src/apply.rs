//! Record in, changes of the index out. Every decision was made before the record was written, so
//! that live work, replay after a crash and a rebuild all end in the same state.

use std::collections::btree_map::{BTreeMap, Entry};

use vedetta_domain::{AlertId, Item, ItemId, StoryId, Telling};

use crate::{
    Position, StoreError, forget,
    index::{Changes, Index},
    keys,
    record::{AlertRow, Commit, Expired, Kept, Record},
    rows::{
        ArticleRow, FeaturesRow, ItemRow, ItemStatus, MessageRow, MessageState, OutboxRow, StoryRow, ToldRow,
    },
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
        Record::ItemEnded { item, end, at } => {
            update_item(index, &mut to, *item, |row| row.end(end.clone(), *at))?;
        }
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
        Record::Kept { facts } => {
            facts.iter().try_for_each(|fact| kept(index, &mut to, fact))?;
            let documents = facts.iter().filter_map(|fact| match fact {
                Kept::Article { row, .. } => Some(row.document),
                _ => None,
            });
            // Of all of them at once: the rows that they are compared with change only afterwards.
            let (highest, last) = (documents.max().unwrap_or(0), index.last_document()?);
            if highest > last {
                to.put(keys::LAST_DOCUMENT.to_vec(), &highest)?;
            }
        }
        Record::Expired(expired) => self::expired(index, &mut to, expired)?,
        Record::Forgotten { items } => forget::rows::forgotten(index, &mut to, items)?,
    }
    Ok(to)
}

fn found(index: &Index, to: &mut Changes, item: &Item) -> Result<(), StoreError> {
    if index.has(keys::item(item.id))? || index.known(item.id)?.is_some() {
        return Ok(());
    }
    let row = ItemRow {
        item: item.clone(),
        status: ItemStatus::Waiting,
        attempts: 0,
        deaths: 0,
        due: item.first_seen,
        error: None,
        ended: None,
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
    unlist(to, &row);
    change(&mut row);
    list(to, &row);
    to.put(keys::item(id), &row)
}

/// Marks an item where one looks for what is due, and for what is old.
fn list(to: &mut Changes, row: &ItemRow) {
    if row.status == ItemStatus::Waiting {
        to.mark(keys::due_item(row.due, row.item.id));
    }
    if let Some(at) = row.ended {
        to.mark(keys::ended(at, row.item.id));
    }
}

fn unlist(to: &mut Changes, row: &ItemRow) {
    to.remove(keys::due_item(row.due, row.item.id));
    if let Some(at) = row.ended {
        to.remove(keys::ended(at, row.item.id));
    }
}

/// Takes an item's row away: an article stands for it, or it is only known. When kept facts are read again, a poll that
/// listed the item once more may stand before them, while what made it known is gone.
pub fn drop_item(index: &Index, to: &mut Changes, id: ItemId) -> Result<(), StoreError> {
    if let Some(row) = index.get::<ItemRow>(keys::item(id))? {
        unlist(to, &row);
        to.remove(keys::item(id));
    }
    Ok(())
}

fn committed(index: &Index, to: &mut Changes, commit: &Commit, position: Position) -> Result<(), StoreError> {
    let id = commit.item.id;
    drop_item(index, to, id)?;
    let last = index.last_document()?;
    let document = match commit.marks.document {
        // A record of the first version.
        0 => last + 1,
        given => given,
    };
    if let Some(before) = index.article(id)? {
        unwrite(to, &before);
        if before.story != commit.verdict.story {
            let mut row = index.get::<StoryRow>(keys::story(before.story))?.unwrap_or_default();
            row.tellings.retain(|telling| *telling != id);
            story(to, before.story, &row)?;
        }
    }
    if document > last {
        to.put(keys::LAST_DOCUMENT.to_vec(), &document)?;
    }
    let row = ArticleRow {
        position: Some(position),
        document,
        story: commit.verdict.story,
        telling: Telling { item: id, ..commit.telling.clone() },
        canonical_url: commit.marks.canonical_url.clone(),
        exact: commit.marks.exact.clone(),
        judged: commit.judged.clone(),
        lexicon_only: commit.article.model.is_none(),
        at: commit.at,
    };
    let features =
        FeaturesRow { features: commit.marks.features.clone(), keys: commit.marks.story_keys.clone() };
    article(to, &row, &commit.marks.bands, Some(&features))?;
    let mut story = index.get::<StoryRow>(keys::story(commit.verdict.story))?.unwrap_or_default();
    if !story.tellings.contains(&id) {
        story.tellings.push(id);
    }
    for row in &commit.alerts {
        story.alerted.insert(row.alert.watch.clone(), row.alert.id.clone());
        story.revisions += 1;
        raised(to, row)?;
    }
    story.version += 1;
    to.put(keys::story(commit.verdict.story), &story)?;
    for alert in &commit.joins {
        if let Some(mut row) = index.get::<OutboxRow>(keys::alert(alert))? {
            row.alert.also_in.push(commit.telling.clone());
            to.put(keys::alert(alert), &row)?;
        }
    }
    Ok(())
}

/// Writes a story; one that nobody tells any more goes.
fn story(to: &mut Changes, id: StoryId, row: &StoryRow) -> Result<(), StoreError> {
    if row.tellings.is_empty() {
        to.remove(keys::story(id));
        return Ok(());
    }
    to.put(keys::story(id), row)
}

/// Writes an article's rows and marks.
fn article(
    to: &mut Changes,
    row: &ArticleRow,
    text_marks: &[u64],
    features: Option<&FeaturesRow>,
) -> Result<(), StoreError> {
    let id = row.telling.item;
    to.put(keys::article(row.document), row)?;
    to.known(id, Some(row.document));
    match row.lexicon_only {
        true => to.mark(keys::lexicon_only(id)),
        false => to.remove(keys::lexicon_only(id)),
    }
    to.marks(row.document, recognised_by(row, text_marks));
    if let Some(told_by) = features {
        let told = ToldRow {
            item: id,
            story: row.story,
            exact: row.exact.clone(),
            at: row.at,
            features: told_by.features.clone(),
            keys: told_by.keys.clone(),
        };
        to.put(keys::features(row.document), &told)?;
        to.names(row.document, &told_by.keys);
    }
    Ok(())
}

/// The marks of an article: those of its text, of its address and of its text as a whole.
pub fn recognised_by(row: &ArticleRow, text_marks: &[u64]) -> Vec<u64> {
    let mut marks = text_marks.to_vec();
    marks.extend(row.canonical_url.as_deref().map(keys::url));
    if !row.exact.is_empty() {
        marks.push(keys::exact(&row.exact));
    }
    marks
}

/// Takes an article's rows away. Its marks and names lead nowhere until runs are merged.
fn unwrite(to: &mut Changes, row: &ArticleRow) {
    told(to, row);
    to.remove(keys::article(row.document));
    to.remove(keys::lexicon_only(row.telling.item));
}

/// No other telling of an article's event is looked for any more.
fn told(to: &mut Changes, row: &ArticleRow) {
    to.remove(keys::features(row.document));
}

fn kept(index: &Index, to: &mut Changes, fact: &Kept) -> Result<(), StoreError> {
    match fact {
        Kept::Source { source, state } => to.put(keys::source(source), state)?,
        Kept::Item(row) => {
            let id = row.item.id;
            if let Some(before) = index.get::<ItemRow>(keys::item(id))? {
                unlist(to, &before);
            }
            // A record of an older version; its article's own fact says the rest.
            if row.status == ItemStatus::Done {
                to.remove(keys::item(id));
                if index.known(id)?.is_none() {
                    to.known(id, None);
                }
                return Ok(());
            }
            list(to, row);
            to.put(keys::item(id), row)?;
        }
        Kept::Seen { item } => {
            drop_item(index, to, *item)?;
            to.known(*item, None);
        }
        Kept::Article { item, row, marks, features } => {
            drop_item(index, to, *item)?;
            article(to, row, marks, features.as_ref())?;
        }
        Kept::Story { story, row } => to.put(keys::story(*story), row)?,
        Kept::Alert(row) => {
            for (channel, message) in &row.channels {
                if message.is_empty() {
                    to.mark(keys::pending(channel, row.alert.created, &row.alert.id));
                }
            }
            to.put(keys::alert(&row.alert.id), row)?;
        }
        Kept::Message(row) => {
            let id = &row.message.id;
            if let Some(before) = index.get::<MessageRow>(keys::message(id))? {
                to.remove(keys::due_message(&before.message.channel, before.due, id));
            }
            if row.state == MessageState::Frozen {
                to.mark(keys::due_message(&row.message.channel, row.due, id));
            }
            to.put(keys::message(id), row)?;
        }
        Kept::Channel { channel, sent } => to.put(keys::channel(channel), sent)?,
    }
    Ok(())
}

pub fn expired(index: &Index, to: &mut Changes, expired: &Expired) -> Result<(), StoreError> {
    for id in &expired.told {
        if let Some(row) = index.article(*id)? {
            told(to, &row);
        }
    }
    let mut stories = BTreeMap::<_, StoryRow>::new();
    for id in &expired.articles {
        let Some(row) = index.article(*id)? else { continue };
        unwrite(to, &row);
        to.known(*id, None);
        let told = match stories.entry(row.story) {
            Entry::Occupied(slot) => slot.into_mut(),
            Entry::Vacant(slot) => slot.insert(index.get(keys::story(row.story))?.unwrap_or_default()),
        };
        told.tellings.retain(|telling| telling != id);
    }
    for (id, row) in stories {
        story(to, id, &row)?;
    }
    for (at, id) in &expired.items {
        to.remove(keys::ended(*at, *id));
        let ended = |row: ItemRow| row.ended.is_some_and(|ended| keys::millis(ended) == keys::millis(*at));
        if index.get::<ItemRow>(keys::item(*id))?.is_some_and(ended) {
            to.remove(keys::item(*id));
            to.known(*id, None);
        }
    }
    expired.alerts.iter().for_each(|id| to.remove(keys::alert(id)));
    expired.messages.iter().for_each(|id| to.remove(keys::message(id)));
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
