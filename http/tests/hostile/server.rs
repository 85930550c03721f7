//! A server that means no good, on loopback, and the table of what it does. The daemon's tests use it too.

use std::{io::Write, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
    time,
};

/// What the server says.
pub enum Says {
    /// Nothing, for ever.
    Nothing,
    /// This head, then filling without end.
    Endless(&'static str),
    /// This head, then a byte now and then without end: never silent for long, never done.
    Drip(&'static str),
    /// These bytes, then it closes.
    Once(Vec<u8>),
    /// A redirect to the next of ten thousand.
    Redirects,
}

/// A row of the table: what is asked for, what is said, and the kind of failure that it is.
pub struct Case {
    pub id: &'static str,
    pub says: Says,
    pub kind: &'static str,
}

/// The table.
pub fn cases() -> Vec<Case> {
    let case = |id, says, kind| Case { id, says, kind };
    let once = |head: &str| Says::Once(head.as_bytes().to_vec());
    vec![
        case("never-answers", Says::Nothing, "timeout"),
        case(
            "endless-body",
            Says::Endless("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n"),
            "too-large",
        ),
        case(
            "gigabyte-promised",
            Says::Endless("HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n"),
            "too-large",
        ),
        case("slow-body", Says::Drip("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n"), "timeout"),
        case("slow-head", Says::Drip("HTTP/1.1 200 OK\r\nx-slow: "), "timeout"),
        case("gzip-bomb", Says::Once(bomb("gzip")), "too-large"),
        case("brotli-bomb", Says::Once(bomb("br")), "too-large"),
        case("zstd-bomb", Says::Once(bomb("zstd")), "too-large"),
        case(
            "gzip-that-is-none",
            once("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello"),
            "protocol",
        ),
        case("ten-thousand-redirects", Says::Redirects, "redirects"),
        case("redirect-to-a-file", redirect("file:///etc/passwd"), "bad-url"),
        case("redirect-to-gopher", redirect("gopher://127.0.0.1:70/"), "bad-url"),
        case(
            "redirect-to-the-metadata-service",
            redirect("http://169.254.169.254/latest/meta-data/"),
            "refused",
        ),
        case("redirect-to-a-private-host", redirect("http://10.0.0.1/"), "refused"),
        case("redirect-to-a-number", redirect("http://167772161/"), "refused"),
        case("redirect-to-octal", redirect("http://0251.0376.0251.0376/"), "refused"),
        case("redirect-to-mapped-ipv4", redirect("http://[::ffff:10.0.0.1]/"), "refused"),
        case("redirect-to-nat64", redirect("http://[64:ff9b::a9fe:a9fe]/"), "refused"),
        case("redirect-to-6to4", redirect("http://[2002:a00:1::]/"), "refused"),
        case("redirect-with-a-password", redirect("http://user:password@127.0.0.1/"), "bad-url"),
        case("redirect-with-a-backslash", redirect("http:\\\\127.0.0.1"), "bad-url"),
        case(
            "chunks-cut-off",
            once("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n400\r\nshort"),
            "protocol",
        ),
        case(
            "chunk-that-is-none",
            once("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n\r\n"),
            "protocol",
        ),
        case("body-cut-off", once("HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\nshort"), "protocol"),
        case("ten-thousand-headers", Says::Once(headers(10_000)), "protocol"),
        case("header-without-end", Says::Endless("HTTP/1.1 200 OK\r\nx-long: "), "protocol"),
        case("no-http", once("SSH-2.0-OpenSSH_9.2\r\n"), "protocol"),
        case("silence", Says::Once(Vec::new()), "protocol"),
    ]
}

fn redirect(to: &str) -> Says {
    Says::Once(
        format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            .into(),
    )
}

fn headers(count: usize) -> Vec<u8> {
    let mut all = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n".to_vec();
    for n in 0..count {
        all.extend(format!("x-{n}: {n}\r\n").bytes());
    }
    all.extend(b"\r\nok");
    all
}

/// Zeros by the hundred megabytes in a few kilobytes.
fn bomb(encoding: &str) -> Vec<u8> {
    const ZEROS: usize = 200_000_000;
    let block = vec![0; 1_000_000];
    let mut packed = Vec::new();
    let fill = |to: &mut dyn Write| {
        for _ in 0..ZEROS / block.len() {
            to.write_all(&block).unwrap();
        }
    };
    match encoding {
        "gzip" => {
            let mut to = flate2::write::GzEncoder::new(&mut packed, flate2::Compression::fast());
            fill(&mut to);
            to.finish().unwrap();
        }
        "br" => fill(&mut brotli::CompressorWriter::new(&mut packed, 1 << 16, 1, 22)),
        "zstd" => {
            let mut to = zstd::Encoder::new(&mut packed, 1).unwrap();
            fill(&mut to);
            to.finish().unwrap();
        }
        other => panic!("no encoding {other}"),
    }
    assert!(packed.len() * 100 < ZEROS, "{encoding}: {}", packed.len());
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/rss+xml\r\ncontent-encoding: {encoding}\r\ncontent-length: {}\r\n\r\n",
        packed.len()
    );
    [head.into_bytes(), packed].concat()
}

/// Starts the server at an address of loopback: its URL, without a slash at the end. It answers `/ID` as the table says.
pub async fn start_at(address: &str, cases: Vec<Case>) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind((address, 0)).await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let cases = std::sync::Arc::new(cases);
    let task = tokio::spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let cases = cases.clone();
            connections.spawn(async move { answer(stream, &cases).await });
        }
    });
    (base, task)
}

async fn answer(mut stream: TcpStream, cases: &[Case]) {
    let mut request = [0; 4096];
    let length = stream.read(&mut request).await.unwrap_or(0);
    let request = String::from_utf8_lossy(&request[..length]).into_owned();
    let path = request.split(' ').nth(1).unwrap_or("/");
    let (id, turn) =
        path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), "0"));
    let Some(case) = cases.iter().find(|case| case.id == id) else {
        let _ = stream
            .write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            .await;
        return;
    };
    match &case.says {
        Says::Nothing => std::future::pending().await,
        Says::Endless(head) => {
            let _ = stream.write_all(head.as_bytes()).await;
            while stream.write_all(&[b'x'; 65536]).await.is_ok() {}
        }
        Says::Drip(head) => {
            let _ = stream.write_all(head.as_bytes()).await;
            let mut tick = time::interval(Duration::from_millis(50));
            while stream.write_all(b"x").await.is_ok() {
                tick.tick().await;
            }
        }
        Says::Once(answer) => {
            let _ = stream.write_all(answer).await;
            let _ = stream.shutdown().await;
        }
        Says::Redirects => {
            let next = (turn.parse::<u32>().unwrap_or(0) + 1) % 10_000;
            let to = format!(
                "HTTP/1.1 302 Found\r\nlocation: /{id}/{next}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            );
            let _ = stream.write_all(to.as_bytes()).await;
        }
    }
}
