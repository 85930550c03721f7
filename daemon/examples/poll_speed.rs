//! What polling costs: 10,000 sources on 500 hosts of loopback, a real daemon, and a server in another process.
//!
//! `poll_speed VEDETTA`: VEDETTA is the built daemon. An hour is made a minute: every source is due once a minute and the
//! politeness rules are sixty times as short, so that the work of sixty hours is done in one. Measured is the daemon's
//! own process; the worker that reads feeds is another, and is shown beside it. Its memory is what it has with 10,000
//! sources above what it has with one: that much is the libraries', the lexicon's and the store's. Ends with 1 where a
//! bar is missed: all sources polled within their hour, at most 10 % of one core for 10,000 polls an hour, at most
//! 150 MB.
#![allow(clippy::expect_used, reason = "a tool of the developers: bad input ends it")]
#![allow(clippy::disallowed_methods, reason = "it measures what passes while it waits")]

use std::{
    collections::HashMap,
    fmt::Write as _,
    io::{BufRead, BufReader, Write as _},
    net::Ipv4Addr,
    path::Path,
    process::{Child, Command, ExitCode, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

const HOSTS: usize = 500;
const SOURCES: usize = 10_000;
/// An hour of the plan, in seconds of the bench.
const HOUR: f64 = 60.0;
const FASTER: f64 = 3600.0 / HOUR;
/// Hours that are measured, after one that is not: then every source is new.
const HOURS: f64 = 2.0;
const CORE_BAR: f64 = 0.10;
const MEMORY_BAR: u64 = 150_000_000;
/// Of ten sources, those that answer 304 to a conditional request. The others send the same bytes again.
const CONDITIONAL: usize = 6;
/// One source in so many has a new edition at every poll.
const CHANGES: usize = 40;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("--server") => serve(),
        Some(vedetta) => measure(Path::new(vedetta)),
        None => {
            eprintln!("usage: poll_speed VEDETTA");
            ExitCode::from(2)
        }
    }
}

/// What the server saw.
#[derive(Default)]
struct Seen {
    /// Requests by source.
    counts: HashMap<usize, u64>,
}

fn serve() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let mut addresses = Vec::new();
        for number in 0..HOSTS {
            let ip = Ipv4Addr::new(127, 7, (number / 250) as u8, (number % 250 + 1) as u8);
            let listener = tokio::net::TcpListener::bind((ip, 0)).await.expect("a port");
            addresses.push(listener.local_addr().expect("an address").to_string());
            let app = Router::new().fallback(answer).with_state(seen.clone());
            tokio::spawn(async move { axum::serve(listener, app).await });
        }
        println!("{}", addresses.join(" "));
        // A line on standard input asks for what was seen since the last one.
        let lines = tokio::task::spawn_blocking(move || {
            for _ in std::io::stdin().lock().lines() {
                let mut seen = seen.lock().expect("no thread fails with it");
                let polls: u64 = seen.counts.values().sum();
                let least = if seen.counts.len() < SOURCES {
                    0
                } else {
                    seen.counts.values().copied().min().unwrap_or(0)
                };
                println!("{polls} {} {least}", seen.counts.len());
                *seen = Seen::default();
            }
        });
        lines.await.expect("the reader ends well");
    });
    ExitCode::SUCCESS
}

async fn answer(State(seen): State<Arc<Mutex<Seen>>>, request: Request) -> Response {
    let source = request.uri().path().strip_prefix("/feed/").and_then(|n| n.parse::<usize>().ok());
    let Some(source) = source else { return StatusCode::NOT_FOUND.into_response() };
    let turn = {
        let mut seen = seen.lock().expect("no thread fails with it");
        let count = seen.counts.entry(source).or_default();
        *count += 1;
        *count
    };
    let edition = if source.is_multiple_of(CHANGES) { turn } else { 0 };
    let tag = format!("\"{source}-{edition}\"");
    let known = request.headers().get(header::IF_NONE_MATCH).is_some_and(|seen| *seen == *tag);
    if source % 10 < CONDITIONAL && known {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response();
    }
    let head = [(header::CONTENT_TYPE, "application/rss+xml".to_owned()), (header::ETAG, tag)];
    (head, feed(source, edition)).into_response()
}

/// Twenty entries with summaries: some 15 kB, as feeds of think tanks have them.
fn feed(source: usize, edition: u64) -> String {
    let mut text =
        format!("<?xml version='1.0'?><rss version='2.0'><channel><title>Osservatorio {source}</title>");
    for n in 0..20 {
        let summary =
            "La commissione ha detto che il secondo satellite sarà pronto entro un anno. ".repeat(8);
        let _ = write!(
            text,
            "<item><title>Analisi {source}-{n}-{edition}: due satelliti e un accordo</title>\
             <guid>{source}-{n}-{edition}</guid><link>https://example.org/{source}/{n}/{edition}</link>\
             <pubDate>Sun, {:02} Mar 2026 10:00:00 GMT</pubDate><description>{summary}</description></item>",
            n + 1
        );
    }
    text + "</channel></rss>"
}

fn measure(vedetta: &Path) -> ExitCode {
    let scratch = tempfile::tempdir().expect("a folder");
    let mut server = Command::new(std::env::current_exe().expect("this program"))
        .arg("--server")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the server");
    let mut told = BufReader::new(server.stdout.take().expect("a pipe"));
    let mut line = String::new();
    told.read_line(&mut line).expect("its addresses");
    let hosts: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    let start = |sources: usize| {
        configure(scratch.path(), &hosts, sources);
        let run = Command::new(vedetta)
            .args(["run", "--config"])
            .arg(scratch.path())
            .env("VEDETTA_LOG", "error")
            .spawn();
        run.expect("the daemon")
    };
    let mut daemon = start(1);
    std::thread::sleep(Duration::from_secs(10));
    let base = usage(daemon.id()).peak;
    let _ = daemon.kill();
    let _ = daemon.wait();
    let mut daemon = start(SOURCES);
    let mut ask = |server: &mut Child| {
        writeln!(server.stdin.as_mut().expect("a pipe")).expect("the server listens");
        let mut line = String::new();
        told.read_line(&mut line).expect("its answer");
        let numbers: Vec<u64> = line.split_whitespace().filter_map(|n| n.parse().ok()).collect();
        (numbers[0], numbers[1], numbers[2])
    };
    let hour = Duration::from_secs_f64(HOUR);
    std::thread::sleep(hour.mul_f64(1.5));
    let (first, known, _) = ask(&mut server);
    eprintln!("poll_speed: after the first hour and a half {first} polls of {known} sources");
    let (before, began) = (usage(daemon.id()), Instant::now());
    std::thread::sleep(hour.mul_f64(HOURS));
    let (after, seconds) = (usage(daemon.id()), began.elapsed().as_secs_f64());
    let (polls, sources, least) = ask(&mut server);
    let _ = (daemon.kill(), server.kill());
    let _ = (daemon.wait(), server.wait());

    let each = |cpu: f64| cpu / polls.max(1) as f64;
    let cpu = each(after.own - before.own);
    let core = cpu * SOURCES as f64 / 3600.0;
    let memory = after.peak.saturating_sub(base);
    let an_hour = polls as f64 / seconds * HOUR;
    println!("polling, {SOURCES} sources on {HOSTS} hosts, an hour made {HOUR:.0} s:");
    println!(
        "  {polls} polls of {sources} sources in {seconds:.0} s: {an_hour:.0} an hour, every source {least} times or more in {HOURS:.0} hours"
    );
    println!(
        "  daemon {:.2} ms of CPU a poll: {:.2} % of a core for {SOURCES} polls an hour (bar {:.0} %); the worker that reads, {:.2} ms",
        1e3 * cpu,
        100.0 * core,
        100.0 * CORE_BAR,
        1e3 * each(after.children - before.children)
    );
    println!(
        "  daemon {:.0} MB at most, with one source {:.0}: {:.0} MB for polling (bar {:.0})",
        after.peak as f64 / 1e6,
        base as f64 / 1e6,
        memory as f64 / 1e6,
        MEMORY_BAR as f64 / 1e6
    );
    let all = least as f64 >= HOURS;
    let good = all && core <= CORE_BAR && memory <= MEMORY_BAR;
    if !good {
        println!("  a bar is missed (all sources polled within their hour: {all})");
    }
    ExitCode::from(u8::from(!good))
}

fn configure(folder: &Path, hosts: &[String], sources: usize) {
    let mut config = format!(
        "schema = 1\n[general]\ndata_dir = {:?}\nshipped_sources = false\n[politeness]\nfeed_gap_ms = {:.0}\n\
         [worker]\nmodel = \"none\"\n",
        folder.join("data"),
        1000.0 / FASTER
    );
    for n in 0..sources {
        let url = format!("http://{}/feed/{n}", hosts[n % hosts.len()]);
        let _ = write!(
            config,
            "[[source]]\nid = \"s{n}\"\nsite = {url:?}\nfeed = {url:?}\ninterval_s = {:.0}\n\
             allow_networks = [\"127.0.0.0/8\"]\n",
            // The plan's spread makes a tenth more of it.
            HOUR / 1.15
        );
    }
    std::fs::write(folder.join("vedetta.toml"), config).expect("the configuration");
}

/// CPU seconds of a process and of its children that live, and its most memory in bytes.
struct Usage {
    own: f64,
    children: f64,
    peak: u64,
}

fn usage(process: u32) -> Usage {
    // proc(5): after the name in brackets the parent is the 2nd field, the times in 1/100 s are the 12th and 13th.
    let fields = |stat: &str| -> Vec<f64> {
        let after = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        after.split_whitespace().map(|n| n.parse().unwrap_or(0.0)).collect()
    };
    let seconds = |fields: &[f64]| (fields[11] + fields[12]) / 100.0;
    let own = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("the daemon runs");
    let children = std::fs::read_dir("/proc")
        .expect("/proc")
        .flatten()
        .filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok())
        .map(|stat| fields(&stat))
        .filter(|fields| fields.len() > 12 && fields[1] as u32 == process)
        .map(|fields| seconds(&fields))
        .sum();
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("the daemon runs");
    let peak =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
    Usage { own: seconds(&fields(&own)), children, peak: peak.unwrap_or(0u64) * 1024 }
}
