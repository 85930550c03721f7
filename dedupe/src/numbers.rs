//! The numbers by which two articles are compared: what the one tells that came after the other, how much they have in
//! common, and how much of each lead the other has.
//!
//! Two events of the same actors share names and words. What tells them apart is time and news: a sequel names days on which
//! the earlier article was out already, and its lead tells what that does not have, while it repeats the earlier lead as
//! background.

use jiff::civil::Date;

use crate::{StoryFeatures, story::Term, terms::Kind};

/// What is compared, in the order of [`numbers`].
pub const NUMBERS: [&str; 29] = [
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
    // Of the days that each names and that had come when it was published.
    "all-days-later",
    "first-day-later",
    "past-day-shared",
    "last-days-apart",
    "same-day",
    "days-shared",
    "other-future-days",
    // How much of the earlier lead is in the later article, and the other way round.
    "earlier-lead-told",
    "later-lead-told",
    "earlier-lead-in-all",
    "later-lead-in-all",
    "lead-names-shared",
    "lead-concepts-shared",
    "earlier-lead-concepts",
    "later-lead-concepts",
    "earlier-lead-names",
    "later-lead-names",
];

/// Where `leads-alike` stands.
pub const LEADS: usize = 5;

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
    /// In both leads.
    leads: ByKind,
    /// Of the lead of the one, what the other has somewhere.
    told: [ByKind; 2],
}

impl Shared {
    /// Adds a term that both have.
    pub fn add(&mut self, [earlier, later]: [&Term; 2], rarity: f32) {
        let kind = earlier.kind;
        self.dot += earlier.lead * later.lead * rarity * rarity;
        self.whole.add(kind, rarity);
        if earlier.lead > 0.0 && later.lead > 0.0 {
            self.leads.add(kind, rarity);
        }
        self.told[0].add(kind, earlier.lead * rarity);
        self.told[1].add(kind, later.lead * rarity);
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
    let told = |n: usize, kinds: &[Kind]| said[n].lead.share(&shared.told[n], kinds);
    let first_days = [earlier.first_day(), later.first_day()];
    let days = Days::of(earlier, later);
    [
        earlier.seconds_to(later) as f32 / 86_400.0,
        flag(first_days[0].is_some() && first_days[0] == first_days[1]),
        flag(earlier.names_other_days(later)),
        flag(earlier.language != later.language),
        (crowd as f32).ln_1p(),
        shared.dot / (said[0].lead_square * said[1].lead_square).sqrt().max(f32::EPSILON),
        said[0].all.min(said[1].all),
        said[0].all.max(said[1].all),
        whole(Kind::Name),
        whole(Kind::Concept),
        whole(Kind::Figure),
        whole(Kind::Word),
        flag(days.all_later),
        flag(days.first_later),
        flag(days.past_shared),
        days.last_apart,
        flag(days.same),
        days.shared,
        flag(days.other_future),
        told(0, &MATTER),
        told(1, &MATTER),
        told(0, &Kind::ALL),
        told(1, &Kind::ALL),
        shared.leads.of(&[Kind::Name]).ln_1p(),
        shared.leads.of(&[Kind::Concept]).ln_1p(),
        told(0, &[Kind::Concept]),
        told(1, &[Kind::Concept]),
        told(0, &[Kind::Name]),
        told(1, &[Kind::Name]),
    ]
}

/// How the days that two articles name lie to each other.
#[derive(Debug, Default)]
struct Days {
    all_later: bool,
    first_later: bool,
    past_shared: bool,
    last_apart: f32,
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
        let (Some(last), common) =
            (before.iter().max(), earlier.days.iter().filter(|day| later.days.contains(day)).count())
        else {
            return Self::default();
        };
        let own_last = past.iter().max().unwrap_or(&now);
        Self {
            all_later: !past.is_empty() && past.iter().all(|day| *day > out),
            first_later: past.first().is_some_and(|day| *day > out),
            past_shared: past.iter().any(|day| before.contains(day)),
            last_apart: own_last.since(*last).map_or(0, |span| span.get_days().abs()) as f32,
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
        assert!(sequel.all_later && sequel.first_later && !sequel.past_shared && sequel.last_apart == 3.0);
        // Another telling, with a look ahead to another day.
        let telling = found(&of("10", &[9, 21]));
        assert!(!telling.all_later && telling.past_shared && telling.same && telling.other_future);
        assert_eq!((telling.shared, telling.last_apart), (0.5, 0.0));
        // One that names no day tells of its own.
        let none = found(&of("13", &[]));
        assert!(!none.all_later && !none.first_later && none.last_apart == 4.0 && none.shared == 0.0);
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
        assert_eq!((number("later-lead-told"), number("lead-names-shared")), (0.0, 0.0));
        assert_eq!(NUMBERS[LEADS], "leads-alike");
        assert_eq!(number("leads-alike"), 0.0);
        assert_eq!(number("names-shared"), 2.0f32.ln());
    }
}
