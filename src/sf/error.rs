//! Why the sf store could not be read or written, and what to do about it.

use std::path::Path;

use crate::files::{FileError, shown};

/// Something in the sf store is in the way. No message holds a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file holds something else than the JSON object that `sf` keeps there. It is left as it is.
    #[error("{path} {problem}; it was left as it is: mend it, or move it away and log in again")]
    Foreign {
        /// Which file.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Another process holds a lock and does not let go.
    #[error(
        "{path} is locked by another process (waited {seconds} s); end that process, or remove {path}.lock if none is left"
    )]
    Locked {
        /// The file that is locked.
        path: String,
        /// How long was waited.
        seconds: u64,
    },
    /// `key.json`, with which `sf` encrypts tokens, is not as `sf` keeps it: what is wrong, and what to do.
    #[error("{0}")]
    Key(String),
    /// What is asked for is not in the store, or cannot be: what, and what to do.
    #[error("{0}")]
    Impossible(String),
}

impl StoreError {
    pub(super) fn foreign(path: &Path, problem: impl Into<String>) -> Self {
        Self::Foreign { path: shown(path), problem: problem.into() }
    }

    /// A link in a project, which may be somebody else's work, leads out of it.
    pub(super) fn leads_out(path: &Path) -> Self {
        Self::Impossible(format!(
            "{} leads out of the project by a link and is not written through; remove the link, or leave the default org as it is",
            shown(path)
        ))
    }
}
