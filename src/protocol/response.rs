//! What an HTTP answer holds: what was asked for, a refusal in the server's words, or nothing that can be used.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::model::org::OrgId;
use crate::model::token::AccessToken;
use crate::model::untrusted::{self, DESCRIPTION_MAX, sanitize_line};
use crate::protocol::transport::{Answer, TransportError};

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
    /// The same, without any part of a secret that was sent and that the server repeats.
    #[must_use]
    pub fn redact_known(self, secret: &str) -> Self {
        let hide = |text: String| untrusted::redact_known(&text, secret);
        match self {
            Self::Success(good) => Self::Success(good),
            Self::Refused(ErrorResponse { status, error, description, server_time }) => {
                Self::Refused(ErrorResponse { status, error: hide(error), description: hide(description), server_time })
            }
            Self::Unavailable(Unavailability { kind, description, retry_after }) => {
                Self::Unavailable(Unavailability { kind, description: hide(description), retry_after })
            }
        }
    }
}

/// A refusal in the server's own words, bounded and safe to print.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ErrorResponse {
    /// The HTTP status.
    pub status: u16,
    /// OAuth's `error`, or the API's `errorCode`.
    pub error: String,
    /// OAuth's `error_description`, or the API's `message`.
    pub description: String,
    /// The server's clock, where it told.
    pub server_time: Option<Timestamp>,
}

/// No answer that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unavailability {
    /// Which kind.
    pub kind: UnavailableKind,
    /// What was seen, safe to print.
    pub description: String,
    /// How long the server wants to be left alone.
    pub retry_after: Option<Duration>,
}

/// Kinds of silence that mean different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnavailableKind {
    /// The host's name is not known, nobody listens there, or Salesforce's edge has no route to it (420): where an org
    /// is long expired, that is an answer.
    Gone,
    /// 429.
    Throttled,
    /// The host's certificate is not accepted.
    Tls,
    /// This process could not even ask.
    Local,
    /// Anything else that can pass: broken connections, time limits, 5xx, redirects, pages instead of JSON.
    Other,
}

impl Unavailability {
    pub(crate) fn new(kind: UnavailableKind, description: impl Into<String>) -> Self {
        Self { kind, description: description.into(), retry_after: None }
    }
}

impl From<TransportError> for Unavailability {
    fn from(error: TransportError) -> Self {
        let kind = match &error {
            TransportError::Dns(_) | TransportError::Refused(_) => UnavailableKind::Gone,
            TransportError::Tls(_) => UnavailableKind::Tls,
            TransportError::Local(_) => UnavailableKind::Local,
            _ => UnavailableKind::Other,
        };
        Self::new(kind, sanitize_line(&error.to_string(), DESCRIPTION_MAX))
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
/// them. Everything else (pages of the edge, of maintenance, of "Data Not Available") is silence.
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

    if let Some(silence) = silence_of_status(answer, now) {
        return Response::Unavailable(silence);
    }
    if let Ok(failure) = serde_json::from_slice::<Failure>(&answer.body) {
        return Response::Refused(refusal(
            answer,
            &failure.error,
            failure.error_description.as_str().unwrap_or_default(),
        ));
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
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Failure {
        #[serde(default)]
        message: Value,
        error_code: String,
    }

    if let Some(silence) = silence_of_status(answer, now) {
        return Response::Unavailable(silence);
    }
    if answer.status == 200 {
        return match serde_json::from_slice(&answer.body) {
            Ok(good) => Response::Success(good),
            Err(_) => Response::Unavailable(unreadable(answer)),
        };
    }
    match serde_json::from_slice::<Vec<Failure>>(&answer.body).as_deref() {
        Ok([failure, ..]) => {
            // Before its words the API repeats the query and marks the place in it.
            let message = failure.message.as_str().unwrap_or_default();
            let words = message
                .rsplit_once("ERROR at Row:")
                .map_or(message, |(_, words)| words.split_once('\n').map_or(words, |(_place, words)| words));
            Response::Refused(refusal(answer, &failure.error_code, words))
        }
        _ if answer.status == 401 => Response::Refused(refusal(answer, "INVALID_SESSION_ID", "HTTP 401")),
        _ => Response::Unavailable(unreadable(answer)),
    }
}

fn refusal(answer: &Answer, error: &str, description: &str) -> ErrorResponse {
    ErrorResponse {
        status: answer.status,
        error: sanitize_line(error, 80),
        description: sanitize_line(description, DESCRIPTION_MAX),
        server_time: answer.date.as_deref().and_then(http_date),
    }
}

/// Statuses that say that there is no answer, whatever the body.
fn silence_of_status(answer: &Answer, now: Timestamp) -> Option<Unavailability> {
    let (kind, words) = match answer.status {
        420 => (UnavailableKind::Gone, "HTTP 420: the org is not ready for requests, or is no longer there"),
        429 => (UnavailableKind::Throttled, "HTTP 429: too many requests"),
        408 => (UnavailableKind::Other, "HTTP 408: the server waited too long for the request"),
        300..=399 => (UnavailableKind::Other, "a redirect, which is not followed with a secret"),
        500..=599 => (UnavailableKind::Other, "a server error"),
        _ => return None,
    };
    let description = match answer.status {
        300..=399 | 500..=599 => format!("HTTP {}: {words}{}", answer.status, quoted(&answer.body)),
        _ => words.to_owned(),
    };
    let retry_after = answer.retry_after.as_deref().and_then(|text| retry_after(text, now));
    Some(Unavailability { kind, description, retry_after })
}

fn unreadable(answer: &Answer) -> Unavailability {
    let description = if contains(&answer.body, "data not available") {
        // https://help.salesforce.com: the page of an org that is not ready yet; "This error is probably temporary."
        format!("HTTP {}: Data Not Available", answer.status)
    } else {
        format!("HTTP {} with an answer that is not what it should be{}", answer.status, quoted(&answer.body))
    };
    Unavailability::new(UnavailableKind::Other, description)
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
    use super::*;

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
    fn what_is_not_an_answer_is_silence() {
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
            let Response::Unavailable(silence) = of_token_endpoint(&answer(status, body), now()) else {
                panic!("{status} {body}")
            };
            assert_eq!(silence.kind, UnavailableKind::Other, "{status} {body}");
        }
        let Response::Unavailable(silence) = of_token_endpoint(&answer(420, "<!DOCTYPE HTML>"), now()) else {
            panic!("420")
        };
        assert_eq!(silence.kind, UnavailableKind::Gone);
        assert!(matches!(of_token_endpoint(&answer(200, "\u{fffd}"), now()), Response::Unavailable(_)));
    }

    #[test]
    fn a_page_is_quoted_short_and_a_json_body_never() {
        let Response::Unavailable(silence) = of_token_endpoint(&answer(503, "<h1>\u{1b}[2JDown</h1>"), now()) else {
            panic!()
        };
        assert_eq!(silence.description, "HTTP 503: a server error (\"<h1>[2JDown</h1>\")");
        let Response::Unavailable(silence) = of_token_endpoint(&answer(500, r#"{"access_token":"00Dsecret"}"#), now())
        else {
            panic!()
        };
        assert!(!silence.description.contains("secret"));
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
}
