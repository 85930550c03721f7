//! Each host is asked by few at once, with rests in between, and left alone while it is down.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{self, Instant},
};

use crate::FetchError;

/// Hosts that are remembered; beyond that, those at rest are forgotten.
const HOSTS: usize = 20_000;

/// How politely hosts are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Politeness {
    /// Requests to one host at once.
    pub at_once: usize,
    /// Rest between two feed requests to one host.
    pub feed_gap: Duration,
    /// Rest between two page requests to one host; a larger `crawl-delay` wins.
    pub page_gap: Duration,
    /// Rest after 429.
    pub pause: Duration,
    /// Rest after a failed connection.
    pub down: Duration,
}

impl Default for Politeness {
    fn default() -> Self {
        Self {
            at_once: 2,
            feed_gap: Duration::from_secs(1),
            page_gap: Duration::from_secs(5),
            pause: Duration::from_secs(30),
            down: Duration::from_secs(600),
        }
    }
}

struct Host {
    places: Arc<Semaphore>,
    next_feed: Instant,
    next_page: Instant,
    rests_until: Instant,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// A feed or a listing.
    Feed,
    /// An article's page, with the host's crawl delay.
    Page(Option<Duration>),
}

/// The gate before all hosts.
pub struct Gate {
    rules: Politeness,
    hosts: Mutex<HashMap<String, Host>>,
}

impl Gate {
    pub fn new(rules: Politeness) -> Self {
        Self { rules, hosts: Mutex::default() }
    }

    /// Waits for a place and for the host's rest to be over.
    pub async fn enter(&self, host: &str, ask: Ask) -> Result<OwnedSemaphorePermit, FetchError> {
        let places = self.with(host, |known| known.places.clone());
        // The semaphore is never closed, so this cannot fail; a host without gate is a host at rest.
        let closed = || FetchError::HostDown { host: host.to_owned(), rest: self.rules.down };
        let permit = places.acquire_owned().await.map_err(|_| closed())?;
        let at = self
            .with(host, |known| self.turn(known, ask))
            .map_err(|rest| FetchError::HostDown { host: host.to_owned(), rest })?;
        time::sleep_until(at).await;
        Ok(permit)
    }

    /// The moment of the host's next turn, which is taken by this call.
    fn turn(&self, host: &mut Host, ask: Ask) -> Result<Instant, Duration> {
        let now = Instant::now();
        if host.rests_until > now + self.rules.pause {
            return Err(host.rests_until - now);
        }
        let (next, gap) = match ask {
            Ask::Feed => (&mut host.next_feed, self.rules.feed_gap),
            Ask::Page(delay) => {
                let delay = delay.unwrap_or_default().min(Duration::from_secs(60));
                (&mut host.next_page, self.rules.page_gap.max(delay))
            }
        };
        let at = now.max(*next).max(host.rests_until);
        *next = at + gap;
        Ok(at)
    }

    /// The host asked for fewer requests.
    pub fn pause(&self, host: &str, wait: Option<Duration>) {
        let wait = wait.unwrap_or(self.rules.pause).min(self.rules.pause);
        self.with(host, |known| known.rests_until = known.rests_until.max(Instant::now() + wait));
    }

    /// The host could not be reached.
    pub fn down(&self, host: &str) {
        self.with(host, |known| known.rests_until = Instant::now() + self.rules.down);
    }

    fn with<T>(&self, host: &str, act: impl FnOnce(&mut Host) -> T) -> T {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if hosts.len() >= HOSTS && !hosts.contains_key(host) {
            hosts.retain(|_, known| {
                known.rests_until > now || known.next_page > now || Arc::strong_count(&known.places) > 1
            });
        }
        act(hosts.entry(host.to_owned()).or_insert_with(|| Host {
            places: Arc::new(Semaphore::new(self.rules.at_once.max(1))),
            next_feed: now,
            next_page: now,
            rests_until: now,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_host_is_given_its_rest_and_others_are_not_held_up() {
        let gate = Gate::new(Politeness::default());
        let start = Instant::now();
        for (host, seconds) in [("a", 0), ("a", 5), ("b", 5), ("a", 10)] {
            drop(gate.enter(host, Ask::Page(None)).await.unwrap());
            assert_eq!(start.elapsed().as_secs(), seconds, "{host}");
        }
        drop(gate.enter("a", Ask::Page(Some(Duration::from_secs(20)))).await.unwrap());
        drop(gate.enter("a", Ask::Page(None)).await.unwrap());
        assert_eq!(start.elapsed().as_secs(), 35, "the crawl delay wins");
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_is_down_is_refused_at_once_and_a_paused_one_waited_for() {
        let gate = Gate::new(Politeness::default());
        gate.down("a");
        assert!(matches!(gate.enter("a", Ask::Feed).await, Err(FetchError::HostDown { .. })));
        let start = Instant::now();
        gate.pause("b", None);
        drop(gate.enter("b", Ask::Feed).await.unwrap());
        assert_eq!(start.elapsed().as_secs(), 30);
    }
}
