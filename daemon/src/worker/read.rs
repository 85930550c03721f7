//! Bytes in, tagged articles out: the worker's whole work, also run in-process by `try` and `explain`.

use jiff::Timestamp;
use vedetta_domain::{Article, Page, PageKind, PageRules};
use vedetta_ingest::ReadError;
use vedetta_nlp::{Hints, Lexicon, ModelError, NerModel, Precision, Tagger, TaggerConfig};

use vedetta_config::ModelChoice;

use super::protocol::{Announced, Answer, Job, Setup};

/// The stages behind the pipe.
pub struct Reader {
    tagger: Tagger,
}

/// A job on its way: either answered or waiting for the model with its neighbours.
enum Step {
    Answered(Answer),
    ToTag(Box<Article>, Hints),
}

impl Reader {
    /// Loads lexicon and model. A model that will not load leaves the lexicon alone at work: the
    /// second value says why.
    pub fn new(setup: &Setup) -> anyhow::Result<(Self, Option<ModelError>)> {
        let lexicon = Lexicon::new(&setup.entities).map_err(|problems| {
            let list: Vec<String> = problems.iter().map(ToString::to_string).collect();
            anyhow::anyhow!("the lexicon cannot be built: {}", list.join("; "))
        })?;
        let (model, problem) = match load_model(&setup.model) {
            Ok(model) => (model, None),
            Err(error) => (None, Some(error)),
        };
        let config = TaggerConfig { threads: u16::try_from(setup.threads).ok(), ..TaggerConfig::default() };
        Ok((Self { tagger: Tagger::new(lexicon, model, config) }, problem))
    }

    /// The model's id; `None`: the lexicon works alone.
    pub fn model_id(&self) -> Option<String> {
        self.tagger.model_id().map(ToOwned::to_owned)
    }

    /// The tagger itself, for `try tag`.
    pub fn tagger(&self) -> &Tagger {
        &self.tagger
    }

    /// Does all jobs, in order, their texts batched through the model together.
    pub fn answer(&self, jobs: Vec<(Job, Vec<u8>)>) -> Vec<Answer> {
        let mut articles = Vec::new();
        let steps: Vec<Option<Answer>> = jobs
            .into_iter()
            .map(|(job, body)| match step(job, body) {
                Step::Answered(answer) => Some(answer),
                Step::ToTag(article, hints) => {
                    articles.push((*article, hints));
                    None
                }
            })
            .collect();
        let mut tagged = self.tag(articles).into_iter();
        let lost = || Answer::Refused { kind: "tag".into(), error: "the tagger gave no answer".into() };
        steps.into_iter().map(|step| step.unwrap_or_else(|| tagged.next().unwrap_or_else(lost))).collect()
    }

    /// Ends this process as C++ or a deep stack would, over an article that has the word in `VEDETTA_TEST_DEATH`
    /// (`abort WORD`, `overflow WORD`, `panic WORD`). For tests of the supervision; not in a release.
    #[cfg(debug_assertions)]
    fn die_for_a_test(articles: &[(Article, Hints)]) {
        fn deep(n: u64) -> u64 {
            let page = std::hint::black_box([n; 512]);
            if n == u64::MAX { 0 } else { deep(n + 1).wrapping_add(page[(n % 512) as usize]) }
        }
        let Ok(wanted) = std::env::var("VEDETTA_TEST_DEATH") else { return };
        let Some((how, word)) = wanted.split_once(' ') else { return };
        if articles.iter().any(|(article, _)| article.text.contains(word)) {
            match how {
                "overflow" => assert!(deep(0) > 0),
                #[allow(clippy::panic, reason = "what is tested")]
                "panic" => panic!("a test asked for it"),
                _ => std::process::abort(),
            }
        }
    }

    /// Tags all in one batch; where that fails, one by one, so that one text costs one article.
    fn tag(&self, articles: Vec<(Article, Hints)>) -> Vec<Answer> {
        #[cfg(debug_assertions)]
        Self::die_for_a_test(&articles);
        match self.tagger.tag(articles.clone()) {
            Ok(tagged) => tagged.into_iter().map(|t| Answer::Tagged(Box::new(t))).collect(),
            Err(_) => articles.into_iter().map(|one| self.tag_one(one)).collect(),
        }
    }

    fn tag_one(&self, article: (Article, Hints)) -> Answer {
        match self.tagger.tag(vec![article]) {
            Ok(mut tagged) if tagged.len() == 1 => Answer::Tagged(Box::new(tagged.remove(0))),
            Ok(_) => Answer::Refused { kind: "tag".into(), error: "the tagger gave no answer".into() },
            Err(error) => Answer::Refused { kind: "tag".into(), error: error.to_string() },
        }
    }
}

/// Loads what the configuration names.
pub fn load_model(choice: &ModelChoice) -> Result<Option<NerModel>, ModelError> {
    match choice {
        ModelChoice::Builtin => NerModel::builtin(Precision::of_this_machine()).map(Some),
        ModelChoice::Path(dir) => NerModel::load(dir, Precision::of_this_machine()).map(Some),
        ModelChoice::None => Ok(None),
    }
}

fn step(job: Job, body: Vec<u8>) -> Step {
    match job {
        Job::Source { kind, mut page, rules, now } => {
            page.body = body;
            Step::Answered(match vedetta_ingest::read_source(kind, &page, &rules, now) {
                Ok(feed) => Answer::Feed(feed),
                Err(error) => refused(&error),
            })
        }
        Job::Candidates { mut page } => {
            page.body = body;
            Step::Answered(match vedetta_ingest::candidates(&page) {
                Ok(candidates) => Answer::Candidates { candidates },
                Err(error) => refused(&error),
            })
        }
        Job::Page { mut page, rules, announced, now } => {
            page.body = body;
            match read_page(&page, &rules, &announced, now) {
                Ok(article) => {
                    let hints =
                        Hints { feed: announced.language, declared: article.declared_language.clone() };
                    Step::ToTag(Box::new(article), hints)
                }
                Err(error) => Step::Answered(refused(&error)),
            }
        }
        Job::Text { article, feed_language } => {
            let hints = Hints { feed: feed_language, declared: article.declared_language.clone() };
            Step::ToTag(article, hints)
        }
    }
}

fn refused(error: &ReadError) -> Answer {
    Answer::Refused { kind: error.kind().into(), error: error.to_string() }
}

/// The page's article; where the page has none (paywall, consent, empty), what the feed gave.
fn read_page(
    page: &Page,
    rules: &PageRules,
    announced: &Announced,
    now: Timestamp,
) -> Result<Article, ReadError> {
    let extracted = if page.body.is_empty() {
        Ok(Article { url: page.url.clone(), kind: PageKind::Empty, ..Article::default() })
    } else {
        vedetta_ingest::extract(page, rules, now)
    };
    let mut article = match extracted {
        Ok(article) if article.kind == PageKind::Article => article,
        other => match feed_text(page, announced, now) {
            // The feed's own text is shorter than an article and better than none.
            Some(from_feed) => from_feed,
            None => other?,
        },
    };
    article.title = article.title.or_else(|| announced.title.clone());
    article.published = article.published.or(announced.published);
    Ok(article)
}

fn feed_text(page: &Page, announced: &Announced, now: Timestamp) -> Option<Article> {
    let content = announced.content.as_deref().map(str::trim).filter(|content| !content.is_empty())?;
    let paragraphs = format!("<html><body><article><p>{content}</p></article></body></html>");
    let body = if content.contains('<') { paragraphs.into_bytes() } else { Vec::new() };
    let text = if body.is_empty() {
        content.to_owned()
    } else {
        let page = Page { content_type: Some("text/html; charset=utf-8".into()), body, ..page.clone() };
        vedetta_ingest::extract(&page, &PageRules::default(), now).ok()?.text
    };
    let url = page.url.clone();
    (!text.is_empty()).then(|| Article { url, text, kind: PageKind::Article, ..Article::default() })
}

/// A tagged article of a text that came without a page.
pub fn bare(url: String, title: Option<String>, text: String, published: Option<Timestamp>) -> Article {
    Article { url, title, text, published, kind: PageKind::Article, ..Article::default() }
}
