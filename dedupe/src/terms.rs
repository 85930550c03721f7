//! What an article is made of, for the story comparison: its names, what happens, figures and words, in a shape that does
//! not depend on the language, each with how often it stands in the lead and in the whole.
//!
//! The lead is the title, which counts twice, and the first two sentences: news tells first what it is about.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashSet},
};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::Serialize;
use vedetta_domain::{EntityKind, Language, Mention, Origin, TaggedArticle};

use crate::{
    concepts::concept,
    days::{days, is_of_the_calendar},
    fold::{is_function_word, name_key, word_key},
    words::{Word, split},
};

/// Sentences of the text that are of the lead.
const LEAD: usize = 2;
/// Words of the text that are looked at. Two long texts share much by chance, so that the comparison is learnt and done on
/// beginnings of one length; news tells there what it is about.
const WORDS: usize = 200;
/// How much a word of the title counts.
const TITLE: f32 = 2.0;
/// Letters of the shortest word of a name where it is not in the lexicon.
const NAME_LETTERS: usize = 3;
/// Letters of the shortest word, and of the shortest that counts as a long one.
const WORD_LETTERS: usize = 4;
const LONG_LETTERS: usize = 5;
/// How much a capital word counts that nothing has tagged, and how much a name does that is not in the lexicon.
const CAPITAL: f32 = 0.6;
const UNLINKED: f32 = 0.8;
/// Days that are kept.
const DAYS: usize = 12;

/// Kinds of terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Kind {
    /// A concept of the glossary.
    #[serde(rename = "c")]
    Concept,
    /// A figure.
    #[serde(rename = "f")]
    Figure,
    /// `@` and the id of an entity, or a word of a name that is not known.
    #[serde(rename = "n")]
    Name,
    /// A word of four letters.
    #[serde(rename = "s")]
    Short,
    /// A longer word.
    #[serde(rename = "w")]
    Word,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Concept, Self::Figure, Self::Name, Self::Short, Self::Word];

    /// The kind that a letter stands for.
    pub fn of(letter: char) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.letter() == letter)
    }

    /// The letter that stands for it.
    pub fn letter(self) -> char {
        match self {
            Self::Concept => 'c',
            Self::Figure => 'f',
            Self::Name => 'n',
            Self::Short => 's',
            Self::Word => 'w',
        }
    }
}

/// Terms → how often each stands in the lead and in the whole, weighted.
pub type Terms = BTreeMap<Kind, BTreeMap<String, [f32; 2]>>;

/// All that is compared of an article, in words.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct StoryTerms {
    /// Its terms.
    pub terms: Terms,
    /// The days that it names, in its order.
    pub days: Vec<Date>,
    /// When it was published, or first seen.
    pub at: Option<Timestamp>,
    /// Code of its language.
    pub language: String,
}

impl StoryTerms {
    /// The terms of an article.
    pub fn of(tagged: &TaggedArticle, first_seen: Timestamp) -> Self {
        let title = tagged.article.title.as_deref().unwrap_or_default();
        let language = tagged.language.language;
        let text = beginning(&tagged.article.text);
        let parts = [
            Part::of(title, true, &tagged.title_mentions, language),
            Part::of(text, false, &tagged.mentions, language),
        ];
        let small: HashSet<&str> = parts.iter().flat_map(Part::small).collect();
        let mut terms = Terms::default();
        for part in &parts {
            part.names(&mut terms);
            part.words(&mut terms, &small);
        }
        let at = tagged.article.published.unwrap_or(first_seen);
        let mut named = Vec::new();
        for day in days(&format!("{title}. {text}"), TimeZone::UTC.to_datetime(at).date()) {
            if named.len() < DAYS && !named.contains(&day) {
                named.push(day);
            }
        }
        Self { terms, days: named, at: Some(at), language: language.code().to_owned() }
    }
}

/// The first [`WORDS`] words.
fn beginning(text: &str) -> &str {
    let mut gaps = text.char_indices().filter(|(_, c)| c.is_whitespace()).map(|(at, _)| at);
    let mut words = text.split_whitespace();
    match words.nth(WORDS) {
        // Gaps may be wider than one space, so that this is a few words less.
        Some(_) => &text[..gaps.nth(WORDS).unwrap_or(text.len())],
        None => text,
    }
}

/// The title or the text.
struct Part<'a> {
    is_title: bool,
    language: Language,
    mentions: &'a [Mention],
    /// In Unicode's compatibility form.
    text: Cow<'a, str>,
    words: Vec<Word>,
    /// In small letters.
    folded: Vec<String>,
    /// The sentence of each word.
    sentences: Vec<usize>,
}

impl<'a> Part<'a> {
    fn of(text: &'a str, is_title: bool, mentions: &'a [Mention], language: Language) -> Self {
        let (text, words) = split(text);
        let folded = words.iter().map(|word| text[word.start..word.end].to_lowercase()).collect();
        let sentences = words.iter().scan(0, |sentence, word| {
            let own = *sentence;
            *sentence += usize::from(word.ends);
            Some(own)
        });
        let sentences = sentences.collect();
        Self { is_title, language, mentions, text, words, folded, sentences }
    }

    fn letter(&self, n: usize) -> char {
        self.text[self.words[n].start..].chars().next().unwrap_or(' ')
    }

    /// Words that begin with a small letter somewhere.
    fn small(&self) -> impl Iterator<Item = &str> {
        let small = (0..self.words.len()).filter(|n| self.letter(*n).is_lowercase());
        small.map(|n| self.folded[n].as_str())
    }

    /// Counts a term that stands at word `n`.
    fn count(&self, terms: &mut Terms, kind: Kind, key: String, n: usize, weight: f32) {
        let [lead, whole] =
            match (self.is_title, self.sentences.get(n).is_some_and(|sentence| *sentence < LEAD)) {
                (true, _) => [TITLE, TITLE],
                (false, true) => [1.0, 1.0],
                (false, false) => [0.0, 1.0],
            };
        let count = terms.entry(kind).or_default().entry(key).or_default();
        count[0] += weight * lead;
        count[1] += weight * whole;
    }

    /// The words that a mention covers.
    fn covered(&self, mention: &Mention) -> std::ops::Range<usize> {
        let from = self.words.partition_point(|word| word.end <= mention.start);
        from..from.max(self.words.partition_point(|word| word.start < mention.end))
    }

    fn names(&self, terms: &mut Terms) {
        for mention in self.mentions.iter().filter(|mention| mention.origin != Origin::Adjective) {
            let kind = match mention.kind {
                EntityKind::Misc => 1.2,
                EntityKind::Org | EntityKind::Per => 1.0,
                EntityKind::Loc => 0.8,
            };
            let covered = self.covered(mention);
            if covered.is_empty() {
                // Behind the beginning.
                continue;
            }
            if let Some(id) = &mention.entity {
                self.count(terms, Kind::Name, format!("@{id}"), covered.start, kind);
                continue;
            }
            for n in covered.filter(|n| self.folded[*n].chars().count() >= NAME_LETTERS) {
                self.count(terms, Kind::Name, name_key(&self.folded[n]), n, kind * UNLINKED);
            }
        }
    }

    fn words(&self, terms: &mut Terms, small: &HashSet<&str>) {
        let mut tagged = vec![false; self.words.len()];
        for mention in self.mentions {
            tagged[self.covered(mention)].fill(true);
        }
        for (n, word) in self.folded.iter().map(String::as_str).enumerate() {
            if let Some(concept) = concept(word, self.language) {
                self.count(terms, Kind::Concept, concept.to_owned(), n, 1.0);
            }
            if let Some(figure) = self.figure(n) {
                self.count(terms, Kind::Figure, figure, n, 1.0);
            }
            let letters = word.chars().count();
            let numeral = word.chars().all(|c| c.is_ascii_digit());
            if letters < WORD_LETTERS || numeral || is_function_word(word) || is_of_the_calendar(word) {
                continue;
            }
            if !tagged[n]
                && !self.is_title
                && self.letter(n).is_uppercase()
                && self.inside(n)
                && !small.contains(word)
            {
                self.count(terms, Kind::Name, name_key(word), n, CAPITAL);
            }
            let kind = if letters >= LONG_LETTERS { Kind::Word } else { Kind::Short };
            self.count(terms, kind, word_key(word), n, 1.0);
        }
    }

    /// Whether word `n` does not begin its sentence, so that a capital says something.
    fn inside(&self, n: usize) -> bool {
        !self.words[n].begins
    }

    /// The figure that begins with word `n`, without separators of thousands; no year, day of a month, time or number of a
    /// name.
    fn figure(&self, n: usize) -> Option<String> {
        let word = self.folded[n].as_str();
        let before = self.text[..self.words[n].start].chars().next_back().unwrap_or(' ');
        if !word.starts_with(|c: char| c.is_ascii_digit())
            || before.is_alphanumeric()
            || matches!(before, '-' | '–' | ':' | '.' | ',')
        {
            return None;
        }
        let of_the_calendar = |n: Option<usize>| {
            n.and_then(|n| self.folded.get(n)).is_some_and(|word| is_of_the_calendar(word))
        };
        if of_the_calendar(n.checked_sub(1)) || of_the_calendar(Some(n + 1)) {
            return None;
        }
        let rest = &self.text[self.words[n].start..];
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',').unwrap_or(rest.len());
        let digits = rest[..end].trim_end_matches(['.', ',']);
        let behind = rest[digits.len()..].chars().next().unwrap_or(' ');
        if behind == ':' || behind.is_alphanumeric() {
            return None;
        }
        let figure = crate::figures(digits).pop()?;
        let year = digits.len() == 4 && figure.parse::<u32>().is_ok_and(|year| (1900..=2100).contains(&year));
        (!year).then(|| if behind == '%' { format!("{figure}%") } else { figure })
    }
}

#[cfg(test)]
mod tests {
    use vedetta_domain::{Article, EntityId, LanguageGuess};

    use super::*;

    fn terms(title: &str, text: &str, mentions: Vec<Mention>) -> StoryTerms {
        let article = Article { title: Some(title.into()), text: text.into(), ..Article::default() };
        let language = LanguageGuess { language: Language::English, ..LanguageGuess::default() };
        StoryTerms::of(
            &TaggedArticle { article, language, mentions, ..TaggedArticle::default() },
            Timestamp::UNIX_EPOCH,
        )
    }

    fn mention(text: &str, name: &str, entity: Option<&str>) -> Mention {
        let start = text.find(name).unwrap();
        Mention {
            start,
            end: start + name.len(),
            text: name.into(),
            kind: EntityKind::Org,
            score: 1.0,
            origin: Origin::Ner,
            entity: entity.map(|id| EntityId(id.into())),
            groups: Vec::new(),
        }
    }

    #[test]
    fn terms_know_their_kind_and_their_place() {
        let text = "SUPARCO and the Kerguelen Institute launched it. It weighs 1,250 kg. Later the satellite sent 12% of \
            its images, said Dr Holm on 3 May 2025 at 10:30, and PRSS-2 followed.";
        let mentions =
            vec![mention(text, "SUPARCO", Some("suparco")), mention(text, "Kerguelen Institute", None)];
        let found = terms("Satellite launched", text, mentions);
        let check = |kind: Kind, key: &str, expected: Option<[f32; 2]>| {
            assert_eq!(found.terms[&kind].get(key).copied(), expected, "{key}: {found:?}");
        };
        check(Kind::Name, "@suparco", Some([1.0, 1.0]));
        check(Kind::Name, &name_key("kerguelen"), Some([0.8, 0.8]));
        check(Kind::Name, &name_key("holm"), Some([0.0, 0.6]));
        check(Kind::Concept, "launch", Some([3.0, 3.0]));
        check(Kind::Concept, "satellite", Some([2.0, 3.0]));
        check(Kind::Figure, "1250", Some([1.0, 1.0]));
        check(Kind::Figure, "12%", Some([0.0, 1.0]));
        assert_eq!(found.terms[&Kind::Figure].len(), 2, "no day, year, time or number of a name: {found:?}");
        check(Kind::Word, &word_key("images"), Some([0.0, 1.0]));
        check(Kind::Short, &word_key("sent"), Some([0.0, 1.0]));
        assert_eq!(found.days, [jiff::civil::date(2025, 5, 3)]);
    }

    #[test]
    fn an_empty_article_has_no_terms() {
        assert!(terms("", "", Vec::new()).terms.is_empty());
    }
}
