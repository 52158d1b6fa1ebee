//! Which part of the stand-in answers a request.

use serde_json::json;

use super::answer::{self, Answer};
use super::journal::{RequestKind, Secret};
use super::metadata;
use super::org::Org;
use super::query::Asker;
use super::request::Request;
use super::salesforce::Salesforce;
use super::token::TokenRequest;

/// The newest version: Summer '26.
const VERSION_MAX: u32 = 67;

/// Older ones are gone (v21 to v30 answer 410).
const VERSION_MIN: u32 = 31;

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
        ["services", "Soap", "m", version] => metadata::soap(salesforce, request, version),
        // The one resource that needs no session.
        ["services", "data"] => versions(),
        ["services", "data", ..] | ["services", "oauth2", "userinfo" | "singleaccess"] | ["id", ..] => {
            in_session(salesforce, request)
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
        RequestKind::Deploy if request.is_soap() => |_, code, text| metadata::fault(code, text),
        _ => Answer::api,
    }
}

/// Requests used and allowed a day, unless the scenario says otherwise.
const API_USAGE: [u32; 2] = [10_018, 100_000];

/// Answers what takes a session.
fn in_session(salesforce: &Salesforce, request: &Request) -> Answer {
    let session = request.token().and_then(|token| salesforce.session(token, request.port, &request.path));
    let Some(org) = session else {
        return Answer::api(401, "INVALID_SESSION_ID", "Session expired or invalid").with("www-authenticate", "Token");
    };
    let [used, allowed] = org.plan.api_usage.unwrap_or(API_USAGE);
    let answer = if used >= allowed && allowed > 0 {
        Answer::api(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
    } else {
        match *request.segments().as_slice() {
            ["services", "data", version, ref resource @ ..] => {
                data(salesforce, org, request, version, resource).unwrap_or_else(|refusal| refusal)
            }
            // What `sf org open --url-only` asks for. There is no page behind it.
            [.., "singleaccess"] => Answer::json(
                200,
                &json!({"frontdoor_uri": format!("{}/secur/frontdoor.jsp?otp=simulator", org.origin)}),
            ),
            _ => identity(org, &request.path),
        }
    };
    answer.with("sforce-limit-info", format!("api-usage={used}/{allowed}"))
}

fn data(
    salesforce: &Salesforce,
    org: &Org,
    request: &Request,
    version: &str,
    resource: &[&str],
) -> Result<Answer, Answer> {
    let version = version.strip_prefix('v').unwrap_or_default();
    match version.strip_suffix(".0").and_then(|number| number.parse().ok()) {
        Some(VERSION_MIN..=VERSION_MAX) => {}
        Some(21..VERSION_MIN) => {
            let message = "Version is not supported, please use the most current version.";
            return Err(Answer::api(410, "UNSUPPORTED_API_VERSION", message));
        }
        _ => return Err(Answer::not_found()),
    }
    let (tooling, resource) = match resource {
        ["tooling", resource @ ..] => (true, resource),
        resource => (false, resource),
    };
    let by = Asker { salesforce, org, version, tooling };
    match (request.method.as_str(), resource) {
        ("GET", []) => Ok(Answer::json(200, &json!({"sobjects": format!("/services/data/v{version}/sobjects")}))),
        ("GET", ["query" | "queryAll"]) => match request.parameter("q") {
            Some(statement) if request.parameter("columns").as_deref() == Some("true") => by.columns(&statement),
            Some(statement) => by.page(&statement, 0),
            None => Err(Answer::api(400, "MALFORMED_QUERY", "SOQL statement is missing")),
        },
        ("GET", ["query" | "queryAll", locator]) => by.further(locator),
        ("GET", ["limits"]) => {
            let [used, allowed] = org.plan.api_usage.unwrap_or(API_USAGE);
            let left = allowed.saturating_sub(used);
            Ok(Answer::json(200, &json!({"DailyApiRequests": {"Max": allowed, "Remaining": left}})))
        }
        ("GET", ["sobjects", name, id]) => by.retrieve(name, id),
        ("POST", ["sobjects", name]) => by.create(name, &request.body),
        ("PATCH", ["sobjects", name, id]) => by.update(name, id, &request.body),
        ("DELETE", ["sobjects", name, id]) => by.delete(name, id),
        ("POST", ["metadata", "deployRequest"]) => metadata::deploy(salesforce, org, version, request),
        ("GET", ["metadata", "deployRequest", id]) => metadata::status(salesforce, org, id, request),
        _ => Err(Answer::not_found()),
    }
}

fn versions() -> Answer {
    let version = |number: u32| {
        let age = VERSION_MAX - number;
        let season = ["Summer", "Spring", "Winter"][age as usize % 3];
        let label = format!("{season} '{:02}", 26 - age / 3);
        json!({"label": label, "url": format!("/services/data/v{number}.0"), "version": format!("{number}.0")})
    };
    Answer::json(200, &(VERSION_MIN..=VERSION_MAX).map(version).collect::<Vec<_>>())
}

/// Who the token belongs to, in the words of both identity services.
fn identity(org: &Org, path: &str) -> Answer {
    let id = format!("{}/id/{}/{}", org.origin, org.id, org.user_id);
    if path.starts_with("/id/") && path.trim_end_matches('/') != format!("/id/{}/{}", org.id, org.user_id) {
        return Answer::new(403, answer::HTML, "Bad_Id");
    }
    let name = &org.username;
    let user = json!({
        "id": id, "user_id": org.user_id, "organization_id": org.id, "username": name, "preferred_username": name,
    });
    Answer::json(200, &user)
}
