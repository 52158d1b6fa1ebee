//! What the Dev Hub answers to a query for `ScratchOrgInfo`: pages of rows, and the best record of each org in them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::model::org::{OrgId, OrgName, ScratchOrgInfoId, Username};
use crate::model::scratch_org::{ScratchOrgInfo, Status};
use crate::model::untrusted::sanitize_line;
use crate::protocol::active_scratch_org::ActiveScratchOrg;
use crate::protocol::response::{self, Response, Unavailability, UnavailableKind};
use crate::protocol::transport::Answer;

/// A page of a query's answer. One without records is none: to take it for an empty one would be to say that the hub
/// knows no org.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page {
    #[serde(default)]
    pub(crate) total_size: usize,
    #[serde(default = "yes")]
    pub(crate) done: bool,
    pub(crate) next_records_url: Option<String>,
    pub(crate) records: Vec<Row>,
}

impl Page {
    pub(crate) fn read(answer: &Answer, now: Timestamp) -> Response<Self> {
        match response::of_rest::<Self>(answer, now) {
            Response::Success(page) if !page.done && page.next_records_url.is_none() => {
                let description = "the answer is not whole, and does not say where it goes on";
                Response::Unavailable(Unavailability::new(UnavailableKind::Other, description))
            }
            response => response,
        }
    }
}

fn yes() -> bool {
    true
}

/// A row of `ScratchOrgInfo`. Values of any type are taken: what is not text counts as not shown.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Row {
    id: Value,
    signup_username: Value,
    login_url: Value,
    status: Value,
    scratch_org: Value,
    signup_instance: Value,
    expiration_date: Value,
    error_code: Value,
    connected_app_consumer_key: Value,
    created_date: Value,
}

impl Row {
    /// As a row of `ActiveScratchOrg`.
    pub(crate) fn active(&self) -> Option<ActiveScratchOrg> {
        ActiveScratchOrg::new(Username::new(self.signup_username.as_str()?).ok()?, self.id.as_str()?)
    }

    fn record(&self) -> Option<ScratchOrgInfo> {
        let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let shown = |value: &Value| text(value).map(|text| sanitize_line(&text, 80));
        Some(ScratchOrgInfo {
            username: Username::new(self.signup_username.as_str()?).ok()?,
            id: self.id.as_str().and_then(|id| ScratchOrgInfoId::new(id).ok()),
            login_url: self.login_url(),
            status: self.status.as_str().and_then(Status::new),
            org_id: self.scratch_org.as_str().and_then(|id| OrgId::new(id).ok()),
            instance: shown(&self.signup_instance),
            expiration_date: self.expiration_date.as_str().and_then(|date| date.get(..10)?.parse().ok()),
            error_code: shown(&self.error_code),
            connected_app: text(&self.connected_app_consumer_key).filter(|key| key.len() <= 1000),
            created: self.created_date.as_str().and_then(api_time),
        })
    }

    /// The login URL as the hub wrote it, whatever it is: only where there is none yet is there something to wait for.
    fn login_url(&self) -> Option<String> {
        match &self.login_url {
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

/// The best record of each org, in the order in which the orgs came.
#[derive(Default)]
pub(crate) struct RecordIndex {
    pub(crate) records: Vec<ScratchOrgInfo>,
    by_username: HashMap<String, usize>,
    /// Where the id was asked for: a record of another query, or a better one of the same username, may be without it.
    by_id: HashMap<ScratchOrgInfoId, usize>,
}

impl RecordIndex {
    /// Works in the rows of a query.
    pub(crate) fn extend(&mut self, rows: &[Row]) {
        rows.iter().filter_map(Row::record).for_each(|record| self.add(record));
    }

    fn add(&mut self, record: ScratchOrgInfo) {
        let place = match self.by_username.entry(record.username.folded()) {
            Entry::Vacant(entry) => *entry.insert(self.records.len()),
            Entry::Occupied(entry) => *entry.get(),
        };
        if let Some(id) = &record.id {
            self.by_id.insert(id.clone(), place);
        }
        match self.records.get_mut(place) {
            None => self.records.push(record),
            Some(known) if rank(&record) > rank(known) => *known = record,
            Some(_) => {}
        }
    }

    /// What the hub knows of this org.
    pub(crate) fn get(&self, name: &OrgName) -> Option<ScratchOrgInfo> {
        let place = match name {
            OrgName::Username(username) => self.by_username.get(&username.folded()),
            OrgName::ScratchOrgInfo(id) => self.by_id.get(id),
        };
        place.map(|place| self.records[*place].clone())
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
}
