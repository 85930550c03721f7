//! Where an article meets the groups of a watch.

use std::collections::HashSet;

use super::reading::Reading;
use super::{Near, Watch};

/// One place where a group is met. Tokens count over the whole reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hit {
    pub sentence: usize,
    pub first: usize,
    /// One past the last token.
    pub last: usize,
}

/// The hits of each group, in the text's order.
#[derive(Debug)]
pub(crate) struct Hits(pub Vec<Vec<Hit>>);

impl Hits {
    /// Of one group in a run of sentences.
    pub fn of(&self, group: usize, from: usize, to: usize) -> &[Hit] {
        let hits = &self.0[group];
        let start = hits.partition_point(|h| h.sentence < from);
        let end = hits.partition_point(|h| h.sentence < to);
        &hits[start..end]
    }
}

/// All hits of `watch`. Where a group that only mentions can meet is not met and must be, the walk
/// over the words is spared: most articles end here.
pub(crate) fn find(watch: &Watch, reading: &Reading<'_>) -> Hits {
    let count = watch.groups.len();
    let mut hits = vec![Vec::new(); count];
    for (sentence, first, last, mention) in reading.mentions() {
        for (hits, config) in hits.iter_mut().zip(&watch.config.group) {
            let tagged = config.tags.iter().any(|t| mention.groups.contains(t))
                || (!config.tags_all.is_empty()
                    && config.tags_all.iter().all(|t| mention.groups.contains(t)))
                || mention.entity.as_ref().is_some_and(|e| config.entities.contains(&e.0));
            if tagged {
                hits.push(Hit { sentence, first, last });
            }
        }
    }
    if watch.passage.all.iter().any(|&g| watch.groups[g].only_mentions && hits[g].is_empty()) {
        return Hits(hits);
    }
    let mut out: Vec<Vec<Hit>> = vec![Vec::new(); count];
    watch.terms.find(reading, |label, sentence, first, last| {
        let (list, group) = if label < count { (&mut hits, label) } else { (&mut out, label - count) };
        list[group].push(Hit { sentence, first, last });
    });
    for group in 0..count {
        find_regexes(watch, group, reading, &mut hits[group]);
        for other in &watch.groups[group].of {
            let more = hits[*other].clone();
            hits[group].extend(more);
        }
        for near in &watch.groups[group].near {
            let pairs = side_by_side(near, &hits);
            hits[group].extend(pairs);
        }
        hits[group].retain(|hit| !out[group].iter().any(|o| o.first < hit.last && hit.first < o.last));
        let distinct: HashSet<Hit> = hits[group].drain(..).collect();
        hits[group].extend(distinct);
        hits[group].sort_unstable();
    }
    Hits(hits)
}

impl std::hash::Hash for Hit {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.first, self.last).hash(state);
    }
}

fn find_regexes(watch: &Watch, group: usize, reading: &Reading<'_>, hits: &mut Vec<Hit>) {
    for regex in &watch.groups[group].regexes {
        for in_title in [true, false] {
            for found in regex.find_iter(reading.field(in_title)) {
                if let Some((sentence, first, last)) = reading.locate(in_title, found.start(), found.end()) {
                    hits.push(Hit { sentence, first, last });
                }
            }
        }
    }
}

fn side_by_side(near: &Near, hits: &[Vec<Hit>]) -> Vec<Hit> {
    let mut pairs = Vec::new();
    for one in &hits[near.one] {
        for other in hits[near.other].iter().filter(|h| h.sentence == one.sentence) {
            let (left, right) = if one.first <= other.first { (one, other) } else { (other, one) };
            if near.ordered && other.first < one.first || right.first > left.last + near.words {
                continue;
            }
            let parted = near
                .not_between
                .iter()
                .any(|&group| hits[group].iter().any(|h| h.first >= left.last && h.last <= right.first));
            if !parted {
                pairs.push(Hit {
                    sentence: one.sentence,
                    first: left.first,
                    last: left.last.max(right.last),
                });
            }
        }
    }
    pairs
}
