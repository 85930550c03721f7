//! `vedetta`: the one place that joins the stages. A library so that tests can use the demo's site and
//! receiver; the binary is its only user besides.

mod app;
pub mod cli;
mod commands;
mod committer;
mod deliver;
pub mod demo;
mod discover;
mod health;
mod hub;
pub mod ladder;
mod notify;
mod novelty;
mod output;
mod pipeline;
mod poller;
mod retag;
mod settings;
mod telemetry;
mod tidy;
mod worker;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};

/// Runs the command line.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    telemetry::start(cli.json && matches!(cli.command, Command::Run));
    match commands::dispatch(&cli) {
        Ok(code) => code,
        Err(error) if output::reader_is_gone(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("vedetta: {error:#}");
            commands::exit_code(&error)
        }
    }
}
