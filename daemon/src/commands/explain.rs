//! `vedetta explain`: what Vedetta makes of a page, a file or a stored item, and why.

use std::{fmt, process::ExitCode};

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use vedetta_alert::Context;
use vedetta_domain::{DedupeVerdict, ItemId, Origin, PageRules, Revision, TaggedArticle};
use vedetta_nlp::Hints;
use vedetta_store::{Archive, Archived, Commit, ItemEnd};

use super::input;
use crate::output::say;
use crate::{cli::Cli, settings::Settings};

/// Explains an address, a file or an item id.
pub async fn run(cli: &Cli, what: &str) -> anyhow::Result<ExitCode> {
    let settings = super::load(cli)?;
    let Explained { tagged, dedupe, edit } = match ItemId::parse(what) {
        Some(id) if !std::path::Path::new(what).exists() => stored(&settings, id).await?,
        _ => Explained { tagged: read(&settings, what).await?, dedupe: None, edit: None },
    };
    let context = Context { source: None, now: Timestamp::now() };
    let verdicts: Vec<_> = settings.watches.iter().map(|watch| watch.check(&tagged, &context)).collect();
    if cli.json {
        let report = json!({ "article": tagged, "new_names": vedetta_nlp::new_names(&tagged), "dedupe": dedupe, "edit": edit, "watches": verdicts });
        say!("{report}");
        return Ok(ExitCode::SUCCESS);
    }
    let article = &tagged.article;
    say!("title     {}", article.title.as_deref().unwrap_or("(none)"));
    say!("address   {}", article.canonical_url.as_deref().unwrap_or(&article.url));
    say!("kind      {:?}", article.kind);
    let guess = &tagged.language;
    say!("language  {} ({:.0} %, by {:?})", guess.language.code(), guess.confidence * 100.0, guess.method);
    say!("model     {}", tagged.model.as_deref().unwrap_or("none: the lexicon alone"));
    say!("\n{}", marked(&tagged));
    for name in vedetta_nlp::new_names(&tagged) {
        say!(
            "{name}; `vedetta entities accept {:?} --kind {} --groups …` takes it into the lexicon",
            name.text,
            name.kind
        );
    }
    if let Some(dedupe) = &dedupe {
        say!("\ndedupe    {:?} of {:?}: {}", dedupe.rung, dedupe.of, dedupe.reasons.join("; "));
    }
    if let Some(edit) = &edit {
        say!("{edit}");
    }
    for verdict in &verdicts {
        say!("\n{}", vedetta_alert::explain::verdict(verdict));
        if let Some(found) = &verdict.matched {
            say!("would go to: {}", settings.channels_for(&found.channels).join(", "));
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn read(settings: &Settings, what: &str) -> anyhow::Result<TaggedArticle> {
    let page = if input::is_url(what) { input::get(what, settings).await? } else { input::file(what, None)? };
    let setup = settings.worker_setup();
    tokio::task::spawn_blocking(move || {
        let (reader, problem) = crate::worker::read::Reader::new(&setup)?;
        if let Some(problem) = problem {
            eprintln!("vedetta: no model, the lexicon works alone: {problem}");
        }
        let article = vedetta_ingest::extract(&page, &PageRules::default(), Timestamp::now())?;
        let hints = Hints { feed: None, declared: article.declared_language.clone() };
        reader.tagger().tag(vec![(article, hints)])?.pop().context("the tagger gave no answer")
    })
    .await?
}

/// What is explained.
struct Explained {
    tagged: TaggedArticle,
    dedupe: Option<DedupeVerdict>,
    edit: Option<Edit>,
}

/// What an edit has changed, in sentences.
#[derive(Serialize)]
struct Edit {
    of: ItemId,
    retitled: bool,
    added: Vec<String>,
    /// `None`: the earlier text is not kept any more.
    removed: Option<Vec<String>>,
}

impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "edit of   {}{}", self.of, if self.retitled { ", with another title" } else { "" })?;
        match &self.removed {
            Some(removed) => removed.iter().try_for_each(|sentence| write!(f, "\n  - {sentence}"))?,
            None => write!(f, "\n  - (the earlier text is not kept any more)")?,
        }
        self.added.iter().try_for_each(|sentence| write!(f, "\n  + {sentence}"))
    }
}

impl Edit {
    fn of(revision: &Revision, own: &TaggedArticle, earlier: Option<&TaggedArticle>) -> Self {
        let sentences = |article: &TaggedArticle, ranges: &[(usize, usize)]| {
            let text = &article.article.text;
            ranges.iter().filter_map(|(start, end)| text.get(*start..*end)).map(str::to_owned).collect()
        };
        Self {
            of: revision.of,
            retitled: revision.retitled,
            added: sentences(own, &revision.added),
            removed: earlier.map(|earlier| sentences(earlier, &revision.removed)),
        }
    }
}

/// The article of an item, from the archive: beside a running daemon too.
async fn stored(settings: &Settings, id: ItemId) -> anyhow::Result<Explained> {
    let dir = settings.config.general.data_dir.clone();
    tokio::task::spawn_blocking(move || {
        let archive = Archive::open(&dir)?;
        let Commit { article, verdict, revision, .. } = match archive.item(id)? {
            Archived::Article(commit) => *commit,
            Archived::Ended(
                ItemEnd::Retry { error, .. } | ItemEnd::Dropped { error } | ItemEnd::Quarantined { error },
            ) => bail!("item {id} has no article: {error}"),
            Archived::LetGo => bail!("the text of item {id} was let go because of its age"),
            Archived::Forgotten => bail!("item {id} was forgotten"),
            Archived::Unknown => {
                bail!("item {id} has no article: the archive does not know it, or it still waits")
            }
        };
        let edit = match &revision {
            Some(revision) => {
                let earlier = match archive.item(revision.of)? {
                    Archived::Article(commit) => Some(commit.article),
                    _ => None,
                };
                Some(Edit::of(revision, &article, earlier.as_ref()))
            }
            None => None,
        };
        Ok(Explained { tagged: article, dedupe: Some(verdict), edit })
    })
    .await?
}

/// The text with its names in brackets: `[SUPARCO|ORG suparco]`.
fn marked(tagged: &TaggedArticle) -> String {
    let text = &tagged.article.text;
    let (mut out, mut at) = (String::new(), 0);
    for mention in tagged.mentions.iter().filter(|mention| mention.origin != Origin::Adjective) {
        out.push_str(text.get(at..mention.start).unwrap_or_default());
        let entity = mention.entity.as_ref().map(|id| format!(" {id}")).unwrap_or_default();
        out.push_str(&format!("[{}|{}{entity}]", mention.text, mention.kind));
        at = mention.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}
