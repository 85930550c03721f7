//! `vedetta sources test` and `add`: what a poll of an address would bring.

use std::process::ExitCode;

use anyhow::Context;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use url::Url;
use vedetta_config::{NewSource, id_of};
use vedetta_domain::{Article, Entry, PageRules, Source, SourceId, SourceKind};
use vedetta_ingest::Fetcher;
use vedetta_nlp::{Hints, detect};

use super::{fetcher, folder, toml_of};
use crate::cli::{AddArgs, Cli};
use crate::discover::{Eyes, Found, discover, format_of};
use crate::output::say;
use crate::settings::Settings;

/// Entries that `test` shows.
const SHOWN: usize = 10;

/// Characters of the first article that `test` shows.
const EXCERPT: usize = 600;

/// What `test` and `add` learn of an address.
#[derive(Serialize)]
struct Tried {
    url: String,
    kind: SourceKind,
    format: &'static str,
    found: String,
    title: Option<String>,
    language: Option<String>,
    entries: Vec<Entry>,
    /// The first article that could be read.
    article: Option<Article>,
    /// Why none could.
    article_error: Option<String>,
}

/// `sources test`.
pub async fn test(cli: &Cli, what: &str) -> anyhow::Result<ExitCode> {
    let settings = crate::commands::load(cli)?;
    let tried = look(&fetcher(&settings)?, &wanted(&settings, what)?).await?;
    if cli.json {
        say!("{}", serde_json::to_string(&tried)?);
    } else {
        show(&tried)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn show(tried: &Tried) -> anyhow::Result<()> {
    say!("address   {} ({})", tried.url, tried.found);
    say!("format    {}", tried.format);
    say!("title     {}", tried.title.as_deref().unwrap_or("(none)"));
    say!("language  {}", tried.language.as_deref().unwrap_or("(unknown)"));
    say!("entries   {}", tried.entries.len());
    for entry in tried.entries.iter().take(SHOWN) {
        let day = entry.published.map_or("no date   ".to_owned(), |at| at.strftime("%Y-%m-%d").to_string());
        say!("  {day}  {}", entry.title.as_deref().unwrap_or("(no title)"));
        say!("              {}", entry.url.as_deref().unwrap_or("(no address)"));
    }
    if tried.entries.len() > SHOWN {
        say!("  and {} more", tried.entries.len() - SHOWN);
    }
    match (&tried.article, &tried.article_error) {
        (Some(article), _) => {
            say!(
                "\nfirst article: {} [{:?}]",
                article.title.as_deref().unwrap_or("(no title)"),
                article.kind
            );
            let excerpt: String = article.text.chars().take(EXCERPT).collect();
            let more = if article.text.chars().count() > EXCERPT { " …" } else { "" };
            say!("{excerpt}{more}");
        }
        (None, Some(error)) => say!("\nfirst article: cannot be read: {error}"),
        (None, None) => say!("\nfirst article: no entry has an address"),
    }
    Ok(())
}

/// What a command is asked to look at.
enum Wanted {
    /// A source of the configuration.
    Configured(Source),
    /// An address that is none yet.
    Address(Source),
}

/// The source of that id, or one for that address.
fn wanted(settings: &Settings, what: &str) -> anyhow::Result<Wanted> {
    if crate::commands::input::is_url(what) {
        return Ok(Wanted::Address(Source::new("new", what)));
    }
    let known = settings.source(&SourceId(what.to_owned())).cloned().with_context(|| {
        format!("{what:?} is no id of a source and no address; `vedetta sources list` shows the ids")
    })?;
    Ok(Wanted::Configured(known))
}

/// What a poll of `source` would bring; where its address fails, what its site has.
async fn look(fetcher: &Fetcher, wanted: &Wanted) -> anyhow::Result<Tried> {
    let now = Timestamp::now();
    let (source, found) = match wanted {
        Wanted::Configured(source) => (source, find(fetcher, source, now).await?.0),
        Wanted::Address(source) => (source, discover(fetcher, &Eyes::Here, source, &source.url, now).await?),
    };
    let (mut article, mut article_error) = (None, None);
    for entry in found.feed.entries.iter().filter(|entry| entry.url.is_some()).take(3) {
        let url = entry.url.as_deref().unwrap_or_default();
        let read = match fetcher.page(source, url, now).await {
            Ok(page) => {
                let rules = source.page.clone();
                tokio::task::spawn_blocking(move || vedetta_ingest::extract(&page, &rules, now))
                    .await?
                    .map_err(|error| error.to_string())
            }
            Err(error) => Err(error.to_string()),
        };
        match read {
            Ok(read) => {
                article = Some(read);
                break;
            }
            Err(error) => article_error = Some(error),
        }
    }
    let language = language(&found, article.as_ref());
    let Found { kind, url, feed, by, format } = found;
    let (title, entries) = (feed.title, feed.entries);
    Ok(Tried { url, kind, format, found: by, title, language, entries, article, article_error })
}

/// Where a source's entries are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    /// At the configured address.
    Configured,
    /// Elsewhere on its site.
    Site,
}

/// The configured address where it works; else what its site has.
pub(super) async fn find(fetcher: &Fetcher, source: &Source, now: Timestamp) -> anyhow::Result<(Found, At)> {
    let failed = match configured(fetcher, source, now).await {
        Ok(found) => return Ok((found, At::Configured)),
        Err(failed) => failed,
    };
    let Some(site) = source.site.as_deref() else { return Err(failed) };
    match discover(fetcher, &Eyes::Here, source, site, now).await {
        Ok(found) => {
            let by = format!("{}; {} failed: {failed:#}", found.by, source.url);
            Ok((Found { by, ..found }, At::Site))
        }
        Err(lost) => Err(failed.context(format!("and its site: {lost}"))),
    }
}

async fn configured(fetcher: &Fetcher, source: &Source, now: Timestamp) -> anyhow::Result<Found> {
    let page = fetcher.look(source, &source.url, now).await?;
    let feed = Eyes::Here.feed(source.kind, &page, &source.page, now).await.map_err(anyhow::Error::msg)?;
    anyhow::ensure!(!feed.entries.is_empty(), "{} has no entries", source.url);
    let format = format_of(source.kind, &page.body);
    Ok(Found { kind: source.kind, url: page.url, feed, by: "the configured address".to_owned(), format })
}

/// The language of the texts, or what the feed says.
fn language(found: &Found, article: Option<&Article>) -> Option<String> {
    let entries = found.feed.entries.iter().take(20);
    let mut text: String = entries
        .flat_map(|entry| [entry.title.as_deref(), entry.summary.as_deref()])
        .flatten()
        .flat_map(|part| [part, "\n"])
        .collect();
    text.push_str(article.map_or("", |article| article.text.as_str()));
    let hints = Hints { feed: found.feed.language.clone(), declared: None };
    let guess = detect(&text, &hints);
    let code = guess.language.code();
    if ["it", "en"].contains(&code) { Some(code.to_owned()) } else { found.feed.language.clone() }
}

/// `sources add`.
pub async fn add(cli: &Cli, args: &AddArgs) -> anyhow::Result<ExitCode> {
    let settings = crate::commands::load(cli)?;
    let address = Source { page: rules(args), ..Source::new("new", &args.url) };
    let tried = look(&fetcher(&settings)?, &Wanted::Address(address)).await?;
    let host = Url::parse(&args.url)
        .ok()
        .and_then(|url| url.host_str().map(|host| host.trim_start_matches("www.").to_owned()))
        .unwrap_or_default();
    let known = settings.config.sources.iter().find(|source| source.url == tried.url);
    if let Some(known) = known {
        anyhow::bail!("{} is watched already, as {}", tried.url, known.id);
    }
    let is_site = tried.url != args.url && tried.kind != SourceKind::Listing;
    let id = args.id.clone().unwrap_or_else(|| id_of(&host));
    let source = Source {
        name: args.name.clone().or(tried.title.clone()).unwrap_or(host),
        kind: tried.kind,
        site: is_site.then(|| args.url.clone()),
        language: args.language.clone().or(tried.language.clone()),
        trust: args.trust,
        page: rules(args),
        tags: args.tags.clone(),
        ..Source::new(&id, &tried.url)
    };
    let new = NewSource::of(&source, true);
    if !cli.json {
        show(&tried)?;
    }
    if args.dry_run {
        if cli.json {
            say!("{}", json!({ "source": new, "file": null }));
        } else {
            say!("\nnothing written (--dry-run)\n{}", toml_of(std::slice::from_ref(&new))?);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let file = vedetta_config::add_sources(folder(cli)?, std::slice::from_ref(&new))?;
    if cli.json {
        say!("{}", json!({ "source": new, "file": file }));
    } else {
        say!(
            "\n{} stands in {}; a running daemon takes it with `systemctl reload vedetta`",
            new.id,
            file.display()
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn rules(args: &AddArgs) -> PageRules {
    PageRules { links: args.links.clone(), body: args.body.clone(), ..PageRules::default() }
}
