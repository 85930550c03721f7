//! A channel as the operator writes it.

use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;
use vedetta_domain::Secret;

/// One `[[channel]]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChannelConfig {
    /// Name; watches refer to it.
    pub name: String,
    /// What it speaks.
    pub kind: ChannelKind,
    /// Address, where it is no secret. A chat's webhook address is one: use `url_file` or `url_env`.
    pub url: Option<String>,
    /// File that holds the address.
    pub url_file: Option<String>,
    /// Environment variable that holds the address.
    pub url_env: Option<String>,
    /// File that holds the key which signs a webhook's messages.
    pub secret_file: Option<String>,
    /// Environment variable that holds that key.
    pub secret_env: Option<String>,
    /// Whether the daemon's own trouble is reported here.
    pub health: bool,
    /// Seconds to gather after the oldest pending alert; 30 where it is left out.
    pub group_wait_s: Option<u32>,
    /// Seconds between two messages; 300 where it is left out.
    pub group_interval_s: Option<u32>,
    /// Private networks that this channel may reach.
    pub allow_networks: Vec<IpNet>,
}

/// What a channel speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChannelKind {
    /// Versioned JSON, signed.
    #[default]
    Webhook,
    /// A Slack incoming webhook.
    Slack,
    /// Keeps messages in memory.
    Stub,
}

/// Why a channel cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChannelProblem {
    /// It has no name.
    #[error("a channel has no name; add `name = \"…\"`")]
    Unnamed,
    /// None of the keys is there.
    #[error("channel {channel} has no address; set `url_file`, `url_env` or `url`")]
    NoAddress {
        /// The channel.
        channel: String,
    },
    /// More than one of the keys is there.
    #[error("channel {channel} sets its {what} more than once; keep one of file, environment and inline")]
    Twice {
        /// The channel.
        channel: String,
        /// `address` or `secret`.
        what: &'static str,
    },
    /// The file or variable cannot be read.
    #[error("channel {channel}: its {what} cannot be read from {from}: {why}; create it or correct the name")]
    Unreadable {
        /// The channel.
        channel: String,
        /// `address` or `secret`.
        what: &'static str,
        /// File or variable.
        from: String,
        /// The system's words.
        why: String,
    },
    /// It is not an http or https address. The address itself is not repeated: it may be a secret.
    #[error("channel {channel}: its address does not begin with https:// or http://; copy it anew")]
    BadAddress {
        /// The channel.
        channel: String,
    },
}

impl ChannelConfig {
    /// How long it gathers.
    pub fn group_wait(&self) -> Duration {
        Duration::from_secs(self.group_wait_s.unwrap_or(30).into())
    }

    /// How long it rests between two messages.
    pub fn group_interval(&self) -> Duration {
        Duration::from_secs(self.group_interval_s.unwrap_or(300).into())
    }

    /// What is allowed but unwise, in words.
    pub fn warnings(&self) -> Vec<String> {
        let inline = self.kind == ChannelKind::Slack && self.url.is_some();
        let warning = || {
            format!("channel {} has a secret address inline; move it to a file and set `url_file`", self.name)
        };
        inline.then(warning).into_iter().collect()
    }

    pub(super) fn address(&self) -> Result<Secret, ChannelProblem> {
        let channel = || self.name.clone();
        let found = self.secret("address", &self.url, &self.url_file, &self.url_env)?;
        let address = found.ok_or_else(|| ChannelProblem::NoAddress { channel: channel() })?;
        if !address.expose().starts_with("https://") && !address.expose().starts_with("http://") {
            return Err(ChannelProblem::BadAddress { channel: channel() });
        }
        Ok(address)
    }

    pub(super) fn key(&self) -> Result<Option<Secret>, ChannelProblem> {
        self.secret("secret", &None, &self.secret_file, &self.secret_env)
    }

    fn secret(
        &self,
        what: &'static str,
        inline: &Option<String>,
        file: &Option<String>,
        env: &Option<String>,
    ) -> Result<Option<Secret>, ChannelProblem> {
        let channel = self.name.clone();
        let unreadable = |from: String, why: String| ChannelProblem::Unreadable {
            channel: self.name.clone(),
            what,
            from,
            why,
        };
        let text = match (inline, file, env) {
            (None, None, None) => return Ok(None),
            (Some(text), None, None) => text.clone(),
            (None, Some(file), None) => {
                std::fs::read_to_string(file).map_err(|e| unreadable(file.clone(), e.to_string()))?
            }
            (None, None, Some(name)) => {
                std::env::var(name).map_err(|e| unreadable(format!("${name}"), e.to_string()))?
            }
            _ => return Err(ChannelProblem::Twice { channel, what }),
        };
        Ok(Some(Secret::new(text.trim())))
    }
}
