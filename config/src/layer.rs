//! The files of a configuration, in the order in which they count.

use std::path::Path;

use include_dir::{Dir, DirEntry, include_dir};

use crate::ConfigErrors;

static SHIPPED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR");

/// What a file holds, by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Main,
    Sources,
    Watchlist,
    Entities,
}

/// Folders of a configuration.
const FOLDERS: &[(&str, Kind)] =
    &[("sources", Kind::Sources), ("watchlists", Kind::Watchlist), ("entities", Kind::Entities)];

/// One file.
#[derive(Debug, Clone)]
pub struct File {
    pub name: String,
    pub kind: Kind,
    pub shipped: bool,
    pub text: String,
}

/// The files inside the binary.
pub fn shipped() -> Vec<File> {
    let file = |path: &Path, kind: Kind| {
        let text = SHIPPED.get_file(path)?.contents_utf8()?.to_owned();
        Some(File { name: format!("shipped:{}", path.display()), kind, shipped: true, text })
    };
    let mut files: Vec<File> = file(Path::new("vedetta.toml"), Kind::Main).into_iter().collect();
    for (folder, kind) in FOLDERS {
        let entries = SHIPPED.get_dir(folder).map(Dir::entries).unwrap_or_default();
        let paths = entries.iter().filter_map(DirEntry::as_file).map(include_dir::File::path);
        files.extend(paths.filter(|path| is_toml(path)).filter_map(|path| file(path, *kind)));
    }
    files
}

/// The operator's files: `path` itself, or what stands in it and in its `added/`.
pub fn of_operator(path: &Path, errors: &mut ConfigErrors) -> Vec<File> {
    if path.is_file() {
        return read(path, Kind::Main, errors).into_iter().collect();
    }
    if !path.is_dir() {
        let hint = "name an existing file or folder with --config, or leave it out for what is shipped";
        errors.add(&path.display().to_string(), None, "there is no such file or folder", hint);
        return Vec::new();
    }
    let mut files = Vec::new();
    for layer in [path.to_owned(), path.join("added")] {
        if layer.join("vedetta.toml").exists() {
            files.extend(read(&layer.join("vedetta.toml"), Kind::Main, errors));
        }
        for (folder, kind) in FOLDERS {
            for file in list(&layer.join(folder), errors) {
                files.extend(read(&file, *kind, errors));
            }
        }
    }
    files
}

fn list(folder: &Path, errors: &mut ConfigErrors) -> Vec<std::path::PathBuf> {
    if !folder.exists() {
        return Vec::new();
    }
    let found = std::fs::read_dir(folder)
        .and_then(|entries| entries.map(|e| e.map(|e| e.path())).collect::<Result<Vec<_>, _>>());
    match found {
        Ok(mut files) => {
            files.retain(|path| is_toml(path));
            files.sort();
            files
        }
        Err(error) => {
            errors.add(
                &folder.display().to_string(),
                None,
                format!("cannot be listed: {error}"),
                "check its permissions",
            );
            Vec::new()
        }
    }
}

fn is_toml(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "toml") && path.file_name().is_some_and(|n| n != "Cargo.toml")
}

fn read(path: &Path, kind: Kind, errors: &mut ConfigErrors) -> Option<File> {
    let name = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => Some(File { name, kind, shipped: false, text }),
        Err(error) => {
            errors.add(
                &name,
                None,
                format!("cannot be read: {error}"),
                "it must be UTF-8 text that the daemon may read",
            );
            None
        }
    }
}
