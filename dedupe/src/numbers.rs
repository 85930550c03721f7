//! The numbers by which two articles are compared: what the one tells that came after the other, how much they have in
//! common, and how much of each lead the other has.
//!
//! Two events of the same actors share names and words. What tells them apart is time and news: a sequel names days on which
//! the earlier article was out already, and its lead tells what that does not have, while it repeats the earlier lead as
//! background.

use jiff::civil::Date;

use crate::{StoryFeatures, story::Term, terms::Kind};

/// What is compared, in the order of [`numbers`].
pub const NUMBERS: [&str; 19] = [
    "days-apart",
    "same-first-day",
    "languages",
    "crowd",
    "less-said",
    "more-said",
    "names-shared",
    "concepts-shared",
    "figures-shared",
    "words-shared",
    // Of the days that each names, that had come when it was published if nothing else is said.
    "all-days-later",
    "first-day-later",
    "past-day-shared",
    "same-day",
    "days-shared",
    "other-future-days",
    // How much of the earlier lead is in the later article.
    "earlier-lead-told",
    "earlier-lead-in-all",
    "earlier-lead-concepts",
];

const KINDS: usize = Kind::ALL.len();
/// Kinds of terms that do not depend on the language.
const MATTER: [Kind; 3] = [Kind::Name, Kind::Concept, Kind::Figure];

/// Sums of rarities, by the kind of the terms.
#[derive(Debug, Clone, Copy, Default)]
struct ByKind([f32; KINDS]);

impl ByKind {
    fn add(&mut self, kind: Kind, rarity: f32) {
        self.0[kind as usize] += rarity;
    }

    fn of(&self, kinds: &[Kind]) -> f32 {
        kinds.iter().map(|kind| self.0[*kind as usize]).sum()
    }

    /// The share of `self` that is in `part`.
    fn share(&self, part: &Self, kinds: &[Kind]) -> f32 {
        let all = self.of(kinds);
        if all > 0.0 { part.of(kinds) / all } else { 0.0 }
    }
}

/// How much an article says in a window.
#[derive(Debug, Clone, Copy, Default)]
pub struct Said {
    all: f32,
    /// The square of its lead's length as a vector.
    lead_square: f32,
    lead: ByKind,
}

impl Said {
    /// `terms`: with their rarities.
    pub fn of<'a>(terms: impl Iterator<Item = (&'a Term, f32)>) -> Self {
        let mut said = Self::default();
        for (term, rarity) in terms {
            said.all += rarity;
            said.lead_square += (term.lead * rarity).powi(2);
            said.lead.add(term.kind, term.lead * rarity);
        }
        said.all = said.all.ln_1p();
        said
    }
}

/// What two articles have in common, the earlier first.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shared {
    /// The scalar product of their leads.
    dot: f32,
    whole: ByKind,
    /// Of the earlier lead, what the later article has somewhere.
    told: ByKind,
}

impl Shared {
    /// Adds a term that both have.
    pub fn add(&mut self, [earlier, later]: [&Term; 2], rarity: f32) {
        let kind = earlier.kind;
        self.dot += earlier.lead * later.lead * rarity * rarity;
        self.whole.add(kind, rarity);
        self.told.add(kind, earlier.lead * rarity);
    }

    /// How much both leads are alike, 0 to 1.
    pub fn leads_alike(&self, said: [Said; 2]) -> f32 {
        self.dot / (said[0].lead_square * said[1].lead_square).sqrt().max(f32::EPSILON)
    }
}

/// The numbers of two articles. `crowd`: other articles in the window.
pub fn numbers(
    [earlier, later]: [&StoryFeatures; 2],
    said: [Said; 2],
    shared: &Shared,
    crowd: usize,
) -> [f32; NUMBERS.len()] {
    let whole = |kind: Kind| shared.whole.of(&[kind]).ln_1p();
    let told = |kinds: &[Kind]| said[0].lead.share(&shared.told, kinds);
    let first_days = [earlier.first_day(), later.first_day()];
    let days = Days::of(earlier, later);
    [
        earlier.seconds_to(later) as f32 / 86_400.0,
        flag(first_days[0].is_some() && first_days[0] == first_days[1]),
        flag(earlier.language != later.language),
        (crowd as f32).ln_1p(),
        said[0].all.min(said[1].all),
        said[0].all.max(said[1].all),
        whole(Kind::Name),
        whole(Kind::Concept),
        whole(Kind::Figure),
        whole(Kind::Word),
        flag(days.all_later),
        flag(days.first_later),
        flag(days.past_shared),
        flag(days.same),
        days.shared,
        flag(days.other_future),
        told(&MATTER),
        told(&Kind::ALL),
        told(&[Kind::Concept]),
    ]
}

/// How the days that two articles name lie to each other.
#[derive(Debug, Default)]
struct Days {
    all_later: bool,
    first_later: bool,
    past_shared: bool,
    same: bool,
    shared: f32,
    other_future: bool,
}

impl Days {
    fn of(earlier: &StoryFeatures, later: &StoryFeatures) -> Self {
        let (Some(out), Some(now)) = (earlier.published(), later.published()) else { return Self::default() };
        let parted = |days: &[Date], at: Date| days.iter().partition::<Vec<Date>, _>(|day| **day <= at);
        let (mut before, coming) = parted(&earlier.days, out);
        let (past, future) = parted(&later.days, now);
        if before.is_empty() {
            before.push(out);
        }
        let common = earlier.days.iter().filter(|day| later.days.contains(day)).count();
        Self {
            all_later: !past.is_empty() && past.iter().all(|day| *day > out),
            first_later: past.first().is_some_and(|day| *day > out),
            past_shared: past.iter().any(|day| before.contains(day)),
            same: out == now,
            shared: common as f32 / earlier.days.len().min(later.days.len()).max(1) as f32,
            other_future: !coming.is_empty()
                && !future.is_empty()
                && !coming.iter().any(|day| future.contains(day)),
        }
    }
}

fn flag(is: bool) -> f32 {
    f32::from(u8::from(is))
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, civil::date};

    use super::*;

    #[test]
    fn days_tell_what_came_after_an_article() {
        let of = |at: &str, days: &[i8]| StoryFeatures {
            at: Some(format!("2025-05-{at}T09:00:00Z").parse::<Timestamp>().unwrap()),
            days: days.iter().map(|day| date(2025, 5, *day)).collect(),
            ..StoryFeatures::default()
        };
        let earlier = of("10", &[9, 20]);
        let found = |later: &StoryFeatures| Days::of(&earlier, later);
        // A sequel: what it tells came after the earlier was out.
        let sequel = found(&of("12", &[12, 11]));
        assert!(sequel.all_later && sequel.first_later && !sequel.past_shared);
        // Another telling, with a look ahead to another day.
        let telling = found(&of("10", &[9, 21]));
        assert!(!telling.all_later && telling.past_shared && telling.same && telling.other_future);
        assert_eq!(telling.shared, 0.5);
        // One that names no day tells of its own.
        let none = found(&of("13", &[]));
        assert!(!none.all_later && !none.first_later && none.shared == 0.0);
        assert_eq!(found(&StoryFeatures::default()).shared, 0.0);
    }

    #[test]
    fn shares_of_leads_are_of_the_lead_that_has_them() {
        let term = |hash, lead, whole| Term { hash, kind: Kind::Name, lead, whole };
        let (earlier, later) =
            ([term(1, 2.0, 2.0), term(2, 1.0, 1.0)], [term(1, 0.0, 3.0), term(3, 1.0, 1.0)]);
        let said = [&earlier, &later].map(|terms| Said::of(terms.iter().map(|term| (term, 1.0))));
        let mut shared = Shared::default();
        shared.add([&earlier[0], &later[0]], 1.0);
        let article = StoryFeatures::default();
        let found = numbers([&article, &article], said, &shared, 3);
        let number = |name: &str| found[NUMBERS.iter().position(|known| *known == name).unwrap()];
        assert_eq!(number("earlier-lead-told"), 2.0 / 3.0);
        assert_eq!(shared.leads_alike(said), 0.0, "the later one has it below its lead");
        assert_eq!(number("names-shared"), 2.0f32.ln());
    }
}
