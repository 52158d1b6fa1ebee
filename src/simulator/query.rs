//! `GET /services/data/vXX.0/query`: a statement, its records, page by page.

use std::num::NonZeroUsize;
use std::sync::{MutexGuard, PoisonError};

use jiff::tz::TimeZone;
use serde_json::{Map, Value as Json, json};

use super::answer::Answer;
use super::identifier;
use super::org::Org;
use super::record::Record;
use super::salesforce::Salesforce;
use super::soql::{self, DEV_HUB, Field, Object, Query, Scope, TRACKING, compare};

/// Rows in one page of an answer, unless the scenario says otherwise.
const PAGE_SIZE: usize = 2000;

/// Who asks, and through which version of which API.
#[derive(Clone, Copy)]
pub(super) struct Asker<'a> {
    pub(super) salesforce: &'a Salesforce,
    pub(super) org: &'a Org,
    /// `60.0`.
    pub(super) version: &'a str,
    pub(super) tooling: bool,
}

impl<'a> Asker<'a> {
    /// The objects that the org has.
    pub(super) fn objects(self) -> &'static [&'static Object] {
        let is_hub = self.org.is_hub();
        if !self.tooling && is_hub && self.org.plan.dev_hub != Some(false) {
            &DEV_HUB
        } else if self.tooling && !is_hub && self.org.plan.tracks_source != Some(false) {
            &TRACKING
        } else {
            // "sObject type 'ScratchOrgInfo' is not supported" is how sf knows that an org is no Dev Hub, `org.ts` L755-757 of
            // `@salesforce/core`.
            &DEV_HUB[2..]
        }
    }

    /// All records of an object that there are now.
    pub(super) fn records(self, object: &'static Object) -> impl Iterator<Item = Record<'a>> {
        let (salesforce, now) = (self.salesforce, self.salesforce.now());
        let of_hub = matches!(object.name, "ScratchOrgInfo" | "ActiveScratchOrg");
        let orgs = salesforce.orgs.scratch_orgs().filter(move |_| of_hub);
        let orgs = orgs.chain(std::iter::once(self.org).filter(move |_| !of_hub));
        let rows = move |org: &Org| match object.name {
            "ScratchOrgInfo" => org.plan.earlier.len() + 1,
            "ActiveScratchOrg" => usize::from(org.is_active(now)),
            "SourceMember" => org.changes(now).len(),
            _ => 1,
        };
        let hub = salesforce.orgs.hub();
        orgs.flat_map(move |org| (0..rows(org)).map(move |row| Record { object, org, hub, row, now }))
    }

    /// Answers for a further page, `01g…-2000`.
    pub(super) fn further(self, locator: &str) -> Result<Answer, Answer> {
        let (id, from) = locator.rsplit_once('-').unwrap_or_default();
        let statements = self.paged().clone();
        let statement = (0..).zip(&statements).find(|(place, _)| locator_id(*place) == id);
        let statement = statement.and_then(|(_, statement)| Some((statement, from.parse().ok()?)));
        let invalid = || Answer::api(400, "INVALID_QUERY_LOCATOR", "invalid query locator");
        let (statement, from) = statement.ok_or_else(invalid)?;
        self.page(statement, from)
    }

    /// Answers a statement, from this record on.
    pub(super) fn page(self, statement: &str, from: usize) -> Result<Answer, Answer> {
        let query = self.parse(statement)?;
        let found = self.find(&query);
        let size = if query.fields.is_empty() {
            usize::MAX
        } else {
            self.org.plan.page_size.map_or(PAGE_SIZE, NonZeroUsize::get)
        };
        let next = from.saturating_add(size);
        let mut answer = json!({"totalSize": found.len(), "done": next >= found.len()});
        if next < found.len() {
            let mut paged = self.paged();
            let place = paged.iter().position(|one| one == statement).unwrap_or(paged.len());
            if place == paged.len() {
                paged.push(statement.to_owned());
            }
            let api = if self.tooling { "tooling/query" } else { "query" };
            answer["nextRecordsUrl"] =
                format!("/services/data/v{}/{api}/{}-{next}", self.version, locator_id(place as u64)).into();
        }
        let records = found.iter().skip(from).take(size).filter(|_| !query.fields.is_empty());
        answer["records"] = records.map(|record| self.json(record, &query.fields)).collect();
        Ok(Answer::json(200, &answer))
    }

    fn paged(self) -> MutexGuard<'a, Vec<String>> {
        self.salesforce.paged.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn parse(self, statement: &str) -> Result<Query, Answer> {
        let select = |query: &Query| self.find(query).iter().map(|record| record.value(&query.fields[0])).collect();
        let today = TimeZone::UTC.to_datetime(self.salesforce.now()).date();
        let hidden = &self.org.plan.hidden_fields;
        let scope = Scope { objects: self.objects(), hidden, today, select: &select };
        soql::parse(statement, &scope).map_err(|error| Answer::api(400, error.code, &error.message))
    }

    /// The records that a query finds, in its order.
    fn find(self, query: &Query) -> Vec<Record<'a>> {
        let is_found = |record: &Record<'_>| {
            query.condition.as_ref().is_none_or(|condition| condition.matches(&|field| record.value(field)))
        };
        let mut records: Vec<Record<'a>> = self.records(query.object).filter(is_found).collect();
        for (field, is_descending) in query.order.iter().rev() {
            records.sort_by(|a, b| {
                let (a, b) = (a.value(field), b.value(field));
                // Null comes first, whatever the direction.
                let order = compare(&a, &b).map(|order| if *is_descending { order.reverse() } else { order });
                order.unwrap_or_else(|| b.is_null().cmp(&a.is_null()))
            });
        }
        records.into_iter().skip(query.offset).take(query.limit).collect()
    }

    /// What a statement selects instead of its records: `columns=true`, which `sf data query` sends a second time
    /// (`retrieveColumns` in `query.ts` of `@salesforce/plugin-data`).
    pub(super) fn columns(self, statement: &str) -> Result<Answer, Answer> {
        let query = self.parse(statement)?;
        let column = |name: &str, joined: Option<&Json>| {
            let joined: Vec<&Json> = joined.into_iter().collect();
            json!({"aggregate": false, "columnName": name, "displayName": name, "joinColumns": joined})
        };
        let of_field = |field: &Field| {
            let own = column(field.name, None);
            field.parent.map_or_else(|| own.clone(), |parent| column(parent, Some(&own)))
        };
        let columns: Json = query.fields.iter().map(of_field).collect();
        Ok(Answer::json(200, &json!({"columnMetadata": columns, "entityName": query.object.name, "groupBy": false})))
    }

    /// A record as the API writes it: its type and URL, then the fields in the order of the statement.
    pub(super) fn json(self, record: &Record<'_>, fields: &[Field]) -> Json {
        let mut json = Map::from_iter([("attributes".to_owned(), self.attributes(record))]);
        for field in fields {
            match field.parent.and_then(|parent| Some((parent, record.parent(parent)?))) {
                None => {
                    json.insert(field.name.to_owned(), record.value(field));
                }
                Some((name, parent)) => {
                    let nested = json.entry(name).or_insert_with(|| json!({"attributes": self.attributes(&parent)}));
                    nested[field.name] = record.value(field);
                }
            }
        }
        Json::Object(json)
    }

    fn attributes(self, record: &Record<'_>) -> Json {
        let name = record.object.name;
        json!({"type": name, "url": format!("/services/data/v{}/sobjects/{name}/{}", self.version, record.id())})
    }
}

/// The id of the query at this place.
fn locator_id(place: u64) -> String {
    identifier::id("01g", place)
}
