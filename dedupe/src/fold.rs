//! Words in the shape that English and Italian share: `technology` and `tecnologia`, `Iraq` and `Irak` meet. Two words
//! that meet by chance cost little, since a comparison weighs many.

use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Letters of a folded word that count: what follows is the language's own ending.
const LETTERS: usize = 6;

/// Names that the two languages write quite differently, folded: `mosca` → `moscov`. Those of the lexicon are linked anyway.
static NAMES: LazyLock<FxHashMap<String, String>> = LazyLock::new(|| {
    let pairs = include_str!("names.tsv").lines().filter_map(|line| line.split_once(' '));
    pairs.map(|(italian, english)| (fold(italian), fold(english))).collect()
});

/// Words that stand in every text.
static FUNCTION_WORDS: LazyLock<FxHashSet<&'static str>> =
    LazyLock::new(|| include_str!("function_words.txt").split_whitespace().collect());

/// Whether a word, in small letters, says nothing of what a text is about.
pub fn is_function_word(word: &str) -> bool {
    FUNCTION_WORDS.contains(word)
}

/// What stands for a word.
pub fn word_key(word: &str) -> String {
    cut(fold(word))
}

/// What stands for a word of a name.
pub fn name_key(word: &str) -> String {
    let folded = fold(word);
    cut(NAMES.get(&folded).cloned().unwrap_or(folded))
}

fn cut(mut folded: String) -> String {
    if let Some((end, _)) = folded.char_indices().nth(LETTERS) {
        folded.truncate(end);
    }
    folded
}

/// Small letters without accents; one letter for those that sound alike, none for `h`, no letter twice.
fn fold(word: &str) -> String {
    let letters: Vec<char> = match word.is_ascii() {
        true => word.chars().map(|c| c.to_ascii_lowercase()).collect(),
        false => word.to_lowercase().nfd().filter(|c| !is_combining_mark(*c)).collect(),
    };
    let mut folded = String::with_capacity(letters.len());
    let mut last = None;
    for (at, letter) in letters.iter().enumerate() {
        let letter = match letter {
            'p' if letters.get(at + 1) == Some(&'h') => 'f',
            'h' => continue,
            'k' | 'q' => 'c',
            'x' => 's',
            // `nation` and `nazione`, `initiative` and `iniziativa`.
            'z' => 't',
            'y' => 'i',
            'j' => 'g',
            'w' => 'v',
            other => *other,
        };
        if last != Some(letter) {
            folded.push(letter);
            last = Some(letter);
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cognates_of_the_two_languages_meet() {
        for (english, italian) in [
            ("satellite", "satellite"),
            ("technology", "tecnologia"),
            ("negotiations", "negoziati"),
            ("photograph", "fotografia"),
            ("Université", "universita"),
        ] {
            assert_eq!(word_key(english), word_key(italian), "{english} {italian}");
        }
        for (english, italian) in
            [("Moscow", "Mosca"), ("Iraq", "Irak"), ("Beijing", "Pechino"), ("Geneva", "Ginevra")]
        {
            assert_eq!(name_key(english), name_key(italian), "{english} {italian}");
        }
        assert_ne!(word_key("launch"), word_key("scrub"));
        assert!(is_function_word("because") && is_function_word("perché") && !is_function_word("orbit"));
    }

    #[test]
    fn the_table_of_names_is_whole() {
        let lines: Vec<&str> = include_str!("names.tsv").lines().collect();
        assert!(lines.len() > 150 && lines.iter().all(|line| line.split(' ').count() == 2), "{lines:?}");
    }
}
