//! sf's JSON envelope, on success and on every error alike.

use serde::Serialize;

use crate::cli::ending::{Ending, Outcome};
use crate::cli::inert::inert_json;
use crate::model::cause::Cause;

/// The document that `--json` prints and `--report json=FILE` writes.
#[derive(Serialize)]
struct Envelope<'a> {
    status: u8,
    #[serde(flatten)]
    failure: Option<Failed<'a>>,
    result: Option<&'a Outcome>,
    warnings: &'a [String],
}

/// What an error adds.
#[derive(Serialize)]
struct Failed<'a> {
    name: &'a str,
    message: &'a str,
    /// Run-level errors have it, and checks, null where no server is the cause; of orgs, each has its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[expect(clippy::option_option, reason = "absent and null are two things here")]
    cause: Option<Option<&'a Cause>>,
    actions: &'a [String],
}

/// The document, with a line end.
pub(crate) fn document(ending: &Ending) -> String {
    let result = ending.outcome.as_ref();
    let failure = ending.failure.as_ref().map(|failure| Failed {
        name: failure.name,
        message: &failure.message,
        cause: matches!(result, None | Some(Outcome::Checks(_))).then_some(failure.cause.as_deref()),
        actions: &failure.actions,
    });
    let envelope = Envelope { status: ending.exit().code(), failure, result, warnings: &ending.warnings };
    // The types hold texts, numbers and lists alone: nothing in them can fail to be JSON.
    let mut text = serde_json::to_string_pretty(&envelope).unwrap_or_default();
    text.push('\n');
    inert_json(&text)
}

/// One value on one line, with a line end.
pub(crate) fn line(value: &impl Serialize) -> serde_json::Result<String> {
    let mut text = serde_json::to_string(value)?;
    text.push('\n');
    Ok(inert_json(&text))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::cli::ending::Failure;
    use crate::cli::output::tests::samples;
    use crate::cli::problem::Problem;

    fn read(ending: &Ending) -> Value {
        serde_json::from_str(&document(ending)).unwrap()
    }

    fn keys(value: &Value) -> Vec<&str> {
        value.as_object().unwrap().keys().map(String::as_str).collect()
    }

    #[test]
    fn success_has_status_result_and_warnings() {
        let value = read(&samples::all_ready());
        assert_eq!(keys(&value), ["status", "result", "warnings"]);
        assert_eq!(keys(&value["result"]), ["schemaVersion", "hub", "orgs", "summary"]);
        let org = &value["result"]["orgs"][0];
        assert_eq!(
            keys(org),
            [
                "username",
                "alias",
                "status",
                "orgId",
                "instanceUrl",
                "loginUrl",
                "expirationDate",
                "attempts",
                "waitedMs",
                "createdDate",
                "lastRefusedAt",
                "readyAt",
                "settings",
                "cause"
            ]
        );
        assert_eq!(org["expirationDate"], "2026-12-01");
        assert_eq!(
            value["result"]["summary"],
            json!({"total": 1, "ready": 1, "failed": 0, "timedOut": 0, "interrupted": 0, "elapsedMs": 6400})
        );
    }

    #[test]
    fn orgs_that_failed_are_told_beside_the_result() {
        let value = read(&samples::some_failed());
        assert_eq!(keys(&value), ["status", "name", "message", "actions", "result", "warnings"]);
        assert_eq!(value["status"], 4);
        assert_eq!(value["name"], "OrgsFailed");
        assert_eq!(value["message"], "2 of 4 orgs failed, and 1 not ready within the time given");
        assert_eq!(value["actions"].as_array().unwrap().len(), 2, "one hint for each cause");
        let cause = &value["result"]["orgs"][1]["cause"];
        assert_eq!(keys(cause), ["code", "retryable", "error", "description", "host", "hint"]);
    }

    #[test]
    fn a_run_level_error_has_a_null_result_and_the_same_keys_always() {
        let settings: Ending = Failure::from(Problem::new("x").with_action("y")).into();
        for ending in [samples::hub_failed(), settings] {
            let value = read(&ending);
            assert_eq!(keys(&value), ["status", "name", "message", "cause", "actions", "result", "warnings"]);
            assert_eq!(value["result"], Value::Null);
        }
        let value = read(&samples::hub_failed());
        assert_eq!((&value["status"], &value["name"]), (&json!(3), &json!("HubLoginFailed")));
        assert_eq!(value["cause"]["retryable"], false);
    }

    #[test]
    fn a_command_of_a_ci_system_stays_data() {
        let text = line(&json!({"a": "x##vso[task.x]y \\## ###["})).unwrap();
        assert!(!text.contains("##"));
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["a"], "x##vso[task.x]y \\## ###[");
    }
}
