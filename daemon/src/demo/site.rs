//! The sample site: an invented think tank and an aggregator on two host names of loopback.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Context;
use axum::{
    Router,
    body::Bytes,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use include_dir::{Dir, include_dir};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::Deserialize;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/sample-site");

/// What should come of each article of the site.
#[derive(Debug, Clone, Deserialize)]
pub struct Expected {
    /// One record an article.
    pub article: Vec<ExpectedArticle>,
}

/// What should come of one article.
#[derive(Debug, Clone, Deserialize)]
pub struct ExpectedArticle {
    /// `main` or `copy`.
    pub site: String,
    /// Last part of its address.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// `en` or `it`.
    pub language: String,
    /// Whether its event is to be told.
    pub alert: bool,
    /// The event that it tells.
    pub event: String,
    /// Fragments of its text.
    #[serde(default)]
    pub contains: Vec<String>,
    /// Fragments of its page that are no part of its text.
    #[serde(default)]
    pub excludes: Vec<String>,
    /// Names in its text.
    #[serde(default)]
    pub entities: Vec<ExpectedName>,
    /// Names that stand only in its page's dress.
    #[serde(default)]
    pub not_entities: Vec<String>,
}

/// A name that must be tagged.
#[derive(Debug, Clone, Deserialize)]
pub struct ExpectedName {
    /// As it stands in the text.
    pub text: String,
    /// `PER`, `ORG`, `LOC` or `MISC`.
    pub kind: String,
}

impl Expected {
    /// Reads `expected.toml` of the sample site.
    pub fn load() -> anyhow::Result<Self> {
        let file = FILES.get_file("expected.toml").context("the sample site lacks expected.toml")?;
        toml::from_str(file.contents_utf8().unwrap_or_default()).context("expected.toml cannot be read")
    }

    /// The events that are to be told, sorted.
    pub fn events(&self) -> Vec<&str> {
        let events: BTreeSet<&str> = self
            .article
            .iter()
            .filter(|article| article.alert)
            .map(|article| article.event.as_str())
            .collect();
        events.into_iter().collect()
    }

    /// How many articles a host has.
    pub fn on(&self, site: &str) -> usize {
        self.article.iter().filter(|article| article.site == site).count()
    }

    /// The event of the article at `url`.
    pub fn event_of(&self, url: &str) -> Option<&str> {
        let last = url.split(['?', '#']).next()?.trim_end_matches('/').rsplit('/').next()?;
        self.article.iter().find(|article| article.slug == last).map(|article| article.event.as_str())
    }
}

/// How often each path was asked for, as `main/feeds/…`.
type Counts = BTreeMap<String, u64>;

struct Shared {
    /// The site's dates count from here, so that its bytes stay the same between two polls.
    now: Timestamp,
    bases: [String; 2],
    copy_is_out: Mutex<bool>,
    counts: watch::Sender<Counts>,
}

/// The running site.
pub struct Site {
    shared: Arc<Shared>,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Site {
    /// Starts both hosts on ports of the system's choice.
    pub async fn start() -> anyhow::Result<Self> {
        let main = TcpListener::bind("127.0.0.1:0").await.context("cannot listen on loopback")?;
        let copy = TcpListener::bind("127.0.0.1:0").await.context("cannot listen on loopback")?;
        let (main_at, copy_at): (SocketAddr, SocketAddr) = (main.local_addr()?, copy.local_addr()?);
        let shared = Arc::new(Shared {
            now: Timestamp::now(),
            bases: [format!("http://{main_at}"), format!("http://localhost:{}", copy_at.port())],
            copy_is_out: Mutex::new(false),
            counts: watch::Sender::new(Counts::new()),
        });
        let stop = CancellationToken::new();
        let tasks = [("main", main), ("copy", copy)].map(|(host, listener)| {
            let (shared, stop) = (shared.clone(), stop.clone());
            let app = Router::new().fallback(answer).with_state((host, shared));
            tokio::spawn(async move {
                let served = axum::serve(listener, app).with_graceful_shutdown(stop.cancelled_owned()).await;
                if let Err(error) = served {
                    tracing::error!(host, %error, "the sample site failed");
                }
            })
        });
        Ok(Self { shared, stop, tasks: tasks.into() })
    }

    /// Address of the think tank.
    pub fn main_base(&self) -> &str {
        &self.shared.bases[0]
    }

    /// Address of the aggregator.
    pub fn copy_base(&self) -> &str {
        &self.shared.bases[1]
    }

    /// An address of the think tank.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.shared.bases[0])
    }

    /// An address of the aggregator.
    pub fn copy_url(&self, path: &str) -> String {
        format!("{}{path}", self.shared.bases[1])
    }

    /// The aggregator's feed, empty until now, carries its articles.
    pub fn publish_copy(&self) {
        *self.shared.copy_is_out.lock().unwrap_or_else(PoisonError::into_inner) = true;
    }

    /// How often feeds were asked for.
    pub fn feed_requests(&self) -> u64 {
        self.count(|path| path.contains("/feeds/"))
    }

    /// How often articles' pages were asked for.
    pub fn page_requests(&self) -> u64 {
        self.count(|path| path.ends_with('/'))
    }

    fn count(&self, which: impl Fn(&str) -> bool) -> u64 {
        self.shared.counts.borrow().iter().filter(|(path, _)| which(path)).map(|(_, count)| count).sum()
    }

    /// Resolves once feeds were asked for `count` times in all.
    pub async fn until_polled(&self, count: u64) {
        self.until(|counts| {
            counts.iter().filter(|(path, _)| path.contains("/feeds/")).map(|(_, n)| n).sum::<u64>() >= count
        })
        .await;
    }

    /// Resolves once `done` holds of the counts.
    pub async fn until(&self, mut done: impl FnMut(&Counts) -> bool) {
        let mut counts = self.shared.counts.subscribe();
        // The sender lives as long as the site.
        drop(counts.wait_for(|counts| done(counts)).await);
    }

    /// Resolves once every page of the copy was read and every feed was asked for twice more since.
    pub async fn until_copy_read(&self, expected: &Expected) {
        let pages: Vec<String> = expected
            .article
            .iter()
            .filter(|article| article.site == "copy")
            .map(|article| format!("copy/{}/", article.slug))
            .collect();
        self.until(|counts| pages.iter().all(|page| counts.contains_key(page))).await;
        let before = self.shared.counts.borrow().clone();
        self.until(|counts| {
            let feeds = before.iter().filter(|(path, _)| path.contains("/feeds/"));
            feeds.into_iter().all(|(path, count)| counts.get(path).is_some_and(|now| *now >= count + 2))
        })
        .await;
    }

    /// Stops both hosts.
    pub async fn stop(self) {
        self.stop.cancel();
        for task in self.tasks {
            drop(task.await);
        }
    }
}

async fn answer(State((host, shared)): State<(&'static str, Arc<Shared>)>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    shared.counts.send_modify(|counts| *counts.entry(format!("{host}{path}")).or_default() += 1);
    let Some((file, kind)) = find(host, &path) else {
        return (StatusCode::NOT_FOUND, "nothing here\n").into_response();
    };
    let copy_is_out = *shared.copy_is_out.lock().unwrap_or_else(PoisonError::into_inner);
    let mut text = fill(&file, &shared);
    if host == "copy" && path.contains("/feeds/") && !copy_is_out {
        text = without_items(&text);
    }
    let tag = format!("\"{}\"", &blake3::hash(text.as_bytes()).to_hex()[..16]);
    let known = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known == Some(&tag) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response();
    }
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::ETAG, tag)], Bytes::from(text)).into_response()
}

/// The file behind a path, and its type.
fn find(host: &str, path: &str) -> Option<(String, &'static str)> {
    let (name, kind) = match path {
        "/" => (format!("{host}/index.html"), "text/html; charset=utf-8"),
        "/robots.txt" => (format!("{host}/robots.txt"), "text/plain; charset=utf-8"),
        _ if path.starts_with("/feeds/") => {
            let kind = if path.contains(".atom.") { "application/atom+xml" } else { "application/rss+xml" };
            (format!("{host}{path}"), kind)
        }
        _ => (format!("{host}/pages/{}.html", path.trim_matches('/')), "text/html; charset=utf-8"),
    };
    Some((FILES.get_file(name)?.contents_utf8()?.to_owned(), kind))
}

/// Fills in addresses and dates: `{{BASE}}`, `{{COPY}}`, `{{RFC2822 -3h}}`, `{{DATE_IT -3h}}` …
fn fill(text: &str, shared: &Shared) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        let Some((what, after)) = after.split_once("}}") else {
            filled.push_str("{{");
            rest = after;
            continue;
        };
        filled.push_str(&value(what.trim(), shared).unwrap_or_else(|| format!("{{{{{what}}}}}")));
        rest = after;
    }
    filled.push_str(rest);
    filled
}

fn value(what: &str, shared: &Shared) -> Option<String> {
    let (name, hours) = match what.split_once(' ') {
        Some((name, hours)) => (name, hours.trim_end_matches('h').parse::<i64>().ok()?),
        None => (what, 0),
    };
    let at = (shared.now + SignedDuration::from_hours(hours)).to_zoned_datetime(TimeZone::UTC);
    Some(match name {
        "BASE" => shared.bases[0].clone(),
        "COPY" => shared.bases[1].clone(),
        "RFC2822" => at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string(),
        "RFC3339" => at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "DATE_EN" => at.strftime("%-d %B %Y").to_string(),
        "DATE_IT" => {
            format!("{} {} {}", at.day(), MONTHS_IT[usize::from(at.month().unsigned_abs()) - 1], at.year())
        }
        _ => return None,
    })
}

const MONTHS_IT: [&str; 12] = [
    "gennaio",
    "febbraio",
    "marzo",
    "aprile",
    "maggio",
    "giugno",
    "luglio",
    "agosto",
    "settembre",
    "ottobre",
    "novembre",
    "dicembre",
];

/// The feed as it was before its first item came out.
fn without_items(feed: &str) -> String {
    match (feed.find("<item>"), feed.rfind("</item>")) {
        (Some(first), Some(last)) => format!("{}{}", &feed[..first], &feed[last + "</item>".len()..]),
        _ => feed.to_owned(),
    }
}
