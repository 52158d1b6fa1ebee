//! What is wrong with the usernames that were given, all of it at once.

use std::fmt;

use crate::model::org::NameError;

use super::{FILE_MAX, SourceLocation};

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
    /// What is wrong there.
    pub error: RowError,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.error)
    }
}

/// What is wrong with a row; every text in it is safe to print.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RowError {
    /// Not a username, a record id or an alias.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Several values where one is expected.
    #[error(
        "\"{0}\" is more than one username (one per line or argument; for columns, begin with a header line such as username,alias)"
    )]
    Several(String),
    /// A line of a CSV file that has an empty username.
    #[error("the row has no username")]
    NoCell,
    /// Two aliases for one org.
    #[error("{name} has a second alias, \"{second}\" (\"{first}\" in {first_place}); give one")]
    TwoAliases {
        /// The org.
        name: String,
        /// The alias that came first.
        first: String,
        /// Where that was.
        first_place: SourceLocation,
        /// The alias that is given here.
        second: String,
    },
    /// One alias for two orgs.
    #[error("the alias \"{alias}\" already stands for {name} ({place}); give each org its own")]
    AliasTaken {
        /// The alias.
        alias: String,
        /// The org that has it.
        name: String,
        /// Where that was given.
        place: SourceLocation,
    },
    /// What `sf` prints when it fails.
    #[error("sf reported {0} instead of a username")]
    SfFailed(String),
    /// A JSON value that holds no username.
    #[error("{0} holds no username (expected \"username\" or \"SignupUsername\")")]
    NoUsername(String),
    /// Arrays in arrays in arrays.
    #[error("the JSON is nested too deeply to be a list of usernames")]
    TooDeep,
    /// Not JSON.
    #[error("not valid JSON: {0}; what follows it was not read")]
    Json(String),
    /// Bytes that are no text.
    #[error("{0}; save it as UTF-8")]
    Encoding(&'static str),
    /// A key where usernames belong.
    #[error("it holds a key or a certificate, not usernames (the key's file is named with --jwt-key-file)")]
    Key,
    /// A file with nothing in it.
    #[error("the file holds no username")]
    EmptyFile,
    /// A file that is no list of usernames.
    #[error("the file is larger than {} MiB, so it is hardly a list of usernames", FILE_MAX >> 20)]
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
