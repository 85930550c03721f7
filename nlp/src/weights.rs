//! Weights from safetensors bytes into the network's variables.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rust_bert::bert::{BertConfig, BertForTokenClassification};
use safetensors::{Dtype, SafeTensors};
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

use crate::model::ModelError;
use crate::precision::Precision;

/// Builds the network and fills every variable, in `precision` whatever the file's own.
pub(crate) fn build(
    config: &BertConfig,
    bytes: &[u8],
    precision: Precision,
) -> Result<BertForTokenClassification, ModelError> {
    let file = SafeTensors::deserialize(bytes)
        .map_err(|error| ModelError::Weights(format!("the file is not whole or no safetensors ({error})")))?;
    let mut store = VarStore::new(Device::Cpu);
    // Building asserts on odd sizes and panics where memory is short.
    let net = catch_unwind(AssertUnwindSafe(|| BertForTokenClassification::new(store.root(), config)))
        .map_err(|_| ModelError::Weights("a network of the sizes in config.json cannot be built".into()))?
        .map_err(|error| ModelError::Weights(error.to_string()))?;
    store.freeze();
    if precision == Precision::Bf16 {
        store.bfloat16();
    }
    let mut missing = Vec::new();
    for (name, mut variable) in store.variables() {
        let Ok(view) = file.tensor(&name) else {
            missing.push(name);
            continue;
        };
        let shape: Vec<i64> = view.shape().iter().map(|&n| n as i64).collect();
        if shape != variable.size() {
            return Err(ModelError::Weights(format!(
                "{name} has shape {shape:?} and config.json wants {:?}",
                variable.size()
            )));
        }
        let kind = match view.dtype() {
            Dtype::F32 => Kind::Float,
            Dtype::F16 => Kind::Half,
            Dtype::BF16 => Kind::BFloat16,
            other => {
                return Err(ModelError::Weights(format!(
                    "{name} is stored as {other:?}, not as F32, F16 or BF16"
                )));
            }
        };
        Tensor::f_from_data_size(view.data(), &shape, kind)
            // The copy converts.
            .and_then(|tensor| tch::no_grad(|| variable.f_copy_(&tensor)))
            .map_err(|error| ModelError::Weights(format!("{name}: {error}")))?;
    }
    if missing.is_empty() {
        return Ok(net);
    }
    missing.sort_unstable();
    let count = missing.len();
    missing.truncate(3);
    Err(ModelError::Weights(format!("{count} tensors are missing, among them {}", missing.join(", "))))
}
