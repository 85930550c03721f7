//! `vedetta config show`: the settings in force and where each comes from.

use std::process::ExitCode;

use crate::cli::Cli;
use crate::output::say;

/// Prints every setting.
pub fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    let settings = super::load(cli)?;
    let shown = settings.config.show();
    if cli.json {
        say!("{}", serde_json::to_string(&shown)?);
    } else {
        for row in shown {
            say!("{row}");
        }
    }
    Ok(ExitCode::SUCCESS)
}
