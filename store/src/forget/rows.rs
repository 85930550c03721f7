//! What forgetting changes in the index.

use std::collections::{BTreeMap, HashSet};

use vedetta_domain::{AlertId, ItemId};

use super::{WORD, blank_alert, says};
use crate::{
    StoreError, apply,
    index::{Changes, Index},
    keep, keys,
    record::Expired,
    rows::{MessageRow, MessageState, OutboxRow},
};

/// Takes `items` out of all rows. Messages that were sent lose their text; of one that was not, the other alerts go into
/// another message.
pub fn forgotten(index: &Index, to: &mut Changes, items: &[ItemId]) -> Result<(), StoreError> {
    apply::expired(index, to, &Expired { articles: items.to_vec(), ..Expired::default() })?;
    for id in items {
        apply::drop_item(index, to, *id)?;
        to.known(*id, None);
    }
    let items: HashSet<ItemId> = items.iter().copied().collect();
    let mut alerts = BTreeMap::<AlertId, OutboxRow>::new();
    keep::each(index, keys::prefix::ALERT, |_, mut row: OutboxRow| {
        if says(&row, &items) {
            let gone = row.alert.telling.as_ref().is_some_and(|telling| items.contains(&telling.item));
            blank_alert(&mut row.alert, &items);
            for (channel, message) in
                row.channels.iter_mut().filter(|(_, message)| gone && message.is_empty())
            {
                to.remove(keys::pending(channel, row.alert.created, &row.alert.id));
                *message = WORD.into();
            }
            alerts.insert(row.alert.id.clone(), row);
        }
    })?;
    let mut messages = Vec::new();
    keep::each(index, keys::prefix::MESSAGE, |_, row: MessageRow| {
        if row.message.members.iter().any(|id| alerts.contains_key(id)) {
            messages.push(row);
        }
    })?;
    for mut row in messages {
        let (id, channel) = (row.message.id.clone(), row.message.channel.clone());
        if row.state != MessageState::Frozen {
            row.message.body.clear();
            row.error = row.error.map(|_| String::new());
            to.put(keys::message(&id), &row)?;
            continue;
        }
        // It was not sent yet: its other alerts go into another one.
        to.remove(keys::due_message(&channel, row.due, &id));
        to.remove(keys::message(&id));
        for member in row.message.members {
            let stored = index.get::<OutboxRow>(keys::alert(&member))?;
            let Some(mut alert) = alerts.get(&member).cloned().or(stored) else { continue };
            let gone = alert.alert.text.as_deref() == Some(WORD);
            if !gone {
                to.mark(keys::pending(&channel, alert.alert.created, &member));
            }
            alert.channels.insert(channel.clone(), if gone { WORD.into() } else { String::new() });
            alerts.insert(member, alert);
        }
    }
    alerts.iter().try_for_each(|(id, row)| to.put(keys::alert(id), row))
}
