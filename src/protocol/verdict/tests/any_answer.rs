//! Answers that nobody has seen: every status, every text, every body.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

/// What becomes of a young org that answers so.
fn on_answer(answer: &Answer) -> Option<Verdict> {
    let (client_id, record) = (ClientId::new(OURS).unwrap(), young());
    let at = VerdictContext { unanswered: 1, ..context(Some(&record), &client_id) };
    match response::of_token_endpoint(answer, now()) {
        Response::Success(Grant { .. }) => None,
        Response::Refused(refusal) => Some(on_refusal(&refusal, &at)),
        Response::Unavailable(unavailable) => Some(on_unavailable(&unavailable, &at)),
    }
}

/// `200 400-407` and so on.
fn ranges(statuses: impl Iterator<Item = u16>) -> String {
    let mut found: Vec<(u16, u16)> = Vec::new();
    for status in statuses {
        match found.last_mut() {
            Some((_, last)) if *last + 1 == status => *last = status,
            _ => found.push((status, status)),
        }
    }
    let shown = found.iter().map(|(a, b)| if a == b { a.to_string() } else { format!("{a}-{b}") });
    if found.is_empty() { "none".to_owned() } else { shown.collect::<Vec<_>>().join(" ") }
}

#[test]
fn which_statuses_are_retried() {
    let bodies = [
        ("no body", ""),
        ("a page", "<!DOCTYPE HTML><h1>Down</h1>"),
        ("an unknown refusal", r#"{"error":"never_seen","error_description":"never seen"}"#),
        ("a token", r#"{"access_token":"00Dx!y","instance_url":"https://x.my.salesforce.com"}"#),
    ];
    let mut shown = String::new();
    for (what, body) in bodies {
        let verdicts: Vec<_> = (100..600)
            .map(|status| (status, on_answer(&Answer { status, body: body.into(), ..Answer::default() })))
            .collect();
        let with = |wanted: fn(&Option<Verdict>) -> bool| {
            ranges(verdicts.iter().filter(|(_, verdict)| wanted(verdict)).map(|(status, _)| *status))
        };
        let again = with(|verdict| matches!(verdict, Some(Verdict::Again { .. })));
        let never = with(|verdict| matches!(verdict, Some(Verdict::Never(_))));
        let token = with(Option::is_none);
        writeln!(shown, "{what}: again {again} | never {never} | token {token}").unwrap();
    }
    insta::assert_snapshot!(shown, @r"
    no body: again 100-599 | never none | token none
    a page: again 100-599 | never none | token none
    an unknown refusal: again 300-399 408 420 429 500-599 | never 100-299 400-407 409-419 421-428 430-499 | token none
    a token: again 100-199 201-599 | never none | token 200
    ");
}

#[test]
fn a_refusal_counts_however_little_it_says() {
    for (body, code) in [
        (r#"{"error":"invalid_client"}"#, Code::InvalidClient),
        (r#"{"error":"inactive_user","error_description":null}"#, Code::InactiveUser),
        (r#"{"error":"never_seen","error_description":null}"#, Code::Rejected),
        (r#"{"error":"never_seen","error_description":{"a":1}}"#, Code::Rejected),
        (r#"{"error":"never_seen","error_description":"x","error_uri":"y","more":[]}"#, Code::Rejected),
    ] {
        let answer = Answer { status: 400, body: body.into(), ..Answer::default() };
        assert_eq!(on_answer(&answer).unwrap().cause().code, code, "{body}");
    }
}

proptest! {
    #[test]
    fn no_words_can_break_the_verdict(error in any::<String>(), description in any::<String>(), status in 100_u16..600) {
        let body = serde_json::json!({"error": error, "error_description": description}).to_string();
        let answer = Answer { status, body: body.into(), ..Answer::default() };
        let cause = on_answer(&answer).unwrap().cause().clone();
        for text in [cause.error, cause.description, Some(cause.hint)].into_iter().flatten() {
            prop_assert!(text.chars().count() <= 600);
            prop_assert!(!text.chars().any(char::is_control));
        }
    }

    #[test]
    fn no_body_can_break_the_verdict(body in any::<Vec<u8>>(), status in 100_u16..600) {
        on_answer(&Answer { status, body, ..Answer::default() });
    }

    /// Out of these letters no known word can be made.
    #[test]
    fn an_unknown_refusal_is_rejected_and_final(
        error in "[xyzw_]{1,40}", description in "[XYZW '.,0-9]{0,80}", status in 400_u16..500,
    ) {
        prop_assume!(![408, 420, 429].contains(&status));
        let body = serde_json::json!({"error": error, "error_description": description}).to_string();
        let verdict = on_answer(&Answer { status, body: body.into(), ..Answer::default() }).unwrap();
        prop_assert!(matches!(&verdict, Verdict::Never(cause) if cause.code == Code::Rejected), "{verdict:?}");
        prop_assert_eq!(verdict.cause().error.as_deref(), Some(error.as_str()));
    }

    #[test]
    fn a_known_word_is_found_whatever_stands_around_it(before in "[ a-z]{0,30}", after in "[ a-z]{0,30}") {
        let description = format!("{before}: {NOT_APPROVED} {after}");
        prop_assume!(!description.contains("rate exceeded"));
        let refusal = ErrorResponse::of_token_endpoint(400, "invalid_grant", &description);
        prop_assert_eq!(refusal.kind, RefusalKind::NotApproved);
    }
}
