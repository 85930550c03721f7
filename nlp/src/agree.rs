//! Which ambiguous forms count: letter case must fit, and something else must agree.

use std::collections::HashSet;

use vedetta_domain::EntityKind;

use crate::lexicon::{Form, Hit, Lexicon};
use crate::model::Span;
use crate::short_form::Definition;

/// Neighbours looked at on each side: keeps a text of one endless sentence linear.
const NEIGHBOURS: usize = 64;

/// The title or the text of an article.
pub(crate) struct Part<'a> {
    pub(crate) text: &'a str,
    pub(crate) sentences: &'a [(usize, usize)],
    /// Names that the model found.
    pub(crate) spans: &'a [Span],
    /// Number of its first sentence in the article: the title stands before the text.
    pub(crate) first_sentence: usize,
}

impl Part<'_> {
    fn sentence(&self, at: usize) -> usize {
        self.sentences.partition_point(|&(start, _)| start <= at).saturating_sub(1)
    }
}

/// Evidence: a name that stands for itself.
struct Sure {
    sentence: usize,
    part: usize,
    hit: Hit,
}

/// The hits of each part without the ambiguous ones that nothing supports.
pub(crate) fn settle(
    lexicon: &Lexicon,
    parts: &[Part],
    hits: Vec<Vec<Hit>>,
    definitions: &[Definition],
) -> Vec<Vec<Hit>> {
    let mut sure: Vec<Sure> = Vec::new();
    for (at, (part, hits)) in parts.iter().zip(&hits).enumerate() {
        sure.extend(hits.iter().filter(|hit| hit.form == Form::Sure).map(|&hit| Sure {
            sentence: part.first_sentence + part.sentence(hit.start),
            part: at,
            hit,
        }));
    }
    let mut named: HashSet<usize> = sure.iter().map(|s| s.hit.entity).collect();
    let mut accepted: Vec<Vec<bool>> =
        hits.iter().map(|hits| hits.iter().map(|hit| hit.form != Form::Ambiguous).collect()).collect();
    // Twice: an ambiguous form that was accepted once is known in the rest of the article.
    for _ in 0..2 {
        for (at, (part, hits)) in parts.iter().zip(&hits).enumerate() {
            for (i, hit) in hits.iter().enumerate() {
                if accepted[at][i] {
                    continue;
                }
                let case = Case { lexicon, part, at, hit, definitions, sure: &sure, named: &named };
                if case.holds() {
                    accepted[at][i] = true;
                    named.insert(hit.entity);
                }
            }
        }
    }
    hits.into_iter()
        .zip(accepted)
        .map(|(hits, keep)| {
            hits.into_iter().zip(keep).filter_map(|(hit, keep)| keep.then_some(hit)).collect()
        })
        .collect()
}

/// One ambiguous form with what may speak for it.
struct Case<'a> {
    lexicon: &'a Lexicon,
    part: &'a Part<'a>,
    at: usize,
    hit: &'a Hit,
    definitions: &'a [Definition],
    sure: &'a [Sure],
    named: &'a HashSet<usize>,
}

impl Case<'_> {
    fn holds(&self) -> bool {
        let found = &self.part.text[self.hit.start..self.hit.end];
        let given = self.lexicon.given(self.hit);
        let kind = self.lexicon.entity(self.hit.entity).kind;
        let Some(fit) = fit(given, found) else { return false };
        if let Some(definition) = self.definitions.iter().find(|d| d.short.eq_ignore_ascii_case(found)) {
            // The article says itself what it means.
            return match definition.entity {
                Some(entity) => entity == self.hit.entity,
                None => definition.kind == kind,
            };
        }
        if self.named.contains(&self.hit.entity) {
            return true;
        }
        // "THE CAST OF" in a headline of capitals, "Cast" at a sentence's head: the letters say nothing there.
        if (fit == Fit::Capitals && self.shouts()) || (fit == Fit::Capitalised && self.leads()) {
            return false;
        }
        self.model_agrees(kind) || self.neighbour_agrees()
    }

    /// The model's MISC is no witness: Mao's Long March is MISC as well.
    fn model_agrees(&self, kind: EntityKind) -> bool {
        kind != EntityKind::Misc
            && self
                .part
                .spans
                .iter()
                .any(|s| (s.start, s.end, s.kind) == (self.hit.start, self.hit.end, kind))
    }

    fn neighbour_agrees(&self) -> bool {
        let here = self.part.first_sentence + self.part.sentence(self.hit.start);
        let middle = self.sure.partition_point(|s| (s.part, s.hit.start) < (self.at, self.hit.start));
        let from = middle.saturating_sub(NEIGHBOURS);
        self.sure[from..(middle + NEIGHBOURS).min(self.sure.len())].iter().any(|s| {
            let overlaps = s.part == self.at && s.hit.start < self.hit.end && self.hit.start < s.hit.end;
            !overlaps
                && s.sentence.abs_diff(here) <= 1
                && s.hit.entity != self.hit.entity
                && self.lexicon.related(s.hit.entity, self.hit.entity)
        })
    }

    fn sentence_text(&self) -> &str {
        let (start, end) = self
            .part
            .sentences
            .get(self.part.sentence(self.hit.start))
            .copied()
            .unwrap_or((self.hit.start, self.hit.end));
        &self.part.text[start.min(self.hit.start)..end.max(self.hit.end)]
    }

    fn shouts(&self) -> bool {
        let (mut upper, mut letters) = (0, 0);
        for c in self.sentence_text().chars().filter(|c| c.is_alphabetic()).take(400) {
            letters += 1;
            upper += usize::from(c.is_uppercase());
        }
        letters > self.hit.end - self.hit.start + 8 && upper * 10 > letters * 8
    }

    fn leads(&self) -> bool {
        self.sentence_text()
            .trim_start_matches(|c: char| !c.is_alphanumeric())
            .starts_with(&self.part.text[self.hit.start..self.hit.end])
    }
}

/// How the letters of a text fit a form.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fit {
    Same,
    /// All upper case.
    Capitals,
    /// "Sast" for SAST, as Italian papers write acronyms.
    Capitalised,
}

fn fit(given: &str, found: &str) -> Option<Fit> {
    let is_upper = |text: &str| text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase);
    let capitalised = |text: &str| {
        text.chars().next().is_some_and(char::is_uppercase) && !text.chars().skip(1).any(char::is_uppercase)
    };
    if is_upper(found) && found.chars().filter(|c| c.is_uppercase()).count() > 1 {
        return Some(Fit::Capitals);
    }
    if is_upper(given) && capitalised(found) {
        return Some(Fit::Capitalised);
    }
    // Spelling variants (hyphens, accents, numbers) may differ: the pattern of capitals counts.
    let capitals =
        |text: &str| text.chars().filter(|c| c.is_alphabetic()).map(char::is_uppercase).collect::<Vec<_>>();
    (capitals(given) == capitals(found)).then_some(Fit::Same)
}
