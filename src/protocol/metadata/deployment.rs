//! A deployment by the Metadata REST API: the request, and what is told of its way.
//! <https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_rest_deploy.htm>

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::model::untrusted::{DESCRIPTION_MAX, sanitize_line};
use crate::protocol::response::{self, Response};
use crate::protocol::transport::{Answer, ApiRequest, Body, Method};

/// Failures that are told one by one.
const FAILURES_MAX: usize = 10;

/// Statuses that do not change any more (`breakPolling`, SSG 55, and the one that the guide names besides).
const FINAL: [&str; 5] = ["Succeeded", "SucceededPartial", "Failed", "Canceled", "FinalizingDeployFailed"];

/// The id of a deployment that the org accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploymentId(Box<str>);

impl fmt::Display for DeploymentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a deployment stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeployStatus {
    /// `Pending`, `InProgress`, `Succeeded` and so on; safe to print.
    status: String,
    /// Whether it will not change any more.
    pub done: bool,
    /// What went wrong, as a whole and component by component: the first ones.
    problems: Vec<String>,
    /// How many more components failed.
    more: usize,
}

/// Asks for a deployment of the archive. No option is set, as `sf` sets none (SSG 229): what can be deployed stays where
/// something else fails.
pub fn deploy_request(api_version: &str, archive: &[u8]) -> ApiRequest {
    // The guide's own name of the part is `json`; `sf` writes `entity_content`.
    let options =
        "Content-Disposition: form-data; name=\"json\"\r\nContent-Type: application/json\r\n\r\n{\"deployOptions\":{}}";
    let file = "Content-Disposition: form-data; name=\"file\"; filename=\"deploy.zip\"\r\nContent-Type: application/zip\r\n\r\n";
    let boundary = boundary_outside(archive);
    let mut bytes = format!("--{boundary}\r\n{options}\r\n--{boundary}\r\n{file}").into_bytes();
    bytes.extend_from_slice(archive);
    bytes.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    ApiRequest {
        method: Method::Post,
        target: format!("/services/data/v{api_version}/metadata/deployRequest"),
        body: Some(Body { content_type: format!("multipart/form-data; boundary={boundary}"), bytes }),
    }
}

/// A line that does not stand in the archive.
fn boundary_outside(archive: &[u8]) -> String {
    let mut number = 0_u32;
    loop {
        let boundary = format!("orgready-{number:016x}");
        if !archive.windows(boundary.len()).any(|window| window == boundary.as_bytes()) {
            return boundary;
        }
        number += 1;
    }
}

/// Asks where the deployment stands, component by component.
pub fn status_request(api_version: &str, id: &DeploymentId) -> ApiRequest {
    ApiRequest::get(format!("/services/data/v{api_version}/metadata/deployRequest/{id}?includeDetails=true"))
}

/// Reads the answer to a deployment that was asked for.
pub fn read_accepted(answer: &Answer, now: Timestamp) -> Response<DeploymentId> {
    #[derive(Deserialize)]
    struct Accepted {
        #[serde(deserialize_with = "record_id")]
        id: DeploymentId,
    }

    response::of_rest::<Accepted>(answer, now).map(|accepted| accepted.id)
}

fn record_id<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<DeploymentId, D::Error> {
    let id = String::deserialize(deserializer)?;
    let wrong = || serde::de::Error::custom("not an id");
    is_record_id(&id).then(|| DeploymentId(id.into())).ok_or_else(wrong)
}

/// Whether a text is an id that can go into a path.
pub(super) fn is_record_id(id: &str) -> bool {
    (1..=40).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

impl DeployStatus {
    /// Reads the answer to a [`status_request`].
    pub fn read(answer: &Answer, now: Timestamp) -> Response<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Body {
            deploy_result: DeployResult,
        }

        response::of_rest::<Body>(answer, now).map(|body| body.deploy_result.into())
    }

    /// Whether all of it arrived.
    pub fn succeeded(&self) -> bool {
        self.status == "Succeeded"
    }

    /// What went wrong, in one text.
    pub fn problem(&self) -> String {
        let words = if self.problems.is_empty() { String::new() } else { format!(": {}", self.problems.join("; ")) };
        let more = if self.more > 0 { format!("; and {} more", self.more) } else { String::new() };
        format!("the deployment of the settings ended as {}{words}{more}", self.status)
    }
}

/// Values of any type are taken: what is not text counts as not told.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeployResult {
    status: String,
    #[serde(default)]
    done: bool,
    #[serde(default)]
    error_message: Value,
    #[serde(default)]
    details: Value,
}

impl From<DeployResult> for DeployStatus {
    fn from(result: DeployResult) -> Self {
        let told = result.details.get("componentFailures");
        // One alone need not be in a list (SSG 270).
        let told: Vec<&Value> = match told {
            Some(Value::Array(failures)) => failures.iter().collect(),
            Some(one @ Value::Object(_)) => vec![one],
            _ => Vec::new(),
        };
        let word = |failure: &Value, key: &str| sanitize_line(failure[key].as_str().unwrap_or_default(), 120);
        let shown = |failure: &&Value| {
            let component = [word(failure, "componentType"), word(failure, "fullName")].join(" ");
            let problem = sanitize_line(failure["problem"].as_str().unwrap_or("no reason was told"), DESCRIPTION_MAX);
            format!("{}: {problem}", component.trim())
        };
        let whole = result.error_message.as_str().map(|text| sanitize_line(text, DESCRIPTION_MAX));
        Self {
            done: result.done || FINAL.contains(&result.status.as_str()),
            status: sanitize_line(&result.status, 40),
            problems: whole.into_iter().chain(told.iter().take(FAILURES_MAX).map(shown)).collect(),
            more: told.len().saturating_sub(FAILURES_MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(status: u16, body: &Value) -> Answer {
        Answer { status, body: body.to_string().into(), ..Answer::default() }
    }

    fn read(result: &Value) -> DeployStatus {
        let answer = answer(200, &json!({"id": "0Af000000000001AAA", "deployResult": result}));
        let Response::Success(status) = DeployStatus::read(&answer, Timestamp::UNIX_EPOCH) else { panic!("{result}") };
        status
    }

    #[test]
    fn a_deployment_is_asked_for_with_the_archive_and_no_option() {
        let archive = b"PK\x03\x04 orgready-0000000000000000 \r\n--";
        let request = deploy_request("66.0", archive);
        assert_eq!(
            (request.method, request.target.as_str()),
            (Method::Post, "/services/data/v66.0/metadata/deployRequest")
        );
        let body = request.body.unwrap();
        assert_eq!(body.content_type, "multipart/form-data; boundary=orgready-0000000000000001");
        let text = String::from_utf8_lossy(&body.bytes).into_owned();
        let parts: Vec<&str> = text.split("--orgready-0000000000000001").collect();
        assert_eq!((parts.len(), parts[0], parts[3]), (4, "", "--\r\n"));
        assert!(
            parts[1].contains("name=\"json\"") && parts[1].ends_with("\r\n\r\n{\"deployOptions\":{}}\r\n"),
            "{text}"
        );
        assert!(parts[2].ends_with(&format!("\r\n\r\n{}\r\n", String::from_utf8_lossy(archive))), "{text}");
    }

    #[test]
    fn a_deployment_that_was_accepted_has_an_id() {
        let body = json!({"id": "0Af000000000001AAA", "deployResult": {"status": "Pending", "done": false}});
        for status in [200, 201] {
            let accepted = read_accepted(&answer(status, &body), Timestamp::UNIX_EPOCH);
            let Response::Success(id) = accepted else { panic!("{accepted:?}") };
            assert_eq!(
                status_request("66.0", &id).target,
                "/services/data/v66.0/metadata/deployRequest/0Af000000000001AAA?includeDetails=true"
            );
        }
        for body in [json!({"id": "../x"}), json!({"id": ""}), json!({"id": 5}), json!({})] {
            assert!(matches!(read_accepted(&answer(201, &body), Timestamp::UNIX_EPOCH), Response::Unavailable(_)));
        }
    }

    #[test]
    fn only_succeeded_is_success() {
        for (status, done, succeeded) in [
            ("Pending", false, false),
            ("InProgress", false, false),
            ("FinalizingDeploy", false, false),
            ("Canceling", false, false),
            ("Succeeded", true, true),
            ("SucceededPartial", true, false),
            ("Failed", true, false),
            ("Canceled", true, false),
            ("FinalizingDeployFailed", true, false),
        ] {
            let read = read(&json!({"status": status}));
            assert_eq!((read.done, read.succeeded()), (done, succeeded), "{status}");
        }
        assert!(read(&json!({"status": "Whatever", "done": true})).done);
    }

    #[test]
    fn failures_are_told_component_by_component_and_bounded() {
        let failure =
            |name: &str| json!({"componentType": "Settings", "fullName": name, "problem": "Unknown\u{1b}[2J setting"});
        let one =
            read(&json!({"status": "Failed", "done": true, "details": {"componentFailures": failure("Security")}}));
        assert_eq!(
            one.problem(),
            "the deployment of the settings ended as Failed: Settings Security: Unknown[2J setting"
        );
        let names: Vec<Value> = (0..200).map(|number| failure(&format!("S{number}{}", "x".repeat(9999)))).collect();
        let many = read(
            &json!({"status": "SucceededPartial", "details": {"componentFailures": names}, "errorMessage": "whole"}),
        );
        assert_eq!((many.problems.len(), many.more), (11, 190));
        let problem = many.problem();
        assert!(problem.contains("SucceededPartial: whole; Settings S0x") && problem.ends_with("; and 190 more"));
        assert!(problem.len() < 5000, "{}", problem.len());
        let none = read(&json!({"status": "Canceled", "details": {"componentFailures": 5}}));
        assert_eq!(none.problem(), "the deployment of the settings ended as Canceled");
    }
}
