//! A statement from its tokens, checked against the objects that there are.

use std::collections::HashSet;
use std::ops::Bound::{Excluded, Included, Unbounded};

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value as Json;

use super::condition::{Condition, folded};
use super::error::SoqlError;
use super::schema::{Field, Kind, Object};
use super::tokens::{Token, tokens};

/// How deep parentheses and `NOT` may nest, so that no statement can exhaust the stack.
const DEPTH_MAX: usize = 50;

/// Words that are no names.
const RESERVED: [&str; 11] = ["SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "IN", "LIKE", "ORDER", "LIMIT", "NULL"];

/// A statement.
#[derive(Debug)]
pub struct Query {
    /// The object.
    pub object: &'static Object,
    /// What is selected; empty for `count()`.
    pub fields: Vec<Field>,
    /// Which records.
    pub condition: Option<Condition>,
    /// In which order: by which fields, and whether from the last to the first.
    pub order: Vec<(Field, bool)>,
    /// How many at most.
    pub limit: usize,
    /// How many to pass over.
    pub offset: usize,
}

/// What a statement is read against.
pub struct Scope<'a> {
    /// The objects that there are.
    pub objects: &'a [&'static Object],
    /// Columns of `ScratchOrgInfo` that the user may not see.
    pub hidden: &'a [String],
    /// Today.
    pub today: Date,
    /// What a query within a condition selects.
    pub select: &'a dyn Fn(&Query) -> Vec<Json>,
}

/// Reads a statement.
pub fn parse(statement: &str, scope: &Scope<'_>) -> Result<Query, SoqlError> {
    let mut parser = Parser { statement, scope, tokens: tokens(statement)?, next: 0, depth: 0 };
    let query = parser.query()?;
    if parser.next + 1 == parser.tokens.len() { Ok(query) } else { Err(parser.unexpected()) }
}

/// A time as the REST API writes it.
pub(in crate::simulator) fn date_time(time: Timestamp) -> Json {
    Json::from(time.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string())
}

struct Parser<'a> {
    statement: &'a str,
    scope: &'a Scope<'a>,
    tokens: Vec<Token<'a>>,
    next: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn query(&mut self) -> Result<Query, SoqlError> {
        self.expect("SELECT")?;
        let mut names = Vec::new();
        if self.takes("count") {
            self.expect("(")?;
            self.expect(")")?;
        } else {
            names = self.list(Self::name)?;
        }
        self.expect("FROM")?;
        let object = self.object()?;
        let fields = names.iter().map(|name| self.resolved(object, name)).collect::<Result<_, _>>()?;
        let condition = if self.takes("WHERE") { Some(self.condition(object)?) } else { None };
        let order = if self.takes("ORDER") { self.order(object)? } else { Vec::new() };
        let limit = if self.takes("LIMIT") { self.count()? } else { usize::MAX };
        let offset = if self.takes("OFFSET") { self.count()? } else { 0 };
        Ok(Query { object, fields, condition, order, limit, offset })
    }

    fn object(&mut self) -> Result<&'static Object, SoqlError> {
        let name = self.name()?;
        let found = self.scope.objects.iter().find(|object| object.name.eq_ignore_ascii_case(name.written));
        found.copied().ok_or_else(|| {
            let what = format!(
                "sObject type '{}' is not supported. If you are attempting to use a custom object, be sure to append the \
                 '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.",
                name.written
            );
            SoqlError::at("INVALID_TYPE", self.statement, name.at, &what)
        })
    }

    /// A condition. `AND` and `OR` on one level need parentheses, as at Salesforce.
    fn condition(&mut self, object: &Object) -> Result<Condition, SoqlError> {
        let mut terms = vec![self.term(object)?];
        let (word, join): (_, fn(_) -> _) = if self.is("OR") { ("OR", Condition::Or) } else { ("AND", Condition::And) };
        while self.takes(word) {
            terms.push(self.term(object)?);
        }
        if self.is("AND") || self.is("OR") {
            return Err(self.unexpected());
        }
        Ok(if terms.len() == 1 { terms.remove(0) } else { join(terms) })
    }

    fn term(&mut self, object: &Object) -> Result<Condition, SoqlError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.refused("MALFORMED_QUERY", self.peek(), "the condition is nested too deeply"));
        }
        let term = if self.takes("NOT") {
            Condition::Not(Box::new(self.term(object)?))
        } else if self.takes("(") {
            let inner = self.condition(object)?;
            self.expect(")")?;
            inner
        } else {
            self.comparison(object)?
        };
        self.depth -= 1;
        Ok(term)
    }

    fn comparison(&mut self, object: &Object) -> Result<Condition, SoqlError> {
        let name = self.name()?;
        let field = self.resolved(object, &name)?;
        if field.kind == Kind::TextArea {
            let what = format!("field '{}' can not be filtered in a query call", field.name);
            return Err(self.refused("INVALID_FIELD", &name, &what));
        }
        let is_negated = self.takes("NOT");
        if is_negated || self.is("IN") {
            self.expect("IN")?;
            let is_in = Condition::In { field, values: self.among(field, &name)? };
            return Ok(if is_negated { Condition::Not(Box::new(is_in)) } else { is_in });
        }
        if self.takes("LIKE") {
            let pattern = self.advance().text.filter(|_| field.kind == Kind::Text);
            let pattern = pattern.ok_or_else(|| self.wrong_type(field, &name))?;
            return Ok(Condition::Like { field, pattern });
        }
        let operator = self.peek().written;
        if !["=", "!=", "<>", "<", "<=", ">", ">="].contains(&operator) {
            return Err(self.unexpected());
        }
        self.next += 1;
        let (from, to) = self.values(field, &name)?;
        Ok(match operator {
            "<" => Condition::Between { field, bounds: (Unbounded, Excluded(from)) },
            "<=" => Condition::Between { field, bounds: (Unbounded, Included(to)) },
            ">" => Condition::Between { field, bounds: (Excluded(to), Unbounded) },
            ">=" => Condition::Between { field, bounds: (Included(from), Unbounded) },
            _ => {
                let is_one = from.is_null() || field.kind.is_text();
                let equal = if is_one {
                    let text = from.as_str().map(|text| folded(field.kind, text));
                    Condition::In { field, values: HashSet::from([text]) }
                } else {
                    Condition::Between { field, bounds: (Included(from), Included(to)) }
                };
                if operator == "=" { equal } else { Condition::Not(Box::new(equal)) }
            }
        })
    }

    /// What stands behind `IN`: texts, or a query that selects them.
    fn among(&mut self, field: Field, name: &Token<'_>) -> Result<HashSet<Option<String>>, SoqlError> {
        self.expect("(")?;
        let values = if self.is("SELECT") {
            let query = self.query()?;
            if query.fields.len() != 1 {
                return Err(self.refused("MALFORMED_QUERY", self.peek(), "only one field is selected within IN"));
            }
            (self.scope.select)(&query)
        } else if field.kind.is_text() {
            self.list(|parser| Ok(parser.values(field, name)?.0))?
        } else {
            return Err(self.wrong_type(field, name));
        };
        self.expect(")")?;
        Ok(values.iter().map(|value| value.as_str().map(|text| folded(field.kind, text))).collect())
    }

    /// The first and the last value that a literal stands for: they differ where it is a span of days.
    fn values(&mut self, field: Field, name: &Token<'_>) -> Result<(Json, Json), SoqlError> {
        let token = self.advance();
        match token.written {
            "<EOF>" => return Err(self.unexpected()),
            word if word.eq_ignore_ascii_case("null") => return Ok((Json::Null, Json::Null)),
            _ => {}
        }
        let (word, kind) = (token.written, field.kind);
        let value = match (kind, token.text) {
            (Kind::Text | Kind::Id, Some(text)) if !text.iter().any(|char| char.is_itself) => {
                Some(text.iter().map(|char| char.char).collect::<String>().into())
            }
            (_, Some(_)) | (Kind::Text | Kind::TextArea | Kind::Id, _) => None,
            (Kind::Bool, None) => word.to_ascii_lowercase().parse::<bool>().ok().map(Json::from),
            (Kind::Number, None) => word.parse::<f64>().ok().map(Json::from),
            (Kind::Date, None) => word.parse::<Date>().ok().map(|date| date.to_string().into()),
            (Kind::DateTime, None) => {
                let time = word.parse().or_else(|_| Timestamp::strptime("%Y-%m-%dT%H:%M:%S%.f%z", word));
                time.ok().map(date_time)
            }
        };
        let days = || self.days(word).filter(|_| matches!(kind, Kind::Date | Kind::DateTime));
        let values = value.map(|value| (value.clone(), value)).or_else(days);
        values.ok_or_else(|| self.wrong_type(field, name))
    }

    /// The days that have names: the beginning of the first, the end of the last.
    fn days(&self, word: &str) -> Option<(Json, Json)> {
        let upper = word.to_ascii_uppercase();
        let (name, count) = upper.split_once(':').unwrap_or((&upper, "0"));
        let count = i64::from(count.parse::<u16>().ok()?);
        let (first, last) = match name {
            "LAST_N_DAYS" => (-count, 0),
            "NEXT_N_DAYS" => (1, count),
            "N_DAYS_AGO" => (-count, -count),
            "TODAY" => (0, 0),
            "YESTERDAY" => (-1, -1),
            "TOMORROW" => (1, 1),
            _ => return None,
        };
        let day = |days| self.scope.today.saturating_add(jiff::Span::new().days(days)).to_string();
        // In the order of texts, this is after every date and time of that day.
        Some((day(first).into(), (day(last) + "T24").into()))
    }

    fn order(&mut self, object: &Object) -> Result<Vec<(Field, bool)>, SoqlError> {
        self.expect("BY")?;
        self.list(|parser| {
            let name = parser.name()?;
            let is_descending = parser.takes("DESC");
            // What it is anyway.
            parser.takes("ASC");
            Ok((parser.resolved(object, &name)?, is_descending))
        })
    }

    /// One or more, with commas between them.
    fn list<T>(&mut self, one: impl Fn(&mut Self) -> Result<T, SoqlError>) -> Result<Vec<T>, SoqlError> {
        let mut all = vec![one(self)?];
        while self.takes(",") {
            all.push(one(self)?);
        }
        Ok(all)
    }

    fn name(&mut self) -> Result<Token<'a>, SoqlError> {
        let token = self.peek().clone();
        let is_reserved = RESERVED.iter().any(|word| token.written.eq_ignore_ascii_case(word));
        if is_reserved || !token.written.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err(self.unexpected());
        }
        self.next += 1;
        Ok(token)
    }

    fn resolved(&self, object: &Object, name: &Token<'_>) -> Result<Field, SoqlError> {
        object.field(name.written, self.scope.hidden).map_err(|what| self.refused("INVALID_FIELD", name, &what))
    }

    fn count(&mut self) -> Result<usize, SoqlError> {
        let count = self.peek().written.parse().map_err(|_| self.unexpected())?;
        self.next += 1;
        Ok(count)
    }

    fn peek(&self) -> &Token<'a> {
        &self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    fn advance(&mut self) -> Token<'a> {
        let token = self.peek().clone();
        self.next += 1;
        token
    }

    fn is(&self, word: &str) -> bool {
        self.peek().written.eq_ignore_ascii_case(word)
    }

    fn takes(&mut self, word: &str) -> bool {
        let is = self.is(word);
        self.next += usize::from(is);
        is
    }

    fn expect(&mut self, word: &str) -> Result<(), SoqlError> {
        if self.takes(word) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn refused(&self, code: &'static str, token: &Token<'_>, what: &str) -> SoqlError {
        SoqlError::at(code, self.statement, token.at, what)
    }

    fn unexpected(&self) -> SoqlError {
        let token = self.peek();
        self.refused("MALFORMED_QUERY", token, &format!("unexpected token: '{}'", token.written))
    }

    /// A value that is none for the field of that name.
    fn wrong_type(&self, field: Field, name: &Token<'_>) -> SoqlError {
        let quotes = if field.kind.is_text() { "should" } else { "should not" };
        let what = format!(
            "value of filter criterion for field '{}' must be of type {} and {quotes} be enclosed in quotes",
            field.name,
            field.kind.name()
        );
        self.refused("INVALID_FIELD", name, &what)
    }
}
