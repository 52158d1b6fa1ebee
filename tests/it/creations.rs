//! Orgs whose creation `sf` began and did not finish: what the program makes of the entries of its cache.

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
    if let Value::Object(more) = more {
        entry.as_object_mut().unwrap().extend(more);
    }
    entry
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
        bench.place.put(CACHE, &cache);
        let ran = pending(&bench).env("ORGREADY_WAIT", wait).ends_with(code);
        assert_eq!(ran.ends(), [end]);
        assert_eq!(ran.orgs()[0]["alias"], "qa");
        assert_eq!(bench.place.kept(".sfdx/alias.json"), json!({"orgs": {"qa": "test-a@example.com"}}));
        assert_eq!(bench.place.kept(".sf/config.json"), json!({"target-org": "qa"}));
        assert!(bench.place.home().join(".sfdx/test-a@example.com.json").exists());
        assert_eq!(bench.place.kept(CACHE), cache, "the settings are still to be deployed");
    }
}

#[test]
fn an_org_whose_own_entry_cannot_be_used_is_told_so() {
    let scenario = "[[org]]\nusername = \"test-a@example.com\"\n[[org]]\nusername = \"test-b@example.com\"\n";
    let ids = records(scenario);
    let odd = [
        json!({"definitionjson": "x"}),
        json!({"alias": 5}),
        json!({"setDefault": "yes"}),
        json!({"hubUsername": "other@acme.com"}),
        json!({"timestamp": "2020-01-01T00:00:00.000Z"}),
    ];
    for more in odd {
        let bench = Bench::start(scenario);
        let cache = json!({&ids[0]: entry(&bench, more)});
        bench.place.put(CACHE, &cache);
        let ran = bench.login(["test-a@example.com", "--json"]).ends_with(0);
        let warnings = ran.json()["warnings"].to_string();
        for words in ["scratch-create-cache.json", ids[0].get(..15).unwrap(), "--definition-file"] {
            assert!(warnings.contains(words), "{words}: {warnings}");
        }
        assert_eq!(bench.place.kept(CACHE), cache);
        let ran = bench.login(["test-b@example.com", "--json"]).ends_with(0);
        assert_eq!(ran.json()["warnings"], json!([]), "it is about another org");
        let definition = bench.place.write("def.json", "{}");
        let ran = bench.login(["test-a@example.com", "--json", "--definition-file"]).arg(definition).ends_with(0);
        assert_eq!(ran.json()["warnings"], json!([]), "nothing is lost");
    }
}

#[test]
fn that_sf_s_record_counts_more_than_the_definition_is_told_where_it_matters() {
    let scenario = "[[org]]\nusername = \"test-a@example.com\"\n[[org]]\nusername = \"test-b@example.com\"\n";
    let ids = records(scenario);
    let bench = Bench::start(scenario);
    let definition = bench.place.write("def.json", "{}");
    for (user, told) in [("test-b@example.com", 0), ("test-a@example.com", 1)] {
        bench.place.put(CACHE, &json!({&ids[0]: entry(&bench, json!({}))}));
        let ran = bench.login([user, "--json", "--definition-file"]).arg(&definition).ends_with(0);
        let warnings = ran.json()["warnings"].clone();
        assert_eq!(warnings.as_array().unwrap().len(), told, "{warnings}");
        assert!(told == 0 || warnings.to_string().contains("not those of --definition-file"), "{warnings}");
    }
}

#[test]
fn entries_that_are_left_alone_are_told_where_nothing_else_is_found_too() {
    let bench = Bench::start("[[org]]\nusername = \"test-a@example.com\"\n");
    let foreign = json!({"2SR0000000other": entry(&bench, json!({"hubUsername": "other@acme.com"}))});
    bench.place.put(CACHE, &foreign);
    for command in ["login", "delete"] {
        let ran = bench.command(command).args(["--pending", "--json"]).ends_with(2);
        ran.says("2SR0000000other: it belongs to another Dev Hub");
        assert_eq!(ran.json()["warnings"].as_array().unwrap().len(), 1, "{}", ran.out);
    }
    let named = json!({"username": "my@acme.com", "edition": "Developer"});
    let mut both = foreign;
    both["2SR0000000named"] = entry(&bench, json!({"alias": "my qa", "definitionjson": named}));
    bench.place.put(CACHE, &both);
    let ran = bench.command("delete").args(["--pending", "--json"]).ends_with(2);
    ran.says("it belongs to another Dev Hub").says("2SR0000000named (my@acme.com, my qa)");
    assert_eq!(ran.json()["warnings"].as_array().unwrap().len(), 1, "{}", ran.out);
    assert!(bench.was_left_alone());
}

#[test]
fn settings_are_deployed_at_the_version_that_sf_is_set_to_unless_another_is_given() {
    let scenario = "[[org]]\nusername = \"test-a@example.com\"\n";
    let id = &records(scenario)[0];
    let bench = Bench::start(scenario);
    let cases = [("61.0", None, "61.0"), ("61.0", Some("62.0"), "62.0"), ("newest", None, "67.0")];
    for (at, (written, given, version)) in cases.into_iter().enumerate() {
        bench.place.put(".sf/config.json", &json!({"org-api-version": written}));
        bench.place.put(CACHE, &json!({id: entry(&bench, json!({}))}));
        let run = pending(&bench);
        let run = if let Some(version) = given { run.env("SF_ORG_API_VERSION", version) } else { run };
        run.ends_with(0);
        assert_eq!(bench.simulator.deployments("test-a@example.com")[at].version, version);
    }
}
