//! Polls sources when they are due. Due times are stored state; the poller only waits for the next.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use tokio::{sync::watch, task::JoinSet, time};
use tokio_util::sync::CancellationToken;
use vedetta_domain::{Feed, Item, ItemId, PollState, Source, SourceId, SourceKind};
use vedetta_ingest::{FetchError, Fetcher, PollOutcome, Polled, after_poll, quiet_for, shares_entry};
use vedetta_store::SharedStore;

use crate::{
    discover::{Eyes, discover},
    health::Health,
    settings::Settings,
    telemetry::Metrics,
    worker::{Job, Worker, protocol::Answer},
};

/// Sources that are polled at once.
const AT_ONCE: usize = 64;

/// A source that failed for this long is reported.
const ALARM_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// Failures after which the site is searched for another feed, and how often it is searched again.
const SEARCH_AFTER: u32 = 3;
const SEARCH_EVERY: u32 = 24;

/// What one poll brought.
struct Brought {
    state: PollState,
    items: Vec<Item>,
    /// There is no feed at the address, and waiting will not bring one.
    wrong_address: bool,
}

/// What a poll needs; one for all sources.
pub struct Poller {
    /// Where states and items are kept.
    pub store: SharedStore,
    /// Gets feeds, conditionally.
    pub fetcher: Arc<Fetcher>,
    /// Reads them.
    pub worker: Worker,
    /// Tells the operator.
    pub health: Health,
    /// What is in force now.
    pub settings: watch::Receiver<Arc<Settings>>,
    /// Counts.
    pub metrics: Arc<Metrics>,
}

/// The due times, the earliest first.
#[derive(Default)]
struct Schedule {
    by_time: BTreeSet<(Timestamp, SourceId)>,
    times: HashMap<SourceId, Timestamp>,
}

impl Schedule {
    fn set(&mut self, id: SourceId, at: Timestamp) {
        if let Some(old) = self.times.insert(id.clone(), at) {
            self.by_time.remove(&(old, id.clone()));
        }
        self.by_time.insert((at, id));
    }

    fn keep(&mut self, ids: &BTreeSet<SourceId>) {
        self.times.retain(|id, _| ids.contains(id));
        self.by_time.retain(|(_, id)| ids.contains(id));
    }

    fn take_due(&mut self, now: Timestamp, busy: &HashSet<SourceId>) -> Option<SourceId> {
        let due =
            self.by_time.iter().take_while(|(at, _)| *at <= now).find(|(_, id)| !busy.contains(id))?.clone();
        self.by_time.remove(&due);
        self.times.remove(&due.1);
        Some(due.1)
    }

    fn next(&self) -> Option<Timestamp> {
        self.by_time.first().map(|(at, _)| *at)
    }
}

impl Poller {
    /// Polls until `stop`; with `once`, every source one time and no more.
    pub async fn run(self: Arc<Self>, stop: CancellationToken, once: bool) {
        let mut settings = self.settings.clone();
        let mut schedule = Schedule::default();
        let first = settings.borrow_and_update().clone();
        self.plan(&mut schedule, &first, once).await;
        let (mut busy, mut polls) = (HashSet::new(), JoinSet::new());
        while !stop.is_cancelled() {
            while polls.len() < AT_ONCE
                && let Some(id) = schedule.take_due(Timestamp::now(), &busy)
            {
                let Some(source) = self.settings.borrow().source(&id).cloned() else { continue };
                busy.insert(id);
                let this = self.clone();
                polls.spawn(async move {
                    let next = this.poll(&source).await;
                    (source.id, next)
                });
            }
            if once && polls.is_empty() && schedule.next().is_none() {
                return;
            }
            tokio::select! {
                () = stop.cancelled() => {}
                Some(done) = polls.join_next(), if !polls.is_empty() => {
                    if let Ok((id, next)) = done {
                        busy.remove(&id);
                        if !once && self.settings.borrow().source(&id).is_some() {
                            schedule.set(id, next);
                        }
                    }
                }
                changed = settings.changed() => {
                    if changed.is_err() {
                        break;
                    }
                    let now = settings.borrow_and_update().clone();
                    self.plan(&mut schedule, &now, once).await;
                }
                () = until(schedule.next()), if polls.len() < AT_ONCE => {}
            }
        }
        while polls.join_next().await.is_some() {}
    }

    /// Gives every source that has none a due time: the stored one, or soon and spread out.
    async fn plan(&self, schedule: &mut Schedule, settings: &Settings, once: bool) {
        schedule.keep(&settings.source_ids());
        let now = Timestamp::now();
        let spread_ms = settings.config.sources.len() as u64 * 50;
        for source in &settings.config.sources {
            if schedule.times.contains_key(&source.id) {
                continue;
            }
            let stored =
                self.store.source(&source.id).await.ok().flatten().and_then(|state| state.next_check);
            let at = match stored {
                _ if once => now,
                // A clock that jumped must not park a source.
                Some(at) => at.min(now + SignedDuration::from_hours(24)),
                None => {
                    let turn = u64::from(ItemId::new(&source.id, "first poll").0[0]);
                    let own_ms = source.interval_s.map_or(u64::MAX, |s| 1000 * u64::from(s));
                    now + SignedDuration::from_millis((spread_ms.min(own_ms) * turn / 255) as i64)
                }
            };
            schedule.set(source.id.clone(), at);
        }
    }

    /// One poll; returns when the source is due again.
    async fn poll(&self, source: &Source) -> Timestamp {
        let now = Timestamp::now();
        let state = match self.store.source(&source.id).await {
            Ok(state) => state.unwrap_or_default(),
            Err(error) => {
                tracing::error!(source = %source.id, %error, "cannot read the source's state");
                return now + SignedDuration::from_mins(1);
            }
        };
        let Brought { state: next, items, wrong_address } = self.fetch_and_read(source, &state, now).await;
        let next = if wrong_address { self.search(source, next, now).await } else { next };
        let next = self.alarm(source, &state, next, now).await;
        let due = next.next_check.unwrap_or(now + SignedDuration::from_mins(5));
        // Items and validators go in one record: a crash can never leave the validators alone.
        if let Err(error) = self.store.record_poll(source.id.clone(), next, items).await {
            tracing::error!(source = %source.id, %error, "cannot record the poll");
            return now + SignedDuration::from_mins(1);
        }
        due
    }

    async fn fetch_and_read(&self, source: &Source, state: &PollState, now: Timestamp) -> Brought {
        let brought = |outcome: PollOutcome, items: Vec<Item>| Brought {
            state: after_poll(state, source, outcome, now),
            items,
            wrong_address: false,
        };
        let failed = |error: String, outcome: PollOutcome| {
            tracing::warn!(source = %source.id, url = source.url, error, failures = state.failures + 1, "poll failed");
            brought(outcome, Vec::new())
        };
        // Not found, gone, or something else than a feed: the address is wrong, not the moment.
        let wrong = |brought: Brought| Brought { wrong_address: true, ..brought };
        let (page, validators) = match self.fetcher.poll(source, state, now).await {
            Ok(Polled::Unchanged(validators)) => {
                self.metrics.polled("unchanged");
                tracing::debug!(source = %source.id, "unchanged");
                return brought(PollOutcome::Unchanged(validators), Vec::new());
            }
            Ok(Polled::Changed(page, validators)) => (page, validators),
            Err(error) => {
                self.metrics.polled("failed");
                self.metrics.fetch_failed(error.kind());
                let outcome = failed(error.to_string(), PollOutcome::failed(&error));
                let is_wrong = matches!(error, FetchError::Status { status: 404 | 410, .. });
                return if is_wrong { wrong(outcome) } else { outcome };
            }
        };
        let mut head = page;
        let body = std::mem::take(&mut head.body);
        let job = Job::Source { kind: source.kind, page: head, rules: source.page.clone(), now };
        let feed = match self.worker.run(job, body, state.failures > 0).await {
            Ok(Answer::Feed(feed)) => feed,
            Ok(Answer::Refused { kind, error }) => {
                self.metrics.polled("unreadable");
                self.metrics.refused(&kind);
                let outcome = failed(error.clone(), PollOutcome::unreadable(error));
                return if matches!(kind.as_str(), "html-for-feed" | "not-a-feed") {
                    wrong(outcome)
                } else {
                    outcome
                };
            }
            Ok(_) => return failed("wrong answer".into(), PollOutcome::unreadable("wrong answer".into())),
            Err(error) => return failed(error.to_string(), PollOutcome::unreadable(error.to_string())),
        };
        self.metrics.polled("read");
        if state.last_success.is_some() && !state.last_keys.is_empty() && !shares_entry(state, &feed) {
            let text = format!(
                "source {} ({}) shares no entry with its last poll: entries may have come and gone in between. \
                 Poll it more often, or look at its site.",
                source.id, source.url
            );
            self.health.raise(&format!("gap {}", source.id), text).await;
        }
        match self.unknown_items(source, state, &feed, now).await {
            Ok(items) => {
                tracing::info!(source = %source.id, entries = feed.entries.len(), new = items.len(), "polled");
                let outcome = PollOutcome::Read { validators, feed: &feed, new_entries: items.len() };
                brought(outcome, items)
            }
            Err(error) => failed(error.to_string(), PollOutcome::unreadable(error.to_string())),
        }
    }

    /// Looks for another feed on the site of a source whose address has failed a few times, and now and then again.
    async fn search(&self, source: &Source, mut next: PollState, now: Timestamp) -> PollState {
        let Some(site) = source.site.as_deref().filter(|_| source.kind == SourceKind::Feed) else {
            return next;
        };
        if next.failures % SEARCH_EVERY != SEARCH_AFTER {
            return next;
        }
        let eyes = Eyes::Worker(self.worker.clone());
        match discover(&self.fetcher, &eyes, source, site, now).await {
            // A page of links is no feed: that is for the operator to decide.
            Ok(found) if found.kind == SourceKind::Feed && found.url != source.url => {
                let text = format!(
                    "source {} finds no feed at {} ({}). Its site has one at {} ({}), and that is polled from now on: \
                     write it into the configuration, or run `vedetta sources verify --write`.",
                    source.id,
                    source.url,
                    next.last_error.as_deref().unwrap_or("unknown"),
                    found.url,
                    found.by
                );
                self.health.raise(&format!("found {}", source.id), text).await;
                next.found = Some((source.url.clone(), found.url));
                next.moved = None;
                // Its validators are another feed's.
                (next.etag, next.last_modified, next.body_hash) = (None, None, None);
                next.next_check = Some(now + SignedDuration::from_secs(1));
            }
            Ok(found) => {
                tracing::warn!(source = %source.id, url = found.url, by = found.by, "no other feed on the site");
            }
            Err(error) => tracing::warn!(source = %source.id, %error, "no other feed on the site"),
        }
        next
    }

    async fn unknown_items(
        &self,
        source: &Source,
        state: &PollState,
        feed: &Feed,
        now: Timestamp,
    ) -> Result<Vec<Item>, vedetta_store::StoreError> {
        let ids = feed.entries.iter().map(|entry| ItemId::new(&source.id, &entry.key)).collect();
        let unknown = self.store.unknown(ids).await?;
        let oldest = now
            - SignedDuration::from_hours(i64::from(
                self.settings.borrow().config.general.alert_max_age_hours,
            ));
        let first_contact = state.last_success.is_none();
        let mut taken = HashSet::new();
        let mut items = Vec::new();
        for entry in &feed.entries {
            let id = ItemId::new(&source.id, &entry.key);
            if !unknown.contains(&id) || !taken.insert(id) {
                continue;
            }
            let old = entry.published.is_some_and(|published| published < oldest);
            items.push(Item {
                id,
                source: source.id.clone(),
                entry: entry.clone(),
                first_seen: now,
                quiet: !source.backfill && (first_contact || old),
            });
        }
        Ok(items)
    }

    /// Reports a source that has failed for a day or is silent for long, and one that has recovered from that.
    async fn alarm(
        &self,
        source: &Source,
        before: &PollState,
        mut after: PollState,
        now: Timestamp,
    ) -> PollState {
        let failing = after.failing_since.is_some_and(|since| now.duration_since(since) > ALARM_AFTER);
        if failing && !after.alarmed {
            let why = after.last_error.clone().unwrap_or_default();
            let text = format!(
                "source {} ({}) has failed for 24 hours: {why}. Check its address in a browser; it is tried on.",
                source.id, source.url
            );
            self.health.raise(&format!("failing {}", source.id), text).await;
            after.alarmed = true;
        } else if before.alarmed && after.failures == 0 {
            self.health
                .raise(&format!("recovered {}", source.id), format!("source {} is back", source.id))
                .await;
            after.alarmed = false;
        }
        match quiet_for(&after, source, now) {
            Some(silence) if !after.told_quiet => {
                let text = format!(
                    "source {} ({}) has brought nothing new for {} days, which is long for it. Look at its site: the feed \
                     may have moved. `quiet_after_d` in its entry sets another limit.",
                    source.id,
                    source.url,
                    silence.as_hours() / 24
                );
                self.health.raise(&format!("quiet {}", source.id), text).await;
                after.told_quiet = true;
            }
            None if after.told_quiet && after.failures == 0 => {
                let text = format!("source {} publishes again", source.id);
                self.health.raise(&format!("loud {}", source.id), text).await;
                after.told_quiet = false;
            }
            _ => {}
        }
        after
    }
}

async fn until(at: Option<Timestamp>) {
    let wait = at.map_or(Duration::from_secs(60), |at| {
        Duration::try_from(at.duration_since(Timestamp::now())).unwrap_or(Duration::ZERO)
    });
    time::sleep(wait.clamp(Duration::from_millis(5), Duration::from_secs(60))).await;
}
