//! A request, read completely.

use http_body_util::{BodyExt, Collected, Limited};
use hyper::Method;
use hyper::body::{Bytes, Incoming};
use hyper::header::HeaderMap;

use super::journal::RequestKind;
use super::scenario::Stage;

/// Longest body of a request: a deployment has up to 39 MB, in base64.
/// <https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/file_based_zip_file.htm>
const BODY_MAX: usize = 56 << 20;

/// Where in a SOAP message its operation is told at the latest.
const OPERATION_WITHIN: usize = 8192;

/// A request, read completely.
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) path: String,
    /// The part after `?`.
    pub(super) query: String,
    headers: HeaderMap,
    pub(super) body: Bytes,
    /// The port that it came to.
    pub(super) port: u16,
}

impl Request {
    /// Reads a request that came to `port`.
    pub(super) async fn read(request: hyper::Request<Incoming>, port: u16) -> Self {
        let (head, body) = request.into_parts();
        // A body that is too long, or whose sender went away, is as good as none.
        let body = Limited::new(body, BODY_MAX).collect().await.map(Collected::to_bytes).unwrap_or_default();
        Self {
            method: head.method,
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            headers: head.headers,
            body,
            port,
        }
    }

    /// A header's value; empty where there is none.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// A parameter of the URL.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let mut parameters = url::form_urlencoded::parse(self.query.as_bytes());
        parameters.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// The access token.
    pub(super) fn token(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization").split_once(' ')?;
        (scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("oauth")).then_some(token.trim())
    }

    /// The parts of its path.
    pub(super) fn segments(&self) -> Vec<&str> {
        self.path.trim_matches('/').split('/').collect()
    }

    /// What it asks for.
    pub(super) fn kind(&self) -> RequestKind {
        match self.segments().as_slice() {
            ["services", "oauth2", "token"] => RequestKind::Login,
            ["services", "oauth2", "userinfo" | "singleaccess"] | ["id", ..] => RequestKind::Identity,
            ["services", "data"] => RequestKind::Versions,
            ["services", "Soap", "m", ..] | ["services", "data", _, "metadata", ..] => RequestKind::Deploy,
            ["services", "data", _, "tooling", resource, ..] | ["services", "data", _, resource, ..] => match *resource
            {
                "query" => RequestKind::Query,
                "sobjects" => RequestKind::Record,
                _ => RequestKind::Other,
            },
            _ => RequestKind::Other,
        }
    }

    /// Where a fault can strike it.
    pub(super) fn stage(&self) -> Option<Stage> {
        Some(match (self.kind(), &self.method) {
            (RequestKind::Login, _) => Stage::Login,
            (RequestKind::Query, _) => Stage::Query,
            (RequestKind::Record, &Method::POST) if self.path.ends_with("/ScratchOrgInfo") => Stage::Signup,
            (RequestKind::Record, &Method::DELETE) => Stage::Delete,
            (RequestKind::Record, _) => Stage::Record,
            (RequestKind::Deploy, &Method::POST) if !self.asks_for_status() => Stage::Deploy,
            (RequestKind::Deploy, _) => Stage::DeployStatus,
            _ => return None,
        })
    }

    /// Whether it is a SOAP message that asks how a deployment is going. The operation stands behind the session, which is not
    /// that long; the package is no place to look in.
    fn asks_for_status(&self) -> bool {
        let head = &self.body[..self.body.len().min(OPERATION_WITHIN)];
        self.is_soap() && String::from_utf8_lossy(head).contains("<checkDeployStatus>")
    }

    /// Whether it is a message to the Metadata API by SOAP.
    pub(super) fn is_soap(&self) -> bool {
        self.path.starts_with("/services/Soap/")
    }

    /// Bytes of the URI, and of the URI with all headers.
    pub(super) fn line_and_headers(&self) -> (usize, usize) {
        let uri = self.path.len() + self.query.len() + 1;
        let headers: usize = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        (uri, uri + headers)
    }
}
