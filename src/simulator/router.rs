//! Which part of the stand-in answers a request.

use hyper::Method;

use super::answer::Answer;
use super::journal::RequestKind;
use super::metadata;
use super::request::Request;
use super::rest;
use super::salesforce::Salesforce;
use super::token::{self, TokenRequest};

/// Longest URI, and longest URI with headers.
/// <https://help.salesforce.com/s/articleView?id=000386264>
const URI_MAX: usize = 16_384;

/// The answer to a request, as far as the scenario does not spoil it.
pub(super) fn answer(
    salesforce: &Salesforce,
    request: &Request,
    kind: RequestKind,
    token_request: Option<&TokenRequest>,
) -> Answer {
    let (uri, all) = request.line_and_headers();
    if uri > URI_MAX {
        return Answer::page(414, "URI Too Long");
    }
    if all > URI_MAX {
        return Answer::page(431, "Request Header Fields Too Large");
    }
    if let Some(token_request) = token_request {
        return token_request.answer(salesforce, request);
    }
    match kind {
        RequestKind::Revoke if request.method == Method::POST || request.method == Method::GET => {
            token::revoke(salesforce, request)
        }
        RequestKind::Revoke => Answer::oauth("invalid_request", "must use HTTP POST"),
        RequestKind::Other if request.path.starts_with(metadata::PREFIX) && request.method == Method::POST => {
            metadata::answer(salesforce, request)
        }
        // Whatever else is asked, a token that came with it is looked at.
        RequestKind::Other if !request.path.starts_with("/services/data/") => {
            rest::refuse_elsewhere(salesforce, request)
        }
        _ => rest::answer(salesforce, request),
    }
}
