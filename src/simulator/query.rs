//! `GET /services/data/vXX.0/query`: a statement, its records, page by page.

use std::cmp::Ordering;
use std::sync::PoisonError;

use jiff::tz::TimeZone;
use serde_json::{Map, Value as Json, json};

use super::answer::Answer;
use super::cursor::Cursor;
use super::filter::{Filter, Scope};
use super::identifier::{self, prefix};
use super::moment::Moment;
use super::object::{Field, Kind, Object};
use super::org::Org;
use super::record::{Record, Value};
use super::salesforce::Salesforce;
use super::soql::{self, Query, SoqlError};

/// Cursors that are kept; the oldest ends when there are more (Salesforce keeps ten for a user).
const CURSORS_MAX: usize = 100;

/// `OFFSET` goes no further.
/// <https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_offset.htm>
const OFFSET_MAX: usize = 2000;

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
    /// Whether the org has the object.
    pub(super) fn has(self, object: Object) -> bool {
        match object {
            // "sObject type 'ScratchOrgInfo' is not supported" is how sf knows that an org is no Dev Hub, `org.ts` L755-757 of
            // `@salesforce/core`.
            Object::ScratchOrgInfo | Object::ActiveScratchOrg => {
                self.org.is_hub() && self.salesforce.rules.dev_hub && !self.tooling
            }
            Object::Organization | Object::User | Object::Profile => true,
            Object::SourceMember => !self.org.is_hub() && self.tooling && self.org.plan.tracks_source,
        }
    }

    /// All records of an object.
    pub(super) fn records(self, object: Object, moment: Moment) -> impl Iterator<Item = Record<'a>> {
        let (salesforce, asking) = (self.salesforce, self.org);
        let of_hub = matches!(object, Object::ScratchOrgInfo | Object::ActiveScratchOrg);
        let all = salesforce.orgs.scratch_orgs().filter(move |_| of_hub);
        let record = move |org, row| Record { object, org, hub: salesforce.hub(), row, moment };
        let rows = move |org: &Org| match object {
            Object::ScratchOrgInfo => org.plan.earlier.len() + 1,
            Object::SourceMember => org.changes(moment).len(),
            _ => 1,
        };
        let orgs = all.chain(std::iter::once(asking).filter(move |_| !of_hub));
        orgs.flat_map(move |org| (0..rows(org)).map(move |row| record(org, row))).filter(Record::exists)
    }

    /// Answers a statement.
    pub(super) fn query(self, statement: &str) -> Answer {
        self.run(statement).unwrap_or_else(refusal)
    }

    fn run(self, statement: &str) -> Result<Answer, SoqlError> {
        let query = soql::parse(statement)?;
        let (object, fields) = self.selection(statement, &query)?;
        let records = self.found(statement, &query, object)?;
        if fields.is_empty() {
            return Ok(Answer::json(200, &json!({"totalSize": records.len(), "done": true, "records": []})));
        }
        let page_size = self.salesforce.rules.page_size;
        let mut answer = json!({"totalSize": records.len(), "done": true});
        if records.len() > page_size {
            answer["done"] = Json::from(false);
            let keys = records.iter().map(|record| (record.org.index, record.row)).collect();
            let id = self.keep(object, fields.clone(), keys);
            answer["nextRecordsUrl"] = Json::from(self.next_page(&id, page_size));
        }
        answer["records"] = records.iter().take(page_size).map(|record| self.json(record, &fields)).collect();
        Ok(Answer::json(200, &answer))
    }

    fn selection(self, statement: &str, query: &Query) -> Result<(Object, Vec<Field>), SoqlError> {
        let object = Object::named(&query.object.text).filter(|object| self.has(*object));
        let object = object.ok_or_else(|| SoqlError::no_such_object(statement, &query.object))?;
        let hidden = &self.salesforce.rules.hidden_fields;
        let fields = query.fields.iter().map(|path| object.field(statement, path, hidden)).collect::<Result<_, _>>()?;
        Ok((object, fields))
    }

    /// The records that a query finds, in its order.
    fn found(self, statement: &str, query: &Query, object: Object) -> Result<Vec<Record<'a>>, SoqlError> {
        if query.offset > OFFSET_MAX {
            let message = format!("Maximum SOQL offset allowed is {OFFSET_MAX}");
            return Err(SoqlError { code: "NUMBER_OUTSIDE_VALID_RANGE", message });
        }
        let moment = self.salesforce.moment();
        let hidden = &self.salesforce.rules.hidden_fields;
        let select = |inner: &Query| {
            let (object, fields) = self.selection(statement, inner)?;
            let [field] = fields.as_slice() else {
                return Err(SoqlError::malformed(statement, inner.object.at, "only one field is selected within IN"));
            };
            let text = |record: &Record<'_>| match record.value(field) {
                Value::Text(text) => Some(text.into_owned()),
                _ => None,
            };
            Ok(self.found(statement, inner, object)?.iter().filter_map(text).collect())
        };
        let today = TimeZone::UTC.to_datetime(moment.now()).date();
        let scope = Scope { statement, object, hidden, today, select: &select };
        let filter = query.condition.as_ref().map(|condition| Filter::new(&scope, condition)).transpose()?;
        let lets_through = |record: &Record<'_>| filter.as_ref().is_none_or(|filter| filter.matches(record));
        let mut records: Vec<Record<'a>> = self.records(object, moment).filter(lets_through).collect();
        sort(&mut records, statement, query, object, hidden)?;
        Ok(records.into_iter().skip(query.offset).take(query.limit.unwrap_or(usize::MAX)).collect())
    }

    /// What a statement selects instead of its records: `columns=true`, which `sf data query` sends a second time
    /// (`retrieveColumns` in `query.ts` of `@salesforce/plugin-data`).
    pub(super) fn columns(self, statement: &str) -> Answer {
        let selected = soql::parse(statement).and_then(|query| self.selection(statement, &query));
        let (object, fields) = match selected {
            Ok(selected) => selected,
            Err(error) => return refusal(error),
        };
        let column = |name: &str, kind: Option<Kind>, joined: &[Json]| {
            json!({
                "aggregate": false,
                "columnName": name,
                "displayName": name,
                "custom": false,
                "textType": matches!(kind, Some(Kind::Text | Kind::Id)),
                "booleanType": kind == Some(Kind::Bool),
                "numberType": kind == Some(Kind::Number),
                "joinColumns": joined,
            })
        };
        let of_field = |field: &Field| {
            let own = column(field.column.name, Some(field.column.kind), &[]);
            field.parent.map_or_else(|| own.clone(), |parent| column(parent.name(), None, std::slice::from_ref(&own)))
        };
        let columns: Json = fields.iter().map(of_field).collect();
        Answer::json(200, &json!({"columnMetadata": columns, "entityName": object.name(), "groupBy": false}))
    }

    /// Answers for a further page, `01g…-2000`.
    pub(super) fn page(self, locator: &str) -> Answer {
        let invalid = || Answer::api(400, "INVALID_QUERY_LOCATOR", "invalid query locator");
        let Some((id, from)) = locator.rsplit_once('-') else { return invalid() };
        let Ok(from) = from.parse::<usize>() else { return invalid() };
        let moment = self.salesforce.moment();
        let cursors = self.salesforce.cursors.lock().unwrap_or_else(PoisonError::into_inner);
        let cursor =
            cursors.iter().find(|cursor| cursor.id == id && cursor.org == self.org.index && from <= cursor.keys.len());
        let Some(cursor) = cursor else { return invalid() };
        let page_size = self.salesforce.rules.page_size;
        let mut answer = json!({"totalSize": cursor.keys.len(), "done": true});
        if cursor.keys.len() - from > page_size {
            answer["done"] = Json::from(false);
            answer["nextRecordsUrl"] = Json::from(self.next_page(id, from + page_size));
        }
        let record = |&(org, row): &(usize, usize)| {
            let org = self.salesforce.orgs.get(org)?;
            let record = Record { object: cursor.object, org, hub: self.salesforce.hub(), row, moment };
            Some(self.json(&record, &cursor.fields))
        };
        answer["records"] = cursor.keys[from..].iter().take(page_size).filter_map(record).collect();
        Answer::json(200, &answer)
    }

    fn next_page(self, id: &str, from: usize) -> String {
        let tooling = if self.tooling { "/tooling" } else { "" };
        format!("/services/data/v{}{tooling}/query/{id}-{from}", self.version)
    }

    fn keep(self, object: Object, fields: Vec<Field>, keys: Vec<(usize, usize)>) -> String {
        let mut cursors = self.salesforce.cursors.lock().unwrap_or_else(PoisonError::into_inner);
        if cursors.len() == CURSORS_MAX {
            cursors.pop_front();
        }
        let id = identifier::id(prefix::QUERY_LOCATOR, fastrand::u64(..1 << 34));
        cursors.push_back(Cursor { id: id.clone(), org: self.org.index, object, fields, keys });
        id
    }

    /// A record as the API writes it: its type and URL, then the fields in the order of the statement.
    pub(super) fn json(self, record: &Record<'_>, fields: &[Field]) -> Json {
        let mut json = Map::new();
        json.insert("attributes".to_owned(), self.attributes(record));
        for field in fields {
            match field.parent {
                None => {
                    json.insert(field.column.name.to_owned(), record.value(field).json());
                }
                Some(parent) => {
                    let attributes = self.attributes(&record.parent(parent));
                    let nested = json.entry(parent.name()).or_insert_with(|| json!({"attributes": attributes}));
                    nested[field.column.name] = record.value(field).json();
                }
            }
        }
        Json::Object(json)
    }

    fn attributes(self, record: &Record<'_>) -> Json {
        let name = record.object.name();
        json!({"type": name, "url": format!("/services/data/v{}/sobjects/{name}/{}", self.version, record.id())})
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what unwrap_or_else hands over")]
fn refusal(error: SoqlError) -> Answer {
    Answer::api(400, error.code, &error.message)
}

fn sort(
    records: &mut [Record<'_>],
    statement: &str,
    query: &Query,
    object: Object,
    hidden: &[String],
) -> Result<(), SoqlError> {
    let mut orders = Vec::new();
    for order in &query.order {
        orders.push((object.field(statement, &order.field, hidden)?, order.descending, order.nulls_last));
    }
    let compare = |a: &Record<'_>, b: &Record<'_>| {
        let by = |(field, descending, nulls_last): &(Field, bool, bool)| {
            let (a, b) = (a.value(field), b.value(field));
            let nulls = (a == Value::Null).cmp(&(b == Value::Null));
            match (nulls, nulls_last) {
                (Ordering::Equal, _) if *descending => compare_values(&b, &a),
                (Ordering::Equal, _) => compare_values(&a, &b),
                (nulls, true) => nulls,
                (nulls, false) => nulls.reverse(),
            }
        };
        orders.iter().map(by).find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
    };
    if !orders.is_empty() {
        records.sort_by(compare);
    }
    Ok(())
}

fn compare_values(a: &Value<'_>, b: &Value<'_>) -> Ordering {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => a.to_lowercase().cmp(&b.to_lowercase()),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Number(a), Value::Number(b)) => a.cmp(b),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::DateTime(a), Value::DateTime(b)) => a.cmp(b),
        _ => Ordering::Equal,
    }
}
