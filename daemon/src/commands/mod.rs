//! One file per command; each has `run`.

mod check;
mod config;
mod entities;
mod explain;
mod forget;
mod input;
mod model;
mod once;
mod run;
mod sources;
mod store;
mod try_;

use std::{path::Path, process::ExitCode};

use clap::CommandFactory;
use vedetta_config::{Config, ConfigErrors};
use vedetta_store::StoreError;

use crate::{
    cli::{Cli, Command, ConfigCommand, EntitiesCommand, ModelCommand, SourcesCommand},
    demo,
    settings::Settings,
    worker,
};

/// `EX_CONFIG` of sysexits.
const CONFIG_ERROR: u8 = 78;
/// `EX_UNAVAILABLE` of sysexits.
const UNAVAILABLE: u8 = 69;

/// Runs the command that was asked for.
pub fn dispatch(cli: &Cli) -> anyhow::Result<ExitCode> {
    match &cli.command {
        Command::Run => runtime()?.block_on(run::run(cli)),
        Command::Once => runtime()?.block_on(once::run(cli)),
        Command::Check => check::run(cli),
        Command::Config(ConfigCommand::Show) => config::run(cli),
        Command::Explain { what } => runtime()?.block_on(explain::run(cli, what)),
        Command::Try(command) => try_::run(cli, command),
        Command::Model(ModelCommand::Check { dir }) => model::check(cli, dir.as_deref()),
        Command::Model(ModelCommand::Fetch(args)) => runtime()?.block_on(model::fetch(cli, args)),
        Command::Model(ModelCommand::List { models }) => model::list(cli, models.as_deref()),
        Command::Entities(EntitiesCommand::Accept(args)) => entities::accept(cli, args),
        Command::Sources(SourcesCommand::List) => sources::list(cli),
        Command::Sources(SourcesCommand::Test { what }) => runtime()?.block_on(sources::test(cli, what)),
        Command::Sources(SourcesCommand::Add(args)) => runtime()?.block_on(sources::add(cli, args)),
        Command::Sources(SourcesCommand::Import(args)) => sources::import(cli, args),
        Command::Sources(SourcesCommand::Export) => sources::export(cli),
        Command::Sources(SourcesCommand::Verify(args)) => runtime()?.block_on(sources::verify(cli, args)),
        Command::Store(command) => runtime()?.block_on(store::run(cli, command)),
        Command::Backup { folder } => store::backup(cli, folder),
        Command::Export(args) => store::export(cli, args),
        Command::Import { file } => runtime()?.block_on(store::import(cli, file)),
        Command::Forget { what } => runtime()?.block_on(forget::run(cli, what)),
        Command::Demo(args) => runtime()?.block_on(demo::run(args)),
        Command::Completions { shell } => {
            clap_complete::generate(*shell, &mut Cli::command(), "vedetta", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
        Command::Man => {
            clap_mangen::Man::new(Cli::command()).render(&mut std::io::stdout())?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Worker => worker::server::run().map(|()| ExitCode::SUCCESS),
    }
}

/// The exit code that says what kind of failure it was.
pub fn exit_code(error: &anyhow::Error) -> ExitCode {
    let config = error.chain().any(|cause| {
        cause.is::<ConfigErrors>() || cause.is::<vedetta_alert::ChannelProblem>() || cause.is::<ConfigFault>()
    });
    let unavailable =
        error.chain().any(|cause| cause.is::<StoreError>() || cause.is::<vedetta_http::HttpError>());
    ExitCode::from(if config {
        CONFIG_ERROR
    } else if unavailable {
        UNAVAILABLE
    } else {
        1
    })
}

/// A fault of the configuration that its loader cannot see.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigFault(pub String);

/// The configuration of `--config`, or the default one.
pub fn load(cli: &Cli) -> anyhow::Result<Settings> {
    let config: Config = vedetta_config::load(config_path(cli))?;
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    Settings::new(config)
}

/// Where the operator's configuration stands, if there is one.
fn config_path(cli: &Cli) -> Option<&Path> {
    let default = Path::new("/etc/vedetta");
    cli.config.as_deref().or_else(|| default.is_dir().then_some(default))
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}
