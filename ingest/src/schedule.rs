//! When a source is due again: a pure function of outcome, history and the present.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use vedetta_domain::{Feed, PollState, Source};

use crate::{FetchError, Retry};

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// The mean gap of a source's entries is divided by this (Miniflux's factor).
const FACTOR: i64 = 3;

/// Keys of the last poll that are kept to notice a gap.
const KEYS: usize = 200;

/// Dates that are kept to know a source's rhythm.
const RECENT: usize = 20;

/// Silence that is reported, in days and in mean gaps.
const QUIET_DAYS: i64 = 5;
const QUIET_GAPS: i64 = 4;

/// Permanent redirects in a row after which the stored address is the new one.
const MOVES: u32 = 3;

/// What an answer says for the next conditional request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// `ETag`, verbatim.
    pub etag: Option<String>,
    /// `Last-Modified`, verbatim.
    pub last_modified: Option<String>,
    /// Hash of the body.
    pub body_hash: Option<String>,
    /// Where permanent redirects led.
    pub moved: Option<String>,
    /// How long the answer stays fresh, in seconds.
    pub max_age_s: Option<u32>,
    /// The request was unconditional.
    pub full: bool,
}

/// How a poll went.
#[derive(Debug, Clone)]
pub enum PollOutcome<'a> {
    /// Nothing changed (304, or the same body).
    Unchanged(Validators),
    /// A feed was read.
    Read {
        /// For the next request.
        validators: Validators,
        /// What it held.
        feed: &'a Feed,
        /// Entries that were not known.
        new_entries: usize,
    },
    /// Nothing could be had or read.
    Failed {
        /// Why.
        error: String,
        /// 1 for hard errors, less for those that pass by themselves.
        weight: f64,
        /// What the server asks to wait.
        retry_after: Option<Duration>,
    },
}

impl PollOutcome<'_> {
    /// The outcome of a failed fetch.
    pub fn failed(error: &FetchError) -> Self {
        let weight = match error.kind() {
            "dns" => 0.25,
            "client-error" | "server-error" | "too-many-requests" | "timeout" | "connect" | "host-down" => {
                0.5
            }
            _ => 1.0,
        };
        let retry_after = match error.retry() {
            Retry::After(wait) => Some(wait),
            _ => None,
        };
        Self::Failed { error: error.to_string(), weight, retry_after }
    }

    /// The outcome of a feed that could not be read.
    pub fn unreadable(error: String) -> Self {
        Self::Failed { error, weight: 1.0, retry_after: None }
    }
}

/// The source's state after a poll, the next check included.
pub fn after_poll(state: &PollState, source: &Source, outcome: PollOutcome<'_>, now: Timestamp) -> PollState {
    let mut next = state.clone();
    let wait_s = match outcome {
        PollOutcome::Unchanged(validators) => {
            remember(&mut next, &validators, now);
            // A 304 may bring a new date and no tag: what it does not say stays.
            next.etag = validators.etag.or(next.etag);
            next.last_modified = validators.last_modified.or(next.last_modified);
            interval(&next, source, None, validators.max_age_s, now)
        }
        PollOutcome::Read { validators, feed, new_entries } => {
            remember(&mut next, &validators, now);
            next.etag = validators.etag.clone();
            next.last_modified = validators.last_modified.clone();
            next.body_hash = validators.body_hash.clone();
            next.last_keys = feed.entries.iter().take(KEYS).map(|entry| entry.key.clone()).collect();
            let mut dates: Vec<Timestamp> = feed.entries.iter().filter_map(|entry| entry.published).collect();
            dates.sort_unstable_by(|a, b| b.cmp(a));
            dates.truncate(RECENT);
            if !dates.is_empty() {
                next.recent = dates;
            }
            if new_entries > 0 {
                next.last_new = Some(now);
            }
            interval(&next, source, feed.ttl_s, validators.max_age_s, now)
        }
        PollOutcome::Failed { error, weight, retry_after } => {
            next.failures = state.failures.saturating_add(1);
            next.failing_since = state.failing_since.or(Some(now));
            next.last_error = Some(error);
            let base = interval(&next, source, None, None, now).min(HOUR);
            let backoff = (base as f64 * f64::from(next.failures) * weight) as i64;
            let asked = retry_after.map_or(0, |wait| i64::try_from(wait.as_secs()).unwrap_or(DAY));
            backoff.max(asked).clamp(source.interval_s.map_or(MINUTE, |s| i64::from(s).min(MINUTE)), DAY)
        }
    };
    next.next_check = Some(now + SignedDuration::from_secs(jittered(wait_s, source).clamp(1, DAY)));
    next
}

fn remember(next: &mut PollState, validators: &Validators, now: Timestamp) {
    next.failures = 0;
    next.failing_since = None;
    next.last_error = None;
    next.last_success = Some(now);
    if validators.full {
        next.full_fetch = Some(now);
    }
    next.moved = validators.moved.clone().map(|to| {
        let before = next.moved.as_ref().filter(|(known, _)| *known == to).map_or(0, |(_, times)| *times);
        (to, (before + 1).min(MOVES))
    });
}

/// Mean seconds between the source's recent entries; `None` for fewer than two.
fn mean_gap_s(state: &PollState) -> Option<i64> {
    let gaps = state.recent.len().checked_sub(1).filter(|gaps| *gaps > 0)?;
    let (newest, oldest) = (state.recent.first()?, state.recent.last()?);
    Some(newest.duration_since(*oldest).as_secs() / gaps as i64)
}

/// Seconds until the next check of a source that answers.
fn interval(
    state: &PollState,
    source: &Source,
    ttl_s: Option<u32>,
    max_age_s: Option<u32>,
    now: Timestamp,
) -> i64 {
    if let Some(fixed) = source.interval_s {
        return i64::from(fixed);
    }
    let adaptive = match (state.recent.first(), mean_gap_s(state)) {
        (Some(newest), Some(mean)) => {
            // A source that has fallen silent slows down with its silence.
            let silence = now.duration_since(*newest).as_secs().max(0);
            let pace = mean.max(silence / 8) / FACTOR;
            let longest = if silence > 5 * DAY { DAY } else { HOUR };
            pace.clamp(5 * MINUTE, longest)
        }
        _ => 30 * MINUTE,
    };
    let floor = ttl_s.into_iter().chain(max_age_s).map(i64::from).max().unwrap_or(0).min(DAY);
    adaptive.max(floor)
}

/// Up to a tenth more, the same for the same source: sources do not march in step.
fn jittered(wait_s: i64, source: &Source) -> i64 {
    let turn = blake3::hash(source.id.0.as_bytes()).as_bytes()[0];
    wait_s + wait_s * i64::from(turn) / 2550
}

/// How long a source that answers has brought nothing new, where that is longer than it should be: by its own setting,
/// else five days, or four times its mean gap where that is more.
pub fn quiet_for(state: &PollState, source: &Source, now: Timestamp) -> Option<SignedDuration> {
    let newest = state.recent.first().copied().max(state.last_new)?;
    let gap_s = mean_gap_s(state).unwrap_or(0);
    let allowed_s = match source.quiet_after_d {
        Some(days) => i64::from(days) * DAY,
        None => (QUIET_DAYS * DAY).max(QUIET_GAPS * gap_s),
    };
    let silence = now.duration_since(newest);
    (state.failures == 0 && silence.as_secs() > allowed_s).then_some(silence)
}

/// Whether the feed shares an entry with the poll before it; otherwise some may have been missed.
pub fn shares_entry(state: &PollState, feed: &Feed) -> bool {
    feed.entries.is_empty() || feed.entries.iter().any(|entry| state.last_keys.contains(&entry.key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use vedetta_domain::Entry;

    fn source(interval_s: Option<u32>) -> Source {
        Source { interval_s, ..Source::new("s", "https://example.org/feed") }
    }

    fn now() -> Timestamp {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    /// A feed whose entries came every `gap_min` minutes, the newest `age_min` minutes ago.
    fn feed(gap_min: i64, age_min: i64, ttl_s: Option<u32>) -> Feed {
        let entries = (0..10).map(|n| Entry {
            key: n.to_string(),
            published: Some(now() - SignedDuration::from_mins(age_min + n * gap_min)),
            ..Entry::default()
        });
        Feed { entries: entries.collect(), ttl_s, ..Feed::default() }
    }

    fn check(what: &str, next: &PollState, at_least_min: f64, at_most_min: f64) {
        let wait = next.next_check.unwrap().duration_since(now()).as_secs() as f64 / 60.0;
        assert!((at_least_min..=at_most_min * 1.1).contains(&wait), "{what}: {wait} minutes");
    }

    #[test]
    fn the_interval_follows_the_source() {
        for (what, gap, age, ttl, least, most) in [
            ("busy", 3, 1, None, 5.0, 5.0),
            ("hourly", 60, 10, None, 20.0, 20.0),
            ("daily", 24 * 60, 60, None, 60.0, 60.0),
            ("asks for an hour", 3, 1, Some(3600), 60.0, 60.0),
            ("silent for a month", 24 * 60, 30 * 24 * 60, None, 1440.0, 1440.0),
        ] {
            let feed = feed(gap, age, ttl);
            let read = PollOutcome::Read { validators: Validators::default(), feed: &feed, new_entries: 1 };
            check(what, &after_poll(&PollState::default(), &source(None), read, now()), least, most);
        }
        let fixed = PollOutcome::Unchanged(Validators::default());
        check("fixed", &after_poll(&PollState::default(), &source(Some(120)), fixed, now()), 2.0, 2.0);
    }

    #[test]
    fn failures_back_off_and_are_forgotten_after_a_success() {
        let mut state = PollState::default();
        let mut waits = Vec::new();
        for _ in 0..100 {
            state = after_poll(&state, &source(None), PollOutcome::unreadable("broken".into()), now());
            waits.push(state.next_check.unwrap().duration_since(now()).as_secs());
        }
        assert!(waits.windows(2).all(|pair| pair[0] <= pair[1]), "{waits:?}");
        assert_eq!(*waits.last().unwrap(), DAY, "never given up, never later than a day");
        assert_eq!((state.failures, state.last_error.as_deref()), (100, Some("broken")));
        let state = after_poll(&state, &source(None), PollOutcome::Unchanged(Validators::default()), now());
        assert_eq!((state.failures, state.last_error), (0, None));
    }

    #[test]
    fn silence_is_measured_by_the_sources_own_rhythm() {
        let check =
            |what: &str, gap_h: i64, age_h: i64, own_days: Option<u32>, failures: u32, quiet: bool| {
                let recent = (0..10).map(|n| now() - SignedDuration::from_hours(age_h + n * gap_h)).collect();
                let state = PollState { recent, failures, ..PollState::default() };
                let source = Source { quiet_after_d: own_days, ..source(None) };
                assert_eq!(quiet_for(&state, &source, now()).is_some(), quiet, "{what}");
            };
        check("a daily source after four days", 24, 4 * 24, None, 0, false);
        check("a daily source after six days", 24, 6 * 24, None, 0, true);
        check("a weekly source after three weeks", 7 * 24, 21 * 24, None, 0, false);
        check("a weekly source after five weeks", 7 * 24, 35 * 24, None, 0, true);
        check("one that may be silent for long", 24, 20 * 24, Some(30), 0, false);
        check("one that may not", 7 * 24, 3 * 24, Some(2), 0, true);
        check("one that fails, which is told as such", 24, 6 * 24, None, 3, false);
        assert_eq!(quiet_for(&PollState::default(), &source(None), now()), None);
    }

    #[test]
    fn a_304_keeps_the_tag_and_takes_the_new_date() {
        let before = PollState {
            etag: Some("W/\"a\"".into()),
            last_modified: Some("x".into()),
            ..PollState::default()
        };
        let validators = Validators { last_modified: Some("y".into()), ..Validators::default() };
        let after = after_poll(&before, &source(None), PollOutcome::Unchanged(validators), now());
        assert_eq!((after.etag.as_deref(), after.last_modified.as_deref()), (Some("W/\"a\""), Some("y")));
    }

    #[test]
    fn a_poll_that_shares_no_entry_shows_a_gap() {
        let state = PollState { last_keys: vec!["3".into()], ..PollState::default() };
        assert!(shares_entry(&state, &feed(1, 1, None)));
        let other = PollState { last_keys: vec!["elsewhere".into()], ..PollState::default() };
        assert!(!shares_entry(&other, &feed(1, 1, None)));
    }
}
