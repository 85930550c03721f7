//! `vedetta check`: the daemon's own loader, and the watches' own tests.

use std::process::ExitCode;

use serde_json::json;

use crate::output::say;
use crate::{cli::Cli, commands::ConfigFault};

/// Loads everything, runs the watches' tests, and says what was found.
pub fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    let settings = super::load(cli)?;
    let failed = crate::commands::try_::watch_tests(&settings)?;
    let (sources, watches, channels, entities) = (
        settings.config.sources.len(),
        settings.watches.len(),
        settings.channels.len(),
        settings.config.entities.len(),
    );
    if cli.json {
        let report = json!({
            "sources": sources, "watches": watches, "channels": channels, "entities": entities,
            "warnings": settings.config.warnings, "failed_tests": failed,
        });
        say!("{report}");
    } else {
        say!("{sources} sources, {watches} watches, {channels} channels, {entities} entities");
        for failure in &failed {
            say!("failed: {failure}");
        }
    }
    if failed.is_empty() {
        if !cli.json {
            say!("the configuration is right");
        }
        return Ok(ExitCode::SUCCESS);
    }
    Err(ConfigFault(format!("{} test(s) of the watches fail", failed.len())).into())
}
