//! The lexicon: every id once, every alias one meaning, `part_of` without loops.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use toml::Spanned;
use vedetta_domain::{Entity, EntityId};

use crate::{
    ConfigErrors,
    layer::File,
    raw::{self, line},
};

/// Labels that an entity may carry; a watch asks for them.
pub const GROUPS: &[&str] = &[
    "china",
    "pakistan",
    "space",
    "launch",
    "satellite",
    "military",
    "nuclear",
    "government",
    "firm",
    "university",
    "international",
    "india",
    "usa",
    "europe",
    "italy",
    "russia",
    "gulf",
    "africa",
    "asia",
];

/// Checked entities with the place that each comes from; a later layer replaces by id.
#[derive(Default)]
pub struct Merged {
    pub entities: BTreeMap<String, (Entity, String, usize)>,
}

impl Merged {
    pub fn add(&mut self, file: &File, list: Vec<Spanned<raw::Entity>>, errors: &mut ConfigErrors) {
        for spanned in list {
            let at = line(&file.text, spanned.span().start);
            let raw = spanned.into_inner();
            let twice = self.entities.get(&raw.id).is_some_and(|(_, other, _)| {
                other == &file.name || (file.shipped && other.starts_with("shipped:"))
            });
            if twice {
                errors.add(
                    &file.name,
                    Some(at),
                    format!("entity {:?} stands twice", raw.id),
                    "give one of them another id",
                );
                continue;
            }
            if !raw.enabled {
                self.entities.remove(&raw.id);
                continue;
            }
            for group in raw.groups.iter().filter(|group| !GROUPS.contains(&group.as_str())) {
                // An operator may make groups of their own; a shipped file that does so has a typo.
                let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                if file.shipped || !group.chars().all(plain) {
                    let hint = format!("groups are: {}", GROUPS.join(", "));
                    let message = format!("entity {:?} names the unknown group {group:?}", raw.id);
                    errors.add(&file.name, Some(at), message, hint);
                }
            }
            let entity = convert(raw);
            self.entities.insert(entity.id.0.clone(), (entity, file.name.clone(), at));
        }
    }

    /// What can only be seen once all layers are together.
    pub fn check(&self, errors: &mut ConfigErrors) {
        let mut owners: HashMap<String, &str> = HashMap::new();
        for (entity, file, at) in self.entities.values() {
            for alias in &entity.aliases {
                match owners.insert(fold(alias), &entity.id.0) {
                    Some(other) if other != entity.id.0 => errors.add(
                        file,
                        Some(*at),
                        format!("alias {alias:?} belongs to {other:?} and to {:?}", entity.id.0),
                        "an alias has one meaning; list it as ambiguous, or take it out of one",
                    ),
                    _ => {}
                }
            }
            if let Some(parent) = &entity.part_of
                && !self.entities.contains_key(&parent.0)
            {
                let message =
                    format!("entity {:?} is part of {:?}, which does not exist", entity.id.0, parent.0);
                errors.add(file, Some(*at), message, "check the id's spelling");
            }
            if self.loops(entity) {
                errors.add(
                    file,
                    Some(*at),
                    format!("part_of of {:?} leads back to itself", entity.id.0),
                    "break the loop",
                );
            }
        }
    }

    fn loops(&self, entity: &Entity) -> bool {
        let mut seen = BTreeSet::from([&entity.id]);
        let mut at = entity;
        while let Some((parent, ..)) = at.part_of.as_ref().and_then(|parent| self.entities.get(&parent.0)) {
            if !seen.insert(&parent.id) {
                return true;
            }
            at = parent;
        }
        false
    }
}

fn convert(raw: raw::Entity) -> Entity {
    // A name that is also listed as ambiguous counts as that.
    let ambiguous: BTreeSet<String> = raw.ambiguous.iter().map(|form| fold(form)).collect();
    let mut seen = BTreeSet::new();
    let names = std::iter::once(raw.name.en.clone()).chain(raw.name.it.clone());
    let aliases = names
        .chain(raw.aliases)
        .filter(|form| !ambiguous.contains(&fold(form)) && seen.insert(fold(form)))
        .collect();
    Entity {
        id: EntityId(raw.id),
        kind: raw.kind,
        name: raw.name.en,
        aliases,
        ambiguous: raw.ambiguous,
        adjectives: raw.adjectives,
        groups: raw.groups,
        part_of: raw.part_of.map(EntityId),
    }
}

/// Letters and digits in lower case: what the matcher cannot tell apart is one alias.
fn fold(form: &str) -> String {
    let words = form.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}
