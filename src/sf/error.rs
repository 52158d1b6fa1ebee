//! Why the sf store could not be read or written, and what to do about it.

use std::path::Path;

use crate::files::{FileError, Shown};

/// Something in the sf store is in the way. No message holds a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A link in a project, which may be somebody else's work, leads out of it.
    #[error(
        "{path} leads out of the project by a link and is not written through; remove the link, or leave the default org as it is"
    )]
    LeadsOut {
        /// The file that was to be written.
        path: Shown,
    },
    /// A file holds something else than the JSON object that `sf` keeps there. It is left as it is.
    #[error("{path} {problem}; it was left as it is: mend it, or move it away and log in again")]
    Foreign {
        /// Which file.
        path: Shown,
        /// What is wrong with it.
        problem: String,
    },
    /// Another process holds a lock and does not let go.
    #[error(
        "{path} is locked by another process (waited {seconds} s); end that process, or remove {path}.lock if none is left"
    )]
    Locked {
        /// The file that is locked.
        path: Shown,
        /// How long was waited.
        seconds: u64,
    },
    /// A username that `sf` keeps no file for.
    #[error(
        "\"{0}\" cannot be kept in the sf store: sf knows a login by the file name <username>.json, and takes only names like user@example.com without '/' or '\\' (--no-sf-store goes without the store)"
    )]
    FileName(String),
    /// `key.json` has other permissions than `sf` accepts.
    #[error("{path} has mode {mode:03o}, which sf refuses; run: chmod 600 '{path}'")]
    KeyMode {
        /// The key file.
        path: Shown,
        /// Its permission bits.
        mode: u32,
    },
    /// `key.json` is not a key file of `sf`.
    #[error(
        "{path} {problem}; with it sf cannot read its own logins: put the right file back, or move it away and log in to every org again"
    )]
    Key {
        /// The key file.
        path: Shown,
        /// What is wrong with it.
        problem: String,
    },
    /// `sf` keeps its key in the system's keychain, and our private key has no path: nothing usable can be written.
    #[error(
        "sf keeps its key in the system keychain here, so it must log in by itself, and for that needs the private key in a file: add --keep-key-file PATH, or --no-sf-store to leave sf out"
    )]
    NothingUsable,
    /// A Dev Hub that `sf` does not know.
    #[error(
        "sf has no alias \"{selector}\" ({origin}){known}; give the Dev Hub's username, or --hub-username, --client-id and --jwt-key-file"
    )]
    UnknownHub {
        /// What was asked for; safe to print.
        selector: String,
        /// Who asked for it.
        origin: String,
        /// The aliases that there are, as the end of a clause.
        known: String,
    },
}

impl StoreError {
    pub(super) fn foreign(path: &Path, problem: impl Into<String>) -> Self {
        Self::Foreign { path: Shown::new(path), problem: problem.into() }
    }
}
