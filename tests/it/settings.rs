//! Where settings come from, which one wins, and what is told about wrong ones.

use std::fs;

use orgready::simulator::RequestKind;
use serde_json::Value;

use crate::bench::{Bench, Place, Ran};

/// The version of the API that the hub was last asked in.
fn version(bench: &Bench) -> String {
    let last = bench.requests(RequestKind::Query).pop().unwrap();
    last.path.split('/').nth(3).unwrap().to_owned()
}

#[test]
fn a_flag_wins_over_a_variable_over_the_file_over_the_default() {
    let bench = Bench::start("[[org]]");
    let asked = |flag: Option<&str>, variable: Option<&str>, file: Option<&str>| {
        match file {
            Some(file) => drop(bench.place.write("orgready.toml", format!("api_version = \"{file}\""))),
            None => drop(fs::remove_file(bench.place.path("orgready.toml"))),
        }
        let mut run = bench.login_all();
        if let Some(value) = flag {
            run = run.args(["--api-version", value]);
        }
        if let Some(value) = variable {
            run = run.env("SF_ORG_API_VERSION", value);
        }
        run.ends_with(0);
        version(&bench)
    };
    assert_eq!(asked(Some("64.0"), Some("63.0"), Some("62.0")), "v64.0");
    assert_eq!(asked(None, Some("63.0"), Some("62.0")), "v63.0");
    assert_eq!(asked(None, Some(""), Some("62.0")), "v62.0", "an empty variable counts as unset");
    assert_eq!(asked(None, None, None), "v60.0");
}

#[test]
fn what_sf_knows_is_weaker_than_the_file() {
    let bench = Bench::start("[[org]]");
    bench.command("hub").arg("-d").ends_with(0);
    bench.place.run(["login", &bench.user(0)]).ends_with(0);
    bench.place.write_private("server.key", crate::bench::key());
    bench.place.write(
        "orgready.toml",
        "hub_username = \"other@example.com\"\nclient_id = \"3MVG9\"\njwt_key_file = 'server.key'",
    );
    let run = bench.place.run(["login", &bench.user(0), "--json", "--wait", "0"]);
    let ran = run.env("ORGREADY_HUB_INSTANCE_URL", bench.simulator.url()).ends_with(3);
    assert!(ran.message().contains("other@example.com"), "{}", ran.out);
}

/// The exit status, the message and the next steps of a run that sent nothing.
fn refused(bench: &Bench, arguments: &[&str]) -> Ran {
    let ran = bench.login_all().args(arguments).ends_with(2);
    assert!(bench.was_left_alone(), "something was sent");
    assert_eq!(ran.out, "");
    ran
}

#[test]
fn what_does_not_exist_is_told_with_what_is_nearest() {
    let bench = Bench::start("[[org]]");
    refused(&bench, &["--wiat", "5m"]).says("--wiat").says("'--wait'");
    bench.place.write("orgready.toml", "usernames_fiel = \"x\"\n[retry]\ninitail = \"1s\"\n[retri]\nmax = \"1s\"\n");
    let ran = refused(&bench, &[]);
    ran.says("orgready.toml: there is no setting \"usernames_fiel\"").says("did you mean \"usernames_file\"?");
    ran.says("\"retry.initail\"").says("did you mean \"retry.initial\"?").says("\"retri\"");
    bench.place.write("orgready.toml", "wait = \"5m\"\nrate = = 3\n");
    refused(&bench, &[]).says("orgready.toml, line 2, is not TOML");
    fs::remove_file(bench.place.path("orgready.toml")).unwrap();
    refused(&bench, &["--config", "missing.toml"]).says("missing.toml cannot be read");
    bench.place.run(["lgoin"]).ends_with(2).says("'login'");

    let json = bench.login_all().args(["--json", "--wiat", "5m"]).ends_with(2).json();
    assert_eq!(crate::bench::keys(&json), ["status", "name", "message", "cause", "actions", "result", "warnings"]);
    assert_eq!((&json["status"], &json["name"], &json["result"]), (&2.into(), &"InvalidSettings".into(), &Value::Null));
    assert!(json["actions"][0].as_str().unwrap().contains("--wait"), "{json}");
}

#[test]
fn all_that_is_wrong_is_told_at_once_with_where_it_stands() {
    let bench = Bench::start("[[org]]");
    bench.place.write("orgready.toml", "concurrency = 0\n[retry]\njitter = 3");
    let run = bench.login_all().args(["--rate", "many", "--json"]).env("ORGREADY_WAIT", "soon");
    let ran = run.env("ORGREADY_CLIENT_ID", "").ends_with(2);
    let message = ran.message();
    for part in ["ORGREADY_WAIT: \"soon\"", "--rate: \"many\"", "concurrency in ", "retry.jitter in ", "consumer key"] {
        assert!(message.contains(part), "{part}: {message}");
    }
    assert!(bench.was_left_alone());
}

#[test]
fn paths_in_a_file_are_relative_to_it() {
    let bench = Bench::start("[[org]]\nusername = \"test-a@example.com\"");
    bench.place.write_private("ci/keys/server.key", crate::bench::key());
    bench.place.write("ci/orgs.txt", "test-a@example.com\n");
    bench.place.write(
        "ci/ready.toml",
        "jwt_key_file = \"keys/server.key\"\nusernames_file = \"orgs.txt\"\nreport = [\"out/r.json\"]",
    );
    fs::create_dir(bench.place.path("ci/out")).unwrap();
    let run = || bench.command("login").without("ORGREADY_JWT_KEY_FILE");
    run().args(["--config", "ci/ready.toml"]).ends_with(0);
    assert!(bench.place.path("ci/out/r.json").exists());
    run().env("ORGREADY_CONFIG", "ci/ready.toml").ends_with(0);
    // What is typed is relative to where it is typed.
    run().args(["-f", "ci/keys/server.key", "-F", "ci/orgs.txt"]).ends_with(0);
}

#[test]
fn the_file_with_every_key_changes_nothing() {
    let bench = Bench::start("[[org]]");
    bench.place.write("orgready.toml", include_str!("../../config/orgready.toml"));
    bench.login_all().ends_with(0);
    assert_eq!(version(&bench), "v60.0");
}

#[test]
fn a_duration_is_spelled_out_and_a_bare_number_of_wait_is_minutes() {
    let bench = Bench::start("[[org]]");
    for wait in ["1", "90s", "1m 30s", "60000ms"] {
        bench.login_all().args(["--wait", wait]).ends_with(0);
    }
    let totals = bench.simulator.totals();
    for arguments in [["--wait", "soon"], ["--wait=-1s", "-q"], ["--retry-initial", "5"], ["--request-timeout", "0s"]] {
        bench.login_all().args(arguments).ends_with(2).says(arguments[0].trim_end_matches("=-1s"));
    }
    assert_eq!(bench.simulator.totals(), totals, "nothing was sent");
}

#[test]
fn without_a_hub_the_next_step_is_told() {
    let place = Place::new();
    let ran = place.run(["login", "test-a@example.com"]).ends_with(2);
    ran.says("no Dev Hub is named").says("--hub-username").says("sf org login jwt --set-default-dev-hub");
    let ran = place.run(["login", "test-a@example.com", "--hub-username", "hub@example.com"]).ends_with(2);
    ran.says("--client-id (-i)").says("--jwt-key-file (-f)");
    let half =
        place.run(["login", "test-a@example.com", "--hub-username", "hub@example.com", "-i", "3MVG9"]).ends_with(2);
    half.says("the private key for the Dev Hub hub@example.com is missing");
}

#[test]
fn flags_of_every_command_may_stand_before_it() {
    let bench = Bench::start("[[org]]");
    bench.place.write("ci.toml", "api_version = \"61.0\"");
    let run = |before: &[&str], after: &[&str]| {
        let run = bench.command("--quiet").args(before).arg("login").arg(bench.user(0)).args(after);
        let ran = run.ends_with(0);
        assert_eq!(ran.err, "", "--quiet");
        ran.json()
    };
    assert_eq!(run(&["--json", "--config", "ci.toml"], &[])["status"], 0);
    assert_eq!(version(&bench), "v61.0");
    assert_eq!(run(&["--json"], &["--config", "ci.toml"])["status"], 0);
    assert_eq!(run(&[], &["--json"])["status"], 0);
    bench.place.run(["--json", "login", "--wiat"]).ends_with(2).json();
    bench.place.run(["--json", "login", "--quiet", "--verbose"]).ends_with(2);
}

#[test]
fn colours_are_as_the_user_wants_them() {
    let bench = Bench::start("[[org]]\nconsumer_key = \"PlatformCLI\"");
    let coloured = |arguments: &[&str], variables: &[(&str, &str)]| {
        let run = variables.iter().fold(bench.login_all().args(arguments), |run, (name, value)| run.env(name, value));
        let ran = run.ends_with(4);
        let both = [&ran.out, &ran.err].map(|text| text.contains('\u{1b}'));
        assert_eq!(both[0], both[1], "{}{}", ran.out, ran.err);
        both[0]
    };
    assert!(!coloured(&[], &[]) && coloured(&["--color", "always"], &[]) && coloured(&[], &[("FORCE_COLOR", "1")]));
    assert!(!coloured(&[], &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&["--color=never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!bench.login_all().args(["--color", "always", "--json"]).ends_with(4).out.contains('\u{1b}'));
    bench.login_all().args(["--color", "yes"]).ends_with(2).says("none of auto, always and never");
    assert!(bench.place.run(["--color", "always", "lgoin"]).ends_with(2).err.contains('\u{1b}'));
}

#[test]
fn sf_content_type_asks_for_json_everywhere() {
    let bench = Bench::start("[[org]]");
    assert_eq!(bench.login_all().env("SF_CONTENT_TYPE", "JSON").ends_with(0).json()["status"], 0);
    assert_eq!(bench.place.run(["login", "--wiat"]).env("SF_CONTENT_TYPE", "JSON").ends_with(2).json()["status"], 2);
    assert_eq!(bench.place.run(["login"]).env("SF_CONTENT_TYPE", "JSON").ends_with(2).json()["result"], Value::Null);
}

#[test]
fn standard_error_is_quiet_verbose_or_json_as_one_likes() {
    let bench = Bench::start("[[org]]\nreplication_delay = \"100ms\"\n[[org]]\nconsumer_key = \"PlatformCLI\"");
    assert_eq!(bench.login([bench.user(0)]).arg("--quiet").ends_with(0).err, "");
    let failed = bench.login_all().arg("--quiet").ends_with(4);
    assert!(failed.err.starts_with("error: "), "{}", failed.err);
    assert!(bench.login_all().arg("--verbose").ends_with(4).err.contains("DEBUG"));
    let logged = bench.login_all().args(["--log-format", "json"]).env("ORGREADY_LOG", "trace").ends_with(4);
    for line in logged.err.lines() {
        let entry: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(entry["timestamp"].is_string() && entry["level"].is_string(), "{line}");
    }
    bench.login_all().arg("--verbose").env("ORGREADY_LOG", "orgready=[").ends_with(2).says("ORGREADY_LOG");
    // Not a terminal: no colours, no bars.
    assert!(!failed.err.contains('\u{1b}') && !failed.out.contains('\u{1b}'));
}

#[test]
fn a_quiet_log_of_json_objects_has_warnings_and_errors_alone() {
    let bench = Bench::start("[[org]]\nusername = \"test-a@example.com\"\nreplication_delay = \"never\"\n");
    let run = |quiet: &[&str]| {
        let ran = bench.login_all().args(["--log-format", "json", "--wait", "0"]).args(quiet).ends_with(5);
        let of = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["level"].to_string();
        ran.err.lines().map(of).collect::<Vec<_>>()
    };
    assert!(run(&[]).contains(&"\"INFO\"".to_owned()));
    let levels = run(&["-q"]);
    assert!(!levels.is_empty() && !levels.contains(&"\"INFO\"".to_owned()), "{levels:?}");
}
