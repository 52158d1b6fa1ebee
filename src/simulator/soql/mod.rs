//! The stand-in's own SOQL: read as Salesforce reads it, with Salesforce's words for what it refuses.
//!
//! It knows what clients of the stand-in ask: one object, its fields and parent fields, conditions, order and limits.

mod filter;
mod lexer;
mod parser;

pub(super) use filter::{Filter, Scope};
pub use parser::parse;

use jiff::Timestamp;
use jiff::civil::Date;

/// Longest statement, in characters.
/// <https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_soslsoql.htm>
const STATEMENT_MAX: usize = 100_000;

/// Longest string literal in a condition, in characters (same page).
const STRING_MAX: usize = 4_000;

/// A statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// What is selected; empty for `count()`.
    pub fields: Vec<FieldPath>,
    /// The object.
    pub object: Name,
    /// Which records.
    pub condition: Option<Condition>,
    /// In which order.
    pub order: Vec<Order>,
    /// How many at most.
    pub limit: Option<usize>,
    /// How many to pass over.
    pub offset: usize,
}

/// A name, and where it stands in the statement (in bytes).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// As it was written.
    pub text: String,
    /// Its first byte.
    pub at: usize,
}

/// A field of the object, or of one of its parents: `CreatedBy.Username`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldPath {
    /// The relationship, for a parent's field.
    pub parent: Option<String>,
    /// The field.
    pub name: Name,
}

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// All of them.
    And(Vec<Condition>),
    /// Any of them.
    Or(Vec<Condition>),
    /// Not this.
    Not(Box<Condition>),
    /// A field against one value.
    Compare {
        /// The field.
        field: FieldPath,
        /// How.
        operator: Operator,
        /// The value.
        value: Literal,
    },
    /// A field against several.
    In {
        /// The field.
        field: FieldPath,
        /// `NOT IN`.
        negated: bool,
        /// The values.
        values: Vec<Literal>,
    },
    /// A field against what another query selects.
    Among {
        /// The field.
        field: FieldPath,
        /// `NOT IN`.
        negated: bool,
        /// The query, which selects one field and has no such condition itself.
        query: Box<Query>,
    },
}

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
}

/// A value in a condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `null`.
    Null,
    /// `TRUE` or `FALSE`.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A string, unescaped.
    Text(Text),
    /// `2026-11-23`.
    Date(Date),
    /// `2026-11-23T10:00:00Z`.
    DateTime(Timestamp),
    /// `TODAY`, `LAST_N_DAYS:7` and the like: days from today, the first and the last of them.
    Days {
        /// From this many days after today.
        from: i64,
        /// To this many days after today.
        to: i64,
    },
}

/// An unescaped string.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text {
    /// What it says.
    pub value: String,
    /// Which of its characters are an escaped `%` or `_`, which stand for themselves in `LIKE`.
    pub escaped: Vec<usize>,
}

/// One field of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The field.
    pub field: FieldPath,
    /// `DESC`.
    pub descending: bool,
    /// `NULLS LAST`.
    pub nulls_last: bool,
}

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
    pub(super) fn malformed(statement: &str, at: usize, what: &str) -> Self {
        Self { code: "MALFORMED_QUERY", message: pointed(statement, at, what) }
    }

    /// A field that the object does not have.
    pub(super) fn no_such_column(statement: &str, field: &Name, object: &str) -> Self {
        let what = format!(
            "No such column '{}' on entity '{object}'. If you are attempting to use a custom field, be sure to append the \
             '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.",
            field.text
        );
        Self::field(statement, field, &what)
    }

    /// A field that cannot be used like this.
    pub(super) fn field(statement: &str, field: &Name, what: &str) -> Self {
        Self { code: "INVALID_FIELD", message: pointed(statement, field.at, what) }
    }

    /// An object that the org does not have.
    pub(super) fn no_such_object(statement: &str, object: &Name) -> Self {
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
