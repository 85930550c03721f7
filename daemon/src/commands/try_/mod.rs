//! `vedetta try`: one stage on given input, for people and for measurements.

mod dedupe;
mod feed;
mod lines;
mod match_;
mod page;
mod tag;

use std::process::ExitCode;

use jiff::Timestamp;
use vedetta_alert::watch::WatchTest;

use crate::{
    cli::{Cli, TryCommand},
    settings::Settings,
    worker::read::{Reader, bare},
};

/// Runs the stage that was asked for.
pub fn run(cli: &Cli, command: &TryCommand) -> anyhow::Result<ExitCode> {
    let settings = super::load(cli)?;
    match command {
        TryCommand::Feed(input) => feed::run(input, &settings)?,
        TryCommand::Page(input) => page::run(input, &settings)?,
        TryCommand::Tag => tag::run(&reader(&settings)?)?,
        TryCommand::Match => match_::run(&reader(&settings)?, &settings)?,
        TryCommand::Dedupe { features } => dedupe::run(&reader(&settings)?, *features)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The worker's stages in this process. A model that does not load is an error here: whoever tries a
/// stage wants to know.
pub fn reader(settings: &Settings) -> anyhow::Result<Reader> {
    let (reader, problem) = Reader::new(&settings.worker_setup())?;
    match problem {
        Some(problem) => Err(problem.into()),
        None => Ok(reader),
    }
}

/// Runs the tests inside the watch files; returns what failed, each with its explanation.
pub fn watch_tests(settings: &Settings) -> anyhow::Result<Vec<String>> {
    if settings.watches.iter().all(|watch| watch.config().test.is_empty()) {
        return Ok(Vec::new());
    }
    let reader = reader(settings)?;
    let mut failed = Vec::new();
    for watch in &settings.watches {
        let tag = |test: &WatchTest| {
            let article = bare(String::new(), test.title.clone(), test.text.clone(), None);
            let tagged = reader.tagger().tag(vec![(article, vedetta_nlp::Hints::default())]);
            tagged.ok().and_then(|mut tagged| tagged.pop()).unwrap_or_default()
        };
        for failure in watch.run_tests(tag, Timestamp::now()) {
            let why = vedetta_alert::explain::verdict(&failure.verdict);
            failed.push(format!("watch {}, test {}: {}\n{why}", watch.id(), failure.name, failure.message));
        }
    }
    Ok(failed)
}
