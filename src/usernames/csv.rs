//! CSV: a header line that names the columns, cells perhaps quoted, between `,`, `;` or tabs.

use csv::{ByteRecord, ReaderBuilder, Trim};

use super::entry;
use super::problem::{ROW, cell_of};
use super::row::Row;
use super::source_location::{Lines, is_blank};

/// The columns that count, and what stands between them.
pub(super) struct Header {
    separator: u8,
    /// Where the table begins in the text: at the header line.
    start: usize,
    /// Name and place; the first that is filled is taken.
    usernames: Vec<(&'static str, usize)>,
    alias: Option<usize>,
}

/// A table by its header, whatever its cells are.
fn reader(table: &str, separator: u8) -> csv::Reader<&[u8]> {
    ReaderBuilder::new()
        .delimiter(separator)
        .comment(Some(b'#'))
        .flexible(true)
        .has_headers(false)
        .trim(Trim::All)
        .from_reader(table.as_bytes())
}

impl Header {
    /// The columns, if this line, which begins at `start`, has one named `SignupUsername` or `username`.
    pub(super) fn of(line: &str, start: usize) -> Option<Self> {
        // Cheaper than to take every line apart.
        let has = |word: &[u8]| line.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word));
        if !has(b"username") {
            return None;
        }
        [b',', b';', b'\t'].into_iter().find_map(|separator| Self::parse(line, separator, start))
    }

    fn parse(line: &str, separator: u8, start: usize) -> Option<Self> {
        let mut cells = ByteRecord::new();
        reader(line.trim_matches(is_blank), separator).read_byte_record(&mut cells).ok()?;
        let column = |name: &str| {
            let is_it = |cell| std::str::from_utf8(cell).is_ok_and(|cell| bare(cell).eq_ignore_ascii_case(name));
            cells.iter().position(is_it)
        };
        let named = |name: &'static str| column(name).map(|column| (name, column));
        let usernames: Vec<_> = ["SignupUsername", "username"].into_iter().filter_map(named).collect();
        (!usernames.is_empty()).then(|| Self { separator, start, usernames, alias: column("alias") })
    }
}

/// Rows whose cells are all empty, as spreadsheets leave them at the end, are skipped; so are `#` comment lines.
pub(super) fn read(text: &str, header: &Header, sink: &mut dyn FnMut(Row)) {
    let table = &text[header.start..];
    let mut rows = reader(table, header.separator);
    let mut lines = Lines::new(text);
    let mut offset = 0;
    for line in text[..header.start].split_inclusive(['\n', '\r']) {
        if !line.trim_matches(is_blank).is_empty() && !line.starts_with('#') && !line.starts_with("sep=") {
            sink(Row::noise(lines.at(offset)));
        }
        offset += line.len();
    }
    let mut record = ByteRecord::new();
    // A slice cannot fail to be read, and a flexible reader takes any row: an error ends the file as its end does.
    let mut next = move |record: &mut ByteRecord| rows.read_byte_record(record).unwrap_or(false);
    next(&mut record);
    while next(&mut record) {
        if record.iter().all(<[u8]>::is_empty) {
            continue;
        }
        let begin = record.position().map_or(0, |at| usize::try_from(at.byte()).unwrap_or(0));
        let begin = begin + skipped(table, begin);
        let line = lines.at(header.start + begin);
        let cell = |column: usize| record.get(column).and_then(|cell| std::str::from_utf8(cell).ok()).map(bare);
        let filled = |(name, column): &(&'static str, usize)| {
            cell(*column).filter(|cell| !cell.is_empty()).map(|cell| (cell, cell_of(name)))
        };
        let row = match header.usernames.iter().find_map(filled) {
            Some(username) => {
                let alias = header.alias.and_then(cell).map(|alias| (alias, cell_of("alias")));
                entry::with_alias(line, username, alias)
            }
            None => Row::new(line, ROW, Err("has no username".into())),
        };
        sink(row.unless_noise(table[begin..].lines().next().unwrap_or_default()));
    }
}

/// A cell without its quotes, also where a space before them makes them part of the cell.
fn bare(cell: &str) -> &str {
    cell.trim().trim_matches('"').trim()
}

/// The reader's position of a row lies before the blank and comment lines that it skipped to get there.
fn skipped(table: &str, begin: usize) -> usize {
    let rest = table.get(begin..).unwrap_or_default();
    let mut row = rest.trim_start_matches(['\r', '\n']);
    while row.starts_with('#') {
        row = row.split_once('\n').map_or("", |(_, next)| next).trim_start_matches(['\r', '\n']);
    }
    rest.len() - row.len()
}

#[cfg(test)]
mod tests {
    use crate::usernames::tests::{assert_read, assert_told, read_and_warned};

    #[test]
    fn are_known_by_their_header_in_any_case_order_and_separator() {
        for separator in [",", ";", "\t", " , "] {
            for (name, alias) in
                [("username", "alias"), ("SIGNUPUSERNAME", "Alias"), ("\"SignupUsername\"", "\"ALIAS\"")]
            {
                let text = format!("LoginUrl,{alias},{name}\nhttps://x,qa,a@x.com\n,\"\",\"b@x.com\"\n")
                    .replace(',', separator);
                assert_read(&text, &["qa=a@x.com", "b@x.com"]);
                assert_read(&text.replace('\n', "\r\n"), &["qa=a@x.com", "b@x.com"]);
            }
        }
    }

    #[test]
    fn may_have_one_column_comments_and_empty_rows() {
        assert_read("# pool\n\nusername\na@x.com\n\n# b@x.com\nqa=c@x.com\n,,\n \n", &["a@x.com", "qa=c@x.com"]);
        assert_read("\"username\"\r\n\"a@x.com\"\r\n", &["a@x.com"]);
    }

    #[test]
    fn of_two_username_columns_give_the_one_that_signed_up() {
        assert_read(
            "Username,SignupUsername\n,a@x.com\nzz@x.com,b@x.com\nc@x.com,\n",
            &["a@x.com", "b@x.com", "c@x.com"],
        );
    }

    #[test]
    fn tell_bad_rows_with_their_line() {
        for end in ["\n", "\r\n"] {
            let text = "username,alias\n\n# c\nnobody,a\n\"a@x.com\",\"two\nlines\"\n# c\n\n,qa\nb@x.com,b=b\n"
                .replace('\n', end);
            let lines = [
                "f:4: the cell in the column \"username\" is not a Salesforce username",
                "f:5: the cell in the column \"alias\" is no alias",
                "f:9: the row has no username",
                "f:10: the cell in the column \"alias\"",
            ];
            assert_told(&text, &lines);
        }
    }

    #[test]
    fn with_an_alias_column_may_hold_usernames_that_look_like_an_alias() {
        assert_read("username,alias\nx=a@x.com,qa\nuat=b@x.com,\n", &["qa=x=a@x.com", "uat=b@x.com"]);
    }

    #[test]
    fn may_have_separators_in_quotes_in_the_header_too() {
        for separator in [",", ";", "\t"] {
            let text = format!(
                "\"Name{separator} of org\"{separator}username{separator}\"alias\"\n\"a{separator}b\"{separator}a@x.com{separator}Release 7\n"
            );
            assert_read(&text, &["Release 7=a@x.com"]);
        }
    }

    #[test]
    fn may_stand_between_lines_of_noise() {
        let text = "Warning: an update is available\nQuerying Data... done\nsep=;\nSignupUsername;Description\na@x.com;to do...\nTotal... done\n";
        let (listed, warnings) = read_and_warned(text.as_bytes()).unwrap();
        assert_eq!(listed, ["a@x.com"]);
        assert_eq!(warnings, ["f:1: 3 lines that are no rows of the list were skipped"]);
    }

    #[test]
    fn with_an_open_quote_end_in_one_bad_row() {
        assert_told("username\n\"a@x.com\nb@x.com\nc@x.com\n", &["f:2: "]);
    }
}
