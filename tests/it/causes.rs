//! Why an org is not ready: the right code, the right exit status, a next step.

use std::collections::HashMap;

use orgready::simulator::RequestKind;
use serde_json::Value;

use crate::bench::{Bench, Ran};

/// One org for each final cause, and those that take a minute.
fn never() -> Bench {
    let scenario = include_str!("../../config/scenarios/never.toml");
    Bench::start(&scenario.replace("error_after = \"3s\"", "error_after = \"300ms\""))
}

/// What takes a minute to be final.
const SLOW: [&str; 2] = ["test-not-approved@example.com", "test-deleted-meanwhile@example.com"];

fn by_name(ran: &Ran) -> HashMap<String, Value> {
    ran.orgs().into_iter().map(|org| (org["username"].as_str().unwrap().to_owned(), org)).collect()
}

#[test]
fn each_final_cause_has_its_code_its_evidence_and_a_next_step() {
    let bench = never();
    let ran = bench.login_all().args(["nobody@example.com", "--json", "--wait", "3s"]).ends_with(4);
    let orgs = by_name(&ran);
    for (username, expected) in bench.simulator.expectations() {
        let org = &orgs[username];
        let cause = &org["cause"];
        let hint = cause["hint"].as_str().unwrap();
        assert!(hint.len() > 20, "{org}");
        if SLOW.contains(&username.as_str()) {
            assert_eq!(
                (org["status"].as_str(), cause["retryable"].as_bool()),
                (Some("timed_out"), Some(true)),
                "{org}"
            );
            continue;
        }
        assert_eq!(
            (org["status"].as_str(), cause["code"].as_str()),
            (Some("failed"), Some(expected.as_str())),
            "{org}"
        );
        assert_eq!(cause["retryable"], false, "{org}");
        assert!(!cause["host"].as_str().unwrap().is_empty(), "{org}");
        assert!(!cause["description"].as_str().unwrap().is_empty(), "{org}");
        assert!(ran.json()["actions"].as_array().unwrap().contains(&cause["hint"]), "{org}");
    }
    let unknown = &orgs["nobody@example.com"]["cause"];
    assert_eq!(unknown["code"], "unknown_username");
    let total = bench.simulator.expectations().len() + 1;
    assert_eq!(ran.message(), format!("{} of {total} orgs failed, and 2 not ready within the time given", total - 2));
    // The server's own words are told where it said any.
    assert_eq!(orgs["test-app-mismatch@example.com"]["cause"]["error"], "invalid_grant");
    assert_eq!(orgs["test-app-mismatch@example.com"]["cause"]["description"], "user hasn't approved this consumer");
    assert!(orgs["test-app-mismatch@example.com"]["cause"]["hint"].as_str().unwrap().contains("PlatformCLI"));
    assert_eq!(orgs["test-signup-failed@example.com"]["cause"]["error"], "C-1016");
    assert!(
        orgs["test-lightning@example.com"]["cause"]
            .to_string()
            .contains("https://acme-dev-ed.scratch.my.salesforce.com")
    );
    assert_eq!(orgs["test-audience-rejected@example.com"]["attempts"], 3, "test, login, the origin; each once");
    assert_eq!(orgs["test-clock-skew@example.com"]["attempts"], 2, "one new signature");

    // What the record decides alone is not asked, and what is not trusted is sent nothing.
    for silent in [
        "nobody",
        "test-signup-failed",
        "test-signup-fails",
        "test-deleted",
        "test-untrusted-login-url",
        "test-lightning",
    ] {
        let username = format!("{silent}@example.com");
        assert_eq!((bench.logins_of(&username), &orgs[&username]["attempts"]), (0, &0.into()), "{username}");
    }
}

#[test]
fn what_can_heal_and_did_not_in_time_is_told_apart() {
    let bench = Bench::start(
        "[[org]]\nreplication_delay = \"never\"\n[[org]]\nstatus = \"New\"\ncreated_ago = \"5s\"\n\
         [[org]]\nfaults = [{ at = \"login\", kind = \"status\", status = 503 }]\n\
         [[org]]\nfaults = [{ at = \"login\", kind = \"status\", status = 429, retry_after = \"3600\" }]\n[[org]]",
    );
    let ran = bench.login_all().args(["--json", "--wait", "2500ms"]).ends_with(5);
    let codes =
        ["timed_out not_replicated", "timed_out creating", "timed_out unreachable", "timed_out throttled", "ready"];
    assert_eq!(ran.ends(), codes);
    assert_eq!(ran.json()["name"], "OrgsTimedOut");
    for org in &ran.orgs()[..4] {
        assert_eq!(org["cause"]["retryable"], true, "{org}");
        assert!(org["cause"]["hint"].as_str().unwrap().contains("run the same command again"), "{org}");
    }
    assert_eq!(bench.logins_of(&bench.user(1)), 0, "an org that is still made is not knocked at");
    assert_eq!(bench.logins_of(&bench.user(3)), 1, "a delay beyond the deadline ends the wait at once");
    assert!(bench.logins_of(&bench.user(0)) > 2);
}

#[test]
fn no_time_to_wait_is_one_attempt_each() {
    let bench = Bench::start("[[org]]\nreplication_delay = \"never\"\n[[org]]");
    let ran = bench.login_all().args(["--json", "--wait", "0"]).ends_with(5);
    assert_eq!(ran.ends(), ["timed_out not_replicated", "ready"]);
    assert_eq!(bench.logins_of(&bench.user(0)), 1);
}

#[test]
fn a_final_failure_wins_over_a_late_org() {
    let bench = Bench::start("[[org]]\nreplication_delay = \"never\"\n[[org]]\nstatus = \"Deleted\"");
    let ran = bench.login_all().args(["--json", "--wait", "0"]).ends_with(4);
    assert_eq!(ran.ends(), ["timed_out not_replicated", "failed deleted"]);
}

#[test]
fn an_org_that_sf_cannot_be_told_is_not_stored() {
    let bench = Bench::start("[[org]]\nusername = \"test-a@example.com\"\n[[org]]\nusername = \"test-b@example.com\"");
    // A folder where the file belongs.
    std::fs::create_dir_all(bench.place.home().join(".sfdx/test-a@example.com.json")).unwrap();
    let ran = bench.login_all().arg("--json").ends_with(4);
    assert_eq!(ran.ends(), ["failed not_stored", "ready"]);
    let org = &ran.orgs()[0];
    assert!(org["cause"]["description"].as_str().unwrap().contains("test-a@example.com.json"), "{org}");
    assert!(org["orgId"].is_string() && org["cause"]["hint"].as_str().unwrap().contains("--no-sf-store"), "{org}");
    assert_eq!(bench.login_all().args(["--json", "--no-sf-store"]).ends_with(0).ends(), ["ready"; 2]);
}

#[test]
fn an_org_that_is_another_one_is_not_handed_over() {
    let bench = Bench::start("[[org]]\nusername = \"test-a@example.com\"\nrecorded_org_id = \"00D5g00000XyZab\"");
    let tokens = bench.place.path("tokens.jsonl");
    bench.login_all().arg("--tokens-file").arg(&tokens).ends_with(4);
    assert!(!bench.place.home().join(".sfdx/test-a@example.com.json").exists());
    assert_eq!(bench.place.read("tokens.jsonl"), "");
}

#[test]
fn a_hub_that_fails_is_told_with_its_stage_and_no_org_is_tried() {
    let refusal = |error: &str, description: &str| {
        format!(
            "[hub]\nfaults = [{{ at = \"login\", kind = \"refusal\", error = \"{error}\", description = \"{description}\" }}]"
        )
    };
    let query = |status: u16, error: &str| {
        format!(
            "[hub]\nfaults = [{{ at = \"query\", kind = \"refusal\", status = {status}, error = \"{error}\", description = \"no\" }}]"
        )
    };
    let cases = [
        (refusal("invalid_grant", "user hasn't approved this consumer"), "HubLoginFailed", "not_approved", false),
        (refusal("invalid_client_id", "client identifier invalid"), "HubLoginFailed", "invalid_client", false),
        (refusal("invalid_grant", "invalid assertion"), "HubLoginFailed", "invalid_assertion", false),
        (refusal("invalid_grant", "inactive user"), "HubLoginFailed", "inactive_user", false),
        (refusal("invalid_app_access", "user is not admin approved"), "HubLoginFailed", "app_access_denied", false),
        (refusal("invalid_grant", "expired authorization code"), "HubLoginFailed", "clock_skew", false),
        (refusal("server_error", "try again"), "HubLoginFailed", "unreachable", true),
        ("[hub]\naudiences = [\"https://nowhere.example\"]".to_owned(), "HubLoginFailed", "audience_rejected", false),
        ("[hub]\ninstance_url = \"https://evil.example\"".to_owned(), "HubLoginFailed", "untrusted_host", false),
        ("[hub]\nfaults = [{ at = \"connect\", kind = \"refuse\" }]".to_owned(), "HubLoginFailed", "unreachable", true),
        ("[hub]\ndev_hub = false".to_owned(), "HubQueryFailed", "not_a_dev_hub", false),
        ("[hub]\napi_usage = [100, 100]".to_owned(), "HubQueryFailed", "api_limit", false),
        (query(400, "MALFORMED_QUERY"), "HubQueryFailed", "query_rejected", false),
        (query(403, "API_DISABLED_FOR_ORG"), "HubQueryFailed", "query_rejected", false),
        (query(404, "NOT_FOUND"), "HubQueryFailed", "query_rejected", false),
        (query(503, "UNKNOWN_EXCEPTION"), "HubQueryFailed", "unreachable", true),
        (query(503, "SERVER_UNAVAILABLE"), "HubQueryFailed", "throttled", true),
        (query(400, "QUERY_TIMEOUT"), "HubQueryFailed", "throttled", true),
    ];
    for (scenario, name, code, retryable) in cases {
        let bench = Bench::start(&format!("{scenario}\n[[org]]"));
        let document = bench.login_all().args(["--json", "--wait", "0"]).ends_with(3).json();
        let keys = ["status", "name", "message", "cause", "actions", "result", "warnings"];
        assert_eq!(crate::bench::keys(&document), keys);
        assert_eq!(document["name"], name, "{scenario}: {document}");
        assert_eq!(
            (&document["cause"]["code"], &document["cause"]["retryable"]),
            (&code.into(), &retryable.into()),
            "{document}"
        );
        assert!(document["message"].as_str().unwrap().contains(bench.simulator.hub_username()), "{document}");
        assert!(!document["actions"].as_array().unwrap().is_empty() && document["result"].is_null(), "{document}");
        assert_eq!(bench.logins_of(&bench.user(0)), 0, "{scenario}");
        let shown = bench.login_all().args(["--wait", "0"]).ends_with(3);
        shown.says("error: ").says("try: ").says(code);
        assert_eq!(shown.out, "");
    }
}

#[test]
fn a_hub_that_does_not_answer_at_first_is_waited_for() {
    let bench = Bench::start(
        "[hub]\nfaults = [{ at = \"login\", kind = \"status\", status = 503, first = 2 }, { at = \"query\", kind = \"reset\", first = 1 }]\n[[org]]",
    );
    assert_eq!(bench.login_all().arg("--json").ends_with(0).ends(), ["ready"]);
    assert_eq!(bench.logins_of(bench.simulator.hub_username()), 3);
}

#[test]
fn a_hub_whose_clock_differs_is_told_by_how_much() {
    let bench = Bench::start("clock_offset = \"10m\"\n[[org]]");
    let document = bench.login_all().args(["--json", "--wait", "0"]).ends_with(3).json();
    assert_eq!(document["cause"]["code"], "clock_skew");
    let hint = document["cause"]["hint"].as_str().unwrap();
    let behind = hint.split("clock is ").nth(1).and_then(|rest| rest.split(" s behind").next()).unwrap_or_default();
    assert!((598..=602).contains(&behind.parse::<i64>().unwrap_or(0)), "{hint}");
}

/// The whole output as people see it, so that a change of its words is looked at.
#[test]
fn a_mixed_run_reads_well() {
    let bench = never();
    let chosen: Vec<String> = bench
        .simulator
        .usernames()
        .into_iter()
        // Whether the clocks of the two sides agree to the second is a matter of luck.
        .filter(|name| {
            !["test-signup-fails@example.com", "test-clock-skew@example.com", SLOW[0]].contains(&name.as_str())
        })
        .collect();
    let ran = bench.login(chosen).args(["nobody@example.com", "--wait", "0", "--quiet"]).ends_with(4);
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"127\.0\.0\.1:\d+", "127.0.0.1:[port]");
    settings.add_filter(r"00DFk[0-9A-Za-z]{13}", "[org id]");
    settings.add_filter(r" +\d+(\.\d+)? s", " [time]");
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(format!("{}\n{}", ran.out, ran.err)));
    assert_eq!(bench.requests(RequestKind::Login).iter().filter(|login| login.status == 0).count(), 0);
}
