//! What is wrong with the usernames that were given, all of it at once.
//!
//! What stands in a file is never quoted: it may be a password or a token. File, line and key say where to look.

use std::fmt;

use super::source_location::SourceLocation;

/// The largest file that is read, in bytes: 64 MiB is what `sf org list --json` prints for some 40,000 orgs.
///
/// Whoever reads a file or standard input can stop one byte after this.
pub const FILE_MAX: usize = 64 << 20;

/// Why there is no list of orgs to log in to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RosterError {
    /// Nothing was given.
    #[error("no username was given (name one, or a file of them with --usernames-file)")]
    NoUsername,
    /// Rows, arguments or whole files cannot be used.
    #[error("{}", Listing(.problems, *.total))]
    Rows {
        /// The first of them, at most [`RosterError::SHOWN`].
        problems: Vec<Problem>,
        /// How many there are in all.
        total: usize,
    },
}

impl RosterError {
    /// How many problems are told; the rest is counted.
    pub const SHOWN: usize = 20;
}

/// One row, argument or file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it is.
    pub place: SourceLocation,
    /// What it is about.
    pub subject: Subject,
    /// What is wrong there.
    pub error: RowError,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.place, self.subject, self.error)
    }
}

/// What a [`RowError`] is said of.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Subject {
    /// An argument, safe to print.
    Argument(String),
    /// A whole file.
    File,
    /// A line of text.
    Line,
    /// A row of CSV.
    Row,
    /// The cell in a column with this name.
    Cell(&'static str),
    /// A JSON value.
    Value,
    /// The JSON value of this key.
    Key(&'static str),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument(text) => write!(f, "\"{text}\""),
            Self::File => f.write_str("the file"),
            Self::Line => f.write_str("the line"),
            Self::Row => f.write_str("the row"),
            Self::Cell(column) => write!(f, "the cell in the column \"{column}\""),
            Self::Value => f.write_str("the value"),
            Self::Key(key) => write!(f, "the value of \"{key}\""),
        }
    }
}

/// What is wrong with a row, said of its [`Subject`]. No text of a file is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RowError {
    /// Not a username or a record id.
    #[error("is not a Salesforce username (expected something like test-abc123@example.com)")]
    Username,
    /// Not a username either, and no alias of the sf store.
    #[error(
        "is not a Salesforce username (expected something like test-abc123@example.com), and no alias that sf knows here"
    )]
    Word,
    /// What stands before an `=` is no alias.
    #[error("has no alias before its \"=\" (an alias there has no white space and no comma)")]
    AliasBefore,
    /// A column or key has no alias.
    #[error("is no alias (an alias has no \"=\", no \"@\" and no control character)")]
    Alias,
    /// Several values where one is expected.
    #[error(
        "is more than one username (one per line or argument; for columns, begin with a header line such as username,alias)"
    )]
    Several,
    /// A line of a CSV file that has an empty username.
    #[error("has no username")]
    NoCell,
    /// Two aliases for one org.
    #[error("gives an org a second alias, after {first}; give it one")]
    TwoAliases {
        /// Where the first one was given.
        first: SourceLocation,
    },
    /// One alias for two orgs.
    #[error("gives an alias that already stands for another org, after {first}; give each org its own")]
    AliasTaken {
        /// Where that was.
        first: SourceLocation,
    },
    /// A JSON value that holds no username.
    #[error("holds no username (expected the key \"username\" or \"SignupUsername\")")]
    NoUsername,
    /// A username that is a number or worse.
    #[error("is not a text")]
    NotText,
    /// Arrays in arrays in arrays.
    #[error("is nested too deeply to be a list of usernames")]
    TooDeep,
    /// Not JSON; what a parser calls it, without what it found.
    #[error("is not valid JSON: {0}; what follows was not read")]
    Json(String),
    /// Bytes that are no text.
    #[error("cannot be read: {0}; save it as UTF-8")]
    Encoding(&'static str),
    /// A key where usernames belong.
    #[error("holds a key or a certificate, not usernames (the key's file is named with --jwt-key-file)")]
    PrivateKey,
    /// A file with nothing in it.
    #[error("holds no username")]
    EmptyFile,
    /// A file whose records are of other orgs.
    #[error("holds no scratch org: {0} of its records say that they are none")]
    NoScratchOrg(usize),
    /// A file that is no list of usernames.
    #[error("is larger than {} MiB, so it is hardly a list of usernames", FILE_MAX >> 20)]
    TooLarge,
}

/// One problem a line, and how many more there are.
struct Listing<'a>(&'a [Problem], usize);

impl fmt::Display for Listing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            write!(f, "{}{problem}", if index == 0 { "" } else { "\n" })?;
        }
        match self.1.saturating_sub(self.0.len()) {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}
