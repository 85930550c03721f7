//! `vedetta model`: whether a model loads and how fast it is, fetching one, and which ones are there.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use serde_json::json;
use vedetta_config::ModelChoice;
use vedetta_http::Client;
use vedetta_nlp::{NerModel, Precision};

use crate::cli::{Cli, FetchArgs};
use crate::hub::{self, Order};
use crate::output::say;
use crate::worker::read::load_model;

/// A sentence of our own, repeated to measure with.
const SAMPLE: &str = "SUPARCO asked the Shanghai Academy of Spaceflight Technology for a second satellite, \
    officials in Islamabad said on Monday. Il satellite partirà da Jiuquan entro l'anno, secondo Pechino. ";

/// Loads the model and tags a sample with it.
pub fn check(cli: &Cli, dir: Option<&Path>) -> anyhow::Result<ExitCode> {
    let choice = match dir {
        Some(dir) => ModelChoice::Path(named(cli, dir)?),
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
    let pieces_per_s = model.pieces(&[&text]) as f64 / tag_s;
    let words_per_s = text.split_whitespace().count() as f64 / tag_s;
    let precision = Precision::of_this_machine().as_str();
    if cli.json {
        let report = json!({
            "id": model.id(), "family": model.family(), "labels": model.labels(), "precision": precision,
            "load_s": load_s, "words_per_s": words_per_s, "pieces_per_s": pieces_per_s, "names": spans.len(),
        });
        say!("{report}");
    } else {
        say!(
            "model {} ({}) loads in {load_s:.1} s and tags {words_per_s:.0} words ({pieces_per_s:.0} pieces) a second \
             in {precision}",
            model.id(),
            model.family()
        );
        say!("labels: {}", model.labels().join(", "));
        let shown = spans.iter().take_while(|span| span.end <= SAMPLE.len());
        for span in shown {
            say!("  {:5} {:.2}  {}", span.kind.to_string(), span.score, &text[span.start..span.end]);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Downloads a model and says whether it loads.
pub async fn fetch(cli: &Cli, args: &FetchArgs) -> anyhow::Result<ExitCode> {
    let settings = super::load(cli)?;
    let order = Order {
        name: args.name.clone(),
        revision: args.revision.clone(),
        hub: args.hub.clone(),
        models: args.to.clone().unwrap_or_else(|| settings.config.general.data_dir.join("models")),
    };
    let client = Client::new(settings.config.fetch_client())?;
    let folder = hub::fetch(&client, &order).await?;
    let at = folder.clone();
    let problem =
        tokio::task::spawn_blocking(move || NerModel::load(&at, Precision::of_this_machine()).err()).await?;
    if cli.json {
        let problem = problem.as_ref().map(ToString::to_string);
        say!(
            "{}",
            json!({ "name": order.name, "folder": folder, "loads": problem.is_none(), "problem": problem })
        );
    } else {
        say!("{} lies in {}", order.name, folder.display());
        match &problem {
            None => say!("it loads; name it in vedetta.toml: [worker] model = {:?}", order.name),
            Some(problem) => say!("it will not load: {problem}"),
        }
    }
    Ok(if problem.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The built-in model and the fetched ones.
pub fn list(cli: &Cli, models: Option<&Path>) -> anyhow::Result<ExitCode> {
    let settings = super::load(cli)?;
    let models = models.map_or_else(|| settings.config.general.data_dir.join("models"), Path::to_owned);
    let fetched = hub::fetched(&models)?;
    let in_use = |folder: Option<&Path>| match (&settings.config.worker.model, folder) {
        (ModelChoice::Builtin, None) => true,
        (ModelChoice::Path(path), Some(folder)) => path == folder,
        _ => false,
    };
    if cli.json {
        let mut rows = vec![json!({ "name": "builtin", "in_use": in_use(None) })];
        rows.extend(fetched.iter().map(|(folder, receipt)| {
            json!({
                "name": receipt.name, "commit": receipt.commit, "hub": receipt.hub, "folder": folder,
                "in_use": in_use(Some(folder)),
            })
        }));
        say!("{}", json!({ "models": rows }));
        return Ok(ExitCode::SUCCESS);
    }
    let mark = |used: bool| if used { '*' } else { ' ' };
    say!("{} builtin", mark(in_use(None)));
    for (folder, receipt) in &fetched {
        let commit: String = receipt.commit.chars().take(12).collect();
        say!("{} {}  {commit}  {}", mark(in_use(Some(folder))), receipt.name, folder.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// A folder, or the one of a fetched model of that name.
fn named(cli: &Cli, dir: &Path) -> anyhow::Result<PathBuf> {
    match dir.to_str().filter(|name| hub::is_name(name) && !dir.exists()) {
        Some(name) => Ok(hub::folder(&super::load(cli)?.config.general.data_dir.join("models"), name)),
        None => Ok(dir.to_owned()),
    }
}
