//! `vedetta sources` against sites on loopback, and the daemon that finds a lost feed again.

use std::{
    path::Path,
    process::Output,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tokio::{process::Command as AsyncCommand, sync::watch};

use crate::support::{binary, soon, vedetta};

const TEXT: &str = "<p>Il secondo satellite sarà pronto entro un anno, ha detto la commissione, e le sue camere sono già \
    state provate in una camera a vuoto vicino alla costa.</p><p>Gli ingegneri dei due paesi si sono incontrati due volte \
    in primavera per decidere come dividere le immagini, racconta un funzionario che conosce le trattative.</p><p>Del \
    prezzo non si parla: i contratti precedenti furono pagati in parte con prestiti a quindici anni.</p>";

fn rss(base: &str) -> String {
    let item = |n: u8| {
        format!(
            "<item><title>Un satellite per due paesi, parte {n}</title><link>{base}/analisi/un-satellite-per-due-paesi-{n}</link>\
             <pubDate>Sun, 0{n} Mar 2026 10:00:00 GMT</pubDate></item>"
        )
    };
    format!(
        "<rss version='2.0'><channel><title>Osservatorio di prova</title>{}{}</channel></rss>",
        item(1),
        item(2)
    )
}

fn atom(base: &str) -> String {
    format!(
        "<feed xmlns='http://www.w3.org/2005/Atom'><title>The Review</title><entry><id>1</id><title>Two satellites</title>\
         <link href='{base}/analisi/1'/><updated>2026-03-01T10:00:00Z</updated></entry></feed>"
    )
}

fn listing() -> String {
    let links: String = ["primo", "secondo", "terzo"]
        .iter()
        .map(|n| format!("<h2><a href='/analisi/il-{n}-satellite-dei-due-paesi'>Il {n} satellite dei due paesi lontani</a></h2>"))
        .collect();
    format!(
        "<html lang=it><title>Studi</title><nav><a href='/chi-siamo'>Chi siamo</a></nav><main>{links}</main></html>"
    )
}

/// What a host is.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Its page declares its feed.
    Declares,
    /// Its feed stands where feeds usually do, and its page is silent.
    Silent,
    /// It has a page of links alone.
    Lists,
    /// It has a page without a link.
    Empty,
}

#[derive(Clone)]
struct Host {
    kind: Kind,
    base: Arc<Mutex<String>>,
    asked: watch::Sender<Vec<String>>,
}

async fn answer(State(host): State<Host>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    host.asked.send_modify(|asked| asked.push(path.clone()));
    let base = host.base.lock().unwrap().clone();
    let html = |body: String| ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], body).into_response();
    match (host.kind, path.as_str()) {
        (Kind::Declares, "/") => html(
            "<html><head><link rel=alternate type='application/rss+xml' href='/notizie.xml'></head><body>Ciao</body></html>"
                .to_owned(),
        ),
        (Kind::Declares, "/notizie.xml") => rss(&base).into_response(),
        (Kind::Silent, "/rss.xml") => atom(&base).into_response(),
        (Kind::Lists, "/") => html(listing()),
        (Kind::Silent | Kind::Empty, "/") => html("<html><body>Nothing here</body></html>".to_owned()),
        (_, path) if path.starts_with("/analisi/") => {
            html(format!("<html lang=it><head><title>Un satellite</title></head><body><article><h1>Un satellite</h1>{TEXT}</article></body></html>"))
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A host: its address, and the paths that it was asked for.
async fn host(kind: Kind) -> (String, watch::Receiver<Vec<String>>) {
    let (asked, paths) = watch::channel(Vec::new());
    let host = Host { kind, base: Arc::default(), asked };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    base.clone_into(&mut host.base.lock().unwrap());
    let app = Router::new().fallback(answer).with_state(host);
    tokio::spawn(async move { axum::serve(listener, app).await });
    (base, paths)
}

/// A configuration in `dir` with these sources: (id, site, feed).
fn configure(dir: &Path, sources: &[(&str, &str, &str)]) {
    let mut config = format!(
        "schema = 1\n[general]\ndata_dir = {:?}\nshipped_sources = false\n[http]\nallow_private_networks = true\n\
         [politeness]\nfeed_gap_ms = 0\npage_gap_ms = 0\n[worker]\nmodel = \"none\"\n",
        dir.join("data")
    );
    for (id, site, feed) in sources {
        config.push_str(&format!(
            "[[source]]\nid = {id:?}\nsite = {site:?}\nfeed = {feed:?}\ninterval_s = 1\ntags = [\"t\"]\n"
        ));
    }
    std::fs::write(dir.join("vedetta.toml"), config).unwrap();
}

async fn sources(dir: &Path, args: &[&str]) -> Output {
    let config = dir.display().to_string();
    let all: Vec<String> =
        ["--config", &config, "sources"].iter().chain(args).map(|arg| (*arg).to_owned()).collect();
    tokio::task::spawn_blocking(move || vedetta(&all.iter().map(String::as_str).collect::<Vec<_>>(), b""))
        .await
        .unwrap()
}

fn json_of(out: &Output) -> Value {
    serde_json::from_slice(&out.stdout)
        .unwrap_or_else(|_| panic!("no JSON: {}", String::from_utf8_lossy(&out.stderr)))
}

fn errors(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

/// (id, address, kind) of all sources of a configuration.
async fn listed(dir: &Path) -> Vec<(String, String, String)> {
    let out = sources(dir, &["list", "--json"]).await;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    String::from_utf8(out.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|row| (text(&row["id"]), text(&row["url"]), text(&row["kind"])))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_tried_before_anything_is_saved() {
    let dir = tempfile::tempdir().unwrap();
    configure(dir.path(), &[]);
    for (kind, path, at, form, entries, language) in [
        (Kind::Declares, "/", "/notizie.xml", "RSS", 2, "it"),
        (Kind::Declares, "/notizie.xml", "/notizie.xml", "RSS", 2, "it"),
        (Kind::Silent, "/", "/rss.xml", "Atom", 1, "it"),
        (Kind::Lists, "/", "/", "listing page", 3, "it"),
    ] {
        let (base, _) = host(kind).await;
        let tried = json_of(&sources(dir.path(), &["test", &format!("{base}{path}"), "--json"]).await);
        assert_eq!(tried["url"], format!("{base}{at}"));
        assert_eq!((&tried["format"], &tried["language"]), (&json!(form), &json!(language)), "{path}");
        assert_eq!(tried["entries"].as_array().unwrap().len(), entries, "{form}");
        assert!(tried["article"]["text"].as_str().unwrap().contains("prestiti a quindici anni"), "{form}");
        let shown = sources(dir.path(), &["test", &format!("{base}{path}")]).await;
        let shown = String::from_utf8(shown.stdout).unwrap();
        assert!(shown.contains(form) && shown.contains("first article: Un satellite"), "{shown}");
    }
    let (base, _) = host(Kind::Empty).await;
    let out = sources(dir.path(), &["test", &base]).await;
    assert!(
        !out.status.success() && errors(&out).contains("has no feed, no news sitemap"),
        "{}",
        errors(&out)
    );
    let out = sources(dir.path(), &["test", "nobody"]).await;
    assert!(errors(&out).contains("no id of a source"), "{}", errors(&out));
    assert!(!dir.path().join("added").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_taken_in_once() {
    let dir = tempfile::tempdir().unwrap();
    configure(dir.path(), &[]);
    let (base, _) = host(Kind::Declares).await;
    let (lists, _) = host(Kind::Lists).await;
    let args = ["add", &base, "--id", "osservatorio", "--tag", "space", "--json"];
    let dry = json_of(&sources(dir.path(), &[&args[..], &["--dry-run"]].concat()).await);
    assert!(dry["file"].is_null() && listed(dir.path()).await.is_empty());
    let added = json_of(&sources(dir.path(), &args).await)["source"].clone();
    assert_eq!((&added["name"], &added["language"]), (&json!("Osservatorio di prova"), &json!("it")));
    assert_eq!(added["site"], json!(base));
    let again = sources(dir.path(), &args).await;
    assert!(errors(&again).contains("is watched already, as osservatorio"), "{}", errors(&again));
    let by_selector = ["add", &lists, "--id", "studi", "--links", "main h2 a"];
    assert!(sources(dir.path(), &by_selector).await.status.success());
    let row = |id: &str, url: String, kind: &str| (id.to_owned(), url, kind.to_owned());
    let expected = [
        row("osservatorio", format!("{base}/notizie.xml"), "feed"),
        row("studi", format!("{lists}/"), "listing"),
    ];
    assert_eq!(listed(dir.path()).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_go_out_and_in() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    configure(
        one.path(),
        &[
            ("a", "https://example.org/", "https://example.org/a.xml"),
            ("b", "https://example.org/", "https://example.org/b.xml?x=1&y=2"),
        ],
    );
    configure(two.path(), &[("b", "https://example.org/", "https://example.org/b.xml?x=1&y=2")]);
    let file = one.path().join("list.opml");
    std::fs::write(&file, sources(one.path(), &["export"]).await.stdout).unwrap();
    let file = file.display().to_string();
    let done = json_of(&sources(two.path(), &["import", &file, "--json"]).await);
    assert_eq!((&done["known"], done["added"].as_array().unwrap().len()), (&json!(1), 1));
    let urls: Vec<String> = listed(two.path()).await.into_iter().map(|(_, url, _)| url).collect();
    assert_eq!(urls, ["https://example.org/a.xml", "https://example.org/b.xml?x=1&y=2"]);
    let out = sources(two.path(), &["import", &two.path().join("vedetta.toml").display().to_string()]).await;
    assert!(errors(&out).contains("has no subscription in it"), "{}", errors(&out));
}

#[tokio::test(flavor = "multi_thread")]
async fn all_sources_are_verified_and_corrected() {
    let dir = tempfile::tempdir().unwrap();
    let (good, _) = host(Kind::Declares).await;
    let (silent, _) = host(Kind::Silent).await;
    let (empty, _) = host(Kind::Empty).await;
    configure(
        dir.path(),
        &[
            ("good", &good, &format!("{good}/notizie.xml")),
            ("lost", &silent, &format!("{silent}/old-feed")),
            ("dead", &empty, &format!("{empty}/feed")),
        ],
    );
    let report = dir.path().join("report.json");
    let out = sources(dir.path(), &["verify", "--write", "--report", &report.display().to_string()]).await;
    assert_eq!(out.status.code(), Some(1), "{}", errors(&out));
    let report: Value = serde_json::from_slice(&std::fs::read(&report).unwrap()).unwrap();
    let status = |id: &str| {
        let all = report["sources"].as_array().unwrap();
        all.iter().find(|row| row["id"] == id).unwrap()["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        (status("good"), status("lost"), status("dead")),
        ("ok".into(), "found".into(), "failed".into())
    );
    let urls = listed(dir.path()).await;
    assert!(urls.contains(&("lost".into(), format!("{silent}/rss.xml"), "feed".into())), "{urls:?}");
    assert_eq!(urls.len(), 3);
    // The corrected one is right now; one by name.
    let again = json_of(&sources(dir.path(), &["verify", "lost", "--json"]).await);
    assert_eq!((&again["ok"], &again["failed"]), (&json!(1), &json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_daemon_finds_a_lost_feed_on_its_site() {
    let dir = tempfile::tempdir().unwrap();
    let (base, mut asked) = host(Kind::Declares).await;
    configure(dir.path(), &[("lost", &base, &format!("{base}/old-feed"))]);
    let mut daemon = AsyncCommand::new(binary())
        .args(["run", "--config"])
        .arg(dir.path())
        .env("VEDETTA_LOG", "error")
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    // Asked for once when it is found, and again as the source.
    let polled = |asked: &Vec<String>| asked.iter().filter(|path| *path == "/notizie.xml").count() >= 3;
    soon("polls of the feed that was found", asked.wait_for(polled)).await.unwrap();
    let failures = asked.borrow().iter().filter(|path| *path == "/old-feed").count();
    assert_eq!(failures, 3, "it waits for three failures and then leaves the old address alone");
    daemon.kill().await.unwrap();
}
