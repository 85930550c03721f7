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

/// The site's articles, and what should come of each.
#[derive(Debug, Clone, Deserialize)]
pub struct Expected {
    /// One record an article.
    pub article: Vec<SampleArticle>,
}

/// One article, and what should come of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampleArticle {
    /// `main` or `copy`.
    pub site: String,
    /// The feed that announces it.
    pub feed: String,
    /// Last part of its address.
    pub slug: String,
    /// The page around it.
    pub template: String,
    /// `en` or `it`.
    pub language: String,
    /// Hours before the site's start at which it was published.
    pub age_h: u32,
    /// Who wrote it.
    pub author: String,
    /// Its title, as HTML.
    pub title: String,
    /// The event that it tells.
    pub event: String,
    /// Whether its event is to be told.
    pub alert: bool,
    /// Why, or why not.
    pub reason: String,
    /// The article whose body it repeats.
    pub copy_of: Option<String>,
    /// Its paragraphs, one a line.
    #[serde(default)]
    pub body: String,
    /// Fragments of its text.
    #[serde(default)]
    pub contains: Vec<String>,
    /// Fragments of its page that are no part of its text.
    #[serde(default)]
    pub excludes: Vec<String>,
    /// Names in it, with their kinds.
    #[serde(default)]
    pub entities: Vec<(String, String)>,
}

impl Expected {
    /// Reads `articles.toml` of the sample site.
    pub fn load() -> anyhow::Result<Self> {
        let file = FILES.get_file("articles.toml").context("the sample site lacks articles.toml")?;
        toml::from_str(file.contents_utf8().unwrap_or_default()).context("articles.toml cannot be read")
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
        let last = url.trim_end_matches('/').rsplit('/').next()?;
        self.article.iter().find(|article| article.slug == last).map(|article| article.event.as_str())
    }

    /// The paragraphs of an article: its own, or those of the one that it copies.
    pub fn body<'a>(&'a self, article: &'a SampleArticle) -> &'a str {
        let original =
            article.copy_of.as_ref().and_then(|slug| self.article.iter().find(|other| other.slug == *slug));
        original.unwrap_or(article).body.trim()
    }
}

/// How often each path was asked for, as `main/feeds/…`.
type Counts = BTreeMap<String, u64>;

struct Shared {
    /// The site's dates count from here, so that its bytes stay the same between two polls.
    now: Timestamp,
    bases: [String; 2],
    articles: Expected,
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
            articles: Expected::load()?,
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
    let Some((text, kind)) = shared.find(host, &path) else {
        return (StatusCode::NOT_FOUND, "nothing here\n").into_response();
    };
    let tag = format!("\"{}\"", &blake3::hash(text.as_bytes()).to_hex()[..16]);
    let known = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known == Some(&tag) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response();
    }
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::ETAG, tag)], Bytes::from(text)).into_response()
}

impl Shared {
    /// What stands at a path, and its type.
    fn find(&self, host: &str, path: &str) -> Option<(String, &'static str)> {
        const HTML: &str = "text/html; charset=utf-8";
        if path == "/robots.txt" {
            let rules = FILES.get_file("main-robots.txt")?.contents_utf8()?;
            return Some((rules.to_owned(), "text/plain; charset=utf-8"));
        }
        if let Some(name) = path.strip_prefix("/feeds/") {
            let (feed, kind) = name.split_once('.')?;
            let out = host == "main" || *self.copy_is_out.lock().unwrap_or_else(PoisonError::into_inner);
            let articles: Vec<_> =
                self.articles.article.iter().filter(|a| a.site == host && a.feed == feed && out).collect();
            return match kind {
                "rss.xml" => Some((self.rss(feed, &articles), "application/rss+xml")),
                "atom.xml" => Some((self.atom(feed, &articles), "application/atom+xml")),
                _ => None,
            };
        }
        if path == "/" {
            let links = self.articles.article.iter().filter(|article| article.site == host);
            let links: String =
                links.map(|a| format!("<h2><a href=\"/{}/\">{}</a></h2>\n", a.slug, a.title)).collect();
            return Some((format!("<!doctype html><html><body><main>{links}</main></body></html>"), HTML));
        }
        let slug = path.trim_matches('/');
        let article =
            self.articles.article.iter().find(|article| article.site == host && article.slug == slug)?;
        Some((self.page(article)?, HTML))
    }

    /// An article in the dress of its site.
    fn page(&self, article: &SampleArticle) -> Option<String> {
        let template = FILES.get_file(format!("templates/{}.html", article.template))?.contents_utf8()?;
        let paragraphs = self.articles.body(article).lines().filter(|line| !line.trim().is_empty());
        let body: String = paragraphs.map(|line| format!("<p>{}</p>\n", line.trim())).collect();
        let at = self.published(article).to_zoned_datetime(TimeZone::UTC);
        let month = MONTHS_IT.get(usize::from(at.month().unsigned_abs()).saturating_sub(1))?;
        let filled = [
            ("{{BODY}}", body.as_str()),
            ("{{TITLE}}", &article.title),
            ("{{SLUG}}", &article.slug),
            ("{{AUTHOR}}", &article.author),
            ("{{BASE}}", &self.bases[0]),
            ("{{COPY}}", &self.bases[1]),
            ("{{RFC3339 AGE}}", &at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
            ("{{DATE_IT AGE}}", &format!("{} {month} {}", at.day(), at.year())),
        ];
        Some(filled.into_iter().fold(template.to_owned(), |page, (mark, value)| page.replace(mark, value)))
    }

    fn published(&self, article: &SampleArticle) -> Timestamp {
        self.now - SignedDuration::from_hours(article.age_h.into())
    }

    fn address(&self, article: &SampleArticle) -> String {
        format!("{}/{}/", self.bases[usize::from(article.site == "copy")], article.slug)
    }

    fn rss(&self, name: &str, articles: &[&SampleArticle]) -> String {
        let items: String = articles
            .iter()
            .map(|article| {
                let date = self.published(article).to_zoned_datetime(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S +0000");
                let (title, url, summary) = (&article.title, self.address(article), self.summary(article));
                format!("<item><title>{title}</title><link>{url}</link><guid>{url}</guid><pubDate>{date}</pubDate><description>{summary}</description></item>\n")
            })
            .collect();
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"><channel><title>{name}</title><link>{}</link><description>{name}</description>\n{items}</channel></rss>\n",
            self.bases[0]
        )
    }

    fn atom(&self, name: &str, articles: &[&SampleArticle]) -> String {
        let entries: String = articles
            .iter()
            .map(|article| {
                let date = self.published(article).to_zoned_datetime(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%SZ");
                let (title, url, summary) = (&article.title, self.address(article), self.summary(article));
                format!("<entry><title>{title}</title><link href=\"{url}\"/><id>{url}</id><updated>{date}</updated><published>{date}</published><summary>{summary}</summary></entry>\n")
            })
            .collect();
        let updated = self.now.to_zoned_datetime(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%SZ");
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>{name}</title><id>{}</id><updated>{updated}</updated>\n{entries}</feed>\n",
            self.bases[0]
        )
    }

    /// The first sentence, as feeds give it.
    fn summary<'a>(&'a self, article: &'a SampleArticle) -> &'a str {
        let body = self.articles.body(article);
        body.split_once(". ").map_or(body, |(first, _)| first)
    }
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
