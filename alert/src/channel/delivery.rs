//! What an answer means: delivered, try again, or never.

use std::time::Duration;

use jiff::Timestamp;

/// No answer holds a message back for longer.
const ASKED_MAX: Duration = Duration::from_secs(24 * 3600);

/// Whether, and when, a message may be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Not before the other side is ready, as it said itself.
    After(Duration),
    /// By our own backoff.
    Backoff,
    /// The same message would fail again.
    Never,
}

/// Why a message was not delivered. No variant carries the address: it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// There was no answer.
    #[error("channel {channel} could not be reached: {why}; the message is {}", fate(*.retry))]
    Unreached {
        /// The channel.
        channel: String,
        /// The client's words.
        why: String,
        /// Whether to try again.
        retry: Retry,
    },
    /// The answer was no.
    #[error("channel {channel} answered {status}{}; {}; the message is {}", said(.detail), advice(*.status), fate(*.retry))]
    Refused {
        /// The channel.
        channel: String,
        /// HTTP status.
        status: u16,
        /// The one word that some services give as a reason (`invalid_blocks`).
        detail: Option<String>,
        /// Whether to try again.
        retry: Retry,
    },
}

impl DeliveryError {
    /// Whether, and when, to try again.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Unreached { retry, .. } | Self::Refused { retry, .. } => *retry,
        }
    }
}

fn fate(retry: Retry) -> &'static str {
    if retry == Retry::Never { "set aside as dead" } else { "tried again later" }
}

fn said(detail: &Option<String>) -> String {
    detail.as_ref().map(|d| format!(" ({d})")).unwrap_or_default()
}

fn advice(status: u16) -> &'static str {
    match status {
        300..=399 => "the address has moved: set the new one",
        401 | 403 => "its address or secret is no longer accepted: make a new one",
        404 | 410 => "its address does not exist any more: make a new one",
        413 => "the message is too large for it",
        429 => "it asks for fewer messages",
        500.. => "the service is in trouble",
        _ => "it does not accept the message",
    }
}

/// Reads an answer. `header` finds a response header by name.
pub(super) fn judge(
    channel: &str,
    status: u16,
    header: impl Fn(&str) -> Option<String>,
    body: &[u8],
    now: Timestamp,
) -> Result<(), DeliveryError> {
    let retry = match status {
        200..=299 => return Ok(()),
        408 | 425 | 429 | 500.. => asked(header, body, now).map_or(Retry::Backoff, Retry::After),
        _ => Retry::Never,
    };
    Err(DeliveryError::Refused { channel: channel.to_string(), status, detail: word(body), retry })
}

/// The wait that the answer asks for: `Retry-After`, the JSON fields that chats use, `X-RateLimit-Reset`.
fn asked(header: impl Fn(&str) -> Option<String>, body: &[u8], now: Timestamp) -> Option<Duration> {
    let by_header = header("Retry-After").and_then(|text| retry_after(&text, now));
    let json = || serde_json::from_slice::<serde_json::Value>(body).ok();
    let by_body = || {
        let json = json()?;
        let field = |name: &str| json.get(name).or_else(|| json.get("parameters")?.get(name))?.as_f64();
        field("retry_after_ms").map(|ms| ms / 1_000.0).or_else(|| field("retry_after"))
    };
    let by_reset = || {
        let reset: f64 = header("X-RateLimit-Reset")?.trim().parse().ok()?;
        // Some services give the moment, some the seconds until then.
        Some(if reset > 1e9 { reset - now.as_second() as f64 } else { reset })
    };
    let seconds = || by_body().or_else(by_reset).filter(|s| s.is_finite());
    let wait = by_header.or_else(|| seconds().and_then(|s| Duration::try_from_secs_f64(s.max(0.0)).ok()))?;
    Some(wait.min(ASKED_MAX))
}

/// `Retry-After` in seconds or as an HTTP date (RFC 9110, 10.2.3).
fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
}

/// A body that is one machine-readable word; anything longer may be anybody's text and is not kept.
fn word(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?.trim();
    let fits = (1..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    fits.then(|| text.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn check(status: u16, headers: &[(&str, &str)], body: &str, expected: Option<Retry>) {
        let header = |name: &str| {
            let found = headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.to_string())
        };
        let got = judge("team", status, header, body.as_bytes(), Timestamp::from_second(NOW).unwrap());
        assert_eq!(got.err().map(|e| e.retry()), expected, "{status} {headers:?} {body}");
    }

    #[test]
    fn the_table_of_statuses() {
        for status in [200, 201, 202, 204] {
            check(status, &[], "", None);
        }
        for status in [408, 425, 429, 500, 501, 502, 503, 504, 507, 529, 599] {
            check(status, &[], "", Some(Retry::Backoff));
        }
        for status in [301, 302, 304, 307, 400, 401, 403, 404, 405, 409, 410, 411, 413, 415, 422, 431, 451] {
            check(status, &[], "", Some(Retry::Never));
        }
    }

    #[test]
    fn what_the_other_side_asks_for_is_honoured() {
        let after = |ms: u64| Some(Retry::After(Duration::from_millis(ms)));
        check(429, &[("retry-after", "17")], "", after(17_000));
        check(503, &[("Retry-After", "Fri, 15 Jan 2027 08:01:00 GMT")], "", after(60_000));
        check(503, &[("Retry-After", "Fri, 15 Jan 2027 07:00:00 GMT")], "", after(0));
        check(429, &[], r#"{"retry_after": 0.5}"#, after(500));
        check(429, &[], r#"{"retry_after_ms": 2500}"#, after(2_500));
        check(429, &[], r#"{"ok":false,"parameters":{"retry_after":3}}"#, after(3_000));
        check(429, &[("X-RateLimit-Reset", "1800000009")], "", after(9_000));
        check(429, &[("X-RateLimit-Reset", "4")], "", after(4_000));
        check(429, &[("Retry-After", "9999999")], "", Some(Retry::After(ASKED_MAX)));
        check(429, &[("Retry-After", "-1")], "", Some(Retry::Backoff));
        check(429, &[("Retry-After", "soon")], "<html>", Some(Retry::Backoff));
        check(404, &[("Retry-After", "5")], "", Some(Retry::Never));
    }

    #[test]
    fn errors_say_what_to_do_and_keep_no_body() {
        let judged =
            |status, body: &str| judge("team", status, |_| None, body.as_bytes(), Timestamp::UNIX_EPOCH);
        let text = judged(400, "invalid_blocks").unwrap_err().to_string();
        let expected = "channel team answered 400 (invalid_blocks); it does not accept the message; the message is set aside as dead";
        assert_eq!(text, expected);
        assert!(!judged(500, "token=abc see http://x").unwrap_err().to_string().contains("abc"));
    }
}
