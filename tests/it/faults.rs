//! What goes wrong on the way, at the hub and at an org, at the login and at the query: each fault ends in the right cause
//! within its limit, heals where it passes, and is kept out of memory.

use serde_json::Value;

use crate::bench::{Bench, Place, Ran};
use crate::canned::{self, Canned};
use crate::server::Certificate;

/// A fault of an answer: how a scenario spells it, the code that it ends in, what is told of it.
type Fault = (&'static str, &'static str, &'static str);

/// Those that are told at once.
const PROMPT: [Fault; 18] = [
    ("kind = \"reset\"", "unreachable", "the connection failed"),
    ("kind = \"cut\"", "unreachable", "the answer was cut short"),
    ("kind = \"html\"", "unreachable", "Data Not Available"),
    ("kind = \"invalid_utf8\"", "unreachable", "not what it should be"),
    ("kind = \"huge\"", "unreachable", "longer than 4194304 bytes"),
    ("kind = \"gzip_bomb\"", "unreachable", "longer than 4194304 bytes"),
    ("kind = \"status\", status = 200, body = \"\"", "unreachable", "not what it should be"),
    (
        "kind = \"status\", status = 200, body = \"null\", content_type = \"application/json\"",
        "unreachable",
        "not what",
    ),
    ("kind = \"status\", status = 302", "unreachable", "HTTP 302: a redirect"),
    ("kind = \"status\", status = 307, location = \"https://evil.example/\"", "unreachable", "HTTP 307: a redirect"),
    ("kind = \"status\", status = 408", "unreachable", "HTTP 408"),
    ("kind = \"status\", status = 420", "unreachable", "HTTP 420"),
    ("kind = \"status\", status = 500", "unreachable", "HTTP 500"),
    ("kind = \"status\", status = 503, retry_after = \"nonsense\"", "unreachable", "HTTP 503"),
    ("kind = \"status\", status = 429", "throttled", "HTTP 429"),
    ("kind = \"status\", status = 429, retry_after = \"0\"", "throttled", "HTTP 429"),
    ("kind = \"status\", status = 429, retry_after = \"-7\"", "throttled", "HTTP 429"),
    ("kind = \"status\", status = 429, retry_after = \"in a while\"", "throttled", "HTTP 429"),
];

/// Those that a limit ends.
const ENDLESS: [Fault; 3] = [
    ("kind = \"hang\"", "unreachable", "no whole answer"),
    ("kind = \"hang_body\"", "unreachable", "no whole answer"),
    ("kind = \"drip\", every = \"150ms\"", "unreachable", "no whole answer"),
];

/// Those of a connection.
const CONNECTION: [Fault; 2] = [
    ("kind = \"refuse\"", "unreachable", "the connection was refused"),
    ("kind = \"reset\"", "unreachable", "the connection failed"),
];

/// Scenarios of orgs that each have one of these faults for ever.
fn orgs(stages: &[&str], faults: &[Fault]) -> String {
    let org = |(stage, (kind, _, _)): (&&str, &Fault)| format!("[[org]]\nfaults = [{{ at = \"{stage}\", {kind} }}]\n");
    stages.iter().flat_map(|stage| faults.iter().map(move |fault| org((stage, fault)))).collect()
}

/// That each org ended as its fault says.
fn assert_ends(ran: &Ran, stages: usize, faults: &[Fault]) {
    let orgs = ran.orgs();
    assert_eq!(orgs.len(), stages * faults.len());
    for (org, (kind, code, words)) in orgs.iter().zip(faults.iter().cycle()) {
        let cause = &org["cause"];
        assert_eq!((org["status"].as_str(), cause["code"].as_str()), (Some("timed_out"), Some(*code)), "{kind}: {org}");
        assert!(cause["description"].as_str().unwrap().contains(words), "{kind}: {org}");
        assert_eq!(cause["retryable"], true, "{kind}: {org}");
        assert!(org["attempts"].as_u64().unwrap() >= 1, "{kind}: {org}");
    }
}

#[test]
fn an_org_whose_answers_are_broken_is_late_not_lost() {
    let bench = Bench::start(&orgs(&["login", "check"], &PROMPT));
    let ran = bench.login_all().args(["--json", "--wait", "0"]).ends_with(5);
    assert_ends(&ran, 2, &PROMPT);
    let bench = Bench::start(&orgs(&["connect"], &CONNECTION));
    let ran = bench.login_all().args(["--json", "--wait", "0"]).ends_with(5);
    assert_ends(&ran, 1, &CONNECTION);
}

#[test]
fn an_org_that_never_finishes_its_answer_is_given_up_at_the_limit() {
    let bench = Bench::start(&(orgs(&["login", "check"], &ENDLESS) + &orgs(&["connect"], &ENDLESS[..1])));
    let ran = bench.login_all().args(["--json", "--wait", "0", "--request-timeout", "1s"]).ends_with(5);
    let faults = [ENDLESS.as_slice(), &ENDLESS, &ENDLESS[..1]].concat();
    assert_ends(&ran, 1, &faults);
}

/// The reasons for waiting that a JSON log tells of, in their order.
fn waits(ran: &Ran, event: &str) -> Vec<(String, String)> {
    let entries = ran.err.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    entries
        .filter(|entry| entry["event"] == event)
        .map(|entry| (text(&entry["cause"]["code"]), text(&entry["cause"]["description"])))
        .collect()
}

/// These faults one after the other, each for one request.
fn in_a_row(stage: &str, faults: &[Fault]) -> String {
    let fault =
        |(at, (kind, _, _)): (usize, &Fault)| format!("{{ at = \"{stage}\", {kind}, skip = {at}, first = 1 }},\n");
    faults.iter().enumerate().map(fault).collect()
}

/// That these faults, one after the other, are waited out and told in their order.
fn assert_passes(scenario: &str, event: &str, faults: &[Fault], limit: &str) -> Bench {
    let bench = Bench::start(scenario);
    let run = bench.login_all().args(["--log-format", "json", "--retry-max", "40ms", "--request-timeout", limit]);
    let told = waits(&run.ends_with(0), event);
    assert!(told.len() >= faults.len(), "{told:?}");
    for ((code, description), (kind, expected, words)) in told.iter().zip(faults) {
        assert!(code == expected && description.contains(words), "{kind}: {code}: {description}");
    }
    bench
}

#[test]
fn faults_of_the_hub_that_pass_are_waited_out_one_by_one() {
    std::thread::scope(|scope| {
        for stage in ["login", "query"] {
            for (faults, limit) in [(PROMPT.as_slice(), "30s"), (&ENDLESS, "400ms")] {
                let scenario = format!("[hub]\nfaults = [{}]\n[[org]]", in_a_row(stage, faults));
                scope.spawn(move || assert_passes(&scenario, "hub_waiting", faults, limit));
            }
        }
    });
}

#[test]
fn faults_of_an_org_that_pass_are_waited_out_one_by_one() {
    // A token that could not be checked is kept, and no other asked for.
    for (stage, logins) in [("login", PROMPT.len() + 1), ("check", 1)] {
        let scenario = format!("[[org]]\nfaults = [{}]", in_a_row(stage, &PROMPT));
        let bench = assert_passes(&scenario, "org_waiting", &PROMPT, "30s");
        assert_eq!(bench.logins_of(&bench.user(0)), logins);
    }
}

#[test]
fn a_hub_that_stays_broken_is_a_hub_failure() {
    let ends = |stage: &str, name: &str, (kind, code, words): Fault| {
        let bench = Bench::start(&format!("[hub]\nfaults = [{{ at = \"{stage}\", {kind} }}]\n[[org]]"));
        let run = bench.login_all().args(["--json", "--wait", "0", "--request-timeout", "1s"]);
        let document = run.ends_with(3).json();
        assert_eq!((&document["name"], &document["cause"]["code"]), (&name.into(), &code.into()), "{kind}: {document}");
        assert!(document["cause"]["description"].as_str().unwrap().contains(words), "{kind}: {document}");
        assert_eq!(document["cause"]["retryable"], true);
        assert_eq!(bench.logins_of(&bench.user(0)), 0);
    };
    std::thread::scope(|scope| {
        for (stage, name) in [("login", "HubLoginFailed"), ("query", "HubQueryFailed")] {
            scope.spawn(move || [PROMPT[0], PROMPT[4], PROMPT[8], PROMPT[14]].map(|fault| ends(stage, name, fault)));
            scope.spawn(move || ENDLESS.map(|fault| ends(stage, name, fault)));
        }
    });
}

#[test]
fn retry_after_is_waited_for_in_seconds_and_as_a_date() {
    let throttled = "at = \"login\", kind = \"status\", status = 429, first = 1";
    let bench = Bench::start(&format!(
        "[[org]]\nfaults = [{{ {throttled}, retry_after = \"1\" }}]\n[[org]]\nfaults = [{{ {throttled}, retry_after_date = \"2s\" }}]\n\
         [[org]]\nfaults = [{{ {throttled}, retry_after = \"99999999999999999999\" }}]\n[[org]]",
    ));
    let ran = bench.login_all().args(["--json", "--wait", "8s"]).ends_with(5);
    assert_eq!(ran.ends(), ["ready", "ready", "timed_out throttled", "ready"]);
    let at = |user: &str| -> Vec<u128> {
        let mine = bench.simulator.requests().into_iter().filter(|request| request.username.as_deref() == Some(user));
        mine.filter(|request| request.path.ends_with("/token")).map(|request| request.at.as_millis()).collect()
    };
    for user in [bench.user(0), bench.user(1)] {
        let at = at(&user);
        assert!(at.len() == 2 && at[1] - at[0] >= 900, "{at:?}");
    }
    assert_eq!(at(&bench.user(2)).len(), 1);
}

#[test]
fn a_name_that_nobody_knows_is_waited_for() {
    let certificate = Certificate::of(&["hub.example"]);
    let place = Place::new();
    let ca = place.write("ca.pem", &certificate.ca);
    let server = Canned::with(vec![canned::row("test-a@example.com", "https://no-such-org.invalid")]).serve();
    let run = canned::login(&place, &server.url()).args([
        "test-a@example.com",
        "--json",
        "--wait",
        "0",
        "--request-timeout",
        "2s",
        "--allow-host",
        "invalid",
    ]);
    let ran = run.env("SSL_CERT_FILE", ca).ends_with(5);
    assert_eq!(ran.ends(), ["timed_out unreachable"]);
    assert_eq!(ran.orgs()[0]["cause"]["host"], "no-such-org.invalid");
}

/// That this machine has no socket left is no fault of an org's: it is asked again.
#[cfg(unix)]
#[test]
fn few_descriptors_slow_a_batch_down_and_fail_no_org() {
    let bench = Bench::start("[[org]]\ncount = 60");
    let ran = bench.login_all().args(["--json", "--no-sf-store"]).with_descriptors(20).ends_with(0);
    assert_eq!(ran.ends(), ["ready"; 60]);
    assert_eq!(bench.simulator.totals().logins, 61, "none was asked twice");
}

/// What the process had in memory at most, in MB, as far as could be seen while it ran.
#[cfg(target_os = "linux")]
#[test]
fn memory_stays_small_whatever_is_sent() {
    let bodies = "{ at = \"login\", kind = \"huge\", bytes = 400000000, first = 1 }, { at = \"login\", kind = \"gzip_bomb\", bytes = 4000000000, skip = 1, first = 1 }, \
                  { at = \"query\", kind = \"huge\", bytes = 400000000, first = 1 }, { at = \"query\", kind = \"gzip_bomb\", bytes = 4000000000, skip = 1, first = 1 }";
    let bench = Bench::start(&format!(
        "[hub]\nfaults = [{bodies}]\n[[org]]\nfaults = [{bodies}]\n[[org]]\nreplication_delay = \"500ms\""
    ));
    let child = bench.login_all().arg("--json").spawn();
    let status = format!("/proc/{}/status", child.id());
    let watched = std::thread::spawn(move || {
        let mut peak = 0;
        while let Ok(status) = std::fs::read_to_string(&status) {
            let Some(line) = status.lines().find_map(|line| line.strip_prefix("VmHWM:")) else { break };
            peak = peak.max(line.trim().trim_end_matches(" kB").parse::<u64>().unwrap());
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        peak / 1024
    });
    let ran = Ran::wait(child, &bench);
    assert_eq!(ran.ends(), ["ready", "ready"]);
    let peak = watched.join().unwrap();
    assert!((1..100).contains(&peak), "{peak} MB");
}
