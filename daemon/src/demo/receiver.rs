//! A chat on loopback: takes Slack-shaped messages and signed webhooks, drops repeated idempotency
//! keys, and can be told to refuse.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU32, Ordering},
};

use anyhow::Context;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use serde_json::Value;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use vedetta_alert::channel::signature;
use vedetta_domain::Secret;

/// What the webhook is signed with; a secret of nobody.
pub const SECRET: &str = "sample-secret-of-the-demo";

/// One alert as a webhook told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The alert's id.
    pub id: String,
    /// `new`, `update` or `health`.
    pub kind: String,
    /// The article's address.
    pub url: String,
    /// For health: what failed.
    pub text: String,
}

#[derive(Default)]
struct Shared {
    keys: Mutex<Vec<String>>,
    repeats: AtomicU32,
    bad_signatures: AtomicU32,
    refuse: AtomicU32,
    chat: Mutex<Vec<Value>>,
    /// Alerts that the chat shows; every alert has one heading.
    shown: watch::Sender<usize>,
    told: watch::Sender<Vec<Told>>,
}

/// The running receiver.
pub struct Receiver {
    base: String,
    shared: Arc<Shared>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Receiver {
    /// Starts it on a port of the system's choice.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_at("127.0.0.1:0").await
    }

    /// Starts it at `address`.
    pub async fn start_at(address: &str) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(address).await.context("cannot listen on loopback")?;
        let base = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared::default());
        let stop = CancellationToken::new();
        let app = Router::new().route("/slack", post(slack)).route("/webhook", post(webhook));
        let app = app.with_state(shared.clone());
        let ended = stop.clone();
        let task = tokio::spawn(async move {
            if let Err(error) =
                axum::serve(listener, app).with_graceful_shutdown(ended.cancelled_owned()).await
            {
                tracing::error!(%error, "the receiver failed");
            }
        });
        Ok(Self { base, shared, stop, task })
    }

    /// Its address.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Alerts that webhooks told, without health alerts, in order; repeated messages are dropped.
    pub fn alerts(&self) -> Vec<Told> {
        self.shared.told.borrow().iter().filter(|told| told.kind != "health").cloned().collect()
    }

    /// Health alerts that webhooks told.
    pub fn health(&self) -> Vec<Told> {
        self.shared.told.borrow().iter().filter(|told| told.kind == "health").cloned().collect()
    }

    /// Resolves once `count` alerts have come.
    pub async fn until(&self, count: usize) {
        let mut told = self.shared.told.subscribe();
        let enough = |told: &Vec<Told>| told.iter().filter(|told| told.kind != "health").count() >= count;
        // The sender lives as long as the receiver.
        drop(told.wait_for(enough).await);
    }

    /// Resolves once `count` health alerts have come.
    pub async fn until_health(&self, count: usize) {
        let mut told = self.shared.told.subscribe();
        let enough = |told: &Vec<Told>| told.iter().filter(|told| told.kind == "health").count() >= count;
        drop(told.wait_for(enough).await);
    }

    /// Resolves once the chat shows `count` alerts.
    pub async fn until_chat(&self, count: usize) {
        let mut shown = self.shared.shown.subscribe();
        drop(shown.wait_for(|shown| *shown >= count).await);
    }

    /// Messages that came again under a known key.
    pub fn repeats(&self) -> u32 {
        self.shared.repeats.load(Ordering::SeqCst)
    }

    /// Messages whose signature did not fit.
    pub fn bad_signatures(&self) -> u32 {
        self.shared.bad_signatures.load(Ordering::SeqCst)
    }

    /// Answers 503 to the next `count` messages.
    pub fn refuse(&self, count: u32) {
        self.shared.refuse.store(count, Ordering::SeqCst);
    }

    /// What the chat shows: the text of the Slack-shaped messages.
    pub fn chat_texts(&self) -> Vec<String> {
        self.shared.chat.lock().unwrap_or_else(PoisonError::into_inner).iter().map(as_chat).collect()
    }

    /// Stops it.
    pub async fn stop(self) {
        self.stop.cancel();
        drop(self.task.await);
    }
}

impl Shared {
    fn refuses(&self) -> bool {
        self.refuse.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
    }

    /// Whether the key is new; a message without a key is.
    fn take(&self, headers: &HeaderMap) -> bool {
        let Some(key) = headers.get("idempotency-key").and_then(|key| key.to_str().ok()) else { return true };
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.iter().any(|known| known == key) {
            self.repeats.fetch_add(1, Ordering::SeqCst);
            return false;
        }
        keys.push(key.to_owned());
        true
    }
}

async fn slack(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    if shared.refuses() {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let Ok(message) = serde_json::from_slice(&body) else { return StatusCode::BAD_REQUEST };
    if shared.take(&headers) {
        let alerts = as_chat(&message).matches("Why (").count();
        shared.chat.lock().unwrap_or_else(PoisonError::into_inner).push(message);
        shared.shown.send_modify(|shown| *shown += alerts);
    }
    StatusCode::OK
}

async fn webhook(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    if shared.refuses() {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let text = String::from_utf8_lossy(&body);
    let signed = signature(&Secret::new(SECRET), header("x-vedetta-timestamp"), &text);
    if Some(header("x-vedetta-signature")) != signed.as_deref() {
        shared.bad_signatures.fetch_add(1, Ordering::SeqCst);
        return StatusCode::UNAUTHORIZED;
    }
    let Ok(message) = serde_json::from_slice::<Value>(&body) else { return StatusCode::BAD_REQUEST };
    if shared.take(&headers) {
        let alerts = message["alerts"].as_array().cloned().unwrap_or_default();
        let text = |alert: &Value, key: &str| alert[key].as_str().unwrap_or_default().to_owned();
        shared.told.send_modify(|told| {
            told.extend(alerts.iter().map(|alert| Told {
                id: text(alert, "id"),
                kind: text(alert, "kind"),
                url: text(alert, "url"),
                text: text(alert, "text"),
            }));
        });
    }
    StatusCode::OK
}

/// The text of a Block Kit message as a chat would show it, one block a paragraph.
fn as_chat(message: &Value) -> String {
    fn texts(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                if let Some(text) = map.get("text").and_then(Value::as_str) {
                    found.push(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"));
                }
                map.iter()
                    .filter(|(key, _)| *key != "text" || map["text"].is_object())
                    .for_each(|(_, v)| texts(v, found));
            }
            Value::Array(list) => list.iter().for_each(|v| texts(v, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    texts(&message["blocks"], &mut found);
    found.join("\n")
}
