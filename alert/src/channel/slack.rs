//! A Slack incoming webhook: Block Kit, within Slack's limits.

use jiff::Timestamp;
use serde_json::{Value, json};
use vedetta_domain::{Alert, Secret, Telling};

use crate::render::{self, QUOTE_MAX};

/// Alerts that one message holds at most: four blocks and a divider each, a header before them, 50 in all.
pub(super) const MEMBERS_MAX: usize = 10;
/// Milliseconds between two messages at least.
pub(super) const PACE_MS: u64 = 1_000;

const HEADER_MAX: usize = 150;
const TITLE_MAX: usize = 300;
const WHY_MAX: usize = 1_500;
/// Slack refuses a section above 3,000 characters; title, quote and origin stay far below.
const TEXT_MAX: usize = 2_900;
const URL_MAX: usize = 1_500;

/// The message's body.
pub(super) fn body(_message_id: &str, alerts: &[Alert]) -> String {
    let headline = render::headline(alerts);
    let header = render::truncate(&headline, HEADER_MAX);
    let mut blocks =
        vec![json!({"type": "header", "text": {"type": "plain_text", "text": header, "emoji": false}})];
    for (i, alert) in alerts.iter().enumerate() {
        if i > 0 {
            blocks.push(json!({"type": "divider"}));
        }
        blocks.extend(alert_blocks(alert));
    }
    let first = alerts.first().map(|a| format!(": {}", render::title(a))).unwrap_or_default();
    let text = escape(&format!("{headline}{first}"), TITLE_MAX);
    json!({"text": text, "blocks": blocks, "unfurl_links": false, "unfurl_media": false}).to_string()
}

/// Headers that are made at send time: none. Slack has no idempotency key.
pub(super) fn headers(
    _id: &str,
    _body: &str,
    _key: Option<&Secret>,
    _now: Timestamp,
) -> Vec<(String, String)> {
    Vec::new()
}

fn alert_blocks(alert: &Alert) -> Vec<Value> {
    let Some(telling) = &alert.telling else {
        return vec![section(escape(alert.text.as_deref().unwrap_or(&alert.watch_title), TEXT_MAX))];
    };
    let mut text =
        format!("*{}*\n{}", link(&telling.url, &render::title(alert)), escape(&render::origin(telling), 300));
    if let Some(passage) = render::deciding(alert) {
        let quote = render::truncate(&render::one_line(&passage.text), QUOTE_MAX);
        text.push_str(&format!("\n>{}", escape(&quote, QUOTE_MAX * 5)));
    }
    let mut blocks = vec![section(text)];
    let why = render::why(alert).join(" · ");
    if !why.is_empty() {
        let why = format!("Why ({:.2}): {}", alert.score, escape(&why, WHY_MAX));
        blocks.push(json!({"type": "context", "elements": [{"type": "mrkdwn", "text": why}]}));
    }
    let new = render::new_names(alert).join(" · ");
    if !new.is_empty() {
        let new = escape(&new, WHY_MAX);
        blocks.push(json!({"type": "context", "elements": [{"type": "mrkdwn", "text": new}]}));
    }
    let also = also(alert);
    if !also.is_empty() {
        blocks.push(json!({"type": "context", "elements": [{"type": "mrkdwn", "text": also}]}));
    }
    blocks
}

fn also(alert: &Alert) -> String {
    let (shown, more) = render::also_in(alert);
    let names: Vec<_> = shown.iter().map(outlet).filter(|name| name.len() < TEXT_MAX / 5).collect();
    let rest = alert.also_in.len() - names.len();
    match (names.is_empty(), rest.max(more)) {
        (true, 0) => String::new(),
        (true, rest) => format!("Also in {rest} more"),
        (false, 0) => format!("Also in {}", names.join(", ")),
        (false, rest) => format!("Also in {} and {rest} more", names.join(", ")),
    }
}

fn outlet(telling: &Telling) -> String {
    link(&telling.url, &render::truncate(&telling.source_name, 60))
}

fn section(text: String) -> Value {
    json!({"type": "section", "text": {"type": "mrkdwn", "text": text}})
}

/// A link whose text is cut, never its markup. An address that Slack's markup cannot hold is left out.
fn link(url: &str, title: &str) -> String {
    let title = escape(&title.replace('|', "¦"), TITLE_MAX);
    let safe: String = url
        .chars()
        .map(|c| match c {
            '|' => "%7C".into(),
            '<' => "%3C".into(),
            '>' => "%3E".into(),
            '&' => "&amp;".into(),
            c if c.is_whitespace() || c.is_control() => String::new(),
            c => c.to_string(),
        })
        .collect();
    let http = safe.starts_with("https://") || safe.starts_with("http://");
    if http && safe.chars().count() <= URL_MAX { format!("<{safe}|{title}>") } else { title }
}

/// Escapes what Slack's markup reads (`&<>`), in at most `max` characters after escaping.
fn escape(text: &str, max: usize) -> String {
    let mut escaped = String::new();
    let mut length = 0;
    for c in text.chars() {
        let piece = match c {
            '&' => "&amp;".to_string(),
            '<' => "&lt;".to_string(),
            '>' => "&gt;".to_string(),
            c => c.to_string(),
        };
        length += piece.chars().count();
        if length >= max {
            escaped.push('…');
            break;
        }
        escaped.push_str(&piece);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_escaped_and_never_cut() {
        let cases = [
            ("a & b <!channel>", 100, "a &amp; b &lt;!channel&gt;"),
            ("ab&&&&", 8, "ab&amp;…"),
            ("abc", 3, "ab…"),
            ("abc", 4, "abc"),
        ];
        for (text, max, expected) in cases {
            assert_eq!(escape(text, max), expected, "{text}");
        }
        assert_eq!(link("https://a.example/?x=1&y=<2>", "T|x"), "<https://a.example/?x=1&amp;y=%3C2%3E|T¦x>");
        assert_eq!(link("javascript:1", "T"), "T");
    }
}
