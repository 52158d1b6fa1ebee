//! What the Dev Hub answers to a query for `ScratchOrgInfo`: pages of rows, and the best record of each org in them.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::model::org::{OrgId, OrgName, ScratchOrgInfoId, Username};
use crate::model::scratch_org::{ScratchOrgInfo, Status};
use crate::model::untrusted::sanitize_line;
use crate::protocol::active_scratch_org::ActiveScratchOrg;
use crate::protocol::error_response::ErrorResponse;
use crate::protocol::response::{self, Response};
use crate::protocol::transport::{Answer, BODY_MAX, Unavailability, UnavailableKind};

/// A page of a query's answer. One without records is none: to take it for an empty one would be to say that the hub
/// knows no org.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page {
    /// How long it was, in bytes.
    #[serde(skip)]
    bytes: usize,
    #[serde(default)]
    pub(crate) total_size: usize,
    #[serde(default = "yes")]
    pub(crate) done: bool,
    pub(crate) next_records_url: Option<String>,
    pub(crate) records: Vec<Row>,
}

impl Page {
    pub(crate) fn read(answer: &Answer, now: Timestamp) -> Response<Self> {
        response::of_rest::<Self>(answer, now).and_then(|page| {
            if !page.done && page.next_records_url.is_none() {
                let description = "the answer is not whole, and does not say where it goes on";
                return Response::Unavailable(Unavailability::new(UnavailableKind::Other, description));
            }
            Response::Success(Self { bytes: answer.body.len(), ..page })
        })
    }
}

fn yes() -> bool {
    true
}

/// A row of the answer. Values of any type are taken: what is not text counts as not shown.
#[derive(Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Row(Map<String, Value>);

impl Row {
    /// The value of a field.
    pub(crate) fn value(&self, field: &str) -> &Value {
        self.0.get(field).unwrap_or(&Value::Null)
    }

    /// The text of a field.
    pub(crate) fn text(&self, field: &str) -> Option<&str> {
        self.value(field).as_str()
    }

    /// As a row of `ActiveScratchOrg`.
    pub(crate) fn active(&self) -> Option<ActiveScratchOrg> {
        ActiveScratchOrg::new(Username::new(self.text("SignupUsername")?).ok()?, self.text("Id")?)
    }

    /// As a row of `ScratchOrgInfo`.
    fn record(&self) -> Option<ScratchOrgInfo> {
        let shown = |field| self.text(field).filter(|text| !text.is_empty()).map(|text| sanitize_line(text, 80));
        let username = self.text("SignupUsername").and_then(|name| Username::new(name).ok());
        let id = self.text("Id").and_then(|id| ScratchOrgInfoId::new(id).ok());
        // What has no name cannot have been asked for.
        if username.is_none() && id.is_none() {
            return None;
        }
        let app = self.text("ConnectedAppConsumerKey").filter(|key| (1..=1000).contains(&key.len()));
        Some(ScratchOrgInfo {
            username,
            id,
            login_url: self.login_url(),
            status: self.text("Status").and_then(Status::new),
            org_id: self.text("ScratchOrg").and_then(|id| OrgId::new(id).ok()),
            instance: shown("SignupInstance"),
            expiration_date: self.text("ExpirationDate").and_then(|date| date.get(..10)?.parse().ok()),
            error_code: shown("ErrorCode"),
            connected_app: app.map(str::to_owned),
            created: self.text("CreatedDate").and_then(api_time),
            namespace: shown("Namespace"),
        })
    }

    /// The login URL as the hub wrote it, whatever it is: only where there is none yet is there something to wait for.
    fn login_url(&self) -> Option<String> {
        match self.value("LoginUrl") {
            Value::Null => None,
            Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
            other => Some(other.to_string()),
        }
    }
}

/// `2026-11-23T10:00:00.000+0000`, as the API writes a datetime.
fn api_time(text: &str) -> Option<Timestamp> {
    jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%.f%z", text)
        .and_then(|parsed| parsed.to_timestamp())
        .or_else(|_| text.parse())
        .ok()
}

/// How much of a query's answer is read: no more than can belong to what was asked.
#[derive(Debug)]
pub(crate) struct QueryBound {
    records: usize,
    pages: usize,
    bytes: usize,
    empty: usize,
}

/// The last page of an answer may be empty, and one before it where what it had is gone; not page after page.
const EMPTY_PAGES: usize = 3;

/// A username can be signed up again once its org is gone, and each time leaves a record: one a day for years.
const RECORDS_PER_QUERY: usize = 2_000;

/// Where many names are asked for, they are not all of that kind.
const RECORDS_PER_NAME: usize = 20;

/// No Dev Hub has as many live scratch orgs.
const RECORDS_PER_SELECTION: usize = 100_000;

/// Pages have 200 to 2,000 records, and fewer where records are large.
const RECORDS_PER_PAGE: usize = 100;

/// Longer than any record, with all fields that are asked for, as JSON.
const BYTES_PER_RECORD: usize = 4 * 1024;

impl QueryBound {
    /// For a query that asks for so many names.
    pub(crate) fn of_names(names: usize) -> Self {
        Self::new(names.saturating_mul(RECORDS_PER_NAME).saturating_add(RECORDS_PER_QUERY))
    }

    /// For a query that lets the hub say which orgs.
    pub(crate) fn of_selection() -> Self {
        Self::new(RECORDS_PER_SELECTION)
    }

    fn new(records: usize) -> Self {
        // One page more, as the last one may be empty, or be full of what is not asked for.
        let (pages, bytes) = (records / RECORDS_PER_PAGE + 2, records.saturating_mul(BYTES_PER_RECORD));
        Self { records, pages, bytes: bytes.saturating_add(BODY_MAX), empty: EMPTY_PAGES }
    }

    /// Counts a page. An error: the answer goes on beyond what can belong to the question.
    pub(crate) fn admit(&mut self, page: &Page) -> Result<(), ErrorResponse> {
        let left = self.records.checked_sub(page.records.len()).zip(self.pages.checked_sub(1));
        let empty = self.empty.checked_sub(usize::from(page.records.is_empty()));
        match left.zip(self.bytes.checked_sub(page.bytes)).zip(empty) {
            Some((((records, pages), bytes), empty)) => {
                *self = Self { records, pages, bytes, empty };
                Ok(())
            }
            None => Err(ErrorResponse::unusable("the answer goes on beyond what can belong to the question")),
        }
    }
}

/// The best record of each org, in the order in which the orgs came.
#[derive(Default)]
pub(crate) struct RecordIndex {
    pub(crate) records: Vec<ScratchOrgInfo>,
    /// By username, and by id where that was asked for: a record of another query, or a better one of the same username,
    /// may be without it.
    places: HashMap<OrgName, usize>,
    /// Others do not count; none: all do.
    asked: Option<HashSet<OrgName>>,
}

impl RecordIndex {
    /// Of these orgs alone.
    pub(crate) fn of_names(names: &[&OrgName]) -> Self {
        Self { asked: Some(names.iter().map(|name| (*name).clone()).collect()), ..Self::default() }
    }

    /// Works in the rows of a page.
    pub(crate) fn extend(&mut self, rows: &[Row]) {
        rows.iter().filter_map(Row::record).for_each(|record| self.add(record));
    }

    fn add(&mut self, record: ScratchOrgInfo) {
        let names = [record.username.clone().map(OrgName::Username), record.id.clone().map(OrgName::ScratchOrgInfo)];
        let names: Vec<OrgName> = names.into_iter().flatten().collect();
        if !names.iter().any(|name| self.asked.as_ref().is_none_or(|asked| asked.contains(name))) {
            return;
        }
        // The username counts, where there is one.
        let place = names.first().and_then(|name| self.places.get(name)).copied().unwrap_or(self.records.len());
        self.places.extend(names.into_iter().map(|name| (name, place)));
        match self.records.get_mut(place) {
            None => self.records.push(record),
            Some(known) if rank(&record) > rank(known) => *known = record,
            Some(_) => {}
        }
    }

    /// What the hub knows of this org.
    pub(crate) fn get(&self, name: &OrgName) -> Option<ScratchOrgInfo> {
        self.places.get(name).map(|place| self.records[*place].clone())
    }
}

/// A username can be signed up again once its org is gone: the live record counts, else the newest.
fn rank(record: &ScratchOrgInfo) -> (bool, Option<Timestamp>) {
    (record.status == Some(Status::Active), record.created)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datetime_of_the_api_is_read() {
        let expected: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        for text in ["2026-11-23T10:00:00.000+0000", "2026-11-23T10:00:00.000Z", "2026-11-23T12:00:00+02:00"] {
            assert_eq!(api_time(text), Some(expected), "{text}");
        }
        assert_eq!(api_time("yesterday"), None);
    }

    fn row(username: &str, status: &str, created: &str) -> Row {
        let row =
            serde_json::json!({"SignupUsername": username, "Status": status, "CreatedDate": created, "LoginUrl": 5});
        serde_json::from_value(row).unwrap()
    }

    #[test]
    fn of_several_records_the_active_one_counts_and_else_the_newest() {
        let mut best = RecordIndex::default();
        best.extend(&[
            row("a@x.com", "Deleted", "2026-11-03T10:00:00.000+0000"),
            row("A@x.com", "Active", "2026-11-01T10:00:00.000+0000"),
            row("a@x.com", "Error", "2026-11-04T10:00:00.000+0000"),
            row("b@x.com", "Deleted", "2026-11-01T10:00:00.000+0000"),
            row("b@x.com", "Error", "2026-11-02T10:00:00.000+0000"),
        ]);
        let status = |name: &str| best.get(&OrgName::new(name).unwrap()).and_then(|record| record.status);
        assert_eq!(status("a@X.com"), Some(Status::Active));
        assert_eq!(status("b@x.com"), Some(Status::Error));
        assert_eq!(status("c@x.com"), None);
    }

    #[test]
    fn what_was_not_asked_for_is_not_kept() {
        let names = ["A@x.com", "2SR000000000001"].map(|name| OrgName::new(name).unwrap());
        let mut best = RecordIndex::of_names(&names.iter().collect::<Vec<_>>());
        let by_id = serde_json::json!({"Id": "2SR000000000001AAA", "SignupUsername": "c@x.com"});
        best.extend(&[
            row("a@x.com", "Active", ""),
            row("b@x.com", "Active", ""),
            serde_json::from_value(by_id).unwrap(),
        ]);
        let kept: Vec<_> = best.records.iter().filter_map(|record| record.username.clone()).collect();
        assert_eq!(kept, ["a@x.com", "c@x.com"].map(|name| Username::new(name).unwrap()));
        assert!(names.iter().all(|name| best.get(name).is_some()));
    }

    #[test]
    fn a_record_without_a_username_is_known_by_its_id_and_still_being_created() {
        let row = |id: &str, username: Option<&str>, status: &str| {
            let row = serde_json::json!({
                "Id": id, "SignupUsername": username, "Status": status, "LoginUrl": "https://x.my.salesforce.com"
            });
            serde_json::from_value::<Row>(row).unwrap()
        };
        let mut best = RecordIndex::default();
        best.extend(&[
            row("2SR000000000001AAA", None, "New"),
            row("2SR000000000002AAA", None, "Active"),
            row("2SR000000000003AAA", Some("c@x.com"), "Active"),
            row("2SR000000000004AAA", None, "Error"),
            row("", None, "Active"),
        ]);
        let known = |name: &str| best.get(&OrgName::new(name).unwrap());
        let creating = |name: &str| known(name).map(|record| record.is_being_created());
        assert_eq!(creating("2SR000000000001"), Some(true));
        assert_eq!(creating("2SR000000000002"), Some(true));
        assert_eq!(creating("2SR000000000003"), Some(false));
        assert_eq!(known("2SR000000000003"), known("c@x.com"));
        assert_eq!(creating("2SR000000000004"), Some(false));
        assert_eq!((known("2SR000000000005"), best.records.len()), (None, 4));
    }

    /// How many pages like this are read until it is enough, of at most 10,000.
    fn read(mut bound: QueryBound, records: usize, bytes: usize) -> usize {
        let page = Page {
            bytes,
            total_size: 0,
            done: false,
            next_records_url: Some("/next".to_owned()),
            records: (0..records).map(|_| Row::default()).collect(),
        };
        (0..10_000).take_while(|_| bound.admit(&page).is_ok()).count()
    }

    #[test]
    fn an_answer_that_never_ends_is_left() {
        for (bound, records, bytes, pages) in [
            // 2,000 earlier orgs of one username are read; pages of others are not read for ever.
            (QueryBound::of_names(1), 2_000, 1_200_000, 1),
            (QueryBound::of_names(1), 200, 120_000, 10),
            (QueryBound::of_names(1), 1, 600, 22),
            (QueryBound::of_names(1), 0, 60, EMPTY_PAGES),
            // What 2,020 records of 4 KB need, and one of the longest answers besides: two such pages, and no third.
            (QueryBound::of_names(1), 1, BODY_MAX, 2),
            (QueryBound::of_names(193), 2_000, 1_200_000, 2),
            (QueryBound::of_selection(), 2_000, 1_200_000, 50),
            (QueryBound::of_selection(), 0, 60, EMPTY_PAGES),
            (QueryBound::of_selection(), 1, 60, 1_002),
        ] {
            let shown = format!("{bound:?}, {records} records and {bytes} bytes a page");
            assert_eq!(read(bound, records, bytes), pages, "{shown}");
        }
    }

    #[test]
    fn the_first_of_two_records_that_are_the_same_age_stays() {
        let (first, second) = (
            row("a@x.com", "Deleted", "2026-11-03T10:00:00.000+0000"),
            row("a@x.com", "Error", "2026-11-03T10:00:00.000+0000"),
        );
        let mut best = RecordIndex::default();
        best.extend(&[first, second]);
        assert_eq!(best.get(&OrgName::new("a@x.com").unwrap()).unwrap().status, Some(Status::Deleted));
    }

    #[test]
    fn what_was_not_asked_for_does_not_count() {
        let asked = OrgName::new("a@x.com").unwrap();
        let mut found = RecordIndex::of_names(&[&asked]);
        let created = "2026-11-03T10:00:00.000+0000";
        found.extend(&[row("a@x.com", "Active", created), row("b@x.com", "Active", created)]);
        assert!(found.get(&asked).is_some());
        assert_eq!(found.get(&OrgName::new("b@x.com").unwrap()), None);
    }

    #[test]
    fn a_page_that_does_not_say_so_is_the_last_and_tells_its_length() {
        let body = r#"{"totalSize":0,"records":[]}"#;
        let answer = Answer { status: 200, body: body.into(), ..Answer::default() };
        let Response::Success(page) = Page::read(&answer, Timestamp::UNIX_EPOCH) else { panic!("no page") };
        assert_eq!((page.done, page.bytes), (true, body.len()));
    }
}
