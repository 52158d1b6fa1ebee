//! The port to the network: three requests, and what can come back. [`crate::protocol::http`] is the real one.

use std::fmt;
use std::future::Future;

use crate::model::host::{InstanceUrl, LoginUrl};
use crate::model::token::{AccessToken, Assertion};

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
    ) -> impl Future<Output = Result<Answer, TransportError>> + Send;

    /// `GET` of a resource of the org's API, with its token.
    fn get(
        &self,
        instance_url: &InstanceUrl,
        path_and_query: &str,
        token: &AccessToken,
        connection: Connection,
    ) -> impl Future<Output = Result<Answer, TransportError>> + Send;

    /// Any other request to the org's API, with its token.
    fn send(
        &self,
        instance_url: &InstanceUrl,
        request: &ApiRequest,
        token: &AccessToken,
        connection: Connection,
    ) -> impl Future<Output = Result<Answer, TransportError>> + Send;
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

/// Why no whole answer came. Each says which part of the way failed; the text of the layers below is safe to print.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The name of the host could not be resolved.
    #[error("the host name could not be resolved: {0}")]
    Dns(String),
    /// Nobody listens there.
    #[error("the connection was refused: {0}")]
    Refused(String),
    /// The connection could not be made, or broke.
    #[error("the connection failed: {0}")]
    Connection(String),
    /// No whole answer within the time limit.
    #[error("no whole answer within {0} s")]
    Timeout(u64),
    /// The certificate of the host is not accepted.
    #[error("the certificate of the host is not accepted: {0}")]
    Tls(String),
    /// The proxy could not be reached.
    #[error("the proxy could not be reached: {0}")]
    Proxy(String),
    /// The proxy refuses us (407), or the host.
    #[error("the proxy refused: {0}")]
    ProxyRefused(String),
    /// The body ended early or could not be read.
    #[error("the answer was cut short: {0}")]
    Cut(String),
    /// The body is longer than [`BODY_MAX`].
    #[error("the answer is longer than {} bytes", BODY_MAX)]
    TooLong,
    /// The host named a page elsewhere on the way, or a resource that is not on it.
    #[error("the request would leave the host: {0}")]
    Elsewhere(String),
    /// This process has no more sockets, or no HTTP client could be built: not the host's fault.
    #[error("this machine cannot make the connection: {0}")]
    Local(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_cannot_be_printed() {
        let answer = Answer { status: 200, body: b"{\"access_token\":\"00D!secret\"}".to_vec(), ..Answer::default() };
        let shown = format!("{answer:?}");
        assert!(shown.contains("status: 200") && shown.contains("body: [29 bytes]"), "{shown}");
    }
}
