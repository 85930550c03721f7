//! Weights from a file into the network's variables.

use std::collections::HashMap;
use std::path::Path;

use safetensors::{Dtype, SafeTensors};
use tch::nn::VarStore;
use tch::{Device, Kind, TchError, Tensor};

use crate::model::ModelError;
use crate::net::{Family, Net};
use crate::precision::Precision;

/// Tensors by name, as a file has them.
pub(crate) enum Weights<'a> {
    /// `model.safetensors`.
    Safe(SafeTensors<'a>),
    /// `rust_model.ot`, which rust-bert's own converter writes.
    Ot(HashMap<String, Tensor>),
}

impl<'a> Weights<'a> {
    /// Of the bytes of a `.safetensors` file.
    pub(crate) fn safe(bytes: &'a [u8]) -> Result<Self, ModelError> {
        SafeTensors::deserialize(bytes).map(Self::Safe).map_err(|error| {
            ModelError::Weights(format!("the file is not whole or no safetensors ({error})"))
        })
    }

    /// Of an `.ot` file.
    pub(crate) fn ot(path: &Path) -> Result<Self, ModelError> {
        let tensors = Tensor::load_multi(path).map_err(|error| {
            let first = error.to_string().lines().next().unwrap_or_default().to_owned();
            ModelError::Weights(format!("{} cannot be read ({first})", path.display()))
        })?;
        Ok(Self::Ot(tensors.into_iter().collect()))
    }

    /// The tensor of that name; old files call a norm's weight and bias gamma and beta.
    fn get(&self, name: &str) -> Result<Option<Tensor>, ModelError> {
        let old =
            name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta");
        for name in [name, old.as_str()] {
            let found = match self {
                Self::Ot(tensors) => tensors.get(name).map(Tensor::shallow_clone),
                Self::Safe(file) => match file.tensor(name) {
                    Err(_) => None,
                    Ok(view) => {
                        let shape: Vec<i64> = view.shape().iter().map(|&n| n as i64).collect();
                        let kind = kind(name, view.dtype())?;
                        let tensor = Tensor::f_from_data_size(view.data(), &shape, kind)
                            .map_err(|error| unusable(name, &error))?;
                        Some(tensor)
                    }
                },
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

/// The network with the weights in it, in `precision` whatever the file's own.
pub(crate) fn build(
    family: Family,
    config: &[u8],
    weights: &Weights,
    precision: Precision,
) -> Result<Net, ModelError> {
    let (net, store) = fill(family, config, weights, precision)?;
    net.faster(family, config, &store.variables())
}

/// rust-bert's network and its variables, every one of them filled.
pub(crate) fn fill(
    family: Family,
    config: &[u8],
    weights: &Weights,
    precision: Precision,
) -> Result<(Net, VarStore), ModelError> {
    let mut store = VarStore::new(Device::Cpu);
    let net = Net::new(family, config, store.root())?;
    store.freeze();
    if precision == Precision::Bf16 {
        store.bfloat16();
    }
    let mut missing = Vec::new();
    for (name, mut variable) in store.variables() {
        let Some(tensor) = weights.get(&name)? else {
            // A token classifier's file has no pooler, and its labels need none.
            if !name.contains(".pooler.") {
                missing.push(name);
            }
            continue;
        };
        if tensor.size() != variable.size() {
            return Err(ModelError::Weights(format!(
                "{name} has shape {:?} and config.json wants {:?}",
                tensor.size(),
                variable.size()
            )));
        }
        // The copy converts.
        tch::no_grad(|| variable.f_copy_(&tensor)).map_err(|error| unusable(&name, &error))?;
    }
    if missing.is_empty() {
        return Ok((net, store));
    }
    missing.sort_unstable();
    let count = missing.len();
    missing.truncate(3);
    Err(ModelError::Weights(format!("{count} tensors are missing, among them {}", missing.join(", "))))
}

fn kind(name: &str, stored: Dtype) -> Result<Kind, ModelError> {
    match stored {
        Dtype::F32 => Ok(Kind::Float),
        Dtype::F16 => Ok(Kind::Half),
        Dtype::BF16 => Ok(Kind::BFloat16),
        other => Err(ModelError::Weights(format!("{name} is stored as {other:?}, not as F32, F16 or BF16"))),
    }
}

fn unusable(name: &str, error: &TchError) -> ModelError {
    ModelError::Weights(format!("{name}: {error}"))
}
