//! The settings in force, each with the file that it comes from.

use std::fmt;

use serde::Serialize;

use crate::Config;

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// Its key.
    pub key: String,
    /// Its value, for people; secrets are not in it.
    pub value: String,
    /// The file, or `default`.
    pub origin: String,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}    # {}", self.key, self.value, self.origin)
    }
}

impl Config {
    /// Every setting, source, watch and channel; of the lexicon only how large it is.
    pub fn show(&self) -> Vec<Shown> {
        let mut rows = Vec::new();
        let mut row = |key: String, value: String| {
            let origin = self.origins.get(&key).cloned().unwrap_or_else(|| "default".into());
            rows.push(Shown { key, value, origin });
        };
        row("general.data_dir".into(), self.general.data_dir.display().to_string());
        row("general.alert_max_age_hours".into(), self.general.alert_max_age_hours.to_string());
        row("worker.model".into(), format!("{:?}", self.worker.model));
        row("worker.memory_limit_mb".into(), self.worker.memory_limit_mb.to_string());
        row("worker.threads".into(), self.worker.threads.to_string());
        row("retention.texts_days".into(), self.retention.texts_days.to_string());
        row("retention.marks_days".into(), self.retention.marks_days.to_string());
        row("retention.max_gb".into(), self.retention.max_gb.to_string());
        row("http.user_agent".into(), self.http.user_agent.clone());
        row("http.allow_private_networks".into(), self.http.allow_private_networks.to_string());
        row("http.allow_networks".into(), format!("{:?}", self.http.allow_networks));
        row("http.connect_timeout_s".into(), self.http.connect_timeout.as_secs().to_string());
        row("http.total_timeout_s".into(), self.http.total_timeout.as_secs().to_string());
        row("http.honour_robots".into(), self.http.honour_robots.to_string());
        row("http.honour_tdm".into(), self.http.honour_tdm.to_string());
        row("webhooks.allow_private_networks".into(), self.http.webhooks_allow_private.to_string());
        row("politeness.requests_at_once".into(), self.politeness.at_once.to_string());
        row("politeness.feed_gap_ms".into(), self.politeness.feed_gap.as_millis().to_string());
        row("politeness.page_gap_ms".into(), self.politeness.page_gap.as_millis().to_string());
        for channel in &self.channels {
            row(format!("channel.{}", channel.name), format!("{:?}", channel.kind));
        }
        for (_, watch) in &self.watches {
            row(format!("watch.{}", watch.id), watch.title.clone());
        }
        for source in &self.sources {
            row(format!("source.{}", source.id), source.url.clone());
        }
        row("entities".into(), self.entities.len().to_string());
        rows
    }
}
