//! Where something was given: on the command line, or in a file at a line.

use std::fmt;

/// Where a username was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceLocation {
    /// On the command line.
    Argument,
    /// In a file.
    File {
        /// The file, safe to print.
        name: String,
        /// The line, from 1; none where it is about the whole file.
        line: Option<usize>,
    },
}

impl fmt::Display for SourceLocation {
    /// `orgs.csv:4`, as editors and CI viewers link it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument => f.write_str("command line"),
            Self::File { name, line: None } => f.write_str(name),
            Self::File { name, line: Some(line) } => write!(f, "{name}:{line}"),
        }
    }
}

/// White space, or the byte order mark that stays behind where files were joined.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

/// Counts lines on the way through a text.
pub(super) struct Lines<'a> {
    text: &'a str,
    offset: usize,
    line: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, offset: 0, line: 1 }
    }

    /// The line of a byte offset, from 1. Offsets are to come in ascending order; one that lies further back gets the
    /// line that was reached.
    pub(super) fn at(&mut self, offset: usize) -> usize {
        if let Some(passed) = self.text.as_bytes().get(self.offset..offset) {
            self.line += line_ends(passed);
            self.offset = offset;
        }
        self.line
    }
}

/// How many lines end in a text.
#[expect(clippy::naive_bytecount, reason = "the compiler makes vector code of it; a crate for this would be too much")]
fn line_ends(text: &[u8]) -> usize {
    text.iter().filter(|byte| **byte == b'\n').count()
}
