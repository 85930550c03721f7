//! Who and what the texts speak of.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The four classes of the CoNLL-2003 shared task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum EntityKind {
    /// A person.
    Per,
    /// An organisation.
    Org,
    /// A place; launch sites and stations too.
    Loc,
    /// Any other name: satellites, rockets, programmes, treaties.
    Misc,
}

impl fmt::Display for EntityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Per => "PER",
            Self::Org => "ORG",
            Self::Loc => "LOC",
            Self::Misc => "MISC",
        })
    }
}

/// The lexicon's name for an entity: kebab-case, unique over all layers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EntityId(pub String);

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One record of the lexicon (gazetteer), after the configuration was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entity {
    /// Unique id.
    pub id: EntityId,
    /// Class.
    pub kind: EntityKind,
    /// English name, shown to people.
    pub name: String,
    /// All sure forms in both languages, the names among them.
    pub aliases: Vec<String>,
    /// Forms that count only where letter case fits and something else agrees.
    pub ambiguous: Vec<String>,
    /// Demonyms and other inflected forms that point at the entity without naming it.
    pub adjectives: Vec<String>,
    /// Labels that watches ask for (`china`, `pakistan`, `space`).
    pub groups: Vec<String>,
    /// The entity that this one belongs to.
    pub part_of: Option<EntityId>,
}
