//! Sources that commands write into the configuration.

use std::path::{Path, PathBuf};

use ipnet::IpNet;
use serde::Serialize;
use vedetta_domain::{PageRules, Source, SourceKind};

use crate::{
    ConfigErrors,
    added::Added,
    layer::{File, Kind},
    raw,
};

/// What `sources add` and `sources import` add to.
const ACCEPTED: &str = "added/sources/accepted.toml";

/// What `sources verify` writes anew each time.
const VERIFIED: &str = "added/sources/verified.toml";

/// A source as it stands in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewSource {
    /// Id; kebab-case.
    pub id: String,
    /// Name as people know it.
    pub name: String,
    /// The site's front page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// Address that is polled; without one the site is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feed: Option<String>,
    /// How entries are found there.
    pub kind: SourceKind,
    /// Main language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Fixed interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval_s: Option<u32>,
    /// Days of silence that are reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quiet_after_d: Option<u32>,
    /// Whether old entries are alerted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub backfill: bool,
    /// 1 low … 3 high.
    pub trust: u8,
    /// User agent of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// Private networks that it may be fetched from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allow_networks: Vec<IpNet>,
    /// Whether its entries have been seen.
    pub verified: bool,
    /// Free labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Selectors.
    #[serde(skip_serializing_if = "is_default")]
    pub page: PageRules,
}

fn is_default(rules: &PageRules) -> bool {
    *rules == PageRules::default()
}

impl NewSource {
    /// The record of `source`; `verified` where its entries were seen.
    pub fn of(source: &Source, verified: bool) -> Self {
        Self {
            id: source.id.0.clone(),
            name: source.name.clone(),
            site: source.site.clone(),
            feed: Some(source.url.clone()),
            kind: source.kind,
            language: source.language.clone(),
            interval_s: source.interval_s,
            quiet_after_d: source.quiet_after_d,
            backfill: source.backfill,
            trust: source.trust,
            user_agent: source.user_agent.clone(),
            allow_networks: source.allow_networks.clone(),
            verified,
            tags: source.tags.clone(),
            page: source.page.clone(),
        }
    }
}

#[derive(Serialize)]
struct Rows<'a> {
    source: &'a [NewSource],
}

/// Adds sources to the configuration in `folder` and says in which file they stand. The whole configuration is checked
/// with them first; with an error in it, or an id that is there already, nothing is written.
pub fn add_sources(folder: &Path, new: &[NewSource]) -> Result<PathBuf, ConfigErrors> {
    let file = Added::new(folder, ACCEPTED, Kind::Sources);
    let old = file.text()?;
    let mut files = file.others();
    files.push(file.with(old.clone()));
    let mut errors = ConfigErrors::default();
    for source in new.iter().filter(|source| files.iter().any(|file| names_id(file, &source.id))) {
        errors.0.extend(file.fault(format!("source {:?} is there already", source.id), "give another id").0);
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let rows = rows(&file, new)?;
    file.write(format!("{}\n\n{rows}", old.trim_end()))
}

/// Writes what `sources verify` found; what an earlier run wrote is replaced.
pub fn write_verified(folder: &Path, all: &[NewSource]) -> Result<PathBuf, ConfigErrors> {
    let file = Added::new(folder, VERIFIED, Kind::Sources);
    let rows = if all.is_empty() { String::new() } else { rows(&file, all)? };
    file.write(format!(
        "# Written by `vedetta sources verify`: sources whose entries were seen, with the address at which they were.\n\
         {}\n{rows}",
        Added::empty()
    ))
}

fn rows(file: &Added<'_>, all: &[NewSource]) -> Result<String, ConfigErrors> {
    toml::to_string(&Rows { source: all })
        .map_err(|error| file.fault(error.to_string(), "give names as plain text"))
}

fn names_id(file: &File, id: &str) -> bool {
    file.kind == Kind::Sources
        && raw::parse::<raw::Sources>(file, &mut ConfigErrors::default())
            .is_some_and(|all| all.source.iter().any(|source| source.get_ref().id == id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(id: &str, feed: &str) -> NewSource {
        let source = Source {
            name: "L'\u{201c}Osservatorio\u{201d} \\ \"x\"".into(),
            language: Some("it".into()),
            tags: vec!["space".into()],
            ..Source::new(id, feed)
        };
        NewSource::of(&source, true)
    }

    #[test]
    fn sources_are_added_once_and_whole() {
        let dir = tempfile::tempdir().unwrap();
        let feed = "https://example.org/feed/";
        let path = add_sources(dir.path(), &[source("one", feed), source("two", feed)]).unwrap();
        let rows = PageRules { links: Some("h2 a".into()), ..PageRules::default() };
        add_sources(dir.path(), &[NewSource { page: rows.clone(), ..source("three", feed) }]).unwrap();
        let config = crate::load(Some(dir.path())).unwrap();
        let of = |id: &str| config.sources.iter().find(|source| source.id.0 == id).unwrap();
        assert_eq!(of("one").name, source("one", feed).name);
        assert_eq!((of("two").url.as_str(), &of("three").page), (feed, &rows));
        let before = std::fs::read_to_string(&path).unwrap();
        for (new, said) in [
            (vec![source("four", feed), source("two", feed)], "\"two\" is there already"),
            (vec![source("spacenews", feed)], "\"spacenews\" is there already"),
            (vec![source("Bad Id", feed)], "not kebab-case"),
            (vec![source("five", "ftp://example.org/")], "no web address"),
        ] {
            let error = add_sources(dir.path(), &new).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), before, "{said}");
        }
        // Over what is shipped, by id, and anew each time.
        for address in ["https://example.org/a", "https://example.org/b"] {
            write_verified(dir.path(), &[source("spacenews", address)]).unwrap();
            let config = crate::load(Some(dir.path())).unwrap();
            let found: Vec<_> = config.sources.iter().filter(|source| source.id.0 == "spacenews").collect();
            assert_eq!((found.len(), found[0].url.as_str()), (1, address));
        }
        write_verified(dir.path(), &[]).unwrap();
        crate::load(Some(dir.path())).unwrap();
    }
}
