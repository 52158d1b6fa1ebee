//! `GET /services/data/vXX.0/query`: a statement, its records, page by page.

use jiff::tz::TimeZone;
use serde_json::{Map, Value as Json, json};

use super::answer::Answer;
use super::cursors::Cursor;
use super::identifier;
use super::org::Org;
use super::record::Record;
use super::salesforce::Salesforce;
use super::soql::{self, DEV_HUB, Field, Kind, Object, Query, Scope, TRACKING, compare};

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
        if !self.tooling && is_hub && self.salesforce.scenario.hub.dev_hub {
            &DEV_HUB
        } else if self.tooling && !is_hub && self.org.plan.tracks_source {
            &TRACKING
        } else {
            // "sObject type 'ScratchOrgInfo' is not supported" is how sf knows that an org is no Dev Hub, `org.ts` L755-757 of
            // `@salesforce/core`.
            &DEV_HUB[2..]
        }
    }

    /// All records of an object that there are now.
    pub(super) fn records(self, object: &'static Object) -> impl Iterator<Item = Record<'a>> {
        let (salesforce, moment) = (self.salesforce, self.salesforce.moment());
        let of_hub = matches!(object.name, "ScratchOrgInfo" | "ActiveScratchOrg");
        let orgs = salesforce.orgs.scratch_orgs().filter(move |_| of_hub);
        let orgs = orgs.chain(std::iter::once(self.org).filter(move |_| !of_hub));
        let rows = move |org: &Org| match object.name {
            "ScratchOrgInfo" => org.plan.earlier.len() + 1,
            "ActiveScratchOrg" => usize::from(org.is_active(moment)),
            "SourceMember" => org.changes(moment).len(),
            _ => 1,
        };
        let hub = salesforce.orgs.hub();
        orgs.flat_map(move |org| (0..rows(org)).map(move |row| Record { object, org, hub, row, moment }))
    }

    /// Answers a statement.
    pub(super) fn query(self, statement: &str) -> Result<Answer, Answer> {
        let query = self.parse(statement)?;
        let found = self.found(&query);
        if query.fields.is_empty() {
            return Ok(Answer::json(200, &json!({"totalSize": found.len(), "done": true, "records": []})));
        }
        let records: Vec<Json> = found.iter().map(|record| self.json(record, &query.fields)).collect();
        let id = identifier::id("01g", fastrand::u64(..1 << 34));
        let answer = self.answer(&id, &records, 0);
        if records.len() > self.salesforce.scenario.hub.page_size {
            self.salesforce.cursors.keep(Cursor { id, org: self.org.index, records });
        }
        Ok(answer)
    }

    /// Answers for a further page, `01g…-2000`.
    pub(super) fn page(self, locator: &str) -> Result<Answer, Answer> {
        let (id, from) = locator.rsplit_once('-').unwrap_or_default();
        let is_wanted = |cursor: &Cursor| cursor.id == id && cursor.org == self.org.index;
        let page = |cursor: &Cursor| {
            let from = from.parse().ok().filter(|from| *from <= cursor.records.len())?;
            Some(self.answer(id, &cursor.records, from))
        };
        let page = self.salesforce.cursors.find(is_wanted, page).flatten();
        page.ok_or_else(|| Answer::api(400, "INVALID_QUERY_LOCATOR", "invalid query locator"))
    }

    fn answer(self, id: &str, records: &[Json], from: usize) -> Answer {
        let next = from + self.salesforce.scenario.hub.page_size;
        let mut answer = json!({"totalSize": records.len(), "done": next >= records.len()});
        if next < records.len() {
            let api = if self.tooling { "tooling/query" } else { "query" };
            answer["nextRecordsUrl"] = format!("/services/data/v{}/{api}/{id}-{next}", self.version).into();
        }
        answer["records"] = records[from..next.min(records.len())].into();
        Answer::json(200, &answer)
    }

    fn parse(self, statement: &str) -> Result<Query, Answer> {
        let select = |query: &Query| self.found(query).iter().map(|record| record.value(&query.fields[0])).collect();
        let today = TimeZone::UTC.to_datetime(self.salesforce.moment().now()).date();
        let hidden = &self.salesforce.scenario.hub.hidden_fields;
        let scope = Scope { objects: self.objects(), hidden, today, select: &select };
        soql::parse(statement, &scope).map_err(|error| Answer::api(400, error.code, &error.message))
    }

    /// The records that a query finds, in its order.
    fn found(self, query: &Query) -> Vec<Record<'a>> {
        let is_found = |record: &Record<'_>| {
            query.condition.as_ref().is_none_or(|condition| condition.matches(&|field| record.value(field)))
        };
        let mut records: Vec<Record<'a>> = self.records(query.object).filter(is_found).collect();
        for order in query.order.iter().rev() {
            records.sort_by(|a, b| {
                let (a, b) = (a.value(&order.field), b.value(&order.field));
                // Null comes first, whatever the direction.
                let values = compare(&a, &b).unwrap_or_else(|| b.is_null().cmp(&a.is_null()));
                if order.descending && !a.is_null() && !b.is_null() { values.reverse() } else { values }
            });
        }
        records.into_iter().skip(query.offset).take(query.limit.unwrap_or(usize::MAX)).collect()
    }

    /// What a statement selects instead of its records: `columns=true`, which `sf data query` sends a second time
    /// (`retrieveColumns` in `query.ts` of `@salesforce/plugin-data`).
    pub(super) fn columns(self, statement: &str) -> Result<Answer, Answer> {
        let query = self.parse(statement)?;
        let column = |name: &str, kind: Option<Kind>, joined: &[Json]| {
            json!({
                "aggregate": false,
                "columnName": name,
                "displayName": name,
                "custom": false,
                "textType": kind.is_some_and(Kind::is_text),
                "booleanType": kind == Some(Kind::Bool),
                "numberType": kind == Some(Kind::Number),
                "joinColumns": joined,
            })
        };
        let of_field = |field: &Field| {
            let own = column(field.name, Some(field.kind), &[]);
            field.parent.map_or_else(|| own.clone(), |parent| column(parent, None, std::slice::from_ref(&own)))
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
