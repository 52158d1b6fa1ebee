//! What every document of a run looks like, and endings for the tests of every format.

pub(crate) mod samples;

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::cli::diagnosis::Check;
use crate::cli::ending::{Ending, Failure, Outcome};
use crate::cli::output::json;
use crate::cli::problem::Problem;
use crate::model::cause::CauseCode;

const SCHEMA: &str = include_str!("../../../../config/report.schema.json");

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

fn assert_valid(validator: &Validator, value: &Value) {
    let errors: Vec<String> = validator.iter_errors(value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?} in {value:#}");
}

#[test]
fn every_document_is_as_the_schema_says() {
    let validator = jsonschema::draft202012::new(&schema()).unwrap();
    let hub = Ending { outcome: Some(Outcome::Hub(samples::hub())), ..Ending::default() };
    let settings = Failure::from(Problem::new("x")).into();
    let input = Failure::from(Problem::new("x").of_input()).into();
    let internal = Failure::internal("x").into();
    let late = samples::cause(CauseCode::Unreachable, "HTTP 503", "run again");
    let mut warned = samples::interrupted();
    warned.warnings.push("careful".to_owned());
    for ending in [
        samples::all_ready(),
        samples::some_failed(),
        samples::hub_failed(),
        samples::run(Vec::new(), None),
        warned,
        hub,
        settings,
        input,
        internal,
        samples::checks(|_| {}),
        samples::checks(|findings| findings.failed(Check::Key, "no key", "give one")),
        samples::checks(|findings| findings.refused(Check::HubLogin, late)),
    ] {
        assert_valid(&validator, &serde_json::from_str(&json::document(&ending)).unwrap());
    }
    assert!(!validator.is_valid(&json!({"status": 0, "result": null, "warnings": []})));
}

#[test]
fn every_org_is_as_the_schema_says_by_itself() {
    let mut schema = schema();
    schema["$ref"] = json!("#/$defs/org");
    schema.as_object_mut().unwrap().remove("oneOf");
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    for org in &samples::some_failed().report().unwrap().orgs {
        assert_valid(&validator, &serde_json::to_value(org).unwrap());
    }
}

#[test]
fn the_schema_knows_every_check() {
    assert_eq!(
        schema()["$defs"]["diagnosis"]["properties"]["checks"]["items"]["properties"]["name"]["enum"],
        json!(Check::ALL)
    );
}

#[test]
fn the_schema_knows_every_cause() {
    let codes: Vec<&str> = CauseCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(schema()["$defs"]["cause"]["properties"]["code"]["enum"], json!(codes));
}
