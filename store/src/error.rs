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
    /// Somebody else changed the story meanwhile: decide again.
    #[error("story {story} was changed meanwhile: it has version {found}, version {expected} was expected")]
    Conflict {
        /// The story.
        story: String,
        /// What the decision was made on.
        expected: u32,
        /// What is there.
        found: u32,
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

    /// The same error for another caller of the same write.
    pub(crate) fn again(&self) -> Self {
        match self {
            Self::Io { verb, path, source } => {
                let source = match source.raw_os_error() {
                    Some(code) => io::Error::from_raw_os_error(code),
                    None => io::Error::new(source.kind(), source.to_string()),
                };
                Self::Io { verb, path: path.clone(), source }
            }
            Self::Locked(path) => Self::Locked(path.clone()),
            Self::Index(why) => Self::Index(why.clone()),
            Self::Record { position, why } => Self::Record { position: position.clone(), why: why.clone() },
            Self::Conflict { story, expected, found } => {
                Self::Conflict { story: story.clone(), expected: *expected, found: *found }
            }
            Self::Closed => Self::Closed,
        }
    }

    /// Whether the same call may succeed later without anybody's help.
    pub fn retry(&self) -> bool {
        matches!(self, Self::Io { .. } | Self::Conflict { .. })
    }
}

impl From<sled::Error> for StoreError {
    fn from(error: sled::Error) -> Self {
        Self::Index(error.to_string())
    }
}
