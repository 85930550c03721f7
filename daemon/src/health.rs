//! Trouble of the daemon's own: logged, and put into the outbox for the operator's channels.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;
use vedetta_domain::{Alert, AlertId, AlertKind, WatchId};
use vedetta_store::{AlertRow, SharedStore};

use crate::settings::Settings;

/// Name under which the daemon's own alerts go out.
const WATCH: &str = "vedetta-health";

/// Raises health alerts; cheap to clone.
#[derive(Clone)]
pub struct Health {
    store: SharedStore,
    settings: watch::Receiver<Arc<Settings>>,
}

impl Health {
    /// Alerts go through `store`'s outbox to the channels that `settings` mark for health.
    pub fn new(store: SharedStore, settings: watch::Receiver<Arc<Settings>>) -> Self {
        Self { store, settings }
    }

    /// Tells the operator once a day per `key` what failed, why and what to do.
    pub async fn raise(&self, key: &str, text: String) {
        tracing::warn!(key, text, "trouble for the operator");
        let now = Timestamp::now();
        let channels = self.settings.borrow().health_channels();
        if channels.is_empty() {
            return;
        }
        let day = now.as_second() / 86_400;
        let id = AlertId(blake3::hash(format!("{WATCH}\0{key}\0{day}").as_bytes()).to_hex()[..32].to_owned());
        let alert = Alert {
            id,
            kind: AlertKind::Health,
            created: now,
            watch: WatchId(WATCH.into()),
            watch_title: "Vedetta itself".into(),
            story: None,
            score: 0.0,
            reasons: Vec::new(),
            telling: None,
            also_in: Vec::new(),
            entities: Vec::new(),
            new_names: Vec::new(),
            text: Some(text),
        };
        if let Err(error) = self.store.raise(AlertRow { alert, channels }).await {
            tracing::error!(key, %error, "health alert could not be stored");
        }
    }
}
