//! One task a channel: group pending alerts, freeze them into a message, send, retry. One channel's
//! trouble never holds up another.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use tokio::{sync::watch, task::JoinSet, time};
use tokio_util::sync::CancellationToken;
use vedetta_alert::{
    Channel, Departure, Pending,
    backoff::{self, Next},
    group::departure,
};
use vedetta_http::Client;
use vedetta_store::{MessageRow, SharedStore};

use crate::{health::Health, settings::Settings, telemetry::Metrics};

/// What delivery needs; one for all channels.
#[derive(Clone)]
pub struct Deliver {
    /// The outbox.
    pub store: SharedStore,
    /// The guarded client, with the rules for webhooks.
    pub client: Client,
    /// Tells the operator.
    pub health: Health,
    /// What is in force now.
    pub settings: watch::Receiver<Arc<Settings>>,
    /// Counts.
    pub metrics: Arc<Metrics>,
    /// Messages that a channel took and the store could not be told of: they are not sent again.
    pub taken: Taken,
}

/// Ids of messages, shared by all channels.
pub type Taken = Arc<Mutex<HashSet<String>>>;

/// A message that is due later than this was written by a clock that ran ahead: it is due now. No wait is so long.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);

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
            let wait = row.due.duration_since(now);
            if wait.is_positive() && wait <= AHEAD {
                return Ok(wait.unsigned_abs());
            }
            self.send(channel, row).await?;
            return Ok(channel.pace());
        }
        self.group(channel, now, false).await
    }

    /// Freezes the pending alerts that may leave; returns how long none may.
    async fn group(&self, channel: &Channel, now: Timestamp, at_once: bool) -> anyhow::Result<Duration> {
        let rows = self.store.pending(channel.name()).await?;
        let last = if at_once { None } else { self.store.last_sent(channel.name()).await? };
        let pending: Vec<Pending> =
            rows.iter().map(|row| Pending { id: row.alert.id.clone(), created: row.alert.created }).collect();
        let mut rule = channel.group_rule();
        if at_once {
            rule.wait = Duration::ZERO;
        }
        match departure(&pending, last, &rule, now) {
            Departure::Nothing => Ok(Duration::from_secs(60)),
            Departure::WaitUntil(at) => Ok(Duration::try_from(at.duration_since(now)).unwrap_or_default()),
            Departure::Now(groups) => {
                for members in groups {
                    let carried =
                        rows.iter().map(|row| &row.alert).filter(|alert| members.contains(&alert.id));
                    let alerts: Vec<_> = carried.cloned().collect();
                    self.store.freeze(channel.freeze(&alerts), now).await?;
                }
                Ok(Duration::ZERO)
            }
        }
    }

    /// One try; whatever comes of it is recorded. A crash in between repeats the same bytes and id.
    async fn send(&self, channel: &Channel, row: MessageRow) -> anyhow::Result<()> {
        let id = &row.message.id;
        if self.taken.lock().unwrap_or_else(PoisonError::into_inner).contains(id) {
            return self.acknowledge(id).await;
        }
        let sent = channel.send(&self.client, &row.message, Timestamp::now()).await;
        let now = Timestamp::now();
        let error = match sent {
            Ok(()) => {
                self.metrics.delivered("sent");
                tracing::info!(
                    channel = channel.name(),
                    message = id,
                    alerts = row.message.members.len(),
                    "sent"
                );
                return self.acknowledge(id).await;
            }
            Err(error) => error,
        };
        let next = backoff::next(error.retry(), row.tries + 1, row.frozen, now, &mut rand::rng());
        match next {
            Next::Try(at) => {
                self.metrics.delivered("retried");
                tracing::warn!(channel = channel.name(), message = id, %error, retry_at = %at, "not sent");
                self.store.nack(id, error.to_string(), at).await?;
            }
            Next::Dead => {
                self.metrics.delivered("dead");
                let text = format!(
                    "message {id} with {} alert(s) cannot be delivered to channel {}: {error}. It is kept under \
                     that id with the reason; mend the channel.",
                    row.message.members.len(),
                    channel.name()
                );
                // Told first: a crash in between tells it twice a day at most, the other way round never.
                self.health.raise(&format!("dead letter {id}"), text).await;
                self.store.dead(id, error.to_string(), now).await?;
            }
        }
        Ok(())
    }

    /// Tells the store that the channel took a message; one that it cannot be told of now is remembered.
    async fn acknowledge(&self, id: &str) -> anyhow::Result<()> {
        let acknowledged = self.store.ack(id, Timestamp::now()).await;
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        match acknowledged {
            Ok(()) => drop(taken.remove(id)),
            Err(_) => drop(taken.insert(id.to_owned())),
        }
        Ok(acknowledged?)
    }
}
