//! Whether two texts are nearly the same: three-word shingles, Jaccard and containment, with a veto of
//! differing figures (market reports and launch notices share a template, not an event).

use std::collections::{BTreeMap, HashSet};

use crate::{
    figures::figures,
    fingerprint::{shingles, words},
};

/// Jaccard similarity from which two texts are nearly the same.
const JACCARD: f32 = 0.8;

/// Share of the shorter text's shingles that stand in the longer one, from which it is inside it.
const CONTAINED: f32 = 0.85;

/// A text shorter than this is inside another by chance.
const CONTAINED_SHINGLES: usize = 40;

/// What a comparison found.
#[derive(Debug, Clone, PartialEq)]
pub struct NearVerdict {
    /// Whether they are nearly the same.
    pub near: bool,
    /// Shared shingles over all shingles.
    pub jaccard: f32,
    /// Shared shingles over those of the shorter text.
    pub containment: f32,
    /// What spoke against it.
    pub vetoes: Vec<String>,
}

/// Compares two texts.
pub fn compare(a: &str, b: &str) -> NearVerdict {
    let (words_a, words_b) = (words(a), words(b));
    let (of_a, of_b) = (shingles(&words_a), shingles(&words_b));
    let shared = of_a.intersection(&of_b).count();
    let shorter = of_a.len().min(of_b.len()).max(1);
    let all = (of_a.len() + of_b.len() - shared).max(1);
    let (jaccard, containment) = (shared as f32 / all as f32, shared as f32 / shorter as f32);
    let alike = jaccard >= JACCARD;
    let inside = containment >= CONTAINED && shorter >= CONTAINED_SHINGLES;
    let vetoes = if alike || inside { vetoes(a, b, &of_a, &of_b) } else { Vec::new() };
    NearVerdict { near: (alike || inside) && vetoes.is_empty(), jaccard, containment, vetoes }
}

/// Figures that stand in the common part of one text and not in the other.
fn vetoes(a: &str, b: &str, of_a: &HashSet<u64>, of_b: &HashSet<u64>) -> Vec<String> {
    let (only_a, only_b) = (changed_figures(a, of_b), changed_figures(b, of_a));
    let (all_a, all_b) = (count(figures(a)), count(figures(b)));
    // A figure that one text has in a passage of its own (a header, a footer) is no contradiction; a
    // figure that changed inside the common text shows on both sides.
    let missing = |mine: &[String], theirs: &BTreeMap<String, usize>| -> Vec<String> {
        mine.iter().filter(|figure| !theirs.contains_key(*figure)).cloned().collect()
    };
    let (gone_a, gone_b) = (missing(&only_a, &all_b), missing(&only_b, &all_a));
    if gone_a.is_empty() || gone_b.is_empty() {
        return Vec::new();
    }
    vec![format!("figures differ in the same sentences: {} against {}", gone_a.join(", "), gone_b.join(", "))]
}

/// Figures of `text` whose line shares most of its words with the other text, though not the figure.
fn changed_figures(text: &str, other: &HashSet<u64>) -> Vec<String> {
    let mut found = Vec::new();
    for sentence in text.split(['\n', '!', '?', ';']).flat_map(|line| line.split(". ")) {
        let numbers = figures(sentence);
        if numbers.is_empty() {
            continue;
        }
        let own = shingles(&words(sentence));
        if own.iter().any(|shingle| other.contains(shingle))
            && !own.iter().all(|shingle| other.contains(shingle))
        {
            found.extend(numbers);
        }
    }
    found
}

fn count(figures: Vec<String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    figures.into_iter().for_each(|figure| *counts.entry(figure).or_default() += 1);
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "The research commission said on Tuesday that its new imaging satellite had reached the planned \
        orbit and that both ground stations were receiving a clean signal. Engineers will test the cameras for three \
        months before the data goes to the ministries that asked for it. The rocket had left the desert range before \
        dawn, and its second stage worked as foreseen. Officials thanked the academy that built the spacecraft and \
        said that talks on a follow-up had begun. Farmers in the south are to get crop maps by the next sowing season.";

    fn check(a: &str, b: &str, near: bool) {
        let verdict = compare(a, b);
        assert_eq!(verdict.near, near, "{verdict:?}");
        assert_eq!(compare(b, a).near, near, "the order does not count");
    }

    #[test]
    fn a_copy_in_another_dress_is_near() {
        check(
            BODY,
            &format!(
                "Eurasia Wire republishes this text from 24 partners.\n{BODY}\nAll rights of 2026 reserved."
            ),
            true,
        );
        check(BODY, &BODY.replace("cameras", "instruments").replace("Tuesday", "Monday"), true);
    }

    #[test]
    fn a_short_report_inside_a_long_one_is_near() {
        let long = format!(
            "{BODY} Analysts doubted the price. {}",
            "Nothing else was said about the plan for long. ".repeat(4)
        );
        let first: String = BODY.split_inclusive(". ").take(4).collect();
        check(&first, &long, true);
    }

    #[test]
    fn the_same_template_with_other_figures_is_not() {
        let report = |index: &str, points: &str| {
            format!("{BODY} The index closed at {index}, up {points} points on the day.")
        };
        check(&report("4,512", "31"), &report("4,498", "12"), false);
        check(&report("4,512", "31"), &report("4.512", "31"), true);
    }

    #[test]
    fn other_texts_are_not() {
        check(BODY, "A short note on quite another matter that shares a word or two with it.", false);
        check("", "", false);
    }
}
