//! The real transport: HTTP/1.1 over reqwest. It never repeats a request and follows no redirect.

use std::time::Duration;

/// How requests are made.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// Most time for one request, from its start to the end of the answer's body.
    pub request_timeout: Duration,
    /// More trust roots, as PEM (any number of certificates), each with the place it came from for errors.
    pub extra_roots: Vec<(String, Vec<u8>)>,
    /// Whether `HTTPS_PROXY` and `NO_PROXY` count. The demo uses no proxy.
    pub use_proxy: bool,
}

/// Sends requests with reqwest.
#[derive(Debug)]
pub struct Http(());

impl Http {
    /// Prepares; the https client, which needs the system's trust roots, is built at the first https URL.
    pub fn new(_settings: HttpSettings) -> Result<Self, HttpError> {
        todo!()
    }
}

/// Why no HTTP client could be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// A file of trust roots holds no usable certificate.
    #[error("{place} holds no usable certificate: {reason}")]
    Roots {
        /// Where the certificates came from.
        place: String,
        /// What is wrong with them.
        reason: String,
    },
}

impl crate::transport::Transport for Http {
    async fn post_token(
        &self,
        _: &crate::host::LoginUrl,
        _: &crate::token::Assertion,
    ) -> Result<crate::transport::Answer, crate::transport::TransportError> {
        todo!()
    }

    async fn get(
        &self,
        _: &crate::host::InstanceUrl,
        _: &str,
        _: &crate::token::AccessToken,
        _: crate::transport::Connection,
    ) -> Result<crate::transport::Answer, crate::transport::TransportError> {
        todo!()
    }
}
