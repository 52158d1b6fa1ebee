//! The port to the network: three requests, and what can come back. [`crate::protocol::http`] is the real one.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use crate::model::host::{InstanceUrl, LoginUrl};
use crate::model::token::{AccessToken, Assertion};
use crate::model::untrusted::{DESCRIPTION_MAX, sanitize_line};

/// Longest answer that is read, in bytes. A page of 2,000 records with the fields that are asked for has about 1.2 MB.
pub const BODY_MAX: usize = 4 * 1024 * 1024;

/// Sends one request and brings one bounded answer. An implementation never repeats a request and follows no redirect:
/// what to do about an answer is decided elsewhere.
pub trait Transport: Send + Sync {
    /// `POST {login_url}/services/oauth2/token` with the JWT bearer grant and the assertion, and nothing else.
    fn post_token(
        &self,
        login_url: &LoginUrl,
        assertion: &Assertion,
    ) -> impl Future<Output = Result<Answer, Unavailability>> + Send;

    /// A request to the org's API, with its token.
    fn send(
        &self,
        instance_url: &InstanceUrl,
        request: &ApiRequest,
        token: &AccessToken,
        connection: Connection,
    ) -> impl Future<Output = Result<Answer, Unavailability>> + Send;
}

/// A request to an org's API, as a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiRequest {
    /// What is to be done.
    pub method: Method,
    /// Path and query.
    pub target: String,
    /// What is sent along.
    pub body: Option<Body>,
}

impl ApiRequest {
    /// A `GET`.
    pub fn get(target: String) -> Self {
        Self { method: Method::Get, target, body: None }
    }
}

/// What a request wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// To read.
    Get,
    /// To make.
    Post,
    /// To change.
    Patch,
    /// To remove.
    Delete,
}

/// What is sent along with a request. `Debug` shows its length alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Body {
    /// `Content-Type`.
    pub content_type: String,
    /// The body itself.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}, {} bytes]", self.content_type, self.bytes.len())
    }
}

/// What becomes of the connection after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// More requests to this host follow.
    Keep,
    /// This was the last one.
    Close,
}

/// An HTTP answer: its status, the headers that matter, a bounded body.
#[derive(Clone, Default)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// `Retry-After`, as sent.
    pub retry_after: Option<String>,
    /// `Date`, as sent.
    pub date: Option<String>,
    /// `Sforce-Limit-Info`, as sent: `api-usage=10018/100000`.
    pub limit_info: Option<String>,
    /// The body. It may hold a token: it is never logged, and `Debug` shows its length alone.
    pub body: Vec<u8>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, retry_after, date, limit_info, body } = self;
        f.debug_struct("Answer")
            .field("status", status)
            .field("retry_after", retry_after)
            .field("date", date)
            .field("limit_info", limit_info)
            .field("body", &format_args!("[{} bytes]", body.len()))
            .finish()
    }
}

/// No answer that can be used, and which part of the way failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{description}")]
pub struct Unavailability {
    /// Which kind.
    pub kind: UnavailableKind,
    /// OAuth's `error` or the API's `errorCode`, where a server named one.
    pub error: Option<String>,
    /// What was seen, safe to print.
    pub description: String,
    /// How long the server wants to be left alone.
    pub retry_after: Option<Duration>,
}

impl Unavailability {
    /// Of this kind, in these words.
    pub fn new(kind: UnavailableKind, description: &str) -> Self {
        Self { kind, error: None, description: sanitize_line(description, DESCRIPTION_MAX), retry_after: None }
    }
}

/// Kinds of it that mean different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnavailableKind {
    /// The host's name is not known, nobody listens there, or Salesforce's edge has no route to it (420): where an org
    /// is long expired, that is an answer.
    Gone,
    /// 429: whoever asks is to slow down.
    Throttled,
    /// A limit of the API that passes by itself, such as too many requests at once.
    Busy,
    /// The host's certificate is not accepted.
    Tls,
    /// The proxy could not be reached: the host was never asked.
    Proxy,
    /// The proxy refuses us (407), or the host.
    ProxyRefused,
    /// This process could not even ask: it has no more sockets, or no HTTP client could be built.
    Local,
    /// Anything else that can pass: broken connections, time limits, 5xx, redirects, pages instead of JSON.
    Other,
}

impl UnavailableKind {
    /// Whether the host was asked and left it without an answer. A limit is an answer, and what did not get as far as
    /// the host says nothing about it.
    pub fn is_unanswered(self) -> bool {
        matches!(self, Self::Gone | Self::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_hold_a_secret_shows_its_length_alone() {
        let body = Body { content_type: "application/zip".to_owned(), bytes: b"secret".to_vec() };
        assert_eq!(format!("{body:?}"), "[application/zip, 6 bytes]");
        let answer = Answer { status: 200, body: b"secret".to_vec(), ..Answer::default() };
        let shown = format!("{answer:?}");
        assert!(shown.contains("status: 200") && shown.contains("[6 bytes]") && !shown.contains("secret"), "{shown}");
    }
}
