//! The daemon as a value: `start`, `reload`, `stop`.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use jiff::Timestamp;
use tokio::{
    sync::watch,
    task::{JoinHandle, JoinSet},
    time,
};
use tokio_util::sync::CancellationToken;
use vedetta_http::Client;
use vedetta_ingest::Fetcher;
use vedetta_store::{LocalStore, OpenOptions, OpenReport, SharedStore, StoreError};

use crate::{
    committer::Committer,
    deliver::{Deliver, Taken},
    health::Health,
    notify,
    pipeline::{Pipeline, Textless},
    poller::Poller,
    retag,
    settings::Settings,
    telemetry::Metrics,
    tidy,
    worker::{Setup, Worker},
};

/// Longest that `stop` waits for begun work.
const DRAIN: Duration = Duration::from_secs(25);

/// Time between two looks at whether the daemon can go on.
const LOOK: Duration = Duration::from_secs(10);

/// The running daemon.
pub struct App {
    store: SharedStore,
    deliver: Deliver,
    health: Health,
    metrics: Arc<Metrics>,
    settings: watch::Sender<Arc<Settings>>,
    setup: watch::Sender<Setup>,
    /// Stops polling and the taking of new items.
    intake: CancellationToken,
    /// Stops delivery and the watchdog.
    rest: CancellationToken,
    tasks: JoinSet<&'static str>,
    /// These end by themselves once nobody asks them any more.
    followers: Vec<(&'static str, JoinHandle<()>)>,
    poller_done: Option<JoinHandle<()>>,
    idle: watch::Receiver<bool>,
}

impl App {
    /// Opens the store and starts every stage. With `once`, each source is polled one time.
    pub async fn start(settings: Settings, once: bool) -> anyhow::Result<Self> {
        let metrics = Arc::new(Metrics::default());
        let data_dir = settings.config.general.data_dir.clone();
        let (store, report) =
            tokio::task::spawn_blocking(move || LocalStore::open(&data_dir, &OpenOptions::default()))
                .await?
                .context("cannot open the store")?;
        let store: SharedStore = Arc::new(store);
        let fetcher = Arc::new(Fetcher::new(
            Client::new(settings.config.fetch_client())?,
            settings.config.ingest_config(),
        ));
        let webhooks = Client::new(settings.config.webhook_client())?;
        let (setup, setups) = watch::channel(settings.worker_setup());
        let (settings, in_force) = watch::channel(Arc::new(settings));
        let health = Health::new(store.clone(), in_force.clone());
        tell(&report, &health).await;

        let (worker, worker_task) = Worker::start(setups);
        let (committer, committer_task) = Committer::start(store.clone(), in_force.clone(), metrics.clone());
        let deliver = Deliver {
            store: store.clone(),
            client: webhooks,
            health: health.clone(),
            settings: in_force.clone(),
            metrics: metrics.clone(),
            taken: Taken::default(),
        };
        let poller = Arc::new(Poller {
            store: store.clone(),
            fetcher: fetcher.clone(),
            worker: worker.clone(),
            health: health.clone(),
            settings: in_force.clone(),
            metrics: metrics.clone(),
        });
        let pipeline = Arc::new(Pipeline {
            store: store.clone(),
            fetcher,
            worker: worker.clone(),
            committer: committer.clone(),
            health: health.clone(),
            settings: in_force,
            metrics: metrics.clone(),
            textless: Textless::default(),
        });

        let (intake, rest) = (CancellationToken::new(), CancellationToken::new());
        let (now_idle, idle) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let polling = tokio::spawn(poller.run(intake.clone(), once));
        tasks.spawn(named("pipeline", pipeline.run(intake.clone(), now_idle)));
        tasks.spawn(named(
            "retag",
            retag::run(store.clone(), worker, committer, health.clone(), intake.clone()),
        ));
        if !once {
            let settings = settings.subscribe();
            tasks.spawn(named("tidy", tidy::run(store.clone(), settings, health.clone(), intake.clone())));
            tasks.spawn(named("deliver", deliver.clone().run(rest.clone())));
        }
        tasks.spawn(named("watchdog", notify::watchdog(store.clone(), rest.clone())));
        let followers = vec![("worker", worker_task), ("committer", committer_task)];
        Ok(Self {
            store,
            deliver,
            health,
            metrics,
            settings,
            setup,
            intake,
            rest,
            tasks,
            followers,
            poller_done: Some(polling),
            idle,
        })
    }

    /// Puts checked settings in force; sources, watches, channels and lexicon follow at once.
    pub fn reload(&self, settings: Settings) {
        let setup = settings.worker_setup();
        self.settings.send_replace(Arc::new(settings));
        self.setup.send_if_modified(|now| std::mem::replace(now, setup.clone()) != setup);
    }

    /// Tells the operator that a reload was refused.
    pub async fn reload_refused(&self, why: &anyhow::Error) {
        let text = format!("the new configuration is not taken, the old one stays in force: {why:#}");
        self.health.raise("reload", text).await;
    }

    /// Waits until every source was polled once and every due item was worked on, then delivers.
    /// Returns how many messages could not leave yet.
    pub async fn finish_once(&mut self) -> anyhow::Result<usize> {
        if let Some(polling) = self.poller_done.take() {
            polling.await.context("the poller failed")?;
        }
        loop {
            let changed = self.store.changed();
            let due = self.store.next_due().await?.is_some_and(|due| due <= Timestamp::now());
            if !due && *self.idle.borrow_and_update() {
                break;
            }
            tokio::select! {
                () = changed => {}
                ended = self.idle.changed() => ended.context("the pipeline ended early")?,
            }
        }
        self.deliver.flush().await
    }

    /// Resolves when the daemon cannot go on and must be started anew, with the reason: its store takes nothing more, or a
    /// task has ended that never ends by itself.
    pub async fn failed(&mut self) -> anyhow::Error {
        let mut look = time::interval(LOOK);
        loop {
            tokio::select! {
                Some(ended) = self.tasks.join_next() => return match ended {
                    Ok(name) => anyhow::anyhow!("the task {name} has ended"),
                    Err(error) => anyhow::Error::new(error).context("a task failed"),
                },
                _ = look.tick() => {}
            }
            if let Err(error @ StoreError::Index(_)) = self.store.writable().await {
                return anyhow::Error::new(error).context("the store takes nothing more");
            }
            if let Some((name, _)) = self.followers.iter().find(|(_, follower)| follower.is_finished()) {
                return anyhow::anyhow!("the task {name} has ended");
            }
        }
    }

    /// Counters and rows, for people.
    pub async fn stats(&self) -> anyhow::Result<(vedetta_store::Stats, String)> {
        Ok((self.store.stats().await?, self.metrics.render()))
    }

    /// Stops intake, lets begun work end within a deadline, joins every task, closes the store.
    pub async fn stop(self) {
        let Self {
            store,
            deliver,
            health,
            settings,
            setup,
            intake,
            rest,
            mut tasks,
            followers,
            poller_done,
            ..
        } = self;
        intake.cancel();
        rest.cancel();
        let drained = time::timeout(DRAIN, async {
            if let Some(polling) = poller_done {
                drop(polling.await);
            }
            while tasks.join_next().await.is_some() {}
            // The last handles to worker and committer were in those tasks.
            for (name, follower) in followers {
                if follower.await.is_err() {
                    tracing::error!(task = name, "task failed");
                }
            }
        })
        .await;
        if drained.is_err() {
            tracing::warn!(
                limit_s = DRAIN.as_secs(),
                "work was cut off; its items are read again at the next start"
            );
            tasks.shutdown().await;
        }
        drop((deliver, health, settings, setup));
        if time::timeout(Duration::from_secs(4), store.close()).await.is_err() {
            tracing::warn!("the store was not closed in time; its journal holds everything");
        }
    }
}

async fn named(name: &'static str, task: impl Future<Output = ()>) -> &'static str {
    task.await;
    name
}

async fn tell(report: &OpenReport, health: &Health) {
    if report.replayed > 0 || report.cut_bytes > 0 {
        tracing::info!(replayed = report.replayed, cut_bytes = report.cut_bytes, "store recovered");
    }
    if let Some(why) = &report.rebuilt {
        health.raise("rebuilt", format!("the store's index was rebuilt from the journal: {why}")).await;
    }
    for damage in &report.damage {
        let text = format!(
            "the journal is damaged at {}: {} bytes cannot be read, the rest was kept. Check the disk; restore \
             that segment from a backup if there is one.",
            damage.at, damage.bytes
        );
        health.raise(&format!("damage {}", damage.at), text).await;
    }
}
