//! `vedetta config show`: the settings in force and where each comes from.

use std::process::ExitCode;

use crate::cli::Cli;

/// Prints every setting.
pub fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    let settings = super::load(cli)?;
    let shown = settings.config.show();
    if cli.json {
        println!("{}", serde_json::to_string(&shown)?);
    } else {
        for row in shown {
            println!("{row}");
        }
    }
    Ok(ExitCode::SUCCESS)
}
