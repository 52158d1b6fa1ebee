//! The main job: one hub login, one query, a login for each org, results in the order of the input.

use std::collections::{BTreeMap, HashSet};

use orgready::simulator::RequestKind;

use crate::bench::{Bench, Place, Ran, key, keys};
use crate::canned::{self, Canned};

#[test]
fn orgs_that_are_late_are_waited_for_and_shown_in_a_table() {
    let bench = Bench::start(
        "[[org]]\nusername = \"test-now@example.com\"\n[[org]]\nusername = \"test-late@example.com\"\nreplication_delay = \"300ms\"",
    );
    let ran = bench.login_all().ends_with(0);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines.len(), 3, "{}", ran.out);
    assert!(lines[0].starts_with("STATUS  ORG"), "{}", lines[0]);
    for (line, user) in lines[1..].iter().zip(["test-now@example.com", "test-late@example.com"]) {
        let origin = bench.simulator.origin(user).unwrap();
        assert!(line.starts_with(&format!("ready   {user}")) && line.ends_with(origin), "{line}");
    }
    ran.says("Dev Hub knows 2 of 2 orgs")
        .says("test-late@example.com: not replicated: user hasn't approved this consumer");
    ran.says("2 of 2 orgs ready in ");
    assert!(bench.logins_of("test-late@example.com") > 1);
    assert_eq!(bench.logins_of("test-now@example.com"), 1);
}

#[test]
fn json_is_the_envelope_of_sf_with_its_keys_in_order() {
    let bench = Bench::start("[[org]]\nusername = \"test-a@example.com\"");
    let ran = bench.login(["qa=Test-A@example.com", "--json"]).ends_with(0);
    let document = ran.json();
    assert_eq!(keys(&document), ["status", "result", "warnings"]);
    assert_eq!(document["status"], 0);
    let result = &document["result"];
    assert_eq!(keys(result), ["schemaVersion", "hub", "orgs", "summary"]);
    assert_eq!(result["schemaVersion"], 1);
    assert_eq!(keys(&result["hub"]), ["username", "orgId", "instanceUrl", "loginUrl"]);
    assert_eq!(result["hub"]["username"], bench.simulator.hub_username());
    assert_eq!(result["hub"]["loginUrl"], bench.simulator.url());
    let org = &result["orgs"][0];
    let all = [
        "username",
        "alias",
        "status",
        "orgId",
        "instanceUrl",
        "loginUrl",
        "expirationDate",
        "attempts",
        "waitedMs",
        "createdDate",
        "lastRefusedAt",
        "readyAt",
        "settings",
        "cause",
    ];
    assert_eq!(keys(org), all);
    assert_eq!(org["orgId"], bench.simulator.org_id("test-a@example.com").unwrap());
    assert_eq!(
        (org["alias"].as_str(), org["status"].as_str(), org["attempts"].as_u64()),
        (Some("qa"), Some("ready"), Some(1))
    );
    assert_eq!(keys(&result["summary"]), ["total", "ready", "failed", "timedOut", "interrupted", "elapsedMs"]);
    assert_eq!(document["warnings"].as_array().unwrap().len(), 0);
}

#[test]
fn one_bad_org_spoils_no_other_of_sixty() {
    let bench = Bench::start(
        "[[org]]\ncount = 29\n[[org]]\nconsumer_key = \"PlatformCLI\"\n[[org]]\ncount = 30\nreplication_delay = \"150ms\"",
    );
    let ran = bench.login_all().arg("--json").ends_with(4);
    let names: Vec<String> = ran.orgs().iter().map(|org| org["username"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names, bench.simulator.usernames());
    let ends = ran.ends();
    assert_eq!(ends[29], "failed app_mismatch");
    assert_eq!(ends.iter().filter(|end| *end == "ready").count(), 59);
    assert_eq!(ran.message(), "1 of 60 orgs failed");

    let hub = bench.simulator.hub_username().to_owned();
    let hub_port = bench.requests(RequestKind::Login)[0].port;
    assert_eq!(bench.logins_of(&hub), 1, "one login to the hub for the whole batch");
    let queries = bench.requests(RequestKind::Query);
    assert_eq!(queries.iter().filter(|query| query.port == hub_port).count(), 1, "one query for the whole batch");
    let statement = queries[0].soql.as_deref().unwrap();
    assert!(!statement.contains("AuthCode") && statement.contains("ConnectedAppConsumerKey"), "{statement}");
}

#[test]
fn an_org_that_is_ready_costs_one_connection() {
    let bench = Bench::start("[[org]]\ncount = 12");
    bench.login_all().ends_with(0);
    let mut connections: BTreeMap<u16, HashSet<u64>> = BTreeMap::new();
    for request in bench.simulator.requests() {
        connections.entry(request.port).or_default().insert(request.connection);
    }
    assert_eq!(connections.len(), 13);
    for (port, connections) in connections {
        assert_eq!(connections.len(), 1, "port {port}");
    }
    assert_eq!(bench.simulator.totals().logins, 13);
}

/// What is left open is one more socket for each of thousands of orgs.
#[test]
fn the_last_request_to_an_org_says_so() {
    let (place, server) = (Place::new(), Canned::with(vec![canned::row("test-a@example.com", canned::SELF)]).serve());
    canned::login(&place, &server.url()).arg("test-a@example.com").ends_with(0);
    let check = server.asked().pop().unwrap();
    assert!(check.line.contains("FROM%20Organization") && check.head.contains("connection: close"), "{}", check.line);
}

#[test]
fn everything_can_come_from_the_environment() {
    let bench = Bench::start("[[org]]");
    let ran = bench.login_all().without("ORGREADY_JWT_KEY_FILE").env("ORGREADY_JWT_KEY", key()).ends_with(0);
    assert!(ran.out.contains("ready"));
}

#[test]
fn everything_can_come_from_flags() {
    let bench = Bench::start("[[org]]");
    let (simulator, user) = (&bench.simulator, bench.user(0));
    let ran = bench.place.run(["login", "-r", simulator.url(), "--hub-username", simulator.hub_username()]);
    let ran = ran.args(["-i", simulator.client_id(), "-o", &user, "-w", "30s", "--json", "-f"]);
    assert_eq!(ran.arg(simulator.jwt_key_file()).ends_with(0).ends(), ["ready"]);
}

#[test]
fn an_org_can_be_named_by_the_id_of_its_record() {
    let (place, server) = (Place::new(), Canned::with(vec![canned::row("test-a@example.com", canned::SELF)]).serve());
    let ran = canned::login(&place, &server.url()).args(["qa=2SR000000000007", "--json"]).ends_with(0);
    assert_eq!((&ran.orgs()[0]["username"], &ran.orgs()[0]["alias"]), (&"test-a@example.com".into(), &"qa".into()));
    let unknown = canned::login(&place, &server.url()).args(["2SR000000000008", "--json"]).ends_with(4);
    assert_eq!(unknown.ends(), ["failed unknown_username"]);
    assert_eq!(unknown.orgs()[0]["username"], "2SR000000000008");
}

#[test]
fn the_hub_can_say_which_orgs() {
    let bench = Bench::start(
        "[[org]]\nname = \"nightly\"\ncount = 3\n[[org]]\nname = \"other\"\n[[org]]\nname = \"nightly\"\nconsumer_key = \"PlatformCLI\"",
    );
    let ran = bench.login(["--where", "OrgName = 'nightly'", "--json"]).ends_with(0);
    assert_eq!(ran.ends(), ["ready"; 3]);
    let warnings = ran.json()["warnings"].to_string();
    assert!(warnings.contains('1'), "the one of another app is told: {warnings}");
    assert_eq!(bench.login(["--all-active", "--json"]).ends_with(0).ends(), ["ready"; 4]);
    let none = bench.login(["--where", "OrgName = 'nobody'", "--json"]).ends_with(2);
    assert_eq!((&none.json()["name"], none.message()), (&"InvalidInput".into(), "no scratch org matches".to_owned()));
    let none = bench.login(["--where", "OrgName = 'nobody'", "--if-none", "ok", "--json"]).ends_with(0);
    assert_eq!(none.orgs().len(), 0);
    assert!(!none.json()["warnings"].as_array().unwrap().is_empty());
}

#[test]
fn an_empty_share_is_no_error_and_asks_nobody() {
    let bench = Bench::start("[[org]]");
    let ends: Vec<(usize, bool)> = ["1/2", "2/2"]
        .map(|share| {
            let ran = bench.login_all().args(["--shard", share, "--json"]).ends_with(0);
            (ran.orgs().len(), ran.json()["warnings"].as_array().unwrap().is_empty())
        })
        .into();
    assert!(ends == [(1, true), (0, false)] || ends == [(0, false), (1, true)], "{ends:?}");
    assert_eq!(bench.logins_of(bench.simulator.hub_username()), 1);
}

#[test]
fn an_org_that_is_still_made_is_waited_for_at_the_hub_alone() {
    let bench = Bench::start("[[org]]\nactive_after = \"1200ms\"\ncreated_ago = \"10s\"");
    let user = bench.user(0);
    let ran = bench.login_all().arg("--json").ends_with(0);
    assert_eq!(ran.orgs()[0]["attempts"], 1, "the org is not asked before it is there");
    assert_eq!(bench.logins_of(&user), 1);
    let queries = bench.requests(RequestKind::Query);
    assert!(queries.iter().filter(|query| query.soql.as_ref().is_some_and(|soql| soql.contains(&user))).count() > 1);
}

#[test]
fn a_hub_that_is_not_all_visible_is_asked_for_less() {
    let hidden = "[hub]\nhidden_fields = [\"ConnectedAppConsumerKey\", \"ErrorCode\"]\n[[org]]";
    let bench = Bench::start(hidden);
    let ran = bench.login_all().arg("--json").ends_with(0);
    let warnings = ran.json()["warnings"].to_string();
    assert!(warnings.contains("ConnectedAppConsumerKey") && warnings.contains("ErrorCode"), "{warnings}");
    let all = [
        "Status",
        "ScratchOrg",
        "SignupInstance",
        "ExpirationDate",
        "ErrorCode",
        "ConnectedAppConsumerKey",
        "CreatedDate",
    ];
    let bench = Bench::start(&format!("[hub]\nhidden_fields = {all:?}\n[[org]]"));
    assert_eq!(bench.login_all().arg("--json").ends_with(0).ends(), ["ready"]);
    let last = bench
        .requests(RequestKind::Query)
        .into_iter()
        .rev()
        .find_map(|query| query.soql.filter(|soql| soql.contains("FROM ScratchOrgInfo")));
    let last = last.unwrap();
    assert!(
        last.starts_with("SELECT SignupUsername, LoginUrl FROM")
            || last.starts_with("SELECT SignupUsername,LoginUrl FROM"),
        "{last}"
    );
}

#[test]
fn every_page_of_the_hub_is_read() {
    let bench = Bench::start("[hub]\npage_size = 2\n[[org]]\ncount = 7");
    assert_eq!(bench.login_all().arg("--json").ends_with(0).ends(), ["ready"; 7]);
    let hub = bench.requests(RequestKind::Login)[0].port;
    assert_eq!(bench.requests(RequestKind::Query).iter().filter(|query| query.port == hub).count(), 4);
}

#[test]
fn a_hub_session_that_expired_is_renewed_once() {
    // The token is good for the first page alone.
    let bench = Bench::start("[hub]\npage_size = 2\ntoken_uses = 1\n[[org]]\ncount = 3");
    assert_eq!(bench.login_all().arg("--json").ends_with(0).ends(), ["ready"; 3]);
    assert_eq!(bench.logins_of(bench.simulator.hub_username()), 2);

    let bench = Bench::start("[hub]\ntoken_uses = 0\n[[org]]");
    let ran = bench.login_all().arg("--json").ends_with(3);
    assert_eq!(ran.json()["name"], "HubQueryFailed");
    assert_eq!(bench.logins_of(bench.simulator.hub_username()), 2, "twice in a row is a failure");
}

#[test]
fn the_newest_live_record_of_a_username_counts() {
    let bench = Bench::start(
        "[[org]]\nearlier = [{ status = \"Deleted\", created_ago = \"1m\" }, { status = \"Error\", error_code = \"C-1015\", created_ago = \"90h\" }]",
    );
    assert_eq!(bench.login_all().arg("--json").ends_with(0).ends(), ["ready"]);
}

#[test]
fn a_token_that_the_org_does_not_take_yet_is_asked_for_again() {
    let refusal = "at = \"check\", kind = \"refusal\", status = 401, error = \"INVALID_SESSION_ID\", description = \"Session expired or invalid\", first = 1";
    let bench = Bench::start(&format!("[[org]]\nfaults = [{{ {refusal} }}]"));
    let ran = bench.login_all().arg("--json").ends_with(0);
    assert_eq!(ran.orgs()[0]["attempts"], 2);
}

#[test]
fn a_wrong_audience_is_mended_once_and_the_right_one_kept() {
    // The hub's LoginUrl hosts take only the other of the two usual audiences.
    let bench = Bench::start("[[org]]\ncount = 5\naudiences = [\"https://login.salesforce.com\"]");
    assert_eq!(bench.login_all().args(["--json", "--concurrency", "1"]).ends_with(0).ends(), ["ready"; 5]);
    assert_eq!(bench.simulator.totals().logins, 1 + 5 + 1, "only the first org is asked twice");
    let bench = Bench::start("[[org]]\naudiences = [\"https://aud.example\"]");
    bench.login_all().args(["--audience", "https://aud.example", "--json"]).ends_with(0);
}

#[test]
fn the_hub_command_logs_in_to_the_hub_alone() {
    let bench = Bench::start("[[org]]");
    let document = bench.command("hub").args(["-d", "-a", "the-hub", "--json"]).ends_with(0).json();
    assert_eq!(keys(&document["result"]), ["username", "orgId", "instanceUrl", "loginUrl"]);
    assert_eq!(bench.simulator.totals().logins, 1);
    // From here on sf knows the hub, and no flag is needed.
    let known = bench.place.run(["login", &bench.user(0), "--json"]).ends_with(0);
    assert_eq!(known.json()["result"]["hub"]["username"], bench.simulator.hub_username());
    let by_alias = bench.place.run(["login", "-v", "the-hub", &bench.user(0), "--json"]).ends_with(0);
    assert_eq!(by_alias.ends(), ["ready"]);
}

#[test]
fn a_closed_pipe_is_no_error() {
    let bench = Bench::start("[[org]]");
    let mut child = bench.login_all().spawn();
    drop(child.stdout.take());
    let ran = Ran::wait(child, &bench);
    assert_eq!(ran.code, 0, "{}", ran.err);
}
