//! The lexicon that we ship must build.

use serde::Deserialize;
use vedetta_domain::{Entity, EntityId, EntityKind};
use vedetta_nlp::Lexicon;

#[derive(Deserialize)]
struct File {
    entity: Vec<Record>,
}

/// A record as the files write it; the config crate checks it more closely.
#[derive(Deserialize)]
struct Record {
    id: String,
    kind: EntityKind,
    name: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    ambiguous: Vec<String>,
    #[serde(default)]
    adjectives: Vec<String>,
    #[serde(default)]
    groups: Vec<String>,
    part_of: Option<String>,
}

#[test]
fn the_shipped_lexicon_has_no_problem() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/entities");
    let mut entities = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let file: File = toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        entities.extend(file.entity.into_iter().map(|record| {
            let mut aliases = record.aliases;
            // A name that is ambiguous itself is listed there, and is no sure form.
            aliases.extend(record.name.values().filter(|name| !record.ambiguous.contains(name)).cloned());
            Entity {
                name: record.name.get("en").cloned().unwrap_or_default(),
                id: EntityId(record.id),
                kind: record.kind,
                aliases,
                ambiguous: record.ambiguous,
                adjectives: record.adjectives,
                groups: record.groups,
                part_of: record.part_of.map(EntityId),
            }
        }));
    }
    assert!(entities.len() > 100);
    if let Err(problems) = Lexicon::new(&entities) {
        panic!("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
    }
}
