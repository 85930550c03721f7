//! Which pending alerts leave now: the grouping of Alertmanager, as a pure function.

use std::time::Duration;

use jiff::Timestamp;
use vedetta_domain::AlertId;

/// How long a channel gathers alerts before it sends them together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupRule {
    /// After the oldest pending alert.
    pub wait: Duration,
    /// After the channel's last message.
    pub interval: Duration,
    /// Alerts that one message holds at most.
    pub members_max: usize,
}

/// An alert that waits in a channel's outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The alert.
    pub id: AlertId,
    /// When it was decided.
    pub created: Timestamp,
}

/// What a channel does now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Departure {
    /// Nothing waits.
    Nothing,
    /// Nothing leaves before this moment.
    WaitUntil(Timestamp),
    /// These leave now: the members of each message, the oldest first.
    Now(Vec<Vec<AlertId>>),
}

/// Decides for one channel; `last_message` is when its last message left.
pub fn departure(
    pending: &[Pending],
    last_message: Option<Timestamp>,
    rule: &GroupRule,
    now: Timestamp,
) -> Departure {
    let mut pending: Vec<&Pending> = pending.iter().collect();
    pending.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
    let Some(oldest) = pending.first() else {
        return Departure::Nothing;
    };
    // A clock that jumped must not park a channel: neither wait is counted from the future.
    let after = |from: Timestamp, wait: Duration| from.min(now).checked_add(wait).unwrap_or(now);
    let waited = after(oldest.created, rule.wait);
    let due = last_message.map_or(waited, |at| waited.max(after(at, rule.interval)));
    if due > now {
        return Departure::WaitUntil(due);
    }
    let messages = pending.chunks(rule.members_max.max(1));
    Departure::Now(messages.map(|chunk| chunk.iter().map(|p| p.id.clone()).collect()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn check(created: &[i64], last: Option<i64>, now: i64, expected: Departure) {
        let rule =
            GroupRule { wait: Duration::from_secs(30), interval: Duration::from_secs(300), members_max: 2 };
        let pending: Vec<_> =
            created.iter().map(|s| Pending { id: AlertId(format!("a{s}")), created: at(*s) }).collect();
        let got = departure(&pending, last.map(at), &rule, at(now));
        assert_eq!(got, expected, "{created:?} {last:?} {now}");
    }

    #[test]
    fn alerts_leave_in_groups() {
        let id = |s: i64| AlertId(format!("a{s}"));
        check(&[], None, 0, Departure::Nothing);
        check(&[0], None, 29, Departure::WaitUntil(at(30)));
        check(&[0], None, 30, Departure::Now(vec![vec![id(0)]]));
        check(&[20, 0, 10], None, 30, Departure::Now(vec![vec![id(0), id(10)], vec![id(20)]]));
        check(&[100], Some(90), 200, Departure::WaitUntil(at(390)));
        check(&[100], Some(90), 390, Departure::Now(vec![vec![id(100)]]));
        // The clock went back: the wait counts from now, not from the future.
        check(&[9_000], None, 0, Departure::WaitUntil(at(30)));
        check(&[0], Some(9_000), 100, Departure::WaitUntil(at(400)));
    }
}
