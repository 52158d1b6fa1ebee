//! A statement from its tokens.

use super::error::SoqlError;
use super::lexer::{Token, TokenKind, tokens};
use super::literal::{number, word};
use super::statement::{Condition, FieldPath, Literal, Name, Operator, Order, Query};

/// Longest statement, in characters.
/// <https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_soslsoql.htm>
const STATEMENT_MAX: usize = 100_000;

/// How deep parentheses and `NOT` may nest, so that no statement can exhaust the stack.
const DEPTH_MAX: usize = 50;

/// Reads a statement.
pub fn parse(statement: &str) -> Result<Query, SoqlError> {
    if statement.chars().count() > STATEMENT_MAX {
        let what = format!("SOQL statements cannot be longer than {STATEMENT_MAX} characters.");
        return Err(SoqlError { code: "QUERY_TOO_COMPLICATED", message: what });
    }
    Parser { statement, tokens: tokens(statement)?, next: 0, depth: 0, is_inner: false }.whole()
}

struct Parser<'a> {
    statement: &'a str,
    tokens: Vec<Token<'a>>,
    next: usize,
    depth: usize,
    /// Whether it reads a query within another.
    is_inner: bool,
}

impl<'a> Parser<'a> {
    fn whole(mut self) -> Result<Query, SoqlError> {
        let query = self.query()?;
        if self.peek().kind == TokenKind::End { Ok(query) } else { Err(self.unexpected()) }
    }

    fn query(&mut self) -> Result<Query, SoqlError> {
        self.keyword("SELECT")?;
        let fields = self.selection()?;
        self.keyword("FROM")?;
        let object = self.name()?;
        let condition = if self.takes("WHERE") { Some(self.condition()?) } else { None };
        let mut order = Vec::new();
        if self.takes("ORDER") {
            self.keyword("BY")?;
            order.push(self.order()?);
            while self.takes_symbol(",") {
                order.push(self.order()?);
            }
        }
        let limit = if self.takes("LIMIT") { Some(self.count()?) } else { None };
        let offset = if self.takes("OFFSET") { self.count()? } else { 0 };
        Ok(Query { fields, object, condition, order, limit, offset })
    }

    /// The selected fields; none for `count()`.
    fn selection(&mut self) -> Result<Vec<FieldPath>, SoqlError> {
        let counts = self.peek().text.eq_ignore_ascii_case("count")
            && self.tokens.get(self.next + 1).is_some_and(|t| t.text == "(");
        if counts {
            self.next += 2;
            self.symbol(")")?;
            return Ok(Vec::new());
        }
        let mut fields = vec![self.field()?];
        while self.takes_symbol(",") {
            fields.push(self.field()?);
        }
        Ok(fields)
    }

    /// A condition. `AND` and `OR` on one level need parentheses, as at Salesforce.
    fn condition(&mut self) -> Result<Condition, SoqlError> {
        let first = self.term()?;
        let (word, join): (&str, fn(Vec<Condition>) -> Condition) = if self.is_keyword("AND") {
            ("AND", Condition::And)
        } else if self.is_keyword("OR") {
            ("OR", Condition::Or)
        } else {
            return Ok(first);
        };
        let mut terms = vec![first];
        while self.takes(word) {
            terms.push(self.term()?);
        }
        if self.is_keyword("AND") || self.is_keyword("OR") {
            return Err(self.unexpected());
        }
        Ok(join(terms))
    }

    fn term(&mut self) -> Result<Condition, SoqlError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(SoqlError::malformed(self.statement, self.peek().at, "the condition is nested too deeply"));
        }
        let term = if self.takes("NOT") {
            Condition::Not(Box::new(self.term()?))
        } else if self.takes_symbol("(") {
            let inner = self.condition()?;
            self.symbol(")")?;
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(term)
    }

    fn comparison(&mut self) -> Result<Condition, SoqlError> {
        let field = self.field()?;
        let negated = self.takes("NOT");
        if negated || self.is_keyword("IN") {
            self.keyword("IN")?;
            self.symbol("(")?;
            if self.is_keyword("SELECT") && !self.is_inner {
                self.is_inner = true;
                let query = Box::new(self.query()?);
                self.is_inner = false;
                self.symbol(")")?;
                return Ok(Condition::Among { field, negated, query });
            }
            let mut values = vec![self.literal(false)?];
            while self.takes_symbol(",") {
                values.push(self.literal(false)?);
            }
            self.symbol(")")?;
            return Ok(Condition::In { field, negated, values });
        }
        let operator = match self.peek().text {
            "=" => Operator::Equal,
            "!=" | "<>" => Operator::NotEqual,
            "<" => Operator::Less,
            "<=" => Operator::LessOrEqual,
            ">" => Operator::Greater,
            ">=" => Operator::GreaterOrEqual,
            word if word.eq_ignore_ascii_case("LIKE") => Operator::Like,
            _ => return Err(self.unexpected()),
        };
        self.next += 1;
        let value = self.literal(operator == Operator::Like)?;
        Ok(Condition::Compare { field, operator, value })
    }

    fn literal(&mut self, in_like: bool) -> Result<Literal, SoqlError> {
        let token = self.peek().clone();
        let literal = match token.kind {
            TokenKind::Text(text) => {
                if !in_like && !text.escaped.is_empty() {
                    let what = "Invalid string literal. Illegal character sequence in string literal: '\\_' and '\\%' are for LIKE";
                    return Err(SoqlError::malformed(self.statement, token.at, what));
                }
                Some(Literal::Text(text))
            }
            TokenKind::Number => number(token.text),
            TokenKind::Word => word(token.text),
            TokenKind::Symbol | TokenKind::End => None,
        };
        let literal = literal.ok_or_else(|| self.unexpected())?;
        self.next += 1;
        Ok(literal)
    }

    fn order(&mut self) -> Result<Order, SoqlError> {
        let field = self.field()?;
        let descending = self.takes("DESC");
        if !descending {
            self.takes("ASC");
        }
        let mut nulls_last = false;
        if self.takes("NULLS") {
            nulls_last = self.takes("LAST");
            if !nulls_last {
                self.keyword("FIRST")?;
            }
        }
        Ok(Order { field, descending, nulls_last })
    }

    fn field(&mut self) -> Result<FieldPath, SoqlError> {
        let Name { text, at } = self.name()?;
        Ok(match text.split_once('.') {
            Some((parent, field)) => {
                FieldPath { parent: Some(parent.to_owned()), name: Name { text: field.to_owned(), at } }
            }
            None => FieldPath { parent: None, name: Name { text, at } },
        })
    }

    fn name(&mut self) -> Result<Name, SoqlError> {
        let token = self.peek();
        let reserved = ["SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "IN", "LIKE", "ORDER", "LIMIT", "NULL"];
        let is_reserved = reserved.iter().any(|word| token.text.eq_ignore_ascii_case(word));
        if token.kind != TokenKind::Word || is_reserved || token.text.contains(':') {
            return Err(self.unexpected());
        }
        let name = Name { text: token.text.to_owned(), at: token.at };
        self.next += 1;
        Ok(name)
    }

    fn count(&mut self) -> Result<usize, SoqlError> {
        let count = self.peek().text.parse().map_err(|_| self.unexpected())?;
        self.next += 1;
        Ok(count)
    }

    fn peek(&self) -> &Token<'a> {
        // The end's token is never passed: only `literal`, `name` and the keywords go on, and none of them takes it.
        &self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    fn is_keyword(&self, word: &str) -> bool {
        self.peek().kind == TokenKind::Word && self.peek().text.eq_ignore_ascii_case(word)
    }

    fn takes(&mut self, word: &str) -> bool {
        let is = self.is_keyword(word);
        self.next += usize::from(is);
        is
    }

    fn keyword(&mut self, word: &str) -> Result<(), SoqlError> {
        if self.takes(word) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn takes_symbol(&mut self, symbol: &str) -> bool {
        let is = self.peek().kind == TokenKind::Symbol && self.peek().text == symbol;
        self.next += usize::from(is);
        is
    }

    fn symbol(&mut self, symbol: &str) -> Result<(), SoqlError> {
        if self.takes_symbol(symbol) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> SoqlError {
        let token = self.peek();
        SoqlError::malformed(self.statement, token.at, &format!("unexpected token: '{}'", token.text))
    }
}

#[cfg(test)]
mod tests {
    use super::super::statement::Text;
    use super::*;

    fn refusal(statement: &str) -> String {
        parse(statement).unwrap_err().message
    }

    fn value(literal: &str) -> Result<String, SoqlError> {
        match parse(&format!("SELECT Id FROM A WHERE B = {literal}"))?.condition {
            Some(Condition::Compare { value: Literal::Text(text), .. }) => Ok(text.value),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_official_query_is_read() {
        let query = parse(
            "SELECT SignupUsername,LoginUrl FROM ScratchOrgInfo WHERE SignupUsername='test-wvkpnfm5z113@example.com'",
        )
        .unwrap();
        assert_eq!(query.fields.len(), 2);
        assert_eq!(query.object.text, "ScratchOrgInfo");
        assert!(matches!(query.condition, Some(Condition::Compare { operator: Operator::Equal, .. })));
    }

    #[test]
    fn every_clause_is_read() {
        let query = parse(
            "select Id, CreatedBy.Username from X where (A in ('a','b') or not B like 'c%') and D >= 2026-11-23 \
             and E < 2026-11-23T10:00:00.000+0000 and F != null order by G desc nulls last, H limit 5 offset 2",
        )
        .unwrap();
        assert_eq!(query.fields[1].parent.as_deref(), Some("CreatedBy"));
        assert!(matches!(query.condition, Some(Condition::And(ref all)) if all.len() == 4));
        assert!(query.order[0].descending && query.order[0].nulls_last && !query.order[1].descending);
        assert_eq!((query.limit, query.offset), (Some(5), 2));
        assert!(parse("SELECT count() FROM X").unwrap().fields.is_empty());
    }

    #[test]
    fn only_documented_escapes_are_taken() {
        assert_eq!(value(r"'it\'s a \\ \u0041\n'").unwrap(), "it's a \\ A\n");
        for literal in [r"'\a'", r"'\u12'", r"'\u+041'", r"'\ud800'", r"'\_'", "'a\nb'", "'open", r"'\"] {
            assert_eq!(value(literal).unwrap_err().code, "MALFORMED_QUERY", "{literal}");
        }
        let like = parse(r"SELECT Id FROM A WHERE B LIKE 'a\_%'").unwrap().condition;
        let text = Text { value: "a_%".to_owned(), escaped: vec![1] };
        assert!(matches!(like, Some(Condition::Compare { value: Literal::Text(t), .. }) if t == text));
    }

    #[test]
    fn a_quote_that_is_not_escaped_ends_the_string() {
        assert!(refusal("SELECT Id FROM A WHERE B = 'it's' OR C = 'y's'").contains("unexpected token: 's'"));
    }

    #[test]
    fn and_with_or_needs_parentheses() {
        assert!(refusal("SELECT Id FROM A WHERE B = 1 AND C = 2 OR D = 3").contains("unexpected token: 'OR'"));
    }

    #[test]
    fn a_refusal_points_at_the_place() {
        assert_eq!(
            refusal("SELECT Id FROM A WHERE"),
            "\nSELECT Id FROM A WHERE\n                      ^\nERROR at Row:1:Column:23\nunexpected token: '<EOF>'"
        );
    }

    proptest::proptest! {
        #[test]
        fn no_statement_makes_it_panic(statement in "\\PC{0,60}", rest in "[ a-zA-Z0-9'\\\\()<>=!,.:+-]{0,80}") {
            let _ = parse(&statement);
            let _ = parse(&format!("SELECT Id FROM A WHERE {statement}"));
            let _ = parse(&format!("SELECT Id FROM A WHERE {rest}"));
        }

        #[test]
        fn a_text_with_its_quotes_and_backslashes_escaped_is_read_as_it_was(text in "[^\r\n]{0,80}") {
            let escaped = text.replace('\\', "\\\\").replace('\'', "\\'");
            proptest::prop_assert_eq!(value(&format!("'{escaped}'")).unwrap(), text);
        }
    }

    #[test]
    fn deep_nesting_is_refused_and_does_not_crash() {
        let statement = format!("SELECT Id FROM A WHERE {}B = 1", "(".repeat(40_000));
        assert!(refusal(&statement).contains("nested"));
        let statement = format!("SELECT Id FROM A WHERE {}B = 1", "NOT ".repeat(20_000));
        assert!(refusal(&statement).contains("nested"));
    }
}
