//! The REST API: who asks, which version, and what for.

use hyper::Method;
use serde_json::{Value as Json, json};

use super::answer::Answer;
use super::journal::Secret;
use super::metadata;
use super::org::Org;
use super::query::Asker;
use super::request::Request;
use super::salesforce::Salesforce;

/// The newest version: Summer '26.
const VERSION_MAX: u32 = 67;

/// Older ones are gone (v21 to v30 answer 410).
const VERSION_MIN: u32 = 31;

/// `ScratchOrgInfo` exists since this version.
const SCRATCH_ORGS_SINCE: u32 = 41;

/// Answers what is asked under `/services/data`, `/services/oauth2/userinfo` and `/id`.
pub(super) fn answer(salesforce: &Salesforce, request: &Request) -> Answer {
    if request.path.trim_end_matches('/') == "/services/data" {
        // The one resource that needs no session.
        return if request.method == Method::GET { versions() } else { not_allowed(request) };
    }
    let Some(org) = session(salesforce, request) else {
        return Answer::api(401, "INVALID_SESSION_ID", "Session expired or invalid").with("www-authenticate", "Token");
    };
    let [used, allowed] = salesforce.rules.api_usage;
    let usage = format!("api-usage={used}/{allowed}");
    if org.is_hub() && used >= allowed && allowed > 0 {
        return Answer::api(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
            .with("sforce-limit-info", usage);
    }
    let answer = if request.path == "/services/oauth2/userinfo" || request.path.starts_with("/id/") {
        identity(org, &request.path)
    } else if request.path == "/services/oauth2/singleaccess" {
        // What `sf org open --url-only` asks for. There is no page behind it.
        Answer::json(200, &json!({"frontdoor_uri": format!("{}/secur/frontdoor.jsp?otp=simulator", org.origin)}))
    } else {
        data(salesforce, org, request)
    };
    answer.with("sforce-limit-info", usage)
}

/// The org whose token the request carries, if it is that org's origin and the token still counts.
fn session<'a>(salesforce: &'a Salesforce, request: &Request) -> Option<&'a Org> {
    let token = request.token()?;
    let org = salesforce.org_of_token(token)?;
    let belongs = !salesforce.is_misdirected(Secret::Token, org, request.port, &request.path);
    (belongs && org.takes_token(token, salesforce.moment())).then_some(org)
}

fn data(salesforce: &Salesforce, org: &Org, request: &Request) -> Answer {
    let mut parts = request.path.trim_start_matches("/services/data/").trim_end_matches('/').split('/');
    let version = parts.next().and_then(|version| version.strip_prefix('v')).unwrap_or_default();
    let number = version.strip_suffix(".0").and_then(|number| number.parse::<u32>().ok()).unwrap_or(0);
    if (21..VERSION_MIN).contains(&number) {
        return Answer::api(
            410,
            "UNSUPPORTED_API_VERSION",
            "Version is not supported, please use the most current version.",
        );
    }
    if !(VERSION_MIN..=VERSION_MAX).contains(&number) {
        return Answer::not_found();
    }
    let mut rest: Vec<&str> = parts.collect();
    let tooling = rest.first() == Some(&"tooling");
    if tooling {
        rest.remove(0);
    }
    let by = Asker { salesforce, org, version, tooling };
    let get = request.method == Method::GET;
    match *rest.as_slice() {
        [] if get => resources(version),
        ["query" | "queryAll"] if get => match request.parameter("q") {
            Some(statement) if number < SCRATCH_ORGS_SINCE && statement.to_lowercase().contains("scratchorg") => {
                Answer::api(400, "INVALID_TYPE", "sObject type 'ScratchOrgInfo' is not supported.")
            }
            Some(statement) if request.parameter("columns").as_deref() == Some("true") => by.columns(&statement),
            Some(statement) => by.query(&statement),
            None => Answer::api(400, "MALFORMED_QUERY", "SOQL statement is missing"),
        },
        ["query" | "queryAll", locator] if get => by.page(locator),
        ["limits"] if get => limits(salesforce, org),
        ["sobjects", name, "describe"] if get => by.describe(name),
        ["sobjects", name, id] if get => by.retrieve(name, id),
        ["sobjects", name] if request.method == Method::POST => by.create(name, request),
        ["sobjects", name, id] if request.method == Method::PATCH => by.update(name, id, request),
        ["sobjects", name, id] if request.method == Method::DELETE => by.delete(name, id),
        ["metadata", "deployRequest"] if request.method == Method::POST => {
            metadata::rest::deploy(salesforce, org, version, request)
        }
        ["metadata", "deployRequest", id] if get => metadata::rest::status(salesforce, org, id, request),
        [] | ["query" | "queryAll" | "limits" | "metadata", ..] | ["sobjects", _, _] => not_allowed(request),
        _ => Answer::not_found(),
    }
}

fn not_allowed(request: &Request) -> Answer {
    let message = format!("HTTP Method '{}' not allowed. Allowed are HEAD,GET", request.method);
    Answer::api(405, "METHOD_NOT_ALLOWED", &message)
}

fn versions() -> Answer {
    let version = |number: u32| {
        let age = VERSION_MAX - number;
        let season = ["Summer", "Spring", "Winter"][age as usize % 3];
        let label = format!("{season} '{:02}", 26 - age / 3);
        json!({"label": label, "url": format!("/services/data/v{number}.0"), "version": format!("{number}.0")})
    };
    Answer::json(200, &(VERSION_MIN..=VERSION_MAX).map(version).collect())
}

fn resources(version: &str) -> Answer {
    let names = ["query", "queryAll", "limits", "sobjects", "tooling", "metadata"];
    let url = |name: &&str| ((*name).to_owned(), Json::from(format!("/services/data/v{version}/{name}")));
    Answer::json(200, &Json::Object(names.iter().map(url).collect()))
}

fn limits(salesforce: &Salesforce, org: &Org) -> Answer {
    let [used, allowed] = salesforce.rules.api_usage;
    let mut limits = json!({"DailyApiRequests": {"Max": allowed, "Remaining": allowed.saturating_sub(used)}});
    if org.is_hub() && salesforce.rules.dev_hub {
        let (orgs, room) = (salesforce.orgs.scratch_orgs().count(), salesforce.orgs.room());
        limits["ActiveScratchOrgs"] = json!({"Max": orgs + room, "Remaining": room});
        limits["DailyScratchOrgs"] = json!({"Max": orgs + room, "Remaining": room});
    }
    Answer::json(200, &limits)
}

/// Who the token belongs to, in the words of both identity services.
fn identity(org: &Org, path: &str) -> Answer {
    let id = format!("{}/id/{}/{}", org.origin, org.id, org.user_id);
    if path.starts_with("/id/") && path.trim_end_matches('/') != format!("/id/{}/{}", org.id, org.user_id) {
        return Answer::new(403, super::answer::HTML, "Bad_Id");
    }
    let url = |path: &str| format!("{}{path}", org.origin);
    Answer::json(
        200,
        &json!({
            "id": id,
            "sub": id,
            "user_id": org.user_id,
            "organization_id": org.id,
            "username": org.username,
            "preferred_username": org.username,
            "nickname": "User",
            "name": "User User",
            "display_name": "User User",
            "email": "admin@acme.example",
            "email_verified": true,
            "active": true,
            "is_app_installed": true,
            "user_type": "STANDARD",
            "urls": {
                "rest": url("/services/data/v{version}/"),
                "query": url("/services/data/v{version}/query/"),
                "sobjects": url("/services/data/v{version}/sobjects/"),
                "tooling_rest": url("/services/data/v{version}/tooling/"),
            },
        }),
    )
}

/// Answers what is asked outside the API: there is nothing, but a token sent there is noticed.
pub(super) fn refuse_elsewhere(salesforce: &Salesforce, request: &Request) -> Answer {
    if let Some(org) = request.token().and_then(|token| salesforce.org_of_token(token)) {
        salesforce.is_misdirected(Secret::Token, org, request.port, &request.path);
    }
    Answer::page(404, "Not Found")
}
