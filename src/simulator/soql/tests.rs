use jiff::civil::date;
use serde_json::{Value as Json, json};

use super::*;

const WHERE: &str = "SELECT Id FROM ScratchOrgInfo WHERE";

fn parsed(statement: &str) -> Result<Query, SoqlError> {
    let scope = Scope { objects: &DEV_HUB, hidden: &[], today: date(2026, 11, 25), select: &|_| vec![json!("00e")] };
    parse(statement, &scope)
}

fn refusal(statement: &str) -> String {
    parsed(statement).unwrap_err().message
}

/// Whether a condition lets a record through whose fields all have this value.
fn admits(condition: &str, value: &Json) -> bool {
    let query = parsed(&format!("{WHERE} {condition}")).unwrap_or_else(|error| panic!("{condition}: {error}"));
    query.condition.unwrap().matches(&|_| value.clone())
}

#[test]
fn every_clause_is_read() {
    let query = parsed(
        "select Id, CreatedBy.Username from ScratchOrgInfo where (Status in ('a','b') or not OrgName like 'c%') and \
         ExpirationDate >= 2026-11-23 and CreatedDate < 2026-11-23T10:00:00.000+0000 and Namespace != null \
         order by Name desc, Id limit 5 offset 2",
    )
    .unwrap();
    assert_eq!((query.fields[1].parent, query.fields[1].name), (Some("CreatedBy"), "Username"));
    assert!(matches!(query.condition, Some(Condition::And(ref all)) if all.len() == 4));
    assert!(query.order[0].1 && !query.order[1].1);
    assert_eq!((query.limit, query.offset), (5, 2));
    assert!(parsed("SELECT count() FROM User").unwrap().fields.is_empty());
}

#[test]
fn conditions_let_through_what_they_say() {
    for (condition, value, is_let_through) in [
        ("OrgName = 'ACME'", json!("Acme"), true),
        ("OrgName <> 'acme'", json!("Acme"), false),
        ("OrgName > 'b'", json!("C"), true),
        ("Namespace = null", Json::Null, true),
        ("Namespace != null", Json::Null, false),
        ("Namespace IN (null, 'a')", Json::Null, true),
        ("Namespace NOT IN ('a')", json!("b"), true),
        ("OwnerId = '005Fk00000000Ab'", json!("005Fk00000000AbIAI"), true),
        ("OwnerId = '005fk00000000ab'", json!("005Fk00000000AbIAI"), false),
        ("OwnerId IN (SELECT Id FROM User)", json!("00e"), true),
        ("DurationDays > 6.5", json!(7), true),
        ("DurationDays < 7", Json::Null, false),
        ("HasSampleData = FALSE", json!(false), true),
        ("ExpirationDate = 2026-12-01", json!("2026-12-01"), true),
        ("ExpirationDate <= TODAY", json!("2026-11-25"), true),
        ("ExpirationDate > TODAY", json!("2026-11-25"), false),
        ("ExpirationDate = NEXT_N_DAYS:7", json!("2026-12-02"), true),
        ("CreatedDate = TODAY", json!("2026-11-25T23:59:59.999+0000"), true),
        ("CreatedDate > YESTERDAY", json!("2026-11-24T23:59:59.999+0000"), false),
        ("CreatedDate = LAST_N_DAYS:3", json!("2026-11-21T23:59:59.999+0000"), false),
        ("CreatedDate = N_DAYS_AGO:1", json!("2026-11-24T00:00:00.000+0000"), true),
        ("CreatedDate >= 2026-11-25T12:00:00+02:00", json!("2026-11-25T10:00:00.000+0000"), true),
        ("CreatedDate < 2026-11-25T10:00:00Z", json!("2026-11-25T10:00:00.000+0000"), false),
        ("NOT (OrgName = 'a' OR OrgName = 'b')", json!("c"), true),
        ("OrgName = 'a' AND Edition = 'b'", json!("a"), false),
    ] {
        assert_eq!(admits(condition, &value), is_let_through, "{condition}: {value}");
    }
}

#[test]
fn like_knows_both_wildcards_and_no_case() {
    let like = |text: &str, pattern: &str| admits(&format!("OrgName LIKE '{pattern}'"), &json!(text));
    assert!(like("Test-abc@example.com", "test-%@EXAMPLE.com"));
    assert!(like("abc", "a_c") && like("abc", "%") && like("", "%") && like("aXbXc", "a%x%c"));
    assert!(!like("abc", "a_") && !like("abc", "b%") && !like("abc", ""));
    assert!(like("a_%", r"a\_\%") && !like("abc", r"a\_%"));
    assert!(!like(&"a".repeat(3000), &format!("{}b", "%a".repeat(1000))));
}

#[test]
fn only_documented_escapes_are_taken() {
    assert!(admits(r"OrgName = 'it\'s a \\ \u0041\n'", &json!("it's a \\ A\n")));
    assert_eq!(parsed(&format!(r"{WHERE} OrgName = '\_'")).unwrap_err().code, "INVALID_FIELD", "it is for LIKE");
    for literal in [r"'\a'", r"'\u12'", r"'\u+041'", r"'\ud800'", "'a\nb'", "'open", r"'\"] {
        assert_eq!(parsed(&format!("{WHERE} OrgName = {literal}")).unwrap_err().code, "MALFORMED_QUERY", "{literal}");
    }
}

#[test]
fn a_quote_that_is_not_escaped_ends_the_string() {
    assert!(refusal(&format!("{WHERE} OrgName = 'it's' OR Edition = 'y's'")).contains("unexpected token: 's'"));
}

#[test]
fn and_with_or_needs_parentheses() {
    let mixed = format!("{WHERE} OrgName = 'a' AND OrgName = 'b' OR OrgName = 'c'");
    assert!(refusal(&mixed).contains("unexpected token: 'OR'"));
}

#[test]
fn a_refusal_points_at_the_place() {
    assert_eq!(
        refusal("SELECT Id FROM User WHERE"),
        "\nSELECT Id FROM User WHERE\n                         ^\nERROR at Row:1:Column:26\nunexpected token: '<EOF>'"
    );
}

proptest::proptest! {
    #[test]
    fn no_statement_makes_it_panic(statement in "\\PC{0,60}", rest in "[ a-zA-Z0-9'\\\\()<>=!,.:+-]{0,80}") {
        let _ = parsed(&statement);
        for rest in [&statement, &rest] {
            for begin in ["", " OrgName", " CreatedDate =", " NOT (DurationDays"] {
                let _ = parsed(&format!("{WHERE}{begin} {rest}"));
            }
        }
    }

    #[test]
    fn a_text_with_its_quotes_and_backslashes_escaped_is_read_as_it_was(text in "[^\r\n]{0,80}") {
        let escaped = text.replace('\\', "\\\\").replace('\'', "\\'");
        let is_read = admits(&format!("OrgName = '{escaped}'"), &json!(text));
        proptest::prop_assert!(is_read);
    }
}

#[test]
fn deep_nesting_is_refused_and_does_not_crash() {
    for deep in ["(".repeat(40_000), "NOT ".repeat(20_000)] {
        assert!(refusal(&format!("{WHERE} {deep}OrgName = 'a'")).contains("nested"));
    }
}
