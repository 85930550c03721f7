//! Alerts on their way out: pending → frozen in a message → sent or dead.

use jiff::Timestamp;
use vedetta_domain::{AlertId, Message};

use crate::{
    Store, StoreError, keys,
    record::{AlertRow, Record},
    rows::{MessageRow, OutboxRow},
};

/// Alerts of one channel that are looked at in one go.
const PENDING: usize = 100;

impl Store {
    /// Puts an alert that belongs to no article into the outbox. One that is there already stays.
    pub async fn raise(&self, row: AlertRow) -> Result<(), StoreError> {
        let key = keys::alert(&row.alert.id);
        if self.read(move |index| index.has(key)).await? {
            return Ok(());
        }
        self.writer.write(Record::Raised(Box::new(row))).await?;
        Ok(())
    }

    /// Alerts that wait for a message of `channel`, the oldest first.
    pub async fn pending(&self, channel: &str) -> Result<Vec<OutboxRow>, StoreError> {
        let prefix = keys::pending_of(channel);
        self.read(move |index| {
            let mut rows = Vec::new();
            for key in index.keys(&prefix, &prefix, PENDING)? {
                // prefix, channel hash, time, then the alert's id.
                let id = key.get(25..).and_then(|id| std::str::from_utf8(id).ok()).unwrap_or_default();
                rows.extend(index.get::<OutboxRow>(keys::alert(&AlertId(id.into())))?);
            }
            Ok(rows)
        })
        .await
    }

    /// Freezes a message: from here on its bytes and its id stay, however often it is sent.
    pub async fn freeze(&self, message: Message, at: Timestamp) -> Result<(), StoreError> {
        self.writer.write(Record::MessageFrozen { message, at }).await?;
        Ok(())
    }

    /// The frozen message of `channel` that is due first, due or not.
    pub async fn next_message(&self, channel: &str) -> Result<Option<MessageRow>, StoreError> {
        let prefix = keys::due_messages_of(channel);
        self.read(move |index| {
            let Some(key) = index.keys(&prefix, &prefix, 1)?.pop() else {
                return Ok(None);
            };
            let id = key.get(25..).and_then(|id| std::str::from_utf8(id).ok()).unwrap_or_default();
            index.get(keys::message(id))
        })
        .await
    }

    /// The channel took the message.
    pub async fn ack(&self, id: &str, at: Timestamp) -> Result<(), StoreError> {
        self.writer.write(Record::MessageSent { id: id.into(), at }).await?;
        Ok(())
    }

    /// The channel did not take it; it is due again at `retry_at`.
    pub async fn nack(&self, id: &str, error: String, retry_at: Timestamp) -> Result<(), StoreError> {
        self.writer.write(Record::MessageTried { id: id.into(), error, retry_at }).await?;
        Ok(())
    }

    /// It will not be tried again by itself.
    pub async fn dead(&self, id: &str, error: String, at: Timestamp) -> Result<(), StoreError> {
        self.writer.write(Record::MessageDead { id: id.into(), error, at }).await?;
        Ok(())
    }

    /// An alert with its channels.
    pub async fn alert(&self, id: &AlertId) -> Result<Option<OutboxRow>, StoreError> {
        let key = keys::alert(id);
        self.read(move |index| index.get(key)).await
    }

    /// A message's row.
    pub async fn message(&self, id: &str) -> Result<Option<MessageRow>, StoreError> {
        let key = keys::message(id);
        self.read(move |index| index.get(key)).await
    }

    /// When `channel` took a message last.
    pub async fn last_sent(&self, channel: &str) -> Result<Option<Timestamp>, StoreError> {
        let key = keys::channel(channel);
        self.read(move |index| index.get(key)).await
    }
}
