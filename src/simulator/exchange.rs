//! One request and its answer.

use std::sync::Arc;

use http_body_util::{BodyExt, Collected, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::HeaderMap;
use hyper::{Method, Request, Response};

use super::answer::Answer;
use super::body::AnswerBody;
use super::control;
use super::fault::Stage;
use super::journal::{self, RequestKind};
use super::metadata;
use super::org::Org;
use super::rest;
use super::sabotage::{self, Delivery};
use super::salesforce::Salesforce;
use super::token::{self, TokenRequest};

/// Longest URI, and longest URI with headers.
/// <https://help.salesforce.com/s/articleView?id=000386264>
const URI_MAX: usize = 16_384;

/// Longest body of a request: a deployment has up to 39 MB, in base64.
/// <https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/file_based_zip_file.htm>
const BODY_MAX: usize = 56 << 20;

/// A request, read completely.
pub(super) struct Asked {
    pub(super) method: Method,
    pub(super) path: String,
    query: String,
    headers: HeaderMap,
    pub(super) body: Bytes,
    /// The port that it came to, and the origin that this is.
    pub(super) port: u16,
    pub(super) origin: String,
}

impl Asked {
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

    fn kind(&self) -> RequestKind {
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
            _ if path.starts_with("/services/data/") && path.contains("/sobjects/") => RequestKind::Record,
            _ => RequestKind::Other,
        }
    }

    fn line_and_headers(&self) -> (usize, usize) {
        let uri = self.path.len() + self.query.len() + 1;
        let headers: usize = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        (uri, uri + headers)
    }
}

/// A connection as its exchanges see it.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) salesforce: Arc<Salesforce>,
    pub(super) port: u16,
    /// Its number.
    pub(super) connection: u64,
}

/// The connection is to be reset.
#[derive(Debug, thiserror::Error)]
#[error("reset as the scenario says")]
pub(super) struct ResetWanted;

impl Line {
    /// Answers a request, or does not, as the scenario says.
    pub(super) async fn exchange(self, request: Request<Incoming>) -> Result<Response<AnswerBody>, ResetWanted> {
        let salesforce = &*self.salesforce;
        let (head, body) = request.into_parts();
        // A body that is too long, or whose sender went away, is as good as none.
        let body = Limited::new(body, BODY_MAX).collect().await.map(Collected::to_bytes).unwrap_or_default();
        let asked = Asked {
            method: head.method,
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            headers: head.headers,
            body,
            port: self.port,
            origin: salesforce.origin(self.port),
        };
        if let Some(answer) = control::answer(salesforce, &asked) {
            return Ok(sabotage::response(salesforce, answer, AnswerBody::whole));
        }
        if !salesforce.rules.latency.is_zero() {
            tokio::time::sleep(salesforce.rules.latency).await;
        }
        let kind = asked.kind();
        let token_request = (kind == RequestKind::Login).then(|| TokenRequest::read(&asked));
        let of_secret = match &token_request {
            Some(request) => request.org(salesforce),
            None => asked.token().and_then(|token| salesforce.org_of_token(token)),
        };
        let here = of_secret.filter(|org| org.port == self.port).or_else(|| salesforce.first_at(self.port));
        let stage = match kind {
            RequestKind::Login => Some(Stage::Login),
            RequestKind::Query => Some(Stage::Query),
            _ => None,
        };
        let effect = stage.zip(here).and_then(|(stage, org)| org.strike(stage, salesforce.moment()));
        let struck = effect.is_some();
        let right = || match (&token_request, asked.line_and_headers()) {
            (_, (uri, _)) if uri > URI_MAX => Answer::page(414, "URI Too Long"),
            (_, (_, all)) if all > URI_MAX => Answer::page(431, "Request Header Fields Too Large"),
            (Some(request), _) => request.answer(salesforce, &asked),
            (None, _) => other(salesforce, &asked, kind),
        };
        let delivery = sabotage::deliver(salesforce, stage.unwrap_or(Stage::Query), effect, right);
        let status = if let Delivery::Answer(response) = &delivery { response.status().as_u16() } else { 0 };
        self.record(&asked, kind, of_secret, status, struck);
        match delivery {
            Delivery::Answer(response) => Ok(response),
            Delivery::Reset => Err(ResetWanted),
            Delivery::Hang => std::future::pending().await,
        }
    }

    fn record(&self, asked: &Asked, kind: RequestKind, org: Option<&Org>, status: u16, struck: bool) {
        self.salesforce.journal.record(journal::Request {
            at: self.salesforce.moment().elapsed,
            connection: self.connection,
            port: self.port,
            method: asked.method.to_string(),
            path: crate::model::untrusted::sanitize_line(&asked.path, 200),
            kind,
            username: org.map(|org| org.username.clone()),
            soql: asked.parameter("q").filter(|_| kind == RequestKind::Query),
            status,
            struck,
        });
    }
}

fn other(salesforce: &Salesforce, asked: &Asked, kind: RequestKind) -> Answer {
    match kind {
        RequestKind::Revoke if asked.method == Method::POST || asked.method == Method::GET => {
            token::revoke(salesforce, asked)
        }
        RequestKind::Revoke => Answer::oauth("invalid_request", "must use HTTP POST"),
        RequestKind::Other if asked.path.starts_with(metadata::PREFIX) && asked.method == Method::POST => {
            metadata::answer(salesforce, asked)
        }
        RequestKind::Other if !asked.path.starts_with("/services/data/") => {
            // Whatever else is asked, a token that came with it is looked at.
            rest::refuse_elsewhere(salesforce, asked)
        }
        _ => rest::answer(salesforce, asked),
    }
}
