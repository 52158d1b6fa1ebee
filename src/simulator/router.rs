//! Which part of the stand-in answers a request.

use super::answer::Answer;
use super::journal::{RequestKind, Secret};
use super::metadata::soap;
use super::request::Request;
use super::rest;
use super::salesforce::Salesforce;
use super::token::TokenRequest;

/// Longest URI, and longest URI with headers.
/// <https://help.salesforce.com/s/articleView?id=000386264>
const URI_MAX: usize = 16_384;

/// The answer to a request, as far as the scenario does not spoil it.
pub(super) fn answer(salesforce: &Salesforce, request: &Request, token_request: Option<&TokenRequest>) -> Answer {
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
    match *request.segments().as_slice() {
        ["services", "Soap", "m", version] => soap::answer(salesforce, request, version),
        // The one resource that needs no session.
        ["services", "data"] => rest::versions(),
        ["services", "data", ..] | ["services", "oauth2", "userinfo" | "singleaccess"] | ["id", ..] => {
            rest::answer(salesforce, request)
        }
        _ => {
            // There is nothing, but a token sent there is noticed.
            if let Some(org) = request.token().and_then(|token| salesforce.org_of_token(token)) {
                salesforce.is_misdirected(Secret::Token, org, request.port, &request.path);
            }
            Answer::page(404, "Not Found")
        }
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
