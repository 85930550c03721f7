//! Which passages an article offers a watch, and how they are quoted.

use vedetta_domain::Passage;

use super::Watch;
use super::hits::{Hit, Hits};
use super::reading::Reading;
use super::within::Within;

/// Characters of a text that an alert quotes at most.
pub(crate) const QUOTE_MAX: usize = 300;

/// A run of sentences, `to` excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    pub from: usize,
    pub to: usize,
}

impl Run {
    pub fn len(self) -> usize {
        self.to - self.from
    }
}

/// The runs in which the asked-for groups meet, none longer than it must be.
pub(crate) fn candidates(watch: &Watch, reading: &Reading<'_>, hits: &Hits) -> Vec<Run> {
    let count = reading.sentences.len();
    let titles = reading.sentences.partition_point(|s| s.in_title);
    let rule = &watch.passage;
    let asked = |at: usize| rule.all.iter().chain(&rule.any).any(|&g| !hits.of(g, at, at + 1).is_empty());
    let mut runs = Vec::new();
    match rule.within {
        Within::Title => runs.push(Run { from: 0, to: titles }),
        Within::Paragraph => {
            runs.extend(
                (0..count).filter(|&at| asked(at)).map(|at| paragraph(reading, Run { from: at, to: at + 1 })),
            );
        }
        Within::Sentences(n) => {
            for from in (0..count).filter(|&at| asked(at)) {
                let ends = (from..count.min(from + n)).filter(|&last| asked(last));
                runs.extend(ends.map(|last| Run { from, to: last + 1 }));
            }
        }
        Within::Words(_) | Within::Passage | Within::Article => runs.push(Run { from: 0, to: count }),
    }
    runs.dedup();
    runs.retain(|run| meets(rule.all.as_slice(), &rule.any, &rule.none, hits, *run));
    runs
}

/// Whether a run holds all of `all`, one of `any` and none of `none`.
pub(crate) fn meets(all: &[usize], any: &[usize], none: &[usize], hits: &Hits, run: Run) -> bool {
    let has = |group: &usize| !hits.of(*group, run.from, run.to).is_empty();
    all.iter().all(has) && (any.is_empty() || any.iter().any(has)) && !none.iter().any(has)
}

/// `run`, widened to whole paragraphs of the text.
pub(crate) fn paragraph(reading: &Reading<'_>, run: Run) -> Run {
    let same = |a: usize, b: usize| {
        let (a, b) = (&reading.sentences[a], &reading.sentences[b]);
        a.paragraph == b.paragraph && a.in_title == b.in_title
    };
    let Run { mut from, mut to } = run;
    while from > 0 && same(from - 1, from) {
        from -= 1;
    }
    while to < reading.sentences.len() && same(to - 1, to) {
        to += 1;
    }
    Run { from, to }
}

/// The words of a hit as they stand in the article.
pub(crate) fn words<'a>(reading: &Reading<'a>, hit: &Hit) -> &'a str {
    let field = reading.field(reading.sentences[hit.sentence].in_title);
    &field[reading.tokens[hit.first].start..reading.tokens[hit.last - 1].end]
}

/// A quotation of `run`: the whole where it is short enough, else the sentence with most of the
/// `hits`, cut around them at words.
pub(crate) fn quote(reading: &Reading<'_>, run: Run, hits: &[Hit]) -> Option<Passage> {
    let sentences = reading.sentences.get(run.from..run.to)?;
    let (first, last) = (sentences.first()?, sentences.last()?);
    let one_field = first.in_title == last.in_title;
    if one_field
        && let Some(whole) = reading.field(first.in_title).get(first.start..last.end)
        && whole.chars().count() <= QUOTE_MAX
    {
        return Some(passage(first.in_title, first.start, last.end, blanks(whole)));
    }
    let within = |at: usize| hits.iter().filter(move |h| h.sentence == at);
    let best = (run.from..run.to).rev().max_by_key(|&at| {
        let mut groups: Vec<_> = within(at).map(|h| words(reading, h)).collect();
        groups.sort_unstable();
        groups.dedup();
        groups.len()
    })?;
    let sentence = &reading.sentences[best];
    let field = reading.field(sentence.in_title);
    let whole = field.get(sentence.start..sentence.end)?;
    if whole.chars().count() <= QUOTE_MAX {
        return Some(passage(sentence.in_title, sentence.start, sentence.end, blanks(whole)));
    }
    let centre = within(best).map(|h| h.first).min().unwrap_or(sentence.first_token);
    cut(reading, sentence.first_token, sentence.last_token, centre, field, sentence.in_title)
}

/// As many words as fit, from a few before `centre` on.
fn cut(
    reading: &Reading<'_>,
    first: usize,
    last: usize,
    centre: usize,
    field: &str,
    in_title: bool,
) -> Option<Passage> {
    let tokens = &reading.tokens;
    let room = QUOTE_MAX - 2;
    let length = |from: usize, to: usize| field[tokens[from].start..tokens[to].end].chars().count();
    let mut from = centre;
    let mut to = centre;
    while to + 1 < last && length(from, to + 1) <= room {
        to += 1;
    }
    while from > first && length(from - 1, to) <= room {
        from -= 1;
    }
    let (start, end) = (tokens.get(from)?.start, tokens.get(to)?.end);
    let text: String = blanks(&field[start..end]).chars().take(room).collect();
    let before = if from > first { "…" } else { "" };
    let after = if to + 1 < last { "…" } else { "" };
    Some(passage(in_title, start, end, format!("{before}{text}{after}")))
}

fn passage(in_title: bool, start: usize, end: usize, text: String) -> Passage {
    Passage { start, end, in_title, text }
}

fn blanks(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
