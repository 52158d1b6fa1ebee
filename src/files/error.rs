//! Why a file could not be read or written: which file, what was tried, what was in the way.

use std::io;
use std::path::Path;

use super::encoding::NotText;
use super::kind::Kind;
use crate::model::untrusted::sanitize_line;

/// A file that could not be read or written. Nothing of what stands in it is quoted.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {path}: {reason}")]
#[non_exhaustive]
pub struct FileError {
    /// What was tried, such as `read`.
    action: &'static str,
    /// Where, in a form that is safe to print.
    pub(crate) path: String,
    /// What was in the way. It names no path, for messages that have it already.
    pub(crate) reason: Reason,
}

impl FileError {
    pub(crate) fn new(action: &'static str, path: &Path, reason: impl Into<Reason>) -> Self {
        Self { action, path: shown(path), reason: reason.into() }
    }

    /// For `map_err`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::new(action, path, error)
    }

    /// Whether there is no such file.
    pub(crate) fn is_missing(&self) -> bool {
        matches!(&self.reason, Reason::Io(error) if error.kind() == io::ErrorKind::NotFound)
    }
}

/// What was in the way of reading or writing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Reason {
    /// The file system said no.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Something else than a regular file.
    #[error("it is {0}, not a regular file")]
    Irregular(Kind),
    /// More than is read, which is so many bytes.
    #[error("it is larger than {}", size(*.0))]
    TooLarge(usize),
    /// A pipe that nobody has opened at the other end.
    #[error("it is a pipe, and nobody is at its other end")]
    Deserted,
    /// A folder that is not there.
    #[error("its folder does not exist")]
    NoFolder,
    /// A secret is not given to another user.
    #[error("it belongs to another user")]
    NotOurs,
    /// No text.
    #[error(transparent)]
    NotText(#[from] NotText),
}

/// A number of bytes, as people write it.
fn size(bytes: usize) -> String {
    if bytes < 1 << 20 { format!("{} KiB", bytes >> 10) } else { format!("{} MiB", bytes >> 20) }
}

/// A path in a form that is safe to print.
pub(crate) fn shown(path: &Path) -> String {
    sanitize_line(&path.to_string_lossy(), 500)
}
