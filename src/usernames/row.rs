//! What a reader finds, row by row.

use crate::model::org::OrgEntry;

use super::noise::is_noise;
use super::problem::{LINE, RowError, Subject};
use super::source_location::is_blank;

/// A line, a cell or a JSON value.
pub(super) struct Row {
    /// Where it begins, from 1.
    pub(super) line: usize,
    /// What an error is about.
    pub(super) subject: Subject,
    /// What it is.
    pub(super) found: Result<Found, RowError>,
}

/// What a row is, if it is anything.
pub(super) enum Found {
    /// An org.
    Org(OrgEntry),
    /// A word without `@` and `=`: perhaps an alias that `sf` knows.
    Word(String),
    /// What `sf` says instead of naming an org: its name for the error, and its message, both safe to print; and whether
    /// the org may be there all the same.
    Failed { name: Option<String>, message: String, may_live: bool },
    /// A record that says that it is no scratch org.
    NoScratchOrg,
    /// A line that is none of the list's.
    Noise,
}

impl Row {
    /// What a value that was found in a file is.
    pub(super) fn new(line: usize, subject: Subject, found: Result<Found, RowError>) -> Self {
        Self { line, subject, found }
    }

    /// A line that is to be skipped.
    pub(super) fn noise(line: usize) -> Self {
        Self::new(line, LINE, Ok(Found::Noise))
    }

    /// The same, unless it names no org and this text, which it was read from, is what tools write beside a list.
    pub(super) fn unless_noise(self, text: &str) -> Self {
        let is_org = matches!(self.found, Ok(Found::Org(_)));
        if !is_org && is_noise(text.trim_matches(is_blank)) { Self::noise(self.line) } else { self }
    }
}
