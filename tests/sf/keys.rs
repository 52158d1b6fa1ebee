//! The two keys: the app's private key, by which `sf` renews tokens, and the key that `sf` encrypts them with.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use crate::stage::{Stage, json, shown, succeed};

/// `orgready login` with the key on standard input.
fn login_with_piped_key(stage: &Stage, arguments: &[&str]) -> serde_json::Value {
    let mut flags = stage.hub_flags();
    let at = flags.iter().position(|flag| flag == "-f").unwrap();
    flags.splice(at + 1..at + 2, ["-".to_owned()]);
    let mut command = stage.orgready();
    command.arg("login").args(flags).args(arguments).arg("--json");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&fs::read(stage.key()).unwrap()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", shown(&output));
    json(&output)
}

#[test]
fn a_key_without_a_path_gives_sf_a_token_and_a_warning() {
    let stage = Stage::new(1);
    let told = login_with_piped_key(&stage, &[&stage.user(0), "-a", "qa"]);
    assert!(told["warnings"].to_string().contains("--keep-key-file"), "{told}");
    assert!(stage.auth(&stage.user(0)).get("privateKey").is_none());
    let rows = stage.sf("data query -o qa -q SELECT+Id+FROM+Organization");
    assert_eq!(rows["records"][0]["Id"], stage.simulator.org_id(&stage.user(0)).unwrap());
}

#[test]
fn a_kept_key_renews_tokens_after_the_first_one_is_gone() {
    let stage = Stage::new(1);
    let kept = stage.home().join("keys/server.key");
    let told = login_with_piped_key(&stage, &[&stage.user(0), "-a", "qa", "--keep-key-file", kept.to_str().unwrap()]);
    assert_eq!(told["warnings"], serde_json::json!([]));
    stage.simulator.revoke_tokens(&stage.user(0));
    assert_eq!(stage.sf("org display -o qa")["status"], "Active");
    assert_eq!(stage.auth(&stage.user(0))["privateKey"], kept.to_str().unwrap());
}

#[test]
fn both_versions_of_the_encryption_are_read_by_sf() {
    for (variable, length) in [("", 32), ("true", 64)] {
        let stage = Stage::new(1);
        let mut command = stage.orgready();
        command.env("SF_CRYPTO_V2", variable);
        command.arg("login").args(stage.hub_flags()).args([&stage.user(0), "-a", "qa", "--json"]);
        succeed(command);
        assert_eq!(stage.file(".sfdx/key.json")["key"].as_str().unwrap().len(), length);
        assert!(stage.token("qa").starts_with("00D"));
    }
}

#[test]
fn the_key_that_sf_made_is_used() {
    for variable in ["false", "true"] {
        let stage = Stage::new(1);
        let mut command = stage.sf_command();
        command.env("SF_CRYPTO_V2", variable).args(["org", "login", "jwt", "--json", "-o", &stage.hub()]);
        command.args(["-i", stage.simulator.client_id(), "-f", &stage.key(), "-r", stage.simulator.url()]);
        succeed(command);
        let key = stage.file(".sfdx/key.json");
        stage.login(&[&stage.user(0), "-a", "qa"]);
        assert_eq!(stage.file(".sfdx/key.json"), key);
        assert!(stage.token("qa").starts_with("00D"));
    }
}

#[cfg(unix)]
#[test]
fn a_key_file_that_sf_would_refuse_is_told_before_anything_is_sent() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::new(1);
    stage.login(&[&stage.user(0)]);
    let requests = stage.simulator.totals().logins;
    let key = stage.home().join(".sfdx/key.json");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let mut command = stage.orgready();
    let output = command.arg("login").args(stage.hub_flags()).args([&stage.user(0), "--json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
    assert!(json(&output)["message"].as_str().unwrap().contains("chmod 600"), "{}", shown(&output));
    assert_eq!(stage.simulator.totals().logins, requests);
}

/// A stand-in for the system's keychain, as far as `sf` asks it.
#[cfg(target_os = "linux")]
const SECRET_TOOL: &str = r#"#!/bin/sh
store="$(dirname "$0")/secret"
case "$1" in
  lookup) [ -f "$store" ] && cat "$store" || exit 1 ;;
  store) cat > "$store" ;;
esac
"#;

#[cfg(target_os = "linux")]
#[test]
fn where_sf_uses_a_keychain_it_logs_in_by_itself() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::new(1);
    let tool = stage.home().join("secret-tool");
    fs::write(&tool, SECRET_TOOL).unwrap();
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
    let with_keychain = |mut command: std::process::Command| {
        command.env_remove("SF_USE_GENERIC_UNIX_KEYCHAIN").env("SFDX_SECRET_TOOL_PATH", &tool);
        command
    };
    let mut command = with_keychain(stage.orgready());
    command.arg("login").args(stage.hub_flags()).args([&stage.user(0), "-a", "qa", "--json"]);
    succeed(command);
    assert!(stage.auth(&stage.user(0)).get("accessToken").is_none() && !stage.has(".sfdx/key.json"));
    let mut command = with_keychain(stage.sf_command());
    command.args(["org", "display", "-o", "qa", "--json"]);
    assert_eq!(succeed(command)["result"]["status"], "Active");
    assert!(stage.home().join("secret").is_file(), "sf asked its keychain");

    let mut command = with_keychain(stage.orgready());
    let pem = fs::read_to_string(stage.key()).unwrap();
    let mut flags = stage.hub_flags();
    let at = flags.iter().position(|flag| flag == "-f").unwrap();
    flags.drain(at..at + 2);
    let output = command
        .arg("login")
        .args(flags)
        .args([&stage.user(0), "--json"])
        .env("ORGREADY_JWT_KEY", pem)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
    let message = json(&output).to_string();
    assert!(message.contains("--keep-key-file") && message.contains("--no-sf-store"), "{message}");
}
