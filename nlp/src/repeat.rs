//! A name that the model found in one place is found again elsewhere in the article, as one entity.

use std::collections::HashMap;

use vedetta_domain::{EntityKind, Origin};

use crate::agree::Part;
use crate::link::{Mark, overlaps_any};
use crate::short_form::whole_words;

/// Only a name found this surely is looked for elsewhere.
const SURE: f32 = 0.8;
/// At most this many names of one article are looked for.
const MOST: usize = 500;

/// What all findings of one name say together.
#[derive(Default)]
struct Votes {
    /// Sum of scores by kind, in [`KINDS`]' order.
    scores: [f32; 4],
    best: f32,
    carried: Vec<String>,
}

const KINDS: [EntityKind; 4] = [EntityKind::Per, EntityKind::Org, EntityKind::Loc, EntityKind::Misc];

impl Votes {
    fn kind(&self) -> EntityKind {
        let at = (0..4).max_by(|&a, &b| self.scores[a].total_cmp(&self.scores[b])).unwrap_or(3);
        KINDS[at]
    }
}

/// Gives every unknown name one kind, and marks its other occurrences in the parts.
pub(crate) fn spread(parts: &[Part], marks: &mut [Vec<Mark>]) {
    let mut votes: HashMap<String, Votes> = HashMap::new();
    for (part, marks) in parts.iter().zip(marks.iter()) {
        for mark in marks.iter().filter(|mark| is_unknown(mark)) {
            let entry = votes.entry(part.text[mark.start..mark.end].to_owned()).or_default();
            if let Some(at) = KINDS.iter().position(|kind| *kind == mark.kind) {
                entry.scores[at] += mark.score;
            }
            entry.best = entry.best.max(mark.score);
            if entry.carried.is_empty() {
                entry.carried = mark.carried.clone();
            }
        }
    }
    let mut names: Vec<(&String, &Votes)> = votes
        .iter()
        .filter(|(name, votes)| votes.kind() != EntityKind::Loc && votes.best >= SURE && is_distinct(name))
        .collect();
    names.sort_unstable_by_key(|(name, _)| *name);
    names.truncate(MOST);
    for (part, marks) in parts.iter().zip(marks) {
        for mark in marks.iter_mut().filter(|mark| is_unknown(mark)) {
            if let Some(votes) = votes.get(&part.text[mark.start..mark.end]) {
                mark.kind = votes.kind();
            }
        }
        let mut more = Vec::new();
        for (start, end, number) in whole_words(part.text, names.iter().map(|(name, _)| name.as_str())) {
            if overlaps_any(marks, start, end) {
                continue;
            }
            let (_, votes) = names[number];
            more.push(Mark {
                start,
                end,
                kind: votes.kind(),
                score: votes.best,
                origin: Origin::Ner,
                entity: None,
                carried: votes.carried.clone(),
            });
        }
        marks.extend(more);
        marks.sort_by_key(|mark| mark.start);
    }
}

fn is_unknown(mark: &Mark) -> bool {
    mark.entity.is_none() && mark.origin == Origin::Ner
}

/// Long enough, and with a capital, not to be an ordinary word elsewhere.
fn is_distinct(name: &str) -> bool {
    name.chars().filter(|c| c.is_alphanumeric()).count() >= 4 && name.chars().any(char::is_uppercase)
}
