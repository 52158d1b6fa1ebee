//! Where a value came from, so that an error can say which line or variable to change.

use std::fmt;
use std::path::{Path, PathBuf};

/// The source of one value, from the strongest to the weakest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A flag.
    Flag(&'static str),
    /// An environment variable.
    Variable(&'static str),
    /// A key of `orgready.toml`.
    File {
        /// The key.
        key: &'static str,
        /// The file.
        file: PathBuf,
    },
    /// What `sf` or its project knows; the text names the place.
    Sf(String),
    /// The default.
    Default,
}

impl Origin {
    /// How strong the source is; a smaller number wins.
    pub(crate) fn level(&self) -> u8 {
        match self {
            Self::Flag(_) => 0,
            Self::Variable(_) => 1,
            Self::File { .. } => 2,
            Self::Sf(_) => 3,
            Self::Default => 4,
        }
    }

    /// The folder that relative paths from here are relative to, where it is not the current one.
    pub(crate) fn folder(&self) -> Option<&Path> {
        match self {
            Self::File { file, .. } => file.parent(),
            _ => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) | Self::Variable(name) => f.write_str(name),
            Self::File { key, file } => write!(f, "{key} in {}", file.display()),
            Self::Sf(place) => f.write_str(place),
            Self::Default => f.write_str("the default"),
        }
    }
}

/// A value and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sourced<T> {
    /// The value.
    pub(crate) value: T,
    /// Its source.
    pub(crate) origin: Origin,
}

#[cfg(test)]
impl Sourced<String> {
    /// Value and origin as texts.
    pub(crate) fn to_owned_parts(&self) -> (String, String) {
        (self.value.clone(), self.origin.to_string())
    }
}

impl<T> Sourced<T> {
    /// Reads the value as something else; what is wrong with it is told with its origin.
    pub(crate) fn read<U, E: fmt::Display>(
        &self,
        read: impl FnOnce(&T) -> Result<U, E>,
    ) -> Result<U, super::problem::Problem> {
        read(&self.value).map_err(|error| super::problem::Problem::new(format!("{}: {error}", self.origin)))
    }
}
