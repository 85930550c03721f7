//! Servers that mean no good, on loopback: each a named error within bounded time and memory.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod server;

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::StreamExt;
use server::{Case, Says, cases, start_at};
use tokio::net::TcpListener;
use tokio_rustls::{TlsAcceptor, rustls};
use vedetta_http::{Client, ClientConfig, HttpError, Request, Response};

/// The longest that a request of these tests may take.
const LIMIT: Duration = Duration::from_millis(1500);

fn request(url: &str) -> Request {
    let allow_networks = vec!["127.0.0.0/8".parse().unwrap()];
    Request { allow_networks, max_body: 1 << 20, timeout: Some(LIMIT), ..Request::get(url) }
}

fn client() -> Client {
    Client::new(ClientConfig::default()).unwrap()
}

fn kind(answer: Result<Response, HttpError>) -> String {
    match answer {
        Ok(answer) => format!("an answer of {} bytes", answer.body.len()),
        Err(error) => {
            assert!(error.to_string().len() < 600, "{error}");
            error.kind().to_owned()
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_row_of_the_table_is_a_named_error_in_time() {
    let wanted: Vec<(String, String)> =
        cases().into_iter().map(|case| (case.id.into(), case.kind.into())).collect();
    let (base, task) = start_at("127.0.0.1", cases()).await;
    let client = client();
    let ask = async |id: String| {
        let answer = tokio::time::timeout(LIMIT * 4, client.send(request(&format!("{base}/{id}")))).await;
        (id, answer.map_or("no end".to_owned(), kind))
    };
    let ids = wanted.iter().map(|(id, _)| id.clone());
    // All at once: none may keep the others waiting.
    let found: Vec<(String, String)> = futures::stream::iter(ids).map(ask).buffered(64).collect().await;
    assert_eq!(found, wanted);
    task.abort();
}

#[tokio::test]
async fn a_name_is_judged_at_the_moment_of_connecting() {
    let ok = || {
        vec![Case {
            id: "ok",
            says: Says::Once(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok".to_vec()),
            kind: "",
        }]
    };
    let (base, task) = start_at("127.0.0.1", ok()).await;
    let port = base.rsplit(':').next().unwrap().to_owned();
    let good: IpAddr = "127.0.0.1".parse().unwrap();
    let bad: IpAddr = "127.0.0.2".parse().unwrap();
    // The answers of the resolver, one a look-up; the last one stays.
    let check = async |answers: Vec<Vec<IpAddr>>, wanted: &[&str]| {
        let turn = Arc::new(AtomicUsize::new(0));
        let lookup = move |_: &str| -> io::Result<Vec<SocketAddr>> {
            let at = turn.fetch_add(1, Ordering::Relaxed).min(answers.len() - 1);
            Ok(answers[at].iter().map(|ip| SocketAddr::new(*ip, 0)).collect())
        };
        let client = Client::with_lookup(ClientConfig::default(), Arc::new(lookup)).unwrap();
        for wanted in wanted {
            let request = Request {
                allow_networks: vec!["127.0.0.1/32".parse().unwrap()],
                ..request(&format!("http://rebinding.example:{port}/ok"))
            };
            let got = client.send(request).await.map_or_else(
                |error| error.kind().to_owned(),
                |answer| String::from_utf8(answer.body).unwrap(),
            );
            assert_eq!(&got, wanted);
        }
    };
    check(vec![vec![good]], &["ok", "ok"]).await;
    // First a good address, then an inner one: the second request finds it shut.
    check(vec![vec![good], vec![bad]], &["ok", "refused"]).await;
    check(vec![vec![bad], vec![good]], &["refused", "ok"]).await;
    // Both in one answer: only the good one is connected to.
    check(vec![vec![bad, good]], &["ok"]).await;
    check(vec![vec!["::ffff:127.0.0.2".parse().unwrap(), "10.0.0.1".parse().unwrap()]], &["refused"]).await;
    check(vec![vec![]], &["dns"]).await;
    task.abort();
}

#[tokio::test]
async fn loopback_is_refused_by_literal_and_by_name_unless_it_is_opened() {
    let ok = Says::Once(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".to_vec());
    let (base, task) = start_at("127.0.0.1", vec![Case { id: "", says: ok, kind: "" }]).await;
    let client = client();
    let port = base.rsplit(':').next().unwrap();
    for url in [base.clone(), format!("http://localhost:{port}/"), format!("http://2130706433:{port}/")] {
        let error = client.send(Request::get(&url)).await.unwrap_err();
        assert_eq!(error.kind(), "refused", "{url}: {error}");
    }
    assert_eq!(client.send(request(&base)).await.unwrap().body, b"ok");
    for bad in ["http:\\\\127.0.0.1", "ftp://example.org/", "http://a:b@example.org/", "nonsense"] {
        assert_eq!(client.send(Request::get(bad)).await.unwrap_err().kind(), "bad-url", "{bad}");
    }
    task.abort();
}

/// A server with a certificate that nobody vouches for.
async fn self_signed(names: &[&str]) -> (u16, tokio::task::JoinHandle<()>) {
    let made =
        rcgen::generate_simple_self_signed(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
            .unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let task = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(acceptor.accept(stream).await);
        }
    });
    (port, task)
}

#[tokio::test]
async fn what_is_not_trusted_is_a_tls_error() {
    let client = client();
    let check = async |port: u16| {
        let error = client.send(request(&format!("https://127.0.0.1:{port}/"))).await.unwrap_err();
        assert_eq!(error.kind(), "tls", "{error}");
    };
    for names in [&["127.0.0.1"], &["elsewhere.example"]] {
        let (port, task) = self_signed(names).await;
        check(port).await;
        task.abort();
    }
    // A server that speaks no TLS at all.
    let plain = Case { id: "", says: Says::Once(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()), kind: "tls" };
    let (base, task) = start_at("127.0.0.1", vec![plain]).await;
    check(base.rsplit(':').next().unwrap().parse().unwrap()).await;
    task.abort();
}
