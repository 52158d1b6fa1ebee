//! Usernames as people and tools hand them over: text, CSV, JSON; every bad row told at once.
//!
//! What `sf` prints needs no preparation: pipe it in, or gather it with `>>`.
//!
//! ```
//! use orgready::usernames::Roster;
//! let mut roster = Roster::new();
//! roster.add_argument("qa=test-a@example.com");
//! roster.add_file("org.json", br#"{"status": 0, "result": {"username": "test-b@example.com"}}"#);
//! roster.add_file("orgs.csv", b"alias,username\nuat,test-c@example.com\n,TEST-A@example.com\n");
//! let orgs = roster.finish()?;
//! assert_eq!(orgs.len(), 3, "test-a is there twice");
//! assert_eq!(orgs[0].alias.as_ref().map(|alias| alias.as_str()), Some("qa"));
//! # Ok::<(), orgready::usernames::RosterError>(())
//! ```

mod csv;
mod entry;
mod json;
mod problem;
pub mod shard;
mod source_location;
mod text;

use std::collections::HashMap;
use std::collections::hash_map;

use crate::files::encoding::decode;
use crate::model::org::{Alias, OrgEntry, OrgName};

pub use problem::{Problem, RosterError, RowError};
pub use source_location::SourceLocation;

/// The largest file that is read, in bytes: 64 MiB is what `sf org list --json` prints for some 40,000 orgs.
///
/// Whoever reads a file or standard input can stop one byte after this.
pub const FILE_MAX: usize = 64 << 20;

/// Gathers the orgs that a user names, in the order of their first mention.
///
/// * Usernames are case-insensitive; an org that is named twice counts once, in the spelling that came first.
/// * An alias that only one of the mentions gives is kept. Two different aliases for one org are an error: one of them
///   would silently be missing later, where a script uses it.
/// * One alias for two orgs is an error.
#[derive(Debug, Default)]
pub struct Roster {
    listed: Vec<Listed>,
    by_name: HashMap<OrgName, usize>,
    by_alias: HashMap<Alias, usize>,
    files: Vec<String>,
    problems: Vec<Problem>,
    problem_count: usize,
}

/// An entry, and where its alias was given (where it has none: where it was named).
#[derive(Debug)]
struct Listed {
    entry: OrgEntry,
    at: Position,
}

/// A [`SourceLocation`] without the file's name, as there are many.
#[derive(Debug, Clone, Copy)]
struct Position {
    /// Index in `Roster::files`; `None` is the command line.
    file: Option<usize>,
    line: Option<usize>,
}

impl Roster {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// One argument: `test-a@example.com`, `alias=test-a@example.com`, or the same with a `2SR…` id.
    pub fn add_argument(&mut self, text: &str) {
        self.add(Position { file: None, line: None }, entry::parse(text));
    }

    /// One file's content. Its form is recognised from the content; `name` is how messages call it.
    pub fn add_file(&mut self, name: &str, content: &[u8]) {
        self.files.push(crate::model::untrusted::sanitize_line(name, 200));
        let file = Some(self.files.len() - 1);
        let mut rows = 0_usize;
        let mut sink = |line: usize, row: Result<OrgEntry, RowError>| {
            rows += 1;
            self.add(Position { file, line: Some(line) }, row);
        };
        if content.len() > FILE_MAX {
            return self.fail(Position { file, line: None }, RowError::TooLarge);
        }
        match decode(content) {
            Err(error) => sink(error.line, Err(RowError::Encoding(error.problem))),
            // Each of its lines would be told as a bad row.
            Ok(text) if is_key(&text) => sink(1, Err(RowError::Key)),
            Ok(text) => match Form::of(&text) {
                Form::Json => json::read(&text, &mut sink),
                Form::Csv(header) => csv::read(&text, &header, &mut sink),
                Form::Text => text::read(&text, &mut sink),
            },
        }
        if rows == 0 {
            self.fail(Position { file, line: None }, RowError::EmptyFile);
        }
    }

    /// The orgs, at least one; or everything that is wrong with what was given.
    pub fn finish(self) -> Result<Vec<OrgEntry>, RosterError> {
        if self.problem_count > 0 {
            return Err(RosterError::Rows { problems: self.problems, total: self.problem_count });
        }
        if self.listed.is_empty() {
            return Err(RosterError::NoUsername);
        }
        Ok(self.listed.into_iter().map(|listed| listed.entry).collect())
    }

    fn add(&mut self, at: Position, row: Result<OrgEntry, RowError>) {
        match row.and_then(|entry| self.enlist(entry, at)) {
            Ok(()) => {}
            Err(error) => self.fail(at, error),
        }
    }

    fn enlist(&mut self, entry: OrgEntry, at: Position) -> Result<(), RowError> {
        let next = self.listed.len();
        let index = self.by_name.get(&entry.name).copied().unwrap_or(next);
        if let Some(alias) = &entry.alias {
            if let Some(other) = self.listed.get(index)
                && let Some(first) = other.entry.alias.as_ref().filter(|first| *first != alias)
            {
                return Err(RowError::TwoAliases {
                    name: entry.name.to_string(),
                    first: first.to_string(),
                    first_place: self.place(other.at),
                    second: alias.to_string(),
                });
            }
            match self.by_alias.entry(alias.clone()) {
                hash_map::Entry::Occupied(taken) if *taken.get() != index => {
                    let other = &self.listed[*taken.get()];
                    return Err(RowError::AliasTaken {
                        alias: alias.to_string(),
                        name: other.entry.name.to_string(),
                        place: self.place(other.at),
                    });
                }
                hash_map::Entry::Occupied(_) => {}
                hash_map::Entry::Vacant(free) => {
                    free.insert(index);
                }
            }
        }
        if let Some(known) = self.listed.get_mut(index) {
            if known.entry.alias.is_none() && entry.alias.is_some() {
                known.entry.alias = entry.alias;
                known.at = at;
            }
        } else {
            self.by_name.insert(entry.name.clone(), index);
            self.listed.push(Listed { entry, at });
        }
        Ok(())
    }

    fn fail(&mut self, at: Position, error: RowError) {
        self.problem_count += 1;
        if self.problems.len() < RosterError::SHOWN {
            let place = self.place(at);
            self.problems.push(Problem { place, error });
        }
    }

    fn place(&self, at: Position) -> SourceLocation {
        match at.file.and_then(|file| self.files.get(file)) {
            Some(file) => SourceLocation::File { name: file.clone(), line: at.line },
            None => SourceLocation::Argument,
        }
    }
}

/// Whether the text holds PEM, or is base64 of it (`-----BEGIN`).
fn is_key(text: &str) -> bool {
    text.contains("-----BEGIN ") || text.trim_start().starts_with("LS0tLS1CRUdJTi")
}

/// How a file's text is to be read.
enum Form {
    Json,
    Csv(csv::Header),
    Text,
}

impl Form {
    /// `{`, `[` or `"` begin JSON, unless the `"` belongs to a header line of CSV.
    fn of(text: &str) -> Self {
        let first = text.trim_start_matches(source_location::is_blank).chars().next();
        if matches!(first, Some('{' | '[')) {
            return Self::Json;
        }
        match csv::Header::find(text) {
            Some(header) => Self::Csv(header),
            None if first == Some('"') => Self::Json,
            None => Self::Text,
        }
    }
}

#[cfg(test)]
mod tests;
