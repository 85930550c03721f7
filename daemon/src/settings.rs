//! The checked configuration in the shape in which the stages ask for it.

use std::collections::{BTreeSet, HashMap};

use vedetta_alert::{Channel, Watch};
use vedetta_config::Config;
use vedetta_domain::{Source, SourceId};

use crate::worker::Setup;

/// What is in force now. A reload makes a new one; nobody changes an old one.
pub struct Settings {
    /// The configuration as loaded.
    pub config: Config,
    /// Watches, compiled.
    pub watches: Vec<Watch>,
    /// Channels, with their secrets.
    pub channels: Vec<Channel>,
    sources: HashMap<SourceId, usize>,
}

impl Settings {
    /// Compiles what must be compiled; every problem is in the error.
    pub fn new(config: Config) -> anyhow::Result<Self> {
        let watches = config.compile_watches()?;
        let channels = config
            .channels
            .iter()
            .map(|channel| Channel::new(channel.clone()))
            .collect::<Result<Vec<_>, _>>()?;
        let sources = config.sources.iter().enumerate().map(|(n, source)| (source.id.clone(), n)).collect();
        Ok(Self { config, watches, channels, sources })
    }

    /// A source by its id.
    pub fn source(&self, id: &SourceId) -> Option<&Source> {
        self.sources.get(id).and_then(|&n| self.config.sources.get(n))
    }

    /// Names of the channels that carry a match which names `wanted`; empty: all.
    pub fn channels_for(&self, wanted: &[String]) -> Vec<String> {
        let names = self.channels.iter().map(Channel::name);
        names.filter(|name| wanted.is_empty() || wanted.iter().any(|w| w == name)).map(Into::into).collect()
    }

    /// Names of the channels for the daemon's own trouble.
    pub fn health_channels(&self) -> Vec<String> {
        self.channels.iter().filter(|channel| channel.health()).map(|channel| channel.name().into()).collect()
    }

    /// What the worker is set up with.
    pub fn worker_setup(&self) -> Setup {
        Setup {
            entities: self.config.entities.clone(),
            model: self.config.worker.model.clone(),
            memory_limit_mb: self.config.worker.memory_limit_mb,
            threads: self.config.worker.threads,
        }
    }

    /// Ids of all sources.
    pub fn source_ids(&self) -> BTreeSet<SourceId> {
        self.sources.keys().cloned().collect()
    }
}
