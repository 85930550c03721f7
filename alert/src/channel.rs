//! One file per channel, all with the same constants and functions in the same order: how many
//! alerts a message holds, how fast messages may follow, `body`, `headers`.

mod config;
mod delivery;
mod send;
mod slack;
mod stub;
mod webhook;

use std::time::Duration;

use jiff::Timestamp;
use vedetta_domain::{Alert, AlertId, Message, Secret};
use vedetta_http::Client;

pub use config::{ChannelConfig, ChannelKind, ChannelProblem};
pub use delivery::{DeliveryError, Retry};
pub use stub::Sent;
pub use webhook::signature;

use crate::group::GroupRule;

/// A checked channel. Its address and key are secrets and print as `***`.
#[derive(Debug, Clone)]
pub struct Channel {
    config: ChannelConfig,
    address: Secret,
    key: Option<Secret>,
    sent: Sent,
}

impl Channel {
    /// Checks `config` and reads its secrets.
    pub fn new(config: ChannelConfig) -> Result<Self, ChannelProblem> {
        if config.name.is_empty() {
            return Err(ChannelProblem::Unnamed);
        }
        let address = match config.kind {
            ChannelKind::Stub => Secret::new(""),
            ChannelKind::Webhook | ChannelKind::Slack => config.address()?,
        };
        let key = config.key()?;
        Ok(Self { config, address, key, sent: Sent::default() })
    }

    /// A channel that keeps its messages, and the view on them.
    pub fn stub(name: &str) -> (Self, Sent) {
        let config = ChannelConfig { name: name.into(), kind: ChannelKind::Stub, ..ChannelConfig::default() };
        let sent = Sent::default();
        (Self { config, address: Secret::new(""), key: None, sent: sent.clone() }, sent)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// Its configuration; secrets that stand inline are in it.
    pub fn config(&self) -> &ChannelConfig {
        &self.config
    }

    /// Whether the daemon's own trouble is reported here.
    pub fn health(&self) -> bool {
        self.config.health
    }

    /// How it gathers alerts.
    pub fn group_rule(&self) -> GroupRule {
        let members_max = match self.config.kind {
            ChannelKind::Webhook => webhook::MEMBERS_MAX,
            ChannelKind::Slack => slack::MEMBERS_MAX,
            ChannelKind::Stub => stub::MEMBERS_MAX,
        };
        GroupRule { wait: self.config.group_wait(), interval: self.config.group_interval(), members_max }
    }

    /// Time between two messages at least, whatever their groups.
    pub fn pace(&self) -> Duration {
        Duration::from_millis(match self.config.kind {
            ChannelKind::Webhook => webhook::PACE_MS,
            ChannelKind::Slack => slack::PACE_MS,
            ChannelKind::Stub => stub::PACE_MS,
        })
    }

    /// The message that carries `alerts`. The same members make the same id, whatever their order.
    pub fn freeze(&self, alerts: &[Alert]) -> Message {
        let members: Vec<AlertId> = alerts.iter().map(|a| a.id.clone()).collect();
        let id = message_id(self.name(), &members);
        let body = match self.config.kind {
            ChannelKind::Webhook => webhook::body(&id, alerts),
            ChannelKind::Slack => slack::body(&id, alerts),
            ChannelKind::Stub => stub::body(&id, alerts),
        };
        let channel = self.name().to_string();
        Message { id, channel, members, content_type: "application/json; charset=utf-8".into(), body }
    }

    /// Sends a frozen message once. What the error says of trying again is the caller's to follow.
    pub async fn send(
        &self,
        client: &Client,
        message: &Message,
        now: Timestamp,
    ) -> Result<(), DeliveryError> {
        let key = self.key.as_ref();
        let headers = match self.config.kind {
            ChannelKind::Webhook => webhook::headers(&message.id, &message.body, key, now),
            ChannelKind::Slack => slack::headers(&message.id, &message.body, key, now),
            ChannelKind::Stub => stub::headers(&message.id, &message.body, key, now),
        };
        if self.config.kind == ChannelKind::Stub {
            return self.sent.send(message);
        }
        send::send(self, client, message, headers, now).await
    }
}

fn message_id(channel: &str, members: &[AlertId]) -> String {
    let mut members: Vec<&str> = members.iter().map(|m| m.0.as_str()).collect();
    members.sort_unstable();
    let mut hasher = blake3::Hasher::new();
    hasher.update(channel.as_bytes());
    for member in members {
        hasher.update(&[0]);
        hasher.update(member.as_bytes());
    }
    hasher.finalize().to_hex()[..32].to_string()
}
