//! What is wrong with the usernames that were given, all of it at once.
//!
//! What stands in a file is never quoted: it may be a password or a token. File, line and key say where to look.

use std::borrow::Cow;

/// The largest file that is read, in bytes: 64 MiB is what `sf org list --json` prints for some 40,000 orgs.
///
/// Whoever reads a file or standard input can stop one byte after this.
pub(crate) const FILE_MAX: usize = 64 << 20;

/// Why there is no list of orgs to log in to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RosterError {
    /// Nothing was given.
    #[error("no username was given (name one, or a file of them with --usernames-file)")]
    NoUsername,
    /// Rows, arguments or whole files cannot be used.
    #[error("{}{}", .problems.join("\n"), more(*.total - .problems.len()))]
    Rows {
        /// Where each is, and what is wrong with it: the first of them, at most [`RosterError::SHOWN`].
        problems: Vec<String>,
        /// How many there are in all.
        total: usize,
    },
}

impl RosterError {
    /// How many problems are told; the rest is counted.
    pub const SHOWN: usize = 20;
}

fn more(more: usize) -> String {
    if more == 0 { String::new() } else { format!("\nand {more} more") }
}

/// What a problem is told of, safe to print.
pub(super) type Subject = Cow<'static, str>;

pub(super) const FILE: Subject = Cow::Borrowed("the file");
pub(super) const LINE: Subject = Cow::Borrowed("the line");
/// A row of CSV.
pub(super) const ROW: Subject = Cow::Borrowed("the row");
/// A JSON value.
pub(super) const VALUE: Subject = Cow::Borrowed("the value");

/// The cell in a column.
pub(super) fn cell_of(column: &str) -> Subject {
    format!("the cell in the column \"{column}\"").into()
}

/// The JSON value of a key.
pub(super) fn value_of(key: &str) -> Subject {
    format!("the value of \"{key}\"").into()
}

/// What is wrong, said of a [`Subject`]. No text of a file is in it.
pub(super) type RowError = Cow<'static, str>;

/// Not a username or a record id.
pub(super) const NO_SALESFORCE_USERNAME: RowError =
    Cow::Borrowed("is not a Salesforce username (expected something like test-abc123@example.com)");

/// A JSON value that holds no username.
pub(super) const HOLDS_NO_USERNAME: RowError =
    Cow::Borrowed("holds no username (expected the key \"username\" or \"SignupUsername\")");

/// A username or an alias that is a number or worse.
pub(super) const NOT_TEXT: RowError = Cow::Borrowed("is not a text");

/// Arrays in arrays in arrays.
pub(super) const TOO_DEEP: RowError = Cow::Borrowed("is nested too deeply to be a list of usernames");

/// Not JSON; what a parser calls it, without what it found.
pub(super) fn not_json(said: &str) -> RowError {
    format!("is not valid JSON: {said}; what follows was not read").into()
}
