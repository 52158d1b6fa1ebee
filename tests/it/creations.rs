//! Orgs whose creation `sf` began and did not finish: what the program makes of the entries of its cache.

use std::fs;

use serde_json::{Value, json};

use crate::bench::{Bench, Run};
use crate::deletion;

/// The file with the creations that `sf` began.
const CACHE: &str = ".sf/scratch-create-cache.json";

/// The ids of the hub's records, in the order of the scenario: every stand-in of one scenario has the same.
fn records(scenario: &str) -> Vec<String> {
    let twin = Bench::start(scenario).simulator;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let names = deletion::named(&twin.usernames());
    let report = runtime.block_on(deletion::client(&twin).delete(names).into_future()).unwrap();
    report.orgs.iter().map(|org| org.record_id.as_ref().unwrap().as_str().to_owned()).collect()
}

/// An entry as `sf` writes it, with these keys besides.
fn entry(bench: &Bench, more: Value) -> Value {
    let mut entry = json!({
        "hubUsername": bench.simulator.hub_username(), "hubBaseUrl": bench.simulator.url(),
        "definitionjson": {"edition": "Developer", "settings": {"mapsSettings": {"enabled": true}}},
        "setDefault": false, "tracksSource": true,
        "timestamp": orgready::model::clock::Clock::system().now().to_string(),
    });
    entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    entry
}

fn put(bench: &Bench, name: &str, content: &Value) {
    let path = bench.place.home().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content.to_string()).unwrap();
}

fn kept(bench: &Bench, name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(bench.place.home().join(name)).unwrap()).unwrap()
}

fn pending(bench: &Bench) -> Run<'_> {
    bench.command("login").args(["--pending", "--json"])
}

#[test]
fn alias_and_default_are_given_whatever_became_of_the_settings() {
    let ends = [
        ("deploy_fails = [\"*\"]", "40s", 4, "failed settings_failed"),
        ("deploy_takes = \"never\"", "3s", 5, "timed_out settings_failed"),
    ];
    for (deployment, wait, code, end) in ends {
        let scenario = format!("[[org]]\nusername = \"test-a@example.com\"\n{deployment}\n");
        let bench = Bench::start(&scenario);
        let id = &records(&scenario)[0];
        let cache = json!({id: entry(&bench, json!({"alias": "qa", "setDefault": true}))});
        put(&bench, CACHE, &cache);
        let ran = pending(&bench).env("ORGREADY_WAIT", wait).ends_with(code);
        assert_eq!(ran.ends(), [end]);
        assert_eq!(kept(&bench, ".sfdx/alias.json"), json!({"orgs": {"qa": "test-a@example.com"}}));
        assert_eq!(kept(&bench, ".sf/config.json"), json!({"target-org": "qa"}));
        assert!(bench.place.home().join(".sfdx/test-a@example.com.json").exists());
        assert_eq!(kept(&bench, CACHE), cache, "the settings are still to be deployed");
    }
}
