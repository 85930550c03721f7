//! robots.txt (RFC 9309) for pages: cached a day per host.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use robotxt::Robots;
use url::Url;
use vedetta_http::{Client, HttpError, Request};

use crate::FetchError;

/// How long an answer holds.
const KEEP: SignedDuration = SignedDuration::from_hours(24);

/// How long no answer holds.
const KEEP_FAILURE: SignedDuration = SignedDuration::from_mins(10);

/// Sites that are remembered.
const SITES: usize = 20_000;

/// RFC 9309 asks for at least 500 KiB to be read.
const LONGEST: usize = 512 << 10;

#[derive(Clone)]
enum Rules {
    Open,
    Closed,
    Parsed(Arc<Robots>),
    Unknown(String),
}

/// Rules of all sites that were asked.
#[derive(Default)]
pub struct RobotsCache {
    sites: Mutex<HashMap<String, (Timestamp, Rules)>>,
}

impl RobotsCache {
    /// Whether `url` may be fetched, and the site's crawl delay.
    pub async fn check(
        &self,
        client: &Client,
        request: Request,
        url: &Url,
        agent: &str,
        now: Timestamp,
    ) -> Result<Option<Duration>, FetchError> {
        let site = url[..url::Position::BeforePath].to_owned();
        let known = self.sites.lock().unwrap_or_else(PoisonError::into_inner).get(&site).cloned();
        let rules = match known {
            Some((until, rules)) if until > now => rules,
            _ => {
                let rules = ask(client, request, &site, agent).await;
                let keep = if matches!(rules, Rules::Unknown(_)) { KEEP_FAILURE } else { KEEP };
                let mut sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
                if sites.len() >= SITES {
                    sites.retain(|_, (until, _)| *until > now);
                }
                sites.insert(site, (now + keep, rules.clone()));
                rules
            }
        };
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        match rules {
            Rules::Open => Ok(None),
            Rules::Parsed(robots) if robots.is_allowed(path) => Ok(robots.crawl_delay()),
            Rules::Closed | Rules::Parsed(_) => Err(FetchError::Robots { url: url.to_string() }),
            Rules::Unknown(why) => Err(FetchError::RobotsUnknown { url: url.to_string(), why }),
        }
    }
}

async fn ask(client: &Client, mut request: Request, site: &str, agent: &str) -> Rules {
    request.url = format!("{site}/robots.txt");
    request.max_body = LONGEST;
    match client.send(request).await {
        Ok(answer) => match answer.status {
            200..=299 => Rules::Parsed(Arc::new(Robots::parse(&answer.body, agent))),
            401 | 403 => Rules::Closed,
            400..=499 => Rules::Open,
            status => Rules::Unknown(format!("it answered {status}")),
        },
        // A robots.txt longer than any is a page in its place.
        Err(HttpError::TooLarge { .. }) => Rules::Open,
        Err(error) => Rules::Unknown(error.to_string()),
    }
}
