//! The networks of the families that are loaded, behind one forward pass.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rust_bert::RustBertError;
use rust_bert::albert::{AlbertConfig, AlbertForTokenClassification};
use rust_bert::bert::{BertConfig, BertForTokenClassification};
use rust_bert::distilbert::{DistilBertConfig, DistilBertForTokenClassification};
use rust_bert::electra::{ElectraConfig, ElectraForTokenClassification};
use rust_bert::roberta::RobertaForTokenClassification;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tch::nn::Path;
use tch::{TchError, Tensor};

use crate::bert::{self, BertLike};
use crate::deberta::Deberta;
use crate::model::ModelError;

/// A family of networks, by the `model_type` of its configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Family {
    Bert,
    #[serde(rename = "distilbert")]
    DistilBert,
    Electra,
    #[serde(rename = "roberta")]
    Roberta,
    XlmRoberta,
    Albert,
    Deberta,
    /// Version 3 calls itself so too.
    DebertaV2,
}

/// The families by name, for messages.
pub(crate) const FAMILIES: &str =
    "bert, distilbert, electra, roberta, xlm-roberta, albert, deberta, deberta-v2 (version 3 too)";

impl Family {
    /// Positions that the network numbers before the first piece's own.
    pub(crate) fn first_position(self) -> i64 {
        match self {
            // Positions are counted from the padding's id, 1, upward.
            Self::Roberta | Self::XlmRoberta => 2,
            _ => 0,
        }
    }
}

/// A network with its head. Tensors are `Send` and not `Sync`.
pub(crate) enum Net {
    Bert(BertForTokenClassification),
    DistilBert(DistilBertForTokenClassification),
    Electra(ElectraForTokenClassification),
    Roberta(RobertaForTokenClassification),
    Albert(AlbertForTokenClassification),
    Deberta(Deberta),
    /// The variables of BERT or its kin, in a forward pass of our own.
    Own(BertLike),
}

impl Net {
    /// The network that `config` (the text of `config.json`) describes, its variables under `root`.
    pub(crate) fn new(family: Family, config: &[u8], root: Path<'_>) -> Result<Self, ModelError> {
        // Building asserts on odd sizes and panics where memory is short.
        catch_unwind(AssertUnwindSafe(|| build(family, config, root))).map_err(|_| {
            ModelError::Weights("a network of the sizes in config.json cannot be built".into())
        })?
    }

    /// The same network with the faster forward pass, where there is one for it; `variables` are its own, filled.
    pub(crate) fn faster(
        self,
        family: Family,
        config: &[u8],
        variables: &HashMap<String, Tensor>,
    ) -> Result<Self, ModelError> {
        let sizes: bert::Sizes = read(config)?;
        let kin = if sizes.is_gelu() { BertLike::of(family, &sizes, variables) } else { Ok(None) };
        let kin = kin.map_err(|error| ModelError::Weights(error.to_string()))?;
        Ok(kin.map_or(self, Self::Own))
    }

    /// The network `count` times, its tensors shared, for as many threads; none where it stays with one thread.
    pub(crate) fn handles(&self, count: usize) -> Vec<Self> {
        match self {
            Self::Own(net) => (0..count).map(|_| Self::Own(net.shallow_clone())).collect(),
            _ => Vec::new(),
        }
    }

    /// Logits of a batch: (windows, pieces, labels). `mask` is 0 on padding; without one there is none.
    pub(crate) fn forward(
        &self,
        ids: &Tensor,
        mask: Option<&Tensor>,
        types: &Tensor,
    ) -> Result<Tensor, TchError> {
        let failed = |error: RustBertError| TchError::Torch(error.to_string());
        let whole = ids.f_ones_like()?;
        let all = Some(mask.unwrap_or(&whole));
        let (some_ids, some_types) = (Some(ids), Some(types));
        Ok(match self {
            Self::Own(net) => net.forward(ids, mask, types)?,
            Self::Deberta(net) => net.forward(ids, mask, types)?,
            Self::Bert(net) => net.forward_t(some_ids, all, some_types, None, None, false).logits,
            Self::DistilBert(net) => net.forward_t(some_ids, all, None, false).map_err(failed)?.logits,
            Self::Electra(net) => net.forward_t(some_ids, all, some_types, None, None, false).logits,
            Self::Roberta(net) => net.forward_t(some_ids, all, some_types, None, None, false).logits,
            Self::Albert(net) => net.forward_t(some_ids, all, some_types, None, None, false).logits,
        })
    }
}

fn build(family: Family, config: &[u8], root: Path<'_>) -> Result<Net, ModelError> {
    let failed = |error: RustBertError| ModelError::Weights(error.to_string());
    Ok(match family {
        Family::Bert => Net::Bert(BertForTokenClassification::new(root, &bert(config)?).map_err(failed)?),
        Family::Roberta | Family::XlmRoberta => {
            Net::Roberta(RobertaForTokenClassification::new(root, &bert(config)?).map_err(failed)?)
        }
        Family::DistilBert => {
            // Keys that newer files leave out, and that mean nothing to a token classifier.
            let config: DistilBertConfig = read_with(config, &["tie_weights_", "sinusoidal_pos_embds"])?;
            Net::DistilBert(DistilBertForTokenClassification::new(root, &config).map_err(failed)?)
        }
        Family::Electra => {
            let config: ElectraConfig = read(config)?;
            Net::Electra(ElectraForTokenClassification::new(root, &config).map_err(failed)?)
        }
        Family::Albert => {
            let config: AlbertConfig = read(config)?;
            Net::Albert(AlbertForTokenClassification::new(root, &config).map_err(failed)?)
        }
        Family::Deberta | Family::DebertaV2 => {
            let net = Deberta::declare(&read(config)?, family == Family::DebertaV2, &root);
            Net::Deberta(net.map_err(|reason| ModelError::Config { file: "config.json", reason })?)
        }
    })
}

fn bert(config: &[u8]) -> Result<BertConfig, ModelError> {
    let mut config: BertConfig = read(config)?;
    (config.output_attentions, config.output_hidden_states) = (None, None);
    Ok(config)
}

/// As [`read`]; those of `keys` that are not there count as `false`.
fn read_with<T: DeserializeOwned>(config: &[u8], keys: &[&str]) -> Result<T, ModelError> {
    let mut map: serde_json::Map<String, serde_json::Value> = read(config)?;
    for key in keys {
        map.entry(*key).or_insert(false.into());
    }
    serde_json::from_value(map.into())
        .map_err(|error| ModelError::Config { file: "config.json", reason: error.to_string() })
}

fn read<'a, T: Deserialize<'a>>(config: &'a [u8]) -> Result<T, ModelError> {
    serde_json::from_slice(config)
        .map_err(|error| ModelError::Config { file: "config.json", reason: error.to_string() })
}
