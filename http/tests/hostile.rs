//! Servers that mean no good, on loopback: each a named error within bounded time and memory.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};
use vedetta_http::{Client, ClientConfig, HttpError, Request, Response};

/// What a server says to every request.
#[derive(Clone)]
enum Says {
    /// Nothing, for ever.
    Nothing,
    /// This head, then filling without end.
    Endless(&'static str),
    /// These bytes, then it closes.
    Once(String),
}

async fn server(says: Says) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 2048];
            let _ = stream.read(&mut request).await;
            match &says {
                Says::Nothing => held.push(stream),
                Says::Endless(head) => {
                    let _ = stream.write_all(head.as_bytes()).await;
                    while stream.write_all(&[b'x'; 65536]).await.is_ok() {}
                }
                Says::Once(answer) => {
                    let _ = stream.write_all(answer.as_bytes()).await;
                    let _ = stream.shutdown().await;
                }
            }
        }
    });
    (base, task)
}

fn request(url: &str) -> Request {
    let allow_networks = vec!["127.0.0.0/8".parse().unwrap()];
    Request {
        allow_networks,
        max_body: 1 << 20,
        timeout: Some(Duration::from_millis(1500)),
        ..Request::get(url)
    }
}

async fn ask(says: Says) -> Result<Response, HttpError> {
    let (base, task) = server(says).await;
    let answer = Client::new(ClientConfig::default()).unwrap().send(request(&base)).await;
    task.abort();
    answer
}

/// A server that says this is a failure of that kind.
async fn check(says: Says, kind: &str) {
    let error = ask(says).await.expect_err(kind);
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().len() < 400, "{error}");
}

fn redirect(to: &str) -> Says {
    Says::Once(format!(
        "HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    ))
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    check(Says::Nothing, "timeout").await;
}

#[tokio::test]
async fn a_body_without_end_is_cut_off_at_the_cap() {
    check(Says::Endless("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n"), "too-large").await;
    check(Says::Endless("HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n"), "too-large").await;
}

#[tokio::test]
async fn redirects_are_followed_only_to_where_one_may_go() {
    check(redirect("/"), "redirects").await;
    check(redirect("file:///etc/passwd"), "bad-url").await;
    check(redirect("http://169.254.169.254/latest/"), "refused").await;
    check(redirect("http://10.0.0.1/"), "refused").await;
    check(redirect("http://[::ffff:10.0.0.1]/"), "refused").await;
    check(redirect("http://user:password@127.0.0.1/"), "bad-url").await;
}

#[tokio::test]
async fn what_is_no_http_is_a_protocol_error() {
    check(Says::Once("SSH-2.0-OpenSSH_9.2\r\n".into()), "protocol").await;
    check(Says::Once("HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\nshort".into()), "protocol").await;
    check(Says::Once(String::new()), "protocol").await;
}

#[tokio::test]
async fn loopback_is_refused_by_literal_and_by_name_unless_it_is_opened() {
    let (base, task) = server(Says::Once("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".into())).await;
    let client = Client::new(ClientConfig::default()).unwrap();
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
