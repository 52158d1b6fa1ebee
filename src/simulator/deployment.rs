//! A deployment: what arrived, how far it is, and what it comes to.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::identifier;
use super::package;
use super::scenario::OrgScenario;

/// A deployment that an org was asked for.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RecordedDeployment {
    /// Whose org.
    pub username: String,
    /// Its id.
    pub id: String,
    /// `soap` or `rest`.
    pub api: &'static str,
    /// The API's version, `67.0`.
    pub version: String,
    /// The options that were sent.
    pub options: BTreeMap<String, String>,
    /// The package's files, text by path.
    pub files: BTreeMap<String, String>,
    /// `InProgress`, `Succeeded`, `SucceededPartial` or `Failed`.
    pub status: &'static str,
}

/// A deployment as the org has it. What it comes to is known from the start.
#[derive(Debug, Clone)]
pub(super) struct Deployment {
    recorded: RecordedDeployment,
    /// Its `DeployResult` in the end, in the names that both APIs use.
    result: Json,
    /// Type and name of what it changes.
    pub(super) changes: Vec<(String, String)>,
    /// When it is done; never for some.
    pub(super) done: Option<Timestamp>,
}

impl Deployment {
    /// Takes in what was handed to an org.
    pub(super) fn new(
        org: &OrgScenario,
        api: &'static str,
        version: &str,
        options: BTreeMap<String, String>,
        zip: &[u8],
        now: Timestamp,
    ) -> Self {
        let option = |name: &str| options.get(name).is_some_and(|value| value == "true");
        let (files, mut components) = package::unpack(zip, option("singlePackage"));
        let is_bad = |component: &Json| {
            let name = &component["fullName"];
            package::is_member(component) && org.deploy_fails.iter().any(|bad| name == bad || bad == "*")
        };
        for bad in components.iter_mut().filter(|component| is_bad(component)) {
            package::refuse(bad, "Not available for deploy for this organization");
        }
        let members = components.iter().filter(|component| package::is_member(component)).count();
        let (good, bad): (Vec<Json>, Vec<Json>) =
            components.into_iter().partition(|component| component["success"] == true);
        let deployed: Vec<&Json> = good.iter().filter(|component| package::is_member(component)).collect();
        // A part is applied unless it is to be rolled back on an error, which is off where it is not asked for.
        // https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_deployresult.htm
        let status = match (bad.len(), deployed.len()) {
            (0, _) => "Succeeded",
            (_, 1..) if !option("rollbackOnError") => "SucceededPartial",
            _ => "Failed",
        };
        let id = identifier::id("0Af", fastrand::u64(..1 << 34));
        let done = now.checked_add(org.deploy_takes.0).ok();
        let time = |at: Timestamp| at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string();
        let result = json!({
            "id": id, "status": status, "success": status.starts_with("Succeeded"), "done": true,
            "checkOnly": option("checkOnly"), "rollbackOnError": option("rollbackOnError"), "runTestsEnabled": false,
            "createdDate": time(now), "startDate": time(now), "completedDate": done.map(time),
            "numberComponentErrors": bad.len(),
            "numberComponentsDeployed": deployed.len(),
            "numberComponentsTotal": members,
            "numberTestErrors": 0, "numberTestsCompleted": 0, "numberTestsTotal": 0,
            "details": {
                "componentFailures": bad,
                "componentSuccesses": good,
                "runTestResult": {"numFailures": 0, "numTestsRun": 0, "totalTime": 0.0},
            },
        });
        let is_applied = status != "Failed" && !option("checkOnly");
        let text = |component: &Json, key: &str| component[key].as_str().unwrap_or_default().to_owned();
        let change = |member: &&Json| (text(member, "componentType"), text(member, "fullName"));
        let changes = deployed.iter().filter(|_| is_applied).map(change).collect();
        let (username, version) = (org.username.clone(), version.to_owned());
        let recorded = RecordedDeployment { username, id, api, version, options, files, status };
        Self { recorded, result, changes, done }
    }

    /// What arrived, and how it is going.
    pub(super) fn recorded(&self, now: Timestamp) -> RecordedDeployment {
        let status = if self.is_done(now) { self.recorded.status } else { "InProgress" };
        RecordedDeployment { status, ..self.recorded.clone() }
    }

    /// Its id.
    pub(super) fn id(&self) -> &str {
        &self.recorded.id
    }

    fn is_done(&self, now: Timestamp) -> bool {
        self.done.is_some_and(|done| done <= now)
    }

    /// Its `DeployResult` now.
    pub(super) fn result(&self, now: Timestamp, with_details: bool) -> Json {
        let mut result = self.result.clone();
        if let Some(fields) = result.as_object_mut() {
            fields.retain(|name, _| name != "details" || with_details && self.is_done(now));
            if !self.is_done(now) {
                fields.retain(|name, _| name != "completedDate");
                let so_far = json!({
                    "status": "InProgress", "success": false, "done": false,
                    "numberComponentErrors": 0, "numberComponentsDeployed": 0,
                });
                fields.extend(so_far.as_object().cloned().unwrap_or_default());
            }
        }
        result
    }
}

/// A change that an org keeps track of, a `SourceMember`.
#[derive(Debug, Clone)]
pub(super) struct SourceMember {
    /// `MemberType`.
    pub(super) kind: String,
    /// `MemberName`.
    pub(super) name: String,
    /// `RevisionCounter`; a client sets it to 0 once it knows of the change.
    pub(super) revision: i32,
    /// When it changed first.
    pub(super) since: Timestamp,
}

impl SourceMember {
    /// Notes a change: the member's own record with a new revision, or a new one.
    pub(super) fn note(changes: &mut Vec<Self>, kind: &str, name: &str, since: Timestamp) {
        let revision = changes.iter().map(|change| change.revision).max().unwrap_or(0) + 1;
        match changes.iter_mut().find(|change| change.kind == kind && change.name == name) {
            Some(change) => change.revision = revision,
            None => changes.push(Self { kind: kind.to_owned(), name: name.to_owned(), revision, since }),
        }
    }
}
