//! What leaves for a chat: bodies within limits, ids that repeat.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

use jiff::Timestamp;
use vedetta_alert::{Channel, ChannelConfig, ChannelKind, explain};
use vedetta_domain::{
    Alert, AlertId, AlertKind, EntityId, EntityKind, ItemId, Language, NewName, Passage, Reason, SourceId,
    StoryId, Telling, WatchId,
};

fn telling(name: &str, title: &str) -> Telling {
    let source = SourceId(name.to_lowercase());
    Telling {
        item: ItemId::new(&source, title),
        title: title.into(),
        url: format!("https://{}.example/a?x=1&y=2", name.to_lowercase()),
        source,
        source_name: name.into(),
        language: Language::Italian,
        published: Some("2026-11-20T08:00:00Z".parse().unwrap()),
    }
}

fn alert(number: usize, title: &str, quote: &str) -> Alert {
    let passage = Passage { start: 0, end: quote.len(), in_title: false, text: quote.into() };
    let reason = |part: &str, matched: &[&str], weight| Reason {
        part: part.into(),
        matched: matched.iter().map(|m| m.to_string()).collect(),
        weight,
        passage: Some(passage.clone()),
    };
    Alert {
        id: AlertId(format!("{number:032}")),
        kind: AlertKind::New,
        created: Timestamp::UNIX_EPOCH,
        watch: WatchId("w".into()),
        watch_title: "Cina & Pakistan".into(),
        story: Some(StoryId("019a0000-0000-7000-8000-000000000000".parse().unwrap())),
        score: 1.25,
        reasons: vec![reason("deal in space", &["accordo"], 0.3), reason("together", &[], 0.25)],
        telling: Some(telling("Esempio", title)),
        also_in: (0..8).map(|i| telling(&format!("Altro{i}"), "Altrove")).collect(),
        entities: vec!["SUPARCO".into()],
        new_names: vec![NewName {
            text: "SpaceChain".into(),
            kind: EntityKind::Org,
            near: EntityId("suparco".into()),
            near_text: "Suparco".into(),
        }],
        text: None,
    }
}

fn channel(kind: ChannelKind) -> Channel {
    let url = Some("https://hooks.example/secret".to_string());
    Channel::new(ChannelConfig { name: "team".into(), kind, url, ..ChannelConfig::default() }).unwrap()
}

#[test]
fn a_slack_message_keeps_within_the_limits() {
    let long = "à&<".repeat(4_000);
    let cases = [vec![alert(0, "Titolo", "Frase.")], (0..10).map(|n| alert(n, &long, &long)).collect()];
    for alerts in cases {
        let message = channel(ChannelKind::Slack).freeze(&alerts);
        let body: serde_json::Value = serde_json::from_str(&message.body).unwrap();
        let blocks = body["blocks"].as_array().unwrap();
        assert!(blocks.len() <= 50);
        assert!(blocks[0]["text"]["text"].as_str().unwrap().chars().count() <= 150);
        let texts = blocks[1..]
            .iter()
            .filter_map(|b| b["text"]["text"].as_str().or(b["elements"][0]["text"].as_str()));
        for text in texts {
            assert!(text.chars().count() <= 3_000, "{}", text.chars().count());
            assert_eq!(text.matches('<').count(), text.matches('>').count() - text.matches("\n>").count());
        }
    }
}

#[test]
fn a_slack_message_reads_like_this() {
    let message = channel(ChannelKind::Slack).freeze(&[alert(0, "Titolo <b>", "Una frase & basta.")]);
    let body: serde_json::Value = serde_json::from_str(&message.body).unwrap();
    let expected = "*<https://esempio.example/a?x=1&amp;y=2|Titolo &lt;b&gt;>*\nEsempio · Italian · 20 November 2026\n>Una frase &amp; basta.";
    assert_eq!(body["blocks"][1]["text"]["text"], expected);
    assert_eq!(body["blocks"][2]["elements"][0]["text"], "Why (1.25): deal in space: accordo");
    assert_eq!(body["blocks"][3]["elements"][0]["text"], "New near Suparco: SpaceChain");
    let also = body["blocks"][4]["elements"][0]["text"].as_str().unwrap();
    assert!(also.ends_with("and 3 more"), "{also}");
}

#[test]
fn the_webhook_is_versioned_json() {
    let message = channel(ChannelKind::Webhook).freeze(&[alert(7, "Titolo", "Frase.")]);
    let body: serde_json::Value = serde_json::from_str(&message.body).unwrap();
    assert_eq!(body["version"], 1);
    assert_eq!(body["message_id"], message.id);
    let alert = &body["alerts"][0];
    assert_eq!(alert["url"], "https://esempio.example/a?x=1&y=2");
    assert_eq!(alert["quote"], "Frase.");
    assert_eq!(alert["reasons"][0]["part"], "deal in space");
    assert_eq!(alert["also_in"].as_array().unwrap().len(), 8);
    assert_eq!(
        (&alert["new_names"][0]["text"], &alert["new_names"][0]["near"]),
        (&"SpaceChain".into(), &"suparco".into())
    );
}

#[test]
fn a_message_id_depends_on_channel_and_members_only() {
    let (a, b) = (alert(1, "A", "x"), alert(2, "B", "y"));
    let team = channel(ChannelKind::Webhook);
    let id = team.freeze(&[a.clone(), b.clone()]).id;
    assert_eq!(team.freeze(&[b.clone(), a.clone()]).id, id);
    assert_ne!(team.freeze(std::slice::from_ref(&a)).id, id);
    assert_ne!(Channel::stub("other").0.freeze(&[a, b]).id, id);
}

#[test]
fn channels_say_what_is_wrong_and_print_no_secret() {
    let config = |text: &str| toml::from_str::<ChannelConfig>(text).unwrap();
    let check = |text: &str, expected: &str| {
        let problem = Channel::new(config(text)).unwrap_err().to_string();
        assert!(problem.contains(expected), "{problem}");
    };
    check("kind = 'slack'", "no name");
    check("name = 'a'\nkind = 'slack'", "`url_file`");
    check("name = 'a'\nurl = 'https://x'\nurl_env = 'Y'", "more than once");
    check("name = 'a'\nurl = 'ftp://secret'", "does not begin with https://");
    check("name = 'a'\nurl_file = '/nonexistent/file'", "/nonexistent/file");
    assert!(toml::from_str::<ChannelConfig>("name = 'a'\nurll = 'x'").is_err());
}

#[test]
fn an_alert_reads_like_this_in_a_terminal() {
    let text = explain::alert(&alert(0, "Titolo\u{1b}[31m", "Una frase."));
    assert!(!text.contains('\u{1b}'), "control characters reach the terminal");
    for line in [
        "━━ Cina & Pakistan",
        "  │ Una frase.",
        "Why (1.25): deal in space: accordo",
        "New near Suparco: SpaceChain",
        "and in 3 more",
    ] {
        assert!(text.lines().any(|l| l == line), "{line:?} is not in\n{text}");
    }
}
