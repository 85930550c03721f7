//! The generic webhook: versioned JSON, signed at send time.

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde::Serialize;
use sha2::Sha256;
use vedetta_domain::{Alert, AlertKind, NewName, Reason, Secret, Telling};

use crate::render::{self, QUOTE_MAX};

/// Alerts that one message holds at most.
pub(super) const MEMBERS_MAX: usize = 100;
/// Milliseconds between two messages at least.
pub(super) const PACE_MS: u64 = 0;

/// The wire's shape; changed only together with `version`.
#[derive(Serialize)]
struct Body<'a> {
    version: u32,
    message_id: &'a str,
    alerts: Vec<WireAlert<'a>>,
}

#[derive(Serialize)]
struct WireAlert<'a> {
    id: &'a str,
    kind: AlertKind,
    created: Timestamp,
    watch: &'a str,
    watch_title: &'a str,
    story: Option<String>,
    title: String,
    url: Option<&'a str>,
    source: Option<&'a str>,
    source_name: Option<&'a str>,
    language: Option<&'static str>,
    published: Option<Timestamp>,
    score: f32,
    quote: Option<String>,
    reasons: Vec<WireReason<'a>>,
    also_in: Vec<WireTelling<'a>>,
    entities: &'a [String],
    new_names: &'a [NewName],
    text: Option<&'a str>,
}

#[derive(Serialize)]
struct WireReason<'a> {
    part: &'a str,
    matched: &'a [String],
    weight: f32,
    passage: Option<String>,
}

#[derive(Serialize)]
struct WireTelling<'a> {
    title: &'a str,
    url: &'a str,
    source: &'a str,
    source_name: &'a str,
    language: &'static str,
}

/// The message's body.
pub(super) fn body(message_id: &str, alerts: &[Alert]) -> String {
    let alerts = alerts.iter().map(wire_alert).collect();
    serde_json::to_string(&Body { version: 1, message_id, alerts }).unwrap_or_default()
}

/// Headers that are made at send time.
pub(super) fn headers(
    message_id: &str,
    body: &str,
    key: Option<&Secret>,
    now: Timestamp,
) -> Vec<(String, String)> {
    let timestamp = now.as_second().to_string();
    let mut headers = vec![("Idempotency-Key".to_string(), message_id.to_string())];
    if let Some(signature) = key.and_then(|key| self::signature(key, &timestamp, body)) {
        headers.push(("X-Vedetta-Signature".into(), signature));
    }
    headers.push(("X-Vedetta-Timestamp".into(), timestamp));
    headers
}

/// `sha256=` and the HMAC-SHA256 of `timestamp.body` in hex: what `X-Vedetta-Signature` must hold.
pub fn signature(key: &Secret, timestamp: &str, body: &str) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()).ok()?;
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body.as_bytes());
    let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    Some(format!("sha256={hex}"))
}

fn wire_alert(alert: &Alert) -> WireAlert<'_> {
    let telling = alert.telling.as_ref();
    let quote = |text: &str| render::truncate(text, QUOTE_MAX);
    let reason = |r: &'_ Reason| r.passage.as_ref().map(|p| quote(&p.text));
    WireAlert {
        id: &alert.id.0,
        kind: alert.kind,
        created: alert.created,
        watch: &alert.watch.0,
        watch_title: &alert.watch_title,
        story: alert.story.map(|s| s.to_string()),
        title: render::title(alert),
        url: telling.map(|t| t.url.as_str()),
        source: telling.map(|t| t.source.0.as_str()),
        source_name: telling.map(|t| t.source_name.as_str()),
        language: telling.map(|t| t.language.code()),
        published: telling.and_then(|t| t.published),
        score: alert.score,
        quote: render::deciding(alert).map(|p| quote(&p.text)),
        reasons: alert
            .reasons
            .iter()
            .map(|r| WireReason { part: &r.part, matched: &r.matched, weight: r.weight, passage: reason(r) })
            .collect(),
        also_in: alert.also_in.iter().map(wire_telling).collect(),
        entities: &alert.entities,
        new_names: &alert.new_names,
        text: alert.text.as_deref(),
    }
}

fn wire_telling(telling: &Telling) -> WireTelling<'_> {
    WireTelling {
        title: &telling.title,
        url: &telling.url,
        source: &telling.source.0,
        source_name: &telling.source_name,
        language: telling.language.code(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_the_hmac_of_timestamp_and_body() {
        // Reference: printf '1800000000.{}' | openssl dgst -sha256 -hmac key
        let headers =
            headers("m1", "{}", Some(&Secret::new("key")), Timestamp::from_second(1_800_000_000).unwrap());
        let get = |name: &str| headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        assert_eq!(get("Idempotency-Key"), Some("m1"));
        assert_eq!(get("X-Vedetta-Timestamp"), Some("1800000000"));
        assert_eq!(
            get("X-Vedetta-Signature"),
            Some("sha256=7321475872b03ff21bdc2dfd86ea2d99ec29c479fbe4a77aa6acf4509505493f")
        );
    }
}
