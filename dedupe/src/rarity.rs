//! How much a term says by itself, and the weights of the comparison: what `training/stories.py` has learnt.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::{numbers::NUMBERS, story};

/// What was learnt.
pub static LEARNT: LazyLock<Learnt> = LazyLock::new(|| Learnt::parse(include_str!("same_event.weights")));

/// See `same_event.rs`.
#[derive(Debug, Default)]
pub struct Learnt {
    /// Probability from which articles tell the same, on average over a story's tellings.
    pub same: f32,
    pub bias: f32,
    pub weights: [f32; NUMBERS.len()],
    /// Events that were learnt from.
    events: f32,
    /// The terms that are in several of them.
    terms: FxHashMap<u32, Usual>,
    /// Any other term.
    rare: Usual,
}

/// How usual a term is in the learning set.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usual {
    /// The share of events that have it.
    pub share: f32,
    /// How much it says: the logarithm of one over that.
    pub rarity: f32,
}

impl Learnt {
    fn parse(text: &str) -> Self {
        let mut this = Self::default();
        let mut counts = Vec::new();
        let number = |value: &str| value.parse::<f32>().unwrap_or_default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            match line.split(' ').collect::<Vec<_>>().as_slice() {
                ["same", value] => this.same = number(value),
                ["bias", value] => this.bias = number(value),
                ["events", value] => this.events = number(value),
                ["weight", name, value] => {
                    if let Some(at) = NUMBERS.iter().position(|known| known == name) {
                        this.weights[at] = number(value);
                    }
                }
                ["count", kind, key, events] => {
                    let kind = kind.chars().next().unwrap_or_default();
                    counts.push((story::hash(kind, key), number(events)));
                }
                _ => {}
            }
        }
        let events = this.events;
        let usual = |count: f32| {
            let share = (count + 1.0) / (events + 1.5);
            Usual { share, rarity: -share.ln() }
        };
        this.terms = counts.into_iter().map(|(term, count)| (term, usual(count))).collect();
        this.rare = usual(0.0);
        this
    }

    /// How usual a term is.
    pub fn usual(&self, term: u32) -> Usual {
        self.terms.get(&term).copied().unwrap_or(self.rare)
    }
}

/// How much a term says by itself.
pub fn of(term: u32) -> f32 {
    LEARNT.usual(term).rarity
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ships_is_whole() {
        assert!(LEARNT.events > 100.0 && LEARNT.terms.len() > 1000 && LEARNT.bias != 0.0);
        assert!(LEARNT.weights.iter().all(|weight| *weight != 0.0), "{:?}", LEARNT.weights);
        assert!(0.2 < LEARNT.same && LEARNT.same < 0.9);
        let rarity = |kind, key| of(story::hash(kind, key));
        assert!(
            rarity('n', "@china") < rarity('n', "@suparco")
                && rarity('n', "@suparco") <= rarity('n', "@none")
        );
    }
}
