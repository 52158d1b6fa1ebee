//! How a text stands in a query, and a query in a request target.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A string literal: quoted, with everything escaped that could end it or that has a meaning in it.
///
/// Escapes: SOQL and SOSL Reference, "Quoted String Escape Sequences"; any other sequence with a backslash would be an
/// error.
///
/// ```
/// use orgready::protocol::soql::quote;
/// assert_eq!(quote("o'brien\\@x.com"), r"'o\'brien\\@x.com'");
/// assert_eq!(quote("a\nb\u{1b}"), r"'a\nb\u001B'");
/// ```
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for c in text.chars() {
        match c {
            '\\' => quoted.push_str(r"\\"),
            '\'' => quoted.push_str(r"\'"),
            '\n' => quoted.push_str(r"\n"),
            '\r' => quoted.push_str(r"\r"),
            '\t' => quoted.push_str(r"\t"),
            '\u{8}' => quoted.push_str(r"\b"),
            '\u{c}' => quoted.push_str(r"\f"),
            c if c.is_control() => quoted.extend(format!("\\u{:04X}", u32::from(c)).chars()),
            c => quoted.push(c),
        }
    }
    quoted.push('\'');
    quoted
}

pub(super) fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}
