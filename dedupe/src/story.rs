//! What is stored of an article for the story comparison: hashes of its terms with their weights, and the keys under which
//! other tellings look for it.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use vedetta_domain::TaggedArticle;

use crate::{
    rarity,
    terms::{Kind, StoryTerms},
    words,
};

/// Keys under which an article is looked for: its heaviest names and concepts.
const KEYS: usize = 24;

/// Steps of a stored weight in one: a byte holds weights up to 6, that of a term which stands there 150 times.
const STEPS: f32 = 42.0;

/// A term as it is stored: four bytes of its hash, its kind, its weights in the lead and in the whole.
const WIDTH: usize = 7;

/// What of an article is compared.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoryFeatures {
    /// The heaviest names and concepts (`n @suparco`, `c launch`), the heaviest first.
    pub keys: Vec<String>,
    /// All terms, by hash.
    #[serde(rename = "packed-terms", with = "packed")]
    pub(crate) terms: Vec<Term>,
    /// The days that it names, in its order.
    pub days: Vec<Date>,
    /// When it was published, or first seen.
    pub at: Option<Timestamp>,
    /// Code of its language.
    pub language: String,
}

/// A term and how much the article is about it, before its rarity: 1 + ln(1 + count).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Term {
    pub hash: u32,
    pub kind: Kind,
    pub lead: f32,
    pub whole: f32,
}

/// What stands for a term.
pub(crate) fn hash(kind: char, key: &str) -> u32 {
    words::hash(format!("{kind} {key}").as_bytes()) as u32
}

impl StoryFeatures {
    /// The features of an article.
    pub fn of(tagged: &TaggedArticle, first_seen: Timestamp) -> Self {
        Self::from(&StoryTerms::of(tagged, first_seen))
    }

    /// The day of its publication.
    pub(crate) fn published(&self) -> Option<Date> {
        self.at.map(|at| TimeZone::UTC.to_datetime(at).date())
    }

    /// Seconds between the publications of two articles; 0 where one is not known.
    pub(crate) fn seconds_to(&self, other: &Self) -> i64 {
        match (self.at, other.at) {
            (Some(a), Some(b)) => (a.as_second() - b.as_second()).abs(),
            _ => 0,
        }
    }

    /// The day that it is about: the first that it names, else that of its publication.
    pub(crate) fn first_day(&self) -> Option<Date> {
        self.days.first().copied().or_else(|| self.published())
    }

    /// Whether both name days, and none in common.
    pub(crate) fn names_other_days(&self, other: &Self) -> bool {
        let (mine, theirs) = (&self.days, &other.days);
        !mine.is_empty() && !theirs.is_empty() && mine.iter().all(|day| !theirs.contains(day))
    }

    /// The names, or the concepts, that both are about, the heaviest first.
    pub(crate) fn shared_keys(&self, other: &Self, kind: Kind) -> Vec<&str> {
        let theirs: BTreeSet<&String> = other.keys.iter().collect();
        let shared = self.keys.iter().filter(|key| key.starts_with(kind.letter()) && theirs.contains(key));
        shared.filter_map(|key| key.get(2..)).map(|key| key.trim_start_matches('@')).collect()
    }
}

impl From<&StoryTerms> for StoryFeatures {
    fn from(own: &StoryTerms) -> Self {
        let damped = |count: f32| if count > 0.0 { 1.0 + count.ln_1p() } else { 0.0 };
        let (mut terms, mut heaviest) = (Vec::new(), Vec::new());
        for (kind, keys) in &own.terms {
            for (key, [lead, whole]) in keys {
                let hash = hash(kind.letter(), key);
                let (lead, whole) = (damped(*lead), damped(*whole));
                terms.push(Term { hash, kind: *kind, lead, whole });
                if matches!(kind, Kind::Name | Kind::Concept) {
                    heaviest.push((whole * rarity::of(hash), format!("{} {key}", kind.letter())));
                }
            }
        }
        terms.sort_by_key(|term| term.hash);
        heaviest.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        let keys = heaviest.into_iter().take(KEYS).map(|(_, key)| key).collect();
        Self { keys, terms, days: own.days.clone(), at: own.at, language: own.language.clone() }
    }
}

/// Terms as base64.
mod packed {
    use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD as BASE64};
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use super::{Kind, STEPS, Term, WIDTH};

    pub fn serialize<S: Serializer>(terms: &[Term], to: S) -> Result<S::Ok, S::Error> {
        let step = |weight: f32| (weight * STEPS).round().clamp(0.0, 255.0) as u8;
        let bytes = terms.iter().flat_map(|term| {
            let [a, b, c, d] = term.hash.to_be_bytes();
            [a, b, c, d, term.kind.letter() as u8, step(term.lead), step(term.whole)]
        });
        to.serialize_str(&BASE64.encode(bytes.collect::<Vec<u8>>()))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Term>, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(from)?;
        let bytes = BASE64.decode(text.as_bytes()).map_err(D::Error::custom)?;
        let (terms, rest) = bytes.as_chunks::<WIDTH>();
        if !rest.is_empty() {
            return Err(D::Error::custom("terms are cut"));
        }
        let mut read = Vec::with_capacity(terms.len());
        for [a, b, c, d, kind, lead, whole] in terms {
            let kind =
                Kind::of(char::from(*kind)).ok_or_else(|| D::Error::custom("a term of no known kind"))?;
            let (lead, whole) = (f32::from(*lead) / STEPS, f32::from(*whole) / STEPS);
            read.push(Term { hash: u32::from_be_bytes([*a, *b, *c, *d]), kind, lead, whole });
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn features_come_back_as_they_were_stored() {
        let words = BTreeMap::from([("orbit".to_owned(), [1.0, 7.5]), ("launch".to_owned(), [0.0, 140.0])]);
        let names = BTreeMap::from([("@suparco".to_owned(), [3.0, 4.0]), ("@china".to_owned(), [1.0, 1.0])]);
        let terms = StoryTerms {
            terms: BTreeMap::from([(Kind::Word, words), (Kind::Name, names)]),
            days: vec![jiff::civil::date(2025, 7, 31)],
            at: Some(Timestamp::UNIX_EPOCH),
            language: "it".into(),
        };
        let features = StoryFeatures::from(&terms);
        assert_eq!(features.keys, ["n @suparco", "n @china"], "the rarer and more frequent first");
        let stored = serde_json::to_string(&features).unwrap();
        let loaded: StoryFeatures = serde_json::from_str(&stored).unwrap();
        assert_eq!(loaded.terms.len(), 4);
        for (is, was) in loaded.terms.iter().zip(&features.terms) {
            assert_eq!((is.hash, is.kind), (was.hash, was.kind));
            assert!((is.lead - was.lead).abs() <= 0.5 / STEPS && (is.whole - was.whole).abs() <= 0.5 / STEPS);
        }
        assert_eq!(loaded, serde_json::from_str(&serde_json::to_string(&loaded).unwrap()).unwrap());
        for damaged in
            [r#"{"packed-terms":"0_"}"#, r#"{"packed-terms":"AAAAAAAAAA"}"#, r#"{"packed-terms":"AAAAAAA"}"#]
        {
            assert!(serde_json::from_str::<StoryFeatures>(damaged).is_err(), "{damaged}");
        }
    }

    #[test]
    fn features_that_an_older_version_stored_still_load() {
        for old in [
            r#"{"names":{"suparco":2.1},"concepts":{},"designators":["prss-2"],"days":[],"at":"2026-11-20T07:00:00Z"}"#,
            r#"{"keys":["n @suparco"],"terms":"0badcafe6e2a54","days":[],"at":"2026-11-20T07:00:00Z","language":"it"}"#,
        ] {
            let features: StoryFeatures = serde_json::from_str(old).unwrap();
            assert!(
                features.terms.is_empty() && features.at.is_some(),
                "there is nothing to compare in them"
            );
        }
    }
}
