//! Why a file could not be read or written: which file, what was tried, what was in the way.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::encoding::NotText;
use super::kind::Kind;

/// A file that could not be read or written. Nothing of what stands in it is quoted.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {path}: {reason}")]
#[non_exhaustive]
pub struct FileError {
    /// What was tried, such as `read`.
    pub action: &'static str,
    /// Where.
    pub path: Shown,
    /// What was in the way. It names no path, for messages that have it already.
    pub reason: Reason,
}

impl FileError {
    pub(crate) fn new(action: &'static str, path: &Path, reason: impl Into<Reason>) -> Self {
        Self { action, path: Shown::new(path), reason: reason.into() }
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
#[non_exhaustive]
pub enum Reason {
    /// The file system said no.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Something else than a regular file.
    #[error("it is {0}, not a regular file")]
    Irregular(Kind),
    /// More than is read.
    #[error("it is larger than {}", Size(*.0))]
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
struct Size(usize);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            large if large >= 1 << 20 => write!(f, "{} MiB", large >> 20),
            small => write!(f, "{} KiB", small >> 10),
        }
    }
}

/// A path in a form that is safe to print.
#[derive(Clone, PartialEq, Eq)]
pub struct Shown(PathBuf);

impl Shown {
    pub(crate) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::model::untrusted::sanitize_line(&self.0.to_string_lossy(), 500))
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
