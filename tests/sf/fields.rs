//! What orgready leaves in the store, field by field, beside what `sf org login jwt` leaves there for the same org.

use serde_json::Value;

use crate::stage::{Stage, succeed};

/// What `sf` leaves out at a login, or finds out later by itself.
const ONLY_OURS: [&str; 3] = ["created", "createdOrgInstance", "tracksSource"];

/// What differs by nature: the token; the version, which `sf` asks for at first use and then writes over ours; the time.
const DIFFERENT: [&str; 3] = ["accessToken", "instanceApiVersion", "instanceApiVersionLastRetrieved"];

fn compare(theirs: &Value, ours: &Value) {
    let (theirs, ours) = (theirs.as_object().unwrap(), ours.as_object().unwrap());
    for (key, value) in theirs.iter().filter(|(key, _)| !DIFFERENT.contains(&key.as_str())) {
        let value = match value.as_str() {
            // `sf` keeps the slash that its URL type puts there.
            Some(text) if key == "loginUrl" => text.trim_end_matches('/').into(),
            _ => value.clone(),
        };
        assert_eq!(ours.get(key), Some(&value), "{key}");
    }
    for key in ours.keys() {
        let known = theirs.contains_key(key) || ONLY_OURS.contains(&key.as_str()) || DIFFERENT.contains(&key.as_str());
        assert!(known, "{key}");
    }
}

#[test]
fn a_scratch_org_has_every_field_that_sf_would_have_left() {
    let (ours, theirs) = (Stage::new(1), Stage::new(0));
    let user = ours.user(0);
    ours.login(&[&user, "-a", "qa", "-s"]);

    // The same stand-in, another home.
    let mut hub = theirs.sf_command();
    hub.args(["org", "login", "jwt", "--json", "-o", &ours.hub(), "-i", ours.simulator.client_id(), "-f", &ours.key()]);
    hub.args(["-r", ours.simulator.url()]);
    succeed(hub);
    let mut org = theirs.sf_command();
    org.args(["org", "login", "jwt", "--json", "-o", &user, "-i", ours.simulator.client_id(), "-f", &ours.key()]);
    org.args(["-r", ours.simulator.origin(&user).unwrap(), "-a", "qa", "-s"]);
    succeed(org);

    compare(&theirs.auth(&user), &ours.auth(&user));
    for file in [".sfdx/alias.json", ".sf/config.json", ".sfdx/sfdx-config.json"] {
        assert_eq!(ours.file(file), theirs.file(file), "{file}");
    }

    // After its first use by `sf` nothing at all differs but what must.
    ours.sf("org display -o qa");
    compare(&theirs.auth(&user), &ours.auth(&user));
    assert_eq!(ours.auth(&user)["instanceApiVersion"], theirs.auth(&user)["instanceApiVersion"]);
}

#[test]
fn a_hub_has_every_field_that_sf_would_have_left() {
    let stage = Stage::new(0);
    stage.sf_login(&stage.hub(), stage.simulator.url(), &["-a", "hub", "-d"]);
    let files = [".sfdx/alias.json", ".sf/config.json", ".sfdx/sfdx-config.json"];
    let theirs = (stage.auth(&stage.hub()), files.map(|file| stage.file(file)));
    std::fs::remove_dir_all(stage.home().join(".sfdx")).unwrap();
    std::fs::remove_dir_all(stage.home().join(".sf")).unwrap();
    let mut command = stage.orgready();
    command.arg("hub").args(stage.hub_flags()).args(["-a", "hub", "-d", "--json"]);
    succeed(command);
    compare(&theirs.0, &stage.auth(&stage.hub()));
    assert_eq!(files.map(|file| stage.file(file)), theirs.1);
}
