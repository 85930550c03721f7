//! Whether two articles tell the same event: a logistic regression on the numbers of `numbers.rs`.
//!
//! What an article shares with another says little by itself: in a week that is full of one matter all articles share its
//! actors. So every term is weighed by its rarity among the articles of the week that are most alike (their *window*), and
//! the more of them there are, the more is asked. A term weighs `rarity · (1 + ln(1 + count))`.
//!
//! Measured in cross-validation and left out, since they changed little: bags of names, concepts or figures by themselves,
//! numbered names in conflict, cosines by the rarity of the learning set, boosted trees, sentence embeddings.
//!
//! The weights, and in how many events a term is, come from `training/stories.py`.

use rustc_hash::FxHashMap;

use crate::{
    StoryFeatures,
    numbers::{Said, Shared, numbers},
    rarity::{LEARNT, Usual},
    story::Term,
    terms::Kind,
};

/// Tellings of one event lie within this time, in seconds.
const WINDOW_S: i64 = 7 * 86_400;

/// Articles of the week that make the window: those most alike.
const NEAREST: usize = 20;
/// Articles that the rarity of the learning set counts for, beside those of the window.
const PRIOR: f32 = 20.0;
/// A join is sure from this probability on, and if the leads are this much alike besides: only then a watch that was told
/// of the story stays silent. Otherwise the telling is told as an update: a story told twice costs a glance, an event that
/// nobody hears of is lost. Of the events that were learnt from none is lost with it. Two matters of the sample site, whose
/// analyses share their actors, have reached 0.993 with leads that are alike to 0.09.
const SURE: f32 = 0.97;
const LEADS_ALIKE: f32 = 0.15;

/// How like another article is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Likeness {
    /// Probability that both tell the same event.
    pub chance: f32,
    /// How much their leads are alike, 0 to 1.
    pub leads: f32,
}

impl Likeness {
    /// Whether nothing is left to doubt.
    pub fn is_sure(self) -> bool {
        self.chance >= SURE && self.leads >= LEADS_ALIKE
    }
}

/// Probability from which articles tell the same, on average over a story's tellings.
pub fn same() -> f32 {
    LEARNT.same
}

/// No term says less.
const LEAST_RARITY: f32 = 0.05;

/// An article beside those of its week.
pub struct Week<'a> {
    own: Placed<'a>,
    others: Vec<Placed<'a>>,
    /// Of the articles in the window, how many there are beside one that is compared.
    crowd: usize,
    /// How much each term of the vocabulary says in this window.
    rarities: Vec<f32>,
}

/// An article with the places of its terms in the vocabulary of the week.
struct Placed<'a> {
    article: &'a StoryFeatures,
    places: Vec<usize>,
}

/// All terms of the week, each once.
#[derive(Default)]
struct Vocabulary {
    places: FxHashMap<u32, usize>,
    usual: Vec<Usual>,
}

impl Vocabulary {
    fn place<'a>(&mut self, article: &'a StoryFeatures) -> Placed<'a> {
        let place = |term: &Term| {
            *self.places.entry(term.hash).or_insert_with(|| {
                self.usual.push(LEARNT.usual(term.hash));
                self.usual.len() - 1
            })
        };
        Placed { article, places: article.terms.iter().map(place).collect() }
    }
}

impl Placed<'_> {
    /// Its terms with their places.
    fn terms(&self) -> impl Iterator<Item = (&Term, usize)> {
        self.article.terms.iter().zip(self.places.iter().copied())
    }
}

impl<'a> Week<'a> {
    /// `others`: earlier articles that share a key with it, in any order.
    pub fn of(own: &'a StoryFeatures, others: &[&'a StoryFeatures]) -> Self {
        let mut vocabulary = Vocabulary::default();
        vocabulary.places.reserve(own.terms.len() * (others.len() + 1) / 2);
        let own = vocabulary.place(own);
        let others: Vec<Placed> = others.iter().map(|other| vocabulary.place(other)).collect();
        let usual = vocabulary.usual;
        let mut mine = vec![0.0; usual.len()];
        own.terms().for_each(|(term, place)| mine[place] = term.whole * usual[place].rarity);
        let mut alike: Vec<(f32, &Placed)> = others
            .iter()
            .filter(|other| within(own.article, other.article))
            .map(|other| {
                let (mut dot, mut square) = (0.0, 0.0);
                for (term, place) in other.terms() {
                    let weight = term.whole * usual[place].rarity;
                    square += weight * weight;
                    dot += weight * mine[place];
                }
                (dot / square.sqrt().max(f32::EPSILON), other)
            })
            .collect();
        alike.sort_by(|a, b| b.0.total_cmp(&a.0));
        alike.truncate(NEAREST);
        let mut have = vec![0u32; usual.len()];
        alike.iter().flat_map(|(_, other)| &other.places).for_each(|place| have[*place] += 1);
        let crowd = alike.len().saturating_sub(1);
        let rarities = have.iter().zip(&usual).map(|(have, usual)| {
            // The article that is compared does not count.
            let others = have.saturating_sub(1) as f32;
            let usual = PRIOR * usual.share.min(1.0);
            ((crowd as f32 + PRIOR) / (others + usual)).ln().max(LEAST_RARITY)
        });
        let rarities = rarities.collect();
        Self { own, others, crowd, rarities }
    }

    /// Compares the article with all others; `None`: too long apart for one event, or nothing to compare.
    pub fn compare(&self) -> Vec<Option<Likeness>> {
        let own = self.said(&self.own);
        let likeness = |other: &Placed| {
            let (a, b) = (self.own.article, other.article);
            let comparable = within(a, b) && !a.terms.is_empty() && !b.terms.is_empty();
            comparable.then(|| self.likeness(other, own))
        };
        self.others.iter().map(likeness).collect()
    }

    fn likeness(&self, other: &Placed, own: Said) -> Likeness {
        /// The earlier of two first.
        fn in_order<T>(own_is_later: bool, own: T, other: T) -> [T; 2] {
            if own_is_later { [other, own] } else { [own, other] }
        }
        let later = self.own.article.at >= other.article.at;
        let mut shared = Shared::default();
        for ((mine, place), theirs) in in_both(self.own.terms(), &other.article.terms) {
            shared.add(in_order(later, mine, theirs), self.rarities[place]);
        }
        let said = in_order(later, own, self.said(other));
        let pair = in_order(later, self.own.article, other.article);
        let numbers = numbers(pair, said, &shared, self.crowd);
        let sum: f32 = LEARNT.weights.iter().zip(numbers).map(|(weight, number)| weight * number).sum();
        let chance = 1.0 / (1.0 + (-(LEARNT.bias + sum)).exp());
        Likeness { chance, leads: shared.leads_alike(said) }
    }

    fn said(&self, article: &Placed) -> Said {
        Said::of(article.terms().map(|(term, place)| (term, self.rarities[place])))
    }

    /// In words, why another article is or is not of the same event.
    pub fn grounds(&self, other: &StoryFeatures) -> String {
        let list = |shared: Vec<&str>| match shared.as_slice() {
            [] => "none".to_owned(),
            shared => shared[..shared.len().min(6)].join(", "),
        };
        let own = self.own.article;
        let mut grounds = vec![
            format!("names in common: {}", list(own.shared_keys(other, Kind::Name))),
            format!("both of: {}", list(own.shared_keys(other, Kind::Concept))),
        ];
        if let (Some(mine), Some(theirs)) = (own.first_day(), other.first_day()) {
            grounds.push(match (mine == theirs, own.names_other_days(other)) {
                (true, _) => format!("on {mine}"),
                (false, true) => format!("on {mine} against {theirs}, no day in common"),
                (false, false) => format!("on {mine} and {theirs}"),
            });
        }
        grounds.push(format!("published {} hours apart", own.seconds_to(other) / 3600));
        grounds.push(format!("{} others of the week are like it", self.crowd));
        grounds.join("; ")
    }
}

fn within(a: &StoryFeatures, b: &StoryFeatures) -> bool {
    a.seconds_to(b) <= WINDOW_S
}

/// The terms that both have; both are in the order of their hashes.
fn in_both<'a>(
    mine: impl Iterator<Item = (&'a Term, usize)>,
    theirs: &'a [Term],
) -> impl Iterator<Item = ((&'a Term, usize), &'a Term)> {
    let mut theirs = theirs.iter().peekable();
    mine.filter_map(move |mine| {
        while theirs.next_if(|other| other.hash < mine.0.hash).is_some() {}
        theirs.next_if(|other| other.hash == mine.0.hash).map(|other| (mine, other))
    })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use vedetta_domain::{
        Article, EntityId, EntityKind, Language, LanguageGuess, Mention, Origin, TaggedArticle,
    };

    use super::*;

    /// An account whose text names entities by their ids.
    fn account(title: &str, text: &str, language: Language, hours: i64) -> StoryFeatures {
        const IDS: &[&str] = &[
            "suparco",
            "sast",
            "casc",
            "cmsa",
            "prss-2",
            "prsc-eo2",
            "jiuquan",
            "taiyuan",
            "spacechain",
            "tiangong",
        ];
        let mention = |id: &&str| {
            let start = text.find(*id)?;
            Some(Mention {
                start,
                end: start + id.len(),
                text: (*id).into(),
                kind: EntityKind::Org,
                score: 1.0,
                origin: Origin::Lexicon,
                entity: Some(EntityId((*id).into())),
                groups: Vec::new(),
            })
        };
        let published = Timestamp::from_second(1_780_000_000 + hours * 3600).ok();
        let article =
            Article { title: Some(title.into()), text: text.into(), published, ..Article::default() };
        let language = LanguageGuess { language, ..LanguageGuess::default() };
        let mentions = IDS.iter().filter_map(mention).collect();
        let tagged = TaggedArticle { article, language, mentions, ..TaggedArticle::default() };
        StoryFeatures::of(&tagged, Timestamp::UNIX_EPOCH)
    }

    fn order(language: Language, hours: i64) -> StoryFeatures {
        let (title, text) = match language {
            Language::Italian => (
                "Un secondo satellite di telerilevamento",
                "L'agenzia suparco ha chiesto ieri a sast, che fa parte di casc, di costruire prss-2, un satellite di \
                 telerilevamento. Le immagini verranno condivise attraverso spacechain; le ricevono due stazioni di terra. \
                 Il lancio è previsto da jiuquan.",
            ),
            _ => (
                "A second remote sensing satellite",
                "The agency suparco has asked sast, a part of casc, to build the remote sensing satellite prss-2. Its images \
                 are to be shared through spacechain; two ground stations receive them. It is to be launched from jiuquan.",
            ),
        };
        account(title, text, language, hours)
    }

    fn astronauts() -> StoryFeatures {
        let text = "Two candidates of suparco will begin their training with cmsa in autumn, and one of them is to fly to \
            tiangong for experiments, the spokesman told a press conference. The pair speak Chinese.";
        account("Two astronauts begin training", text, Language::English, 5)
    }

    fn launch() -> StoryFeatures {
        let text = "A rocket of casc put the spacecraft prsc-eo2 into orbit from taiyuan at dawn. Its solar panels opened, \
            and suparco heard a clear signal.";
        account("Spacecraft in orbit", text, Language::English, 9)
    }

    fn chance(own: &StoryFeatures, other: &StoryFeatures, beside: &[&StoryFeatures]) -> Option<Likeness> {
        let others: Vec<_> = [other].into_iter().chain(beside.iter().copied()).collect();
        Week::of(own, &others).compare()[0]
    }

    #[test]
    fn one_event_is_told_from_others_of_the_same_actors() {
        let (english, italian) = (order(Language::English, 0), order(Language::Italian, 6));
        let (astronauts, launch) = (astronauts(), launch());
        let same = chance(&italian, &english, &[&astronauts, &launch]).unwrap();
        assert!(same.chance >= super::same(), "{same:?}");
        for (a, b) in [(&english, &astronauts), (&astronauts, &launch), (&launch, &english)] {
            let other = chance(a, b, &[]).unwrap();
            assert!(!other.is_sure() && other.chance < same.chance, "{other:?} {same:?}");
        }
    }

    #[test]
    fn the_order_of_two_does_not_count() {
        let (a, b) = (order(Language::English, 0), order(Language::Italian, 6));
        let (there, back) = (chance(&a, &b, &[]).unwrap(), chance(&b, &a, &[]).unwrap());
        assert!((there.chance - back.chance).abs() < 1e-4, "{there:?} {back:?}");
    }

    #[test]
    fn a_sequel_in_another_week_and_an_article_without_terms_are_not_compared() {
        let first = order(Language::English, 0);
        assert_eq!(chance(&order(Language::Italian, 24 * 8), &first, &[]), None);
        assert_eq!(chance(&first, &StoryFeatures::default(), &[]), None);
    }

    #[test]
    fn what_all_of_the_week_have_says_little() {
        let (a, b) = (order(Language::English, 0), order(Language::Italian, 6));
        let crowd: Vec<StoryFeatures> = (0..12).map(|hours| order(Language::English, hours)).collect();
        let crowd: Vec<&StoryFeatures> = crowd.iter().collect();
        assert!(chance(&b, &a, &crowd).unwrap().chance < chance(&b, &a, &[]).unwrap().chance);
    }

    #[test]
    fn grounds_are_in_words() {
        let (a, b) = (order(Language::English, 0), order(Language::Italian, 6));
        let grounds = Week::of(&b, &[&a]).grounds(&a);
        assert!(grounds.contains("prss-2") && grounds.contains("satellite"), "{grounds}");
    }
}
