//! The gazetteer: known names, found in normalised text.

use std::collections::{HashMap, HashSet};

use vedetta_domain::{Entity, EntityId, EntityKind};

use crate::designator::variants;
use crate::normalise::{Normalised, normalise};
use crate::phrases::{Phrases, joins};

/// A record of the lexicon that contradicts itself or another one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LexiconProblem {
    /// Two records with one id.
    #[error("entity `{0}` is there twice: give one of them another id")]
    DuplicateId(EntityId),
    /// A form without a letter or digit.
    #[error("entity `{entity}` has the empty form `{form}`: remove it")]
    EmptyForm {
        /// The record.
        entity: EntityId,
        /// The form as given.
        form: String,
    },
    /// A record that nothing can find.
    #[error("entity `{0}` has no form: give it an alias")]
    NoForm(EntityId),
    /// One form that would point at two records, or is sure and unsure at once.
    #[error(
        "form `{form}` of entity `{entity}` is also {as_what} of `{other}`: keep it in one place, or make both `ambiguous`"
    )]
    Clash {
        /// The record.
        entity: EntityId,
        /// The form as given.
        form: String,
        /// The other record (or the same one).
        other: EntityId,
        /// `an alias`, `an ambiguous form`, `an adjective`.
        as_what: &'static str,
    },
    /// `part_of` names no record.
    #[error("entity `{entity}` is part of `{parent}`, which is not there: correct the id")]
    UnknownParent {
        /// The record.
        entity: EntityId,
        /// What it names.
        parent: EntityId,
    },
}

/// How far a form can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Sure,
    Ambiguous,
    Adjective,
}

impl Form {
    fn named(self) -> &'static str {
        match self {
            Self::Sure => "an alias",
            Self::Ambiguous => "an ambiguous form",
            Self::Adjective => "an adjective",
        }
    }
}

/// One form as it stands in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Number of the entity.
    pub(crate) entity: usize,
    pub(crate) form: Form,
    /// Number of the pattern.
    pattern: usize,
}

struct Pattern {
    /// The form as the record writes it.
    given: String,
    form: Form,
    /// Whether it counts only with a capital.
    common: bool,
    /// One entity; ambiguous forms and adjectives may have several.
    entities: Vec<usize>,
}

impl Pattern {
    fn new(given: &str, form: Form, entity: usize) -> Self {
        Self { given: given.to_owned(), form, common: may_be_common(given, form), entities: vec![entity] }
    }
}

/// All known entities, ready for searching.
pub struct Lexicon {
    entities: Vec<Entity>,
    by_id: HashMap<EntityId, usize>,
    patterns: Vec<Pattern>,
    phrases: Phrases,
    /// Groups named like a place (`china`): one alone says little of two names' kinship.
    place_groups: HashSet<String>,
}

impl Lexicon {
    /// Checks the records and builds the search; all problems at once.
    pub fn new(entities: &[Entity]) -> Result<Self, Vec<LexiconProblem>> {
        let mut problems = Vec::new();
        let mut by_id = HashMap::new();
        for (at, entity) in entities.iter().enumerate() {
            if by_id.insert(entity.id.clone(), at).is_some() {
                problems.push(LexiconProblem::DuplicateId(entity.id.clone()));
            }
        }
        for entity in entities {
            if let Some(parent) = entity.part_of.as_ref().filter(|parent| !by_id.contains_key(*parent)) {
                problems.push(LexiconProblem::UnknownParent {
                    entity: entity.id.clone(),
                    parent: parent.clone(),
                });
            }
        }
        let (patterns, texts) = patterns(entities, &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        let place_groups = entities
            .iter()
            .filter(|e| e.kind == EntityKind::Loc && e.groups.contains(&e.id.0))
            .map(|e| e.id.0.clone())
            .collect();
        let phrases = Phrases::new(&texts);
        Ok(Self { entities: entities.to_vec(), by_id, patterns, phrases, place_groups })
    }

    /// The record of number `entity`.
    pub(crate) fn entity(&self, entity: usize) -> &Entity {
        &self.entities[entity]
    }

    /// The form behind `hit` as the record writes it.
    pub(crate) fn given(&self, hit: &Hit) -> &str {
        &self.patterns[hit.pattern].given
    }

    /// Every known form in `text` at word boundaries, trusted or not: its byte range and its record.
    pub fn find_all(&self, text: &str) -> Vec<(std::ops::Range<usize>, &Entity)> {
        self.find(text).into_iter().map(|hit| (hit.start..hit.end, self.entity(hit.entity))).collect()
    }

    /// Every form at word boundaries, overlapping ones too, by start.
    pub(crate) fn find(&self, text: &str) -> Vec<Hit> {
        let normalised = Normalised::new(text);
        let mut hits = Vec::new();
        self.phrases.find(&normalised.text, |start, end, pattern| {
            let (start, end) = normalised.original(start, end);
            let known = &self.patterns[pattern];
            if known.common && is_in_small_letters(&text[start..end]) {
                return;
            }
            let hit = |&entity: &usize| Hit { start, end, entity, form: known.form, pattern };
            hits.extend(known.entities.iter().map(hit));
        });
        hits.sort_by_key(|hit| (hit.start, std::cmp::Reverse(hit.end)));
        hits
    }

    /// Whether two entities belong together closely enough for one to vouch for the other's ambiguous form.
    pub(crate) fn related(&self, a: usize, b: usize) -> bool {
        let (first, second) = (&self.entities[a], &self.entities[b]);
        let parent = |e: &Entity| e.part_of.as_ref().and_then(|id| self.by_id.get(id)).copied();
        if parent(first) == Some(b)
            || parent(second) == Some(a)
            || (parent(first).is_some() && parent(first) == parent(second))
        {
            return true;
        }
        let shared: Vec<&String> =
            first.groups.iter().filter(|group| second.groups.contains(group)).collect();
        shared.len() >= 2 || shared.iter().any(|group| !self.place_groups.contains(*group))
    }
}

/// All forms with their generated spellings. A given form goes before another record's generated one.
fn patterns(entities: &[Entity], problems: &mut Vec<LexiconProblem>) -> (Vec<Pattern>, Vec<String>) {
    let mut known: HashMap<String, usize> = HashMap::new();
    let (mut patterns, mut texts): (Vec<Pattern>, Vec<String>) = (Vec::new(), Vec::new());
    let mut generated = Vec::new();
    for (at, entity) in entities.iter().enumerate() {
        let forms = [
            (Form::Sure, &entity.aliases),
            (Form::Ambiguous, &entity.ambiguous),
            (Form::Adjective, &entity.adjectives),
        ];
        if forms.iter().all(|(_, given)| given.is_empty()) {
            problems.push(LexiconProblem::NoForm(entity.id.clone()));
        }
        for (form, given) in
            forms.into_iter().flat_map(|(form, list)| list.iter().map(move |given| (form, given)))
        {
            let text = normalise(given);
            if !text.chars().any(char::is_alphanumeric) {
                problems.push(LexiconProblem::EmptyForm { entity: entity.id.clone(), form: given.clone() });
                continue;
            }
            if form != Form::Adjective {
                generated.extend(variants(&text).into_iter().map(|variant| (variant, given, form, at)));
            }
            match known.get(&text).map(|&i: &usize| &mut patterns[i]) {
                None => {
                    known.insert(text.clone(), patterns.len());
                    patterns.push(Pattern::new(given, form, at));
                    texts.push(text);
                }
                Some(old) if old.form == form && old.entities.contains(&at) => {}
                // "Sino-Pakistani" points at two countries, "IST" may mean two institutes.
                Some(old) if old.form == form && form != Form::Sure => old.entities.push(at),
                Some(old) => problems.push(LexiconProblem::Clash {
                    entity: entity.id.clone(),
                    form: given.clone(),
                    other: entities[old.entities[0]].id.clone(),
                    as_what: old.form.named(),
                }),
            }
        }
    }
    for (text, given, form, at) in generated {
        if let std::collections::hash_map::Entry::Vacant(slot) = known.entry(text) {
            texts.push(slot.key().clone());
            slot.insert(patterns.len());
            patterns.push(Pattern::new(given, form, at));
        }
    }
    (patterns, texts)
}

/// Whether `start..end` is not part of a longer word. An apostrophe or a hyphen parts words.
pub(crate) fn is_word(text: &str, start: usize, end: usize) -> bool {
    let apart = |a: Option<char>, b: Option<char>| !matches!((a, b), (Some(a), Some(b)) if joins(a, b));
    let found = &text[start..end];
    apart(found.chars().next(), text[..start].chars().next_back())
        && apart(found.chars().next_back(), text[end..].chars().next())
}

/// Whether a sure form in small letters is taken for a common word: short, one word, a name by its capital.
fn may_be_common(given: &str, form: Form) -> bool {
    form == Form::Sure
        && given.chars().count() <= 5
        && given.chars().any(char::is_uppercase)
        && given.chars().all(char::is_alphabetic)
}

/// "china" on a table is porcelain.
fn is_in_small_letters(found: &str) -> bool {
    !found.chars().any(char::is_uppercase) && found.chars().any(char::is_lowercase)
}
