//! TOML in, checked settings out.
//!
//! Three layers, merged by id: what is shipped (inside the binary), then the operator's folder or
//! file, then `added/` in that folder. Everything that is wrong is reported in one run, each with file,
//! line and hint; a configuration with an error is not taken at all.

mod accept;
mod added;
mod entities;
mod error;
mod layer;
mod new_source;
mod raw;
mod settings;
mod show;
mod sources;

pub use accept::{NewEntity, accept, id_of};
pub use error::{ConfigErrors, Problem};
pub use new_source::{NewSource, add_sources, write_verified};
pub use settings::{Config, General, ModelChoice, Retention, Worker};
pub use show::Shown;

use std::path::Path;

/// Loads what is shipped, then what `path` (a folder or a file) changes of it.
pub fn load(path: Option<&Path>) -> Result<Config, ConfigErrors> {
    let mut errors = ConfigErrors::default();
    let mut files = layer::shipped();
    if let Some(path) = path {
        files.extend(layer::of_operator(path, &mut errors));
    }
    let config = settings::check(files, &mut errors);
    match config {
        Some(config) if errors.is_empty() => Ok(config),
        _ => Err(errors),
    }
}
