//! The REST API: who asks, which version, and what for.

use serde_json::json;

use super::answer::{self, Answer};
use super::metadata;
use super::org::Org;
use super::query::Asker;
use super::request::Request;
use super::salesforce::Salesforce;

/// The newest version: Summer '26.
const VERSION_MAX: u32 = 67;

/// Older ones are gone (v21 to v30 answer 410).
const VERSION_MIN: u32 = 31;

/// Answers what takes a session.
pub(super) fn answer(salesforce: &Salesforce, request: &Request) -> Answer {
    let session = request.token().and_then(|token| salesforce.session(token, request.port, &request.path));
    let Some(org) = session else {
        return Answer::api(401, "INVALID_SESSION_ID", "Session expired or invalid").with("www-authenticate", "Token");
    };
    let [used, allowed] = salesforce.scenario.hub.rules.api_usage;
    let answer = if org.is_hub() && used >= allowed && allowed > 0 {
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
            Some(statement) => by.query(&statement),
            None => Err(Answer::api(400, "MALFORMED_QUERY", "SOQL statement is missing")),
        },
        ("GET", ["query" | "queryAll", locator]) => by.further(locator),
        ("GET", ["limits"]) => Ok(limits(salesforce)),
        ("GET", ["sobjects", name, id]) => by.retrieve(name, id),
        ("POST", ["sobjects", name]) => by.create(name, &request.body),
        ("PATCH", ["sobjects", name, id]) => by.update(name, id, &request.body),
        ("DELETE", ["sobjects", name, id]) => by.delete(name, id),
        ("POST", ["metadata", "deployRequest"]) => metadata::rest::deploy(salesforce, org, version, request),
        ("GET", ["metadata", "deployRequest", id]) => metadata::rest::status(salesforce, org, id, request),
        _ => Err(Answer::not_found()),
    }
}

/// The versions that there are.
pub(super) fn versions() -> Answer {
    let version = |number: u32| {
        let age = VERSION_MAX - number;
        let season = ["Summer", "Spring", "Winter"][age as usize % 3];
        let label = format!("{season} '{:02}", 26 - age / 3);
        json!({"label": label, "url": format!("/services/data/v{number}.0"), "version": format!("{number}.0")})
    };
    Answer::json(200, &(VERSION_MIN..=VERSION_MAX).map(version).collect())
}

fn limits(salesforce: &Salesforce) -> Answer {
    let [used, allowed] = salesforce.scenario.hub.rules.api_usage;
    Answer::json(200, &json!({"DailyApiRequests": {"Max": allowed, "Remaining": allowed.saturating_sub(used)}}))
}

/// Who the token belongs to, in the words of both identity services.
fn identity(org: &Org, path: &str) -> Answer {
    let id = format!("{}/id/{}/{}", org.origin, org.id, org.user_id);
    if path.starts_with("/id/") && path.trim_end_matches('/') != format!("/id/{}/{}", org.id, org.user_id) {
        return Answer::new(403, answer::HTML, "Bad_Id");
    }
    Answer::json(
        200,
        &json!({
            "id": id,
            "sub": id,
            "user_id": org.user_id,
            "organization_id": org.id,
            "username": org.username,
            "preferred_username": org.username,
            "name": "User User",
            "email": "admin@acme.example",
            "active": true,
            "urls": {"rest": format!("{}/services/data/v{{version}}/", org.origin)},
        }),
    )
}
