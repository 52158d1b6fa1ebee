//! A condition that a user wrote, checked so that it stays inside the parentheses it is put into.

use std::fmt;

use super::text::encode;

/// The longest condition that is taken, in encoded bytes: with all else that a query has, it stays below
/// [`TARGET_MAX`](super::TARGET_MAX).
const ENCODED_MAX: usize = 6_000;

/// A condition on `ScratchOrgInfo`: what stands after `WHERE`.
///
/// Only what could change the rest of the query is refused; whether it makes sense is for the hub to say.
///
/// ```
/// use orgready::Condition;
/// assert!(Condition::new("Description LIKE 'nightly%' AND CreatedDate = TODAY").is_ok());
/// assert!(Condition::new("Name = 'x') OR (Name != 'x'").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition(String);

impl Condition {
    /// Takes a condition whose parentheses and string literals are closed, and that is nothing but a condition.
    pub fn new(text: &str) -> Result<Self, ConditionError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ConditionError::Empty);
        }
        if encode(text).len() > ENCODED_MAX {
            return Err(ConditionError::TooLong);
        }
        let mut depth = 0_usize;
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let length = match c {
                '\'' => literal(rest)?,
                c if is_word(c) => {
                    let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                    let (word, after) = rest.split_at(length);
                    if depth == 0 {
                        refuse_clause(word, after)?;
                    }
                    length
                }
                c => {
                    depth = match c {
                        '(' => depth + 1,
                        ')' => depth.checked_sub(1).ok_or(ConditionError::Unbalanced)?,
                        _ => depth,
                    };
                    c.len_utf8()
                }
            };
            rest = &rest[length..];
        }
        if depth > 0 { Err(ConditionError::Unbalanced) } else { Ok(Self(text.to_owned())) }
    }

    /// The condition as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.')
}

/// The length of the literal that the text begins with. Escapes that SOQL does not know are refused: where one of them
/// ends, and so where the literal ends, is not for this parser to guess.
fn literal(text: &str) -> Result<usize, ConditionError> {
    let mut rest = text[1..].chars();
    while let Some(c) = rest.next() {
        match c {
            '\'' => return Ok(text.len() - rest.as_str().len()),
            '\\' => match rest.next() {
                Some('n' | 'N' | 'r' | 'R' | 't' | 'T' | 'b' | 'B' | 'f' | 'F' | '"' | '\'' | '\\' | '_' | '%') => {}
                Some('u') if rest.by_ref().take(4).filter(char::is_ascii_hexdigit).count() == 4 => {}
                Some(_) => return Err(ConditionError::Escape),
                None => break,
            },
            _ => {}
        }
    }
    Err(ConditionError::OpenLiteral)
}

fn refuse_clause(word: &str, after: &str) -> Result<(), ConditionError> {
    let word = word.to_ascii_uppercase();
    let next = after.split_whitespace().next().unwrap_or_default();
    match word.as_str() {
        "SELECT" | "FROM" | "WHERE" => Err(ConditionError::WholeQuery),
        "ORDER" | "GROUP" if next.eq_ignore_ascii_case("BY") => Err(ConditionError::Clause(format!("{word} BY"))),
        "LIMIT" | "OFFSET" | "HAVING" | "WITH" | "USING" | "FOR" | "UPDATE" => Err(ConditionError::Clause(word)),
        _ => Ok(()),
    }
}

/// Why a condition is not put into a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConditionError {
    /// Nothing there.
    #[error("the condition is empty (to select every active org, there is --all-active)")]
    Empty,
    /// More than goes into a request.
    #[error("the condition is too long for one request; select fewer by each, and run several")]
    TooLong,
    /// A parenthesis too many or too few.
    #[error("the condition's parentheses do not match")]
    Unbalanced,
    /// A string literal without an end.
    #[error("the condition has a ' without its end (inside a literal it is written \\')")]
    OpenLiteral,
    /// A backslash before a character that needs none.
    #[error("the condition has a \\ that begins no escape of SOQL (a backslash itself is written \\\\)")]
    Escape,
    /// A query instead of a condition.
    #[error("the condition is what stands after WHERE, without SELECT, FROM and WHERE themselves")]
    WholeQuery,
    /// Something that stands after a condition.
    #[error("{0} is no part of a condition; leave it out")]
    Clause(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_taken_as_they_are_written() {
        for good in [
            "Status = 'Active'",
            "(Description LIKE 'a)%' OR OrgName = 'it\\'s (') AND CreatedDate = LAST_N_DAYS:3",
            "Description = 'ORDER BY LIMIT 5'",
            "Order = 5 AND Group = 'x'",
            "Limit__c > 3 AND Order__r.Name != null",
            "OwnerId IN (SELECT Id FROM User WHERE Name = 'x')",
            "Description = 'ends in a backslash \\\\'",
            "Description LIKE '50\\%\\_\\u00e9\\n%'",
            "DurationDays < 3\n  AND Name LIKE 'ü%'",
        ] {
            assert_eq!(Condition::new(&format!(" {good}\n")).map(|good| good.to_string()), Ok(good.to_owned()));
            assert_eq!(Condition::new(good).unwrap().as_str(), good);
        }
    }

    #[test]
    fn what_could_leave_the_parentheses_is_refused() {
        for bad in
            ["Name = 'x') OR (Name != 'x'", ")", "(", "((Name = 'x')", "Name = 'x' OR ')' = ')')", "Name = '\\\\')"]
        {
            assert_eq!(Condition::new(bad), Err(ConditionError::Unbalanced), "{bad}");
        }
        for bad in ["Name = 'x", "Name = 'x\\'", "Name = 'x''", "'\\"] {
            assert_eq!(Condition::new(bad), Err(ConditionError::OpenLiteral), "{bad}");
        }
    }

    #[test]
    fn an_escape_that_others_may_read_differently_is_refused() {
        for bad in ["Name = '\\x'", "Name = '\\u12'')'", "Name = '\\uu'uu'"] {
            assert_eq!(Condition::new(bad), Err(ConditionError::Escape), "{bad}");
        }
    }

    #[test]
    fn what_is_no_condition_is_refused_by_name() {
        for (bad, clause) in [
            ("Name = 'x' order  by Name", "ORDER BY"),
            ("Name = 'x' LIMIT 1", "LIMIT"),
            ("a = 1\nGROUP\nBY b", "GROUP BY"),
        ] {
            assert_eq!(Condition::new(bad), Err(ConditionError::Clause(clause.to_owned())), "{bad}");
        }
        for bad in ["WHERE Status = 'Active'", "SELECT Id FROM ScratchOrgInfo"] {
            assert_eq!(Condition::new(bad), Err(ConditionError::WholeQuery), "{bad}");
        }
        assert_eq!(Condition::new(" \n"), Err(ConditionError::Empty));
        assert_eq!(Condition::new(&format!("Name = '{}'", "ü".repeat(1_000))), Err(ConditionError::TooLong));
    }
}
