//! The files as they are written, before anything is checked.

use std::path::PathBuf;

use ipnet::IpNet;
use serde::{Deserialize, de::DeserializeOwned};
use toml::Spanned;
use vedetta_alert::ChannelConfig;
use vedetta_domain::{EntityKind, PageRules, SourceKind};

use crate::{ConfigErrors, layer::File};

/// Version of the files' language.
pub const SCHEMA: u32 = 1;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Main {
    pub schema: u32,
    #[serde(default)]
    pub general: General,
    #[serde(default)]
    pub http: Http,
    #[serde(default)]
    pub webhooks: Webhooks,
    #[serde(default)]
    pub politeness: Politeness,
    #[serde(default)]
    pub worker: Worker,
    #[serde(default)]
    pub retention: Retention,
    #[serde(default)]
    pub channel: Vec<ChannelConfig>,
    #[serde(default)]
    pub source: Vec<Spanned<Source>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct General {
    pub data_dir: Option<PathBuf>,
    pub alert_max_age_hours: Option<u32>,
    pub shipped_sources: Option<bool>,
    pub watches: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    pub contact_url: Option<String>,
    pub user_agent: Option<String>,
    pub allow_private_networks: Option<bool>,
    pub allow_networks: Option<Vec<IpNet>>,
    pub connect_timeout_s: Option<u32>,
    pub total_timeout_s: Option<u32>,
    pub honour_robots: Option<bool>,
    pub honour_tdm: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Webhooks {
    pub allow_private_networks: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Politeness {
    pub requests_at_once: Option<u32>,
    pub feed_gap_ms: Option<u32>,
    pub page_gap_ms: Option<u32>,
    pub pause_s: Option<u32>,
    pub down_s: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    pub texts_days: Option<u32>,
    pub marks_days: Option<u32>,
    pub max_gb: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Worker {
    pub model: Option<String>,
    pub memory_limit_mb: Option<u64>,
    pub threads: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sources {
    pub schema: u32,
    #[serde(default)]
    pub source: Vec<Spanned<Source>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub id: String,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub site: Option<String>,
    #[serde(default)]
    pub feed: Option<String>,
    #[serde(default)]
    pub kind: Option<SourceKind>,
    #[serde(default)]
    pub language: Option<String>,
    #[serde(default)]
    pub interval_s: Option<u32>,
    #[serde(default)]
    pub quiet_after_d: Option<u32>,
    #[serde(default)]
    pub backfill: bool,
    #[serde(default)]
    pub trust: Option<u8>,
    #[serde(default)]
    pub user_agent: Option<String>,
    #[serde(default)]
    pub allow_networks: Vec<IpNet>,
    #[serde(default)]
    pub page: PageRules,
    #[serde(default)]
    pub tags: Vec<String>,
    /// Whether somebody has seen its feed work; for people.
    #[serde(default)]
    #[allow(dead_code, reason = "for people and for `sources verify`")]
    pub verified: bool,
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entities {
    pub schema: u32,
    #[serde(default)]
    pub entity: Vec<Spanned<Entity>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entity {
    pub id: String,
    pub kind: EntityKind,
    pub name: Names,
    #[serde(default)]
    pub aliases: Vec<String>,
    #[serde(default)]
    pub ambiguous: Vec<String>,
    #[serde(default)]
    pub adjectives: Vec<String>,
    #[serde(default)]
    pub groups: Vec<String>,
    #[serde(default)]
    pub part_of: Option<String>,
    /// One line for people.
    #[serde(default)]
    #[allow(dead_code, reason = "for people")]
    pub note: Option<String>,
    #[serde(default = "yes")]
    pub enabled: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    pub en: String,
    #[serde(default)]
    pub it: Option<String>,
}

/// The line in which byte `at` of `text` stands.
pub fn line(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}

/// Reads a file; an unknown key or a wrong type is a problem with its line.
pub fn parse<T: DeserializeOwned>(file: &File, errors: &mut ConfigErrors) -> Option<T> {
    match toml::from_str(&file.text) {
        Ok(raw) => Some(raw),
        Err(error) => {
            let line = error.span().map(|span| line(&file.text, span.start));
            let message = error.message().to_owned();
            let hint = if message.contains("unknown field") {
                "check its spelling; `vedetta config show` lists the keys in force"
            } else if message.contains("missing field") {
                "add the key"
            } else {
                "see the comments in the shipped file of the same name"
            };
            errors.add(&file.name, line, message, hint);
            None
        }
    }
}

/// Complains about a version that this build does not know.
pub fn check_schema(found: u32, file: &File, errors: &mut ConfigErrors) {
    if found != SCHEMA {
        errors.add(
            &file.name,
            Some(1),
            format!("schema is {found}"),
            format!("this version reads schema = {SCHEMA}"),
        );
    }
}
