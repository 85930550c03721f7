//! Finding a site's entries: at the address itself, where its page says, where it links to, where sites usually have
//! them, and at last on the page.

use std::collections::HashSet;

use jiff::Timestamp;
use vedetta_domain::{Feed, Page, PageRules, Source, SourceKind};
use vedetta_ingest::{Candidate, FetchError, Fetcher};

use crate::worker::{Job, Worker, protocol::Answer};

/// A page is a listing from so many article links on.
const LISTING: usize = 3;

/// Who reads the bytes: this process, for a command, or the worker, for the daemon.
pub enum Eyes {
    /// This process.
    Here,
    /// The daemon's worker.
    Worker(Worker),
}

impl Eyes {
    /// The entries in a page's bytes.
    pub async fn feed(
        &self,
        kind: SourceKind,
        page: &Page,
        rules: &PageRules,
        now: Timestamp,
    ) -> Result<Feed, String> {
        let (page, rules) = (page.clone(), rules.clone());
        match self {
            Self::Here => {
                let read = move || vedetta_ingest::read_source(kind, &page, &rules, now);
                let read = tokio::task::spawn_blocking(read).await.map_err(|error| error.to_string())?;
                read.map_err(|error| error.to_string())
            }
            Self::Worker(worker) => {
                let (page, body) = parted(page);
                match worker.run(Job::Source { kind, page, rules, now }, body, true).await {
                    Ok(Answer::Feed(feed)) => Ok(feed),
                    Ok(Answer::Refused { error, .. }) => Err(error),
                    Ok(_) => Err("wrong answer".to_owned()),
                    Err(error) => Err(error.to_string()),
                }
            }
        }
    }

    async fn candidates(&self, page: &Page) -> Result<Vec<Candidate>, String> {
        let page = page.clone();
        match self {
            Self::Here => {
                let found = tokio::task::spawn_blocking(move || vedetta_ingest::candidates(&page));
                found.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
            }
            Self::Worker(worker) => {
                let (page, body) = parted(page);
                match worker.run(Job::Candidates { page }, body, true).await {
                    Ok(Answer::Candidates { candidates }) => Ok(candidates),
                    Ok(Answer::Refused { error, .. }) => Err(error),
                    Ok(_) => Err("wrong answer".to_owned()),
                    Err(error) => Err(error.to_string()),
                }
            }
        }
    }
}

fn parted(mut page: Page) -> (Page, Vec<u8>) {
    let body = std::mem::take(&mut page.body);
    (page, body)
}

/// Entries and where they are.
#[derive(Debug)]
pub struct Found {
    /// How they are found there.
    pub kind: SourceKind,
    /// The address to poll, after redirects.
    pub url: String,
    /// What a poll brings now.
    pub feed: Feed,
    /// How the address was found, in words.
    pub by: String,
    /// The form of what is there, in words.
    pub format: &'static str,
}

/// Why nothing was found.
#[derive(Debug, thiserror::Error)]
pub enum Lost {
    /// The address itself cannot be had.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// Neither feed nor sitemap, and no list of articles.
    #[error(
        "{address} has no feed, no news sitemap and no list of articles that could be found ({tried} addresses tried); \
         name its feed, or a listing page with a selector for its links"
    )]
    Nothing {
        /// The address.
        address: String,
        /// How many addresses were tried.
        tried: usize,
    },
}

/// Looks for entries at `address` and from there on. `source` lends its user agent, networks and rules.
pub async fn discover(
    fetcher: &Fetcher,
    eyes: &Eyes,
    source: &Source,
    address: &str,
    now: Timestamp,
) -> Result<Found, Lost> {
    let page = fetcher.look(source, address, now).await?;
    if let Some(found) = itself(eyes, source, &page, now).await {
        return Ok(found);
    }
    let mut tried = HashSet::from([address.to_owned(), page.url.clone()]);
    for candidate in eyes.candidates(&page).await.unwrap_or_default() {
        if !tried.insert(candidate.url.clone()) {
            continue;
        }
        let answer = match fetcher.look(source, &candidate.url, now).await {
            Ok(answer) => answer,
            // A host that rests answers no other address either.
            Err(FetchError::HostDown { .. }) => break,
            Err(_) => continue,
        };
        let Ok(feed) = eyes.feed(candidate.kind, &answer, &source.page, now).await else { continue };
        if !feed.entries.is_empty() {
            let format = format_of(candidate.kind, &answer.body);
            let (kind, by) = (candidate.kind, candidate.by);
            return Ok(Found { kind, url: answer.url, feed, by, format });
        }
    }
    match eyes.feed(SourceKind::Listing, &page, &source.page, now).await {
        Ok(feed) if feed.entries.len() >= LISTING => Ok(Found {
            kind: SourceKind::Listing,
            url: page.url,
            feed,
            by: "the article links of the page".to_owned(),
            format: "listing page",
        }),
        _ => Err(Lost::Nothing { address: address.to_owned(), tried: tried.len() }),
    }
}

/// The address itself, where it is a feed or a sitemap.
async fn itself(eyes: &Eyes, source: &Source, page: &Page, now: Timestamp) -> Option<Found> {
    for kind in [SourceKind::Feed, SourceKind::Sitemap] {
        if kind == SourceKind::Sitemap && !head(&page.body).contains("<urlset") {
            continue;
        }
        if let Ok(feed) = eyes.feed(kind, page, &source.page, now).await
            && !feed.entries.is_empty()
        {
            let (url, format) = (page.url.clone(), format_of(kind, &page.body));
            return Some(Found { kind, url, feed, by: "the address itself".to_owned(), format });
        }
    }
    None
}

/// The form of a source's bytes, in words.
pub fn format_of(kind: SourceKind, body: &[u8]) -> &'static str {
    let head = head(body);
    match kind {
        SourceKind::Listing => "listing page",
        SourceKind::Sitemap => "news sitemap",
        SourceKind::Feed if head.trim_start().starts_with('{') => "JSON Feed",
        SourceKind::Feed if head.contains("<rdf:rdf") => "RSS 1.0",
        SourceKind::Feed if head.contains("<rss") => "RSS",
        SourceKind::Feed if head.contains("<feed") => "Atom",
        SourceKind::Feed => "feed",
    }
}

fn head(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(2_048)]).to_ascii_lowercase()
}
