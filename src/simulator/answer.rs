//! Answers in the shapes that Salesforce gives them.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

/// The content type of everything that is JSON.
pub(super) const JSON: &str = "application/json;charset=UTF-8";

/// The content type of a web page.
pub(super) const HTML: &str = "text/html;charset=UTF-8";

/// An answer, before anything goes wrong with it.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![("content-type", content_type.to_owned())], body: body.into() }
    }

    pub(super) fn json(status: u16, body: &impl Serialize) -> Self {
        Self::new(status, JSON, serde_json::to_vec(body).unwrap_or_default())
    }

    /// Nothing, and that is right (204).
    pub(super) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// A refusal of the token endpoint.
    pub(super) fn oauth(error: &str, description: &str) -> Self {
        Self::json(400, &json!({"error": error, "error_description": description}))
    }

    /// A refusal of the REST API.
    pub(super) fn api(status: u16, code: &str, message: &str) -> Self {
        Self::json(status, &json!([{"message": message, "errorCode": code}]))
    }

    /// Nothing is there.
    pub(super) fn not_found() -> Self {
        Self::api(404, "NOT_FOUND", "The requested resource does not exist")
    }

    /// A web page.
    pub(super) fn page(status: u16, title: &str) -> Self {
        let body = format!(
            "<!DOCTYPE HTML>\n<html><head><title>{title}</title></head>\n<body><h1>{title}</h1>\n\
             <p>This error is probably temporary. Wait a few minutes and retry.</p></body></html>\n"
        );
        Self::new(status, HTML, body)
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(present, _)| *present != name);
        self.headers.push((name, value.into()));
        self
    }
}

/// A time as HTTP writes it.
pub(super) fn http_date(now: Timestamp) -> String {
    now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
