//! Text: one org a line, `#` comments.

use crate::model::org::OrgEntry;

use super::source_location::is_blank;
use super::{RowError, entry};

/// Blank lines are skipped. A `#` begins a comment at the beginning of a line and after white space; elsewhere it is a
/// character that a username may hold.
pub(super) fn read(text: &str, sink: &mut dyn FnMut(usize, Result<OrgEntry, RowError>)) {
    for (line, number) in text.lines().zip(1..) {
        let row = without_comment(line.trim_matches(is_blank)).trim_end();
        if !row.is_empty() {
            sink(number, entry::parse(row));
        }
    }
}

fn without_comment(row: &str) -> &str {
    let begins = |&(at, _): &(usize, &str)| row[..at].chars().next_back().is_none_or(char::is_whitespace);
    row.match_indices('#').find(begins).map_or(row, |(at, _)| &row[..at])
}

#[cfg(test)]
mod tests {
    use crate::usernames::tests::{assert_read, assert_told, read, shown};
    use crate::usernames::{FILE_MAX, Roster, RosterError};

    #[test]
    fn have_one_org_a_line_and_comments() {
        let text =
            "# orgs of the pool\n\n  a@x.com  \nqa=b@x.com # for the testers\n\t#c@x.com\nd#1@x.com\ne@x.com\t# tab";
        assert_read(text, &["a@x.com", "qa=b@x.com", "d#1@x.com", "e@x.com"]);
        assert_read(&text.replace('\n', "\r\n"), &["a@x.com", "qa=b@x.com", "d#1@x.com", "e@x.com"]);
    }

    #[test]
    fn bad_lines_are_told_with_their_number() {
        assert_told(
            "a@x.com\nb@x.com c@x.com\n\nnobody # really\n",
            &["f:2: \"b@x.com c@x.com\"", "f:4: \"nobody\" is"],
        );
    }

    #[test]
    fn columns_without_a_header_are_pointed_out() {
        assert_told("a@x.com,qa\nb@x.com;qa2\n", &["f:1: \"a@x.com,qa\" is more than one", "f:2: "]);
    }

    #[test]
    fn without_any_org_they_are_an_error_of_their_own() {
        for empty in ["", "\n", "# nothing yet\r\n\r\n", "\u{feff}", "  ", "[]", "username,alias\n", "[[],[]]"] {
            assert_told(empty, &["f: the file holds no username"]);
        }
    }

    #[test]
    fn an_empty_file_is_an_error_beside_good_ones() {
        let mut roster = Roster::new();
        roster.add_argument("a@x.com");
        roster.add_file("empty.json", b"");
        assert_eq!(shown(roster).unwrap_err(), "empty.json: the file holds no username");
    }

    #[test]
    fn of_many_bad_lines_the_first_are_told_and_the_rest_is_counted() {
        let told = read("nobody\n".repeat(70_000).as_bytes()).unwrap_err();
        assert_eq!(told.lines().count(), RosterError::SHOWN + 1);
        assert!(told.ends_with("\nand 69980 more"), "{told}");
    }

    #[test]
    fn what_is_quoted_from_a_file_cannot_steer_a_terminal() {
        let mut roster = Roster::new();
        roster.add_file("a\u{1b}[2J.txt", "\u{1b}]0;x\u{7}\u{202e}".as_bytes());
        let told = shown(roster).unwrap_err();
        assert!(!told.chars().any(|c| c.is_control() || c == '\u{202e}'), "{told:?}");
    }

    #[test]
    fn that_are_a_key_are_told_in_one_line_and_not_shown() {
        for begin in ["-----BEGIN PRIVATE KEY-----", "Bag Attributes\n-----BEGIN RSA PRIVATE KEY-----"] {
            let told = read(format!("{begin}\nMIIEsecret\nsecret==\n").as_bytes()).unwrap_err();
            assert!(told.starts_with("f:1: it holds a key") && told.lines().count() == 1, "{told}");
            assert!(!told.contains("secret"), "{told}");
        }
    }

    #[test]
    fn that_are_far_too_large_are_not_read() {
        let told = read(&vec![b'x'; FILE_MAX + 1]).unwrap_err();
        assert_eq!(told, "f: the file is larger than 64 MiB, so it is hardly a list of usernames");
    }
}
