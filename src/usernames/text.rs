//! Text: one org a line, `#` comments.

use super::entry;
use super::problem::LINE;
use super::row::Row;
use super::source_location::is_blank;

/// Blank lines are skipped. A `#` begins a comment at the beginning of a line and after white space; elsewhere it is a
/// character that a username may hold.
pub(super) fn read(text: &str, sink: &mut dyn FnMut(Row)) {
    for (line, number) in text.lines().zip(1..) {
        let row = without_comment(line.trim_matches(is_blank)).trim_end();
        if !row.is_empty() {
            sink(Row::new(number, LINE, entry::parse(row)).unless_noise(row));
        }
    }
}

fn without_comment(row: &str) -> &str {
    let begins = |&(at, _): &(usize, &str)| row[..at].chars().next_back().is_none_or(char::is_whitespace);
    row.match_indices('#').find(begins).map_or(row, |(at, _)| &row[..at])
}
