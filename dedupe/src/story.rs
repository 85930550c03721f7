//! What of an article tells whether another tells the same event, in other words or in the other language: the names that
//! it is about, the numbered things, what happens, the days that it names, and when it was published (see `same_event`).

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use vedetta_domain::{EntityKind, Mention, Origin, TaggedArticle};

use crate::{concepts::concepts, days::days, same_event, words::split};

/// Letters of the shortest word that is compared by itself where a name is not in the lexicon.
const NAME_LETTERS: usize = 3;

/// The same for a capital word that nothing has tagged.
const CAPITAL_LETTERS: usize = 4;

/// Keys under which an article is looked for; the heaviest names.
const KEYS: usize = 16;

/// Days that are kept.
const DAYS: usize = 12;

/// What of an article is compared.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoryFeatures {
    /// Entity id, or a word of an unknown name → weight by how often it stands there and how rare it is.
    #[serde(alias = "entities")]
    pub names: BTreeMap<String, f32>,
    /// Concept of the glossary → weight, likewise.
    pub concepts: BTreeMap<String, f32>,
    /// Named things with a number (`prss-2`): satellites, rockets, missions, resolutions.
    pub designators: BTreeSet<String>,
    /// The days that it names, in its order.
    pub days: Vec<Date>,
    /// When it was published, or first seen.
    pub at: Option<Timestamp>,
}

#[derive(Default)]
struct Count {
    times: f32,
    designates: bool,
}

impl StoryFeatures {
    /// The features of an article.
    pub fn of(tagged: &TaggedArticle, first_seen: Timestamp) -> Self {
        let mut counts = BTreeMap::<String, Count>::new();
        let title = tagged.title_mentions.iter().map(|mention| (mention, 2.0));
        for (mention, times) in title.chain(tagged.mentions.iter().map(|mention| (mention, 1.0))) {
            if mention.origin == Origin::Adjective {
                continue;
            }
            for name in names(mention) {
                let count = counts.entry(name.clone()).or_default();
                count.times += times * weight(mention);
                count.designates |=
                    mention.kind == EntityKind::Misc && name.contains(|c: char| c.is_ascii_digit());
            }
        }
        for word in capital_words(&tagged.article.text) {
            let known = |name: &String| name.split('-').any(|part| part == word);
            if !counts.keys().any(known) {
                counts.insert(word, Count { times: 0.7, designates: false });
            }
        }
        let at = tagged.article.published.unwrap_or(first_seen);
        let language = tagged.language.language;
        let mut about = concepts(&tagged.article.text, language);
        for (concept, times) in concepts(tagged.article.title.as_deref().unwrap_or_default(), language) {
            *about.entry(concept).or_default() += 2 * times;
        }
        let whole =
            format!("{}. {}", tagged.article.title.as_deref().unwrap_or_default(), tagged.article.text);
        let mut named = Vec::new();
        for day in days(&whole, TimeZone::UTC.to_datetime(at).date()) {
            if named.len() < DAYS && !named.contains(&day) {
                named.push(day);
            }
        }
        Self {
            names: counts
                .iter()
                .map(|(name, count)| (name.clone(), (1.0 + count.times.ln_1p()) * same_event::rarity(name)))
                .collect(),
            concepts: about
                .into_iter()
                .map(|(concept, times)| {
                    (concept.to_owned(), (1.0 + (times as f32).ln()) * same_event::rarity_of_concept(concept))
                })
                .collect(),
            designators: counts.iter().filter(|(_, c)| c.designates).map(|(name, _)| name.clone()).collect(),
            days: named,
            at: Some(at),
        }
    }

    /// Keys under which other tellings look for this one: its heaviest names.
    pub fn keys(&self) -> Vec<String> {
        let mut names: Vec<(&String, &f32)> = self.names.iter().collect();
        names.sort_by(|a, b| b.1.total_cmp(a.1));
        names.into_iter().take(KEYS).map(|(name, _)| name.clone()).collect()
    }
}

/// The entity's id, or the words of a name that is not known.
fn names(mention: &Mention) -> Vec<String> {
    match &mention.entity {
        Some(id) => vec![id.0.clone()],
        None => mention
            .text
            .to_lowercase()
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| word.chars().count() >= NAME_LETTERS)
            .map(str::to_owned)
            .collect(),
    }
}

/// Rarer kinds say more of an event; an unknown name may be a mistake.
fn weight(mention: &Mention) -> f32 {
    let kind = match mention.kind {
        EntityKind::Misc => 1.2,
        EntityKind::Org | EntityKind::Per => 1.0,
        EntityKind::Loc => 0.8,
    };
    if mention.entity.is_some() { kind } else { kind * 0.8 }
}

/// Words with a capital in the middle of a sentence, in small letters.
fn capital_words(text: &str) -> BTreeSet<String> {
    let (text, words) = split(text);
    let inside = |start: usize| {
        let mut before = text[..start].chars().rev();
        before.next() == Some(' ') && before.next().is_some_and(|c| c.is_lowercase() || c == ',')
    };
    words
        .iter()
        .map(|word| (word.start, &text[word.start..word.end]))
        .filter(|(start, word)| word.starts_with(char::is_uppercase) && inside(*start))
        .map(|(_, word)| word.to_lowercase())
        .filter(|word| word.chars().count() >= CAPITAL_LETTERS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::same_event::SAME;
    use vedetta_domain::{Article, EntityId, Language, LanguageGuess};

    /// An account that names `names` (`ORG suparco`, once per occurrence) and says `text`.
    fn account(names: &[&str], text: &str, language: Language, day: i64) -> StoryFeatures {
        let mentions = names.iter().map(|name| {
            let (kind, id) = name.split_once(' ').unwrap();
            let kind = match kind {
                "ORG" => EntityKind::Org,
                "LOC" => EntityKind::Loc,
                "PER" => EntityKind::Per,
                _ => EntityKind::Misc,
            };
            Mention {
                start: 0,
                end: 0,
                text: id.into(),
                kind,
                score: 1.0,
                origin: Origin::Lexicon,
                entity: Some(EntityId(id.into())),
                groups: Vec::new(),
            }
        });
        let published = Timestamp::from_second(1_780_000_000 + day * 86_400).ok();
        let article = Article { text: text.into(), published, ..Article::default() };
        let language = LanguageGuess { language, ..LanguageGuess::default() };
        let tagged =
            TaggedArticle { article, language, mentions: mentions.collect(), ..TaggedArticle::default() };
        StoryFeatures::of(&tagged, Timestamp::UNIX_EPOCH)
    }

    fn check(a: &StoryFeatures, b: &StoryFeatures, same: bool) {
        let verdict = a.compare(b);
        assert_eq!(verdict.as_ref().is_some_and(|verdict| verdict.score >= SAME), same, "{verdict:?}");
        assert_eq!(
            b.compare(a).map(|verdict| verdict.score),
            verdict.map(|verdict| verdict.score),
            "the order does not count"
        );
    }

    const ORDER_TEXT: &str = "The agency has asked the academy to build a second remote sensing satellite. Its images are \
        to be shared through a firm; two ground stations receive them.";
    const ORDER_TEXT_IT: &str = "L'agenzia ha chiesto all'accademia di costruire un secondo satellite di telerilevamento. \
        Le immagini verranno condivise attraverso un'azienda; le ricevono due stazioni di terra.";
    const ASTRONAUTS_TEXT: &str = "Two candidates will begin their training as astronauts in autumn, and one of them is \
        to fly to the space station for experiments, the spokesman told a press conference.";
    const LAUNCH_TEXT: &str =
        "A rocket put the spacecraft into orbit at dawn. Its solar panels opened, and the signal was clear.";
    const ORDER: &[&str] = &[
        "ORG suparco",
        "ORG suparco",
        "ORG sast",
        "ORG sast",
        "ORG casc",
        "MISC prss-2",
        "MISC prss-2",
        "MISC prss-1",
        "LOC jiuquan",
        "LOC karachi",
        "LOC islamabad",
        "ORG spacechain",
        "LOC pakistan",
        "LOC china",
    ];
    const ORDER_IT: &[&str] = &[
        "ORG suparco",
        "ORG sast",
        "MISC prss-2",
        "MISC prss-2",
        "LOC pakistan",
        "LOC china",
        "LOC jiuquan",
        "ORG spacechain",
        "LOC singapore",
        "LOC karachi",
    ];
    const ASTRONAUTS: &[&str] = &[
        "ORG suparco",
        "ORG suparco",
        "ORG cmsa",
        "ORG cmsa",
        "MISC tiangong",
        "MISC tiangong",
        "LOC pakistan",
        "LOC china",
        "LOC islamabad",
        "PER lin-xiqiang",
    ];
    const LAUNCH: &[&str] = &[
        "ORG suparco",
        "MISC prsc-eo2",
        "MISC prsc-eo2",
        "MISC long-march-6",
        "LOC taiyuan",
        "LOC pakistan",
        "LOC china",
        "ORG casc",
    ];

    #[test]
    fn one_event_in_two_languages_is_one_story() {
        let italian = account(ORDER_IT, ORDER_TEXT_IT, Language::Italian, 1);
        check(&account(ORDER, ORDER_TEXT, Language::English, 0), &italian, true);
    }

    #[test]
    fn events_of_the_same_actors_stay_apart_even_on_one_day() {
        let events = [(ORDER, ORDER_TEXT), (ASTRONAUTS, ASTRONAUTS_TEXT), (LAUNCH, LAUNCH_TEXT)]
            .map(|(names, text)| account(names, text, Language::English, 0));
        for (n, a) in events.iter().enumerate() {
            for b in &events[n + 1..] {
                check(a, b, false);
            }
        }
    }

    #[test]
    fn a_sequel_in_another_month_and_two_country_names_are_no_story() {
        let order = account(ORDER, ORDER_TEXT, Language::English, 0);
        check(&order, &account(ORDER_IT, ORDER_TEXT_IT, Language::Italian, 30), false);
        let countries = &["LOC pakistan", "LOC china"];
        let of = |text| account(countries, text, Language::English, 0);
        check(&of(ORDER_TEXT), &of(ASTRONAUTS_TEXT), false);
    }

    #[test]
    fn features_that_an_older_version_stored_still_load() {
        let old = r#"{"entities":{"suparco":2.1},"designators":["prss-2"],"figures":["2025"],"at":"2026-11-20T07:00:00Z"}"#;
        let features: StoryFeatures = serde_json::from_str(old).unwrap();
        assert_eq!(features.names["suparco"], 2.1);
        assert!(features.designators.contains("prss-2") && features.at.is_some() && features.days.is_empty());
    }
}
