//! A condition, and which records it lets through.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::ops::Bound;

use serde_json::Value as Json;

use super::schema::{Field, Kind};
use super::tokens::Char;

/// A condition, its fields and values checked against the object.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// All of them.
    And(Vec<Condition>),
    /// Any of them.
    Or(Vec<Condition>),
    /// Not this.
    Not(Box<Condition>),
    /// A field that is one of these; null is one that is null.
    In {
        /// The field.
        field: Field,
        /// The values, as `folded` makes them.
        values: HashSet<Option<String>>,
    },
    /// A field that is within these bounds, which null never is.
    Between {
        /// The field.
        field: Field,
        /// From where to where.
        bounds: (Bound<Json>, Bound<Json>),
    },
    /// `LIKE`.
    Like {
        /// The field.
        field: Field,
        /// The pattern.
        pattern: Vec<Char>,
    },
}

impl Condition {
    /// Whether a record is let through that has these values.
    pub(in crate::simulator) fn matches(&self, value: &dyn Fn(&Field) -> Json) -> bool {
        match self {
            Self::And(all) => all.iter().all(|condition| condition.matches(value)),
            Self::Or(any) => any.iter().any(|condition| condition.matches(value)),
            Self::Not(inner) => !inner.matches(value),
            Self::In { field, values } => values.contains(&value(field).as_str().map(|text| folded(field.kind, text))),
            Self::Between { field, bounds: (from, to) } => {
                let value = value(field);
                let is = |bound: &Bound<Json>, outside: Ordering| match bound {
                    Bound::Unbounded => !value.is_null(),
                    Bound::Included(bound) => compare(&value, bound).is_some_and(|order| order != outside),
                    Bound::Excluded(bound) => compare(&value, bound) == Some(outside.reverse()),
                };
                is(from, Ordering::Less) && is(to, Ordering::Greater)
            }
            Self::Like { field, pattern } => value(field).as_str().is_some_and(|text| is_like(pattern, text)),
        }
    }
}

/// A text in the form in which two that are equal to SOQL are the same.
pub(super) fn folded(kind: Kind, text: &str) -> String {
    if kind == Kind::Id { text.chars().take(15).collect() } else { text.to_lowercase() }
}

/// How two values of one type compare; not at all where one is null. Dates and times are such that they compare as texts.
pub(in crate::simulator) fn compare(a: &Json, b: &Json) -> Option<Ordering> {
    match (a, b) {
        (Json::String(a), Json::String(b)) => Some(a.to_lowercase().cmp(&b.to_lowercase())),
        (Json::Bool(a), Json::Bool(b)) => Some(a.cmp(b)),
        _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
    }
}

/// Which ends of the text each piece of the pattern can reach: it takes pattern × text steps, whatever they are.
fn is_like(pattern: &[Char], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for piece in pattern {
        if piece.char == '%' && !piece.is_itself {
            let first = reached.iter().position(|is| *is).unwrap_or(reached.len());
            reached[first..].fill(true);
        } else {
            let is_same = |c: char| c.to_lowercase().eq(piece.char.to_lowercase());
            let is_one = |c: char| piece.char == '_' && !piece.is_itself || is_same(c);
            for at in (0..text.len()).rev() {
                reached[at + 1] = reached[at] && is_one(text[at]);
            }
            reached[0] = false;
        }
    }
    reached[text.len()]
}
