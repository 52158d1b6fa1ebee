//! Records by REST: described, read, made, changed, deleted.

use serde_json::{Value as Json, json};

use super::answer::Answer;
use super::identifier::is_same_id;
use super::object::{Column, Field, Kind, Object};
use super::org::Org;
use super::query::Asker;
use super::request::Request;
use super::scenario::RecordStatus;
use super::signup;

impl Asker<'_> {
    fn object(self, name: &str) -> Option<Object> {
        Object::named(name).filter(|object| self.has(*object))
    }

    pub(super) fn describe(self, name: &str) -> Answer {
        let Some(object) = self.object(name) else { return Answer::not_found() };
        let kind = |kind| match kind {
            Kind::Text => "string",
            Kind::Id => "id",
            Kind::Bool => "boolean",
            Kind::Number => "int",
            Kind::Date => "date",
            Kind::DateTime => "datetime",
        };
        let field = |column: &Column| json!({"name": column.name, "label": column.name, "type": kind(column.kind), "filterable": column.filterable, "createable": column.creatable});
        let fields: Json = object.columns().iter().map(field).collect();
        Answer::json(200, &json!({"name": object.name(), "label": object.name(), "queryable": true, "fields": fields}))
    }

    pub(super) fn retrieve(self, name: &str, id: &str) -> Answer {
        let Some(object) = self.object(name) else { return Answer::not_found() };
        let moment = self.salesforce.moment();
        let hidden = &self.salesforce.rules.hidden_fields;
        let shown = |name: &str| {
            object != Object::ScratchOrgInfo || !hidden.iter().any(|hidden| hidden.eq_ignore_ascii_case(name))
        };
        let columns = object.columns().iter().filter(|column| shown(column.name));
        let fields: Vec<Field> = columns.map(|column| Field { parent: None, column }).collect();
        let record = self.records(object, moment).find(|record| is_same_id(&record.id(), id));
        record.map_or_else(|| no_such_record(id), |record| Answer::json(200, &self.json(&record, &fields)))
    }

    pub(super) fn create(self, name: &str, request: &Request) -> Answer {
        match self.object(name) {
            Some(Object::ScratchOrgInfo) => signup::create(self.salesforce, &request.body),
            Some(object) => {
                let message = format!("entity type {} does not support create", object.name());
                Answer::api(400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", &message)
            }
            None => Answer::not_found(),
        }
    }

    /// Changes the one field that a client changes: `RevisionCounter`, to say that it knows of a change
    /// (`updateRevisionCounterToZero` in `scratchOrgInfoApi.ts` of `@salesforce/core`).
    pub(super) fn update(self, name: &str, id: &str, request: &Request) -> Answer {
        if self.object(name) != Some(Object::SourceMember) {
            return Answer::not_found();
        }
        let fields: Json = serde_json::from_slice(&request.body).unwrap_or_default();
        let revision = fields["RevisionCounter"].as_i64().and_then(|revision| i32::try_from(revision).ok());
        let Some(revision) = revision else {
            return Answer::api(400, "JSON_PARSER_ERROR", "RevisionCounter has to be a number");
        };
        let mut records = self.records(Object::SourceMember, self.salesforce.moment());
        match records.find(|record| is_same_id(&record.id(), id)) {
            Some(record) if record.org.set_revision(record.row, revision) => Answer::empty(204),
            _ => no_such_record(id),
        }
    }

    /// Deleting the `ActiveScratchOrg` deletes the org: what `sf org delete scratch` does, `org.ts` of `@salesforce/core`.
    pub(super) fn delete(self, name: &str, id: &str) -> Answer {
        let object = self.object(name);
        if !matches!(object, Some(Object::ActiveScratchOrg | Object::ScratchOrgInfo)) {
            return Answer::not_found();
        }
        let moment = self.salesforce.moment();
        let is_active = object == Some(Object::ActiveScratchOrg);
        let id_of = |org: &Org| if is_active { org.active_id.clone() } else { org.scratch_org_info_id(0) };
        let org = self.salesforce.orgs.scratch_orgs().find(|org| is_same_id(&id_of(org), id));
        match org.map(|org| (org, org.status(moment))) {
            Some((_, RecordStatus::Deleted)) => Answer::api(404, "ENTITY_IS_DELETED", "entity is deleted"),
            Some((org, status)) if status == RecordStatus::Active || !is_active => {
                org.delete(moment);
                Answer::empty(204)
            }
            _ => no_such_record(id),
        }
    }
}

fn no_such_record(id: &str) -> Answer {
    Answer::api(404, "NOT_FOUND", &format!("Provided external ID field does not exist or is not accessible: {id}"))
}
