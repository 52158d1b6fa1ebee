//! A statement's tokens.

use super::error::SoqlError;
use super::statement::Text;

/// Longest string literal in a condition, in characters.
/// <https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_soslsoql.htm>
const STRING_MAX: usize = 4_000;

/// A token, and where it starts.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token<'a> {
    pub(super) kind: TokenKind,
    /// As it was written.
    pub(super) text: &'a str,
    pub(super) at: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind {
    /// A name or a keyword, perhaps with dots (`CreatedBy.Username`) or a colon and a number (`LAST_N_DAYS:7`).
    Word,
    /// A number, a date or a time.
    Number,
    Text(Text),
    Symbol,
    End,
}

/// Cuts a statement into tokens; the last one is [`TokenKind::End`].
pub(super) fn tokens(statement: &str) -> Result<Vec<Token<'_>>, SoqlError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = statement[at..].chars().next() {
        let rest = &statement[at..];
        let (kind, length) = match c {
            c if c.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            '\'' => {
                let (text, length) = string(statement, at)?;
                (TokenKind::Text(text), length)
            }
            c if c.is_ascii_alphabetic() => {
                (TokenKind::Word, run(rest, |c| c.is_ascii_alphanumeric() || "_.:".contains(c)))
            }
            c if c.is_ascii_digit() || c == '-' || c == '+' => {
                (TokenKind::Number, 1 + run(&rest[1..], |c| c.is_ascii_alphanumeric() || ".:+-".contains(c)))
            }
            '<' | '>' | '!' => (TokenKind::Symbol, 1 + usize::from(rest[1..].starts_with(['=', '>']))),
            '=' | '(' | ')' | ',' => (TokenKind::Symbol, 1),
            other => {
                return Err(SoqlError::malformed(
                    statement,
                    at,
                    &format!("line 1: no viable alternative at character '{other}'"),
                ));
            }
        };
        tokens.push(Token { kind, text: &rest[..length], at });
        at += length;
    }
    tokens.push(Token { kind: TokenKind::End, text: "<EOF>", at: statement.len() });
    Ok(tokens)
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

/// The string literal that starts at `start`, unescaped, and how many bytes it takes with its quotes.
///
/// Only the documented escapes are taken: `\n \r \t \b \f \" \' \\ \uXXXX`, and `\_ \%` in `LIKE`.
/// <https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_quotedstringescapes.htm>
fn string(statement: &str, start: usize) -> Result<(Text, usize), SoqlError> {
    let mut text = Text::default();
    let mut length = 0;
    let mut chars = statement[start + 1..].char_indices();
    while let Some((offset, c)) = chars.next() {
        if length > STRING_MAX {
            return Err(SoqlError::malformed(
                statement,
                start,
                "string literal too long: the maximum is 4000 characters",
            ));
        }
        let meant = match c {
            '\'' => return Ok((text, offset + 2)),
            '\\' => {
                let illegal = || {
                    SoqlError::malformed(
                        statement,
                        start,
                        "Invalid string literal. Illegal character sequence in string literal: a backslash",
                    )
                };
                match chars.next().map(|(_, c)| c) {
                    Some('n' | 'N') => '\n',
                    Some('r' | 'R') => '\r',
                    Some('t' | 'T') => '\t',
                    Some('b' | 'B') => '\u{8}',
                    Some('f' | 'F') => '\u{c}',
                    Some(c @ ('"' | '\'' | '\\')) => c,
                    Some(c @ ('_' | '%')) => {
                        text.escaped.push(length);
                        c
                    }
                    Some('u') => {
                        let digits: String = chars.by_ref().take(4).map(|(_, c)| c).collect();
                        let is_hex = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
                        let code = is_hex.then(|| u32::from_str_radix(&digits, 16).ok()).flatten();
                        code.and_then(char::from_u32).ok_or_else(illegal)?
                    }
                    _ => return Err(illegal()),
                }
            }
            // A literal ends on the line that it starts on.
            '\n' | '\r' => break,
            c => c,
        };
        text.value.push(meant);
        length += 1;
    }
    Err(SoqlError::malformed(statement, start, "line breaks not allowed in string literals"))
}
