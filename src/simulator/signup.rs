//! A scratch org is signed up for: `POST sobjects/ScratchOrgInfo`.

use std::io;

use serde_json::{Map, Value as Json, json};

use super::answer::Answer;
use super::identifier;
use super::org::Org;
use super::port::Port;
use super::salesforce::Salesforce;
use super::scenario::{OrgScenario, RecordStatus, Scenario};
use super::soql::DEV_HUB;

/// Editions that a scratch org can have, each also as a "Partner" one.
/// <https://developer.salesforce.com/docs/atlas.en-us.sfdx_dev.meta/sfdx_dev/sfdx_dev_scratch_orgs_def_file_config_values.htm>
const EDITIONS: [&str; 4] = ["developer", "enterprise", "group", "professional"];

/// Answers it: with the new record's id, or in the words that `sf` hands on to its users.
pub(super) fn create(salesforce: &Salesforce, body: &[u8]) -> Result<Answer, Answer> {
    let Ok(Json::Object(fields)) = serde_json::from_slice(body) else {
        let message = "The HTTP entity body is required, but this request has none.";
        return Err(Answer::api(400, "JSON_PARSER_ERROR", message));
    };
    check(&fields)?;
    let added = add(salesforce, fields).map_err(|error| {
        tracing::error!(%error, "the simulator cannot serve one more org");
        Answer::api(503, "SERVER_UNAVAILABLE", "no port is left for one more org")
    })?;
    let org = added.ok_or_else(|| {
        let message =
            "The signup request failed because this organization has reached its daily scratch org signup limit";
        Answer::api(400, "LIMIT_EXCEEDED", message)
    })?;
    Ok(Answer::json(201, &json!({"id": org.scratch_org_info_id(0), "success": true, "errors": []})))
}

fn check(fields: &Map<String, Json>) -> Result<(), Answer> {
    let [object, ..] = DEV_HUB;
    if let Some(name) = fields.keys().find(|name| !object.is_creatable(name)) {
        let (code, message) = if object.fields().any(|field| field.name == name) {
            ("INVALID_FIELD_FOR_INSERT_UPDATE", format!("Unable to create/update fields: {name}."))
        } else {
            ("INVALID_FIELD", format!("No such column '{name}' on sobject of type ScratchOrgInfo"))
        };
        return Err(Answer::api(400, code, &message));
    }
    match text(fields, "Edition") {
        None if text(fields, "Snapshot").or(text(fields, "SourceOrg")).is_none() => {
            let message = "Required fields are missing: [Edition]";
            let error = json!({"message": message, "errorCode": "REQUIRED_FIELD_MISSING", "fields": ["Edition"]});
            Err(Answer::json(400, &json!([error])))
        }
        // In any case: `sf` sends `partner developer` for its flag, and what a definition file says as it is.
        Some(edition) if !EDITIONS.contains(&edition.to_lowercase().trim_start_matches("partner ")) => {
            let message = format!("Edition: bad value for restricted picklist field: {edition}");
            Err(Answer::api(400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", &message))
        }
        _ => Ok(()),
    }
}

/// Adds the org, on an origin of its own. None where the day's orgs are used up.
fn add(salesforce: &Salesforce, fields: Map<String, Json>) -> io::Result<Option<&Org>> {
    let Scenario { client_id, signups, .. } = &salesforce.scenario;
    let is_taken = text(&fields, "Username").is_some_and(|name| salesforce.orgs.by_username(name).is_some());
    let mut held = None;
    let added = salesforce.orgs.add(|index, place| {
        let port = Port::hold(0, salesforce.tls)?;
        // There is at least one: a scenario is completed with it.
        let mut plan = signups.get(place).or(signups.last()).cloned().unwrap_or_default();
        if let Some(username) = text(&fields, "Username") {
            if is_taken {
                let (status, error_code) = (Some(RecordStatus::New), Some("C-1007".to_owned()));
                plan = OrgScenario { status, error_after: plan.active_after, error_code, ..OrgScenario::default() };
            }
            username.clone_into(&mut plan.username);
        } else if plan.username.is_empty() || place >= signups.len() {
            plan.username = identifier::scratch_username(&mut fastrand::Rng::with_seed(index as u64));
        }
        plan.expires_in_days = fields.get("DurationDays").and_then(Json::as_i64).or(plan.expires_in_days);
        if let Some(key) = text(&fields, "ConnectedAppConsumerKey").filter(|key| key != client_id) {
            plan.consumer_key = Some(key.to_owned());
        }
        for (column, slot) in
            [("OrgName", &mut plan.name), ("Edition", &mut plan.edition), ("Namespace", &mut plan.namespace)]
        {
            *slot = text(&fields, column).map(str::to_owned).or(slot.take());
        }
        let mut org = Org::new(index, plan, client_id, &port, salesforce.now());
        org.signup = fields;
        held = Some(port);
        Ok(org)
    })?;
    held.map_or(Ok(()), |port| salesforce.serve(port))?;
    Ok(added)
}

/// A field that says something.
fn text<'a>(fields: &'a Map<String, Json>, name: &str) -> Option<&'a str> {
    fields.get(name).and_then(Json::as_str).filter(|text| !text.is_empty())
}
