//! What an HTTP answer holds: what was asked for, a refusal in the server's words, or nothing that can be used.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::model::org::OrgId;
use crate::model::token::AccessToken;
use crate::model::untrusted::{self, sanitize_line};
use crate::protocol::error_response::{ERROR_MAX, ErrorResponse, asks_to_retry, is_passing_limit};
use crate::protocol::transport::{Answer, Unavailability, UnavailableKind};

/// Longest access token that is taken. JWT-based ones have 1 to 2 KB, opaque ones about 110 bytes.
const TOKEN_MAX: usize = 16 * 1024;

/// Longest `Retry-After` that is told apart from for ever: it lies behind every deadline.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(7 * 24 * 3600);

/// The outcome of one request.
#[derive(Debug)]
pub enum Response<T> {
    /// What was asked for.
    Success(T),
    /// The server understood, and refused.
    Refused(ErrorResponse),
    /// No answer that can be used.
    Unavailable(Unavailability),
}

impl<T> Response<T> {
    /// What came of a request to this host: what is read in the answer, without any part of the secret that was sent.
    pub(crate) fn of(
        answered: Result<Answer, Unavailability>,
        (request, host): (impl fmt::Display, &str),
        secret: &str,
        read: impl FnOnce(&Answer) -> Self,
    ) -> Self {
        match answered {
            Ok(answer) => {
                tracing::debug!(host, %request, status = answer.status, "answered");
                read(&answer).redact_known(secret)
            }
            Err(error) => {
                tracing::debug!(host, %request, %error, "not answered");
                Self::Unavailable(error)
            }
        }
    }

    /// The same, with another value where it is one.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Response<U> {
        self.and_then(|good| Response::Success(change(good)))
    }

    /// The same; where it is a value, what is made of that.
    pub fn and_then<U>(self, go_on: impl FnOnce(T) -> Response<U>) -> Response<U> {
        match self {
            Self::Success(good) => go_on(good),
            Self::Refused(refusal) => Response::Refused(refusal),
            Self::Unavailable(unavailable) => Response::Unavailable(unavailable),
        }
    }

    /// The same, without any part of a secret that was sent and that the server repeats.
    #[must_use]
    pub fn redact_known(self, secret: &str) -> Self {
        let hide = |text: String| untrusted::redact_known(&text, secret);
        match self {
            Self::Success(good) => Self::Success(good),
            Self::Refused(refusal) => Self::Refused(ErrorResponse {
                error: hide(refusal.error),
                description: hide(refusal.description),
                ..refusal
            }),
            Self::Unavailable(unavailable) => Self::Unavailable(Unavailability {
                error: unavailable.error.map(&hide),
                description: hide(unavailable.description),
                ..unavailable
            }),
        }
    }
}

/// What a login gave.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The access token.
    pub token: AccessToken,
    /// `instance_url` as the server wrote it: not checked yet.
    pub instance_url: String,
    /// The org of the identity URL (`https://login.salesforce.com/id/<org>/<user>`).
    pub org_id: Option<OrgId>,
}

/// Reads the answer of the token endpoint.
///
/// Success and refusals are JSON; the status does not matter where a refusal is JSON, as 400 stands for nearly all of
/// them. Everything else (pages of the edge, of maintenance, of "Data Not Available") is no answer.
pub fn of_token_endpoint(answer: &Answer, now: Timestamp) -> Response<Grant> {
    #[derive(Deserialize)]
    struct Success {
        access_token: String,
        instance_url: String,
        id: Option<String>,
    }
    #[derive(Deserialize)]
    struct Failure {
        error: String,
        /// Text, one hopes.
        #[serde(default)]
        error_description: Value,
    }

    if let Some(unavailable) = of_status(answer, now) {
        return Response::Unavailable(unavailable);
    }
    if let Ok(Failure { error, error_description }) = serde_json::from_slice(&answer.body) {
        let words = error_description.as_str().unwrap_or_default();
        if is_passing_limit(&error, words) {
            return Response::Unavailable(named(UnavailableKind::Busy, answer, &error, words, now));
        }
        if asks_to_retry(&error, words) {
            return Response::Unavailable(named(UnavailableKind::Other, answer, &error, words, now));
        }
        let refusal = ErrorResponse::of_token_endpoint(answer.status, &error, words);
        return Response::Refused(dated(refusal, answer));
    }
    if answer.status == 200
        && let Ok(success) = serde_json::from_slice::<Success>(&answer.body)
        && is_token(&success.access_token)
    {
        return Response::Success(Grant {
            token: AccessToken::new(success.access_token),
            instance_url: success.instance_url,
            org_id: success.id.as_deref().and_then(org_of_identity_url),
        });
    }
    Response::Unavailable(unreadable(answer))
}

/// Reads an answer of the REST API: `T`, or `[{"message": …, "errorCode": …}]`.
pub fn of_rest<T: DeserializeOwned>(answer: &Answer, now: Timestamp) -> Response<T> {
    // 201: what was sent was taken, and is told.
    if matches!(answer.status, 200 | 201) {
        return match serde_json::from_slice(&answer.body) {
            Ok(good) => Response::Success(good),
            Err(_) => Response::Unavailable(unreadable(answer)),
        };
    }
    not_done(answer, now)
}

/// Reads an answer of the REST API to a change, of which nothing is told where it was made.
pub fn of_change(answer: &Answer, now: Timestamp) -> Response<()> {
    if matches!(answer.status, 200..=299) { Response::Success(()) } else { not_done(answer, now) }
}

/// Reads an answer of the REST API that is no success.
fn not_done<T>(answer: &Answer, now: Timestamp) -> Response<T> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Failure {
        #[serde(default)]
        message: Value,
        error_code: String,
    }

    impl Failure {
        /// Before its words the API repeats the query and marks the place in it.
        fn words(&self) -> &str {
            let message = self.message.as_str().unwrap_or_default();
            message
                .rsplit_once("ERROR at Row:")
                .map_or(message, |(_, words)| words.split_once('\n').map_or(words, |(_place, words)| words))
        }
    }

    let failures = serde_json::from_slice::<Vec<Failure>>(&answer.body).unwrap_or_default();
    let failure = failures.first().map(|failure| (failure.error_code.as_str(), failure.words()));
    // A 503 may say which limit it is; a 429 is told apart, as it slows the whole batch down.
    let limit = failure.filter(|(error, words)| answer.status != 429 && is_passing_limit(error, words));
    if let Some((error, words)) = limit {
        return Response::Unavailable(named(UnavailableKind::Busy, answer, error, words, now));
    }
    if let Some(unavailable) = of_status(answer, now) {
        return Response::Unavailable(unavailable);
    }
    match failure {
        Some((error, words)) => Response::Refused(dated(ErrorResponse::of_api(answer.status, error, words), answer)),
        None if answer.status == 401 => {
            Response::Refused(dated(ErrorResponse::of_api(401, "INVALID_SESSION_ID", "HTTP 401"), answer))
        }
        None => Response::Unavailable(unreadable(answer)),
    }
}

fn dated(refusal: ErrorResponse, answer: &Answer) -> ErrorResponse {
    ErrorResponse { server_time: answer.date.as_deref().and_then(http_date), ..refusal }
}

/// What passes, as a status or the words of a refusal say.
fn named(kind: UnavailableKind, answer: &Answer, error: &str, words: &str, now: Timestamp) -> Unavailability {
    Unavailability {
        error: Some(sanitize_line(error, ERROR_MAX)).filter(|error| !error.is_empty()),
        retry_after: answer.retry_after.as_deref().and_then(|text| retry_after(text, now)),
        ..Unavailability::new(kind, words)
    }
}

/// Statuses that say that there is no answer, whatever the body.
fn of_status(answer: &Answer, now: Timestamp) -> Option<Unavailability> {
    let page = || quoted(&answer.body);
    let (kind, words) = match answer.status {
        420 => (UnavailableKind::Gone, "the org is not ready for requests, or is no longer there".to_owned()),
        429 => (UnavailableKind::Throttled, "too many requests".to_owned()),
        408 => (UnavailableKind::Other, "the server waited too long for the request".to_owned()),
        300..=399 => (UnavailableKind::Other, "a redirect, which is not followed with a secret".to_owned() + &page()),
        500..=599 => (UnavailableKind::Other, "a server error".to_owned() + &page()),
        _ => return None,
    };
    Some(named(kind, answer, "", &format!("HTTP {}: {words}", answer.status), now))
}

fn unreadable(answer: &Answer) -> Unavailability {
    let description = if contains(&answer.body, "data not available") {
        // https://help.salesforce.com: the page of an org that is not ready yet; "This error is probably temporary."
        format!("HTTP {}: Data Not Available", answer.status)
    } else {
        format!("HTTP {} with an answer that is not what it should be{}", answer.status, quoted(&answer.body))
    };
    Unavailability::new(UnavailableKind::Other, &description)
}

/// The beginning of a page. Anything else is not quoted: it could be half an answer that holds a token.
fn quoted(body: &[u8]) -> String {
    let text = sanitize_line(&String::from_utf8_lossy(&body[..body.len().min(400)]), 100);
    if text.starts_with('<') { format!(" (\"{text}\")") } else { String::new() }
}

fn contains(body: &[u8], words: &str) -> bool {
    body.windows(words.len()).take(100_000).any(|window| window.eq_ignore_ascii_case(words.as_bytes()))
}

/// A token goes into a header: it is visible ASCII, and not without end.
fn is_token(text: &str) -> bool {
    (1..=TOKEN_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The org's id is the last but one segment of the identity URL (`parseIdUrl`, `authInfo.ts` L187-197 of sfdx-core).
fn org_of_identity_url(id: &str) -> Option<OrgId> {
    let mut segments = id.trim_end_matches('/').rsplit('/');
    segments.next()?;
    OrgId::new(segments.next()?).ok()
}

/// `Retry-After`: seconds, or a date. Anything else does not count.
fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => RETRY_AFTER_MAX,
        Err(_) => Duration::try_from(http_date(text)?.duration_since(now)).unwrap_or_default(),
    };
    Some(wait.min(RETRY_AFTER_MAX))
}

/// A date as HTTP writes it: `Wed, 21 Oct 2026 07:28:00 GMT`.
pub fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;
    use crate::model::cause::CauseCode;
    use crate::protocol::error_response::RefusalKind;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, body: body.as_bytes().to_vec(), ..Answer::default() }
    }

    fn now() -> Timestamp {
        "2026-10-21T07:28:00Z".parse().unwrap()
    }

    #[test]
    fn a_token_is_taken_with_the_org_of_its_identity_url() {
        let body = r#"{"access_token":"00D000000000001!AQ","instance_url":"https://x.my.salesforce.com",
            "id":"https://login.salesforce.com/id/00D000000000001EAA/005000000000001AAA","token_type":"Bearer"}"#;
        let Response::Success(grant) = of_token_endpoint(&answer(200, body), now()) else { panic!("no token") };
        assert_eq!(grant.token.expose(), "00D000000000001!AQ");
        assert_eq!(grant.org_id.unwrap().to_string(), "00D000000000001EAA");
    }

    #[test]
    fn a_refusal_is_read_whatever_its_status() {
        for status in [200, 400, 401, 403, 404] {
            let body = r#"{"error":"invalid_grant","error_description":"user hasn't approved this consumer"}"#;
            let Response::Refused(refusal) = of_token_endpoint(&answer(status, body), now()) else {
                panic!("{status}")
            };
            assert_eq!(refusal.error, "invalid_grant");
            assert_eq!(refusal.description, "user hasn't approved this consumer");
        }
    }

    #[test]
    fn what_is_not_an_answer_is_none() {
        let json = r#"{"error":"invalid_grant","error_description":"x"}"#;
        for (status, body) in [
            (200, "<html>Data Not Available</html>"),
            (200, "{}"),
            (200, r#"{"access_token":"a b","instance_url":"https://x"}"#),
            (200, r#"{"access_token":"","instance_url":"https://x"}"#),
            (200, ""),
            (400, "<html>"),
            (404, "[]"),
            (302, json),
            (408, json),
            (500, json),
            (503, "<html>"),
        ] {
            let Response::Unavailable(unavailable) = of_token_endpoint(&answer(status, body), now()) else {
                panic!("{status} {body}")
            };
            assert_eq!(unavailable.kind, UnavailableKind::Other, "{status} {body}");
        }
        let Response::Unavailable(unavailable) = of_token_endpoint(&answer(420, "<!DOCTYPE HTML>"), now()) else {
            panic!("420")
        };
        assert_eq!(unavailable.kind, UnavailableKind::Gone);
        assert!(matches!(of_token_endpoint(&answer(200, "\u{fffd}"), now()), Response::Unavailable(_)));
    }

    #[test]
    fn a_token_is_taken_up_to_sixteen_kilobytes() {
        for (length, is_taken) in [(1, true), (2_000, true), (16_384, true), (16_385, false)] {
            let body = format!(r#"{{"access_token":"{}","instance_url":"https://x"}}"#, "a".repeat(length));
            let response = of_token_endpoint(&answer(200, &body), now());
            assert_eq!(matches!(response, Response::Success(_)), is_taken, "{length}");
        }
    }

    /// The kind of what cannot be used, the code that was named, its words, and how long is to be waited.
    fn unavailable<T: fmt::Debug>(response: Response<T>) -> (UnavailableKind, Option<String>, String, Option<u64>) {
        let Response::Unavailable(Unavailability { kind, error, description, retry_after }) = response else {
            panic!("{response:?}")
        };
        (kind, error, description, retry_after.map(|wait| wait.as_secs()))
    }

    #[test]
    fn a_limit_that_passes_is_no_refusal_and_its_name_is_told() {
        for (status, code, words) in [
            (403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."),
            (400, "QUERY_TIMEOUT", "Your query request was running for too long."),
            (400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record"),
            (503, "SERVER_UNAVAILABLE", "The server is busy"),
        ] {
            let body = format!(r#"[{{"message":"{words}","errorCode":"{code}"}}]"#);
            let answer = Answer { retry_after: Some("7".to_owned()), ..answer(status, &body) };
            let expected = (UnavailableKind::Busy, Some(code.to_owned()), words.to_owned(), Some(7));
            assert_eq!(unavailable(of_rest::<Value>(&answer, now())), expected);
            let body = format!(r#"{{"error":"{code}","error_description":"{words}"}}"#);
            let answer = Answer { body: body.into(), status: 400, ..answer };
            assert_eq!(unavailable(of_token_endpoint(&answer, now())), expected);
        }
        let day = r#"[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#;
        let Response::Refused(refusal) = of_rest::<Value>(&answer(403, day), now()) else { panic!() };
        assert_eq!(refusal.kind, RefusalKind::Cause(CauseCode::ApiLimit));
        // A 429 is one for the whole batch, whatever it says.
        let busy = r#"[{"message":"ConcurrentRequests","errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#;
        assert_eq!(unavailable(of_rest::<Value>(&answer(429, busy), now())).0, UnavailableKind::Throttled);
        assert_eq!(unavailable(of_rest::<Value>(&answer(503, "[]"), now())).0, UnavailableKind::Other);
    }

    #[test]
    fn a_token_endpoint_that_asks_for_the_same_again_did_not_refuse() {
        let body = r#"{"error":"unknown_error","error_description":"retry your request"}"#;
        let expected =
            (UnavailableKind::Other, Some("unknown_error".to_owned()), "retry your request".to_owned(), None);
        assert_eq!(unavailable(of_token_endpoint(&answer(400, body), now())), expected);
    }

    #[test]
    fn a_secret_that_the_server_repeats_is_hidden_wherever_it_stands() {
        let secret = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIzTVZHOSJ9.c2lnbmF0dXJl";
        for error in ["invalid_grant", "server_error"] {
            for (error, words) in [(error, secret), (secret, error), (secret, "retry your request")] {
                let body = serde_json::json!({"error": error, "error_description": words}).to_string();
                let shown = format!("{:?}", of_token_endpoint(&answer(400, &body), now()).redact_known(secret));
                assert!(!shown.contains("eyJpc3Mi"), "{shown}");
            }
        }
    }

    #[test]
    fn only_what_a_host_left_without_an_answer_is_unanswered() {
        use UnavailableKind as Kind;
        assert!(Kind::Gone.is_unanswered() && Kind::Other.is_unanswered());
        for kind in [Kind::Throttled, Kind::Busy, Kind::Tls, Kind::Proxy, Kind::ProxyRefused, Kind::Local] {
            assert!(!kind.is_unanswered(), "{kind:?}");
        }
    }

    #[test]
    fn a_page_is_quoted_short_and_a_json_body_never() {
        let Response::Unavailable(unavailable) = of_token_endpoint(&answer(503, "<h1>\u{1b}[2JDown</h1>"), now())
        else {
            panic!()
        };
        assert_eq!(unavailable.description, "HTTP 503: a server error (\"<h1>[2JDown</h1>\")");
        let Response::Unavailable(unavailable) =
            of_token_endpoint(&answer(500, r#"{"access_token":"00Dsecret"}"#), now())
        else {
            panic!()
        };
        assert!(!unavailable.description.contains("secret"));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let cases = [
            ("3", Some(3)),
            (" 0 ", Some(0)),
            ("Wed, 21 Oct 2026 07:28:09 GMT", Some(9)),
            ("Wed, 21 Oct 2020 07:28:09 GMT", Some(0)),
            ("99999999999999999999999999", Some(7 * 24 * 3600)),
            ("-5", None),
            ("soon", None),
            ("", None),
        ];
        for (text, seconds) in cases {
            assert_eq!(retry_after(text, now()), seconds.map(Duration::from_secs), "{text:?}");
        }
    }

    #[test]
    fn the_api_names_its_refusals() {
        let body = r#"[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]"#;
        let Response::<serde_json::Value>::Refused(refusal) = of_rest(&answer(401, body), now()) else { panic!() };
        assert_eq!((refusal.error.as_str(), refusal.status), ("INVALID_SESSION_ID", 401));
        assert!(matches!(of_rest::<serde_json::Value>(&answer(401, ""), now()), Response::Refused(_)));
        assert!(matches!(of_rest::<serde_json::Value>(&answer(400, "<html>"), now()), Response::Unavailable(_)));
        assert!(matches!(of_rest::<Vec<u8>>(&answer(200, "<html>"), now()), Response::Unavailable(_)));
    }

    #[test]
    fn a_known_secret_is_hidden_in_code_and_words() {
        let secret = "what-does-not-look-like-one";
        let refusal = ErrorResponse {
            status: 400,
            error: format!("bad_{secret}"),
            description: format!("you sent {secret}"),
            server_time: None,
            kind: RefusalKind::NotApproved,
        };
        let Response::Refused(refusal) = Response::<()>::Refused(refusal).redact_known(secret) else { panic!() };
        assert_eq!((refusal.error.as_str(), refusal.description.as_str()), ("[hidden]", "you sent [hidden]"));
        let words = format!("HTTP 500 {secret}");
        let unavailable =
            Unavailability { error: Some(secret.to_owned()), ..Unavailability::new(UnavailableKind::Other, &words) };
        let Response::Unavailable(told) = Response::<()>::Unavailable(unavailable).redact_known(secret) else {
            panic!()
        };
        assert_eq!((told.error.as_deref(), told.description.as_str()), (Some("[hidden]"), "HTTP 500 [hidden]"));
    }

    #[test]
    fn words_are_found_in_a_body_whatever_their_case() {
        assert!(contains(b"<p>URL No Longer Exists</p>", "url no longer exists"));
        assert!(!contains(b"<p>URL exists</p>", "url no longer exists"));
        assert!(!contains(b"", "x"));
    }
}
