//! Every hostile server of `http/tests/hostile/server.rs`, and hostile bytes, as sources and as pages of one daemon:
//! each failure is counted by its kind, memory stays bounded, and the one good source loses nothing.

use std::{collections::BTreeMap, process::Stdio};

use tokio::process::Command as AsyncCommand;

use crate::support::{binary, soon};

#[path = "../../http/tests/hostile/server.rs"]
pub mod server;

use server::{Case, Says, cases, start_at};

/// Most memory of the daemon's process, in bytes. (Bodies of 15 MB are allowed, a few at a time.)
const MEMORY: u64 = 300 << 20;

const FAILED: &str = "vedetta_fetch_failures_total";
const REFUSED: &str = "vedetta_reads_refused_total";

const TEXT: &str = "<p>Il secondo satellite sarà pronto entro un anno, ha detto la commissione, e le sue camere sono già \
    state provate in una camera a vuoto vicino alla costa.</p><p>Gli ingegneri dei due paesi si sono incontrati due volte \
    in primavera per decidere come dividere le immagini, racconta un funzionario che conosce le trattative.</p><p>Del \
    prezzo non si parla: i contratti precedenti furono pagati in parte con prestiti a quindici anni.</p>";

/// A server that answers `/id` with these bytes, as one of good will would.
pub fn said(id: &'static str, content_type: &str, body: impl AsRef<[u8]>) -> Case {
    let body = body.as_ref();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    Case { id, says: Says::Once([head.as_bytes(), body].concat()), kind: "" }
}

fn feed(id: &'static str, inside: &str) -> Case {
    let body = format!("<rss version='2.0'><channel><title>Feed</title>{inside}</channel></rss>");
    said(id, "application/rss+xml", body)
}

fn article(id: &'static str, inside: &str) -> Case {
    let body = format!(
        "<html lang=it><head><title>Articolo</title></head><body><article>{TEXT}{inside}</article></body></html>"
    );
    said(id, "text/html", body)
}

fn item(link: &str) -> String {
    format!("<item><title>Un satellite per due paesi</title><link>{link}</link></item>")
}

/// Addresses of loopback that look like hosts of their own: what one does must not slow another down.
struct Hosts(u8);

impl Hosts {
    async fn start(&mut self, cases: Vec<Case>) -> String {
        self.0 += 1;
        start_at(&format!("127.0.0.{}", self.0), cases).await.0
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_good_source_is_unharmed_and_every_failure_is_counted() {
    let mut hosts = Hosts(1);
    let (mut sources, mut wanted) = (Vec::new(), BTreeMap::<(&str, String), u64>::new());
    let mut want =
        |counter: &'static str, kind: &str| *wanted.entry((counter, kind.to_owned())).or_default() += 1;

    // Feeds of the table.
    for case in cases() {
        want(FAILED, case.kind);
        let id = case.id;
        sources.push((id.to_owned(), format!("{}/{id}", hosts.start(vec![case]).await)));
    }
    // A server that speaks no TLS.
    let base = hosts.start(vec![said("x", "text/plain", "")]).await;
    sources.push(("no-tls".into(), base.replace("http:", "https:")));
    want(FAILED, "tls");
    // Bytes that are no feed.
    for (case, kind) in [
        (feed("deep", &"<a>".repeat(1_000_000)), "not-a-feed"),
        (said("noise", "application/rss+xml", "\u{1}<\u{2}>".repeat(100_000)), "not-a-feed"),
        (said("login", "text/html", "<html><body>Accedi</body></html>"), "html-for-feed"),
        (said("blank", "application/rss+xml", " ".repeat(1_000_000)), "empty"),
    ] {
        want(REFUSED, kind);
        let id = case.id;
        sources.push((id.to_owned(), format!("{}/{id}", hosts.start(vec![case]).await)));
    }
    // Feeds that are read though they mean no good: nothing of them is expanded or fetched.
    let bomb = "<?xml version='1.0'?><!DOCTYPE rss [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>\
        <!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'><!ENTITY d SYSTEM 'file:///etc/passwd'>]>\
        <rss version='2.0'><channel><title>&c;&d;</title></channel></rss>";
    let base = hosts.start(vec![said("entities", "application/rss+xml", bomb)]).await;
    sources.push(("entities".into(), format!("{base}/entities")));

    // A good source: two good pages, and pages of the table that no second try would bring.
    let mut links = String::new();
    for case in cases() {
        if matches!(case.kind, "too-large" | "redirects" | "refused" | "bad-url") {
            want(FAILED, case.kind);
            let id = case.id;
            links.push_str(&item(&format!("{}/{id}", hosts.start(vec![case]).await)));
        }
    }
    want(REFUSED, "too-deep");
    let pages = vec![
        article("uno", ""),
        article("due", "<p>È il secondo.</p>"),
        article("fondo", &"<div>".repeat(1_000_000)),
    ];
    let base = hosts.start(pages).await;
    links.extend(["uno", "due", "fondo"].map(|id| item(&format!("{base}/{id}"))));
    let base = hosts.start(vec![feed("good", &links)]).await;
    sources.push(("good".into(), format!("{base}/good")));

    let dir = tempfile::tempdir().unwrap();
    let mut config = format!(
        "schema = 1\n[general]\ndata_dir = {:?}\nshipped_sources = false\n[http]\ntotal_timeout_s = 5\n\
         [politeness]\nfeed_gap_ms = 0\npage_gap_ms = 0\n[worker]\nmodel = \"none\"\n",
        dir.path().join("data")
    );
    for (id, url) in &sources {
        config.push_str(&format!(
            "[[source]]\nid = {id:?}\nsite = {url:?}\nfeed = {url:?}\nbackfill = true\nallow_networks = [\"127.0.0.0/8\"]\n"
        ));
    }
    std::fs::write(dir.path().join("vedetta.toml"), config).unwrap();
    let once = AsyncCommand::new(binary())
        .args(["once", "--config"])
        .arg(dir.path())
        .env("VEDETTA_LOG", "off")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .output();
    let out = soon("the end", once).await.unwrap();
    let (said, metrics) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success(), "{said}\n{metrics}");
    assert!(said.contains("2 articles stored"), "{said}\n{metrics}");

    let counted: BTreeMap<(&str, String), u64> = metrics
        .lines()
        .filter_map(|line| {
            let (name, rest) = line.split_once("{kind=\"")?;
            let (kind, value) = rest.split_once("\"} ")?;
            let counter = [FAILED, REFUSED].into_iter().find(|counter| *counter == name)?;
            Some(((counter, kind.to_owned()), value.parse().ok()?))
        })
        .collect();
    assert_eq!(counted, wanted, "{metrics}");
    let peak = metrics.lines().find_map(|line| line.strip_prefix("vedetta_memory_peak_bytes ")).unwrap();
    assert!(peak.parse::<u64>().unwrap() < MEMORY, "{peak} bytes at most");
}
