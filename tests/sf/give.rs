//! What `sf` does with orgs that orgready handed over.

use serde_json::json;

use crate::stage::{Stage, names, succeed};

#[test]
fn every_command_of_sf_works_on_an_org_that_was_handed_over() {
    let stage = Stage::new(3);
    let users = [0, 1, 2].map(|at| stage.user(at));
    stage.login(&[&format!("qa={}", users[0]), &format!("uat={}", users[1]), &users[2]]);

    let display = stage.sf("org display -o qa");
    let fields = ["username", "alias", "status", "devHubId", "connectedStatus", "expirationDate", "instanceUrl"];
    let shown = fields.map(|field| display[field].as_str().unwrap_or("-").to_owned());
    let expires = stage.auth(&users[0])["expirationDate"].as_str().unwrap().to_owned();
    let url = stage.simulator.origin(&users[0]).unwrap();
    assert_eq!(shown, [&users[0], "qa", "Active", &stage.hub(), "-", &expires, url]);

    let rows = stage.sf("data query -o uat -q SELECT+Id,Name+FROM+Organization");
    assert_eq!(rows["records"][0]["Id"], stage.simulator.org_id(&users[1]).unwrap());

    let list = stage.sf("org list");
    let scratch_orgs = list["scratchOrgs"].as_array().unwrap();
    let mut listed: Vec<(&str, &str)> = scratch_orgs
        .iter()
        .map(|org| (org["username"].as_str().unwrap(), org["alias"].as_str().unwrap_or("-")))
        .collect();
    listed.sort_unstable();
    let mut expected = vec![(users[0].as_str(), "qa"), (users[1].as_str(), "uat"), (users[2].as_str(), "-")];
    expected.sort_unstable();
    assert_eq!(listed, expected);
    assert!(scratch_orgs.iter().all(|org| org["status"] == "Active" && org["isExpired"] == false), "{list}");
    assert_eq!(list["devHubs"][0]["username"], stage.hub());

    let logins = stage.sf("org list auth");
    let logins = logins.as_array().unwrap();
    assert_eq!(logins.len(), 4);
    assert!(logins.iter().all(|login| login["oauthMethod"] == "jwt" && login.get("error").is_none()), "{logins:?}");
}

#[test]
fn the_default_org_needs_no_name() {
    let stage = Stage::new(1);
    stage.login(&[&stage.user(0), "-a", "qa", "-s"]);
    assert_eq!(stage.sf("org display")["username"], stage.user(0));
    assert_eq!(stage.sf("config get target-org")[0]["value"], "qa");
}

#[test]
fn inside_a_project_the_default_is_the_projects() {
    let stage = Stage::new(1);
    let work = stage.make_project();
    stage.login(&[&stage.user(0), "-s"]);
    assert!(!stage.has(".sf/config.json"));
    assert!(work.join(".sf/config.json").is_file());
    let value = stage.sf("config get target-org");
    assert_eq!((&value[0]["value"], &value[0]["location"]), (&json!(stage.user(0)), &json!("Local")));
    assert_eq!(stage.sf("org display")["username"], stage.user(0));
}

#[test]
fn sf_renews_a_token_that_was_revoked() {
    let stage = Stage::new(1);
    let user = stage.user(0);
    stage.login(&[&user, "-a", "qa"]);
    let before = stage.token("qa");
    stage.simulator.revoke_tokens(&user);
    assert_eq!(stage.sf("org display -o qa")["status"], "Active");
    assert_ne!(stage.token("qa"), before);
    let fields = stage.auth(&user);
    assert_eq!((&fields["devHubUsername"], &fields["isScratch"]), (&json!(stage.hub()), &json!(true)));
}

#[test]
fn the_token_that_was_handed_over_is_used_and_no_login_is_wasted() {
    let stage = Stage::new(1);
    let user = stage.user(0);
    stage.login(&[&user, "-a", "qa"]);
    let logins = stage.simulator.totals().logins;
    stage.sf("data query -o qa -q SELECT+Id+FROM+Organization");
    assert_eq!(stage.simulator.totals().logins, logins);
}

#[test]
fn sf_deletes_a_scratch_org_by_its_alias() {
    let stage = Stage::new(2);
    let user = stage.user(0);
    stage.login(&[&format!("qa={user}"), &format!("uat={}", stage.user(1))]);
    stage.sf("org delete scratch -o qa --no-prompt");
    assert!(!stage.has(&format!(".sfdx/{user}.json")));
    let list = stage.sf("org list");
    let left: Vec<&str> =
        list["scratchOrgs"].as_array().unwrap().iter().map(|org| org["alias"].as_str().unwrap()).collect();
    assert_eq!(left, ["uat"]);
}

#[test]
fn an_alias_can_be_removed_and_given_again() {
    let stage = Stage::new(1);
    stage.login(&[&stage.user(0), "-a", "qa"]);
    stage.sf("alias unset qa");
    assert_eq!(stage.sf("alias list"), json!([]));
    stage.login(&[&stage.user(0), "-a", "qa"]);
    assert_eq!(stage.sf("alias list"), json!([{"alias": "qa", "value": stage.user(0)}]));
}

#[test]
fn what_sf_and_orgready_set_by_turns_stays() {
    let stage = Stage::new(2);
    stage.sf("config set org-api-version=61.0 --global");
    stage.sf("alias set other=someone@example.com");
    stage.login(&[&stage.user(0), "-a", "qa", "-s"]);
    stage.sf("config set target-dev-hub=qa --global");
    stage.login(&[&stage.user(1), "-a", "uat", "-s"]);
    let config = stage.file(".sf/config.json");
    assert_eq!(config, json!({"org-api-version": "61.0", "target-org": "uat", "target-dev-hub": "qa"}));
    for (key, value) in [("org-api-version", "61.0"), ("target-org", "uat"), ("target-dev-hub", "qa")] {
        assert_eq!(stage.sf(&format!("config get {key}"))[0]["value"], value);
    }
    let aliases = stage.file(".sfdx/alias.json");
    assert_eq!(aliases, json!({"orgs": {"other": "someone@example.com", "qa": stage.user(0), "uat": stage.user(1)}}));
}

#[test]
fn nothing_is_left_behind_in_the_store() {
    let stage = Stage::new(2);
    stage.login(&[&stage.user(0), &stage.user(1)]);
    let mut expected = vec![format!("{}.json", stage.hub()), "key.json".to_owned()];
    expected.extend([0, 1].map(|at| format!("{}.json", stage.user(at))));
    expected.sort();
    assert_eq!(names(&stage.home().join(".sfdx")), expected);
}

#[test]
fn the_hub_that_orgready_logs_in_to_is_a_dev_hub_for_sf() {
    let stage = Stage::new(1);
    let mut command = stage.orgready();
    command.arg("hub").args(stage.hub_flags()).args(["-a", "hub", "-d", "--json"]);
    succeed(command);
    let display = stage.sf("org display -o hub");
    assert_eq!((&display["username"], &display["connectedStatus"]), (&json!(stage.hub()), &json!("Connected")));
    let rows = stage.sf("data query -o hub -q SELECT+SignupUsername+FROM+ScratchOrgInfo");
    assert_eq!(rows["totalSize"], 1);
    assert_eq!(stage.sf("org list")["devHubs"][0]["isDefaultDevHubUsername"], true);
    assert_eq!(stage.sf("config get target-dev-hub")[0]["value"], "hub");
}
