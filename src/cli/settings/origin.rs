//! Where a value came from, so that an error can say what to change, and so that trust is a question to the origin.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::cli::problem::Problem;

/// The source of one value, from the strongest to the weakest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The flag of the setting with this key.
    Flag(&'static str),
    /// An environment variable.
    Variable(&'static str),
    /// A key of `orgready.toml`.
    File(Place),
    /// What `sf` or its project knows.
    Sf(Place),
    /// The default.
    Default,
}

/// A key in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The key.
    pub(crate) key: &'static str,
    /// The file.
    pub(crate) file: PathBuf,
    /// Whether the file was merely found in the working folder or above: it may have come with somebody's change. One
    /// that the user named, or that lies in the user's own home, was not.
    pub(crate) found: bool,
}

impl Origin {
    /// How strong the source is; a smaller number wins.
    pub(crate) fn level(&self) -> u8 {
        match self {
            Self::Flag(_) => 0,
            Self::Variable(_) => 1,
            Self::File(_) => 2,
            Self::Sf(_) => 3,
            Self::Default => 4,
        }
    }

    /// Whether it is a place in a file, which is not quoted.
    pub(crate) fn is_a_file(&self) -> bool {
        matches!(self, Self::File(_) | Self::Sf(_))
    }

    /// The folder that relative paths from here are relative to, where it is not the current one.
    pub(crate) fn folder(&self) -> Option<&Path> {
        match self {
            Self::File(place) => place.file.parent(),
            _ => None,
        }
    }

    /// The place in a file that was merely found, if it is one.
    pub(crate) fn found(&self) -> Option<&Place> {
        match self {
            Self::File(place) | Self::Sf(place) if place.found => Some(place),
            _ => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(key) => write!(f, "--{}", key.replace('_', "-")),
            Self::Variable(name) => f.write_str(name),
            Self::File(Place { key, file, .. }) | Self::Sf(Place { key, file, .. }) => {
                write!(f, "{key} in {}", file.display())
            }
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

impl<T> Sourced<T> {
    /// Reads the value as something else; what is wrong with it is told with its origin.
    pub(crate) fn read<U, E: fmt::Display>(&self, read: impl FnOnce(&T) -> Result<U, E>) -> Result<U, Problem> {
        read(&self.value).map_err(|error| self.refuse(&error))
    }

    /// Says what is wrong with the value, and where it stands.
    pub(crate) fn refuse(&self, error: &impl fmt::Display) -> Problem {
        let error = error.to_string();
        let error = if self.origin.is_a_file() { unquoted(&error) } else { error };
        Problem::new(format!("{}: {error}", self.origin))
    }
}

/// What stands in a file is not quoted, as it may be anything: file and key are enough to find it. Errors about values
/// begin with the value in quotes.
fn unquoted(error: &str) -> String {
    match error.rsplit_once("\" ") {
        Some((_, rest)) if error.starts_with('"') => format!("the value {rest}"),
        _ => error.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_file_is_not_quoted_and_what_was_typed_is() {
        let place = Place { key: "wait", file: "/repo/orgready.toml".into(), found: true };
        let told = |origin: Origin| {
            let sourced = Sourced { value: "hunter2\" x", origin };
            sourced.read(|text| Err::<(), _>(format!("\"{text}\" is not a duration (write 10m)"))).unwrap_err().message
        };
        assert_eq!(told(Origin::File(place)), "wait in /repo/orgready.toml: the value is not a duration (write 10m)");
        assert_eq!(told(Origin::Flag("wait")), "--wait: \"hunter2\" x\" is not a duration (write 10m)");
    }
}
