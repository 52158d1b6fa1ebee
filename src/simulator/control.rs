//! What a script in another process may ask the stand-in about itself, under `/simulator/` of any origin.
//!
//! | request | answer |
//! |---|---|
//! | `GET /simulator/totals` | how much was asked |
//! | `GET /simulator/requests` | the requests so far, the last ones of very many |
//! | `GET /simulator/misdirected` | secrets that were sent where they do not belong |
//! | `GET /simulator/orgs` | each org's username, id, origin, what it is expected to be, and when logins begin to work |
//! | `GET /simulator/deployments` | what was to be deployed where: options, files as text, how it ended |
//! | `POST /simulator/revoke?username=…` | ends all tokens of a user |
//! | `POST /simulator/delete?username=…` | deletes a scratch org |
//! | `POST /simulator/forget` | begins the record anew |
//!
//! These requests are not in the record.

use hyper::Method;
use jiff::Timestamp;
use serde_json::json;

use super::answer::Answer;
use super::org::Org;
use super::request::Request;
use super::salesforce::Salesforce;

/// Where these requests begin.
const PREFIX: &str = "/simulator/";

/// The answer, if it is a request of this kind.
pub(super) fn answer(salesforce: &Salesforce, request: &Request) -> Option<Answer> {
    let what = request.path.strip_prefix(PREFIX)?;
    Some(match (&request.method, what) {
        (&Method::GET, "totals") => Answer::json(200, &salesforce.journal.entries().totals),
        (&Method::GET, "requests") => Answer::json(200, &salesforce.journal.entries().requests),
        (&Method::GET, "misdirected") => Answer::json(200, &salesforce.journal.entries().misdirected),
        (&Method::GET, "orgs") => {
            let offset = salesforce.scenario.clock_offset;
            let machine_time = |at: Timestamp| at.saturating_sub(offset).unwrap_or(at).as_millisecond();
            let org = |org: &Org| {
                json!({
                    "username": org.username,
                    "orgId": org.id,
                    "origin": org.origin,
                    "expect": org.plan.expect,
                    "signup": org.signup,
                    // Milliseconds since 1970 by the machine's clock, whatever the scenario's clock says; null for never.
                    "replicatedAt": org.replicated_at().map(machine_time),
                })
            };
            Answer::json(200, &salesforce.orgs.scratch_orgs().map(org).collect::<Vec<_>>())
        }
        (&Method::GET, "deployments") => {
            let now = salesforce.now();
            let all = salesforce.orgs.scratch_orgs().flat_map(Org::deployments);
            Answer::json(200, &all.map(|deployment| deployment.recorded(now)).collect::<Vec<_>>())
        }
        (&Method::POST, "forget") => {
            salesforce.journal.forget();
            Answer::empty(204)
        }
        (&Method::POST, "revoke" | "delete") => {
            let org = request.parameter("username").and_then(|name| salesforce.orgs.by_username(&name));
            let is_done = org.is_some_and(|org| {
                if what == "delete" {
                    !org.is_hub() && org.delete(salesforce.now())
                } else {
                    org.revoke_tokens();
                    true
                }
            });
            if is_done { Answer::empty(204) } else { Answer::json(404, &json!({"error": "no such org"})) }
        }
        _ => Answer::json(404, &json!({"error": "no such request"})),
    })
}
