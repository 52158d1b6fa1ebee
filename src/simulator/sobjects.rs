//! Records by REST: read, made, changed, deleted.

use serde_json::Value as Json;

use super::answer::Answer;
use super::identifier::is_same_id;
use super::query::Asker;
use super::record::Record;
use super::scenario::RecordStatus;
use super::signup;
use super::soql::{Field, Object};

impl<'a> Asker<'a> {
    fn object(self, name: &str) -> Option<&'static Object> {
        self.objects().iter().find(|object| object.name.eq_ignore_ascii_case(name)).copied()
    }

    fn record(self, name: &str, id: &str) -> Result<Record<'a>, Answer> {
        let object = self.object(name).ok_or_else(Answer::not_found)?;
        self.records(object).find(|record| is_same_id(&record.id(), id)).ok_or_else(|| {
            let message = format!("Provided external ID field does not exist or is not accessible: {id}");
            Answer::api(404, "NOT_FOUND", &message)
        })
    }

    pub(super) fn retrieve(self, name: &str, id: &str) -> Result<Answer, Answer> {
        let record = self.record(name, id)?;
        let hidden = &self.org.plan.hidden_fields;
        let fields: Vec<Field> = record.object.fields().filter(|field| !record.object.hides(field, hidden)).collect();
        Ok(Answer::json(200, &self.json(&record, &fields)))
    }

    /// Changes the one field that a client changes: `RevisionCounter`, to say that it knows of a change
    /// (`updateRevisionCounterToZero` in `scratchOrgInfoApi.ts` of `@salesforce/core`).
    pub(super) fn update(self, name: &str, id: &str, body: &[u8]) -> Result<Answer, Answer> {
        let record = self.record(name, id)?;
        let fields: Json = serde_json::from_slice(body).unwrap_or_default();
        match fields["RevisionCounter"].as_i64().and_then(|revision| i32::try_from(revision).ok()) {
            Some(revision) if record.object.name == "SourceMember" => {
                record.org.set_revision(record.row, revision);
                Ok(Answer::empty(204))
            }
            _ => Err(Answer::api(400, "JSON_PARSER_ERROR", "only RevisionCounter, a number, can be changed")),
        }
    }

    /// Makes a record: a scratch org is signed up for.
    pub(super) fn create(self, name: &str, body: &[u8]) -> Result<Answer, Answer> {
        match self.object(name).map(|object| object.name) {
            Some("ScratchOrgInfo") => signup::create(self.salesforce, body),
            Some(name) => {
                let message = format!("entity type {name} does not support create");
                Err(Answer::api(400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", &message))
            }
            None => Err(Answer::not_found()),
        }
    }

    /// Deleting the `ActiveScratchOrg` deletes the org: what `sf org delete scratch` does, `org.ts` of `@salesforce/core`.
    pub(super) fn delete(self, name: &str, id: &str) -> Result<Answer, Answer> {
        if self.object(name).is_none_or(|object| object.name != "ActiveScratchOrg") {
            return Err(Answer::not_found());
        }
        let now = self.salesforce.now();
        if self.salesforce.orgs.of_record(id).is_some_and(|org| org.status(now) == RecordStatus::Deleted) {
            return Err(Answer::api(404, "ENTITY_IS_DELETED", "entity is deleted"));
        }
        self.record(name, id)?.org.delete(now);
        Ok(Answer::empty(204))
    }
}
