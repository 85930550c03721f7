//! DeBERTa, the first version and the second (whose layers the third has too): attention that looks at contents and at
//! how far apart they stand.
//!
//! rust-bert 0.23 has both, and takes the number of heads for the length of the text where it looks up relative
//! positions; in version 2 it leaves out their offset and the root in their scale as well. Half the words had other
//! labels than in `transformers`, so that this pass is our own. Source of the method: He et al., "DeBERTa: Decoding-enhanced
//! BERT with Disentangled Attention" (arXiv:2006.03654), and "DeBERTaV3" (arXiv:2111.09543).

use tch::nn::{Init, Path};
use tch::{Device, Kind, TchError, Tensor};

use crate::bert::{Linear, Norm};
use crate::deberta_config::Config;

/// An encoder with its head, for token classification.
pub(crate) struct Deberta {
    words: Tensor,
    positions: Option<Tensor>,
    types: Option<Tensor>,
    /// Where embeddings are narrower than the layers.
    projection: Option<Tensor>,
    norm: Norm,
    relative: Option<Relative>,
    layers: Vec<Layer>,
    classifier: Linear,
    heads: i64,
    /// What scores are divided by.
    scale: f64,
}

/// Embeddings of how far a piece stands from another.
struct Relative {
    table: Tensor,
    norm: Option<Norm>,
    /// Distances that have an embedding of their own, or share one with others beyond, to either side.
    span: i64,
    /// Version 2: near distances each, far ones together by their logarithm, up to this distance.
    buckets_to: Option<i64>,
    content_to_position: bool,
    position_to_content: bool,
}

struct Layer {
    attention: Attention,
    attended: Linear,
    attended_norm: Norm,
    wide: Linear,
    narrow: Linear,
    narrow_norm: Norm,
}

enum Attention {
    First {
        /// Query, key and value of the first head, of the second …
        all: Tensor,
        query_bias: Tensor,
        value_bias: Tensor,
        position_key: Option<Tensor>,
        position_query: Option<Linear>,
    },
    /// Positions go through the matrices of the contents.
    Second { query: Linear, key: Linear, value: Linear },
}

impl Deberta {
    /// The network that `config` describes, its variables under `root`, empty. An error says what it lacks.
    pub(crate) fn declare(config: &Config, second: bool, root: &Path<'_>) -> Result<Self, String> {
        if let Some(what) = config.unsupported(second) {
            return Err(format!("it asks for {what}, which is not supported for DeBERTa"));
        }
        let to = Declare { root, eps: config.layer_norm_eps };
        let (wide, narrow) = (config.hidden_size, config.embedding_size.unwrap_or(config.hidden_size));
        let embedding = |name: &str, count: i64, width: i64| {
            to.tensor(&format!("deberta.embeddings.{name}.weight"), &[count, width])
        };
        let has = |kind: &str| config.relative_attention && config.pos_att_type.iter().any(|own| own == kind);
        let (c2p, p2c) = (has("c2p"), has("p2c"));
        let span =
            if second && config.position_buckets > 0 { config.position_buckets } else { config.furthest() };
        let relative = config.relative_attention.then(|| Relative {
            table: to.tensor("deberta.encoder.rel_embeddings.weight", &[2 * span, wide]),
            norm: (second && config.norm_rel_ebd.as_deref().is_some_and(|norm| norm.contains("layer_norm")))
                .then(|| to.norm("deberta.encoder.LayerNorm", wide)),
            span,
            buckets_to: (second && config.position_buckets > 0).then(|| config.furthest()),
            content_to_position: c2p,
            position_to_content: p2c,
        });
        let layer = |n: i64| {
            let name = |part: &str| format!("deberta.encoder.layer.{n}.{part}");
            let own = |part: &str| name(&format!("attention.self.{part}"));
            let attention = if second {
                let [query, key, value] =
                    ["query_proj", "key_proj", "value_proj"].map(|part| to.linear(&own(part), wide, wide));
                Attention::Second { query, key, value }
            } else {
                Attention::First {
                    all: to.tensor(&own("in_proj.weight"), &[3 * wide, wide]),
                    query_bias: to.tensor(&own("q_bias"), &[wide]),
                    value_bias: to.tensor(&own("v_bias"), &[wide]),
                    position_key: c2p.then(|| to.tensor(&own("pos_proj.weight"), &[wide, wide])),
                    position_query: p2c.then(|| to.linear(&own("pos_q_proj"), wide, wide)),
                }
            };
            Layer {
                attention,
                attended: to.linear(&name("attention.output.dense"), wide, wide),
                attended_norm: to.norm(&name("attention.output.LayerNorm"), wide),
                wide: to.linear(&name("intermediate.dense"), config.intermediate_size, wide),
                narrow: to.linear(&name("output.dense"), wide, config.intermediate_size),
                narrow_norm: to.norm(&name("output.LayerNorm"), wide),
            }
        };
        let terms =
            if second { 1 + i64::from(c2p) + i64::from(p2c) } else { 1 + config.pos_att_type.len() as i64 };
        Ok(Self {
            words: embedding("word_embeddings", config.vocab_size, narrow),
            positions: config
                .position_biased_input
                .then(|| embedding("position_embeddings", config.max_position_embeddings, narrow)),
            types: (config.type_vocab_size > 0)
                .then(|| embedding("token_type_embeddings", config.type_vocab_size, narrow)),
            projection: (narrow != wide).then(|| embedding("embed_proj", wide, narrow)),
            norm: to.norm("deberta.embeddings.LayerNorm", wide),
            relative,
            layers: (0..config.num_hidden_layers).map(layer).collect(),
            classifier: to.linear("classifier", config.id2label.len() as i64, wide),
            heads: config.num_attention_heads,
            scale: ((wide / config.num_attention_heads * terms) as f64).sqrt(),
        })
    }
}

impl Deberta {
    /// Logits (windows, pieces, labels) of `ids` and `types` (windows, pieces). `mask` is 0 on padding, which may only
    /// stand at the end of a row; `None` where there is none.
    pub(crate) fn forward(
        &self,
        ids: &Tensor,
        mask: Option<&Tensor>,
        types: &Tensor,
    ) -> Result<Tensor, TchError> {
        let (rows, pieces) = ids.size2()?;
        let padding = mask.map(|mask| padding(mask, self.words.kind())).transpose()?;
        let places = self.relative.as_ref().map(|relative| relative.places(pieces)).transpose()?;
        let mut hidden = self.embed(ids, types, pieces)?.f_flatten(0, 1)?;
        for layer in &self.layers {
            let scores = |attention: &Attention, hidden: &Tensor| {
                self.attend(attention, hidden, padding.as_ref(), places.as_ref(), (rows, pieces))
            };
            let mut attended = layer.attended.forward(&scores(&layer.attention, &hidden)?)?;
            let attended = layer.attended_norm.forward(&attended.f_add_(&hidden)?)?;
            let mut narrow = layer.narrow.forward(&layer.wide.forward(&attended)?.f_gelu("none")?)?;
            hidden = layer.narrow_norm.forward(&narrow.f_add_(&attended)?)?;
        }
        self.classifier.forward(&hidden)?.f_view([rows, pieces, -1])
    }

    fn embed(&self, ids: &Tensor, types: &Tensor, pieces: i64) -> Result<Tensor, TchError> {
        let mut sum = Tensor::f_embedding(&self.words, ids, -1, false, false)?;
        if let Some(positions) = &self.positions {
            let _ = sum.f_add_(&positions.f_narrow(0, 0, pieces)?)?;
        }
        if let Some(table) = &self.types {
            let _ = sum.f_add_(&Tensor::f_embedding(table, types, -1, false, false)?)?;
        }
        if let Some(projection) = &self.projection {
            sum = sum.f_linear(projection, None::<&Tensor>)?;
        }
        self.norm.forward(&sum)
    }

    /// What every piece takes from the others of its row.
    fn attend(
        &self,
        attention: &Attention,
        hidden: &Tensor,
        padding: Option<&Tensor>,
        places: Option<&Places>,
        (rows, pieces): (i64, i64),
    ) -> Result<Tensor, TchError> {
        let [query, key, value] = attention.query_key_value(hidden, (rows, pieces, self.heads))?;
        let query = query.f_div_scalar(self.scale)?;
        let mut scores = query.f_matmul(&key.f_transpose(-1, -2)?)?;
        if let Some(Places { table, from_query, from_key }) = places {
            let (position_key, position_query) = attention.positions(table, self.heads)?;
            let each = scores.size();
            // What the query makes of the distance to the key, and what the key makes of the distance to the query.
            if let (Some(position_key), Some(at)) = (position_key, from_query) {
                let all = query.f_matmul(&position_key.f_transpose(-1, -2)?)?;
                let _ = scores.f_add_(&all.f_gather(-1, &at.f_expand(&each, false)?, false)?)?;
            }
            if let (Some(position_query), Some(at)) = (position_query, from_key) {
                let all = key.f_matmul(&position_query.f_div_scalar(self.scale)?.f_transpose(-1, -2)?)?;
                let found = all.f_gather(-1, &at.f_expand(&each, false)?, false)?;
                let _ = scores.f_add_(&found.f_transpose(-1, -2)?)?;
            }
        }
        if let Some(padding) = padding {
            let _ = scores.f_add_(padding)?;
        }
        let weights = scores.f_softmax(-1, None::<Kind>)?;
        weights.f_matmul(&value)?.f_transpose(1, 2)?.f_reshape([rows * pieces, -1])
    }
}

/// Which embeddings of distances a batch looks at, and where in them.
struct Places {
    /// Embeddings (distances, width).
    table: Tensor,
    /// (1, 1, query, key): the row for that query and key; `None` where the network does not look.
    from_query: Option<Tensor>,
    /// (1, 1, key, query).
    from_key: Option<Tensor>,
}

impl Relative {
    fn places(&self, pieces: i64) -> Result<Places, TchError> {
        let numbers = Tensor::f_arange(pieces, (Kind::Int64, Device::Cpu))?;
        let distances = numbers.f_unsqueeze(1)?.f_sub(&numbers.f_unsqueeze(0)?)?;
        let (span, distances) = match self.buckets_to {
            Some(furthest) => (self.span, buckets(&distances, self.span, furthest)?),
            // As many as the row can have lie in the middle of the table.
            None => (self.span.min(pieces), distances),
        };
        let table = self.table.f_narrow(0, self.span - span, 2 * span)?;
        let table = self.norm.as_ref().map_or(Ok(table.shallow_clone()), |norm| norm.forward(&table))?;
        let at = |distances: &Tensor| {
            distances.f_add_scalar(span)?.f_clamp(0, 2 * span - 1)?.f_unsqueeze(0)?.f_unsqueeze(0)
        };
        Ok(Places {
            table,
            from_query: self.content_to_position.then(|| at(&distances)).transpose()?,
            from_key: self.position_to_content.then(|| at(&distances.f_neg()?)).transpose()?,
        })
    }
}

/// Distances below half of `count` as they are, those beyond by their logarithm, `furthest` being the last.
fn buckets(distances: &Tensor, count: i64, furthest: i64) -> Result<Tensor, TchError> {
    let half = count / 2;
    let far = distances.f_abs()?.f_clamp_min(half)?.f_to_kind(Kind::Float)?;
    let scale = ((furthest - 1) as f64 / half as f64).ln();
    let steps =
        far.f_div_scalar(half as f64)?.f_log()?.f_div_scalar(scale)?.f_mul_scalar((half - 1) as f64)?;
    let far = steps.f_ceil()?.f_to_kind(Kind::Int64)?.f_add_scalar(half)?.f_mul(&distances.f_sign()?)?;
    distances.f_where_self(&distances.f_abs()?.f_le(half)?, &far)
}

/// What is added to the scores of a key: nothing, or so much that its weight is 0.
fn padding(mask: &Tensor, kind: Kind) -> Result<Tensor, TchError> {
    let off = mask.f_neg()?.f_add_scalar(1)?;
    off.f_mul_scalar(-10_000)?.f_to_kind(kind)?.f_unsqueeze(1)?.f_unsqueeze(1)
}

impl Attention {
    /// Each (row, head, piece, number).
    fn query_key_value(
        &self,
        hidden: &Tensor,
        (rows, pieces, heads): (i64, i64, i64),
    ) -> Result<[Tensor; 3], TchError> {
        let by_head = |all: Tensor| all.f_view([rows, pieces, heads, -1])?.f_transpose(1, 2);
        match self {
            Self::First { all, query_bias, value_bias, .. } => {
                let all = by_head(hidden.f_linear(all, None::<&Tensor>)?)?;
                let width = all.size().last().copied().unwrap_or_default() / 3;
                let part = |n: i64| all.f_narrow(-1, n * width, width);
                let bias = |bias: &Tensor| bias.f_view([heads, 1, width]);
                Ok([part(0)?.f_add(&bias(query_bias)?)?, part(1)?, part(2)?.f_add(&bias(value_bias)?)?])
            }
            Self::Second { query, key, value } => {
                let part = |linear: &Linear| by_head(linear.forward(hidden)?);
                Ok([part(query)?, part(key)?, part(value)?])
            }
        }
    }

    /// Keys and queries of the distances, each (head, distance, number).
    fn positions(&self, table: &Tensor, heads: i64) -> Result<(Option<Tensor>, Option<Tensor>), TchError> {
        let by_head = |all: Tensor| all.f_view([table.size()[0], heads, -1])?.f_transpose(0, 1);
        Ok(match self {
            Self::First { position_key, position_query, .. } => {
                let key = position_key.as_ref().map(|key| by_head(table.f_linear(key, None::<&Tensor>)?));
                let query = position_query.as_ref().map(|query| by_head(query.forward(table)?));
                (key.transpose()?, query.transpose()?)
            }
            Self::Second { query, key, .. } => {
                (Some(by_head(key.forward(table)?)?), Some(by_head(query.forward(table)?)?))
            }
        })
    }
}

/// Puts variables under a root by their names in a file.
struct Declare<'a> {
    root: &'a Path<'a>,
    eps: f64,
}

impl Declare<'_> {
    fn tensor(&self, name: &str, shape: &[i64]) -> Tensor {
        let (folders, last) = name.rsplit_once('.').unwrap_or(("", name));
        let mut path = self.root.clone();
        for folder in folders.split('.').filter(|folder| !folder.is_empty()) {
            path = path / folder;
        }
        path.var(last, shape, Init::Const(0.0))
    }

    fn linear(&self, name: &str, out: i64, into: i64) -> Linear {
        Linear {
            weight: self.tensor(&format!("{name}.weight"), &[out, into]),
            bias: self.tensor(&format!("{name}.bias"), &[out]),
        }
    }

    fn norm(&self, name: &str, width: i64) -> Norm {
        let [weight, bias] = ["weight", "bias"].map(|part| self.tensor(&format!("{name}.{part}"), &[width]));
        Norm { weight, bias, eps: self.eps }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn far_distances_share_a_bucket() {
        // Of 8 buckets to either side four are near; the last distance that counts, 63, has the last but one.
        let numbers = [-70, -63, -20, -5, -4, -1, 0, 1, 4, 5, 20, 63];
        let found = buckets(&Tensor::from_slice(&numbers), 8, 64).unwrap();
        let found: Vec<i64> = Vec::try_from(found).unwrap();
        assert_eq!(found, [-8, -7, -6, -5, -4, -1, 0, 1, 4, 5, 6, 7]);
    }
}
