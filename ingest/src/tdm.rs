//! The reservation of text and data mining (TDM Reservation Protocol): header, meta element, or
//! `/.well-known/tdmrep.json`.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use url::Url;
use vedetta_http::{Client, Request, Response};

/// How long a site's declaration holds.
const KEEP: SignedDuration = SignedDuration::from_hours(24);

/// Sites that are remembered.
const SITES: usize = 20_000;

/// One rule of `tdmrep.json`.
#[derive(Debug, Clone, Deserialize)]
struct Rule {
    #[serde(default)]
    location: String,
    #[serde(default, rename = "tdm-reservation")]
    reservation: u8,
}

/// Declarations of all sites that were asked.
#[derive(Default)]
pub struct TdmCache {
    sites: Mutex<HashMap<String, (Timestamp, Vec<Rule>)>>,
}

impl TdmCache {
    /// Whether the site's declaration reserves `url`. A site without one reserves nothing.
    pub async fn reserved(&self, client: &Client, mut request: Request, url: &Url, now: Timestamp) -> bool {
        let site = url[..url::Position::BeforePath].to_owned();
        let known = self.sites.lock().unwrap_or_else(PoisonError::into_inner).get(&site).cloned();
        let rules = match known {
            Some((until, rules)) if until > now => rules,
            _ => {
                request.url = format!("{site}/.well-known/tdmrep.json");
                request.max_body = 256 << 10;
                let rules = match client.send(request).await {
                    Ok(answer) if answer.status == 200 => {
                        serde_json::from_slice(&answer.body).unwrap_or_default()
                    }
                    _ => Vec::new(),
                };
                let mut sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
                if sites.len() >= SITES {
                    sites.retain(|_, (until, _)| *until > now);
                }
                sites.insert(site, (now + KEEP, rules.clone()));
                rules
            }
        };
        let first = rules.iter().find(|rule| matches_path(&rule.location, url.path()));
        first.is_some_and(|rule| rule.reservation == 1)
    }
}

/// Whether the answer itself reserves its content, and where it says so.
pub fn reserved_by(answer: &Response) -> Option<&'static str> {
    if answer.headers.get("tdm-reservation").is_some_and(|value| value.trim() == "1") {
        return Some("its tdm-reservation header");
    }
    let head = &answer.body[..answer.body.len().min(64 << 10)];
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let at = head.find("name=\"tdm-reservation\"").or_else(|| head.find("name='tdm-reservation'"))?;
    let element = head.get(at..)?.split('>').next()?;
    (element.contains("content=\"1\"") || element.contains("content='1'"))
        .then_some("its tdm-reservation meta element")
}

/// Patterns as in robots.txt: a prefix, `*` for anything, `$` for the end.
fn matches_path(pattern: &str, path: &str) -> bool {
    let (pattern, anchored) = match pattern.strip_suffix('$') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let mut rest = path;
    for (n, part) in pattern.split('*').enumerate() {
        match rest.find(part) {
            Some(at) if n > 0 || at == 0 => rest = &rest[at + part.len()..],
            _ => return false,
        }
    }
    !anchored || rest.is_empty() || pattern.ends_with('*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_robots_txt() {
        for (pattern, path, expected) in [
            ("/", "/a", true),
            ("/a", "/b", false),
            ("/a/*.html", "/a/b/c.html", true),
            ("*.pdf$", "/x.pdf", true),
            ("*.pdf$", "/x.pdf.html", false),
        ] {
            assert_eq!(matches_path(pattern, path), expected, "{pattern} {path}");
        }
    }
}
