//! A scratch org is signed up for: `POST sobjects/ScratchOrgInfo`.

use serde_json::{Map, Value as Json, json};

use super::answer::Answer;
use super::error::SimulatorError;
use super::identifier;
use super::listener;
use super::object::Object;
use super::org::Org;
use super::plan;
use super::port::HeldPort;
use super::salesforce::Salesforce;
use super::scenario::{OrgScenario, RecordStatus};

/// Editions that a scratch org can have, each also as a "Partner" one.
/// <https://developer.salesforce.com/docs/atlas.en-us.sfdx_dev.meta/sfdx_dev/sfdx_dev_scratch_orgs_def_file_config_values.htm>
const EDITIONS: [&str; 4] = ["developer", "enterprise", "group", "professional"];

/// Answers it: with the new record's id, or in the words that `sf` hands on to its users.
pub(super) fn create(salesforce: &Salesforce, body: &[u8]) -> Answer {
    let Ok(Json::Object(fields)) = serde_json::from_slice(body) else {
        return Answer::api(400, "JSON_PARSER_ERROR", "The HTTP entity body is required, but this request has none.");
    };
    if let Err(refusal) = check(&fields) {
        return refusal;
    }
    match add(salesforce, fields) {
        Ok(Some(org)) => Answer::json(201, &json!({"id": org.scratch_org_info_id(0), "success": true, "errors": []})),
        Ok(None) => Answer::api(
            400,
            "LIMIT_EXCEEDED",
            "The signup request failed because this organization has reached its daily scratch org signup limit",
        ),
        Err(error) => {
            tracing::error!(%error, "the simulator cannot serve one more org");
            Answer::api(503, "SERVER_UNAVAILABLE", "no port is left for one more org")
        }
    }
}

fn check(fields: &Map<String, Json>) -> Result<(), Answer> {
    for name in fields.keys() {
        let (code, message) = match Object::ScratchOrgInfo.columns().iter().find(|column| column.name == name) {
            Some(column) if column.creatable => continue,
            Some(_) => ("INVALID_FIELD_FOR_INSERT_UPDATE", format!("Unable to create/update fields: {name}.")),
            None => ("INVALID_FIELD", format!("No such column '{name}' on sobject of type ScratchOrgInfo")),
        };
        return Err(Answer::api(400, code, &message));
    }
    let text = |name: &str| fields.get(name).and_then(Json::as_str).filter(|text| !text.is_empty());
    match text("Edition") {
        None if text("Snapshot").is_none() && text("SourceOrg").is_none() => Err(Answer::json(
            400,
            &json!([{
                "message": "Required fields are missing: [Edition]",
                "errorCode": "REQUIRED_FIELD_MISSING",
                "fields": ["Edition"],
            }]),
        )),
        Some(edition) if !is_edition(edition) => {
            let message = format!("Edition: bad value for restricted picklist field: {edition}");
            Err(Answer::api(400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", &message))
        }
        _ => Ok(()),
    }
}

/// In any case: `sf` sends `partner developer` for its flag, and what a definition file says as it is.
fn is_edition(text: &str) -> bool {
    let text = text.to_lowercase();
    EDITIONS.contains(&text.strip_prefix("partner ").unwrap_or(&text))
}

/// Adds the org, on an origin of its own. None where the day's orgs are used up.
fn add(salesforce: &Salesforce, fields: Map<String, Json>) -> Result<Option<&Org>, SimulatorError> {
    let rules = &salesforce.rules;
    let username = fields.get("Username").and_then(Json::as_str).unwrap_or_default();
    let is_taken = salesforce.org(username).is_some();
    let mut held = None;
    let added = salesforce.orgs.add(|index, place| {
        let port = HeldPort::hold(0).map_err(SimulatorError::Start)?;
        let number = port.port;
        held = Some(port);
        let text = |name: &str| fields.get(name).and_then(Json::as_str).filter(|text| !text.is_empty());
        // There is at least one: a scenario is completed with it.
        let mut plan = rules.signups.get(place).or(rules.signups.last()).cloned().unwrap_or_default();
        if let Some(username) = text("Username") {
            if is_taken {
                plan = OrgScenario { error_after: plan.active_after, ..taken() };
            }
            username.clone_into(&mut plan.username);
        } else if plan.username.is_empty() || place >= rules.signups.len() {
            plan.username = identifier::scratch_username(&mut fastrand::Rng::with_seed(index as u64));
        }
        if let Some(days) = fields.get("DurationDays").and_then(Json::as_i64) {
            plan.expires_in_days = days;
        }
        if let Some(key) = text("ConnectedAppConsumerKey").filter(|key| *key != rules.client_id) {
            plan.consumer_key = Some(key.to_owned());
        }
        for (column, slot) in [("OrgName", &mut plan.name), ("Edition", &mut plan.edition)] {
            if let Some(value) = text(column) {
                value.clone_into(slot);
            }
        }
        plan.namespace = text("Namespace").map(str::to_owned).or(plan.namespace);
        let faults = plan::faults(&plan.faults, &plan.username)?;
        let org = Org::new(index, plan, &rules.client_id, faults, plan::origin(rules.tls, number), number);
        Ok::<_, SimulatorError>(org.signed_up(salesforce.moment(), fields))
    })?;
    if let Some(held) = held {
        let number = held.port;
        let port = listener::start(held, salesforce).map_err(SimulatorError::Start)?;
        // The server takes ports as long as there is somebody who asks.
        let _ = salesforce.new_ports.send((number, port));
    }
    Ok(added)
}

/// What becomes of a signup for a username that is taken.
fn taken() -> OrgScenario {
    OrgScenario { status: Some(RecordStatus::New), error_code: Some("C-1007".to_owned()), ..OrgScenario::default() }
}
