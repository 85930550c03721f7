//! Boosted trees over a few numbers: what was learnt of blocks (`training/blocks.py` writes them).

use std::sync::LazyLock;

/// One line a node: tree, feature or `-`, threshold or value, left, right. Nodes are numbered within their tree, from 0.
static TEXT: &str = include_str!("blocks.trees");

static TREES: LazyLock<Forest> = LazyLock::new(|| Forest::parse(TEXT));

/// A node of a tree: left where the feature is at most the threshold. A leaf leads to itself, and its `value` counts.
#[derive(Debug, Clone, Copy, PartialEq)]
struct TreeNode {
    feature: u16,
    left: u16,
    right: u16,
    /// The threshold, or a leaf's value.
    value: f32,
}

/// Trees whose leaves are summed.
#[derive(Debug, Default, PartialEq)]
struct Forest {
    base: f32,
    trees: Vec<Vec<TreeNode>>,
}

/// What a leaf has for a feature.
const LEAF: u16 = u16::MAX;

impl Forest {
    fn parse(text: &str) -> Self {
        let mut forest = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let parts: Vec<&str> = line.split_ascii_whitespace().collect();
            match parts.as_slice() {
                ["base", value] => forest.base = value.parse().unwrap_or(0.0),
                ["tree"] => forest.trees.push(Vec::new()),
                ["leaf", value] => {
                    if let (Some(tree), Ok(value)) = (forest.trees.last_mut(), value.parse()) {
                        tree.push(TreeNode { feature: LEAF, left: 0, right: 0, value });
                    }
                }
                ["split", feature, threshold, left, right] => {
                    let numbers = [feature, left, right].map(|n| n.parse::<u16>());
                    if let (Some(tree), Ok(threshold), [Ok(feature), Ok(left), Ok(right)]) =
                        (forest.trees.last_mut(), threshold.parse(), numbers)
                    {
                        tree.push(TreeNode { feature, left, right, value: threshold });
                    }
                }
                _ => {}
            }
        }
        forest
    }

    /// Tree by tree over all rows, so that a tree is read while the processor has it at hand.
    fn probabilities(&self, rows: &[Vec<f32>]) -> Vec<f32> {
        let mut sums = vec![0.0; rows.len()];
        for tree in &self.trees {
            for (sum, row) in sums.iter_mut().zip(rows) {
                *sum += leaf(tree, row);
            }
        }
        sums.iter().map(|sum| 1.0 / (1.0 + (-(self.base + sum)).exp())).collect()
    }
}

fn leaf(tree: &[TreeNode], row: &[f32]) -> f32 {
    let mut at = 0;
    // A tree of n nodes is left after n steps, whatever its numbers say.
    for _ in 0..tree.len() {
        let Some(node) = tree.get(at) else { break };
        if node.feature == LEAF {
            return node.value;
        }
        let left = row.get(usize::from(node.feature)).is_none_or(|value| *value <= node.value);
        at = usize::from(if left { node.left } else { node.right });
    }
    0.0
}

/// How surely a block is the article's, 0 … 1, for a row of features each.
pub fn probabilities(rows: &[Vec<f32>]) -> Vec<f32> {
    TREES.probabilities(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_are_summed() {
        let forest =
            Forest::parse("# a comment\nbase 0.5\ntree\nsplit 1 0.5 1 2\nleaf -1\nleaf 2\ntree\nleaf 0.25\n");
        let check = |row: &[f32], sum: f32| {
            let rows = [row.to_vec(), vec![9.0; 2]];
            let found = forest.probabilities(&rows);
            assert!((found[0] - 1.0 / (1.0 + (-sum).exp())).abs() < 1e-6 && found.len() == 2, "{row:?}");
        };
        check(&[9.0, 0.5], 0.5 - 1.0 + 0.25);
        check(&[9.0, 0.6], 0.5 + 2.0 + 0.25);
        // A row that is too short goes left.
        check(&[], 0.5 - 1.0 + 0.25);
        // A tree that leads in a circle ends.
        assert_eq!(leaf(&Forest::parse("tree\nsplit 0 1 0 0\n").trees[0], &[0.0]), 0.0);
    }

    #[test]
    fn the_trees_that_ship_are_whole() {
        assert!(TREES.trees.len() >= 50);
        for tree in &TREES.trees {
            for node in tree {
                assert!(usize::from(node.left.max(node.right)) < tree.len());
            }
        }
    }
}
