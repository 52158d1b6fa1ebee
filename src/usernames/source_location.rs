//! Where something was given: on the command line, or in a file at a line.

use std::fmt;
use std::sync::Arc;

/// Where a username was given.
#[derive(Debug, Clone)]
pub(super) struct SourceLocation {
    /// The file, safe to print; none: on the command line.
    pub(super) file: Option<Arc<str>>,
    /// The line, from 1; none where it is about the whole file.
    pub(super) line: Option<usize>,
}

impl fmt::Display for SourceLocation {
    /// `orgs.csv:4`, as editors and CI viewers link it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.file.as_deref().unwrap_or("command line"))?;
        self.line.map_or(Ok(()), |line| write!(f, ":{line}"))
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
