//! Whether two articles tell the same event, in other words or in the other language.
//!
//! Linked entities, designators and figures do not depend on the language; they decide. When in
//! doubt, it is not the same: a second alert costs a glance, a lost one costs the event.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vedetta_domain::{EntityKind, Mention, Origin, TaggedArticle};

use crate::figures::figures;

/// Tellings of one event lie within this time, in seconds.
const WINDOW_S: i64 = 7 * 86_400;

/// Similarity of the entities from which two articles tell the same.
const SAME: f32 = 0.5;

/// Weight that the shared entities must have together: two articles that both merely name two
/// countries share little.
const SHARED: f32 = 2.5;

/// Keys under which an article is looked for; the heaviest.
const KEYS: usize = 12;

/// What of an article is compared.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoryFeatures {
    /// Entity id, or the folded name of an unknown one → weight by kind and prominence.
    pub entities: BTreeMap<String, f32>,
    /// Named things with a number (`prss-02`): satellites, rockets, missions; those at the centre.
    pub designators: BTreeSet<String>,
    /// Figures of the text, without those of designators.
    pub figures: BTreeSet<String>,
    /// When it was published, or first seen.
    pub at: Option<Timestamp>,
}

/// What a comparison found.
#[derive(Debug, Clone, PartialEq)]
pub struct StoryVerdict {
    /// Whether they tell the same event.
    pub same: bool,
    /// 0 … 1.
    pub score: f32,
    /// The grounds, in words.
    pub reasons: Vec<String>,
}

impl StoryFeatures {
    /// The features of an article.
    pub fn of(tagged: &TaggedArticle, first_seen: Timestamp) -> Self {
        let mut counts: BTreeMap<String, (f32, f32, bool)> = BTreeMap::new();
        let title = tagged.title_mentions.iter().map(|mention| (mention, 2.0));
        for (mention, times) in title.chain(tagged.mentions.iter().map(|mention| (mention, 1.0))) {
            if mention.origin == Origin::Adjective {
                continue;
            }
            let row = counts.entry(name(mention)).or_insert((0.0, weight(mention), designates(mention)));
            row.0 += times;
        }
        let entities: BTreeMap<String, f32> = counts
            .iter()
            .map(|(name, (times, weight, _))| (name.clone(), weight * (1.0 + times.ln().max(0.0))))
            .collect();
        // A designator that stands once in a long text is background; the most named one is the matter.
        let most = counts.values().filter(|row| row.2).map(|row| row.0).fold(0.0, f32::max);
        let designators = counts
            .iter()
            .filter(|(_, (times, _, designates))| *designates && *times * 2.0 >= most)
            .map(|(name, _)| name.clone())
            .collect();
        let named: BTreeSet<String> =
            tagged.mentions.iter().flat_map(|mention| figures(&mention.text)).collect();
        let figures =
            figures(&tagged.article.text).into_iter().filter(|f| f.len() > 1 && !named.contains(f)).collect();
        let at = Some(tagged.article.published.unwrap_or(first_seen));
        Self { entities, designators, figures, at }
    }

    /// Keys under which other tellings look for this one: its heaviest names.
    pub fn keys(&self) -> Vec<String> {
        let mut names: Vec<(&String, &f32)> = self.entities.iter().collect();
        names.sort_by(|a, b| b.1.total_cmp(a.1));
        names.into_iter().take(KEYS).map(|(name, _)| name.clone()).collect()
    }

    /// Compares two articles.
    pub fn compare(&self, other: &Self) -> StoryVerdict {
        let not = |score: f32, why: String| StoryVerdict { same: false, score, reasons: vec![why] };
        if let (Some(a), Some(b)) = (self.at, other.at)
            && (a.as_second() - b.as_second()).abs() > WINDOW_S
        {
            return not(0.0, "more than 7 days apart".into());
        }
        let shared: Vec<(&String, f32)> = self
            .entities
            .iter()
            .filter_map(|(name, mine)| other.entities.get(name).map(|theirs| (name, mine.min(*theirs))))
            .collect();
        let weight: f32 = shared.iter().map(|(_, weight)| weight).sum();
        let total = |features: &Self| features.entities.values().sum::<f32>().max(f32::EPSILON);
        let (a, b) = (total(self), total(other));
        // The shorter account is told by the longer one; the longer one need not be told by the shorter.
        let mut score = 0.6 * weight / a.min(b) + 0.4 * 2.0 * weight / (a + b);
        let figures = self.figures.intersection(&other.figures).count();
        score = (score + 0.03 * figures.min(4) as f32).min(1.0);
        if !self.designators.is_empty()
            && !other.designators.is_empty()
            && self.designators.is_disjoint(&other.designators)
        {
            let list = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(", ");
            let why =
                format!("they are about {} against {}", list(&self.designators), list(&other.designators));
            return not(score, format!("vetoed: {why}"));
        }
        let names: Vec<&str> = shared.iter().map(|(name, _)| name.as_str()).take(8).collect();
        if score < SAME || weight < SHARED {
            return not(score, format!("too little shared: {} (weight {weight:.1})", names.join(", ")));
        }
        let reason = format!("shared: {}; {figures} figures", names.join(", "));
        StoryVerdict { same: true, score, reasons: vec![reason] }
    }
}

fn name(mention: &Mention) -> String {
    match &mention.entity {
        Some(id) => id.0.clone(),
        None => {
            let folded: String = mention.text.to_lowercase();
            folded
                .split(|c: char| !c.is_alphanumeric())
                .filter(|p| !p.is_empty())
                .collect::<Vec<_>>()
                .join("-")
        }
    }
}

/// Rarer kinds say more of an event; an unknown name may be a mistake.
fn weight(mention: &Mention) -> f32 {
    let kind = match mention.kind {
        EntityKind::Misc => 1.2,
        EntityKind::Org | EntityKind::Per => 1.0,
        EntityKind::Loc => 0.5,
    };
    if mention.entity.is_some() { kind } else { kind * 0.5 }
}

fn designates(mention: &Mention) -> bool {
    mention.kind == EntityKind::Misc
        && mention.text.chars().any(|c| c.is_ascii_digit())
        && !mention.groups.iter().any(|group| group == "launch")
}

#[cfg(test)]
mod tests {
    use super::*;
    use vedetta_domain::{Article, EntityId};

    /// An account that names `names` (`ORG suparco`, once per occurrence) and says `text`.
    fn account(names: &[&str], text: &str, day: i64) -> StoryFeatures {
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
        let tagged = TaggedArticle { article, mentions: mentions.collect(), ..TaggedArticle::default() };
        StoryFeatures::of(&tagged, Timestamp::UNIX_EPOCH)
    }

    fn check(a: &StoryFeatures, b: &StoryFeatures, same: bool) {
        let verdict = a.compare(b);
        assert_eq!(verdict.same, same, "{verdict:?}");
        assert_eq!(b.compare(a).same, same, "the order does not count");
    }

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
        check(&account(ORDER, "", 0), &account(ORDER_IT, "", 1), true);
    }

    #[test]
    fn events_of_the_same_actors_stay_apart() {
        let events = [ORDER, ASTRONAUTS, LAUNCH].map(|names| account(names, "", 0));
        for (n, a) in events.iter().enumerate() {
            for b in &events[n + 1..] {
                check(a, b, false);
            }
        }
    }

    #[test]
    fn a_sequel_in_another_month_and_two_country_names_are_no_story() {
        check(&account(ORDER, "", 0), &account(ORDER_IT, "", 30), false);
        let countries = &["LOC pakistan", "LOC china"];
        check(&account(countries, "", 0), &account(countries, "", 0), false);
    }
}
