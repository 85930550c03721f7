//! The `config.json` of DeBERTa models, and what of it the forward pass does not have.

use std::collections::HashMap;

use serde::{Deserialize, Deserializer};

/// What `config.json` says of the network.
#[derive(Debug, Deserialize)]
pub(crate) struct Config {
    pub(crate) vocab_size: i64,
    pub(crate) hidden_size: i64,
    pub(crate) num_hidden_layers: i64,
    pub(crate) num_attention_heads: i64,
    pub(crate) intermediate_size: i64,
    pub(crate) max_position_embeddings: i64,
    #[serde(default)]
    pub(crate) type_vocab_size: i64,
    #[serde(default)]
    pub(crate) hidden_act: String,
    #[serde(default = "eps")]
    pub(crate) layer_norm_eps: f64,
    #[serde(default)]
    pub(crate) embedding_size: Option<i64>,
    #[serde(default = "yes")]
    pub(crate) position_biased_input: bool,
    #[serde(default)]
    pub(crate) relative_attention: bool,
    #[serde(default, deserialize_with = "several")]
    pub(crate) pos_att_type: Vec<String>,
    #[serde(default)]
    pub(crate) max_relative_positions: i64,
    #[serde(default)]
    pub(crate) position_buckets: i64,
    #[serde(default)]
    pub(crate) share_att_key: bool,
    #[serde(default)]
    pub(crate) norm_rel_ebd: Option<String>,
    #[serde(default)]
    pub(crate) conv_kernel_size: i64,
    #[serde(default)]
    pub(crate) talking_head: bool,
    #[serde(default)]
    pub(crate) id2label: HashMap<i64, String>,
}

fn eps() -> f64 {
    1e-7
}

fn yes() -> bool {
    true
}

/// A list, or its parts in one string: `c2p|p2c`.
fn several<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        List(Vec<String>),
        One(String),
        None,
    }
    Ok(match Either::deserialize(deserializer)? {
        Either::List(list) => list,
        Either::One(one) => one.split('|').map(|part| part.trim().to_lowercase()).collect(),
        Either::None => Vec::new(),
    })
}

impl Config {
    /// What of it this forward pass does not have.
    pub(crate) fn unsupported(&self, second: bool) -> Option<&'static str> {
        let odd = |kind: &String| kind != "c2p" && kind != "p2c";
        match () {
            () if self.hidden_act != "gelu" => Some("a hidden_act other than `gelu`"),
            () if self.talking_head => Some("talking_head"),
            () if self.conv_kernel_size > 0 => Some("a convolution (conv_kernel_size)"),
            () if self.relative_attention && self.pos_att_type.iter().any(odd) => {
                Some("a pos_att_type other than c2p and p2c")
            }
            () if second && self.relative_attention && !self.share_att_key => Some("share_att_key = false"),
            () => None,
        }
    }

    /// The largest distance that is told from others.
    pub(crate) fn furthest(&self) -> i64 {
        if self.max_relative_positions < 1 {
            self.max_position_embeddings
        } else {
            self.max_relative_positions
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_named() {
        let check = |change: (&str, serde_json::Value), second: bool, wanted: Option<&str>| {
            let mut config = serde_json::json!({
                "vocab_size": 10, "hidden_size": 4, "num_hidden_layers": 1, "num_attention_heads": 2,
                "intermediate_size": 4, "max_position_embeddings": 16, "hidden_act": "gelu", "relative_attention": true,
                "share_att_key": true, "pos_att_type": "c2p|p2c", "position_buckets": -1, "max_relative_positions": -1
            });
            config[change.0] = change.1;
            let config: Config = serde_json::from_value(config).unwrap();
            let found = config.unsupported(second);
            assert_eq!(found.is_some(), wanted.is_some(), "{found:?}");
            assert!(found.unwrap_or_default().contains(wanted.unwrap_or_default()), "{found:?}");
        };
        check(("hidden_act", "gelu".into()), true, None);
        check(("hidden_act", "relu".into()), true, Some("hidden_act"));
        check(("conv_kernel_size", 3.into()), true, Some("convolution"));
        check(("talking_head", true.into()), false, Some("talking_head"));
        check(("share_att_key", false.into()), true, Some("share_att_key"));
        check(("share_att_key", false.into()), false, None);
        check(("pos_att_type", serde_json::json!(["c2p", "p2p"])), false, Some("pos_att_type"));
    }
}
