//! A statement that is refused, in Salesforce's words, with the place pointed at.

use super::statement::Name;

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
    /// A statement that cannot be read; `at` is a byte of it.
    pub(in crate::simulator) fn malformed(statement: &str, at: usize, what: &str) -> Self {
        Self { code: "MALFORMED_QUERY", message: pointed(statement, at, what) }
    }

    /// A field that the object does not have.
    pub(in crate::simulator) fn no_such_column(statement: &str, field: &Name, object: &str) -> Self {
        let what = format!(
            "No such column '{}' on entity '{object}'. If you are attempting to use a custom field, be sure to append the \
             '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.",
            field.text
        );
        Self::field(statement, field, &what)
    }

    /// A field that cannot be used like this.
    pub(in crate::simulator) fn field(statement: &str, field: &Name, what: &str) -> Self {
        Self { code: "INVALID_FIELD", message: pointed(statement, field.at, what) }
    }

    /// An object that the org does not have.
    pub(in crate::simulator) fn no_such_object(statement: &str, object: &Name) -> Self {
        let what = format!(
            "sObject type '{}' is not supported. If you are attempting to use a custom object, be sure to append the '__c' \
             after the entity name. Please reference your WSDL or the describe call for the appropriate names.",
            object.text
        );
        Self { code: "INVALID_TYPE", message: pointed(statement, object.at, &what) }
    }
}

/// How much of the statement is shown before and after the place that is pointed at, in characters.
const SHOWN_BEFORE: usize = 30;
const SHOWN_AFTER: usize = 50;

/// The message as Salesforce lays it out: the statement's part, a caret below the place, row and column, the reason.
fn pointed(statement: &str, at: usize, what: &str) -> String {
    let at = (0..=at.min(statement.len())).rev().find(|&at| statement.is_char_boundary(at)).unwrap_or(0);
    let (before, after) = statement.split_at(at);
    let row = before.matches('\n').count() + 1;
    let line = before.rsplit('\n').next().unwrap_or_default();
    let column = line.chars().count() + 1;
    let shown: String = line.chars().skip((column - 1).saturating_sub(SHOWN_BEFORE)).collect();
    let rest: String = after.chars().take_while(|c| *c != '\n').take(SHOWN_AFTER).collect();
    let caret = " ".repeat(shown.chars().count());
    format!("\n{shown}{rest}\n{caret}^\nERROR at Row:{row}:Column:{column}\n{what}")
}
