//! Where two texts that are nearly the same contradict each other: figures, dates or names that differ in one place.
//!
//! The texts are laid side by side (a patience diff of their shingles). What stands in one alone is its dress if it is
//! whole sentences, or before or after the other; a figure in the middle of a common sentence is another report's.

use similar::{Algorithm, DiffOp};

use crate::{
    days::is_date_word,
    figures::figures,
    near::Prepared,
    words::{SHINGLE, Word, hash},
};

/// Texts that share fewer words are forms: what is exchanged in them counts even where it is whole sentences.
const FORM: usize = 100;

/// Names that begin alike for so many letters are one name, written otherwise.
const SAME_START: usize = 4;

/// Letters in which one name may be mistyped, and how long it must be for that.
const MISTYPED: usize = 2;
const MISTYPED_FROM: usize = 4;

/// Words of one text that stand in the place of words of the other.
struct Place<'a> {
    text: &'a Prepared,
    words: &'a [Word],
    /// Whole sentences.
    whole: bool,
    /// Nothing of this text stands before it, or after it.
    edge: bool,
}

impl<'a> Place<'a> {
    /// The words that shingles `from..to` have for themselves.
    fn of(text: &'a Prepared, from: usize, to: usize) -> Self {
        let count = text.words.len();
        let margin = SHINGLE - 1;
        // The neighbouring shingles are common, and with them the words that they reach into.
        let start = if from == 0 { 0 } else { (from + margin).min(count) };
        let end = if to == text.shingles.len() { count } else { to.max(start) };
        let words = text.words.get(start..end).unwrap_or_default();
        let whole = words.first().is_none_or(|word| word.begins) && words.last().is_none_or(|word| word.ends);
        Self { text, words, whole, edge: start == 0 || end == count }
    }

    fn written(&self) -> &'a str {
        match (self.words.first(), self.words.last()) {
            (Some(first), Some(last)) => {
                let text = &self.text.text;
                // A figure whose decimals alone differ is read whole.
                let number = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',');
                let before = text[..first.start].len() - text[..first.start].trim_end_matches(number).len();
                let after = text[last.end..].len() - text[last.end..].trim_start_matches(number).len();
                let is_figure =
                    |word: &Word| text[word.start..word.end].starts_with(|c: char| c.is_ascii_digit());
                let start = if is_figure(first) { first.start - before } else { first.start };
                let end = if is_figure(last) { last.end + after } else { last.end };
                &text[start..end]
            }
            _ => "",
        }
    }

    /// Figures that the other text has nowhere.
    fn figures(&self, other: &Prepared) -> Vec<String> {
        figures(self.written()).into_iter().filter(|figure| !other.figures.contains_key(figure)).collect()
    }

    fn surface(&self, word: &Word) -> &'a str {
        &self.text.text[word.start..word.end]
    }

    /// Words that pass `which` and that the other text has nowhere.
    fn words(&self, other: &Prepared, which: impl Fn(&Word, &str) -> bool) -> Vec<&'a str> {
        let own = self.words.iter().map(|word| (word, self.surface(word))).filter(|(word, s)| which(word, s));
        let elsewhere = |s: &str| other.vocabulary.contains(&hash(s.to_lowercase().as_bytes()));
        own.map(|(_, s)| s).filter(|s| !elsewhere(s)).collect()
    }

    fn dates(&self, other: &Prepared) -> Vec<&'a str> {
        self.words(other, |_, surface| is_date_word(&surface.to_lowercase()))
    }

    fn names(&self, other: &Prepared) -> Vec<&'a str> {
        self.words(other, |word, surface| {
            let upper = surface.starts_with(char::is_uppercase);
            upper && !word.begins && !is_date_word(&surface.to_lowercase())
        })
    }
}

/// What speaks against their being the same, in words.
pub fn find(a: &Prepared, b: &Prepared) -> Vec<String> {
    let mut found = Vec::new();
    let ops = similar::capture_diff_slices(Algorithm::Patience, &a.shingles, &b.shingles);
    let shared: usize = ops.iter().map(|op| if let DiffOp::Equal { len, .. } = op { *len } else { 0 }).sum();
    for op in ops.iter().filter(|op| !matches!(op, DiffOp::Equal { .. })) {
        let (old, new) = (op.old_range(), op.new_range());
        let (x, y) = (Place::of(a, old.start, old.end), Place::of(b, new.start, new.end));
        // One text ends where the other goes on, or begins later.
        let outside =
            |mine: &Place<'_>, theirs: &Place<'_>| mine.words.is_empty() && (mine.edge || theirs.whole);
        if outside(&x, &y) || outside(&y, &x) || (x.whole && y.whole && shared >= FORM) {
            continue;
        }
        let (mine, theirs) = (x.figures(b), y.figures(a));
        if !mine.is_empty() || !theirs.is_empty() {
            found.push(format!("figures differ in one place: {} against {}", list(&mine), list(&theirs)));
        }
        for (what, mine, theirs) in [("dates", x.dates(b), y.dates(a)), ("names", x.names(b), y.names(a))] {
            if !mine.is_empty() && !theirs.is_empty() && (what == "dates" || !same_name(&mine, &theirs)) {
                found.push(format!("{what} differ in one place: {} against {}", list(&mine), list(&theirs)));
            }
        }
    }
    found
}

fn list<T: AsRef<str>>(words: &[T]) -> String {
    match words {
        [] => "none".to_owned(),
        words => words.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", "),
    }
}

/// One name in two forms: a beginning in common, or the one the initials of the other.
fn same_name(a: &[&str], b: &[&str]) -> bool {
    let initials = |words: &[&str]| words.iter().filter_map(|word| word.chars().next()).collect::<String>();
    let acronym = |short: &[&str], long: &[&str]| {
        short.len() == 1
            && long.len() > 2
            && short[0].to_lowercase().starts_with(&initials(long).to_lowercase())
    };
    let alike = |x: &str, y: &str| {
        let common =
            x.chars().zip(y.chars()).take_while(|(x, y)| x.to_lowercase().eq(y.to_lowercase())).count();
        common >= SAME_START || mistyped(x, y)
    };
    acronym(a, b) || acronym(b, a) || a.iter().any(|x| b.iter().any(|y| alike(x, y)))
}

/// Whether at most `MISTYPED` letters are wrong, missing or too many.
fn mistyped(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) =
        (a.to_lowercase().chars().collect(), b.to_lowercase().chars().collect());
    let shorter = a.len().min(b.len());
    if shorter < MISTYPED_FROM || a.len().abs_diff(b.len()) > MISTYPED {
        return false;
    }
    let same: usize = similar::capture_diff_slices(Algorithm::Myers, &a, &b)
        .iter()
        .map(|op| if let DiffOp::Equal { len, .. } = op { *len } else { 0 })
        .sum();
    shorter - same.min(shorter) <= MISTYPED.min(shorter / MISTYPED_FROM)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(a: &str, b: &str, expected: &[&str]) {
        // Common text around it, so that this is one place of many.
        let of = |part: &str| {
            Prepared::of(
                "",
                &format!("The range opened at dawn for all who came. {part} Nobody else was there."),
            )
        };
        assert_eq!(find(&of(a), &of(b)), expected, "{a} / {b}");
    }

    #[test]
    fn what_stands_in_one_place_is_compared() {
        check(
            "It cost 3.5 million.",
            "It cost 3.6 million.",
            &["figures differ in one place: 3.5 against 3.6"],
        );
        check(
            "It cost millions.",
            "It cost 3.6 millions.",
            &["figures differ in one place: none against 3.6"],
        );
        check(
            "It flew in March again.",
            "It flew in May again.",
            &["dates differ in one place: March against May"],
        );
        check(
            "The rocket of Casc flew.",
            "The rocket of Isro flew.",
            &["names differ in one place: Casc against Isro"],
        );
        for (a, b) in [
            ("The plan of the European Space Agency stands.", "The plan of the ESA stands."),
            ("The port of Jiuquan is dry.", "The port of Jiuquán is dry."),
            ("The plan stands.", "The plan still stands."),
            ("He went.", "He went. In 2024 there were 12."),
        ] {
            check(a, b, &[]);
        }
    }
}
