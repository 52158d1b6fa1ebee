//! `orgready delete`: what is given back, what is not, and what sf forgets.

use orgready::simulator::RequestKind;
use serde_json::{Value, json};

use crate::bench::{Bench, Ran, Run};
use crate::deletion;

/// Two orgs that are never replicated, and one that is.
const ORGS: &str = "[[org]]\nusername = \"test-a@example.com\"\nreplication_delay = \"never\"\n[[org]]\nusername = \"test-b@example.com\"\nreplication_delay = \"never\"\n[[org]]\nusername = \"test-c@example.com\"";

fn delete<'b>(bench: &'b Bench, arguments: &[&str]) -> Run<'b> {
    bench.command("delete").args(arguments)
}

#[track_caller]
fn assert_fits(ran: &Ran) {
    let schema: Value = serde_json::from_str(include_str!("../../config/report.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&ran.json()).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}: {}", ran.out);
}

#[test]
fn an_org_that_was_never_ready_is_deleted_and_sf_forgets_it_alone() {
    let bench = Bench::start(ORGS);
    for user in ["test-a@example.com", "test-b@example.com"] {
        bench.place.put(&format!(".sfdx/{user}.json"), &json!({"username": user}));
    }
    bench.place.put(".sfdx/alias.json", &json!({"orgs": {"qa": "test-a@example.com", "dev": "test-b@example.com"}}));
    bench.place.put(".sf/config.json", &json!({"target-org": "qa", "target-dev-hub": "hub"}));
    let ran = delete(&bench, &["qa", "--no-prompt", "--json"]).ends_with(0);
    assert_fits(&ran);
    assert_eq!(ran.ends(), ["deleted"]);
    let summary = &ran.json()["result"]["summary"];
    assert_eq!((&summary["total"], &summary["deleted"], &summary["gone"]), (&json!(1), &json!(1), &json!(0)));
    assert!(!bench.place.home().join(".sfdx/test-a@example.com.json").exists());
    assert!(bench.place.home().join(".sfdx/test-b@example.com.json").exists());
    assert_eq!(bench.place.kept(".sfdx/alias.json"), json!({"orgs": {"dev": "test-b@example.com"}}));
    assert_eq!(bench.place.kept(".sf/config.json"), json!({"target-dev-hub": "hub"}));
    assert_eq!(bench.logins_of("test-a@example.com"), 0, "the org itself is not logged in to");

    let again = delete(&bench, &["test-a@example.com", "test-b@example.com", "--json", "--no-sf-store"]).ends_with(0);
    assert_fits(&again);
    assert_eq!(again.ends(), ["gone", "deleted"]);
    assert!(bench.place.home().join(".sfdx/test-b@example.com.json").exists(), "the store is left alone");
}

#[test]
fn a_selector_lists_what_it_finds_and_deletes_it_only_where_that_is_confirmed() {
    let bench = Bench::start(ORGS);
    let asked = delete(&bench, &["--all-active", "--json"]).ends_with(2);
    assert_fits(&asked);
    for user in bench.simulator.usernames() {
        assert!(asked.message().contains(&user), "{}", asked.out);
        delete(&bench, &["--all-active"]).ends_with(2).says(&user).says("--yes");
    }
    let ran = delete(&bench, &["--all-active", "--yes"]).ends_with(0);
    ran.says("test-c@example.com").says("3 of 3 orgs deleted");
    assert_eq!(ran.out.lines().count(), 4, "{}", ran.out);
    assert!(ran.out.starts_with("STATUS") && !ran.out.contains("WAITED"), "{}", ran.out);
    assert_fits(&delete(&bench, &["--all-active", "--yes", "--json"]).ends_with(2));
    let none = delete(&bench, &["--all-active", "--yes", "--json", "--if-none", "ok"]).ends_with(0);
    assert_fits(&none);
    assert!(none.orgs().is_empty());
}

#[test]
fn a_hub_that_forbids_it_is_told_with_the_next_step() {
    let fault = "{at = \"delete\", kind = \"refusal\", status = 400, error = \"INSUFFICIENT_ACCESS_OR_READONLY\", description = \"insufficient access rights on object id\"}";
    let orgs = "[[org]]\nusername = \"test-b@example.com\"\n[[org]]\nusername = \"test-a@example.com\"\nfaults =";
    let bench = Bench::start(&format!("{orgs} [{fault}]"));
    bench.place.put(".sfdx/alias.json", &json!({"orgs": {"qa": "test-a@example.com"}}));
    let reports = ["--report", "r.jsonl", "--report", "r.xml", "--report", "r.md", "--report", "r.html", "--json"];
    let ran = delete(&bench, &["test-a@example.com", "test-b@example.com"]).args(reports).ends_with(4);
    assert_fits(&ran);
    assert_eq!(ran.ends(), ["failed not_deleted", "deleted"]);
    assert_eq!(bench.place.kept(".sfdx/alias.json"), json!({"orgs": {"qa": "test-a@example.com"}}));
    let read = |name| bench.place.read(name);
    let lines: Vec<Value> = read("r.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, ran.orgs());
    assert!(read("r.xml").contains("classname=\"orgready.delete\" name=\"test-a@example.com\""), "{}", read("r.xml"));
    assert!(read("r.md").starts_with("### ❌ orgready: 1 of 2 orgs is deleted, 1 failed"), "{}", read("r.md"));
    assert!(read("r.html").contains("1 of 2 orgs deleted"), "{}", read("r.html"));
}

#[test]
fn what_nobody_knows_fails_and_nothing_is_sent_where_the_input_is_wrong() {
    let bench = Bench::start(ORGS);
    assert_eq!(delete(&bench, &["test-x@example.com", "--json"]).ends_with(4).ends(), ["failed unknown_username"]);
    let requests = bench.simulator.requests().len();
    delete(&bench, &["--report", "r.xml"]).ends_with(2).says("orgready delete test-abc@example.com");
    assert!(bench.place.read("r.xml").contains("orgready.delete"));
    delete(&bench, &["--pending", "--yes"]).ends_with(2).says("began to create no org");
    assert_eq!(bench.simulator.requests().len(), requests);
    assert!(bench.requests(RequestKind::Login).len() == 1);
}

#[tokio::test]
async fn a_creation_that_sf_did_not_finish_is_given_back_by_its_record_and_leaves_the_list() {
    let bench = Bench::start(ORGS);
    let report = deletion::client(&bench.simulator).delete(deletion::named(&[bench.user(0)])).await.unwrap();
    let known = report.orgs[0].record_id.clone().unwrap();
    let now = orgready::model::clock::Clock::system().now().to_string();
    let entry = |hub: &str| json!({"hubUsername": hub, "timestamp": now, "definitionjson": {}});
    let (unknown, hub) = ("2SR000000000zzz", bench.simulator.hub_username());
    let cache = json!({unknown: entry(hub), "2SR000000000yyy": entry("other@acme.com"), known.as_str(): entry(hub)});
    bench.place.put(".sf/scratch-create-cache.json", &cache);
    delete(&bench, &["--pending"]).ends_with(2).says(unknown).says(known.as_str());
    assert_eq!(bench.place.kept(".sf/scratch-create-cache.json"), cache);
    let ran = delete(&bench, &["--pending", "--yes", "--json"]).ends_with(4);
    assert_fits(&ran);
    assert_eq!(ran.ends(), ["failed unknown_username", "gone"]);
    assert!(ran.out.contains("it belongs to another Dev Hub"), "{}", ran.out);
    let mut rest = cache;
    rest.as_object_mut().unwrap().remove(known.as_str());
    assert_eq!(bench.place.kept(".sf/scratch-create-cache.json"), rest, "what is not known to be gone stays");
}

#[test]
fn two_at_once_both_end_well() {
    let bench = Bench::start(ORGS);
    let users = bench.simulator.usernames();
    let both: Vec<_> = (0..2).map(|_| bench.command("delete").args(&users).arg("--json").spawn()).collect();
    for child in both {
        let ran = Ran::wait(child, &bench);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(ran.ends().iter().all(|end| end == "deleted" || end == "gone"), "{}", ran.out);
    }
}

/// What `sf org create scratch` says of an org that it made and could not log in to, and of one that was never made.
const UNFINISHED: &str = r#"{"name": "JwtAuthError", "message": "Error authenticating with JWT.", "exitCode": 1, "status": 1}
{"name": "LIMIT_EXCEEDED", "message": "daily limit", "exitCode": 1, "status": 1}"#;

#[test]
fn an_org_that_may_live_and_is_not_named_is_a_failure_that_says_how_to_reach_it() {
    let bench = Bench::start(ORGS);
    bench.place.write("org.json", UNFINISHED);
    let ran = delete(&bench, &["-F", "org.json", "test-a@example.com", "--json"]).ends_with(4);
    assert_fits(&ran);
    assert_eq!(ran.ends(), ["deleted", "failed signup_failed"]);
    ran.says("sf made no org: LIMIT_EXCEEDED: daily limit (org.json:2)");
    let told = &ran.orgs()[1];
    assert_eq!((&told["username"], &told["cause"]["error"]), (&Value::Null, &json!("JwtAuthError")));
    assert!(told["cause"]["hint"].as_str().unwrap().contains("orgready delete --pending --yes"), "{told}");
    let ran = bench.login(["-F", "org.json", "--json"]).ends_with(4);
    let hints: Vec<bool> = ran
        .orgs()
        .iter()
        .map(|org| org["cause"]["hint"].as_str().unwrap().contains("orgready login --pending"))
        .collect();
    assert_eq!(hints, [true, false]);
}

#[test]
fn orgs_of_another_app_that_a_selector_leaves_out_are_counted() {
    let bench = Bench::start(&format!("{ORGS}\nconsumer_key = \"3MVG9.of.another.app\"\n"));
    let left_out = "1 more org matches, but was signed up with another app than --client-id: it is left out";
    let asked = delete(&bench, &["--all-active", "--json"]).ends_with(2);
    assert_fits(&asked);
    asked.says(left_out).says("test-a@example.com");
    assert!(!asked.message().contains("test-c@example.com"), "{}", asked.out);
    delete(&bench, &["--all-active", "--yes"]).ends_with(0).says(left_out).says("2 of 2 orgs deleted");
}
