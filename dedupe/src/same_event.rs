//! Whether two articles tell the same event: a logistic regression on twelve numbers.
//!
//! What an article shares with another says little by itself: in a week that is full of one matter all articles share its
//! actors. So every term is weighed by its rarity among the articles of the week that are most alike (their *window*), and
//! the more of them there are, the more is asked. A term weighs `rarity · (1 + ln(1 + count))`.
//!
//! Measured in cross-validation and left out, since they changed little: bags of names, concepts or figures by themselves,
//! numbered names in conflict, cosines by the rarity of the learning set, boosted trees, sentence embeddings.
//!
//! The weights, and in how many events a term is, come from `training/stories.py`.

use std::{
    collections::{BTreeMap, HashMap},
    hash::BuildHasherDefault,
};

use crate::{
    StoryFeatures,
    rarity::{self, LEARNT},
    story::Term,
    terms::Kind,
};

/// Tellings of one event lie within this time, in seconds.
const WINDOW_S: i64 = 7 * 86_400;

/// Articles of the week that make the window: those most alike.
const NEAREST: usize = 20;
/// Articles that the rarity of the learning set counts for, beside those of the window.
const PRIOR: f32 = 20.0;
/// Probability, with the nearest telling, from which a join is sure: only then a watch that was told of the story stays
/// silent. Below, the telling is told as an update: a story told twice costs a glance, an event that nobody hears of is
/// lost. Chosen in cross-validation, see `training/stories.py`, and on the sample site, whose analyses share their actors.
pub const SURE: f32 = 0.99;

/// Probability from which articles tell the same, on average over a story's tellings.
pub fn same() -> f32 {
    LEARNT.same
}

/// No term says less.
const LEAST_RARITY: f32 = 0.05;

/// What is compared, in the order of [`Week::numbers`].
pub const NUMBERS: [&str; 12] = [
    "days-apart",
    "same-first-day",
    "other-days",
    "languages",
    "crowd",
    "leads-alike",
    "less-said",
    "more-said",
    "names-shared",
    "concepts-shared",
    "figures-shared",
    "words-shared",
];

/// A map by hashes of terms, which need no further hashing.
type ByTerm<T> = HashMap<u32, T, BuildHasherDefault<AsIs>>;

#[derive(Default)]
struct AsIs(u64);

impl std::hash::Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0 << 8 | u64::from(*byte));
    }

    fn write_u32(&mut self, hash: u32) {
        // Both ends of it are looked at.
        self.0 = u64::from(hash) << 32 | u64::from(hash);
    }
}

/// An article beside those of its week.
pub struct Week<'a> {
    own: &'a StoryFeatures,
    others: &'a [&'a StoryFeatures],
    /// Of the articles in the window, how many there are beside one that is compared, and how many have a term.
    crowd: usize,
    have: ByTerm<u32>,
}

impl<'a> Week<'a> {
    /// `others`: earlier articles that share a key with it, in any order.
    pub fn of(own: &'a StoryFeatures, others: &'a [&'a StoryFeatures]) -> Self {
        let weight = |term: &Term| term.whole * rarity::of(term.hash);
        let mine: ByTerm<f32> = own.terms.iter().map(|term| (term.hash, weight(term))).collect();
        let mut alike: Vec<(f32, &StoryFeatures)> = others
            .iter()
            .filter(|other| within(own, other))
            .map(|other| {
                let (mut dot, mut square) = (0.0, 0.0);
                for term in &other.terms {
                    let weight = weight(term);
                    square += weight * weight;
                    dot += weight * mine.get(&term.hash).copied().unwrap_or(0.0);
                }
                (dot / square.sqrt().max(f32::EPSILON), *other)
            })
            .collect();
        alike.sort_by(|a, b| b.0.total_cmp(&a.0));
        alike.truncate(NEAREST);
        let mut have = ByTerm::default();
        for term in alike.iter().flat_map(|(_, other)| &other.terms) {
            *have.entry(term.hash).or_default() += 1;
        }
        Self { own, others, crowd: alike.len().saturating_sub(1), have }
    }

    /// Compares the article with all others; `None`: too long apart for one event, or nothing to compare.
    pub fn compare(&self) -> Vec<Option<f32>> {
        let mut rarities = ByTerm::default();
        let mut chance = |other: &&StoryFeatures| {
            let comparable = within(self.own, other) && !self.own.terms.is_empty() && !other.terms.is_empty();
            comparable.then(|| {
                let numbers = self.numbers(other, &mut rarities);
                let sum: f32 =
                    LEARNT.weights.iter().zip(numbers).map(|(weight, number)| weight * number).sum();
                1.0 / (1.0 + (-(LEARNT.bias + sum)).exp())
            })
        };
        self.others.iter().map(&mut chance).collect()
    }

    /// How much a term says in this window; the article that is compared does not count.
    fn rarity(&self, term: u32) -> f32 {
        let others = self.have.get(&term).map_or(0, |have| have.saturating_sub(1)) as f32;
        let usual = PRIOR * LEARNT.share(term).min(1.0);
        ((self.crowd as f32 + PRIOR) / (others + usual)).ln().max(LEAST_RARITY)
    }

    fn numbers(&self, other: &StoryFeatures, rarities: &mut ByTerm<f32>) -> [f32; NUMBERS.len()] {
        let mut rare = |term: &Term| *rarities.entry(term.hash).or_insert_with(|| self.rarity(term.hash));
        // How much an article says at all, and the length of its lead as a vector.
        let mut said = |terms: &[Term]| {
            let (said, square) = terms.iter().fold((0.0f32, 0.0f32), |(said, square), term| {
                let rarity = rare(term);
                (said + rarity, square + (term.lead * rarity).powi(2))
            });
            (said.ln_1p(), square)
        };
        let ((own_said, own_lead), (other_said, other_lead)) = (said(&self.own.terms), said(&other.terms));
        let (mut dot, mut of) = (0.0, BTreeMap::<Kind, f32>::new());
        for (a, b) in shared(&self.own.terms, &other.terms) {
            let rarity = rare(a);
            dot += a.lead * b.lead * rarity * rarity;
            *of.entry(a.kind).or_default() += rarity;
        }
        let shared = |kind: Kind| of.get(&kind).copied().unwrap_or(0.0).ln_1p();
        let [mine, theirs] = [self.own.first_day(), other.first_day()];
        [
            seconds_apart(self.own, other) as f32 / 86_400.0,
            flag(mine.is_some() && mine == theirs),
            flag(self.own.names_other_days(other)),
            flag(self.own.language != other.language),
            (self.crowd as f32).ln_1p(),
            dot / (own_lead * other_lead).sqrt().max(f32::EPSILON),
            own_said.min(other_said),
            own_said.max(other_said),
            shared(Kind::Name),
            shared(Kind::Concept),
            shared(Kind::Figure),
            shared(Kind::Word),
        ]
    }

    /// In words, why another article is or is not of the same event.
    pub fn grounds(&self, other: &StoryFeatures) -> String {
        let list = |shared: Vec<&str>| match shared.as_slice() {
            [] => "none".to_owned(),
            shared => shared[..shared.len().min(6)].join(", "),
        };
        let mut grounds = vec![
            format!("names in common: {}", list(self.own.shared_keys(other, Kind::Name))),
            format!("both of: {}", list(self.own.shared_keys(other, Kind::Concept))),
        ];
        if let (Some(mine), Some(theirs)) = (self.own.first_day(), other.first_day()) {
            grounds.push(match (mine == theirs, self.own.names_other_days(other)) {
                (true, _) => format!("on {mine}"),
                (false, true) => format!("on {mine} against {theirs}, no day in common"),
                (false, false) => format!("on {mine} and {theirs}"),
            });
        }
        grounds.push(format!("published {} hours apart", seconds_apart(self.own, other) / 3600));
        grounds.push(format!("{} others of the week are like it", self.crowd));
        grounds.join("; ")
    }
}

fn seconds_apart(a: &StoryFeatures, b: &StoryFeatures) -> i64 {
    match (a.at, b.at) {
        (Some(a), Some(b)) => (a.as_second() - b.as_second()).abs(),
        _ => 0,
    }
}

fn within(a: &StoryFeatures, b: &StoryFeatures) -> bool {
    seconds_apart(a, b) <= WINDOW_S
}

/// The terms that both have; both are in the order of their hashes.
fn shared<'a>(a: &'a [Term], b: &'a [Term]) -> impl Iterator<Item = (&'a Term, &'a Term)> {
    let mut theirs = b.iter().peekable();
    a.iter().filter_map(move |mine| {
        while theirs.next_if(|other| other.hash < mine.hash).is_some() {}
        theirs.next_if(|other| other.hash == mine.hash).map(|other| (mine, other))
    })
}

fn flag(is: bool) -> f32 {
    f32::from(u8::from(is))
}
