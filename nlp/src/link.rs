//! The model's spans and the lexicon's names into one list of mentions.

use vedetta_domain::{EntityKind, Mention, Origin};

use crate::agree::{Part, settle};
use crate::lexicon::{Form, Hit, Lexicon};
use crate::model::Span;
use crate::repeat;
use crate::short_form::{self, Definition, LongForm};

/// Below this the model's word alone does not outweigh the lexicon's.
const CERTAIN: f32 = 0.6;

/// A mention in the making.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) kind: EntityKind,
    pub(crate) score: f32,
    pub(crate) origin: Origin,
    pub(crate) entity: Option<usize>,
    /// Groups of known places inside an unknown name, or of an adjective's other entity.
    pub(crate) carried: Vec<String>,
}

impl Mark {
    fn overlaps(&self, start: usize, end: usize) -> bool {
        self.start < end && start < self.end
    }
}

/// Mentions of each part (title, text), by start and not overlapping.
pub(crate) fn link(lexicon: &Lexicon, parts: &[Part]) -> Vec<Vec<Mention>> {
    let hits: Vec<Vec<Hit>> = parts.iter().map(|part| lexicon.find(part.text)).collect();
    let mut definitions = Vec::new();
    for (part, hits) in parts.iter().zip(&hits) {
        definitions.extend(short_form::definitions(part.text, &long_forms(lexicon, hits, part.spans)));
    }
    let settled = settle(lexicon, parts, hits, &definitions);
    let mut marks: Vec<Vec<Mark>> = parts
        .iter()
        .zip(&settled)
        .map(|(part, hits)| {
            let mut names = select(lexicon, hits, Form::Adjective);
            defined(part.text, &definitions, &mut names);
            merge(lexicon, part, names, hits)
        })
        .collect();
    repeat::spread(parts, &mut marks);
    parts
        .iter()
        .zip(marks)
        .map(|(part, marks)| marks.into_iter().map(|mark| mention(lexicon, part.text, mark)).collect())
        .collect()
}

/// Names before which a bracket may define a short form: the lexicon's first.
fn long_forms(lexicon: &Lexicon, hits: &[Hit], spans: &[Span]) -> Vec<LongForm> {
    let known = hits.iter().filter(|hit| hit.form == Form::Sure).map(|hit| LongForm {
        start: hit.start,
        end: hit.end,
        kind: lexicon.entity(hit.entity).kind,
        entity: Some(hit.entity),
    });
    let found = spans.iter().map(|s| {
        // "Istituto di tecnologia spaziale" may be known inside a longer span that ends in the same place.
        let inside = hits.iter().find(|h| h.form == Form::Sure && h.start == s.start && h.end == s.end);
        LongForm { start: s.start, end: s.end, kind: s.kind, entity: inside.map(|h| h.entity) }
    });
    known.chain(found).collect()
}

/// Leftmost-longest names among the hits; adjectives are left out here.
fn select(lexicon: &Lexicon, hits: &[Hit], without: Form) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    for hit in hits.iter().filter(|hit| hit.form != without) {
        if let Some(last) = marks.last_mut()
            && hit.form == Form::Adjective
            && (last.start, last.end) == (hit.start, hit.end)
        {
            // "Sino-Pakistani": one mention, the groups of both.
            carry(&mut last.carried, &lexicon.entity(hit.entity).groups);
        } else if marks.last().is_none_or(|last| last.end <= hit.start) {
            marks.push(Mark {
                start: hit.start,
                end: hit.end,
                kind: lexicon.entity(hit.entity).kind,
                score: if hit.form == Form::Ambiguous { 0.8 } else { 1.0 },
                origin: if hit.form == Form::Adjective { Origin::Adjective } else { Origin::Lexicon },
                entity: Some(hit.entity),
                carried: Vec::new(),
            });
        }
    }
    marks
}

/// Adds the short forms that the article defined itself.
fn defined(text: &str, definitions: &[Definition], names: &mut Vec<Mark>) {
    let taken = names.len();
    for (start, end, number) in short_form::occurrences(text, definitions) {
        if !overlaps_any(&names[..taken], start, end) {
            let definition = &definitions[number];
            names.push(Mark {
                start,
                end,
                kind: definition.kind,
                score: 0.9,
                origin: if definition.entity.is_some() { Origin::Lexicon } else { Origin::Ner },
                entity: definition.entity,
                carried: Vec::new(),
            });
        }
    }
    names.sort_by_key(|mark| mark.start);
}

/// Whether one of `marks` (by start, not overlapping) overlaps the range.
pub(crate) fn overlaps_any(marks: &[Mark], start: usize, end: usize) -> bool {
    let at = marks.partition_point(|mark| mark.end <= start);
    marks.get(at).is_some_and(|mark| mark.overlaps(start, end))
}

/// What becomes of a span of the model that meets known names.
enum Fate {
    /// The known names stay as they are.
    Drop,
    /// The span takes the names' place, with these groups.
    Take(Vec<String>),
}

fn merge(lexicon: &Lexicon, part: &Part, names: Vec<Mark>, hits: &[Hit]) -> Vec<Mark> {
    let adjectives: Vec<Hit> = hits.iter().filter(|hit| hit.form == Form::Adjective).copied().collect();
    let mut names: Vec<Option<Mark>> = names.into_iter().map(Some).collect();
    let ends: Vec<(usize, usize)> = names.iter().flatten().map(|mark| (mark.start, mark.end)).collect();
    let mut taken = Vec::new();
    for span in part.spans {
        let from = ends.partition_point(|&(_, end)| end <= span.start);
        let to = ends.partition_point(|&(start, _)| start < span.end).max(from);
        if let [Some(name)] = &mut names[from..to]
            && (name.start, name.end) == (span.start, span.end)
        {
            name.score = name.score.max(span.score);
            name.origin = if name.entity.is_some() { Origin::Both } else { Origin::Ner };
            continue;
        }
        let met: Vec<&Mark> = names[from..to].iter().flatten().collect();
        if let Fate::Take(mut carried) = fate(lexicon, span, &met) {
            names[from..to].iter_mut().for_each(|name| *name = None);
            if matches!(span.kind, EntityKind::Org | EntityKind::Misc) {
                carry_adjectives(lexicon, span, &adjectives, &mut carried);
            }
            taken.push(Mark {
                start: span.start,
                end: span.end,
                kind: span.kind,
                score: span.score,
                origin: Origin::Ner,
                entity: None,
                carried,
            });
        }
    }
    let mut marks: Vec<Mark> = names.into_iter().flatten().chain(taken).collect();
    marks.sort_by_key(|mark| mark.start);
    // An adjective counts only where no name stands over it.
    let free: Vec<Mark> = select(lexicon, &adjectives, Form::Sure)
        .into_iter()
        .filter(|mark| !overlaps_any(&marks, mark.start, mark.end))
        .collect();
    marks.extend(free);
    marks.sort_by_key(|mark| mark.start);
    marks
}

fn carry_adjectives(lexicon: &Lexicon, span: &Span, adjectives: &[Hit], carried: &mut Vec<String>) {
    let from = adjectives.partition_point(|hit| hit.start < span.start);
    for hit in
        adjectives[from..].iter().take_while(|hit| hit.start < span.end).filter(|hit| hit.end <= span.end)
    {
        carry(carried, &lexicon.entity(hit.entity).groups);
    }
}

fn carry(carried: &mut Vec<String>, groups: &[String]) {
    for group in groups {
        if !carried.contains(group) {
            carried.push(group.clone());
        }
    }
}

/// Longer wins, the lexicon on a tie. A longer span keeps an unknown name whole ("Pakistan Air Force") and gives
/// way where it only adds words to a known one ("Pakistan's SUPARCO").
fn fate(lexicon: &Lexicon, span: &Span, met: &[&Mark]) -> Fate {
    if met.is_empty() {
        return Fate::Take(Vec::new());
    }
    let length = span.end - span.start;
    let contained = met.iter().all(|m| span.start <= m.start && m.end <= span.end);
    if span.score < CERTAIN || (!contained && met.iter().any(|m| m.end - m.start >= length)) {
        return Fate::Drop;
    }
    if !contained {
        return Fate::Take(Vec::new());
    }
    if met.iter().any(|m| m.kind != EntityKind::Loc) {
        return Fate::Drop;
    }
    let mut carried = Vec::new();
    match span.kind {
        EntityKind::Per => {}
        EntityKind::Org | EntityKind::Misc => {
            for mark in met {
                carry(&mut carried, mark.entity.map_or(&[][..], |e| &lexicon.entity(e).groups));
            }
        }
        // Two places in one span are two places.
        EntityKind::Loc if met.len() > 1 => return Fate::Drop,
        // "Jiuquan Launch Base" is a part of Jiuquan; the South China Sea is no part of China.
        EntityKind::Loc if met[0].start == span.start => {
            carry(&mut carried, met[0].entity.map_or(&[][..], |e| &lexicon.entity(e).groups));
        }
        EntityKind::Loc => {}
    }
    Fate::Take(carried)
}

fn mention(lexicon: &Lexicon, text: &str, mark: Mark) -> Mention {
    let entity = mark.entity.map(|entity| lexicon.entity(entity));
    let mut groups = entity.map_or_else(Vec::new, |e| e.groups.clone());
    carry(&mut groups, &mark.carried);
    Mention {
        start: mark.start,
        end: mark.end,
        text: text[mark.start..mark.end].to_owned(),
        kind: mark.kind,
        score: mark.score,
        origin: mark.origin,
        entity: entity.map(|e| e.id.clone()),
        groups,
    }
}
