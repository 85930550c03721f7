//! The forward pass of BERT and its kin, with one libtorch call a step.
//!
//! rust-bert builds the network and takes the weights; its forward pass writes the activation as five passes over the
//! widest tensors of the network, multiplies by three matrices where one does, and panics where a tensor is refused. On
//! the same texts in bfloat16 it made 13,900 pieces a second and this one 15,200, before batches ran side by side. The
//! tests hold both passes to the same logits.

use std::collections::HashMap;

use serde::Deserialize;
use tch::{Kind, TchError, Tensor};

use crate::net::Family;

/// An encoder with its head, for token classification.
pub(crate) struct BertLike {
    words: Tensor,
    positions: Tensor,
    types: Tensor,
    norm: Norm,
    /// Where embeddings are narrower than the layers (ELECTRA).
    projection: Option<Linear>,
    layers: Vec<Layer>,
    classifier: Linear,
    heads: i64,
    /// Number of the first piece's position.
    first_position: i64,
}

pub(crate) struct Linear {
    pub(crate) weight: Tensor,
    pub(crate) bias: Tensor,
}

pub(crate) struct Norm {
    pub(crate) weight: Tensor,
    pub(crate) bias: Tensor,
    pub(crate) eps: f64,
}

struct Layer {
    /// Query, key and value, one under the other.
    query_key_value: Linear,
    attended: Linear,
    attended_norm: Norm,
    wide: Linear,
    narrow: Linear,
    narrow_norm: Norm,
}

/// What `config.json` says that the tensors do not show.
#[derive(Deserialize)]
pub(crate) struct Sizes {
    #[serde(default)]
    num_hidden_layers: i64,
    #[serde(default)]
    num_attention_heads: i64,
    #[serde(default = "eps")]
    layer_norm_eps: f64,
    #[serde(default)]
    hidden_act: String,
}

impl Sizes {
    /// Whether the activation is the one that this forward pass has.
    pub(crate) fn is_gelu(&self) -> bool {
        self.hidden_act == "gelu"
    }
}

/// Where a configuration is silent.
fn eps() -> f64 {
    1e-12
}

impl BertLike {
    /// Of the variables of a rust-bert network; `None` for families that are built otherwise.
    pub(crate) fn of(
        family: Family,
        sizes: &Sizes,
        variables: &HashMap<String, Tensor>,
    ) -> Result<Option<Self>, TchError> {
        let root = match family {
            Family::Bert => "bert",
            Family::Roberta | Family::XlmRoberta => "roberta",
            Family::Electra => "electra",
            Family::DistilBert | Family::Albert | Family::Deberta | Family::DebertaV2 => return Ok(None),
        };
        let from = Variables { all: variables, eps: sizes.layer_norm_eps };
        let embedding = |name: &str| from.tensor(&format!("{root}.embeddings.{name}_embeddings.weight"));
        let project = format!("{root}.embeddings_project");
        let layer = |i: i64| from.layer(&format!("{root}.encoder.layer.{i}"));
        Ok(Some(Self {
            words: embedding("word")?,
            positions: embedding("position")?,
            types: embedding("token_type")?,
            norm: from.norm(&format!("{root}.embeddings.LayerNorm"))?,
            projection: from.has(&project).then(|| from.linear(&project)).transpose()?,
            layers: (0..sizes.num_hidden_layers).map(layer).collect::<Result<_, _>>()?,
            classifier: from.linear("classifier")?,
            heads: sizes.num_attention_heads,
            first_position: family.first_position(),
        }))
    }

    /// Logits (windows, pieces, labels) of `ids` and `types` (windows, pieces). `mask` is 0 on padding, which may only
    /// stand at the end of a row; `None` where there is none.
    pub(crate) fn forward(
        &self,
        ids: &Tensor,
        mask: Option<&Tensor>,
        types: &Tensor,
    ) -> Result<Tensor, TchError> {
        let (rows, pieces) = ids.size2()?;
        let padding = mask.map(|mask| self.padding(mask)).transpose()?;
        // The layers but for attention know no rows: one long list of pieces.
        let mut hidden = self.embed(ids, types, pieces)?.f_flatten(0, 1)?;
        if let Some(projection) = &self.projection {
            hidden = projection.forward(&hidden)?;
        }
        for layer in &self.layers {
            hidden = layer.forward(&hidden, padding.as_ref(), (rows, pieces, self.heads))?;
        }
        self.classifier.forward(&hidden)?.f_view([rows, pieces, -1])
    }

    /// Another handle to the same tensors, as for another thread.
    pub(crate) fn shallow_clone(&self) -> Self {
        let tensor = Tensor::shallow_clone;
        Self {
            words: tensor(&self.words),
            positions: tensor(&self.positions),
            types: tensor(&self.types),
            norm: self.norm.shallow_clone(),
            projection: self.projection.as_ref().map(Linear::shallow_clone),
            layers: self.layers.iter().map(Layer::shallow_clone).collect(),
            classifier: self.classifier.shallow_clone(),
            ..*self
        }
    }

    fn embed(&self, ids: &Tensor, types: &Tensor, pieces: i64) -> Result<Tensor, TchError> {
        let places = self.positions.f_narrow(0, self.first_position, pieces)?;
        let mut sum = Tensor::f_embedding(&self.words, ids, -1, false, false)?;
        let _ = sum.f_add_(&Tensor::f_embedding(&self.types, types, -1, false, false)?)?;
        let _ = sum.f_add_(&places)?;
        self.norm.forward(&sum)
    }

    /// What is added to the scores of a key: nothing, or so much that its weight is 0.
    fn padding(&self, mask: &Tensor) -> Result<Tensor, TchError> {
        let off = mask.f_neg()?.f_add_scalar(1)?;
        off.f_mul_scalar(-10_000)?.f_to_kind(self.words.kind())?.f_unsqueeze(1)?.f_unsqueeze(1)
    }
}

impl Layer {
    fn shallow_clone(&self) -> Self {
        Self {
            query_key_value: self.query_key_value.shallow_clone(),
            attended: self.attended.shallow_clone(),
            attended_norm: self.attended_norm.shallow_clone(),
            wide: self.wide.shallow_clone(),
            narrow: self.narrow.shallow_clone(),
            narrow_norm: self.narrow_norm.shallow_clone(),
        }
    }

    fn forward(
        &self,
        hidden: &Tensor,
        padding: Option<&Tensor>,
        shape: (i64, i64, i64),
    ) -> Result<Tensor, TchError> {
        let mut attended = self.attended.forward(&self.attend(hidden, padding, shape)?)?;
        let attended = self.attended_norm.forward(&attended.f_add_(hidden)?)?;
        let mut narrow = self.narrow.forward(&self.wide.forward(&attended)?.f_gelu("none")?)?;
        self.narrow_norm.forward(&narrow.f_add_(&attended)?)
    }

    /// What every piece takes from the others of its row.
    fn attend(
        &self,
        hidden: &Tensor,
        padding: Option<&Tensor>,
        (rows, pieces, heads): (i64, i64, i64),
    ) -> Result<Tensor, TchError> {
        let width = hidden.size2()?.1;
        let each = width / heads;
        // (query | key | value, row, head, piece, number)
        let all = self.query_key_value.forward(hidden)?.f_view([rows, pieces, 3, heads, each])?;
        let all = all.f_permute([2, 0, 3, 1, 4])?;
        let part = |i: i64| all.f_select(0, i);
        let query = part(0)?.f_mul_scalar((each as f64).sqrt().recip())?;
        let mut scores = query.f_matmul(&part(1)?.f_transpose(-1, -2)?)?;
        if let Some(padding) = padding {
            let _ = scores.f_add_(padding)?;
        }
        let weights = scores.f_softmax(-1, None::<Kind>)?;
        weights.f_matmul(&part(2)?)?.f_transpose(1, 2)?.f_reshape([rows * pieces, width])
    }
}

impl Linear {
    fn shallow_clone(&self) -> Self {
        Self { weight: self.weight.shallow_clone(), bias: self.bias.shallow_clone() }
    }

    pub(crate) fn forward(&self, input: &Tensor) -> Result<Tensor, TchError> {
        input.f_linear(&self.weight, Some(&self.bias))
    }
}

impl Norm {
    fn shallow_clone(&self) -> Self {
        Self { weight: self.weight.shallow_clone(), bias: self.bias.shallow_clone(), eps: self.eps }
    }

    pub(crate) fn forward(&self, input: &Tensor) -> Result<Tensor, TchError> {
        input.f_layer_norm(self.weight.size(), Some(&self.weight), Some(&self.bias), self.eps, false)
    }
}

/// The variables of a network, by name.
struct Variables<'a> {
    all: &'a HashMap<String, Tensor>,
    eps: f64,
}

impl Variables<'_> {
    fn has(&self, name: &str) -> bool {
        self.all.contains_key(&format!("{name}.weight"))
    }

    fn tensor(&self, name: &str) -> Result<Tensor, TchError> {
        self.all
            .get(name)
            .map(Tensor::shallow_clone)
            .ok_or_else(|| TchError::TensorNameNotFound(name.to_owned(), "the network".to_owned()))
    }

    fn linear(&self, name: &str) -> Result<Linear, TchError> {
        Ok(Linear {
            weight: self.tensor(&format!("{name}.weight"))?,
            bias: self.tensor(&format!("{name}.bias"))?,
        })
    }

    fn norm(&self, name: &str) -> Result<Norm, TchError> {
        let Linear { weight, bias } = self.linear(name)?;
        Ok(Norm { weight, bias, eps: self.eps })
    }

    fn layer(&self, name: &str) -> Result<Layer, TchError> {
        let [query, key, value] =
            ["query", "key", "value"].map(|part| self.linear(&format!("{name}.attention.self.{part}")));
        let (query, key, value) = (query?, key?, value?);
        let query_key_value = Linear {
            weight: Tensor::f_cat(&[query.weight, key.weight, value.weight], 0)?,
            bias: Tensor::f_cat(&[query.bias, key.bias, value.bias], 0)?,
        };
        Ok(Layer {
            query_key_value,
            attended: self.linear(&format!("{name}.attention.output.dense"))?,
            attended_norm: self.norm(&format!("{name}.attention.output.LayerNorm"))?,
            wide: self.linear(&format!("{name}.intermediate.dense"))?,
            narrow: self.linear(&format!("{name}.output.dense"))?,
            narrow_norm: self.norm(&format!("{name}.output.LayerNorm"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::Precision;
    use crate::net::Net;
    use crate::weights::{Weights, fill};

    /// Rows of pieces and padding: the same logits on every piece as from rust-bert's own pass. Its ELECTRA pays
    /// attention to padding, so that there every row is full.
    fn check(family: Family, folder: &str, special: (i64, i64), rows: &[usize]) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let config = std::fs::read(folder.join("config.json")).unwrap();
        let bytes = std::fs::read(folder.join("model.safetensors")).unwrap();
        let weights = Weights::safe(&bytes).unwrap();
        let (theirs, store) = fill(family, &config, &weights, Precision::F32).unwrap();
        let (again, _) = fill(family, &config, &weights, Precision::F32).unwrap();
        let ours = again.faster(family, &config, &store.variables()).unwrap();
        assert!(matches!(ours, Net::Own(_)), "{family:?}");

        let (pad, first_piece) = special;
        let width = *rows.iter().max().unwrap();
        let (mut ids, mut types, mut mask) = (Vec::new(), Vec::new(), Vec::new());
        for (r, &n) in rows.iter().enumerate() {
            for i in 0..width {
                let real = i < n;
                ids.push(if real { first_piece + (i * 7 + r * 13) as i64 % 90 } else { pad });
                types.push(i64::from(real && family == Family::Bert && i % 3 == 0));
                mask.push(i64::from(real));
            }
        }
        let tensor =
            |v: &[i64]| Tensor::from_slice(v).view([i64::try_from(rows.len()).unwrap(), width as i64]);
        let (ids, types, whole) = (tensor(&ids), tensor(&types), tensor(&mask));
        let padded = rows.iter().any(|&n| n < width);
        let logits = |net: &Net| {
            let _guard = tch::no_grad_guard();
            net.forward(&ids, padded.then_some(&whole), &types).unwrap()
        };
        let (a, b) = (logits(&theirs), logits(&ours));
        assert_eq!(a.size(), b.size());
        // Padding has logits too, and they mean nothing.
        let far = ((a - b).abs() * whole.unsqueeze(-1)).max().double_value(&[]);
        assert!(far < 1e-3, "{family:?}: {far}");
        let spread = logits(&ours).std(true).double_value(&[]);
        assert!(spread > 0.01, "{family:?}: the logits are all alike, {spread}");
    }

    #[test]
    fn the_same_logits_as_rust_bert() {
        for rows in [&[9, 5, 1][..], &[6, 6], &[40]] {
            check(Family::Bert, "model", (0, 1_000), rows);
            check(Family::Bert, "tests/tiny/bert", (0, 5), rows);
            check(Family::Roberta, "tests/tiny/roberta", (1, 5), rows);
            check(Family::XlmRoberta, "tests/tiny/xlm-roberta", (1, 5), rows);
        }
        check(Family::Electra, "tests/tiny/electra", (0, 5), &[7, 7]);
    }
}
