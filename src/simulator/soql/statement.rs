//! A statement as it was read: what is selected, from what, under which conditions.

use jiff::Timestamp;
use jiff::civil::Date;

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
