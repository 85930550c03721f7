//! `vedetta model check`: whether a model loads, and how fast it is.

use std::{path::Path, process::ExitCode, time::Instant};

use serde_json::json;
use vedetta_config::ModelChoice;

use crate::output::say;
use crate::{cli::Cli, worker::read::load_model};

/// A sentence of our own, repeated to measure with.
const SAMPLE: &str = "SUPARCO asked the Shanghai Academy of Spaceflight Technology for a second satellite, \
    officials in Islamabad said on Monday. Il satellite partirà da Jiuquan entro l'anno, secondo Pechino. ";

/// Loads the model and tags a sample with it.
pub fn run(cli: &Cli, dir: Option<&Path>) -> anyhow::Result<ExitCode> {
    let choice = match dir {
        Some(dir) => ModelChoice::Path(dir.to_owned()),
        None => super::load(cli)?.config.worker.model,
    };
    let started = Instant::now();
    let Some(model) = load_model(&choice)? else {
        say!("the configuration names no model: the lexicon works alone");
        return Ok(ExitCode::SUCCESS);
    };
    let load_s = started.elapsed().as_secs_f64();
    let text = SAMPLE.repeat(200);
    let started = Instant::now();
    let spans = model.spans(&[&text], 4096)?.into_iter().next().unwrap_or_default();
    let tag_s = started.elapsed().as_secs_f64();
    let words = text.split_whitespace().count();
    if cli.json {
        say!(
            "{}",
            json!({ "id": model.id(), "load_s": load_s, "words_per_s": words as f64 / tag_s, "names": spans.len() })
        );
    } else {
        say!(
            "model {} loads in {load_s:.1} s and tags {:.0} words a second",
            model.id(),
            words as f64 / tag_s
        );
        for span in spans.iter().take(5) {
            say!("  {span:?}");
        }
    }
    Ok(ExitCode::SUCCESS)
}
