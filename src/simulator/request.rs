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

/// Where the Metadata API by SOAP is, with a version behind it.
pub(super) const SOAP: &str = "/services/Soap/m/";

/// Where in a SOAP message its operation is told at the latest.
const OPERATION_WITHIN: usize = 8192;

/// A request, read completely.
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) path: String,
    query: String,
    headers: HeaderMap,
    pub(super) body: Bytes,
    /// The port that it came to, and the origin that this is.
    pub(super) port: u16,
    pub(super) origin: String,
}

impl Request {
    /// Reads a request that came to `port`, which is `origin`.
    pub(super) async fn read(request: hyper::Request<Incoming>, port: u16, origin: String) -> Self {
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
            origin,
        }
    }

    /// The part after `?`.
    pub(super) fn query(&self) -> &str {
        &self.query
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

    /// What it asks for.
    pub(super) fn kind(&self) -> RequestKind {
        let path = self.path.trim_end_matches('/');
        match path {
            "/services/oauth2/token" => RequestKind::Login,
            "/services/oauth2/revoke" => RequestKind::Revoke,
            "/services/oauth2/userinfo" | "/services/oauth2/singleaccess" => RequestKind::Identity,
            "/services/data" => RequestKind::Versions,
            _ if path.starts_with("/id/") => RequestKind::Identity,
            _ if path.starts_with("/services/data/") && (path.contains("/query/") || path.ends_with("/query")) => {
                RequestKind::Query
            }
            _ if path.starts_with(SOAP) || path.starts_with("/services/data/") && path.contains("/metadata/") => {
                RequestKind::Deploy
            }
            _ if path.starts_with("/services/data/") && path.contains("/sobjects/") => RequestKind::Record,
            _ => RequestKind::Other,
        }
    }

    /// Where a fault can strike it.
    pub(super) fn stage(&self) -> Option<Stage> {
        Some(match self.kind() {
            RequestKind::Login => Stage::Login,
            RequestKind::Query => Stage::Query,
            RequestKind::Record => match self.method {
                Method::POST if self.path.ends_with("/ScratchOrgInfo") => Stage::Signup,
                Method::DELETE => Stage::Delete,
                _ => Stage::Record,
            },
            // The operation stands behind the session, which is not that long; the package is no place to look in.
            RequestKind::Deploy if self.is_soap() => {
                let head = &self.body[..self.body.len().min(OPERATION_WITHIN)];
                let asks = String::from_utf8_lossy(head).contains("<checkDeployStatus>");
                if asks { Stage::DeployStatus } else { Stage::Deploy }
            }
            RequestKind::Deploy if self.method == Method::POST => Stage::Deploy,
            RequestKind::Deploy => Stage::DeployStatus,
            _ => return None,
        })
    }

    /// Whether it is a message to the Metadata API by SOAP.
    pub(super) fn is_soap(&self) -> bool {
        self.path.starts_with(SOAP)
    }

    /// Bytes of the URI, and of the URI with all headers.
    pub(super) fn line_and_headers(&self) -> (usize, usize) {
        let uri = self.path.len() + self.query.len() + 1;
        let headers: usize = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        (uri, uri + headers)
    }
}
