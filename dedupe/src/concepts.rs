//! What a text is about, in neither language: a glossary of some 1,100 things that news tells of ("lifted off" and
//! "decollato" are `launch`), each with its words in English and in Italian.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use vedetta_domain::Language;

/// A line a concept: its name, English and Italian forms. A form that ends with `*` is the beginning of words.
static GLOSSARY: LazyLock<Glossary> = LazyLock::new(|| Glossary::parse(include_str!("concepts.tsv")));

/// Letters of the shortest beginning.
const SHORTEST: usize = 3;

#[derive(Default)]
struct Forms {
    words: FxHashMap<&'static str, &'static str>,
    /// Beginnings of words.
    stems: FxHashMap<&'static str, &'static str>,
}

impl Forms {
    fn add(&mut self, concept: &'static str, forms: &'static str) {
        for form in forms.split(", ") {
            match form.strip_suffix('*') {
                Some(stem) => self.stems.insert(stem, concept),
                None => self.words.insert(form, concept),
            };
        }
    }

    /// The whole word, else its longest beginning that is known.
    fn concept(&self, word: &str) -> Option<&'static str> {
        let stem = || {
            let ends = word.char_indices().map(|(at, c)| at + c.len_utf8()).skip(SHORTEST - 1);
            ends.filter_map(|end| self.stems.get(&word[..end])).last().copied()
        };
        self.words.get(word).copied().or_else(stem)
    }
}

#[derive(Default)]
struct Glossary {
    english: Forms,
    italian: Forms,
}

impl Glossary {
    fn parse(text: &'static str) -> Self {
        let mut this = Self::default();
        for line in text.lines() {
            let mut parts = line.split('\t');
            let (Some(concept), Some(english), Some(italian)) = (parts.next(), parts.next(), parts.next())
            else {
                continue;
            };
            this.english.add(concept, english);
            this.italian.add(concept, italian);
        }
        this
    }
}

/// The concept that a word, in small letters, stands for. A language without a glossary has none.
pub fn concept(word: &str, language: Language) -> Option<&'static str> {
    match language {
        Language::English => GLOSSARY.english.concept(word),
        Language::Italian => GLOSSARY.italian.concept(word),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::words::folded;

    #[test]
    fn the_languages_meet() {
        let check = |text: &str, language: Language, expected: &[&str]| {
            let found: Vec<_> = folded(text).iter().filter_map(|word| concept(word, language)).collect();
            for concept in expected {
                assert!(found.contains(concept), "{concept} in {text}: {found:?}");
            }
        };
        let both: &[&str] = &["launch", "satellite", "earthquake"];
        check("The satellite was launched. An earthquake!", Language::English, both);
        check("Il satellite è stato lanciato. Un terremoto!", Language::Italian, both);
        assert_eq!(concept("satellite", Language::Other), None);
    }

    #[test]
    fn the_glossary_that_ships_is_whole() {
        let text = include_str!("concepts.tsv");
        let (mut concepts, mut english, mut italian) = (HashSet::new(), HashSet::new(), HashSet::new());
        for line in text.lines() {
            let parts: Vec<&str> = line.split('\t').collect();
            assert_eq!(parts.len(), 3, "{line}");
            assert!(concepts.insert(parts[0]), "{line}");
            for (forms, seen) in [(parts[1], &mut english), (parts[2], &mut italian)] {
                for form in forms.split(", ") {
                    let stem = form.strip_suffix('*').unwrap_or(form);
                    assert!(
                        stem.chars().count() >= SHORTEST - 1 && stem == stem.to_lowercase(),
                        "{form} in {line}"
                    );
                    assert!(seen.insert(form), "{form} twice: {line}");
                }
            }
        }
        assert!(concepts.len() > 1000);
    }
}
