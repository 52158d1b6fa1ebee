//! A statement's tokens.

use super::error::SoqlError;

/// Longest string literal in a condition, in characters.
/// <https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_soslsoql.htm>
const STRING_MAX: usize = 4_000;

/// A token: a word (a name, a keyword, a number, a date, `LAST_N_DAYS:7`), a symbol, or a string literal.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token<'a> {
    /// As it was written.
    pub(super) written: &'a str,
    /// Where it starts, in bytes.
    pub(super) at: usize,
    /// What a string literal says.
    pub(super) text: Option<Vec<Char>>,
}

/// A character of a string literal, unescaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Char {
    pub(super) char: char,
    /// Whether it is `%` or `_` behind a backslash, which in `LIKE` stands for itself.
    pub(super) is_itself: bool,
}

/// Cuts a statement into tokens; the last one is written `<EOF>`.
pub(super) fn tokens(statement: &str) -> Result<Vec<Token<'_>>, SoqlError> {
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || "_.:+-".contains(c);
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = statement[at..].chars().next() {
        let rest = &statement[at..];
        let malformed = |what: &str| SoqlError::at("MALFORMED_QUERY", statement, at, what);
        let mut text = None;
        let length = match c {
            c if c.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            '\'' => {
                let (chars, length) = string(rest).map_err(malformed)?;
                text = Some(chars);
                length
            }
            c if is_of_word(c) => rest.find(|c| !is_of_word(c)).unwrap_or(rest.len()),
            '<' | '>' | '!' => 1 + usize::from(rest[1..].starts_with(['=', '>'])),
            '=' | '(' | ')' | ',' => 1,
            other => return Err(malformed(&format!("line 1: no viable alternative at character '{other}'"))),
        };
        tokens.push(Token { written: &rest[..length], at, text });
        at += length;
    }
    tokens.push(Token { written: "<EOF>", at, text: None });
    Ok(tokens)
}

/// The string literal that a text starts with, unescaped, and how many bytes it takes with its quotes.
///
/// Only the documented escapes are taken: `\n \r \t \b \f \" \' \\ \uXXXX`, and `\_ \%` in `LIKE`.
/// <https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_quotedstringescapes.htm>
fn string(rest: &str) -> Result<(Vec<Char>, usize), &'static str> {
    const ILLEGAL: &str = "Invalid string literal. Illegal character sequence in string literal: a backslash";
    let mut text = Vec::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        let mut is_itself = false;
        let char = match c {
            '\'' => return Ok((text, at + 1)),
            // A literal ends on the line that it starts on.
            '\n' | '\r' => break,
            '\\' => match chars.next().map(|(_, c)| c) {
                Some('n' | 'N') => '\n',
                Some('r' | 'R') => '\r',
                Some('t' | 'T') => '\t',
                Some('b' | 'B') => '\u{8}',
                Some('f' | 'F') => '\u{c}',
                Some(c @ ('"' | '\'' | '\\')) => c,
                Some(c @ ('_' | '%')) => {
                    is_itself = true;
                    c
                }
                Some('u') => {
                    let digits: String = chars.by_ref().take(4).map(|(_, c)| c).collect();
                    let is_hex = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
                    let code = u32::from_str_radix(&digits, 16).ok().filter(|_| is_hex);
                    code.and_then(char::from_u32).ok_or(ILLEGAL)?
                }
                _ => return Err(ILLEGAL),
            },
            c => c,
        };
        text.push(Char { char, is_itself });
        if text.len() > STRING_MAX {
            return Err("string literal too long: the maximum is 4000 characters");
        }
    }
    Err("line breaks not allowed in string literals")
}
