//! An item's way from the store's queue to the committer. The data path stands in [`carry`].

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use tokio::{sync::watch, task::JoinSet, time};
use tokio_util::sync::CancellationToken;
use vedetta_domain::{Item, ItemId, Page, Source, SourceId, TaggedArticle};
use vedetta_ingest::{Fetcher, Retry};
use vedetta_store::{ItemEnd, ItemRow, RetryAfter, SharedStore};

use crate::{
    committer::Committer,
    health::Health,
    settings::Settings,
    telemetry::Metrics,
    worker::{
        Job, Worker, WorkerError,
        protocol::{Announced, Answer},
    },
};

/// Items that are worked on at once; most of them wait for their host's turn.
const AT_ONCE: usize = 64;

/// Deaths of the worker, with nobody else in it, after which an item waits for a person.
const DEATHS: u32 = 2;

/// An item is tried for this long while its page cannot be had.
const PATIENCE: SignedDuration = SignedDuration::from_hours(72);

/// What the stages need; one for all items.
pub struct Pipeline {
    /// Where items come from and go to.
    pub store: SharedStore,
    /// Gets pages, politely.
    pub fetcher: Arc<Fetcher>,
    /// Reads them.
    pub worker: Worker,
    /// Decides and commits.
    pub committer: Committer,
    /// Tells the operator.
    pub health: Health,
    /// What is in force now.
    pub settings: watch::Receiver<Arc<Settings>>,
    /// Counts.
    pub metrics: Arc<Metrics>,
    /// Pages in a row that gave no text, by source.
    pub textless: Textless,
}

/// Pages in a row without text after which the operator is told.
const TEXTLESS: u32 = 6;

/// Counts pages in a row that gave no text: a site has changed its shape, or shut its door.
#[derive(Default)]
pub struct Textless(Mutex<HashMap<SourceId, u32>>);

impl Textless {
    /// One more without; true where that is the one to tell of.
    fn without(&self, source: &SourceId) -> bool {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(source.clone()).or_default();
        *count += 1;
        *count == TEXTLESS
    }

    /// One with text; true where the operator was told that there is none.
    fn with(&self, source: &SourceId) -> bool {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.remove(source).is_some_and(|count| count >= TEXTLESS)
    }
}

/// The store failed, or the worker stops: so long an item rests, so that it is not tried in a circle.
const REST: Duration = Duration::from_secs(30);

/// A source that was taken out may come back: its items wait so long between two looks.
const ABSENT: SignedDuration = SignedDuration::from_hours(1);

/// Why an item has no article (yet).
enum Failure {
    /// Its source is not in the configuration (any more).
    NoSource,
    /// The page cannot be had now, or never.
    Fetch(vedetta_ingest::FetchError),
    /// The worker died with the item inside.
    Died(String),
    /// The bytes are no article.
    Refused { kind: String, error: String },
    /// The store failed or the daemon stops: the item stays as it is.
    Ours(anyhow::Error),
}

impl Pipeline {
    /// Works on due items until `stop`; returns once the begun ones have ended. `idle` is true while
    /// nothing is claimed: it turns false before a claim, so that whoever finds nothing due, and then
    /// finds it true, knows that nothing is under way.
    pub async fn run(self: Arc<Self>, stop: CancellationToken, idle: watch::Sender<bool>) {
        let mut busy = JoinSet::new();
        while !stop.is_cancelled() {
            let changed = self.store.changed();
            idle.send_replace(false);
            let claimed = match self.store.claim_due(Timestamp::now(), AT_ONCE - busy.len()).await {
                Ok(claimed) => claimed,
                Err(error) => {
                    tracing::error!(%error, "cannot read the queue");
                    Vec::new()
                }
            };
            idle.send_replace(claimed.is_empty() && busy.is_empty());
            for row in claimed {
                let this = self.clone();
                let stop = stop.clone();
                busy.spawn(async move { this.work(row, &stop).await });
            }
            let full = busy.len() >= AT_ONCE;
            tokio::select! {
                () = stop.cancelled() => {}
                Some(_) = busy.join_next(), if !busy.is_empty() => {}
                () = changed, if !full => {}
                () = self.until_due(), if !full => {}
            }
        }
        while busy.join_next().await.is_some() {}
    }

    async fn until_due(&self) {
        let now = Timestamp::now();
        let wait = match self.store.next_due().await {
            Ok(Some(due)) => due.duration_since(now).unsigned_abs().min(Duration::from_secs(60)),
            _ => Duration::from_secs(60),
        };
        time::sleep(wait.max(Duration::from_millis(20))).await;
    }

    async fn work(&self, row: ItemRow, stop: &CancellationToken) {
        let id = row.item.id;
        match self.carry(&row).await {
            Ok(()) => {}
            Err(Failure::Ours(error)) => {
                if !stop.is_cancelled() {
                    tracing::warn!(item = %id, error = format!("{error:#}"), "item left as it was");
                }
                drop(time::timeout(REST, stop.cancelled()).await);
                self.store.release(id);
            }
            Err(failure) => self.settle(&row, failure).await,
        }
    }

    /// The data path.
    async fn carry(&self, row: &ItemRow) -> Result<(), Failure> {
        let settings = self.settings.borrow().clone();
        let Some(source) = settings.source(&row.item.source) else {
            return Err(Failure::NoSource);
        };
        self.store.begin(row).await.map_err(ours)?;
        let page = self.fetch(source, &row.item).await?; // robots, politeness, conditional
        let tagged = self.read(source, row, page).await?; // extract, detect language, tag, link
        let tagged = self.with_report(source, row, tagged).await?; // the text behind an abstract
        if self.textless.with(&source.id) {
            let text = format!("pages of source {} give text again", source.id);
            self.health.raise(&format!("text {}", source.id), text).await;
        }
        self.committer.submit(row.item.clone(), tagged).await.map_err(Failure::Ours)?; // seen? story? watches?
        Ok(())
    }

    async fn fetch(&self, source: &Source, item: &Item) -> Result<Page, Failure> {
        let Some(url) = &item.entry.url else {
            return Ok(Page { url: item.entry.key.clone(), ..Page::default() });
        };
        let now = Timestamp::now();
        match self.fetcher.page(source, url, now).await {
            Ok(page) => Ok(page),
            // Forbidden or gone: what the feed itself said may still be read.
            Err(error) if error.retry() == Retry::Never && has_text(item) => {
                tracing::info!(item = %item.id, %error, "page not read, the feed's own text is");
                Ok(Page { url: url.clone(), ..Page::default() })
            }
            Err(_) if now.duration_since(item.first_seen) > PATIENCE && has_text(item) => {
                Ok(Page { url: url.clone(), ..Page::default() })
            }
            Err(error) => Err(Failure::Fetch(error)),
        }
    }

    async fn read(&self, source: &Source, row: &ItemRow, page: Page) -> Result<TaggedArticle, Failure> {
        let entry = &row.item.entry;
        let announced = Announced {
            language: source.language.clone(),
            title: entry.title.clone(),
            published: entry.published,
            content: entry.content.clone().or_else(|| entry.summary.clone()),
        };
        self.read_page(source, row, page, announced).await
    }

    async fn read_page(
        &self,
        source: &Source,
        row: &ItemRow,
        mut page: Page,
        announced: Announced,
    ) -> Result<TaggedArticle, Failure> {
        let body = std::mem::take(&mut page.body);
        let job = Job::Page { page, rules: source.page.clone(), announced, now: Timestamp::now() };
        self.ask(row, job, body).await
    }

    async fn ask(&self, row: &ItemRow, job: Job, body: Vec<u8>) -> Result<TaggedArticle, Failure> {
        match self.worker.run(job, body, row.attempts > 0).await {
            Ok(Answer::Tagged(tagged)) => Ok(*tagged),
            Ok(Answer::Refused { kind, error }) => Err(Failure::Refused { kind, error }),
            Ok(_) => Err(Failure::Ours(anyhow::anyhow!("the worker gave the wrong kind of answer"))),
            Err(WorkerError::Died(why)) => Err(Failure::Died(why)),
            Err(error @ WorkerError::Stopped) => Err(Failure::Ours(error.into())),
        }
    }

    /// The article with the text of the PDF that its page offers. Where that cannot be had, the page's text must do; while
    /// it may yet be had, the item waits.
    async fn with_report(
        &self,
        source: &Source,
        row: &ItemRow,
        tagged: TaggedArticle,
    ) -> Result<TaggedArticle, Failure> {
        let Some(address) = tagged.article.report.clone() else { return Ok(tagged) };
        let failure = match self.report(source, row, &tagged, &address).await {
            Ok(whole) => return Ok(whole),
            Err(failure) => failure,
        };
        let young = Timestamp::now().duration_since(row.item.first_seen) <= PATIENCE;
        let why = match failure {
            Failure::Fetch(error) if error.retry() != Retry::Never && young => {
                return Err(Failure::Fetch(error));
            }
            Failure::Fetch(error) => {
                self.metrics.fetch_failed(error.kind());
                error.to_string()
            }
            // Another item in the worker may have done it.
            Failure::Died(error) if row.attempts == 0 => return Err(Failure::Died(error)),
            Failure::Died(error) => {
                self.metrics.worker_died();
                error
            }
            Failure::Refused { kind, error } => {
                self.metrics.refused(&kind);
                error
            }
            failure @ (Failure::Ours(_) | Failure::NoSource) => return Err(failure),
        };
        tracing::info!(item = %row.item.id, report = address, why, "report not read, its page is");
        Ok(tagged)
    }

    async fn report(
        &self,
        source: &Source,
        row: &ItemRow,
        page: &TaggedArticle,
        address: &str,
    ) -> Result<TaggedArticle, Failure> {
        let fetched = self.fetcher.page(source, address, Timestamp::now()).await.map_err(Failure::Fetch)?;
        // What the feed says stands for the page, never for the report.
        let announced = Announced { language: source.language.clone(), ..Announced::default() };
        let report = self.read_page(source, row, fetched, announced).await?;
        let mut article = page.article.clone();
        article.text = format!("{}\n{}", article.text, report.article.text);
        let job = Job::Text { article: Box::new(article), feed_language: source.language.clone() };
        self.ask(row, job, Vec::new()).await
    }

    /// Writes down how work on an item failed, and tells the operator where a person is needed.
    async fn settle(&self, row: &ItemRow, failure: Failure) {
        let (now, id) = (Timestamp::now(), row.item.id);
        let url = row.item.entry.url.as_deref().unwrap_or(&row.item.entry.key);
        let end = match failure {
            Failure::Fetch(error) => {
                self.metrics.fetch_failed(error.kind());
                match error.retry() {
                    Retry::Never => ItemEnd::Dropped { error: error.to_string() },
                    _ if now.duration_since(row.item.first_seen) > PATIENCE => {
                        ItemEnd::Dropped { error: format!("given up after 72 h: {error}") }
                    }
                    Retry::After(wait) => retry(&error, later(now, wait, 0, id), RetryAfter::Outage),
                    Retry::Later => {
                        let age = now.duration_since(row.item.first_seen).unsigned_abs();
                        let wait = Duration::from_secs(30).max(age / 2).min(Duration::from_secs(3600));
                        retry(&error, later(now, wait, 10, id), RetryAfter::Outage)
                    }
                }
            }
            Failure::Died(error) => {
                self.metrics.worker_died();
                let alone = row.attempts > 0;
                if alone && row.deaths + 1 >= DEATHS {
                    let text = format!(
                        "{url} from source {} killed the worker {} times ({error}) and is put aside; the rest \
                         goes on. Look at it with `vedetta explain {id}`.",
                        row.item.source,
                        row.deaths + 1
                    );
                    self.health.raise(&format!("quarantine {id}"), text).await;
                    ItemEnd::Quarantined { error }
                } else {
                    retry(&error, now, RetryAfter::WorkerDeath { alone })
                }
            }
            Failure::Refused { kind, error } => {
                self.metrics.refused(&kind);
                if self.textless.without(&row.item.source) {
                    let text = format!(
                        "{TEXTLESS} pages in a row of source {} gave no text, the last one {url}: {error}. Look at it with \
                         `vedetta explain {url}`; selectors in the source's `page` table may help.",
                        row.item.source
                    );
                    self.health.raise(&format!("no text {}", row.item.source), text).await;
                }
                ItemEnd::Dropped { error }
            }
            Failure::NoSource => {
                let error = format!("source {} is not in the configuration", row.item.source);
                match now.duration_since(row.item.first_seen) > PATIENCE {
                    true => ItemEnd::Dropped { error },
                    false => retry(&error, now + ABSENT, RetryAfter::Outage),
                }
            }
            Failure::Ours(_) => return,
        };
        tracing::info!(item = %id, url, end = ?end, "item has no article");
        if let Err(error) = self.store.end(id, end, now).await {
            tracing::error!(item = %id, %error, "cannot record how the item ended");
        }
    }
}

fn has_text(item: &Item) -> bool {
    item.entry.content.is_some() || item.entry.summary.is_some()
}

fn ours(error: impl Into<anyhow::Error>) -> Failure {
    Failure::Ours(error.into())
}

fn retry(error: &impl ToString, retry_at: Timestamp, after: RetryAfter) -> ItemEnd {
    ItemEnd::Retry { error: error.to_string(), retry_at, after }
}

/// `wait` from now, spread by up to `percent` so that a host's items do not come back in step.
fn later(now: Timestamp, wait: Duration, percent: u32, id: ItemId) -> Timestamp {
    let spread = wait * (u32::from(id.0[0]) * percent) / 25_500;
    now + SignedDuration::try_from(wait + spread).unwrap_or(SignedDuration::from_hours(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_page_in_a_row_without_text_is_told_once() {
        let (textless, a, b) = (Textless::default(), SourceId("a".into()), SourceId("b".into()));
        let told: Vec<bool> = (0..8).map(|_| textless.without(&a)).collect();
        assert_eq!(told, [false, false, false, false, false, true, false, false]);
        assert!(!textless.without(&b) && !textless.with(&b), "one page proves nothing");
        assert!(textless.with(&a) && !textless.with(&a), "recovery is told once");
    }
}
