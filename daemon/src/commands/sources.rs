//! `vedetta sources`: look at what is watched, try an address, take it in, check them all.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use futures::{StreamExt, stream};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use url::Url;
use vedetta_config::{NewSource, id_of};
use vedetta_domain::{Article, Entry, PageRules, Source, SourceId, SourceKind};
use vedetta_http::Client;
use vedetta_ingest::{Fetcher, opml};
use vedetta_nlp::{Hints, detect};

use crate::cli::{AddArgs, Cli, ImportArgs, VerifyArgs};
use crate::discover::{Eyes, Found, discover, format_of, unnamed};
use crate::output::say;
use crate::settings::Settings;

/// Sources that are verified at once; each host is asked as slowly as ever.
const AT_ONCE: usize = 32;

/// Entries that `test` shows.
const SHOWN: usize = 10;

/// Characters of the first article that `test` shows.
const EXCERPT: usize = 600;

/// `sources list`.
pub fn list(cli: &Cli) -> anyhow::Result<ExitCode> {
    let settings = super::load(cli)?;
    for source in &settings.config.sources {
        if cli.json {
            say!("{}", serde_json::to_string(source)?);
        } else {
            let language = source.language.as_deref().unwrap_or("-");
            say!("{:28} {:8} {language:3} {}", source.id.0, kind_word(source.kind), source.url);
        }
    }
    if !cli.json {
        eprintln!("{} sources", settings.config.sources.len());
    }
    Ok(ExitCode::SUCCESS)
}

fn kind_word(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Feed => "feed",
        SourceKind::Listing => "listing",
        SourceKind::Sitemap => "sitemap",
    }
}

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
    let settings = super::load(cli)?;
    let source = configured_or_new(&settings, what)?;
    let tried = look(&fetcher(&settings)?, &source).await?;
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

/// The source of that id, or one for that address.
fn configured_or_new(settings: &Settings, what: &str) -> anyhow::Result<Source> {
    if super::input::is_url(what) {
        return Ok(unnamed(what));
    }
    settings.source(&SourceId(what.to_owned())).cloned().with_context(|| {
        format!("{what:?} is no id of a source and no address; `vedetta sources list` shows the ids")
    })
}

fn fetcher(settings: &Settings) -> anyhow::Result<Fetcher> {
    Ok(Fetcher::new(Client::new(settings.config.fetch_client())?, settings.config.ingest_config()))
}

/// What a poll of `source` would bring; where its address fails, what its site has.
async fn look(fetcher: &Fetcher, source: &Source) -> anyhow::Result<Tried> {
    let now = Timestamp::now();
    let found = find(fetcher, source, now).await?;
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

/// The configured address where it works; else what its site has.
async fn find(fetcher: &Fetcher, source: &Source, now: Timestamp) -> anyhow::Result<Found> {
    if source.id.0 == "new" {
        return Ok(discover(fetcher, &Eyes::Here, source, &source.url, now).await?);
    }
    let own = async {
        let page = fetcher.look(source, &source.url, now).await?;
        let feed = Eyes::Here
            .feed(source.kind, &page, &source.page, now)
            .await
            .map_err(|error| anyhow::anyhow!("{error}"))?;
        anyhow::ensure!(!feed.entries.is_empty(), "{} has no entries", source.url);
        let (format, by) = (format_of(source.kind, &page.body), "the configured address".to_owned());
        anyhow::Ok(Found { kind: source.kind, url: page.url, feed, by, format })
    };
    let failed = match own.await {
        Ok(found) => return Ok(found),
        Err(failed) => failed,
    };
    let Some(site) = source.site.as_deref() else { return Err(failed) };
    match discover(fetcher, &Eyes::Here, source, site, now).await {
        Ok(found) => Ok(Found { by: format!("{}; {} failed: {failed:#}", found.by, source.url), ..found }),
        Err(lost) => Err(failed.context(format!("and its site: {lost}"))),
    }
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
    let settings = super::load(cli)?;
    let source = Source { page: rules(args), ..unnamed(&args.url) };
    let tried = look(&fetcher(&settings)?, &source).await?;
    let host = Url::parse(&args.url)
        .ok()
        .and_then(|url| url.host_str().map(|host| host.trim_start_matches("www.").to_owned()))
        .unwrap_or_default();
    let known = settings.config.sources.iter().find(|source| source.url == tried.url);
    if let Some(known) = known {
        anyhow::bail!("{} is watched already, as {}", tried.url, known.id);
    }
    let is_site = tried.url != args.url && tried.kind != SourceKind::Listing;
    let new = NewSource {
        id: args.id.clone().unwrap_or_else(|| id_of(&host)),
        name: args.name.clone().or(tried.title.clone()).unwrap_or(host),
        site: is_site.then(|| args.url.clone()),
        feed: Some(tried.url.clone()),
        kind: tried.kind,
        language: args.language.clone().or(tried.language.clone()),
        interval_s: None,
        backfill: false,
        trust: args.trust,
        user_agent: None,
        allow_networks: Vec::new(),
        verified: true,
        tags: args.tags.clone(),
        page: source.page,
    };
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

fn folder(cli: &Cli) -> anyhow::Result<&Path> {
    super::config_path(cli)
        .filter(|path| path.is_dir())
        .context("there is no folder to write into; name your configuration's folder with --config")
}

fn toml_of(sources: &[NewSource]) -> anyhow::Result<String> {
    #[derive(Serialize)]
    struct Rows<'a> {
        source: &'a [NewSource],
    }
    Ok(toml::to_string(&Rows { source: sources })?)
}

/// `sources import`.
pub fn import(cli: &Cli, args: &ImportArgs) -> anyhow::Result<ExitCode> {
    let settings = super::load(cli)?;
    let page = super::input::file(&args.file, None)?;
    let list = opml::read(&page.body)?;
    anyhow::ensure!(!list.is_empty(), "{} has no subscription in it; is it an OPML file?", args.file);
    let mut ids: BTreeSet<String> =
        settings.config.sources.iter().map(|source| source.id.0.clone()).collect();
    let mut urls: BTreeSet<String> =
        settings.config.sources.iter().map(|source| source.url.clone()).collect();
    let (mut new, mut known, mut unusable) = (Vec::new(), 0, Vec::new());
    for one in list {
        if !Url::parse(&one.feed).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
            unusable.push(one.feed);
            continue;
        }
        if !urls.insert(one.feed.clone()) {
            known += 1;
            continue;
        }
        let name = one.title.unwrap_or_else(|| one.feed.clone());
        let base = ascii_id(&name, &one.feed);
        let id = (1..).map(|n| if n == 1 { base.clone() } else { format!("{base}-{n}") });
        let id = id.take(10_000).find(|id| ids.insert(id.clone())).context("too many sources of one name")?;
        new.push(NewSource {
            id,
            name,
            site: one.site.filter(|site| super::input::is_url(site)),
            feed: Some(one.feed),
            kind: SourceKind::Feed,
            language: one.language.map(|tag| tag.chars().take(2).collect::<String>().to_lowercase()),
            interval_s: None,
            backfill: false,
            trust: 2,
            user_agent: None,
            allow_networks: Vec::new(),
            verified: false,
            tags: one.folders.iter().map(|folder| id_of(folder)).filter(|tag| !tag.is_empty()).collect(),
            page: PageRules::default(),
        });
    }
    let file = if args.dry_run || new.is_empty() {
        None
    } else {
        Some(vedetta_config::add_sources(folder(cli)?, &new)?)
    };
    if cli.json {
        say!("{}", json!({ "added": new, "known": known, "unusable": unusable, "file": file }));
        return Ok(ExitCode::SUCCESS);
    }
    for address in &unusable {
        say!("left out, no web address: {address}");
    }
    say!("{} new, {known} watched already, {} left out", new.len(), unusable.len());
    match &file {
        Some(file) => say!(
            "they stand in {}; `vedetta sources verify` tries them, `systemctl reload vedetta` takes them in",
            file.display()
        ),
        None if args.dry_run => say!("nothing written (--dry-run)\n{}", toml_of(&new)?),
        None => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// An id of small letters, digits and hyphens, of the name or else of the host.
fn ascii_id(name: &str, address: &str) -> String {
    let plain =
        |text: &str| id_of(&text.chars().map(|c| if c.is_ascii() { c } else { ' ' }).collect::<String>());
    let host = Url::parse(address).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    Some(plain(name)).filter(|id| !id.is_empty()).unwrap_or_else(|| plain(&host))
}

/// `sources export`.
pub fn export(cli: &Cli) -> anyhow::Result<ExitCode> {
    let settings = super::load(cli)?;
    let feeds = settings.config.sources.iter().filter(|source| source.kind == SourceKind::Feed);
    let all: Vec<opml::Subscription> = feeds
        .map(|source| opml::Subscription {
            title: Some(source.name.clone()),
            feed: source.url.clone(),
            site: source.site.clone(),
            language: source.language.clone(),
            folders: Vec::new(),
        })
        .collect();
    say!("{}", opml::write("Vedetta", &all).trim_end());
    let left = settings.config.sources.len() - all.len();
    if left > 0 {
        eprintln!("vedetta: {left} source(s) without a feed are left out: the format has no word for them");
    }
    Ok(ExitCode::SUCCESS)
}

/// How one source did.
#[derive(Serialize)]
struct Verdict {
    id: SourceId,
    /// `ok`, `moved` (a redirect leads elsewhere), `found` (another address on its site) or `failed`.
    status: &'static str,
    url: String,
    /// Where the entries are, if elsewhere.
    now_at: Option<String>,
    format: Option<&'static str>,
    entries: usize,
    newest: Option<Timestamp>,
    note: Option<String>,
    #[serde(skip)]
    correction: Option<NewSource>,
}

/// `sources verify`.
pub async fn verify(cli: &Cli, args: &VerifyArgs) -> anyhow::Result<ExitCode> {
    let settings = super::load(cli)?;
    let target = args.write.then(|| folder(cli)).transpose()?;
    let wanted: Vec<Source> = settings
        .config
        .sources
        .iter()
        .filter(|source| args.ids.is_empty() || args.ids.contains(&source.id.0))
        .cloned()
        .collect();
    let unknown = args.ids.iter().find(|id| !wanted.iter().any(|source| source.id.0 == **id));
    if let Some(id) = unknown {
        anyhow::bail!("{id:?} is no id of a source; `vedetta sources list` shows them");
    }
    let fetcher = Arc::new(fetcher(&settings)?);
    let bar = progress(wanted.len() as u64);
    let mut verdicts: Vec<Verdict> = stream::iter(wanted)
        .map(|source| {
            let fetcher = fetcher.clone();
            let bar = bar.clone();
            async move {
                let verdict = check(&fetcher, source).await;
                bar.inc(1);
                verdict
            }
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    bar.finish_and_clear();
    verdicts.sort_by(|a, b| a.id.cmp(&b.id));
    let corrections: Vec<NewSource> =
        verdicts.iter().filter_map(|verdict| verdict.correction.clone()).collect();
    let file = target.map(|folder| vedetta_config::write_verified(folder, &corrections)).transpose()?;
    report(cli, args.report.as_ref(), &verdicts, corrections.len(), file.as_deref())?;
    let failed = verdicts.iter().filter(|verdict| verdict.status == "failed").count();
    Ok(ExitCode::from(u8::from(failed > 0)))
}

async fn check(fetcher: &Fetcher, source: Source) -> Verdict {
    let found = find(fetcher, &source, Timestamp::now()).await;
    let mut verdict = Verdict {
        id: source.id.clone(),
        status: "failed",
        url: source.url.clone(),
        now_at: None,
        format: None,
        entries: 0,
        newest: None,
        note: None,
        correction: None,
    };
    match found {
        Err(error) => verdict.note = Some(format!("{error:#}")),
        Ok(found) => {
            verdict.entries = found.feed.entries.len();
            verdict.newest = found.feed.entries.iter().filter_map(|entry| entry.published).max();
            verdict.format = Some(found.format);
            let same = found.url == source.url && found.kind == source.kind;
            verdict.status = match () {
                () if same => "ok",
                () if found.by == "the configured address" => "moved",
                () => "found",
            };
            if !same {
                verdict.note = Some(found.by);
                verdict.now_at = Some(found.url.clone());
                verdict.correction =
                    Some(NewSource::seen(&Source { url: found.url, kind: found.kind, ..source }));
            }
        }
    }
    verdict
}

fn progress(length: u64) -> ProgressBar {
    let bar = ProgressBar::new(length);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} sources, {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn report(
    cli: &Cli,
    path: Option<&PathBuf>,
    verdicts: &[Verdict],
    corrections: usize,
    file: Option<&Path>,
) -> anyhow::Result<()> {
    let count = |status: &str| verdicts.iter().filter(|verdict| verdict.status == status).count();
    let whole = json!({
        "at": Timestamp::now(), "ok": count("ok"), "moved": count("moved"), "found": count("found"),
        "failed": count("failed"), "sources": verdicts, "corrections": file,
    });
    if let Some(path) = path {
        std::fs::write(path, format!("{whole:#}\n"))
            .with_context(|| format!("the report cannot be written to {}", path.display()))?;
    }
    if cli.json {
        say!("{whole}");
        return Ok(());
    }
    for verdict in verdicts {
        let newest = verdict.newest.map_or("-".to_owned(), |at| at.strftime("%Y-%m-%d").to_string());
        say!(
            "{:7} {:28} {:4} entries, newest {newest:10}  {}",
            verdict.status,
            verdict.id.0,
            verdict.entries,
            verdict.url
        );
        if let Some(address) = &verdict.now_at {
            say!("        now at {address}");
        }
        if let Some(note) = &verdict.note {
            say!("        {note}");
        }
    }
    say!(
        "{} ok, {} moved, {} found elsewhere on their site, {} failed",
        count("ok"),
        count("moved"),
        count("found"),
        count("failed")
    );
    match file {
        Some(file) => say!("{corrections} correction(s) stand in {}", file.display()),
        None if corrections > 0 => {
            say!("--write takes the {corrections} new address(es) into the configuration")
        }
        None => {}
    }
    Ok(())
}
