//! Windows through the model: length-sorted batches, one forward pass and one copy each.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tch::{Kind, TchError, Tensor};

use crate::decode::Tag;
use crate::lanes;
use crate::model::ModelError;
use crate::net::Net;
use crate::viterbi;
use crate::window::{Encoder, Window};

/// A label with its probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Verdict {
    /// The label that counts.
    pub(crate) label: usize,
    /// The label of the highest score, whatever stands beside it.
    pub(crate) raw: usize,
    /// Softmax of `label`.
    pub(crate) probability: f32,
}

/// What stands between windows and verdicts, but for the network.
pub(crate) struct Labeller<'a> {
    pub(crate) encoder: &'a Encoder,
    pub(crate) tags: &'a [Tag],
    /// The labels are the best path in which every name begins with its `B-`.
    pub(crate) iob2: bool,
}

impl Labeller<'_> {
    /// Verdicts for every word of every window, in the windows' order.
    ///
    /// A batch holds at most `token_budget` pieces, padding counted (but at least one window); up to `threads` batches
    /// run side by side.
    pub(crate) fn label(
        &self,
        net: &Net,
        windows: &[Window],
        token_budget: usize,
        threads: usize,
    ) -> Result<Vec<Vec<Verdict>>, ModelError> {
        let batches = batches(windows, self.encoder.longest(), token_budget);
        let nets = net.handles(threads.min(batches.len()));
        let labelled = if nets.len() > 1 {
            lanes::each(nets, &batches, |net, batch| self.label_batch(net, windows, batch))?
        } else {
            batches.iter().map(|batch| self.label_batch(net, windows, batch)).collect::<Result<_, _>>()?
        };
        let mut verdicts: Vec<Vec<Verdict>> = vec![Vec::new(); windows.len()];
        for (batch, labelled) in batches.iter().zip(labelled) {
            for (&i, of_window) in batch.members.iter().zip(labelled) {
                verdicts[i] = of_window;
            }
        }
        Ok(verdicts)
    }

    /// Verdicts of one batch, member by member.
    fn label_batch(
        &self,
        net: &Net,
        windows: &[Window],
        Batch { members, width }: &Batch,
    ) -> Result<Vec<Vec<Verdict>>, ModelError> {
        let batch: Vec<&Window> = members.iter().map(|&i| &windows[i]).collect();
        let labels = self.tags.len();
        let logits = forward(net, self.encoder, labels, &batch, *width)?;
        let row = |i: usize| logits.get(i * width * labels..).unwrap_or_default();
        let judged = batch.iter().enumerate().map(|(i, window)| judge(window, row(i), self.tags, self.iob2));
        Ok(judged.collect())
    }
}

/// Windows of like length that go through the network together.
pub(crate) struct Batch {
    /// Numbers of the windows.
    pub(crate) members: Vec<usize>,
    /// Pieces of a row.
    pub(crate) width: usize,
}

/// Widths are multiples of this. oneDNN keeps compiled code for every shape that it has met: of a few shapes it is tens
/// of megabytes less than of all.
const STEP: usize = 8;

/// All windows by length, in batches of at most `token_budget` pieces, padding counted, none wider than `longest`.
pub(crate) fn batches(windows: &[Window], longest: usize, token_budget: usize) -> Vec<Batch> {
    let rounded = |window: &Window| window.len().next_multiple_of(STEP).min(longest).max(window.len());
    let mut order: Vec<(usize, usize)> =
        windows.iter().map(rounded).enumerate().map(|(i, n)| (n, i)).collect();
    order.sort_unstable();
    let mut batches = Vec::new();
    let mut from = 0;
    while from < order.len() {
        let mut to = from + 1;
        while to < order.len() && (to + 1 - from) * order[to].0 <= token_budget {
            to += 1;
        }
        let members = order[from..to].iter().map(|&(_, i)| i).collect();
        batches.push(Batch { members, width: order[to - 1].0 });
        from = to;
    }
    batches
}

/// Logits of a batch as one flat copy, row after row, piece after piece.
fn forward(
    net: &Net,
    encoder: &Encoder,
    labels: usize,
    batch: &[&Window],
    width: usize,
) -> Result<Vec<f32>, ModelError> {
    let cells = batch.len() * width;
    let (mut ids, mut types, mut mask) = (vec![encoder.pad; cells], vec![0_i64; cells], vec![0_i64; cells]);
    for (row, window) in batch.iter().enumerate() {
        let mut at = row * width;
        ids[at] = encoder.cls;
        mask[at] = 1;
        at += 1;
        for word in &window.words {
            for &piece in &word.pieces {
                (ids[at], types[at], mask[at]) = (piece, word.case, 1);
                at += 1;
            }
        }
        (ids[at], mask[at]) = (encoder.sep, 1);
    }
    let shape = [batch.len() as i64, width as i64];
    let run = || -> Result<Vec<f32>, TchError> {
        let _guard = tch::no_grad_guard();
        let ids = Tensor::f_from_slice(&ids)?.f_view(shape)?;
        let types = Tensor::f_from_slice(&types)?.f_view(shape)?;
        let padded = mask.contains(&0);
        let mask = padded.then(|| Tensor::f_from_slice(&mask)?.f_view(shape)).transpose()?;
        let logits = net.forward(&ids, mask.as_ref(), &types)?;
        Vec::<f32>::try_from(&logits.f_to_kind(Kind::Float)?.f_contiguous()?.f_flatten(0, -1)?)
    };
    // rust-bert's forward pass has no fallible form: a tensor error panics inside it.
    let flat = catch_unwind(AssertUnwindSafe(run))
        .map_err(|_| ModelError::Run("the forward pass panicked".into()))?
        .map_err(|error| ModelError::Run(error.to_string()))?;
    if flat.len() != cells * labels {
        return Err(ModelError::Run(format!(
            "{} logits came back and {} were due",
            flat.len(),
            cells * labels
        )));
    }
    Ok(flat)
}

/// The verdicts on one window's words; `logits` begins with its row.
fn judge(window: &Window, logits: &[f32], tags: &[Tag], iob2: bool) -> Vec<Verdict> {
    // The first piece is [CLS].
    let mut at = 1;
    let mut rows = Vec::with_capacity(window.words.len());
    for word in &window.words {
        rows.push(logits.get(at * tags.len()..(at + 1) * tags.len()).unwrap_or_default());
        at += word.pieces.len();
    }
    let raw: Vec<usize> = rows.iter().map(|scores| highest(scores)).collect();
    let path = if iob2 {
        let begins: Vec<bool> = window.words.iter().map(|word| word.begins).collect();
        viterbi::best_path(&rows, &begins, tags)
    } else {
        raw.clone()
    };
    let verdict = |((scores, label), raw): ((&&[f32], usize), usize)| Verdict {
        label,
        raw,
        probability: softmax(scores, label),
    };
    rows.iter().zip(path).zip(raw).map(verdict).collect()
}

fn highest(scores: &[f32]) -> usize {
    (1..scores.len()).fold(0, |top, at| if scores[at] > scores[top] { at } else { top })
}

fn softmax(scores: &[f32], label: usize) -> f32 {
    let Some(own) = scores.get(label) else { return 0.0 };
    1.0 / scores.iter().map(|s| (s - own).exp()).sum::<f32>()
}
