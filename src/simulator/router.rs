//! Which part of the stand-in answers a request.

use hyper::Method;

use super::answer::Answer;
use super::journal::RequestKind;
use super::metadata::soap;
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
        RequestKind::Deploy if request.is_soap() && request.method == Method::POST => soap::answer(salesforce, request),
        // Whatever else is asked, a token that came with it is looked at.
        RequestKind::Other | RequestKind::Deploy if !request.path.starts_with("/services/data/") => {
            rest::refuse_elsewhere(salesforce, request)
        }
        _ => rest::answer(salesforce, request),
    }
}

/// How the API that is asked tells a refusal: status, code and message.
pub(super) fn refusal(request: &Request) -> fn(u16, &str, &str) -> Answer {
    match request.kind() {
        RequestKind::Login => |status, error, description| Answer { status, ..Answer::oauth(error, description) },
        RequestKind::Deploy if request.is_soap() => |_, code, text| soap::fault(code, text),
        _ => Answer::api,
    }
}
