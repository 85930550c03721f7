//! Getting feeds and pages: conditional, polite, within the site's own rules.

use jiff::{SignedDuration, Timestamp};
use url::Url;
use vedetta_domain::{Page, PollState, Source};
use vedetta_http::{Client, HttpError, Request, Response, retry_after};

use crate::{
    FetchError, Politeness,
    politeness::{Ask, Gate},
    robots::RobotsCache,
    schedule::Validators,
    tdm::{TdmCache, reserved_by},
};

/// One unconditional fetch a day, whatever the validators say.
const FULL: SignedDuration = SignedDuration::from_hours(24);

/// Settings of the fetcher.
#[derive(Debug, Clone)]
pub struct IngestConfig {
    /// Product token that robots.txt is asked about.
    pub agent: String,
    /// How politely hosts are asked.
    pub politeness: Politeness,
    /// Whether robots.txt is followed for pages.
    pub honour_robots: bool,
    /// Whether a reservation of text and data mining is followed.
    pub honour_tdm: bool,
    /// Longest feed, in bytes.
    pub feed_max_bytes: usize,
    /// Longest page, in bytes.
    pub page_max_bytes: usize,
}

impl Default for IngestConfig {
    fn default() -> Self {
        Self {
            agent: "Vedetta".into(),
            politeness: Politeness::default(),
            honour_robots: true,
            honour_tdm: true,
            feed_max_bytes: 15_000_000,
            page_max_bytes: 10_000_000,
        }
    }
}

/// What a poll brought.
#[derive(Debug)]
pub enum Polled {
    /// 304, or the same body as before.
    Unchanged(Validators),
    /// A body to be read.
    Changed(Page, Validators),
}

/// Gets feeds and pages; one for all sources.
pub struct Fetcher {
    client: Client,
    config: IngestConfig,
    gate: Gate,
    robots: RobotsCache,
    tdm: TdmCache,
}

impl Fetcher {
    /// A fetcher over `client`.
    pub fn new(client: Client, config: IngestConfig) -> Self {
        let gate = Gate::new(config.politeness.clone());
        Self { client, config, gate, robots: RobotsCache::default(), tdm: TdmCache::default() }
    }

    /// Asks for a source's feed or listing, conditionally where `state` allows.
    pub async fn poll(
        &self,
        source: &Source,
        state: &PollState,
        now: Timestamp,
    ) -> Result<Polled, FetchError> {
        let moved = state.moved.as_ref().filter(|(_, times)| *times >= 3).map(|(to, _)| to.as_str());
        // What was found for another address than the configured one counts no more.
        let found = state.found.as_ref().filter(|(instead_of, _)| *instead_of == source.url);
        let address = moved.or(found.map(|(_, at)| at.as_str())).unwrap_or(&source.url);
        let full = state.full_fetch.is_none_or(|last| now.duration_since(last) > FULL);
        let mut request = request(source, address, self.config.feed_max_bytes);
        if !full {
            for (name, value) in [("if-none-match", &state.etag), ("if-modified-since", &state.last_modified)]
            {
                if let Some(value) = value {
                    request = request.header(name, value.clone());
                }
            }
        }
        let answer = self.ask(address, Ask::Feed, request).await?;
        let validators = validators(&answer, full, now);
        if answer.status == 304 {
            return Ok(Polled::Unchanged(validators));
        }
        self.check_status(address, &answer, now)?;
        if validators.body_hash == state.body_hash && state.last_success.is_some() {
            return Ok(Polled::Unchanged(validators));
        }
        Ok(Polled::Changed(page(answer), validators))
    }

    /// Gets an address that may be a feed or a site's front page: unconditionally, and as politely as a feed.
    pub async fn look(&self, source: &Source, url: &str, now: Timestamp) -> Result<Page, FetchError> {
        let answer = self.ask(url, Ask::Feed, request(source, url, self.config.feed_max_bytes)).await?;
        self.check_status(url, &answer, now)?;
        Ok(page(answer))
    }

    /// Gets one article's page.
    pub async fn page(&self, source: &Source, url: &str, now: Timestamp) -> Result<Page, FetchError> {
        let request = request(source, url, self.config.page_max_bytes);
        let parsed = Url::parse(url).map_err(|error| {
            FetchError::Http(HttpError::BadUrl { url: url.to_owned(), why: error.to_string() })
        })?;
        let mut delay = None;
        if self.config.honour_robots {
            let agent = &self.config.agent;
            delay = self.robots.check(&self.client, request.clone(), &parsed, agent, now).await?;
        }
        if self.config.honour_tdm && self.tdm.reserved(&self.client, request.clone(), &parsed, now).await {
            return Err(FetchError::Tdm { url: url.to_owned(), by: "the site's tdmrep.json" });
        }
        let answer = self.ask(url, Ask::Page(delay), request).await?;
        self.check_status(url, &answer, now)?;
        if self.config.honour_tdm
            && let Some(by) = reserved_by(&answer)
        {
            return Err(FetchError::Tdm { url: url.to_owned(), by });
        }
        Ok(page(answer))
    }

    async fn ask(&self, url: &str, ask: Ask, request: Request) -> Result<Response, FetchError> {
        let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        let _place = self.gate.enter(&host, ask).await?;
        let answer = self.client.send(request).await;
        match &answer {
            Err(HttpError::Connect { .. }) => self.gate.down(&host),
            Ok(answer) if answer.status == 429 => {
                self.gate.pause(&host, retry_after(&answer.headers, Timestamp::now()))
            }
            _ => {}
        }
        Ok(answer?)
    }

    fn check_status(&self, url: &str, answer: &Response, now: Timestamp) -> Result<(), FetchError> {
        if answer.headers.get("cf-mitigated").is_some_and(|value| value.contains("challenge")) {
            return Err(FetchError::BotWall { url: url.to_owned(), by: "a Cloudflare challenge" });
        }
        if (200..300).contains(&answer.status) {
            return Ok(());
        }
        let retry_after = retry_after(&answer.headers, now);
        Err(FetchError::Status { url: url.to_owned(), status: answer.status, retry_after })
    }
}

fn request(source: &Source, url: &str, max_body: usize) -> Request {
    Request {
        max_body,
        allow_networks: source.allow_networks.clone(),
        user_agent: source.user_agent.clone(),
        ..Request::get(url)
    }
}

fn page(answer: Response) -> Page {
    Page {
        url: answer.url,
        content_type: answer.headers.get("content-type").map(str::to_owned),
        content_language: answer.headers.get("content-language").map(str::to_owned),
        body: answer.body,
    }
}

fn validators(answer: &Response, full: bool, now: Timestamp) -> Validators {
    let header = |name: &str| answer.headers.get(name).map(str::to_owned);
    let fresh = answer.headers.get("expires") != Some("0");
    let max_age = answer.headers.get("cache-control").and_then(|control| {
        control
            .split(',')
            .find_map(|part| part.trim().strip_prefix("max-age="))
            .and_then(|age| age.trim().parse().ok())
    });
    // Where the server counts no seconds it may name the moment.
    let expires = || {
        let until = jiff::fmt::rfc2822::parse(answer.headers.get("expires")?).ok()?.timestamp();
        u32::try_from(until.duration_since(now).as_secs()).ok()
    };
    let max_age = max_age.or_else(expires);
    Validators {
        etag: header("etag").filter(|_| fresh),
        last_modified: header("last-modified").filter(|_| fresh),
        body_hash: Some(blake3::hash(&answer.body).to_hex()[..32].to_owned()),
        moved: answer.moved.clone(),
        max_age_s: max_age,
        full,
    }
}
