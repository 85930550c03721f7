//! Whether two articles tell the same event: a logistic regression on a handful of numbers that a person can follow.
//!
//! Linked names, concepts of a bilingual glossary and days do not depend on the language; they decide. Measured and left
//! out, since they changed nothing on the set that the weights were learnt on: figures in common, names of the lead, the
//! share of names in common, similarity of words and of titles within a language, of beginnings of words across
//! languages, and of sentence embeddings.
//!
//! The weights and the names that many events share come from `training/stories.py`.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::LazyLock,
};

use jiff::{civil::Date, tz::TimeZone};

use crate::StoryFeatures;

static WEIGHTS: LazyLock<Weights> = LazyLock::new(|| Weights::parse(include_str!("same_event.weights")));

/// Tellings of one event lie within this time, in seconds.
const WINDOW_S: i64 = 7 * 86_400;

/// Probability from which articles tell the same, on average over a story's tellings. Far above a half: in the stream of
/// one watch all articles share actors and matter, and a story too many costs a glance, one too few an event.
pub const SAME: f32 = 0.92;

/// What is compared, in the order of [`StoryFeatures::numbers`].
const NUMBERS: [&str; 6] = [
    "second-shared-name",
    "concepts-alike",
    "other-designator",
    "same-first-day",
    "other-days",
    "days-apart",
];

#[derive(Debug, Default)]
struct Weights {
    bias: f32,
    weights: [f32; NUMBERS.len()],
    /// Events of the training set, and how many of them have a name, where it is several.
    events: f32,
    common: HashMap<String, f32>,
    /// The same for concepts.
    concepts: HashMap<String, f32>,
}

impl Weights {
    fn parse(text: &str) -> Self {
        let mut this = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            match line.split_ascii_whitespace().collect::<Vec<_>>().as_slice() {
                ["bias", value] => this.bias = value.parse().unwrap_or_default(),
                ["events", value] => this.events = value.parse().unwrap_or_default(),
                ["weight", name, value] => {
                    if let Some(at) = NUMBERS.iter().position(|known| known == name) {
                        this.weights[at] = value.parse().unwrap_or_default();
                    }
                }
                ["common", name, events] => {
                    this.common.insert((*name).to_owned(), events.parse().unwrap_or_default());
                }
                ["concept", name, events] => {
                    this.concepts.insert((*name).to_owned(), events.parse().unwrap_or_default());
                }
                _ => {}
            }
        }
        this
    }

    fn rarity(&self, events: Option<&f32>) -> f32 {
        ((self.events + 1.0) / (events.copied().unwrap_or(1.0) + 0.6)).ln()
    }
}

/// How much a name says: the logarithm of one over the share of events that it belongs to.
pub fn rarity(name: &str) -> f32 {
    WEIGHTS.rarity(WEIGHTS.common.get(name))
}

/// The same for a concept.
pub fn rarity_of_concept(concept: &str) -> f32 {
    WEIGHTS.rarity(WEIGHTS.concepts.get(concept))
}

/// What a comparison found.
#[derive(Debug, Clone, PartialEq)]
pub struct StoryVerdict {
    /// Probability that they tell the same event.
    pub score: f32,
    /// The grounds, in words.
    pub reason: String,
}

impl StoryFeatures {
    /// Compares two articles; `None`: too long apart for one event.
    pub fn compare(&self, other: &Self) -> Option<StoryVerdict> {
        let apart_s = match (self.at, other.at) {
            (Some(a), Some(b)) => (a.as_second() - b.as_second()).abs(),
            _ => 0,
        };
        if apart_s > WINDOW_S {
            return None;
        }
        let numbers = self.numbers(other, apart_s);
        let sum: f32 = WEIGHTS.weights.iter().zip(numbers).map(|(weight, number)| weight * number).sum();
        let score = 1.0 / (1.0 + (-(WEIGHTS.bias + sum)).exp());
        Some(StoryVerdict { score, reason: self.grounds(other, apart_s) })
    }

    fn numbers(&self, other: &Self, apart_s: i64) -> [f32; NUMBERS.len()] {
        let shared = |(name, mine): (&String, &f32)| Some(mine.min(*other.names.get(name)?));
        let mut shared: Vec<f32> = self.names.iter().filter_map(shared).collect();
        shared.sort_by(|a, b| b.total_cmp(a));
        [
            // One name in common is an actor, two are a matter.
            shared.get(1).copied().unwrap_or(0.0),
            cosine(&self.concepts, &other.concepts),
            flag(self.is_about_another(other)),
            flag(first_day(self).is_some() && first_day(self) == first_day(other)),
            flag(self.names_other_days(other)),
            apart_s as f32 / 86_400.0,
        ]
    }

    fn is_about_another(&self, other: &Self) -> bool {
        let (mine, theirs) = (&self.designators, &other.designators);
        !mine.is_empty() && !theirs.is_empty() && mine.is_disjoint(theirs)
    }

    fn names_other_days(&self, other: &Self) -> bool {
        let (mine, theirs) = (&self.days, &other.days);
        !mine.is_empty() && !theirs.is_empty() && mine.iter().all(|day| !theirs.contains(day))
    }

    fn grounds(&self, other: &Self, apart_s: i64) -> String {
        let mut grounds = vec![
            format!("names in common: {}", heaviest(&self.names, &other.names)),
            format!("both of: {}", heaviest(&self.concepts, &other.concepts)),
        ];
        if self.is_about_another(other) {
            let list = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(", ");
            grounds.push(format!("about {} against {}", list(&self.designators), list(&other.designators)));
        }
        if let (Some(mine), Some(theirs)) = (first_day(self), first_day(other)) {
            grounds.push(match (mine == theirs, self.names_other_days(other)) {
                (true, _) => format!("on {mine}"),
                (false, true) => format!("on {mine} against {theirs}, no day in common"),
                (false, false) => format!("on {mine} and {theirs}"),
            });
        }
        grounds.push(format!("published {} hours apart", apart_s / 3600));
        grounds.join("; ")
    }
}

/// The heaviest that two articles share, in words.
fn heaviest(a: &BTreeMap<String, f32>, b: &BTreeMap<String, f32>) -> String {
    let shared = a.iter().filter_map(|(name, mine)| Some((name.as_str(), mine.min(*b.get(name)?))));
    let mut shared: Vec<(&str, f32)> = shared.collect();
    shared.sort_by(|a, b| b.1.total_cmp(&a.1));
    match shared.as_slice() {
        [] => "none".to_owned(),
        shared => shared.iter().take(6).map(|(name, _)| *name).collect::<Vec<_>>().join(", "),
    }
}

fn cosine(a: &BTreeMap<String, f32>, b: &BTreeMap<String, f32>) -> f32 {
    let norm = |weights: &BTreeMap<String, f32>| weights.values().map(|w| w * w).sum::<f32>().sqrt();
    let shared: f32 = a.iter().filter_map(|(name, mine)| Some(mine * b.get(name)?)).sum();
    shared / (norm(a) * norm(b)).max(f32::EPSILON)
}

/// The day that it is about: the first that it names, else that of its publication.
fn first_day(features: &StoryFeatures) -> Option<Date> {
    let published = || features.at.map(|at| TimeZone::UTC.to_datetime(at).date());
    features.days.first().copied().or_else(published)
}

fn flag(is: bool) -> f32 {
    f32::from(u8::from(is))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_that_ship_are_whole() {
        assert!(WEIGHTS.bias < 0.0 && WEIGHTS.events > 10.0 && WEIGHTS.common.len() > 20);
        // What speaks for it weighs for it, and what speaks against it against it.
        let [name, concepts, designator, first, other, apart] = WEIGHTS.weights;
        assert!(
            name > 0.0 && concepts > 0.0 && first > 0.0 && designator < 0.0 && other < 0.0 && apart < 0.0
        );
        assert!(rarity("china") < rarity("a-name-that-nobody-has"));
    }
}
