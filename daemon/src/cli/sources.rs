//! The command line of `vedetta sources`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What can be done with sources.
#[derive(Debug, Subcommand)]
pub enum SourcesCommand {
    /// List what is watched
    #[command(after_help = "Examples:
  vedetta sources list
  vedetta sources list --json | jq -r 'select(.language == \"it\") | .url'")]
    List,
    /// Show what a poll would bring: format, language, entries, the first article's text; nothing is saved
    #[command(
        after_help = "An address may be a feed, a news sitemap, a listing page, or a site's front page: the feed is
searched for from there.
Examples:
  vedetta sources test https://example.org/
  vedetta sources test spacenews
  vedetta sources test https://example.org/feed/ --json"
    )]
    Test {
        /// Address, or id of a source
        what: String,
    },
    /// Take an address into added/sources/accepted.toml of the configuration
    #[command(after_help = "Examples:
  vedetta sources add https://example.org/ --tag space
  vedetta sources add https://example.org/analisi --links 'h2.entry-title a' --language it
  vedetta sources add https://example.org/ --dry-run")]
    Add(AddArgs),
    /// Take the feeds of an OPML file into the configuration
    #[command(after_help = "Feeds that are watched already are left out; folders become tags.
Examples:
  vedetta sources import subscriptions.opml --dry-run
  vedetta sources import subscriptions.opml")]
    Import(ImportArgs),
    /// Print the feeds as OPML
    #[command(after_help = "Examples:
  vedetta sources export > vedetta.opml")]
    Export,
    /// Try every source, in parallel and politely, and say which work, moved, or fail
    #[command(
        after_help = "Where an address fails, its site is searched for another. The exit code is 1 where a source fails.
Examples:
  vedetta sources verify
  vedetta sources verify spacenews ispi --json
  vedetta sources verify --write --report report.json"
    )]
    Verify(VerifyArgs),
}

/// Options of `vedetta sources add`.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// Address of a feed, a news sitemap, a listing page or a site
    #[arg(value_name = "URL")]
    pub url: String,
    /// Id; default: the host's name with hyphens
    #[arg(long)]
    pub id: Option<String>,
    /// Name; default: the feed's title
    #[arg(long)]
    pub name: Option<String>,
    /// Main language (it, en); default: that of the texts
    #[arg(long, value_name = "CODE")]
    pub language: Option<String>,
    /// 1 low, 2, 3 high
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=3))]
    pub trust: u8,
    /// A label; may be given several times
    #[arg(long = "tag", value_name = "TAG")]
    pub tags: Vec<String>,
    /// CSS selector of the article links, for a listing page
    #[arg(long, value_name = "SELECTOR")]
    pub links: Option<String>,
    /// CSS selector of an article's body
    #[arg(long, value_name = "SELECTOR")]
    pub body: Option<String>,
    /// Show what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Options of `vedetta sources import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// OPML file, or - for standard input
    pub file: String,
    /// Show what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Options of `vedetta sources verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Ids; default: all sources
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,
    /// Write the new addresses to added/sources/verified.toml of the configuration
    #[arg(long)]
    pub write: bool,
    /// Write the report, as JSON, to this file
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}
