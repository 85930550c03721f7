//! The judgement: each passage is weighed, the best one decides.

use std::collections::BTreeSet;

use vedetta_domain::{Passage, Reason, WatchMatch};

use super::hits::{self, Hit, Hits};
use super::passage::{Run, candidates, meets, paragraph, quote, words};
use super::reading::Reading;
use super::within::Within;
use super::{Part, PartOutcome, Verdict, Watch};

/// Words shown of what met a part.
const MATCHED_MAX: usize = 6;

/// One passage with its weight.
struct Weighed {
    run: Run,
    score: f32,
    /// For each part of the watch: where it was met, by what.
    parts: Vec<Option<(Run, Vec<Hit>)>>,
    vetoed: Option<usize>,
}

pub(super) fn empty(watch: &Watch) -> Verdict {
    Verdict {
        watch: watch.id.clone(),
        version: watch.version.clone(),
        score: 0.0,
        threshold: watch.config.threshold,
        matched: None,
        passage: None,
        parts: Vec::new(),
        misses: Vec::new(),
        vetoed: None,
        skipped: None,
    }
}

pub(super) fn judge(watch: &Watch, reading: &Reading<'_>) -> Verdict {
    let hits = hits::find(watch, reading);
    let runs = candidates(watch, reading, &hits);
    let best = runs.into_iter().map(|run| weigh(watch, reading, &hits, run)).reduce(better);
    let Some(best) = best else {
        return Verdict { misses: super::miss::apart(watch, &hits, reading), ..empty(watch) };
    };
    let mut verdict = Verdict { score: best.score, ..empty(watch) };
    describe(watch, reading, &hits, &best, &mut verdict);
    verdict.vetoed = best.vetoed.map(|at| watch.config.part[at].name.clone());
    if best.vetoed.is_none() && best.score + 1e-4 >= watch.config.threshold {
        verdict.matched = Some(WatchMatch {
            watch: watch.id.clone(),
            version: watch.version.clone(),
            score: best.score,
            reasons: reasons(watch, reading, &best, &verdict),
            channels: watch.config.channels.clone(),
        });
    } else {
        verdict.misses = super::miss::short(watch, &verdict);
    }
    verdict
}

/// The weightier; of equals the shorter, then the earlier. A veto counts less than anything.
fn better(a: Weighed, b: Weighed) -> Weighed {
    let rank = |w: &Weighed| (w.vetoed.is_none(), w.score);
    let (ra, rb) = (rank(&a), rank(&b));
    let wins = rb.0 & !ra.0 || rb.0 == ra.0 && (rb.1 > ra.1 || rb.1 == ra.1 && b.run.len() < a.run.len());
    if wins { b } else { a }
}

fn weigh(watch: &Watch, reading: &Reading<'_>, hits: &Hits, run: Run) -> Weighed {
    let parts: Vec<_> = watch
        .parts
        .iter()
        .zip(&watch.config.part)
        .map(|(part, config)| met(part, config.count, reading, hits, run))
        .collect();
    let mut score = together(watch, reading, run) + field(watch, reading, run).1;
    for &group in watch.passage.all.iter().chain(&watch.passage.any) {
        if !hits.of(group, run.from, run.to).is_empty() {
            score += watch.config.group[group].weight;
        }
    }
    let mut vetoed = None;
    for (at, (part, config)) in parts.iter().zip(&watch.config.part).enumerate() {
        if part.is_some() {
            score += config.weight;
            vetoed = vetoed.or(config.veto.then_some(at));
        }
    }
    Weighed { run, score, parts, vetoed }
}

/// What the closeness of the groups adds.
fn together(watch: &Watch, reading: &Reading<'_>, run: Run) -> f32 {
    let passage = &watch.config.passage;
    let by_length = passage.weights.get(run.len() - 1).or(passage.weights.last()).copied().unwrap_or(0.0);
    let sentences = &reading.sentences[run.from..run.to];
    let breaks = sentences.windows(2).filter(|pair| pair[0].paragraph != pair[1].paragraph).count();
    by_length + breaks as f32 * passage.paragraph_break
}

fn field(watch: &Watch, reading: &Reading<'_>, run: Run) -> (&'static str, f32) {
    let titles = reading.sentences.partition_point(|s| s.in_title);
    let fields = &watch.config.fields;
    if run.from < titles {
        ("title", fields.title)
    } else if run.from < titles + 2 {
        ("lead", fields.lead)
    } else {
        ("body", fields.body)
    }
}

/// Where in (or around) `run` a part is met, and by what.
fn met(part: &Part, count: usize, reading: &Reading<'_>, hits: &Hits, run: Run) -> Option<(Run, Vec<Hit>)> {
    let end = reading.sentences.len();
    let titles = reading.sentences.partition_point(|s| s.in_title);
    let sliding = |n: usize| {
        let n = n.min(run.len());
        (run.from..=run.to - n).map(|from| Run { from, to: from + n }).collect::<Vec<_>>()
    };
    let units = match part.within {
        Within::Words(_) => sliding(1),
        Within::Sentences(n) => sliding(n),
        Within::Passage => vec![run],
        Within::Paragraph => vec![paragraph(reading, run)],
        Within::Title => vec![Run { from: 0, to: titles }],
        Within::Article => vec![Run { from: 0, to: end }],
    };
    units.into_iter().find_map(|unit| {
        if !meets(&part.all, &part.any, &[], hits, unit) {
            return None;
        }
        let span = match part.within {
            Within::Words(n) => Some(narrow(part, hits, unit, n)?),
            _ => None,
        };
        let inside = |h: &&Hit| span.is_none_or(|(first, last)| h.first >= first && h.last <= last);
        let of = |group: &usize| {
            hits.of(*group, unit.from, unit.to).iter().filter(inside).copied().collect::<Vec<_>>()
        };
        if part.none.iter().any(|g| !of(g).is_empty()) {
            return None;
        }
        let any: Vec<Hit> = part.any.iter().flat_map(of).collect();
        let distinct: BTreeSet<&str> = any.iter().map(|h| reading.tokens[h.first].folded.as_str()).collect();
        if distinct.len() < count {
            return None;
        }
        let mut found: Vec<Hit> = part.all.iter().flat_map(of).chain(any).collect();
        found.sort_unstable();
        found.dedup();
        Some((unit, found))
    })
}

/// The shortest stretch of one sentence that holds all of `all` and one of `any`, if `n` words hold it.
fn narrow(part: &Part, hits: &Hits, unit: Run, n: usize) -> Option<(usize, usize)> {
    let of = |group: usize| hits.of(group, unit.from, unit.to);
    let any: Vec<Hit> = part.any.iter().flat_map(|&g| of(g)).copied().collect();
    let mut sets: Vec<&[Hit]> = part.all.iter().map(|&g| of(g)).collect();
    if !any.is_empty() {
        sets.push(&any);
    }
    let starts = sets.iter().flat_map(|set| set.iter().map(|h| h.first));
    let stretch = |first: usize| {
        let ends = sets.iter().map(|set| set.iter().filter(|h| h.first >= first).map(|h| h.last).min());
        ends.collect::<Option<Vec<_>>>()?.into_iter().max().map(|last| (first, last))
    };
    starts
        .filter_map(stretch)
        .filter(|(first, last)| last - first <= n)
        .min_by_key(|(first, last)| last - first)
}

fn describe(watch: &Watch, reading: &Reading<'_>, hits: &Hits, best: &Weighed, verdict: &mut Verdict) {
    let mut asked = Vec::new();
    for &group in watch.passage.all.iter().chain(&watch.passage.any) {
        let found = hits.of(group, best.run.from, best.run.to);
        asked.extend_from_slice(found);
        verdict.parts.push(outcome(
            &watch.config.group[group].name,
            watch.config.group[group].weight,
            found,
            reading,
            found.first().map(|h| Run { from: h.sentence, to: h.sentence + 1 }),
        ));
    }
    verdict.passage = quote(reading, best.run, &asked);
    for (config, part) in watch.config.part.iter().zip(&best.parts) {
        let (run, found) =
            part.as_ref().map_or((None, &[][..]), |(run, found)| (Some(*run), found.as_slice()));
        verdict.parts.push(outcome(&config.name, config.weight, found, reading, run));
    }
}

fn outcome(name: &str, weight: f32, found: &[Hit], reading: &Reading<'_>, run: Option<Run>) -> PartOutcome {
    let mut matched: Vec<String> = Vec::new();
    for text in found.iter().map(|h| words(reading, h)) {
        if matched.len() < MATCHED_MAX && !matched.iter().any(|m| m == text) {
            matched.push(text.to_string());
        }
    }
    let passage = run.and_then(|run| quote(reading, run, found));
    PartOutcome { part: name.to_string(), met: run.is_some(), weight, matched, passage }
}

fn reasons(watch: &Watch, reading: &Reading<'_>, best: &Weighed, verdict: &Verdict) -> Vec<Reason> {
    let decided: Option<&Passage> = verdict.passage.as_ref();
    let plain = |part: &str, weight: f32| Reason {
        part: part.to_string(),
        matched: Vec::new(),
        weight,
        passage: decided.cloned(),
    };
    let mut reasons = vec![plain("together", together(watch, reading, best.run))];
    let (name, weight) = field(watch, reading, best.run);
    if weight != 0.0 {
        reasons.push(Reason { passage: None, ..plain(name, weight) });
    }
    reasons.extend(verdict.parts.iter().filter(|p| p.met).map(|p| Reason {
        part: p.part.clone(),
        matched: p.matched.clone(),
        weight: p.weight,
        passage: p.passage.clone(),
    }));
    reasons.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    reasons
}
