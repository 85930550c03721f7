//! Files that commands write: they stand in `added/` of the operator's folder.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use crate::{
    ConfigErrors,
    layer::{self, File, Kind},
    raw, settings,
};

/// One file in `added/`, before and after.
pub struct Added<'a> {
    folder: &'a Path,
    kind: Kind,
    path: PathBuf,
}

impl<'a> Added<'a> {
    /// The file `name` (`added/sources/accepted.toml`) of the configuration in `folder`.
    pub fn new(folder: &'a Path, name: &str, kind: Kind) -> Self {
        Self { folder, kind, path: folder.join(name) }
    }

    /// What stands in it; the beginning of a new file where there is none.
    pub fn text(&self) -> Result<String, ConfigErrors> {
        match fs::read_to_string(&self.path) {
            Ok(text) => Ok(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::empty()),
            Err(error) => Err(self.fault(format!("cannot be read: {error}"), "check its permissions")),
        }
    }

    /// A file with nothing in it.
    pub fn empty() -> String {
        format!("schema = {}\n", raw::SCHEMA)
    }

    /// The configuration's other files, what is shipped among them.
    pub fn others(&self) -> Vec<File> {
        let shown = self.path.display().to_string();
        let mut files = layer::shipped();
        let mut unread = ConfigErrors::default();
        files.extend(
            layer::of_operator(self.folder, &mut unread).into_iter().filter(|file| file.name != shown),
        );
        files
    }

    /// The file with `text` in it, as the loader sees it.
    pub fn with(&self, text: String) -> File {
        File { name: self.path.display().to_string(), kind: self.kind, shipped: false, text }
    }

    /// Writes `text`, whole or not at all. The whole configuration is checked with it first; with an error in it
    /// nothing is written.
    pub fn write(self, text: String) -> Result<PathBuf, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        let mut files = layer::shipped();
        let shown = self.path.display().to_string();
        let own = layer::of_operator(self.folder, &mut errors);
        files.extend(own.into_iter().filter(|file| file.name != shown));
        files.push(self.with(text.clone()));
        if settings::check(files, &mut errors).is_none() || !errors.is_empty() {
            return Err(errors);
        }
        replace(&self.path, &text)
            .map_err(|error| self.fault(format!("cannot be written: {error}"), "check its permissions"))?;
        Ok(self.path)
    }

    /// One fault of this file.
    pub fn fault(&self, message: String, hint: &str) -> ConfigErrors {
        let mut errors = ConfigErrors::default();
        errors.add(&self.path.display().to_string(), None, message, hint);
        errors
    }
}

/// Whole or not at all.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let fresh = path.with_extension("toml.new");
    let mut file = fs::File::create(&fresh)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&fresh, path)
}
