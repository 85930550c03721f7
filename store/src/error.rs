//! What can go wrong below the store's interface.

use std::{io, path::PathBuf};

/// A failure of the store. Nothing that was acknowledged before it is lost.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk refused.
    #[error("cannot {verb} {path}: {source}; check free space, permissions and the disk, then start again")]
    Io {
        /// What was tried.
        verb: &'static str,
        /// On which file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// Another process has the store open.
    #[error("{0} is in use by another process; stop that daemon first, or name another data folder")]
    Locked(PathBuf),
    /// The index failed; the journal still holds everything.
    #[error("index failed: {0}; it is rebuilt from the journal at the next start")]
    Index(String),
    /// A record that this version cannot read.
    #[error("journal record at {position} cannot be read: {why}")]
    Record {
        /// Where it stands.
        position: String,
        /// Why not.
        why: String,
    },
    /// The store was closed or its writer ended.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    pub(crate) fn io(verb: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { verb, path, source }
    }

    /// Whether the same call may succeed later without anybody's help.
    pub fn retry(&self) -> bool {
        matches!(self, Self::Io { .. })
    }
}

impl From<sled::Error> for StoreError {
    fn from(error: sled::Error) -> Self {
        Self::Index(error.to_string())
    }
}
