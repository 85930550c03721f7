//! The best sequence of labels in which every name begins with its `B-`.

use crate::decode::Tag;

/// Labels of one window's words: the path of the highest sum of scores (Viterbi 1967) in which `I-X` follows
/// `B-X` or `I-X` and no name goes on where a sentence begins.
///
/// For models trained on IOB2. `scores` has one row a word, one score a label; `begins` says where sentences begin.
/// Scores are compared as sums, so logits do as well as log probabilities.
pub(crate) fn best_path(scores: &[&[f32]], begins: &[bool], tags: &[Tag]) -> Vec<usize> {
    let labels = tags.len();
    let mut best: Vec<f32> = Vec::new();
    let mut back: Vec<Vec<usize>> = Vec::with_capacity(scores.len());
    for (at, row) in scores.iter().enumerate() {
        let begins = at == 0 || begins.get(at).copied().unwrap_or(false);
        let mut next = vec![f32::NEG_INFINITY; labels];
        let mut from = vec![0; labels];
        let first = (0.0, 0);
        for (label, tag) in tags.iter().enumerate() {
            let ways = best.iter().enumerate().filter(|&(before, _)| allowed(tags[before], *tag, begins));
            let way = ways.fold(None, |top: Option<(f32, usize)>, (before, &sum)| match top {
                Some(top) if top.0 >= sum => Some(top),
                _ => Some((sum, before)),
            });
            let way = if at == 0 { allowed(Tag::Outside, *tag, true).then_some(first) } else { way };
            if let Some((sum, before)) = way {
                next[label] = sum + row.get(label).copied().unwrap_or(f32::NEG_INFINITY);
                from[label] = before;
            }
        }
        best = next;
        back.push(from);
    }
    let Some(mut label) = (0..best.len()).reduce(|a, b| if best[b] > best[a] { b } else { a }) else {
        return Vec::new();
    };
    let mut path = vec![label; scores.len()];
    for at in (1..scores.len()).rev() {
        label = back[at][label];
        path[at - 1] = label;
    }
    path
}

/// Whether `tag` may follow `before`.
fn allowed(before: Tag, tag: Tag, begins: bool) -> bool {
    match tag {
        Tag::Inside(kind) => !begins && matches!(before, Tag::Begin(k) | Tag::Inside(k) if k == kind),
        Tag::Begin(_) | Tag::Outside => true,
    }
}

#[cfg(test)]
mod tests {
    use vedetta_domain::EntityKind::{Loc, Per};

    use super::*;

    const TAGS: [Tag; 5] =
        [Tag::Outside, Tag::Begin(Per), Tag::Inside(Per), Tag::Begin(Loc), Tag::Inside(Loc)];

    fn check(scores: &[[f32; 5]], begins: &[usize], want: &[usize]) {
        let rows: Vec<&[f32]> = scores.iter().map(|row| row.as_slice()).collect();
        let begins: Vec<bool> = (0..rows.len()).map(|at| begins.contains(&at)).collect();
        assert_eq!(best_path(&rows, &begins, &TAGS), want);
        assert_eq!(slowly(&rows, &begins), want, "by trying all");
    }

    /// All sequences one by one.
    fn slowly(rows: &[&[f32]], begins: &[bool]) -> Vec<usize> {
        let mut best = (f32::NEG_INFINITY, Vec::new());
        for number in 0..5_usize.pow(rows.len() as u32) {
            let path: Vec<usize> = (0..rows.len()).map(|at| number / 5_usize.pow(at as u32) % 5).collect();
            let fits = path.iter().enumerate().all(|(at, &label)| {
                let before = if at == 0 { Tag::Outside } else { TAGS[path[at - 1]] };
                allowed(before, TAGS[label], at == 0 || begins[at])
            });
            let sum: f32 = path.iter().zip(rows).map(|(&label, row)| row[label]).sum();
            if fits && sum > best.0 {
                best = (sum, path);
            }
        }
        best.1
    }

    #[test]
    fn paths() {
        // An I- out of nothing becomes its B-, or nothing.
        check(&[[0.0, 1.0, 3.0, 0.0, 0.0]], &[], &[1]);
        check(&[[2.5, 1.0, 3.0, 0.0, 0.0]], &[], &[0]);
        // A change of kind within a name: the stronger side wins.
        check(&[[0.0, 4.0, 0.0, 1.0, 0.0], [0.0, 0.0, 1.0, 0.0, 2.0]], &[], &[1, 2]);
        check(&[[0.0, 2.0, 0.0, 1.9, 0.0], [0.0, 0.0, 1.0, 0.0, 4.0]], &[], &[3, 4]);
        // A sentence ends a name.
        check(&[[0.0, 4.0, 0.0, 0.0, 0.0], [0.0, 1.0, 4.0, 0.0, 0.0]], &[1], &[1, 1]);
        check(&[[0.0, 4.0, 0.0, 0.0, 0.0], [0.0, 1.0, 4.0, 0.0, 0.0]], &[], &[1, 2]);
        check(&[], &[], &[]);
    }

    #[test]
    fn the_path_is_the_best_of_all() {
        // Scores without a pattern, from a counter's digits.
        let mut state = 17_u32;
        for _ in 0..200 {
            let scores: Vec<[f32; 5]> = (0..5)
                .map(|_| {
                    std::array::from_fn(|_| {
                        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        (state >> 16) as f32 / 8_192.0
                    })
                })
                .collect();
            let rows: Vec<&[f32]> = scores.iter().map(|row| row.as_slice()).collect();
            let begins = [true, false, state.is_multiple_of(2), false, false];
            check(&scores, &(0..5).filter(|&at| begins[at]).collect::<Vec<_>>(), &slowly(&rows, &begins));
        }
    }
}
