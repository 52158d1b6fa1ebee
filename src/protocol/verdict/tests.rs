//! Every row of the table of causes: (answer, record, age, time doubted, attempts) → (again or never, code).

mod any_answer;
mod bounds;

use super::*;
use crate::model::org::{ClientId, Username};
use crate::protocol::response::{self, Grant, Response};
use crate::protocol::transport::{Answer, Unavailability, UnavailableKind};

const NOW: &str = "2026-11-23T12:00:00Z";
const OURS: &str = "3MVG9ours";
const NOT_APPROVED: &str = "user hasn't approved this consumer";

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// A record of an active org with our app, created so many seconds ago.
fn aged(seconds: u64) -> ScratchOrgInfo {
    ScratchOrgInfo {
        username: Some(Username::new("test-abc@example.com").unwrap()),
        id: None,
        login_url: Some("https://x.scratch.my.salesforce.com".to_owned()),
        status: Some(Status::Active),
        org_id: None,
        instance: None,
        expiration_date: Some("2026-12-01".parse().unwrap()),
        error_code: None,
        namespace: None,
        connected_app: Some(OURS.to_owned()),
        created: now().checked_sub(Duration::from_secs(seconds)).ok(),
    }
}

fn young() -> ScratchOrgInfo {
    aged(MINUTE)
}

fn old() -> ScratchOrgInfo {
    aged(HOUR)
}

/// Only the official two fields are known.
fn unknown() -> ScratchOrgInfo {
    ScratchOrgInfo { status: None, expiration_date: None, connected_app: None, created: None, ..aged(0) }
}

fn of_app(app: &str, record: ScratchOrgInfo) -> ScratchOrgInfo {
    ScratchOrgInfo { connected_app: Some(app.to_owned()), ..record }
}

fn expiring(date: &str) -> ScratchOrgInfo {
    ScratchOrgInfo { expiration_date: Some(date.parse().unwrap()), ..aged(20 * DAY) }
}

fn expired() -> ScratchOrgInfo {
    expiring("2026-11-21")
}

/// What an org, or the hub, answered.
#[derive(Debug, Clone)]
enum Said {
    ErrorResponse(&'static str, &'static str),
    Unavailability(UnavailableKind),
    Status(u16),
    /// The readiness query was refused, for the first or a later time.
    Check(u16, &'static str, u32),
}

use CauseCode as Code;
use Said::{Check, ErrorResponse as Says, Status as Http, Unavailability as NoAnswer};

#[derive(Debug, PartialEq)]
enum Decided {
    Again(CauseCode),
    Never(CauseCode),
}

use Decided::{Again, Never};

fn context<'a>(record: Option<&'a ScratchOrgInfo>, client_id: &'a ClientId) -> VerdictContext<'a> {
    VerdictContext {
        record,
        client_id,
        host: "x.scratch.my.salesforce.com",
        now: now(),
        doubted: Duration::ZERO,
        unanswered: 0,
        logged_in: false,
        refused_tokens: 0,
    }
}

fn answered(answer: &Answer, at: &VerdictContext<'_>) -> Verdict {
    match response::of_token_endpoint(answer, now()) {
        Response::Refused(refusal) => on_refusal(&refusal, at),
        Response::Unavailable(unavailable) => on_unavailable(&unavailable, at),
        Response::Success(grant) => panic!("{grant:?}"),
    }
}

/// One row: who answered what, for how long it was doubted, how many attempts had no answer.
fn decided(said: &Said, record: Option<&ScratchOrgInfo>, doubted: u64, unanswered: u32) -> Decided {
    let client_id = ClientId::new(OURS).unwrap();
    let doubted = Duration::from_secs(doubted);
    let mut at = VerdictContext { doubted, unanswered, ..context(record, &client_id) };
    let verdict = match said {
        Says(error, description) => {
            let body = serde_json::json!({"error": error, "error_description": description}).to_string();
            answered(&Answer { status: 400, body: body.into(), ..Answer::default() }, &at)
        }
        NoAnswer(kind) => on_unavailable(&Unavailability::new(*kind, "no answer"), &at),
        Http(status) => answered(&Answer { status: *status, ..Answer::default() }, &at),
        Check(status, words, refused_tokens) => {
            at.logged_in = true;
            at.refused_tokens = *refused_tokens;
            on_check_refused(&ErrorResponse::of_api(*status, "SOME_CODE", words), &at)
        }
    };
    let cause = verdict.cause();
    assert_eq!(cause.host.as_deref(), Some(at.host));
    assert!(!cause.hint.is_empty());
    let (again, code) = (matches!(verdict, Verdict::Again { .. }), cause.code);
    assert_eq!(cause.retryable, again, "{said:?}: {cause}");
    if again { Again(code) } else { Never(code) }
}

fn check(rows: &[(Said, Option<ScratchOrgInfo>, u64, u32, Decided)]) {
    for (said, record, doubted, unanswered, expected) in rows {
        let found = decided(said, record.as_ref(), *doubted, *unanswered);
        assert_eq!(found, *expected, "{said:?} of {record:#?}, doubted {doubted} s, {unanswered} unanswered");
    }
}

#[test]
fn the_sentence_means_not_replicated_where_replication_can_be_the_reason() {
    let said = Says("invalid_grant", NOT_APPROVED);
    check(&[
        (said.clone(), Some(young()), 0, 0, Again(Code::NotReplicated)),
        (said.clone(), Some(old()), 0, 0, Again(Code::NotReplicated)),
        (said.clone(), Some(aged(DAY - MINUTE)), 50 * HOUR, 0, Again(Code::NotReplicated)),
        (said.clone(), Some(unknown()), 50 * HOUR, 90, Again(Code::NotReplicated)),
        (Says("invalid_grant", "User hasn’t approved this consumer"), Some(old()), 0, 0, Again(Code::NotReplicated)),
        (Says("", "the USER HASN'T APPROVED this"), Some(old()), 0, 0, Again(Code::NotReplicated)),
        // A clock that is behind the hub's makes an org that is yet to be created: it is new.
        (
            said,
            Some(ScratchOrgInfo { created: now().checked_add(HOUR_AHEAD).ok(), ..old() }),
            0,
            0,
            Again(Code::NotReplicated),
        ),
    ]);
}

const HOUR_AHEAD: Duration = Duration::from_secs(HOUR);

#[test]
fn the_sentence_means_not_approved_where_replication_cannot_be_the_reason() {
    let said = Says("invalid_grant", NOT_APPROVED);
    check(&[
        (said.clone(), None, 0, 0, Never(Code::NotApproved)),
        (said.clone(), Some(aged(DAY + 1)), 0, 0, Again(Code::NotApproved)),
        (said.clone(), Some(aged(DAY + 1)), 59, 0, Again(Code::NotApproved)),
        (said, Some(aged(DAY + 1)), 60, 0, Never(Code::NotApproved)),
    ]);
}

#[test]
fn the_sentence_is_final_where_the_org_was_signed_up_with_another_app() {
    let said = Says("invalid_grant", NOT_APPROVED);
    for record in [young(), old(), aged(9 * DAY), unknown()] {
        check(&[
            (said.clone(), Some(of_app("PlatformCLI", record.clone())), 0, 0, Never(Code::AppMismatch)),
            (said.clone(), Some(of_app("3MVG9theirs", record)), 0, 0, Never(Code::AppMismatch)),
        ]);
    }
    check(&[
        // The app alone ends nothing: where there is no answer, there is no mismatch.
        (NoAnswer(UnavailableKind::Gone), Some(of_app("PlatformCLI", old())), 0, 9, Again(Code::Unreachable)),
        (Http(503), Some(of_app("3MVG9theirs", young())), 0, 9, Again(Code::Unreachable)),
        (Http(429), Some(of_app("PlatformCLI", young())), 0, 9, Again(Code::Throttled)),
    ]);
}

#[test]
fn what_gives_no_answer_is_asked_again_wherever_it_is() {
    let mut rows = Vec::new();
    let texts = [
        Says("unknown_error", "retry your request"),
        Says("unknown_error", ""),
        Says("invalid_grant", "Please Retry Your Request"),
        Says("temporarily_unavailable", ""),
        Says("server_error", "boom"),
        Says("invalid_grant", "Data Not Available"),
    ];
    let statuses = [408, 420, 500, 502, 503, 504, 599, 300, 301, 302, 303, 307, 308, 200, 204, 400, 401, 403, 404];
    let broken = [UnavailableKind::Gone, UnavailableKind::Proxy, UnavailableKind::Other];
    for said in texts.into_iter().chain(statuses.map(Http)).chain(broken.map(NoAnswer)) {
        for record in [None, Some(young()), Some(old()), Some(aged(9 * DAY)), Some(unknown())] {
            rows.push((said.clone(), record, 9 * HOUR, 99, Again(Code::Unreachable)));
        }
    }
    check(&rows);
}

#[test]
fn a_429_is_asked_again_even_at_an_expired_org() {
    for record in [None, Some(young()), Some(old()), Some(unknown()), Some(expired())] {
        check(&[(Http(429), record, 9 * HOUR, 99, Again(Code::Throttled))]);
    }
}

#[test]
fn a_limit_that_passes_by_itself_is_waited_out() {
    let limits = [
        Says("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."),
        Says("SERVER_UNAVAILABLE", ""),
        NoAnswer(UnavailableKind::Busy),
    ];
    for said in limits {
        for record in [None, Some(young()), Some(old()), Some(unknown()), Some(expired())] {
            check(&[(said.clone(), record, 9 * HOUR, 99, Again(Code::Throttled))]);
        }
    }
}

#[test]
fn a_proxy_that_refuses_is_final_at_once() {
    let said = NoAnswer(UnavailableKind::ProxyRefused);
    for record in [None, Some(young()), Some(old()), Some(expired())] {
        check(&[(said.clone(), record, 0, 1, Never(Code::ProxyRefused))]);
    }
}

#[test]
fn a_query_that_the_hub_refuses_is_final_with_a_hint_of_its_own() {
    let client_id = ClientId::new(OURS).unwrap();
    for (status, error, words, code, hint) in [
        (400, "INVALID_TYPE", "sObject type 'ScratchOrgInfo' is not supported.", Code::NotADevHub, "enable Dev Hub"),
        (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", Code::ApiLimit, "24 hours"),
        (404, "NOT_FOUND", "The requested resource does not exist", Code::QueryRejected, "--api-version"),
        (401, "INVALID_SESSION_ID", "Session expired or invalid", Code::QueryRejected, "scope"),
        (400, "INVALID_FIELD", "No such column 'X'", Code::QueryRejected, "read access"),
        (400, "MALFORMED_QUERY", "unexpected token", Code::QueryRejected, "read access"),
    ] {
        let cause = on_query_refused(&ErrorResponse::of_api(status, error, words), &context(None, &client_id));
        assert_eq!((cause.code, cause.retryable, cause.error.as_deref()), (code, false, Some(error)));
        assert!(cause.hint.contains(hint), "{error}: {}", cause.hint);
    }
}

#[test]
fn a_readiness_query_that_is_refused_says_what_to_mend() {
    let client_id = ClientId::new(OURS).unwrap();
    let record = old();
    for (status, error, code, hint) in [
        (401, "INVALID_SESSION_ID", Code::Rejected, "scope"),
        (404, "NOT_FOUND", Code::Rejected, "--api-version"),
        (403, "REQUEST_LIMIT_EXCEEDED", Code::ApiLimit, "24 hours"),
        (403, "API_DISABLED_FOR_ORG", Code::Rejected, "API Enabled"),
        (400, "INVALID_TYPE", Code::Rejected, "API Enabled"),
    ] {
        let at = VerdictContext { refused_tokens: 2, logged_in: true, ..context(Some(&record), &client_id) };
        let verdict = on_check_refused(&ErrorResponse::of_api(status, error, "x"), &at);
        assert_eq!(verdict.cause().code, code);
        assert!(verdict.cause().hint.contains(hint), "{error}: {}", verdict.cause().hint);
    }
}

#[test]
fn what_this_machine_could_not_send_says_nothing_about_the_org() {
    let said = NoAnswer(UnavailableKind::Local);
    for record in [None, Some(young()), Some(old()), Some(expired())] {
        check(&[(said.clone(), record, 0, 99, Again(Code::NotTried))]);
    }
}

#[test]
fn codes_that_may_settle_have_sixty_seconds_at_young_orgs_and_none_elsewhere() {
    let settling = [
        (Says("app_not_found", "x"), Code::AppNotInstalled),
        (Says("invalid_grant", "External client app is not installed in this org"), Code::AppNotInstalled),
        (Says("invalid_app_access", "user is not admin approved to access this app"), Code::AppAccessDenied),
        (Says("invalid_app_acess", ""), Code::AppAccessDenied),
        (Says("invalid_grant", "user is Not Admin Approved"), Code::AppAccessDenied),
        (
            Says(
                "invalid_request",
                "refresh_token scope is required and the connected app should be installed and preauthorized",
            ),
            Code::AppAccessDenied,
        ),
        (Says("invalid_request", "the app must be pre-authorized"), Code::AppAccessDenied),
        (Says("invalid_client_id", "client identifier invalid"), Code::InvalidClient),
        (Says("invalid_client", "invalid client credentials"), Code::InvalidClient),
        (Says("invalid_client_credentials", ""), Code::InvalidClient),
        (Says("INVALID_CLIENT", ""), Code::InvalidClient),
        (Says("invalid_grant", "invalid assertion"), Code::InvalidAssertion),
        (Says("invalid_grant", "audience is invalid"), Code::AudienceRejected),
        (Says("invalid_grant", "Audience validation failed"), Code::AudienceRejected),
    ];
    for (said, code) in settling {
        check(&[
            (said.clone(), None, 0, 0, Never(code)),
            (said.clone(), Some(young()), 0, 0, Again(code)),
            (said.clone(), Some(young()), 59, 0, Again(code)),
            (said.clone(), Some(young()), 60, 0, Never(code)),
            (said.clone(), Some(aged(15 * MINUTE - 1)), 0, 0, Again(code)),
            (said.clone(), Some(aged(15 * MINUTE)), 0, 0, Never(code)),
            (said.clone(), Some(old()), 0, 0, Never(code)),
            (said.clone(), Some(aged(9 * DAY)), 0, 0, Never(code)),
            // An age that cannot be read is never a reason to give up sooner.
            (said.clone(), Some(unknown()), 0, 0, Again(code)),
            (said.clone(), Some(unknown()), 59, 0, Again(code)),
            (said.clone(), Some(unknown()), 60, 0, Never(code)),
            // Another app's key will not settle into ours.
            (said, Some(of_app("PlatformCLI", young())), 0, 0, Never(code)),
        ]);
    }
}

#[test]
fn other_refusals_are_final_at_once_even_at_a_young_org() {
    let finals = [
        (Says("invalid_grant", "login rate exceeded"), Code::LoginRateExceeded),
        (Says("rate_limit_exceeded", ""), Code::LoginRateExceeded),
        (Says("LOGIN_RATE_EXCEEDED", ""), Code::LoginRateExceeded),
        (Says("invalid_grant", "inactive user"), Code::InactiveUser),
        (Says("inactive_user", ""), Code::InactiveUser),
        (Says("inactive_org", "x"), Code::InactiveUser),
        (Says("invalid_grant", "inactive org"), Code::InactiveUser),
        (Says("invalid_grant", "user is locked."), Code::InactiveUser),
        (Says("invalid_grant", "ip restricted"), Code::IpRestricted),
        (Says("invalid_grant", "expired authorization code"), Code::ClockSkew),
        (Says("invalid_grant", "authentication failure"), Code::Rejected),
        (Says("unsupported_grant_type", "grant type not supported"), Code::Rejected),
        (Says("invalid_grant", "the request was blocked"), Code::Rejected),
        (Says("invalid_request", "no"), Code::Rejected),
        (Says("too many scopes requested", ""), Code::Rejected),
        (Says("", ""), Code::Rejected),
        (NoAnswer(UnavailableKind::Tls), Code::TlsFailed),
        (NoAnswer(UnavailableKind::Tls), Code::TlsFailed),
    ];
    for (said, code) in finals {
        for record in [None, Some(young()), Some(old()), Some(unknown())] {
            check(&[(said.clone(), record, 0, 0, Never(code))]);
        }
    }
}

#[test]
fn an_expired_org_is_gone_at_its_first_answer_or_after_three_attempts_without_one() {
    let answers = [
        Says("invalid_grant", NOT_APPROVED),
        Says("invalid_client_id", "client identifier invalid"),
        Says("invalid_grant", "audience is invalid"),
        Says("invalid_grant", "inactive org"),
        Says("what_is_this", "never seen"),
        Http(420),
        NoAnswer(UnavailableKind::Gone),
        NoAnswer(UnavailableKind::Gone),
    ];
    for said in answers {
        check(&[(said, Some(expired()), 0, 1, Never(Code::Expired))]);
    }
    // A proxy that is down was asked, and not the org.
    let down = NoAnswer(UnavailableKind::Proxy);
    check(&[(down, Some(expired()), 0, 9, Again(Code::Unreachable))]);
    for said in [Http(503), NoAnswer(UnavailableKind::Other), Says("unknown_error", "retry your request")] {
        check(&[
            (said.clone(), Some(expired()), 0, 1, Again(Code::Unreachable)),
            (said.clone(), Some(expired()), 0, 2, Again(Code::Unreachable)),
            (said.clone(), Some(expired()), 0, 3, Never(Code::Expired)),
            (said, Some(of_app("PlatformCLI", expired())), 0, 3, Never(Code::Expired)),
        ]);
    }
}

#[test]
fn expired_is_what_expired_before_yesterday() {
    let said = Says("invalid_grant", NOT_APPROVED);
    check(&[
        (said.clone(), Some(expiring("2026-11-21")), 0, 1, Never(Code::Expired)),
        (said.clone(), Some(expiring("2026-11-22")), 60, 1, Never(Code::NotApproved)),
        (said.clone(), Some(expiring("2026-11-23")), 60, 1, Never(Code::NotApproved)),
        (Http(420), Some(expiring("2026-11-22")), 0, 9, Again(Code::Unreachable)),
    ]);
}

#[test]
fn an_org_that_gave_a_token_is_not_expired() {
    let (client_id, record) = (ClientId::new(OURS).unwrap(), expired());
    let at = VerdictContext { unanswered: 9, logged_in: true, ..context(Some(&record), &client_id) };
    let unavailable = Unavailability::new(UnavailableKind::Gone, "");
    assert_eq!(on_unavailable(&unavailable, &at).cause().code, Code::Unreachable);
}

#[test]
fn a_token_that_the_org_refuses_is_replaced_once_and_at_a_young_org_for_a_minute() {
    let session = "Session expired or invalid";
    check(&[
        (Check(401, session, 1), Some(old()), 0, 0, Again(Code::Rejected)),
        (Check(401, session, 2), Some(old()), 0, 0, Never(Code::Rejected)),
        // However long the org was doubted for another reason before it gave the token.
        (Check(401, session, 1), Some(aged(2 * DAY)), 90, 0, Again(Code::Rejected)),
        (Check(401, session, 9), Some(young()), 59, 0, Again(Code::Rejected)),
        (Check(401, session, 9), Some(young()), 60, 0, Never(Code::Rejected)),
        (Check(401, session, 9), Some(unknown()), 59, 0, Again(Code::Rejected)),
        (
            Check(401, "This session is not valid for use with the REST API", 1),
            Some(young()),
            0,
            0,
            Never(Code::Rejected),
        ),
        (
            Check(403, "The REST API is not enabled for this Organization.", 1),
            Some(young()),
            0,
            0,
            Never(Code::Rejected),
        ),
        (Check(404, "The requested resource does not exist", 1), Some(old()), 0, 0, Never(Code::Rejected)),
    ]);
}

#[test]
fn the_record_decides_alone_where_it_is_certain() {
    let of = |status: Option<Status>, login_url: Option<&str>| ScratchOrgInfo {
        status,
        login_url: login_url.map(str::to_owned),
        error_code: Some("C-1016".to_owned()),
        ..old()
    };
    let url = Some("https://x.scratch.my.salesforce.com");
    let decided = |record: &ScratchOrgInfo| match on_record(record, "hub") {
        RecordVerdict::Ask => None,
        RecordVerdict::Creating(cause) => Some(Again(cause.code)),
        RecordVerdict::Never(cause) => Some(Never(cause.code)),
    };
    for (status, login_url, expected) in [
        (Some(Status::New), None, Some(Again(Code::Creating))),
        (Some(Status::Creating), None, Some(Again(Code::Creating))),
        (Some(Status::Creating), url, Some(Again(Code::Creating))),
        (Some(Status::Active), None, Some(Again(Code::Creating))),
        (Some(Status::Active), url, None),
        (Some(Status::Error), None, Some(Never(Code::SignupFailed))),
        (Some(Status::Error), url, Some(Never(Code::SignupFailed))),
        (Some(Status::Deleted), url, Some(Never(Code::Deleted))),
        // A status that cannot be read is no reason against asking.
        (None, url, None),
        (None, None, Some(Again(Code::Creating))),
    ] {
        assert_eq!(decided(&of(status, login_url)), expected, "{status:?} {login_url:?}");
    }
    // The strong hints leave the decision to the org.
    for record in [expired(), of_app("PlatformCLI", young()), unknown()] {
        assert_eq!(decided(&record), None);
    }
    let RecordVerdict::Never(cause) = on_record(&of(Some(Status::Error), None), "hub") else { panic!() };
    assert_eq!((cause.error.as_deref(), cause.retryable), (Some("C-1016"), false));
    assert!(cause.description.unwrap().contains("connected app"));
}

#[test]
fn clock_skew_tells_the_difference_in_seconds() {
    let client_id = ClientId::new(OURS).unwrap();
    let record = young();
    let at = context(Some(&record), &client_id);
    for (date, words) in [
        ("Mon, 23 Nov 2026 11:50:00 GMT", "600 s ahead of"),
        ("Mon, 23 Nov 2026 12:05:07 GMT", "307 s behind"),
        ("gibberish", "did not tell its time"),
    ] {
        let body = br#"{"error":"invalid_grant","error_description":"expired authorization code"}"#;
        let answer = Answer { status: 400, date: Some(date.to_owned()), body: body.to_vec(), ..Answer::default() };
        let Response::Refused(refusal) = response::of_token_endpoint(&answer, now()) else { panic!() };
        let verdict = on_refusal(&refusal, &at);
        assert_eq!(verdict.cause().code, Code::ClockSkew);
        assert!(verdict.cause().hint.contains(words), "{}", verdict.cause().hint);
    }
}
