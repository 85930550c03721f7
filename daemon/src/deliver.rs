//! One task a channel: group pending alerts, freeze them into a message, send, retry. One channel's
//! trouble never holds up another.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use tokio::{sync::watch, task::JoinSet, time};
use tokio_util::sync::CancellationToken;
use vedetta_alert::{Channel, DeliveryRetry, GIVE_UP_AFTER, backoff, ready_to_leave};
use vedetta_http::Client;
use vedetta_store::{MessageRow, Store};

use crate::{health::Health, settings::Settings, telemetry::Metrics};

/// What delivery needs; one for all channels.
#[derive(Clone)]
pub struct Deliver {
    /// The outbox.
    pub store: Store,
    /// The guarded client, with the rules for webhooks.
    pub client: Client,
    /// Tells the operator.
    pub health: Health,
    /// What is in force now.
    pub settings: watch::Receiver<Arc<Settings>>,
    /// Counts.
    pub metrics: Arc<Metrics>,
}

impl Deliver {
    /// Serves all channels until `stop`; a reload serves the new ones.
    pub async fn run(self, stop: CancellationToken) {
        let mut settings = self.settings.clone();
        while !stop.is_cancelled() {
            let now = settings.borrow_and_update().clone();
            let round = stop.child_token();
            let mut channels = JoinSet::new();
            for n in 0..now.channels.len() {
                let (this, now, round) = (self.clone(), now.clone(), round.clone());
                channels.spawn(async move {
                    if let Some(channel) = now.channels.get(n) {
                        this.serve(channel, &round).await;
                    }
                });
            }
            tokio::select! {
                () = stop.cancelled() => {}
                changed = settings.changed() => if changed.is_err() { stop.cancel() },
            }
            round.cancel();
            while channels.join_next().await.is_some() {}
        }
    }

    /// Sends what may leave now, regardless of group times, and returns how much is left.
    pub async fn flush(&self) -> anyhow::Result<usize> {
        let mut left = 0;
        for channel in &self.settings.borrow().clone().channels {
            loop {
                self.group(channel, Timestamp::now(), true).await?;
                let Some(row) = self.store.next_message(channel.name()).await? else { break };
                if row.due > Timestamp::now() {
                    left += 1;
                    break;
                }
                self.send(channel, row).await?;
            }
        }
        Ok(left)
    }

    async fn serve(&self, channel: &Channel, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let changed = self.store.changed();
            let wait = match self.step(channel).await {
                Ok(wait) => wait,
                Err(error) => {
                    tracing::error!(channel = channel.name(), error = format!("{error:#}"), "outbox failed");
                    Duration::from_secs(10)
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = changed, if !wait.is_zero() => {}
                () = time::sleep(wait) => {}
            }
        }
    }

    /// Sends the message that is due, or freezes what may leave; returns how long there is nothing to do.
    async fn step(&self, channel: &Channel) -> anyhow::Result<Duration> {
        let now = Timestamp::now();
        if let Some(row) = self.store.next_message(channel.name()).await? {
            if row.due > now {
                return Ok(row.due.duration_since(now).unsigned_abs());
            }
            self.send(channel, row).await?;
            // At most one message a second: what every channel allows.
            return Ok(Duration::from_secs(1));
        }
        self.group(channel, now, false).await
    }

    /// Freezes the pending alerts that may leave; returns how long none may.
    async fn group(&self, channel: &Channel, now: Timestamp, at_once: bool) -> anyhow::Result<Duration> {
        let pending = self.store.pending(channel.name()).await?;
        let last = self.store.last_sent(channel.name()).await?;
        let oldest = pending.iter().map(|row| row.alert.created).min();
        let Some(oldest) = oldest else { return Ok(Duration::from_secs(60)) };
        match ready_to_leave(channel.group(), oldest, last, now) {
            Some(wait) if !at_once => Ok(wait),
            _ => {
                let alerts: Vec<_> = pending.into_iter().map(|row| row.alert).collect();
                self.store.freeze(channel.freeze(&alerts), now).await?;
                Ok(Duration::ZERO)
            }
        }
    }

    /// One try; whatever comes of it is recorded. A crash in between repeats the same bytes and id.
    async fn send(&self, channel: &Channel, row: MessageRow) -> anyhow::Result<()> {
        let id = &row.message.id;
        let sent = channel.send(&self.client, &row.message, Timestamp::now()).await;
        let now = Timestamp::now();
        let error = match sent {
            Ok(()) => {
                self.metrics.delivered("sent");
                tracing::info!(channel = channel.name(), message = id, alerts = row.message.members.len(), "sent");
                return Ok(self.store.ack(id, now).await?);
            }
            Err(error) => error,
        };
        let wait = match error.retry() {
            DeliveryRetry::After(wait) => Some(wait),
            DeliveryRetry::Backoff => Some(backoff(row.tries, rand::random())),
            DeliveryRetry::Never => None,
        };
        let wait = wait.filter(|_| now.duration_since(row.frozen) < GIVE_UP_AFTER);
        match wait.and_then(|wait| SignedDuration::try_from(wait).ok()) {
            Some(wait) => {
                self.metrics.delivered("retried");
                tracing::warn!(channel = channel.name(), message = id, %error, retry_in_s = wait.as_secs(), "not sent");
                self.store.nack(id, error.to_string(), now + wait).await?;
            }
            None => {
                self.metrics.delivered("dead");
                self.store.dead(id, error.to_string(), now).await?;
                let text = format!(
                    "message {id} with {} alert(s) cannot be delivered to channel {}: {error}. It is kept; mend the \
                     channel and send it again.",
                    row.message.members.len(),
                    channel.name()
                );
                self.health.raise(&format!("dead letter {id}"), text).await;
            }
        }
        Ok(())
    }
}
