//! Once an hour: lets go what is too old, and keeps the store's house.
//!
//! A clock that is wrong would let go everything. So nothing is let go in the first hour, in which a machine's clock is
//! set, and for a day after the clock has jumped beside the one that only ever goes forward.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use tokio::{sync::watch, time};
use tokio_util::sync::CancellationToken;
use vedetta_store::{Retention, SharedStore};

use crate::{health::Health, settings::Settings};

/// Time between two rounds, and before the first.
const ROUND: Duration = Duration::from_secs(3600);

/// What the clock may be set by without being doubted.
const JUMP: SignedDuration = SignedDuration::from_mins(30);

/// So long nothing is let go after a jump.
const DOUBT: Duration = Duration::from_secs(24 * 3600);

/// Tidies until `stop`.
pub async fn run(
    store: SharedStore,
    settings: watch::Receiver<Arc<Settings>>,
    health: Health,
    stop: CancellationToken,
) {
    let begun = Instant::now();
    let mut clock = Clock::new(Timestamp::now());
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = time::sleep(ROUND) => {}
        }
        let now = Timestamp::now();
        if let Some(jump) = clock.jumped(now, begun.elapsed()) {
            let text = format!(
                "the machine's clock has jumped by {jump:#}. Nothing is let go because of its age for a day; check the \
                 clock, and stop the daemon if it is still wrong."
            );
            health.raise("clock", text).await;
        }
        if clock.doubted(begun.elapsed()) {
            continue;
        }
        let keep = retention(&settings.borrow());
        match store.tidy(now, &keep).await {
            Ok(report) => tracing::info!(
                articles = report.articles,
                items = report.items,
                alerts = report.alerts,
                segments_dropped = report.dropped.len(),
                segments_sealed = report.sealed.len(),
                "store tidied"
            ),
            Err(error) => {
                let text = format!("the store cannot be tidied, so it grows: {error}");
                health.raise("tidy", text).await;
            }
        }
    }
}

fn retention(settings: &Settings) -> Retention {
    let days = |days: u32| SignedDuration::from_hours(24 * i64::from(days));
    let kept = settings.config.retention;
    Retention {
        texts: days(kept.texts_days),
        marks: days(kept.marks_days),
        bytes: u64::from(kept.max_gb) << 30,
        ..Retention::default()
    }
}

/// The wall clock beside the time that has really passed.
#[derive(Debug)]
struct Clock {
    wall: Timestamp,
    passed: Duration,
    jumped: Option<Duration>,
}

impl Clock {
    fn new(wall: Timestamp) -> Self {
        Self { wall, passed: Duration::ZERO, jumped: None }
    }

    /// By how much the wall clock went beside what has passed since the last look, if that is no small correction.
    fn jumped(&mut self, wall: Timestamp, passed: Duration) -> Option<SignedDuration> {
        let went = wall.duration_since(self.wall);
        let real =
            SignedDuration::try_from(passed.saturating_sub(self.passed)).unwrap_or(SignedDuration::MAX);
        (self.wall, self.passed) = (wall, passed);
        let jump = went.saturating_sub(real);
        (jump.abs() > JUMP).then(|| {
            self.jumped = Some(passed);
            jump
        })
    }

    fn doubted(&self, passed: Duration) -> bool {
        self.jumped.is_some_and(|at| passed < at + DOUBT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_jumps_is_doubted_for_a_day() {
        let mut clock = Clock::new(Timestamp::UNIX_EPOCH);
        let at = |hours: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours);
        let passed = |hours: u64| Duration::from_secs(3600 * hours);
        assert_eq!(clock.jumped(at(1), passed(1)), None);
        assert!(!clock.doubted(passed(1)));
        // Ten years ahead, and back again.
        assert!(clock.jumped(at(87_600), passed(2)).is_some_and(|jump| jump.as_hours() > 87_000));
        assert!(clock.doubted(passed(2)) && clock.doubted(passed(25)));
        assert!(clock.jumped(at(4), passed(4)).is_some_and(|jump| jump.is_negative()));
        assert!(clock.doubted(passed(27)) && !clock.doubted(passed(28)));
        assert_eq!(clock.jumped(at(5) + SignedDuration::from_mins(20), passed(5)), None, "a correction");
    }
}
