//! What orgready takes from a store that `sf` wrote.

use serde_json::json;

use crate::stage::{Stage, json, shown, succeed};

fn hub_in_sf(stage: &Stage, words: &[&str]) {
    stage.sf_login(&stage.hub(), stage.simulator.url(), words);
}

fn login(stage: &Stage, arguments: &[&str], variables: &[(&str, &str)]) {
    let mut command = stage.orgready();
    command.arg("login").args(arguments).arg("--json").envs(variables.iter().copied());
    let told = succeed(command);
    assert_eq!(told["result"]["summary"]["ready"], 1, "{told}");
    assert_eq!(told["result"]["hub"]["username"], stage.hub());
}

#[test]
fn after_sf_has_logged_in_to_the_hub_no_flag_is_needed() {
    let stage = Stage::new(1);
    hub_in_sf(&stage, &["--set-default-dev-hub", "--alias", "hub"]);
    let before = stage.auth(&stage.hub());
    login(&stage, &[&stage.user(0)], &[]);
    assert_eq!(stage.auth(&stage.hub()), before, "sf's own entry of the hub stays as it is");
    assert_eq!(stage.sf(&format!("org display -o {}", stage.user(0)))["devHubId"], stage.hub());
}

#[test]
fn a_hub_can_be_named_by_alias_by_username_and_by_variable() {
    let stage = Stage::new(1);
    hub_in_sf(&stage, &["--alias", "hub"]);
    login(&stage, &[&stage.user(0), "-v", "hub"], &[]);
    login(&stage, &[&stage.user(0), "--target-dev-hub", &stage.hub()], &[]);
    login(&stage, &[&stage.user(0)], &[("SF_TARGET_DEV_HUB", "hub")]);
}

#[test]
fn the_projects_hub_counts_before_the_users() {
    let stage = Stage::new(1);
    std::fs::create_dir(stage.home().join(".sf")).unwrap();
    std::fs::write(stage.home().join(".sf/config.json"), r#"{"target-dev-hub":"nobody@example.com"}"#).unwrap();
    stage.make_project();
    hub_in_sf(&stage, &["--set-default-dev-hub"]);
    login(&stage, &[&stage.user(0)], &[]);
}

#[test]
fn a_hub_that_sf_does_not_know_is_told_with_what_it_knows() {
    let stage = Stage::new(1);
    hub_in_sf(&stage, &["--alias", "hub"]);
    let output = stage.orgready().args(["login", &stage.user(0), "-v", "hbu", "--json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
    let message = json(&output)["message"].as_str().unwrap().to_owned();
    assert!(message.contains("hbu") && message.contains("it has: hub"), "{message}");
}

#[test]
fn an_org_that_sf_knew_before_keeps_its_aliases_and_what_orgready_does_not_know() {
    let stage = Stage::new(1);
    let user = stage.user(0);
    hub_in_sf(&stage, &["--set-default-dev-hub"]);
    stage.login(&[&user]);
    stage.sf_login(&user, stage.simulator.origin(&user).unwrap(), &["--alias", "mine"]);
    let before = stage.auth(&user);
    login(&stage, &[&user], &[]);
    let after = stage.auth(&user);
    for (key, value) in before.as_object().unwrap() {
        let renewed = ["accessToken", "loginUrl"].contains(&key.as_str());
        assert!(renewed || after.get(key) == Some(value), "{key}: {value} became {:?}", after.get(key));
    }
    assert_eq!(stage.sf("alias list"), json!([{"alias": "mine", "value": user}]));
}
