//! `vedetta entities accept`: a new name into the lexicon.

use std::process::ExitCode;

use anyhow::Context;
use serde_json::json;
use vedetta_config::NewEntity;
use vedetta_domain::EntityKind;

use crate::cli::{AcceptArgs, Cli};
use crate::output::say;

/// Adds the name to the operator's configuration, if the whole is right with it.
pub fn accept(cli: &Cli, args: &AcceptArgs) -> anyhow::Result<ExitCode> {
    let folder = super::config_path(cli)
        .filter(|path| path.is_dir())
        .context("there is no folder to write into; name your configuration's folder with --config")?;
    let kind = match args.kind.to_ascii_uppercase().as_str() {
        "PER" => EntityKind::Per,
        "ORG" => EntityKind::Org,
        "LOC" => EntityKind::Loc,
        "MISC" => EntityKind::Misc,
        other => anyhow::bail!("{other:?} is no kind; kinds are PER, ORG, LOC and MISC"),
    };
    let name = args.name.trim().to_owned();
    let id = args.id.clone().unwrap_or_else(|| vedetta_config::id_of(&name));
    anyhow::ensure!(!id.is_empty(), "{name:?} has neither letter nor digit; give the name as texts write it");
    let entity = NewEntity {
        id: id.clone(),
        kind,
        name,
        aliases: args.aliases.clone(),
        groups: args.groups.clone(),
        part_of: args.part_of.clone(),
    };
    let file = vedetta_config::accept(folder, &entity)?;
    if cli.json {
        say!("{}", json!({ "id": id, "file": file }));
    } else {
        say!("{id} stands in {}; a running daemon takes it with `systemctl reload vedetta`", file.display());
    }
    Ok(ExitCode::SUCCESS)
}
