//! What stands between the rows where a pipeline wrote more into a file than the list: colours, warnings, progress.

use std::borrow::Cow;

/// What lines begin with that tools and CI systems write beside their output, in lower case: npm, sf (whose warnings
/// have a `›` before them on a terminal), Node, shells that trace, GitHub, Azure, `TeamCity`, GitLab.
const BEGINNINGS: [&str; 18] = [
    "npm ",
    "warning:",
    "›",
    "»",
    "set the `org-",
    "(node:",
    "(use `node",
    "debugger ",
    "+ ",
    "++ ",
    "$ ",
    "::",
    "##[",
    "##vso[",
    "##teamcity[",
    "section_start:",
    "section_end:",
    "[command]",
];

/// What progress ends with, as `sf` writes it where there is no terminal: `Querying Data... done`.
const PROGRESS: [&str; 3] = ["...", "... done", "…"];

/// Whether a line of a list is none of its rows, but what tools write beside them.
pub(super) fn is_noise(line: &str) -> bool {
    let begins =
        |beginning: &&str| line.get(..beginning.len()).is_some_and(|start| start.eq_ignore_ascii_case(beginning));
    BEGINNINGS.iter().any(begins)
        || PROGRESS.iter().any(|end| line.ends_with(end))
        || !line.contains(char::is_alphanumeric)
}

/// The text without the escape sequences that colour it, move the cursor or set a title. Line ends stay where they are.
pub(super) fn without_escapes(text: &str) -> Cow<'_, str> {
    if !text.contains('\u{1b}') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut pieces = text.split('\u{1b}');
    plain.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        plain.push_str(after_escape(piece));
    }
    Cow::Owned(plain)
}

/// What follows an escape sequence (ECMA-48) whose first character, ESC, is gone already.
fn after_escape(rest: &str) -> &str {
    let is_in = |range: std::ops::RangeInclusive<char>| move |c: char| range.contains(&c);
    match rest.chars().next() {
        Some('[') => {
            let end = rest[1..].trim_start_matches(is_in('0'..='?')).trim_start_matches(is_in(' '..='/'));
            end.strip_prefix(is_in('@'..='~')).unwrap_or(end)
        }
        // A title or a link; it ends with BEL, or with ESC and `\`, which the next piece begins with.
        Some(']') => match rest.find(['\u{7}', '\r', '\n']) {
            Some(end) if rest[end..].starts_with('\u{7}') => &rest[end + 1..],
            Some(end) => &rest[end..],
            None => "",
        },
        Some(c) if is_in('0'..='~')(c) => &rest[1..],
        _ => rest.trim_start_matches(is_in(' '..='/')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_vanish_and_line_ends_stay() {
        for (coloured, plain) in [
            ("\u{1b}[97m{\u{1b}[39m\n\u{1b}[1;32m\"a\"\u{1b}[0m", "{\n\"a\""),
            ("\u{1b}[2K\u{1b}[1Gx\u{1b}[?25h", "x"),
            ("\u{1b}]0;title\u{7}a\u{1b}]8;;https://x\u{1b}\\b\u{1b}]8;;\u{1b}\\", "ab"),
            ("\u{1b}]open\nb\u{1b}(Bc\u{1b}", "\nbBc"),
            ("none", "none"),
        ] {
            assert_eq!(without_escapes(coloured), plain, "{coloured:?}");
        }
    }

    #[test]
    fn what_tools_write_is_told_from_rows() {
        for line in [
            "npm warn exec The following package was not found and will be installed: @salesforce/cli@2.1.0",
            "Warning: @salesforce/cli update available from 2.1.0 to 2.2.0.",
            "›   Warning: Record types",
            "(node:17) ExperimentalWarning: x",
            "(Use `node --trace-warnings ...` to show where the warning was created)",
            "::group::Create orgs",
            "##[group]Create",
            "section_start:1700000000:create",
            "+ sf org list --json",
            "Querying Data... done",
            "⠋",
            "----",
        ] {
            assert!(is_noise(line), "{line}");
        }
        for line in ["a@x.com", "qa", "qa=a@x.com", "2SRxx0000000001", "nobody here", "npm@x.com", "ä@x.com"] {
            assert!(!is_noise(line), "{line}");
        }
    }
}
