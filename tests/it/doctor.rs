//! `orgready doctor` as a pipeline sees it: exit status, the two streams, and what it leaves behind.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use orgready::simulator::{Options, Scenario, Simulator};
use serde_json::Value;

fn simulator(scenario: &str) -> Simulator {
    Simulator::start(Scenario::parse(scenario).unwrap(), Options::default()).unwrap()
}

/// The program with the stand-in's settings, and nothing of this machine.
fn doctor(simulator: &Simulator) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_orgready"));
    command
        .env_clear()
        // Without it there are no sockets on Windows.
        .envs(std::env::vars_os().filter(|(name, _)| name.eq_ignore_ascii_case("SystemRoot")))
        .env("HOME", simulator.home())
        .env("USERPROFILE", simulator.home())
        .env("SF_USE_GENERIC_UNIX_KEYCHAIN", "true")
        .env("ORGREADY_HUB_INSTANCE_URL", simulator.url())
        .env("ORGREADY_HUB_USERNAME", simulator.hub_username())
        .env("ORGREADY_CLIENT_ID", simulator.client_id())
        .env("ORGREADY_JWT_KEY_FILE", simulator.jwt_key_file())
        .current_dir(simulator.home())
        .arg("doctor");
    command
}

/// Every file and folder below, with its bytes.
fn tree(folder: &Path) -> Vec<(PathBuf, Option<Vec<u8>>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(tree(&path));
            found.push((path, None));
        } else {
            found.push((path.clone(), std::fs::read(&path).ok()));
        }
    }
    found.sort();
    found
}

#[test]
fn a_table_is_on_standard_output_and_nothing_is_left_behind() {
    let simulator = simulator("[[org]]\ncount = 2");
    std::fs::create_dir(simulator.home().join(".sfdx")).unwrap();
    std::fs::write(simulator.home().join(".sfdx/alias.json"), "{\"orgs\":{}}").unwrap();
    let before = tree(simulator.home().parent().unwrap());
    let run = doctor(&simulator).arg("--certificate").arg(simulator.certificate_file()).assert().code(0);
    let table = String::from_utf8(run.get_output().stdout.clone()).unwrap();
    assert!(table.starts_with("STATUS   CHECK"));
    // Windows has no permission bits to look at.
    let ok = if cfg!(windows) { 18 } else { 19 };
    assert_eq!(table.lines().filter(|line| line.starts_with("ok ")).count(), ok, "{table}");
    assert!(String::from_utf8_lossy(&run.get_output().stderr).starts_with(&format!("{ok} ok")));
    assert_eq!(tree(simulator.home().parent().unwrap()), before);
}

#[test]
fn with_json_standard_output_is_one_document_whatever_is_wrong() {
    let simulator = simulator("");
    for (typed, code, name) in [
        (&["--json"][..], 0, Value::Null),
        (&["--json", "--config", "missing.toml"], 2, "InvalidSettings".into()),
        (&["--json", "--target-dev-hub", "x", "--certificate", "missing.crt"], 2, "InvalidSettings".into()),
    ] {
        let run = doctor(&simulator).args(typed).assert().code(code);
        let document: Value = serde_json::from_slice(&run.get_output().stdout).unwrap();
        assert_eq!(document["status"], code);
        assert_eq!(document["name"], name);
        assert!(document["result"]["checks"].is_array() && document["warnings"].is_array());
    }
}

#[test]
fn the_hubs_refusal_is_exit_status_3_with_its_cause() {
    let simulator = simulator("");
    let run = doctor(&simulator).args(["--json", "--hub-username", "nobody@example.com"]).assert().code(3);
    let document: Value = serde_json::from_slice(&run.get_output().stdout).unwrap();
    assert_eq!((&document["name"], &document["cause"]["code"]), (&"HubLoginFailed".into(), &"not_approved".into()));
}

#[test]
fn no_secret_is_shown_at_the_highest_log_level() {
    let simulator = simulator("[[org]]\ncount = 2");
    let key = std::fs::read_to_string(simulator.jwt_key_file()).unwrap();
    let proxy = "http://ci:hunter2hunter2@127.0.0.1:1";
    let run = doctor(&simulator).env("HTTPS_PROXY", proxy).env("ORGREADY_LOG", "trace").assert().code(0);
    let seen = [run.get_output().stdout.clone(), run.get_output().stderr.clone()].concat();
    let seen = String::from_utf8(seen).unwrap();
    assert!(seen.contains("TRACE") || seen.contains("DEBUG"), "nothing is logged");
    // An assertion begins with `eyJ`, a token with the org's id and `!`.
    for secret in key.lines().filter(|line| !line.starts_with('-')).chain(["hunter2hunter2", "eyJ", "!AQ"]) {
        assert!(!seen.contains(secret), "{secret} in {seen}");
    }
}

#[test]
fn a_settings_file_that_was_not_filled_in_is_refused_and_nothing_is_asked() {
    let simulator = simulator("[[org]]\ncount = 1");
    for named in ["$(ORGREADY_CONFIG)", "$ORGREADY_CONFIG"] {
        let run = doctor(&simulator).env("ORGREADY_CONFIG", named).assert().code(2);
        let told = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
        assert!(told.contains("ORGREADY_CONFIG"), "{told}");
    }
    assert_eq!(simulator.requests().len(), 0);
}
