//! When to try again: exponential backoff with full jitter.
//!
//! Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.

use std::time::Duration;

use jiff::Timestamp;
use rand::{Rng, RngExt};

use crate::Retry;

/// The first wait's upper bound.
pub const FIRST: Duration = Duration::from_secs(1);
/// No wait of our own choice is longer.
pub const LONGEST: Duration = Duration::from_secs(600);
/// A message that could not be delivered for so long is dead.
pub const GIVE_UP: Duration = Duration::from_secs(3 * 24 * 3600);

/// What becomes of a message that was not delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Try again at this moment.
    Try(Timestamp),
    /// To the dead letters.
    Dead,
}

/// Decides after failure number `failures` (1 is the first); `first_try` is when the message was
/// tried for the first time.
pub fn next(retry: Retry, failures: u32, first_try: Timestamp, now: Timestamp, rng: &mut impl Rng) -> Next {
    let wait = match retry {
        Retry::Never => return Next::Dead,
        Retry::After(wait) => wait.max(FIRST),
        Retry::Backoff => jitter(failures, rng),
    };
    let end = first_try.min(now).checked_add(GIVE_UP).unwrap_or(now);
    if now >= end {
        return Next::Dead;
    }
    // The last try falls on the end itself, whatever the other side asked for.
    Next::Try(now.checked_add(wait).unwrap_or(end).min(end))
}

/// A wait between nothing and 1 s · 2^(failures-1), at most ten minutes.
fn jitter(failures: u32, rng: &mut impl Rng) -> Duration {
    let bound = FIRST.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(LONGEST);
    bound.mul_f64(rng.random_range(0.0..=1.0))
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn check(retry: Retry, failures: u32, now: i64, earliest: i64, latest: Option<i64>) {
        for seed in 0..50 {
            let got = next(retry, failures, at(0), at(now), &mut StdRng::seed_from_u64(seed));
            match (got, latest) {
                (Next::Dead, None) => {}
                (Next::Try(when), Some(latest)) => {
                    assert!(when >= at(earliest) && when <= at(latest), "{retry:?} {failures}: {when}");
                }
                _ => panic!("{retry:?} {failures} at {now}: {got:?}"),
            }
        }
    }

    #[test]
    fn waits_grow_and_end() {
        let end = GIVE_UP.as_secs() as i64;
        check(Retry::Backoff, 1, 0, 0, Some(1));
        check(Retry::Backoff, 4, 10, 10, Some(18));
        check(Retry::Backoff, 40, 100, 100, Some(700));
        check(Retry::After(Duration::from_secs(90)), 3, 5, 95, Some(95));
        check(Retry::After(Duration::ZERO), 1, 5, 6, Some(6));
        check(Retry::Backoff, 900, end - 1, end - 1, Some(end));
        check(Retry::Backoff, 900, end, 0, None);
        check(Retry::Never, 1, 0, 0, None);
    }

    #[test]
    fn jitter_spreads() {
        let mut rng = StdRng::seed_from_u64(7);
        let waits: Vec<_> = (0..200).map(|_| jitter(10, &mut rng).as_secs()).collect();
        assert!(waits.iter().any(|w| *w < 100) && waits.iter().any(|w| *w > 400));
    }
}
