//! How much a term says by itself, and the weights of the comparison: what `training/stories.py` has learnt.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::{same_event::NUMBERS, story};

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
    /// In how many of them a term is, where it is in several.
    counts: FxHashMap<u32, f32>,
}

impl Learnt {
    fn parse(text: &str) -> Self {
        let mut this = Self::default();
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
                    this.counts.insert(story::hash(kind, key), number(events));
                }
                _ => {}
            }
        }
        this
    }

    /// The share of events that have a term.
    pub fn share(&self, term: u32) -> f32 {
        (self.counts.get(&term).copied().unwrap_or(0.0) + 1.0) / (self.events + 1.5)
    }
}

/// How much a term says: the logarithm of one over the share of events that have it.
pub fn of(term: u32) -> f32 {
    -LEARNT.share(term).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ships_is_whole() {
        assert!(LEARNT.events > 100.0 && LEARNT.counts.len() > 1000 && LEARNT.bias != 0.0);
        assert!(LEARNT.weights.iter().all(|weight| *weight != 0.0), "{:?}", LEARNT.weights);
        assert!(0.2 < LEARNT.same && LEARNT.same < 0.9);
        let rarity = |kind, key| of(story::hash(kind, key));
        assert!(
            rarity('n', "@china") < rarity('n', "@suparco")
                && rarity('n', "@suparco") <= rarity('n', "@none")
        );
    }
}
