//! The nearest miss, in words.

use super::hits::Hits;
use super::reading::Reading;
use super::within::Within;
use super::{Verdict, Watch};

/// No passage held all groups: which are missing, or how far apart they stand.
pub(super) fn apart(watch: &Watch, hits: &Hits, reading: &Reading<'_>) -> Vec<String> {
    let name = |group: usize| watch.config.group[group].name.as_str();
    let rule = &watch.passage;
    let mut misses: Vec<String> =
        rule.all.iter().filter(|&&g| hits.0[g].is_empty()).map(|&g| format!("no {}", name(g))).collect();
    if !rule.any.is_empty() && rule.any.iter().all(|&g| hits.0[g].is_empty()) {
        let names: Vec<_> = rule.any.iter().map(|&g| name(g)).collect();
        misses.push(format!("none of {}", names.join(", ")));
    }
    if !misses.is_empty() {
        return misses;
    }
    // The smallest run of sentences that holds one hit of each; its two ends are named.
    let mut all: Vec<(usize, usize)> =
        rule.all.iter().flat_map(|&g| hits.0[g].iter().map(move |h| (h.sentence, g))).collect();
    all.sort_unstable();
    let mut nearest: Option<(usize, usize, usize)> = None;
    for (i, &(from, first)) in all.iter().enumerate() {
        let mut seen = vec![first];
        for &(to, group) in &all[i..] {
            if !seen.contains(&group) {
                seen.push(group);
            }
            if seen.len() == rule.all.len() {
                if nearest.is_none_or(|(distance, ..)| to - from < distance) {
                    nearest = Some((to - from, group, first));
                }
                break;
            }
        }
    }
    let limit = match rule.within {
        Within::Sentences(n) => format!("limit {}", n.saturating_sub(1)),
        _ => format!("limit one {}", watch.config.passage.within),
    };
    if let Some((distance, far, near)) = nearest.filter(|_| !reading.sentences.is_empty()) {
        misses.push(format!("{} {distance} sentences away from {}, {limit}", name(far), name(near)));
    } else {
        misses.push("a group that must not be there is".into());
    }
    misses
}

/// A passage was there but weighed too little, or was vetoed.
pub(super) fn short(watch: &Watch, verdict: &Verdict) -> Vec<String> {
    let mut misses = vec![format!("score {:.2}, threshold {:.2}", verdict.score, verdict.threshold)];
    let against = verdict.parts.iter().filter(|p| p.met && p.weight < 0.0);
    misses.extend(against.map(|p| format!("{} takes {:.2}: {}", p.part, -p.weight, p.matched.join(", "))));
    let missing = verdict.threshold - verdict.score;
    let mut enough: Vec<_> = watch
        .config
        .part
        .iter()
        .filter(|c| c.weight >= missing && c.weight > 0.0)
        .map(|c| c.name.as_str())
        .collect();
    enough.retain(|name| verdict.parts.iter().any(|p| p.part == *name && !p.met));
    if missing > 0.0 && !enough.is_empty() {
        misses.push(format!("one of these would have been enough: {}", enough.join(", ")));
    }
    misses
}
