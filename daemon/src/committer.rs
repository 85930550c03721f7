//! The one place that decides what is new. Articles are taken in order, so that two tellings of one
//! event never race; each is committed with its marks, its story and its alerts as one unit.

use std::{collections::HashSet, sync::Arc};

use anyhow::Context as _;
use jiff::Timestamp;
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
};
use vedetta_alert::{Context, Watch};
use vedetta_domain::{
    Alert, AlertId, AlertKind, DedupeVerdict, Item, Reason, Revision, Rung, TaggedArticle, Telling, WatchId,
    WatchMatch,
};
use vedetta_store::{AlertRow, ArticleRow, Commit, SharedStore, StoryRow};

use crate::{
    ladder::{self, recognise},
    novelty,
    settings::Settings,
    telemetry::Metrics,
};

/// Articles that may wait for the committer; the stages before it wait beyond that.
const QUEUE: usize = 64;

struct Submission {
    item: Item,
    tagged: TaggedArticle,
    /// It is stored already and was tagged again, now with a model.
    again: Option<Again>,
    done: oneshot::Sender<anyhow::Result<()>>,
}

/// A stored article that was tagged again.
pub struct Again {
    /// Where it stands.
    pub row: ArticleRow,
    /// What it changed, if it is an edit.
    pub revision: Option<Revision>,
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
    pub async fn submit_again(&self, item: Item, tagged: TaggedArticle, again: Again) -> anyhow::Result<()> {
        self.send(item, tagged, Some(again)).await
    }

    async fn send(&self, item: Item, tagged: TaggedArticle, again: Option<Again>) -> anyhow::Result<()> {
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
    async fn commit(&self, item: Item, tagged: TaggedArticle, again: Option<Again>) -> anyhow::Result<()> {
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
            Some(Again { row, .. }) => DedupeVerdict {
                rung: Rung::New,
                of: None,
                story: row.story,
                similarity: 0.0,
                doubtful: false,
                reasons: vec!["tagged again with a model".into()],
            },
            None => ladder::judge(&*self.store, item.id, candidate, &marks, now).await?,
        };
        let revision = match again {
            Some(again) => again.revision,
            None => self.revision(&verdict, &tagged).await?,
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
            revision,
            marks,
            telling,
            judged,
            alerts,
            joins,
            expected,
            forgotten: false,
            at: now,
        };
        self.store.commit(commit).await?;
        Ok(())
    }

    /// What an edit has changed; `None`: it is none, or the earlier text was let go.
    async fn revision(
        &self,
        verdict: &DedupeVerdict,
        tagged: &TaggedArticle,
    ) -> anyhow::Result<Option<Revision>> {
        let Some(of) = verdict.of.filter(|_| verdict.rung == Rung::Revision) else { return Ok(None) };
        let Some(row) = self.store.article(of).await? else { return Ok(None) };
        let earlier = self.store.stored(&row).await?;
        Ok(earlier.map(|earlier| novelty::differences(of, &earlier.article, tagged)))
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
            // It may be another event of the same actors: told once more, as an update, with what it is like. Where it does not
            // meet the watch, it does not stand beside what did.
            if verdict.doubtful {
                if let Some(mut found) = watch.check(tagged, &context).matched {
                    found.reasons.push(self.like(verdict).await?);
                    let kind = AlertKind::Update;
                    alerts.push(alert(kind, watch, found, tagged, verdict, story, telling, settings, now));
                }
                continue;
            }
            if verdict.rung != Rung::Revision {
                joins.push(alerted.clone());
            }
        }
        Ok((alerts, joins))
    }

    /// Which earlier telling a doubtful one may be another of.
    async fn like(&self, verdict: &DedupeVerdict) -> anyhow::Result<Reason> {
        let earlier = match verdict.of {
            Some(of) => self.store.article(of).await?.map(|row| row.telling.title),
            None => None,
        };
        let matched = earlier.into_iter().collect();
        Ok(Reason { part: "perhaps told before".into(), matched, weight: 0.0, passage: None })
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

#[cfg(test)]
mod tests {
    use vedetta_config::ModelChoice;
    use vedetta_domain::{Article, Entry, ItemId, SourceId};
    use vedetta_nlp::Hints;
    use vedetta_store::{MemoryStore, Store as _};

    use super::*;
    use crate::worker::{Setup, read::Reader};

    const BEFORE: &str = "The provincial council of Thatta met on Monday and spoke of the price of wheat. \
        The mayor asked for patience. Two members left the hall before the vote.";
    const DEAL: &str = "China will launch the remote sensing satellite PRSS-2 for Pakistan's SUPARCO under an agreement that \
        both space agencies signed in Islamabad.";

    struct Scene {
        desk: Desk,
        store: Arc<MemoryStore>,
        reader: Reader,
    }

    impl Scene {
        fn new() -> Self {
            let settings = Settings::new(vedetta_config::load(None).unwrap()).unwrap();
            let setup = Setup { model: ModelChoice::None, ..settings.worker_setup() };
            let store = Arc::new(MemoryStore::default());
            let desk = Desk {
                store: store.clone(),
                settings: watch::channel(Arc::new(settings)).1,
                metrics: Arc::default(),
            };
            Self { desk, store, reader: Reader::new(&setup).unwrap().0 }
        }

        /// Commits what stands at one address now.
        async fn edit(&self, key: &str, title: &str, text: &str) -> Commit {
            let source = SourceId("gazette".into());
            let id = ItemId::new(&source, key);
            let article = Article {
                url: "https://example.org/council".into(),
                title: Some(title.into()),
                text: text.into(),
                published: Some(Timestamp::now()),
                ..Article::default()
            };
            let tagged = self.reader.tagger().tag(vec![(article, Hints::default())]).unwrap().remove(0);
            let entry = Entry { key: key.into(), ..Entry::default() };
            let item = Item { id, source, entry, first_seen: Timestamp::now(), quiet: false };
            self.desk.commit(item, tagged, None).await.unwrap();
            let row = self.store.article(id).await.unwrap().unwrap();
            self.store.stored(&row).await.unwrap().unwrap()
        }
    }

    #[tokio::test]
    async fn an_edit_keeps_its_differences_and_its_new_passages_are_judged() {
        let scene = Scene::new();
        let sentences = |commit: &Commit, ranges: &[(usize, usize)]| {
            let text = &commit.article.article.text;
            ranges.iter().map(|(start, end)| text[*start..*end].to_owned()).collect::<Vec<_>>()
        };
        let first = scene.edit("1", "Council meets", BEFORE).await;
        assert_eq!((first.verdict.rung, first.alerts.len(), &first.revision), (Rung::New, 0, &None));

        // What did not concern the watch now does.
        let second = scene.edit("2", "Council meets", &format!("{BEFORE} {DEAL}")).await;
        let revision = second.revision.as_ref().unwrap();
        assert_eq!((second.verdict.rung, revision.of), (Rung::Revision, first.item.id));
        assert_eq!(sentences(&second, &revision.added), [DEAL]);
        assert!(revision.removed.is_empty() && !revision.retitled);
        assert_eq!(second.alerts.len(), 1);
        assert_eq!(second.alerts[0].alert.kind, AlertKind::New);

        // Another word elsewhere is kept, and nobody is told again.
        let corrected = BEFORE.replace("Two members", "Three members");
        let third = scene.edit("3", "Council meets again", &format!("{corrected} {DEAL}")).await;
        let revision = third.revision.as_ref().unwrap();
        assert_eq!((revision.of, revision.retitled), (second.item.id, true));
        assert_eq!(sentences(&third, &revision.added), ["Three members left the hall before the vote."]);
        assert_eq!(sentences(&second, &revision.removed), ["Two members left the hall before the vote."]);
        assert!(third.alerts.is_empty() && third.joins.is_empty(), "{:?}", third.alerts);

        // A new passage on the matter is told as an update.
        let more =
            "A Long March rocket of China will carry Pakistan's lunar satellite ICUBE-Q to orbit next year.";
        let fourth = scene.edit("4", "Council meets again", &format!("{corrected} {DEAL} {more}")).await;
        assert_eq!(sentences(&fourth, &fourth.revision.as_ref().unwrap().added), [more]);
        assert_eq!(fourth.alerts.len(), 1);
        assert_eq!(fourth.alerts[0].alert.kind, AlertKind::Update);
    }
}
