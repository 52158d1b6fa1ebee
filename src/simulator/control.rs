//! What a script in another process may ask the stand-in about itself, under `/simulator/` of any origin.
//!
//! | request | answer |
//! |---|---|
//! | `GET /simulator/totals` | how much was asked |
//! | `GET /simulator/requests` | the requests so far, the last ones of very many |
//! | `GET /simulator/misdirected` | secrets that were sent where they do not belong |
//! | `GET /simulator/orgs` | each org's username, id, origin, what it is expected to be, and when logins begin to work |
//! | `POST /simulator/revoke?username=…` | ends all tokens of a user |
//! | `POST /simulator/delete?username=…` | deletes a scratch org |
//! | `POST /simulator/forget` | begins the record anew |
//!
//! These requests are not in the record.

use hyper::Method;
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::answer::Answer;
use super::exchange::Asked;
use super::org::Org;
use super::salesforce::Salesforce;

/// Where these requests begin.
const PREFIX: &str = "/simulator/";

/// The answer, if it is a request of this kind.
pub(super) fn answer(salesforce: &Salesforce, asked: &Asked) -> Option<Answer> {
    let what = asked.path.strip_prefix(PREFIX)?;
    let journal = &salesforce.journal;
    Some(match (&asked.method, what) {
        (&Method::GET, "totals") => shown(&journal.totals()),
        (&Method::GET, "requests") => shown(&journal.requests()),
        (&Method::GET, "misdirected") => shown(&journal.misdirected()),
        (&Method::GET, "orgs") => {
            shown(&salesforce.orgs[1..].iter().map(|org| told(salesforce, org)).collect::<Vec<_>>())
        }
        (&Method::POST, "forget") => {
            journal.forget();
            Answer::empty(204)
        }
        (&Method::POST, "revoke" | "delete") => {
            match asked.parameter("username").and_then(|name| salesforce.org(&name)) {
                Some(org) if what == "revoke" => {
                    org.revoke_tokens();
                    Answer::empty(204)
                }
                Some(org) if !org.is_hub() && org.delete(salesforce.moment()) => Answer::empty(204),
                _ => Answer::json(404, &json!({"error": "no such org"})),
            }
        }
        _ => Answer::json(404, &json!({"error": "no such request"})),
    })
}

fn shown(value: &impl Serialize) -> Answer {
    Answer::json(200, &serde_json::to_value(value).unwrap_or_default())
}

fn told(salesforce: &Salesforce, org: &Org) -> Json {
    let replicated = org.replicated_at().map(|after| salesforce.machine_time(after).as_millisecond());
    json!({
        "username": org.username,
        "orgId": org.id,
        "origin": org.origin,
        "expect": org.plan.expect,
        // Milliseconds since 1970 by the machine's clock, whatever the scenario's clock says; null for never.
        "replicatedAt": replicated,
    })
}
