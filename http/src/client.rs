//! The client: our own redirect loop, every hop checked, bodies counted.

use std::{
    collections::HashMap,
    error::Error as _,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::StreamExt;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::{
    sync::Semaphore,
    time::{self, Instant},
};
use url::{Host, Url};

use crate::{ClientConfig, Guard, Headers, HttpError, Method, Request, Response};

/// Redirects that are followed.
const REDIRECTS: usize = 10;

/// Clients with rules of their own; one per set of opened networks, so a handful.
const CLIENTS: usize = 64;

/// How long a connection is kept for another request.
const IDLE: Duration = Duration::from_secs(15);

/// A body beyond this many bytes is a large one, and so many of these are read at once: a crowd of them must not fill
/// the memory.
const LARGE: usize = 1 << 20;
const LARGE_AT_ONCE: usize = 8;

/// Headers that stay with the host they were meant for.
const SECRETS: &[&str] = &["authorization", "cookie", "proxy-authorization", "x-vedetta-signature"];

/// Finds the addresses of a host name. It may wait: it is called off the async threads.
pub type Lookup = dyn Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync;

/// A guarded client; cheap to clone.
#[derive(Clone)]
pub struct Client {
    config: Arc<ClientConfig>,
    /// `None`: the system's.
    lookup: Option<Arc<Lookup>>,
    clients: Arc<Mutex<HashMap<Guard, reqwest::Client>>>,
    large: Arc<Semaphore>,
}

/// Resolves names and lets only addresses through that the guard allows: checked at the moment of
/// connecting, so that an answer that changes between check and connect gains nothing.
struct GuardedResolver {
    guard: Guard,
    lookup: Option<Arc<Lookup>>,
}

/// Marks a refusal inside reqwest's chain of errors.
#[derive(Debug, thiserror::Error)]
#[error("{address} is {why}")]
struct RefusedAddress {
    address: IpAddr,
    why: &'static str,
}

/// Marks a failed look-up inside reqwest's chain of errors.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NoSuchHost(String);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, lookup) = (self.guard.clone(), self.lookup.clone());
        Box::pin(async move {
            let name = name.as_str();
            let found = match lookup {
                None => tokio::net::lookup_host((name, 0)).await.map(Iterator::collect),
                Some(lookup) => {
                    let name = name.to_owned();
                    tokio::task::spawn_blocking(move || lookup(&name))
                        .await
                        .map_err(io::Error::other)
                        .flatten()
                }
            };
            let found: Vec<SocketAddr> = found.map_err(|error| NoSuchHost(error.to_string()))?;
            let allowed: Vec<SocketAddr> =
                found.iter().filter(|at| guard.refusal(at.ip()).is_none()).copied().collect();
            if allowed.is_empty() {
                return Err(match found.first() {
                    Some(at) => {
                        let why = guard.refusal(at.ip()).unwrap_or("refused");
                        RefusedAddress { address: at.ip(), why }.into()
                    }
                    None => NoSuchHost("no address".into()).into(),
                });
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

impl Client {
    /// A client with `config`'s rules.
    pub fn new(config: ClientConfig) -> Result<Self, HttpError> {
        Self::build(config, None)
    }

    /// As [`Client::new`], with a resolver of one's own in place of the system's; the guard judges its answers too.
    pub fn with_lookup(config: ClientConfig, lookup: Arc<Lookup>) -> Result<Self, HttpError> {
        Self::build(config, Some(lookup))
    }

    fn build(config: ClientConfig, lookup: Option<Arc<Lookup>>) -> Result<Self, HttpError> {
        let this = Self {
            config: Arc::new(config),
            lookup,
            clients: Arc::default(),
            large: Arc::new(Semaphore::new(LARGE_AT_ONCE)),
        };
        // Built once here, so that a machine without entropy or certificates says so at the start.
        this.client(&this.guard(&[]))?;
        Ok(this)
    }

    /// Sends a request and reads its answer, within the request's time and size. Every status is an
    /// answer; only what has none is an error.
    pub async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let limit = request.timeout.unwrap_or(self.config.total_timeout);
        let timed_out = || HttpError::Timeout { url: shown(&request.url), seconds: limit.as_secs() };
        let deadline = Instant::now() + limit;
        time::timeout_at(deadline, self.follow(&request)).await.map_err(|_| timed_out())?
    }

    /// As [`Client::send`], for bodies that are too long for memory: `begin` sees status and headers and says where the
    /// body goes (`None`: it is not wanted). The request's time is the longest wait for one piece of it.
    pub async fn stream<W: std::io::Write>(
        &self,
        request: &Request,
        begin: impl FnOnce(u16, &Headers) -> Result<Option<W>, String>,
    ) -> Result<(), HttpError> {
        let limit = request.timeout.unwrap_or(self.config.total_timeout);
        let late = || HttpError::Timeout { url: shown(&request.url), seconds: limit.as_secs() };
        let broken = |why: String| HttpError::Broken { url: shown(&request.url), why };
        let (answer, url, _) = time::timeout(limit, self.reach(request)).await.map_err(|_| late())??;
        let Some(mut to) = begin(answer.status().as_u16(), &headers(&answer)).map_err(broken)? else {
            return Ok(());
        };
        let mut chunks = answer.bytes_stream();
        let mut seen = 0;
        while let Some(chunk) = time::timeout(limit, chunks.next()).await.map_err(|_| late())? {
            let chunk = chunk.map_err(|error| named(&error, &url))?;
            seen += chunk.len();
            if seen > request.max_body {
                return Err(HttpError::TooLarge { url: shown(&request.url), limit: request.max_body });
            }
            to.write_all(&chunk).map_err(|error| broken(format!("the answer cannot be kept: {error}")))?;
        }
        to.flush().map_err(|error| broken(format!("the answer cannot be kept: {error}")))
    }

    async fn follow(&self, request: &Request) -> Result<Response, HttpError> {
        let (answer, url, moved) = self.reach(request).await?;
        read(answer, &url, request.max_body, moved, &self.large).await
    }

    /// The answer at the end of the redirects, its address, and where the first one has moved to for good.
    async fn reach(&self, request: &Request) -> Result<(reqwest::Response, Url, Option<String>), HttpError> {
        let guard = self.guard(&request.allow_networks);
        let client = self.client(&guard)?;
        let mut url = parse(&request.url)?;
        let first_host = url.host_str().map(str::to_owned);
        let mut permanent = true;
        for hop in 0..=REDIRECTS {
            check_literal(&url, &guard)?;
            let same_host = url.host_str().map(str::to_owned) == first_host;
            let answer = self.ask(&client, request, &url, same_host).await?;
            let status = answer.status().as_u16();
            let target = answer.headers().get("location").and_then(|to| to.to_str().ok());
            let redirect = matches!(status, 301 | 302 | 303 | 307 | 308) && request.follow_redirects;
            let Some(target) = target.filter(|_| redirect) else {
                let moved = (hop > 0 && permanent).then(|| url.to_string());
                return Ok((answer, url, moved));
            };
            permanent &= matches!(status, 301 | 308);
            let bad = |why: String| HttpError::BadUrl { url: shown(target), why };
            // Before it is joined: that would make slashes of them.
            if target.contains('\\') {
                return Err(bad("it has a backslash".into()));
            }
            let next = url.join(target).map_err(|error| bad(error.to_string()))?;
            url = parse(next.as_str())?;
        }
        Err(HttpError::TooManyRedirects { url: shown(&request.url), limit: REDIRECTS })
    }

    async fn ask(
        &self,
        client: &reqwest::Client,
        request: &Request,
        url: &Url,
        same_host: bool,
    ) -> Result<reqwest::Response, HttpError> {
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
        };
        let agent = request.user_agent.as_deref().unwrap_or(&self.config.user_agent);
        let mut asked = client.request(method, url.clone()).header("user-agent", agent);
        for (name, value) in &request.headers {
            let secret = SECRETS.iter().any(|secret| name.eq_ignore_ascii_case(secret));
            if same_host || !secret {
                asked = asked.header(name, value);
            }
        }
        if let Some(body) = &request.body {
            asked = asked.body(body.clone());
        }
        asked.send().await.map_err(|error| named(&error, url))
    }

    fn guard(&self, allow: &[ipnet::IpNet]) -> Guard {
        let mut allow: Vec<_> = self.config.allow_networks.iter().chain(allow).copied().collect();
        allow.sort_unstable();
        allow.dedup();
        Guard { allow_all: self.config.allow_private_networks, allow }
    }

    fn client(&self, guard: &Guard) -> Result<reqwest::Client, HttpError> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(guard) {
            return Ok(client.clone());
        }
        let client = reqwest::Client::builder()
            .dns_resolver(Arc::new(GuardedResolver { guard: guard.clone(), lookup: self.lookup.clone() }))
            .connect_timeout(self.config.connect_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(2)
            // Long enough for the next page of a host, and no longer: most hosts are asked again in half an hour.
            .pool_idle_timeout(IDLE)
            .no_proxy()
            .build()
            .map_err(|error| HttpError::Build(chain(&error)))?;
        if clients.len() >= CLIENTS {
            clients.clear();
        }
        clients.insert(guard.clone(), client.clone());
        Ok(client)
    }
}

/// Reads the body as it streams, up to `limit` decompressed bytes.
async fn read(
    answer: reqwest::Response,
    url: &Url,
    limit: usize,
    moved: Option<String>,
    large: &Semaphore,
) -> Result<Response, HttpError> {
    let status = answer.status().as_u16();
    let headers = headers(&answer);
    let mut body = Vec::new();
    let mut chunks = answer.bytes_stream();
    let mut turn = None;
    while let Some(chunk) = chunks.next().await {
        if body.len() > LARGE && turn.is_none() {
            // Never closed; the request's time bounds the wait.
            turn = large.acquire().await.ok();
        }
        let chunk = chunk.map_err(|error| named(&error, url))?;
        if body.len() + chunk.len() > limit {
            return Err(HttpError::TooLarge { url: shown(url.as_str()), limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Response { url: url.to_string(), status, headers, body, moved })
}

fn headers(answer: &reqwest::Response) -> Headers {
    answer.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
}

/// An address that may be asked: http or https, with a host, without credentials and backslashes.
fn parse(text: &str) -> Result<Url, HttpError> {
    let bad = |why: &str| HttpError::BadUrl { url: shown(text), why: why.into() };
    if text.contains('\\') {
        return Err(bad("it has a backslash"));
    }
    let url = Url::parse(text.trim()).map_err(|error| bad(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad("only http and https are fetched"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("it carries credentials"));
    }
    if url.host().is_none() {
        return Err(bad("it has no host"));
    }
    Ok(url)
}

/// The resolver never sees a literal address, so it is checked here.
fn check_literal(url: &Url, guard: &Guard) -> Result<(), HttpError> {
    let address = match url.host() {
        Some(Host::Ipv4(v4)) => IpAddr::V4(v4),
        Some(Host::Ipv6(v6)) => IpAddr::V6(v6),
        _ => return Ok(()),
    };
    match guard.refusal(address) {
        Some(why) => Err(HttpError::Refused { url: shown(url.as_str()), address: address.to_string(), why }),
        None => Ok(()),
    }
}

/// The kind of a reqwest error, found in its chain of causes.
fn named(error: &reqwest::Error, url: &Url) -> HttpError {
    let url = shown(url.as_str());
    let mut cause = error.source();
    let mut tls = false;
    while let Some(inner) = cause {
        if let Some(refused) = inner.downcast_ref::<RefusedAddress>() {
            return HttpError::Refused { url, address: refused.address.to_string(), why: refused.why };
        }
        if let Some(missing) = inner.downcast_ref::<NoSuchHost>() {
            return HttpError::Dns { url, why: missing.0.clone() };
        }
        // While connecting, only the handshake reads data that can be invalid.
        tls |= error.is_connect() && inner.downcast_ref().is_some_and(is_invalid_data);
        let text = inner.to_string().to_ascii_lowercase();
        tls |= text.contains("certificate") || text.contains("tls") || text.contains("handshake");
        cause = inner.source();
    }
    let why = chain(error);
    if error.is_timeout() {
        HttpError::Connect { url, why: "no connection in time".into() }
    } else if tls {
        HttpError::Tls { url, why }
    } else if error.is_connect() {
        HttpError::Connect { url, why }
    } else {
        HttpError::Protocol { url, why }
    }
}

/// Whether an error, or one that it wraps, is of data that cannot be read.
fn is_invalid_data(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    error.kind() == io::ErrorKind::InvalidData || inner.is_some_and(is_invalid_data)
}

/// The causes of an error, without its own text: that repeats the address, secrets and all.
fn chain(error: &reqwest::Error) -> String {
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(inner) = cause {
        causes.push(inner.to_string());
        cause = inner.source();
    }
    if causes.is_empty() { "no further cause given".into() } else { causes.join(": ") }
}

/// An address without credentials, query and fragment, at most 200 characters.
fn shown(text: &str) -> String {
    let short = match Url::parse(text) {
        Ok(mut url) => {
            let _ = url.set_username("");
            let _ = url.set_password(None);
            url.set_query(None);
            url.set_fragment(None);
            url.to_string()
        }
        Err(_) => text.split(['?', '#']).next().unwrap_or_default().to_owned(),
    };
    short.chars().take(200).collect()
}
