//! What an operator asks Vedetta to watch.

use std::fmt;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// The operator's name for a source: kebab-case, unique over all configuration layers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceId(pub String);

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How entries are found at a source's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// RSS, Atom or JSON Feed.
    Feed,
    /// An HTML page whose article links are the entries.
    Listing,
    /// A news sitemap.
    Sitemap,
}

/// Selectors that override the general extraction on one source's pages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PageRules {
    /// CSS selector of the article's body; `None` leaves it to the general extractor.
    pub body: Option<String>,
    /// CSS selectors of parts that are cut before extraction.
    pub remove: Vec<String>,
    /// CSS selector of the article links on a listing page; `None` finds them automatically.
    pub links: Option<String>,
}

/// One place that publishes, after the configuration was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Unique id.
    pub id: SourceId,
    /// Name as people know it.
    pub name: String,
    /// How entries are found.
    pub kind: SourceKind,
    /// Address that is polled: absolute, http or https.
    pub url: String,
    /// The site's front page, where a failing feed is searched anew.
    pub site: Option<String>,
    /// Main language, ISO 639-1 (`it`, `en`); a hint for short texts only.
    pub language: Option<String>,
    /// Fixed poll interval in seconds; `None` adapts to the source's rhythm.
    pub interval_s: Option<u32>,
    /// Days without a new entry after which the operator is told; `None` learns it from the source's rhythm.
    pub quiet_after_d: Option<u32>,
    /// Alert on entries that were already there at first contact, or are old.
    pub backfill: bool,
    /// 1 low … 3 high.
    pub trust: u8,
    /// User agent that replaces the general one.
    pub user_agent: Option<String>,
    /// Private networks that this source may be fetched from.
    pub allow_networks: Vec<IpNet>,
    /// Per-site selectors.
    pub page: PageRules,
    /// Free labels, for watches that take sources in or out.
    pub tags: Vec<String>,
}

impl Source {
    /// A feed at `url`, with what counts where a configuration is silent.
    pub fn new(id: &str, url: &str) -> Self {
        Self {
            id: SourceId(id.to_owned()),
            name: id.to_owned(),
            kind: SourceKind::Feed,
            url: url.to_owned(),
            site: None,
            language: None,
            interval_s: None,
            quiet_after_d: None,
            backfill: false,
            trust: 2,
            user_agent: None,
            allow_networks: Vec::new(),
            page: PageRules::default(),
            tags: Vec::new(),
        }
    }
}
