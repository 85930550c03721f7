//! Whether two texts are nearly the same: three-word shingles, Jaccard and containment, with a veto where they contradict
//! each other (market reports and launch notices share a template, not an event; see `contradiction`).

use std::collections::{HashMap, HashSet};

use rustc_hash::FxHashSet;

use crate::{
    contradiction,
    figures::figures,
    fingerprint::SHORT,
    words::{SHINGLE, Word, folded, hashes, runs, split},
};

/// Jaccard similarity from which two texts are nearly the same.
const JACCARD: f32 = 0.8;

/// Share of the shorter text's shingles that stand in the longer one, from which it is inside it.
const CONTAINED: f32 = 0.85;

/// A text shorter than this is inside another by chance.
const CONTAINED_SHINGLES: usize = 40;

/// Share of the shorter title's words that two short texts must have in common.
const TITLE: f32 = 0.5;

/// A text made ready for comparisons.
#[derive(Debug, Clone, Default)]
pub struct Prepared {
    /// The text in compatibility form.
    pub text: String,
    /// Its words.
    pub words: Vec<Word>,
    /// Hashes of its runs of three words, in order.
    pub shingles: Vec<u64>,
    /// The same as a set.
    pub shingle_set: FxHashSet<u64>,
    /// Hashes of its words.
    pub vocabulary: FxHashSet<u64>,
    /// Its figures, with how often they stand there.
    pub figures: HashMap<String, usize>,
    title: HashSet<String>,
}

impl Prepared {
    /// Prepares the text of an article and its title.
    pub fn of(title: &str, text: &str) -> Self {
        let (text, words) = split(text);
        let hashes = hashes(&text, &words);
        let shingles = runs(&hashes, SHINGLE);
        let mut counts = HashMap::new();
        figures(&text).into_iter().for_each(|figure| *counts.entry(figure).or_default() += 1);
        Self {
            shingle_set: shingles.iter().copied().collect(),
            vocabulary: hashes.into_iter().collect(),
            figures: counts,
            title: folded(title).into_iter().collect(),
            text: text.into_owned(),
            words,
            shingles,
        }
    }
}

/// In what way two texts are nearly the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nearness {
    /// As a whole, figure by figure.
    Alike,
    /// The one is in the other, which has passages of its own: dress, an introduction, a longer version.
    Contained,
}

/// What a comparison found.
#[derive(Debug, Clone, PartialEq)]
pub struct NearVerdict {
    /// In what way they are the same, if they are.
    pub kind: Option<Nearness>,
    /// Shared shingles over all shingles.
    pub jaccard: f32,
    /// Shared shingles over those of the shorter text.
    pub containment: f32,
    /// What spoke against it.
    pub vetoes: Vec<String>,
}

/// Compares two texts.
pub fn compare(a: &Prepared, b: &Prepared) -> NearVerdict {
    let shared = a.shingle_set.intersection(&b.shingle_set).count();
    let (of_a, of_b) = (a.shingle_set.len(), b.shingle_set.len());
    let shorter = of_a.min(of_b).max(1);
    let all = (of_a + of_b - shared).max(1);
    let (jaccard, containment) = (shared as f32 / all as f32, shared as f32 / shorter as f32);
    let alike = jaccard >= JACCARD;
    let inside = containment >= CONTAINED && shorter >= CONTAINED_SHINGLES;
    let vetoes = if alike || inside { vetoes(a, b) } else { Vec::new() };
    let kind = match (alike && a.figures == b.figures, alike || inside) {
        _ if !vetoes.is_empty() => None,
        (true, _) => Some(Nearness::Alike),
        (false, true) => Some(Nearness::Contained),
        (false, false) => None,
    };
    NearVerdict { kind, jaccard, containment, vetoes }
}

fn vetoes(a: &Prepared, b: &Prepared) -> Vec<String> {
    let mut vetoes = contradiction::find(a, b);
    if a.words.len().min(b.words.len()) < SHORT {
        let shared = a.title.intersection(&b.title).count() as f32;
        if shared < TITLE * a.title.len().min(b.title.len()) as f32 {
            vetoes.push("short texts under titles that share little".into());
        }
    }
    vetoes
}

#[cfg(test)]
mod tests {
    use super::{
        Nearness::{Alike, Contained},
        *,
    };

    const BODY: &str = "The research commission said on Tuesday that its new imaging satellite had reached the planned \
        orbit and that both ground stations were receiving a clean signal. Engineers will test the cameras for three \
        months before the data goes to the ministries that asked for it. The rocket had left the desert range before \
        dawn, and its second stage worked as foreseen. Officials thanked the academy that built the spacecraft and \
        said that talks on a follow-up had begun. Farmers in the south are to get crop maps by the next sowing season.";

    fn check(a: &str, b: &str, kind: Option<Nearness>) {
        let of = |text| Prepared::of("The same title", text);
        let verdict = compare(&of(a), &of(b));
        assert_eq!(verdict.kind, kind, "{verdict:?}\n{b}");
        assert_eq!(compare(&of(b), &of(a)).kind, kind, "the order does not count");
    }

    #[test]
    fn a_copy_in_another_dress_is_near() {
        check(
            BODY,
            &format!(
                "Eurasia Wire republishes this text from 24 partners.\n{BODY}\nAll rights of 2026 reserved."
            ),
            Some(Contained),
        );
        check(BODY, &BODY.replace("cameras", "instruments"), Some(Alike));
    }

    #[test]
    fn a_short_report_inside_a_long_one_is_near() {
        let long = format!(
            "{BODY} Analysts doubted the price. {}",
            "Nothing else was said about the plan for long. ".repeat(4)
        );
        let first: String = BODY.split_inclusive(". ").take(4).collect();
        check(&first, &long, Some(Contained));
        check(&first, &format!("In a note of 31 July the agency writes: {long}"), Some(Contained));
    }

    #[test]
    fn one_template_with_other_figures_dates_or_names_is_not() {
        let report = |index: &str, points: &str| {
            format!("{BODY} The index closed at {index}, up {points} points on the day.")
        };
        check(&report("4,512", "31"), &report("4,498", "12"), None);
        check(&report("4,512", "31"), &report("4.512", "31"), Some(Alike));
        check(BODY, &BODY.replace("Tuesday", "Monday"), None);
        check(BODY, &BODY.replace("orbit and", "orbit of 612 kilometres and"), None);
        let launch = |satellite: &str, site: &str| {
            BODY.replace("imaging satellite", satellite).replace("desert range", site)
        };
        check(
            &launch("satellite Zohra", "Taiyuan range"),
            &launch("satellite Mehreen", "Taiyuan range"),
            None,
        );
        check(
            &launch("satellite Zohra", "Taiyuan range"),
            &launch("satellite Zohra", "Taijuan range"),
            Some(Alike),
        );
    }

    #[test]
    fn a_filled_form_belongs_to_its_title() {
        let check = |a: &str, b: &str, near: bool| {
            let form = "Quarterly dividend of 18 cents against 18 cents before. Payable on April 1, record of March 20.";
            assert_eq!(
                compare(&Prepared::of(a, form), &Prepared::of(b, form)).kind.is_some(),
                near,
                "{a} / {b}"
            );
        };
        check("Rowe Furniture sets payout", "Kenan Transport in dividend", false);
        check("Rowe Furniture sets payout", "ROWE FURNITURE SETS QUARTERLY PAYOUT", true);
    }

    #[test]
    fn other_texts_are_not() {
        check(BODY, "A short note on quite another matter that shares a word or two with it.", None);
        check("", "", None);
    }
}
