//! The command line: names, help and examples. What the commands do stands in `commands/`.

mod sources;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use sources::{AddArgs, ImportArgs, SourcesCommand, VerifyArgs};

/// Watches think-tank and news sources and alerts when something new matches a watchlist.
#[derive(Debug, Parser)]
#[command(name = "vedetta", version, about, long_about = None, propagate_version = true, after_help = EXAMPLES)]
pub struct Cli {
    /// Configuration: a file or a folder; default /etc/vedetta where it exists, on top of what is shipped
    #[arg(long, short, global = true, value_name = "PATH", env = "VEDETTA_CONFIG")]
    pub config: Option<PathBuf>,

    /// Print data as JSON, and logs too
    #[arg(long, global = true)]
    pub json: bool,

    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "Examples:
  vedetta check                       is the configuration right?
  vedetta demo                        the whole path on a sample site, on this machine only
  vedetta try page article.html       what would be read from a page
  vedetta run                         the daemon";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the daemon until SIGTERM; SIGHUP reloads the configuration
    #[command(after_help = "Examples:
  vedetta run
  vedetta run --config ./my-config
  systemctl reload vedetta            check and take an edited configuration")]
    Run,

    /// Poll every source one time, read and judge what is new, deliver, and end
    #[command(after_help = "Examples:
  vedetta once --config ./my-config
  vedetta once --json                 counts as JSON")]
    Once,

    /// Check the configuration with the daemon's own loader; all errors at once
    #[command(after_help = "Examples:
  vedetta check
  vedetta check --config ./my-config --json")]
    Check,

    /// Show the settings in force and where each comes from
    #[command(subcommand)]
    Config(ConfigCommand),

    /// Say what Vedetta makes of a page, a file or a stored item, and why
    #[command(after_help = "Examples:
  vedetta explain https://example.org/article
  vedetta explain article.html
  vedetta explain 0123456789abcdef0123456789abcdef     an item of the store (stop the daemon first)")]
    Explain {
        /// Address, file or item id
        what: String,
    },

    /// Run one stage on given input
    #[command(subcommand)]
    Try(TryCommand),

    /// Look at sources, try addresses, take them in, check them all
    #[command(subcommand)]
    Sources(SourcesCommand),

    /// Look at models, and fetch them
    #[command(subcommand)]
    Model(ModelCommand),

    /// Change the lexicon
    #[command(subcommand)]
    Entities(EntitiesCommand),

    /// Look at the store on disk, check it, make its index anew
    #[command(subcommand)]
    Store(StoreCommand),

    /// Copy the archive to an empty folder; the daemon may run meanwhile
    #[command(
        after_help = "The copy is a data_dir of its own: a daemon that is started on it makes the index anew.
Examples:
  vedetta backup /mnt/backup/vedetta-2026-11-30"
    )]
    Backup {
        /// Folder that is new or empty
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },

    /// Write every stored article as a line of JSON, compressed with zstd; the daemon may run meanwhile
    #[command(after_help = "Examples:
  vedetta export articles.jsonl.zst
  vedetta export week.jsonl.zst --since-days 7
  zstdcat articles.jsonl.zst | jq .telling.title")]
    Export(ExportArgs),

    /// Take the articles of an export in; they never alert (stop the daemon first)
    #[command(after_help = "Examples:
  vedetta import articles.jsonl.zst")]
    Import {
        /// What `vedetta export` wrote
        file: PathBuf,
    },

    /// Forget articles: nothing of what they said stays in any record, message or file, and they are never read again (stop
    /// the daemon first; copies that were made before still have it)
    #[command(after_help = "Examples:
  vedetta forget https://example.org/an-article
  vedetta forget 9589b752ffb31ec108bff84913db0797")]
    Forget {
        /// Addresses, or ids of items
        #[arg(value_name = "URL|ITEM", required = true)]
        what: Vec<String>,
    },

    /// Run the whole path against a sample site on loopback and show the alert
    #[command(after_help = "Examples:
  vedetta demo
  vedetta demo --keep ./demo-data     keep store and configuration to look at")]
    Demo(DemoArgs),

    /// Print shell completions
    #[command(after_help = "Examples:
  vedetta completions bash > /usr/share/bash-completion/completions/vedetta")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },

    /// Print the manual page
    #[command(after_help = "Examples:
  vedetta man | man -l -")]
    Man,

    /// The daemon's own child process; people have no use for it
    #[command(hide = true)]
    Worker,
}

/// What `vedetta config` does.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print every setting with the file that it comes from
    #[command(after_help = "Examples:
  vedetta config show
  vedetta config show --json")]
    Show,
}

/// What `vedetta store` does.
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// List the segments of the archive; the daemon may run meanwhile
    #[command(after_help = "Examples:
  vedetta store stats
  vedetta store stats --json | jq .bytes")]
    Stats,
    /// Read every record and name what is damaged; the daemon may run meanwhile
    #[command(after_help = "Ends with 1 if something is damaged.
Examples:
  vedetta store check
  vedetta store check --json")]
    Check,
    /// Make the index anew from the archive (stop the daemon first)
    #[command(after_help = "Examples:
  systemctl stop vedetta && vedetta store rebuild && systemctl start vedetta")]
    Rebuild,
}

/// Options of `vedetta export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// File that is not there yet
    pub file: PathBuf,
    /// Only articles of the last days
    #[arg(long, value_name = "DAYS")]
    pub since_days: Option<u32>,
}

/// The stages that can be tried.
#[derive(Debug, Subcommand)]
pub enum TryCommand {
    /// Read a feed
    #[command(
        after_help = "Prints {\"title\",\"entries\":[{\"id\",\"url\",\"title\",\"published\",\"summary\"}]}
Examples:
  vedetta try feed feed.xml
  vedetta try feed https://example.org/feed/"
    )]
    Feed(Input),
    /// Extract an article from a page
    #[command(
        after_help = "Prints {\"title\",\"text\",\"language\",\"published\",\"authors\",\"canonical_url\",\"kind\"}
Examples:
  vedetta try page article.html --url https://example.org/article
  vedetta try page https://example.org/article"
    )]
    Page(Input),
    /// Detect the language and tag the entities of texts
    #[command(after_help = "Reads JSONL {\"id\",\"text\"}, writes JSONL
{\"id\",\"language\",\"entities\":[{\"start\",\"end\",\"text\",\"kind\",\"score\",\"origin\",\"entity\"}]}; offsets count
Unicode code points.
Examples:
  printf '{\"id\":1,\"text\":\"SUPARCO launched PRSS-1 from Jiuquan.\"}' | vedetta try tag")]
    Tag,
    /// Match texts against the watches
    #[command(
        name = "match",
        after_help = "Reads JSONL {\"id\",\"source\",\"url\",\"title\",\"text\",\"published\",\"language\"}
(id and text are required), writes JSONL {\"id\",\"language\",\"alerts\":[…],\"entities\":[…]}.
Examples:
  vedetta try match < articles.jsonl"
    )]
    Match,
    /// Run texts through the dedupe ladder, in order
    #[command(after_help = "Reads the JSONL of `try match`, writes JSONL
{\"id\",\"verdict\":\"new\"|\"revision\"|\"exact\"|\"near\"|\"story\",\"of\",\"story\",\"similarity\",\"reasons\"}:
the rung, the earlier article, how alike they are, and what spoke for and against.
Examples:
  vedetta try dedupe < articles.jsonl
  vedetta try dedupe --features < articles.jsonl | jq .features.names")]
    Dedupe {
        /// Show what the story comparison looks at, too
        #[arg(long)]
        features: bool,
    },
}

/// A file or an address.
#[derive(Debug, Args)]
pub struct Input {
    /// File, address, or - for standard input
    #[arg(value_name = "FILE|URL")]
    pub input: String,
    /// Address that relative links count from, for a file
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// Listing or sitemap instead of a feed
    #[arg(long, value_enum, default_value_t = Form::Feed)]
    pub form: Form,
}

/// How entries are found in the input of `try feed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// RSS, Atom or JSON Feed
    Feed,
    /// An HTML page of links
    Listing,
    /// A news sitemap
    Sitemap,
}

/// What can be asked of the model.
#[derive(Debug, Subcommand)]
pub enum ModelCommand {
    /// Say whether a model folder loads, what it tags, and how fast it is
    #[command(after_help = "Examples:
  vedetta model check                 the model of the configuration
  vedetta model check ./my-model")]
    Check {
        /// Folder in the Hugging Face layout, or the name of a model that was fetched
        dir: Option<PathBuf>,
    },
    /// Download a model from a hub; an interrupted download goes on where it broke off
    #[command(
        after_help = "Fetches config.json, the tokenizer's files and model.safetensors (or rust_model.ot), checks
sizes and checksums, and prints the folder. Name the model in vedetta.toml afterwards:
  [worker]
  model = \"owner/name\"
Examples:
  vedetta model fetch Davlan/distilbert-base-multilingual-cased-ner-hrl
  vedetta model fetch owner/name --revision v2 --to ./models"
    )]
    Fetch(FetchArgs),
    /// List the built-in model and those that were fetched
    #[command(after_help = "Examples:
  vedetta model list
  vedetta model list --json")]
    List {
        /// Folder of fetched models; default: models in the data folder
        #[arg(long, value_name = "DIR")]
        models: Option<PathBuf>,
    },
}

/// Options of `vedetta model fetch`.
#[derive(Debug, Args)]
pub struct FetchArgs {
    /// The model's name on the hub
    #[arg(value_name = "OWNER/NAME")]
    pub name: String,
    /// Branch, tag or commit
    #[arg(long, default_value = "main")]
    pub revision: String,
    /// Address of the hub
    #[arg(long, default_value = "https://huggingface.co", value_name = "URL")]
    pub hub: String,
    /// Folder of fetched models; default: models in the data folder
    #[arg(long, value_name = "DIR")]
    pub to: Option<PathBuf>,
}

/// What can be done with the lexicon.
#[derive(Debug, Subcommand)]
pub enum EntitiesCommand {
    /// Take a name into the lexicon; it stands in added/entities/accepted.toml of the configuration
    #[command(after_help = "A running daemon takes it after `systemctl reload vedetta`.
Examples:
  vedetta entities accept SpaceChain --kind ORG --groups space,firm
  vedetta entities accept \"Ahmad Bilal\" --kind PER --groups pakistan,space --alias \"A. Bilal\"")]
    Accept(AcceptArgs),
}

/// Options of `vedetta entities accept`.
#[derive(Debug, Args)]
pub struct AcceptArgs {
    /// The name as texts write it
    pub name: String,
    /// PER, ORG, LOC or MISC
    #[arg(long)]
    pub kind: String,
    /// Groups that watches ask for, with commas between them
    #[arg(long, value_delimiter = ',')]
    pub groups: Vec<String>,
    /// A further form of the name; may be given several times
    #[arg(long = "alias", value_name = "FORM")]
    pub aliases: Vec<String>,
    /// Id of the entity that it is part of
    #[arg(long, value_name = "ID")]
    pub part_of: Option<String>,
    /// Id; default: the name in small letters with hyphens
    #[arg(long)]
    pub id: Option<String>,
}

/// Options of the demo.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Keep configuration and store in this folder
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_examples() {
        fn check(command: &clap::Command) {
            for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
                let help = sub.get_after_help().map(ToString::to_string).unwrap_or_default();
                assert!(
                    sub.has_subcommands() || sub.get_name() == "help" || help.contains("Examples"),
                    "{} has no examples",
                    sub.get_name()
                );
                check(sub);
            }
        }
        check(&super::Cli::command());
    }
}
