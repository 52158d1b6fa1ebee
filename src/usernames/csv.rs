//! CSV: a header line that names the columns, cells perhaps quoted, between `,`, `;` or tabs.

use csv::{ByteRecord, ReaderBuilder, Trim};

use crate::model::org::OrgEntry;

use super::source_location::{Lines, is_blank};
use super::{RowError, entry};

/// The columns that count, and what stands between them.
pub(super) struct Header {
    separator: u8,
    /// Where the text begins: at the header line.
    start: usize,
    /// The first that is filled is taken.
    usernames: Vec<usize>,
    alias: Option<usize>,
}

impl Header {
    /// The first line that is neither blank nor a comment, if it has a column `SignupUsername` or `username`.
    pub(super) fn find(text: &str) -> Option<Self> {
        let mut start = 0;
        let line = text.split_inclusive('\n').find(|line| {
            let row = line.trim_matches(is_blank);
            let found = !row.is_empty() && !row.starts_with('#');
            start += if found { 0 } else { line.len() };
            found
        })?;
        let line = line.trim_matches(is_blank);
        [b',', b';', b'\t'].into_iter().find_map(|separator| Self::parse(line, separator, start))
    }

    fn parse(line: &str, separator: u8, start: usize) -> Option<Self> {
        let cells: Vec<&str> = line.split(char::from(separator)).map(bare).collect();
        let column = |name: &str| cells.iter().position(|cell| cell.eq_ignore_ascii_case(name));
        let usernames: Vec<usize> = ["SignupUsername", "username"].into_iter().filter_map(column).collect();
        (!usernames.is_empty()).then(|| Self { separator, start, usernames, alias: column("alias") })
    }
}

/// Rows whose cells are all empty, as spreadsheets leave them at the end, are skipped; so are `#` comment lines.
pub(super) fn read(text: &str, header: &Header, sink: &mut dyn FnMut(usize, Result<OrgEntry, RowError>)) {
    let table = &text[header.start..];
    let mut reader = ReaderBuilder::new()
        .delimiter(header.separator)
        .comment(Some(b'#'))
        .flexible(true)
        .has_headers(true)
        .trim(Trim::All)
        .from_reader(table.as_bytes());
    let mut lines = Lines::new(text);
    let mut record = ByteRecord::new();
    // A slice cannot fail to be read, and a flexible reader takes any row: an error ends the file as its end does.
    while reader.read_byte_record(&mut record).unwrap_or(false) {
        if record.iter().all(<[u8]>::is_empty) {
            continue;
        }
        let begin = record.position().map_or(0, |at| usize::try_from(at.byte()).unwrap_or(0));
        let line = lines.at(header.start + begin + skipped(table, begin));
        let cell = |column: usize| record.get(column).and_then(|cell| std::str::from_utf8(cell).ok()).map(bare);
        let username = header.usernames.iter().filter_map(|column| cell(*column)).find(|name| !name.is_empty());
        sink(
            line,
            match username {
                Some(username) => entry::with_alias(username, header.alias.and_then(cell)),
                None => Err(RowError::NoCell),
            },
        );
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
    use crate::usernames::tests::{assert_read, assert_told};

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
            let lines =
                ["f:4: \"nobody\"", "f:5: \"two lines\" cannot", "f:9: the row has no username", "f:10: \"b=b\""];
            assert_told(&text, &lines);
        }
    }

    #[test]
    fn with_an_alias_column_may_hold_usernames_that_look_like_an_alias() {
        assert_read("username,alias\nx=a@x.com,qa\nuat=b@x.com,\n", &["qa=x=a@x.com", "uat=b@x.com"]);
    }

    #[test]
    fn with_an_open_quote_end_in_one_bad_row() {
        assert_told("username\n\"a@x.com\nb@x.com\nc@x.com\n", &["f:2: "]);
    }
}
