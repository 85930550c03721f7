//! A name that was found, taken into the lexicon by a command.

use std::path::{Path, PathBuf};

use serde::Serialize;
use vedetta_domain::EntityKind;

use crate::{
    ConfigErrors,
    added::Added,
    layer::{File, Kind},
    raw,
};

/// The file that commands add to, in the operator's folder.
const FILE: &str = "added/entities/accepted.toml";

/// A record to add.
#[derive(Debug, Clone, Serialize)]
pub struct NewEntity {
    /// Id; kebab-case.
    pub id: String,
    /// Class.
    pub kind: EntityKind,
    /// The name as texts write it.
    #[serde(skip)]
    pub name: String,
    /// Further forms.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Groups that watches ask for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// The entity that it is part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part_of: Option<String>,
}

#[derive(Serialize)]
struct Row<'a> {
    #[serde(flatten)]
    entity: &'a NewEntity,
    name: Name<'a>,
}

#[derive(Serialize)]
struct Name<'a> {
    en: &'a str,
}

#[derive(Serialize)]
struct Rows<'a> {
    entity: [Row<'a>; 1],
}

/// The id that a name gets: its letters and digits in small letters, with hyphens between words.
pub fn id_of(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

/// Adds `entity` to the configuration in `folder` and says in which file it stands. The whole configuration is checked
/// with it first; with an error in it nothing is written.
pub fn accept(folder: &Path, entity: &NewEntity) -> Result<PathBuf, ConfigErrors> {
    let file = Added::new(folder, FILE, Kind::Entities);
    let row = Rows { entity: [Row { entity, name: Name { en: &entity.name } }] };
    let row = toml::to_string(&row)
        .map_err(|error| file.fault(error.to_string(), "give the name as plain text"))?;
    let old = file.text()?;
    let mut files = file.others();
    files.push(file.with(old.clone()));
    if files.iter().any(|file| file.kind == Kind::Entities && names_id(file, &entity.id)) {
        let message = format!("entity {:?} is there already", entity.id);
        return Err(file.fault(
            message,
            "give the new one another id with --id, or add the form to the record that is there",
        ));
    }
    file.write(format!("{}\n\n{row}", old.trim_end()))
}

fn names_id(file: &File, id: &str) -> bool {
    raw::parse::<raw::Entities>(file, &mut ConfigErrors::default())
        .is_some_and(|all| all.entity.iter().any(|entity| entity.get_ref().id == id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entity(name: &str, groups: &[&str]) -> NewEntity {
        NewEntity {
            id: id_of(name),
            kind: EntityKind::Org,
            name: name.into(),
            aliases: vec![],
            groups: groups.iter().map(|group| (*group).into()).collect(),
            part_of: None,
        }
    }

    #[test]
    fn an_accepted_name_is_in_the_next_configuration() {
        let folder = tempfile::tempdir().unwrap();
        accept(folder.path(), &entity("Nova Orbita “Due”", &["space", "firm"])).unwrap();
        let file = accept(folder.path(), &entity("Terza Orbita", &["space"])).unwrap();
        let config = crate::load(Some(folder.path())).unwrap();
        for name in ["Nova Orbita “Due”", "Terza Orbita"] {
            assert!(
                config.entities.iter().any(|e| e.name == name && e.aliases.contains(&name.to_string())),
                "{name}"
            );
        }
        // What would make the configuration wrong is not written.
        let before = std::fs::read_to_string(&file).unwrap();
        for (bad, want) in [
            (entity("Terza Orbita", &["space"]), "is there already"),
            (NewEntity { id: "other".into(), ..entity("SUPARCO", &["space"]) }, "belongs to"),
            (NewEntity { part_of: Some("nobody".into()), ..entity("Quarta", &[]) }, "does not exist"),
            (entity("Quinta", &["Sp ace"]), "unknown group"),
        ] {
            let errors = accept(folder.path(), &bad).unwrap_err();
            assert!(errors.to_string().contains(want), "{errors} lacks {want}");
            assert_eq!(std::fs::read_to_string(&file).unwrap(), before);
        }
    }
}
