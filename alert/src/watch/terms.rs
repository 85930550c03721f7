//! Terms with inflection, found in one walk over an article's words.

use std::collections::HashMap;

use super::reading::{Reading, fold, is_joiner};

/// The shortest stem that may begin a term: shorter ones meet half the dictionary.
const STEM_MIN: usize = 3;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    Exact(String),
    Stem(String),
    Any,
}

impl Word {
    fn meets(&self, folded: &str) -> bool {
        match self {
            Self::Exact(word) => word == folded,
            Self::Stem(stem) => folded.starts_with(stem.as_str()),
            Self::Any => true,
        }
    }
}

/// A word, a stem (`satellit*`) or a phrase of these (`stazion* di terra`, `between * and`).
#[derive(Debug, Clone)]
pub(crate) struct Term {
    words: Vec<Word>,
    /// Set where letter case counts: the words as they must stand.
    cased: Option<Vec<String>>,
}

impl Term {
    /// Reads one term; the error says what is wrong with it.
    pub fn parse(text: &str, cased: bool) -> Result<Self, String> {
        let mut words = Vec::new();
        let mut raw = Vec::new();
        for part in text.split(|c: char| c.is_whitespace() || is_joiner(c)).filter(|p| !p.is_empty()) {
            let stem = part.trim_end_matches('*');
            if part == "*" {
                words.push(Word::Any);
            } else if stem.is_empty() || !stem.chars().all(char::is_alphanumeric) {
                return Err(format!(
                    "`{part}` is not a word: letters and digits, with one `*` at the end at most"
                ));
            } else if stem.len() == part.len() {
                words.push(Word::Exact(fold(part)));
            } else if words.is_empty() && stem.chars().count() < STEM_MIN {
                return Err(format!("stem `{part}` is shorter than {STEM_MIN} letters"));
            } else {
                words.push(Word::Stem(fold(stem)));
            }
            raw.push(part.to_string());
        }
        match words.first() {
            None => Err("the term is empty".into()),
            Some(Word::Any) => Err("a term cannot begin with `*`".into()),
            Some(_) => Ok(Self { words, cased: cased.then_some(raw) }),
        }
    }
}

/// Many terms under one index; each carries a label of the caller's.
#[derive(Debug, Default)]
pub(crate) struct TermIndex {
    terms: Vec<(Term, usize)>,
    exact: HashMap<String, Vec<usize>>,
    /// By the first bytes of the stem.
    stems: HashMap<Vec<u8>, Vec<usize>>,
}

impl TermIndex {
    pub fn add(&mut self, term: Term, label: usize) {
        let at = self.terms.len();
        match term.words.first() {
            Some(Word::Exact(word)) => self.exact.entry(word.clone()).or_default().push(at),
            Some(Word::Stem(stem)) => {
                self.stems.entry(stem.as_bytes()[..STEM_MIN].to_vec()).or_default().push(at);
            }
            Some(Word::Any) | None => return,
        }
        self.terms.push((term, label));
    }

    /// Calls `found(label, sentence, first token, one past the last)` for each occurrence.
    pub fn find(&self, reading: &Reading<'_>, mut found: impl FnMut(usize, usize, usize, usize)) {
        for (index, sentence) in reading.sentences.iter().enumerate() {
            for first in sentence.first_token..sentence.last_token {
                let folded = &reading.tokens[first].folded;
                let exact = self.exact.get(folded);
                let stem = folded.as_bytes().get(..STEM_MIN).and_then(|key| self.stems.get(key));
                for &at in exact.into_iter().chain(stem).flatten() {
                    let (term, label) = &self.terms[at];
                    let last = first + term.words.len();
                    if last <= sentence.last_token && stands_at(term, reading, sentence.in_title, first) {
                        found(*label, index, first, last);
                    }
                }
            }
        }
    }
}

fn stands_at(term: &Term, reading: &Reading<'_>, in_title: bool, first: usize) -> bool {
    let tokens = &reading.tokens[first..first + term.words.len()];
    let folded = term.words.iter().zip(tokens).enumerate();
    folded.into_iter().all(|(i, (word, token))| (i == 0 || token.joined) && word.meets(&token.folded))
        && term.cased.as_ref().is_none_or(|raw| {
            let field = reading.field(in_title);
            raw.iter().zip(tokens).all(|(word, token)| match word.strip_suffix('*') {
                Some(stem) => field[token.start..token.end].starts_with(stem),
                None => field[token.start..token.end] == **word,
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use vedetta_domain::TaggedArticle;

    fn check(term: &str, cased: bool, text: &str, expected: &[&str]) {
        let mut tagged = TaggedArticle::default();
        tagged.article.text = text.into();
        let mut index = TermIndex::default();
        index.add(Term::parse(term, cased).unwrap(), 0);
        let reading = Reading::new(&tagged);
        let mut found = Vec::new();
        index.find(&reading, |_, _, first, last| {
            found.push(&text[reading.tokens[first].start..reading.tokens[last - 1].end]);
        });
        assert_eq!(found, expected, "{term} in {text}");
    }

    #[test]
    fn terms_meet_words_stems_and_phrases() {
        check(
            "satellit*",
            false,
            "Il satellite, i satelliti, SATELLITARE; sat",
            &["satellite", "satelliti", "SATELLITARE"],
        );
        check(
            "stazion* di terra",
            false,
            "le stazioni di terra, le stazioni, di terra",
            &["stazioni di terra"],
        );
        check("space-based", false, "space based and Space‑Based", &["space based", "Space‑Based"]);
        check("between * and", false, "between China and Pakistan", &["between China and"]);
        check("chang e*", false, "la Chang’e-6 e Chang E6", &["Chang’e", "Chang E6"]);
        check("citta", false, "Città", &["Città"]);
        check("SAR", true, "sar SAR", &["SAR"]);
    }

    #[test]
    fn damaged_terms_are_refused() {
        for bad in ["", "*", "* a", "sa*", "a+b", "**"] {
            assert!(Term::parse(bad, false).is_err(), "{bad:?}");
        }
    }
}
