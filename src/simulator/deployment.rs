//! A deployment: what arrived, how far it is, and what it comes to.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::identifier;
use super::moment::Moment;
use super::package::{Component, Package};
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

/// A deployment as the org has it.
#[derive(Debug, Clone)]
pub(super) struct Deployment {
    pub(super) recorded: RecordedDeployment,
    components: Vec<Component>,
    /// When it was asked for, from the start.
    started: Duration,
    /// When it is done, from the start; never for some.
    done: Option<Duration>,
    /// Whether what it applied has been told.
    is_noted: bool,
}

impl Deployment {
    /// Takes in what was handed to an org.
    pub(super) fn new(
        org: &OrgScenario,
        api: &'static str,
        version: &str,
        options: BTreeMap<String, String>,
        zip: &[u8],
        moment: Moment,
    ) -> Self {
        let package = Package::unpack(zip, options.get("singlePackage").is_some_and(|single| single == "true"));
        let mut components = package.components;
        let is_bad = |name: &String| org.deploy_fails.iter().any(|bad| bad == name || bad == "*");
        for bad in components.iter_mut().filter(|component| !component.kind.is_empty() && is_bad(&component.name)) {
            bad.problem = Some("Not available for deploy for this organization".to_owned());
        }
        let recorded = RecordedDeployment {
            username: org.username.clone(),
            id: identifier::id("0Af", fastrand::u64(..1 << 34)),
            api,
            version: version.to_owned(),
            options,
            files: package.files,
            status: "InProgress",
        };
        let done = org.deploy_takes.length().map(|takes| moment.elapsed + takes);
        Self { recorded, components, started: moment.elapsed, done, is_noted: false }
    }

    fn option(&self, name: &str) -> bool {
        self.recorded.options.get(name).is_some_and(|value| value == "true")
    }

    fn is_done(&self, moment: Moment) -> bool {
        self.done.is_some_and(|done| done <= moment.elapsed)
    }

    /// `status` of its result. A part is applied unless it is to be rolled back on an error (`rollbackOnError`, which is off
    /// where it is not asked for).
    /// <https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_deployresult.htm>
    pub(super) fn status(&self, moment: Moment) -> &'static str {
        let members = || self.components.iter().filter(|component| !component.kind.is_empty());
        if !self.is_done(moment) {
            "InProgress"
        } else if self.components.iter().all(|component| component.problem.is_none()) {
            "Succeeded"
        } else if self.option("rollbackOnError") || members().all(|component| component.problem.is_some()) {
            "Failed"
        } else {
            "SucceededPartial"
        }
    }

    /// What it applied, type and name, told once.
    pub(super) fn applied(&mut self, moment: Moment) -> Vec<(&str, &str)> {
        let is_done = self.is_done(moment);
        let applies = is_done && !self.is_noted && !self.option("checkOnly") && self.status(moment) != "Failed";
        self.is_noted |= is_done;
        let good = self.components.iter().filter(|component| component.problem.is_none() && !component.kind.is_empty());
        good.filter(|_| applies).map(|component| (component.kind.as_str(), component.name.as_str())).collect()
    }

    /// `DeployResult`, in the names that both APIs use.
    pub(super) fn result(&self, moment: Moment, user_id: &str, with_details: bool) -> Json {
        let (status, is_done) = (self.status(moment), self.is_done(moment));
        let time = |at: Duration| moment.start_and(at).strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string();
        let members: Vec<&Component> = self.components.iter().filter(|component| !component.kind.is_empty()).collect();
        let failed = self.components.iter().filter(|component| component.problem.is_some()).count();
        let failed = if is_done { failed } else { 0 };
        let deployed = members.iter().filter(|component| is_done && component.problem.is_none()).count();
        let mut result = json!({
            "id": self.recorded.id,
            "status": status,
            "success": status.starts_with("Succeeded"),
            "done": is_done,
            "checkOnly": self.option("checkOnly"),
            "ignoreWarnings": self.option("ignoreWarnings"),
            "rollbackOnError": self.option("rollbackOnError"),
            "runTestsEnabled": false,
            "createdBy": user_id,
            "createdByName": "User User",
            "createdDate": time(self.started),
            "startDate": time(self.started),
            "lastModifiedDate": time(self.done.filter(|_| is_done).unwrap_or(self.started)),
            "numberComponentErrors": failed,
            "numberComponentsDeployed": deployed,
            "numberComponentsTotal": members.len(),
            "numberTestErrors": 0,
            "numberTestsCompleted": 0,
            "numberTestsTotal": 0,
        });
        if let Some(done) = self.done.filter(|_| is_done) {
            result["completedDate"] = Json::from(time(done));
        }
        if with_details {
            let message = |component: &Component| {
                let is_good = component.problem.is_none();
                let mut message = json!({
                    "changed": is_good,
                    "componentType": component.kind,
                    "created": is_good,
                    "createdDate": time(self.started),
                    "deleted": false,
                    "fileName": component.file,
                    "fullName": component.name,
                    "success": is_good,
                });
                if let Some(problem) = &component.problem {
                    message["problem"] = Json::from(problem.as_str());
                    message["problemType"] = Json::from("Error");
                }
                message
            };
            let (bad, good): (Vec<&Component>, Vec<&Component>) =
                self.components.iter().filter(|_| is_done).partition(|component| component.problem.is_some());
            let messages = |components: Vec<&Component>| components.into_iter().map(message).collect::<Vec<_>>();
            result["details"] = json!({
                "componentFailures": messages(bad),
                "componentSuccesses": messages(good),
                "runTestResult": {"numFailures": 0, "numTestsRun": 0, "totalTime": 0.0},
            });
        }
        result
    }
}
