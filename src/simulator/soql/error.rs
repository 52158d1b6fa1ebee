//! A statement that is refused, in Salesforce's words, with the place pointed at.

/// How much of the statement is shown before and after the place that is pointed at, in characters.
const SHOWN_BEFORE: usize = 30;
const SHOWN_AFTER: usize = 50;

/// A refused statement, in the REST API's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct SoqlError {
    /// `MALFORMED_QUERY` and so on.
    pub code: &'static str,
    /// The message.
    pub message: String,
}

impl SoqlError {
    /// What is wrong at a byte of the statement, as Salesforce lays it out: the statement's part, a caret below the place, row
    /// and column, the reason.
    pub(super) fn at(code: &'static str, statement: &str, at: usize, what: &str) -> Self {
        let (before, after) = statement.split_at(at);
        let row = before.matches('\n').count() + 1;
        let line = before.rsplit('\n').next().unwrap_or_default();
        let column = line.chars().count() + 1;
        let shown: String = line.chars().skip((column - 1).saturating_sub(SHOWN_BEFORE)).collect();
        let rest: String = after.chars().take_while(|c| *c != '\n').take(SHOWN_AFTER).collect();
        let caret = " ".repeat(shown.chars().count());
        Self { code, message: format!("\n{shown}{rest}\n{caret}^\nERROR at Row:{row}:Column:{column}\n{what}") }
    }
}
