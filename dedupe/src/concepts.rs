//! What a text is about, in neither language: a glossary of some 1,100 things that news tells of ("lifted off" and
//! "decollato" are `launch`), each with its words in English and in Italian.

use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

use vedetta_domain::Language;

use crate::words::{Word, split};

/// A line a concept: its name, English and Italian forms. A form that ends with `*` is the beginning of words.
static GLOSSARY: LazyLock<Glossary> = LazyLock::new(|| Glossary::parse(include_str!("concepts.tsv")));

/// Letters of the shortest beginning.
const SHORTEST: usize = 3;

#[derive(Default)]
struct Glossary {
    english: HashMap<&'static str, &'static str>,
    italian: HashMap<&'static str, &'static str>,
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
            this.english.extend(english.split(", ").map(|form| (form, concept)));
            this.italian.extend(italian.split(", ").map(|form| (form, concept)));
        }
        this
    }
}

fn concept(forms: &HashMap<&'static str, &'static str>, word: &str) -> Option<&'static str> {
    let whole = forms.get(word).copied();
    let ends = || word.char_indices().map(|(at, c)| at + c.len_utf8()).skip(SHORTEST - 1);
    whole.or_else(|| {
        let mut begins: Vec<usize> = ends().collect();
        begins.reverse();
        begins.into_iter().find_map(|end| forms.get(format!("{}*", &word[..end]).as_str()).copied())
    })
}

/// How often the text names each concept. A language without a glossary has none.
pub fn concepts(text: &str, language: Language) -> BTreeMap<&'static str, usize> {
    let forms = match language {
        Language::English => &GLOSSARY.english,
        Language::Italian => &GLOSSARY.italian,
        _ => return BTreeMap::new(),
    };
    let (text, words) = split(text);
    let folded = |word: &Word| text[word.start..word.end].to_lowercase();
    let mut found = BTreeMap::new();
    for concept in words.iter().map(folded).filter_map(|word| concept(forms, &word)) {
        *found.entry(concept).or_default() += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_languages_meet() {
        let check = |text: &str, language: Language, expected: &[&str]| {
            let found = concepts(text, language);
            for concept in expected {
                assert!(found.contains_key(concept), "{concept} in {text}: {found:?}");
            }
        };
        let both: &[&str] = &["launch", "satellite", "earthquake"];
        check("The satellite was launched. An earthquake!", Language::English, both);
        check("Il satellite è stato lanciato. Un terremoto!", Language::Italian, both);
        assert!(concepts("Le satellite a été lancé.", Language::Other).is_empty());
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
