//! The model that every copy of the program carries.

use crate::Precision;
use crate::model::{ModelError, NerModel};

impl NerModel {
    /// The built-in model. It knows Italian and English; its weights have their own licence, beside them.
    pub fn builtin(precision: Precision) -> Result<Self, ModelError> {
        Self::from_bytes(
            include_bytes!("../model/config.json"),
            include_bytes!("../model/vocab.txt"),
            Some(include_bytes!("../model/tokenizer_config.json")),
            include_bytes!("../model/model.safetensors"),
            precision,
        )
    }
}
