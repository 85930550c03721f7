//! Sources: every address absolute, every id unique in its layer.

use std::collections::{BTreeMap, HashMap};

use toml::Spanned;
use url::Url;
use vedetta_domain::{Source, SourceId, SourceKind};

use crate::{
    ConfigErrors,
    layer::File,
    raw::{self, line},
};

/// Checked sources with the file that each comes from; a later layer replaces by id.
#[derive(Default)]
pub struct Merged {
    pub sources: BTreeMap<String, (Source, String)>,
}

impl Merged {
    pub fn add(&mut self, file: &File, list: Vec<Spanned<raw::Source>>, errors: &mut ConfigErrors) {
        let mut seen: HashMap<String, usize> = HashMap::new();
        for spanned in list {
            let at = line(&file.text, spanned.span().start);
            let raw = spanned.into_inner();
            if let Some(first) = seen.insert(raw.id.clone(), at) {
                let message = format!("source {:?} stands twice, first in line {first}", raw.id);
                errors.add(&file.name, Some(at), message, "give one of them another id");
                continue;
            }
            if !raw.enabled {
                self.sources.remove(&raw.id);
            } else if let Some(source) = check(raw, &file.name, at, errors) {
                self.sources.insert(source.id.0.clone(), (source, file.name.clone()));
            }
        }
    }
}

fn check(raw: raw::Source, file: &str, at: usize, errors: &mut ConfigErrors) -> Option<Source> {
    let before = errors.0.len();
    let mut wrong = |message: String, hint: &str| errors.add(file, Some(at), message, hint);
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if raw.id.is_empty() || !raw.id.chars().all(plain) {
        wrong(format!("source id {:?} is not kebab-case", raw.id), "use small letters, digits and hyphens");
    }
    for (key, address) in [("site", &raw.site), ("feed", &raw.feed)] {
        if let Some(address) = address
            && !Url::parse(address)
                .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some())
        {
            wrong(
                format!("{key} of {:?} is no web address: {address:?}", raw.id),
                "write it out, with https://",
            );
        }
    }
    let trust = raw.trust.unwrap_or(2);
    if !(1..=3).contains(&trust) {
        wrong(format!("trust of {:?} is {trust}", raw.id), "1 is low, 3 is high");
    }
    let interval = raw.interval_s;
    if interval == Some(0) {
        wrong(format!("interval_s of {:?} is 0", raw.id), "leave it out to follow the source's own rhythm");
    }
    let (url, kind) = match (&raw.feed, &raw.site) {
        (Some(feed), _) => (feed.clone(), raw.kind.unwrap_or(SourceKind::Feed)),
        (None, Some(site)) => (site.clone(), raw.kind.unwrap_or(SourceKind::Listing)),
        (None, None) => {
            wrong(format!("source {:?} has neither feed nor site", raw.id), "add one of the two");
            return None;
        }
    };
    if errors.0.len() > before {
        return None;
    }
    Some(Source {
        name: raw.name.unwrap_or_else(|| raw.id.clone()),
        id: SourceId(raw.id),
        kind,
        url,
        site: raw.site,
        language: raw.language,
        interval_s: interval,
        quiet_after_d: raw.quiet_after_d,
        backfill: raw.backfill,
        trust,
        user_agent: raw.user_agent,
        allow_networks: raw.allow_networks,
        page: raw.page,
        tags: raw.tags,
    })
}
