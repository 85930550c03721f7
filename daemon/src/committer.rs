//! The one place that decides what is new. Articles are taken in order, so that two tellings of one
//! event never race; each is committed with its marks, its story and its alerts as one unit.

use std::{collections::HashSet, sync::Arc};

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
};
use uuid::Uuid;
use vedetta_alert::{Context, Watch};
use vedetta_dedupe::{Candidate, Fingerprint, Known, KnownArticle, StoryFeatures, canonical_url, decide};
use vedetta_domain::{
    Alert, AlertId, AlertKind, DedupeVerdict, Item, ItemId, Rung, StoryId, TaggedArticle, Telling, WatchId,
    WatchMatch,
};
use vedetta_store::{AlertRow, ArticleRow, Commit, Marks, SharedStore, StoryRow};

use crate::{novelty, settings::Settings, telemetry::Metrics};

/// Articles that may wait for the committer; the stages before it wait beyond that.
const QUEUE: usize = 64;

/// A story is judged by so many of its tellings, the last ones.
const TELLINGS: usize = 32;

/// Tellings of one event lie within this window.
const STORY_WINDOW: SignedDuration = SignedDuration::from_hours(7 * 24);

struct Submission {
    item: Item,
    tagged: TaggedArticle,
    /// It is stored already and was tagged again, now with a model.
    again: Option<ArticleRow>,
    done: oneshot::Sender<anyhow::Result<()>>,
}

/// Handle to the committer; cheap to clone.
#[derive(Clone)]
pub struct Committer {
    queue: mpsc::Sender<Submission>,
}

impl Committer {
    /// Starts the task; it ends when the last handle is gone.
    pub fn start(
        store: SharedStore,
        settings: watch::Receiver<Arc<Settings>>,
        metrics: Arc<Metrics>,
    ) -> (Self, JoinHandle<()>) {
        let (queue, mut submissions) = mpsc::channel::<Submission>(QUEUE);
        let desk = Desk { store, settings, metrics };
        let task = tokio::spawn(async move {
            while let Some(Submission { item, tagged, again, done }) = submissions.recv().await {
                // The asker may have gone; the commit stands.
                drop(done.send(desk.commit(item, tagged, again).await));
            }
        });
        (Self { queue }, task)
    }

    /// Returns once the article is committed, with all that follows from it.
    pub async fn submit(&self, item: Item, tagged: TaggedArticle) -> anyhow::Result<()> {
        self.send(item, tagged, None).await
    }

    /// Judges a stored article anew that was tagged without a model before.
    pub async fn submit_again(
        &self,
        item: Item,
        tagged: TaggedArticle,
        row: ArticleRow,
    ) -> anyhow::Result<()> {
        self.send(item, tagged, Some(row)).await
    }

    async fn send(&self, item: Item, tagged: TaggedArticle, again: Option<ArticleRow>) -> anyhow::Result<()> {
        let (done, answer) = oneshot::channel();
        let submission = Submission { item, tagged, again, done };
        self.queue.send(submission).await.context("the committer has stopped")?;
        answer.await.context("the committer has stopped")?
    }
}

struct Desk {
    store: SharedStore,
    settings: watch::Receiver<Arc<Settings>>,
    metrics: Arc<Metrics>,
}

impl Desk {
    async fn commit(
        &self,
        item: Item,
        tagged: TaggedArticle,
        again: Option<ArticleRow>,
    ) -> anyhow::Result<()> {
        let (now, settings) = (Timestamp::now(), self.settings.borrow().clone());
        let (tagged, candidate, marks) = tokio::task::spawn_blocking({
            let first_seen = item.first_seen;
            move || {
                let (candidate, marks) = recognise(&tagged, first_seen);
                (tagged, candidate, marks)
            }
        })
        .await?;
        let verdict = match &again {
            Some(row) => DedupeVerdict {
                rung: Rung::New,
                of: None,
                story: row.story,
                similarity: 0.0,
                reasons: vec!["tagged again with a model".into()],
            },
            None => self.verdict(item.id, candidate, &marks, now).await?,
        };
        let story = self.store.story(verdict.story).await?.unwrap_or_default();
        let telling = telling(&item, &tagged, &settings);
        let judged =
            settings.watches.iter().map(|watch| (watch.id().clone(), watch.version().to_owned())).collect();
        let (alerts, joins) = if item.quiet {
            (Vec::new(), Vec::new())
        } else {
            self.alerts(&item, &tagged, &verdict, &story, &telling, &settings, now).await?
        };
        self.metrics.committed(rung_name(verdict.rung));
        tracing::info!(
            item = %item.id, url = telling.url, language = tagged.language.language.code(), verdict = ?verdict.rung,
            story = %verdict.story, quiet = item.quiet, alerts = alerts.len(), "article committed"
        );
        let expected = Some(story.version);
        let commit = Commit {
            item,
            article: tagged,
            verdict,
            marks,
            telling,
            judged,
            alerts,
            joins,
            expected,
            at: now,
        };
        self.store.commit(commit).await?;
        Ok(())
    }

    /// Asks the store what the ladder needs and lets the ladder decide.
    async fn verdict(
        &self,
        id: ItemId,
        candidate: Candidate,
        marks: &Marks,
        now: Timestamp,
    ) -> anyhow::Result<DedupeVerdict> {
        let mut known = Known { new_story: StoryId(Uuid::now_v7()), ..Known::default() };
        if let Some(url) = &marks.canonical_url {
            known.same_url = self.known(self.store.by_url(url).await?, id);
        }
        if !marks.exact.is_empty() {
            known.same_text = self.known(self.store.by_exact(&marks.exact).await?, id);
        }
        for (other, row) in self.store.by_marks(marks.bands.clone()).await? {
            if other == id {
                continue;
            }
            // Without its text nothing says whether figures or names differ: such an article is no copy.
            if let Some(stored) = self.store.stored(&row).await? {
                let article = stored.article.article;
                known.near.push((
                    known_article(other, &row),
                    article.title.unwrap_or_default(),
                    article.text,
                ));
            }
        }
        // A story is judged by all its tellings, by those too that share no name with this one.
        for row in self.store.tellings(marks.story_keys.clone(), now - STORY_WINDOW, TELLINGS).await? {
            if row.id == id {
                continue;
            }
            let article = KnownArticle { id: row.id, story: row.story, exact: row.exact };
            match serde_json::from_str(&row.features) {
                Ok(features) => known.stories.push((article, features)),
                Err(error) => tracing::warn!(item = %row.id, %error, "stored story features cannot be read"),
            }
        }
        Ok(tokio::task::spawn_blocking(move || decide(&candidate, &known)).await?)
    }

    fn known(&self, found: Option<(ItemId, ArticleRow)>, id: ItemId) -> Option<KnownArticle> {
        found.filter(|(other, _)| *other != id).map(|(other, row)| known_article(other, &row))
    }

    /// New alerts, and alerts that this telling joins.
    #[allow(clippy::too_many_arguments, reason = "one decision, and this is all it looks at")]
    async fn alerts(
        &self,
        item: &Item,
        tagged: &TaggedArticle,
        verdict: &DedupeVerdict,
        story: &StoryRow,
        telling: &Telling,
        settings: &Settings,
        now: Timestamp,
    ) -> anyhow::Result<(Vec<AlertRow>, Vec<AlertId>)> {
        let context = Context { source: settings.source(&item.source), now };
        let (mut alerts, mut joins) = (Vec::new(), Vec::new());
        let mut fresh: Option<TaggedArticle> = None;
        for watch in &settings.watches {
            let Some(alerted) = story.alerted.get(watch.id()) else {
                if let Some(found) = watch.check(tagged, &context).matched {
                    alerts.push(alert(
                        AlertKind::New,
                        watch,
                        found,
                        tagged,
                        verdict,
                        story,
                        telling,
                        settings,
                        now,
                    ));
                }
                continue;
            };
            // The watch was told of this story. Only a passage that no earlier telling had is news.
            if matches!(verdict.rung, Rung::Revision | Rung::Near) {
                if fresh.is_none() {
                    fresh = Some(self.fresh(tagged, story).await?);
                }
                let found = fresh.as_ref().and_then(|fresh| watch.check(fresh, &context).matched);
                if let Some(found) = found {
                    let update = alert(
                        AlertKind::Update,
                        watch,
                        found,
                        tagged,
                        verdict,
                        story,
                        telling,
                        settings,
                        now,
                    );
                    alerts.push(update);
                    continue;
                }
            }
            if verdict.rung != Rung::Revision {
                joins.push(alerted.clone());
            }
        }
        Ok((alerts, joins))
    }

    /// The article with only those sentences that no earlier telling of its story had.
    async fn fresh(&self, tagged: &TaggedArticle, story: &StoryRow) -> anyhow::Result<TaggedArticle> {
        let mut known = HashSet::new();
        for id in &story.tellings {
            if let Some(row) = self.store.article(*id).await? {
                let earlier = self.store.stored(&row).await?;
                earlier.iter().for_each(|earlier| novelty::remember(&earlier.article, &mut known));
            }
        }
        Ok(novelty::only_new(tagged, &known))
    }
}

/// By what the article is recognised, now and later.
pub fn recognise(tagged: &TaggedArticle, first_seen: Timestamp) -> (Candidate, Marks) {
    let address = tagged.article.canonical_url.as_deref().unwrap_or(&tagged.article.url);
    let canonical = canonical_url(address);
    let title = tagged.article.title.clone().unwrap_or_default();
    let fingerprint = Fingerprint::of(&title, &tagged.article.text);
    let features = StoryFeatures::of(tagged, first_seen);
    let marks = Marks {
        canonical_url: canonical.clone(),
        exact: fingerprint.exact_hex(),
        bands: fingerprint.bands.clone(),
        story_keys: features.keys(),
        features: serde_json::to_string(&features).unwrap_or_default(),
        document: 0,
    };
    let candidate = Candidate {
        canonical_url: canonical,
        title,
        text: tagged.article.text.clone(),
        fingerprint,
        features,
    };
    (candidate, marks)
}

fn known_article(id: ItemId, row: &ArticleRow) -> KnownArticle {
    KnownArticle { id, story: row.story, exact: row.exact.clone() }
}

fn rung_name(rung: Rung) -> &'static str {
    match rung {
        Rung::New => "new",
        Rung::Revision => "revision",
        Rung::Exact => "exact",
        Rung::Near => "near",
        Rung::Story => "story",
    }
}

fn telling(item: &Item, tagged: &TaggedArticle, settings: &Settings) -> Telling {
    let url = item.entry.url.clone().unwrap_or_else(|| tagged.article.url.clone());
    Telling {
        item: item.id,
        title: tagged
            .article
            .title
            .clone()
            .or_else(|| item.entry.title.clone())
            .unwrap_or_else(|| url.clone()),
        url,
        source: item.source.clone(),
        source_name: settings.source(&item.source).map_or_else(|| item.source.0.clone(), |s| s.name.clone()),
        language: tagged.language.language,
        published: tagged.article.published,
    }
}

#[allow(clippy::too_many_arguments, reason = "an alert says all of this")]
fn alert(
    kind: AlertKind,
    watch: &Watch,
    found: WatchMatch,
    tagged: &TaggedArticle,
    verdict: &DedupeVerdict,
    story: &StoryRow,
    telling: &Telling,
    settings: &Settings,
    now: Timestamp,
) -> AlertRow {
    let watch_id: &WatchId = watch.id();
    let mut seen = HashSet::new();
    let entities = tagged.title_mentions.iter().chain(&tagged.mentions);
    let entities = entities
        .filter(|mention| mention.origin != vedetta_domain::Origin::Adjective)
        .filter(|mention| {
            seen.insert(
                mention.entity.as_ref().map_or_else(|| mention.text.to_lowercase(), |id| id.0.clone()),
            )
        })
        .map(|mention| mention.text.clone())
        .take(12)
        .collect();
    AlertRow {
        channels: settings.channels_for(&found.channels),
        alert: Alert {
            id: AlertId::new(watch_id, &verdict.story, story.revisions),
            kind,
            created: now,
            watch: watch_id.clone(),
            watch_title: watch.config().title.clone(),
            story: Some(verdict.story),
            score: found.score,
            reasons: found.reasons,
            telling: Some(telling.clone()),
            also_in: Vec::new(),
            entities,
            new_names: vedetta_nlp::new_names(tagged),
            text: None,
        },
    }
}
