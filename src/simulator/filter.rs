//! Which records a condition lets through, its fields and values checked against the object first.

use std::cmp::Ordering;
use std::collections::HashSet;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::object::{Field, Kind, Object};
use super::record::{Record, Value};
use super::soql::{Condition, FieldPath, Literal, Operator, Query, SoqlError, Text};

/// A condition that has been checked against an object.
pub(super) enum Filter {
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Not(Box<Filter>),
    Compare {
        field: Field,
        operator: Operator,
        operand: Operand,
    },
    /// Names and ids as [`Field::folded`] makes them.
    In {
        field: Field,
        negated: bool,
        values: HashSet<String>,
        null: bool,
    },
}

/// A value to compare with, of the field's type.
pub(super) enum Operand {
    Null,
    Bool(bool),
    Number(f64),
    Folded(String),
    Pattern(Vec<Wildcard>),
    Dates(Date, Date),
    Moment(Timestamp),
}

/// A piece of a `LIKE` pattern.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Wildcard {
    Any,
    One,
    Char(char),
}

/// What a condition is checked against.
pub(super) struct Scope<'a> {
    pub(super) statement: &'a str,
    pub(super) object: Object,
    /// Columns that the user may not see.
    pub(super) hidden: &'a [String],
    pub(super) today: Date,
    /// What a query within the condition selects.
    pub(super) select: &'a dyn Fn(&Query) -> Result<Vec<String>, SoqlError>,
}

impl Scope<'_> {
    fn field(&self, path: &FieldPath) -> Result<Field, SoqlError> {
        let field = self.object.field(self.statement, path, self.hidden)?;
        if field.column.filterable {
            return Ok(field);
        }
        let what = format!("field '{}' can not be filtered in a query call", path.name.text);
        Err(SoqlError::field(self.statement, &path.name, &what))
    }

    fn wrong_type(&self, path: &FieldPath, kind: Kind) -> SoqlError {
        let (name, quoted) = match kind {
            Kind::Text => ("string", "should be enclosed in quotes"),
            Kind::Id => ("ID", "should be enclosed in quotes"),
            Kind::Bool => ("boolean", "should not be enclosed in quotes"),
            Kind::Number => ("double", "should not be enclosed in quotes"),
            Kind::Date => ("date", "should not be enclosed in quotes"),
            Kind::DateTime => ("dateTime", "should not be enclosed in quotes"),
        };
        let field = &path.name.text;
        let what = format!("value of filter criterion for field '{field}' must be of type {name} and {quoted}");
        SoqlError::field(self.statement, &path.name, &what)
    }
}

impl Filter {
    /// Checks a condition.
    pub(super) fn new(scope: &Scope<'_>, condition: &Condition) -> Result<Self, SoqlError> {
        let all = |conditions: &[Condition]| {
            conditions.iter().map(|condition| Self::new(scope, condition)).collect::<Result<Vec<_>, _>>()
        };
        Ok(match condition {
            Condition::And(conditions) => Self::And(all(conditions)?),
            Condition::Or(conditions) => Self::Or(all(conditions)?),
            Condition::Not(inner) => Self::Not(Box::new(Self::new(scope, inner)?)),
            Condition::Compare { field: path, operator, value } => {
                let field = scope.field(path)?;
                let operand = operand(&field, *operator, value, scope.today);
                let operand = operand.ok_or_else(|| scope.wrong_type(path, field.column.kind))?;
                Self::Compare { field, operator: *operator, operand }
            }
            Condition::In { field: path, negated, values } => {
                let field = scope.field(path)?;
                let mut folded = HashSet::with_capacity(values.len());
                let mut null = false;
                for value in values {
                    match (value, field.column.kind) {
                        (Literal::Null, _) => null = true,
                        (Literal::Text(text), Kind::Text | Kind::Id) => {
                            folded.insert(field.folded(&text.value));
                        }
                        _ => return Err(scope.wrong_type(path, field.column.kind)),
                    }
                }
                Self::In { field, negated: *negated, values: folded, null }
            }
            Condition::Among { field: path, negated, query } => {
                let field = scope.field(path)?;
                let values = (scope.select)(query)?.iter().map(|value| field.folded(value)).collect();
                Self::In { field, negated: *negated, values, null: false }
            }
        })
    }

    /// Whether the record is let through.
    pub(super) fn matches(&self, record: &Record<'_>) -> bool {
        match self {
            Self::And(all) => all.iter().all(|filter| filter.matches(record)),
            Self::Or(any) => any.iter().any(|filter| filter.matches(record)),
            Self::Not(inner) => !inner.matches(record),
            Self::Compare { field, operator, operand } => compares(field, *operator, operand, &record.value(field)),
            Self::In { field, negated, values, null } => {
                let is_in = match record.value(field) {
                    Value::Null => *null,
                    Value::Text(text) => values.contains(&field.folded(&text)),
                    _ => false,
                };
                is_in != *negated
            }
        }
    }
}

fn operand(field: &Field, operator: Operator, value: &Literal, today: Date) -> Option<Operand> {
    let day = |days: i64| today.saturating_add(jiff::Span::new().days(days));
    Some(match (field.column.kind, value) {
        (_, Literal::Null) => Operand::Null,
        (Kind::Text, Literal::Text(text)) if operator == Operator::Like => Operand::Pattern(pattern(text)),
        (_, _) if operator == Operator::Like => return None,
        (Kind::Text | Kind::Id, Literal::Text(text)) => Operand::Folded(field.folded(&text.value)),
        (Kind::Bool, Literal::Bool(value)) => Operand::Bool(*value),
        (Kind::Number, Literal::Number(value)) => Operand::Number(*value),
        (Kind::Date, Literal::Date(date)) => Operand::Dates(*date, *date),
        (Kind::Date | Kind::DateTime, Literal::Days { from, to }) => Operand::Dates(day(*from), day(*to)),
        (Kind::DateTime, Literal::DateTime(moment)) => Operand::Moment(*moment),
        _ => return None,
    })
}

fn compares(field: &Field, operator: Operator, operand: &Operand, value: &Value<'_>) -> bool {
    if let (Operand::Dates(from, to), Value::Date(_) | Value::DateTime(_)) = (operand, value) {
        let date = match value {
            Value::Date(date) => *date,
            Value::DateTime(moment) => TimeZone::UTC.to_datetime(*moment).date(),
            _ => return false,
        };
        return match operator {
            Operator::Equal => (*from..=*to).contains(&date),
            Operator::NotEqual => !(*from..=*to).contains(&date),
            Operator::Less => date < *from,
            Operator::LessOrEqual => date <= *to,
            Operator::Greater => date > *to,
            Operator::GreaterOrEqual => date >= *from,
            Operator::Like => false,
        };
    }
    let ordering = match (operand, value) {
        (Operand::Null, Value::Null) => Some(Ordering::Equal),
        (Operand::Pattern(pattern), Value::Text(text)) => {
            return is_like(pattern, &text.to_lowercase().chars().collect::<Vec<_>>());
        }
        (Operand::Folded(wanted), Value::Text(text)) => Some(field.folded(text).as_str().cmp(wanted)),
        (Operand::Bool(wanted), Value::Bool(value)) => Some(value.cmp(wanted)),
        (Operand::Number(wanted), Value::Number(value)) => f64::from(*value).partial_cmp(wanted),
        (Operand::Moment(wanted), Value::DateTime(value)) => Some(value.cmp(wanted)),
        _ => None,
    };
    match (operator, ordering) {
        (Operator::Equal, Some(Ordering::Equal)) => true,
        (Operator::NotEqual, ordering) => ordering != Some(Ordering::Equal),
        (Operator::Less, Some(ordering)) => ordering.is_lt(),
        (Operator::LessOrEqual, Some(ordering)) => ordering.is_le(),
        (Operator::Greater, Some(ordering)) => ordering.is_gt(),
        (Operator::GreaterOrEqual, Some(ordering)) => ordering.is_ge(),
        (Operator::Equal | Operator::Like, _) | (_, None) => false,
    }
}

fn pattern(text: &Text) -> Vec<Wildcard> {
    let piece = |(at, c): (usize, char)| match c {
        '%' if !text.escaped.contains(&at) => vec![Wildcard::Any],
        '_' if !text.escaped.contains(&at) => vec![Wildcard::One],
        c => c.to_lowercase().map(Wildcard::Char).collect(),
    };
    text.value.chars().enumerate().flat_map(piece).collect()
}

/// Matches greedily from the left and goes back to the last `%` only, so that no pattern takes more than pattern × text.
fn is_like(pattern: &[Wildcard], text: &[char]) -> bool {
    let (mut at, mut place) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while place < text.len() {
        match pattern.get(at) {
            Some(Wildcard::Any) => {
                retry = Some((at + 1, place));
                at += 1;
            }
            Some(Wildcard::One) => (at, place) = (at + 1, place + 1),
            Some(Wildcard::Char(c)) if *c == text[place] => (at, place) = (at + 1, place + 1),
            _ => match retry {
                Some((after, from)) => {
                    (at, place) = (after, from + 1);
                    retry = Some((after, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|piece| *piece == Wildcard::Any)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn like(text: &str, pattern_text: &str) -> bool {
        let pattern = pattern(&Text { value: pattern_text.to_owned(), escaped: Vec::new() });
        is_like(&pattern, &text.to_lowercase().chars().collect::<Vec<_>>())
    }

    #[test]
    fn like_knows_both_wildcards_and_no_case() {
        assert!(like("Test-abc@example.com", "test-%@EXAMPLE.com"));
        assert!(like("abc", "a_c") && like("abc", "%") && like("", "%") && like("aXbXc", "a%x%c"));
        assert!(!like("abc", "a_") && !like("abc", "b%") && !like("abc", ""));
        let text = "a".repeat(3000);
        assert!(!like(&text, &format!("{}b", "%a".repeat(1000))));
    }
}
