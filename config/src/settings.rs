//! The checked settings.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use vedetta_alert::{ChannelConfig, Watch, WatchConfig};
use vedetta_domain::{Entity, Source};
use vedetta_http::ClientConfig;
use vedetta_ingest::{IngestConfig, Politeness};

use crate::{
    ConfigErrors, entities,
    layer::{File, Kind},
    raw, sources,
};

/// Settings of the daemon as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct General {
    /// Where journal and index are kept.
    pub data_dir: PathBuf,
    /// Entries older than this are stored and not alerted.
    pub alert_max_age_hours: u32,
}

/// Which model the worker loads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelChoice {
    /// The one inside the binary.
    #[default]
    Builtin,
    /// A folder in the Hugging Face layout.
    Path(PathBuf),
    /// None: the lexicon works alone.
    None,
}

/// Settings of the worker process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worker {
    /// The model.
    pub model: ModelChoice,
    /// Bound of its private memory, in MB.
    pub memory_limit_mb: u64,
    /// Threads of the model.
    pub threads: u32,
}

/// How long what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Articles' texts, in days.
    pub texts_days: u32,
    /// By what articles are recognised, and what was told, in days; never less than the texts.
    pub marks_days: u32,
    /// Most that the archive takes, in GB of 2³⁰ bytes.
    pub max_gb: u32,
}

/// A configuration without errors.
#[derive(Debug, Clone)]
pub struct Config {
    /// The daemon as a whole.
    pub general: General,
    /// The worker process.
    pub worker: Worker,
    /// How long what is kept.
    pub retention: Retention,
    /// What is polled.
    pub sources: Vec<Source>,
    /// The lexicon.
    pub entities: Vec<Entity>,
    /// Watches with the file that each comes from.
    pub watches: Vec<(String, WatchConfig)>,
    /// Channels.
    pub channels: Vec<ChannelConfig>,
    /// What is allowed but unwise.
    pub warnings: Vec<String>,
    pub(crate) http: Http,
    pub(crate) politeness: Politeness,
    pub(crate) origins: BTreeMap<String, String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Http {
    pub user_agent: String,
    pub allow_private_networks: bool,
    pub allow_networks: Vec<IpNet>,
    pub connect_timeout: Duration,
    pub total_timeout: Duration,
    pub honour_robots: bool,
    pub honour_tdm: bool,
    pub webhooks_allow_private: bool,
}

impl Config {
    /// The client that fetches feeds and pages.
    pub fn fetch_client(&self) -> ClientConfig {
        ClientConfig {
            user_agent: self.http.user_agent.clone(),
            connect_timeout: self.http.connect_timeout,
            total_timeout: self.http.total_timeout,
            allow_private_networks: self.http.allow_private_networks,
            allow_networks: self.http.allow_networks.clone(),
        }
    }

    /// The client that delivers messages. What may be fetched from may not thereby be posted to.
    pub fn webhook_client(&self) -> ClientConfig {
        ClientConfig {
            allow_private_networks: self.http.webhooks_allow_private,
            allow_networks: Vec::new(),
            ..self.fetch_client()
        }
    }

    /// How sources are polled.
    pub fn ingest_config(&self) -> IngestConfig {
        IngestConfig {
            politeness: self.politeness.clone(),
            honour_robots: self.http.honour_robots,
            honour_tdm: self.http.honour_tdm,
            ..IngestConfig::default()
        }
    }

    /// Compiles the watches, and checks them against lexicon and channels.
    pub fn compile_watches(&self) -> Result<Vec<Watch>, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        let mut watches = Vec::new();
        let groups: std::collections::BTreeSet<&str> = self
            .entities
            .iter()
            .flat_map(|entity| &entity.groups)
            .map(String::as_str)
            .chain(entities::GROUPS.iter().copied())
            .collect();
        for (file, watch) in &self.watches {
            for channel in
                watch.channels.iter().filter(|name| !self.channels.iter().any(|c| c.name == **name))
            {
                errors.add(
                    file,
                    None,
                    format!("the watch names the unknown channel {channel:?}"),
                    "add a [[channel]] of that name",
                );
            }
            match Watch::compile(watch.clone()) {
                Ok(watch) => {
                    for tag in watch.tags().filter(|tag| !groups.contains(tag)) {
                        let hint =
                            format!("groups are: {}", groups.iter().copied().collect::<Vec<_>>().join(", "));
                        errors.add(
                            file,
                            None,
                            format!("the watch asks for the unknown lexicon group {tag:?}"),
                            hint,
                        );
                    }
                    for id in
                        watch.entities().filter(|id| !self.entities.iter().any(|entity| entity.id.0 == *id))
                    {
                        errors.add(
                            file,
                            None,
                            format!("the watch asks for the unknown entity {id:?}"),
                            "check the id's spelling",
                        );
                    }
                    watches.push(watch);
                }
                Err(problems) => {
                    for problem in problems {
                        errors.add(
                            file,
                            None,
                            format!("{}: {}", problem.path, problem.message),
                            problem.hint,
                        );
                    }
                }
            }
        }
        if errors.is_empty() { Ok(watches) } else { Err(errors) }
    }
}

/// Merges and checks all files; `None` where not even the main settings could be read.
pub fn check(files: Vec<File>, errors: &mut ConfigErrors) -> Option<Config> {
    let (mut mains, mut found_sources, mut found_entities) =
        (Vec::new(), sources::Merged::default(), entities::Merged::default());
    let mut watches: BTreeMap<String, (String, WatchConfig)> = BTreeMap::new();
    for file in &files {
        match file.kind {
            Kind::Main => {
                if let Some(mut main) = raw::parse::<raw::Main>(file, errors) {
                    // In the layer's place: what commands added counts after it.
                    found_sources.add(file, std::mem::take(&mut main.source), errors);
                    mains.push((file, main));
                }
            }
            Kind::Sources => {
                if let Some(list) = raw::parse::<raw::Sources>(file, errors) {
                    raw::check_schema(list.schema, file, errors);
                    found_sources.add(file, list.source, errors);
                }
            }
            Kind::Entities => {
                if let Some(list) = raw::parse::<raw::Entities>(file, errors) {
                    raw::check_schema(list.schema, file, errors);
                    found_entities.add(file, list.entity, errors);
                }
            }
            Kind::Watchlist => {
                if let Some(watch) = raw::parse::<WatchConfig>(file, errors) {
                    watches.insert(watch.id.clone(), (file.name.clone(), watch));
                }
            }
        }
    }
    watches.retain(|_, (_, watch)| watch.enabled);
    found_entities.check(errors);
    let config = merge(mains, found_sources, found_entities, watches, errors)?;
    if let Err(more) = config.compile_watches() {
        errors.0.extend(more.0);
    }
    Some(config)
}

fn merge(
    mains: Vec<(&File, raw::Main)>,
    mut found_sources: sources::Merged,
    found_entities: entities::Merged,
    mut watches: BTreeMap<String, (String, WatchConfig)>,
    errors: &mut ConfigErrors,
) -> Option<Config> {
    let mut origins = BTreeMap::new();
    let mut all = raw::Main {
        schema: raw::SCHEMA,
        general: raw::General::default(),
        http: raw::Http::default(),
        webhooks: raw::Webhooks::default(),
        politeness: raw::Politeness::default(),
        worker: raw::Worker::default(),
        retention: raw::Retention::default(),
        channel: Vec::new(),
        source: Vec::new(),
    };
    for (file, main) in mains {
        raw::check_schema(main.schema, file, errors);
        let mut note = |key: &str| drop(origins.insert(key.to_owned(), file.name.clone()));
        macro_rules! take {
            ($($section:ident . $key:ident),* $(,)?) => {
                $(if main.$section.$key.is_some() {
                    all.$section.$key = main.$section.$key;
                    note(concat!(stringify!($section), ".", stringify!($key)));
                })*
            };
        }
        take!(
            general.data_dir,
            general.alert_max_age_hours,
            general.shipped_sources,
            general.watches,
            http.contact_url,
            http.user_agent,
            http.allow_private_networks,
            http.allow_networks,
            http.connect_timeout_s,
            http.total_timeout_s,
            http.honour_robots,
            http.honour_tdm,
            webhooks.allow_private_networks,
            politeness.requests_at_once,
            politeness.feed_gap_ms,
            politeness.page_gap_ms,
            politeness.pause_s,
            politeness.down_s,
            worker.model,
            worker.memory_limit_mb,
            worker.threads,
            retention.texts_days,
            retention.marks_days,
            retention.max_gb,
        );
        for channel in main.channel {
            note(&format!("channel.{}", channel.name));
            all.channel.retain(|known: &ChannelConfig| known.name != channel.name);
            all.channel.push(channel);
        }
    }
    if let Some(wanted) = &all.general.watches {
        for id in wanted.iter().filter(|id| !watches.contains_key(*id)) {
            let file = origins.get("general.watches").cloned().unwrap_or_default();
            errors.add(
                &file,
                None,
                format!("general.watches names the unknown watch {id:?}"),
                "check the id's spelling",
            );
        }
        watches.retain(|id, _| wanted.contains(id));
    }
    if all.general.shipped_sources == Some(false) {
        found_sources.sources.retain(|_, (_, file)| !file.starts_with("shipped:"));
    }
    origins
        .extend(found_sources.sources.iter().map(|(id, (_, file))| (format!("source.{id}"), file.clone())));
    origins.extend(
        found_entities.entities.iter().map(|(id, (_, file, _))| (format!("entity.{id}"), file.clone())),
    );
    origins.extend(watches.iter().map(|(id, (file, _))| (format!("watch.{id}"), file.clone())));
    let warnings = all.channel.iter().flat_map(ChannelConfig::warnings).collect();
    let seconds = |value: Option<u32>, default: u64| Duration::from_secs(value.map_or(default, u64::from));
    let millis =
        |value: Option<u32>, default: Duration| value.map_or(default, |ms| Duration::from_millis(ms.into()));
    let polite = Politeness::default();
    let agent = match (&all.http.user_agent, &all.http.contact_url) {
        (Some(agent), _) => agent.clone(),
        (None, Some(url)) => {
            format!("Mozilla/5.0 (compatible; Vedetta/{}; +{url})", env!("CARGO_PKG_VERSION"))
        }
        (None, None) => ClientConfig::default().user_agent,
    };
    let data_dir = all.general.data_dir.unwrap_or_else(state_dir);
    let texts_days = all.retention.texts_days.unwrap_or(90).max(1);
    let retention = Retention {
        texts_days,
        marks_days: all.retention.marks_days.unwrap_or(400).max(texts_days),
        max_gb: all.retention.max_gb.unwrap_or(50).max(1),
    };
    Some(Config {
        retention,
        general: General {
            data_dir: data_dir.clone(),
            alert_max_age_hours: all.general.alert_max_age_hours.unwrap_or(48),
        },
        worker: Worker {
            model: match all.worker.model.as_deref() {
                None | Some("builtin") => ModelChoice::Builtin,
                Some("none") => ModelChoice::None,
                Some(name) => ModelChoice::Path(model_folder(name, &data_dir)),
            },
            memory_limit_mb: all.worker.memory_limit_mb.unwrap_or(1500),
            threads: all.worker.threads.unwrap_or(2).clamp(1, 64),
        },
        sources: found_sources.sources.into_values().map(|(source, _)| source).collect(),
        entities: found_entities.entities.into_values().map(|(entity, ..)| entity).collect(),
        watches: watches.into_values().collect(),
        channels: all.channel,
        warnings,
        http: Http {
            user_agent: agent,
            allow_private_networks: all.http.allow_private_networks.unwrap_or(false),
            allow_networks: all.http.allow_networks.unwrap_or_default(),
            connect_timeout: seconds(all.http.connect_timeout_s, 10),
            total_timeout: seconds(all.http.total_timeout_s, 30),
            honour_robots: all.http.honour_robots.unwrap_or(true),
            honour_tdm: all.http.honour_tdm.unwrap_or(true),
            webhooks_allow_private: all.webhooks.allow_private_networks.unwrap_or(false),
        },
        politeness: Politeness {
            at_once: all.politeness.requests_at_once.map_or(polite.at_once, |n| n as usize),
            feed_gap: millis(all.politeness.feed_gap_ms, polite.feed_gap),
            page_gap: millis(all.politeness.page_gap_ms, polite.page_gap),
            pause: seconds(all.politeness.pause_s, 30),
            down: seconds(all.politeness.down_s, 600),
        },
        origins,
    })
}

/// The folder of a model: `owner/name` that is no folder here is one that `vedetta model fetch` downloads.
fn model_folder(name: &str, data_dir: &Path) -> PathBuf {
    let hub = name.matches('/').count() == 1 && !name.starts_with(['/', '.']) && !name.ends_with('/');
    if hub && !Path::new(name).exists() {
        return data_dir.join("models").join(name.replace('/', "--"));
    }
    name.into()
}

/// What systemd made for the service, or its usual place.
fn state_dir() -> PathBuf {
    std::env::var_os("STATE_DIRECTORY").map_or_else(|| "/var/lib/vedetta".into(), PathBuf::from)
}
