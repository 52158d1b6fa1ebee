//! Whole commands, from what was typed to how they end, against the stand-in.

use std::path::Path;

use serde_json::Value;
use tokio::time::Instant;

use super::batch;
use super::session::Session;
use crate::cli::args::tests::typed;
use crate::cli::console::Streams;
use crate::cli::ending::{Ending, Exit};
use crate::cli::environment::Environment;
use crate::cli::job::Job;
use crate::cli::output::json;
use crate::cli::settings::Sources;
use crate::simulator::{Options, Scenario, Simulator};

/// Two orgs that are ready, one that never is, one that never can be.
const SCENARIO: &str = r#"
    [[org]]
    username = "test-a@example.com"
    [[org]]
    username = "test-b@example.com"
    [[org]]
    username = "test-late@example.com"
    replication_delay = "never"
    [[org]]
    username = "test-cli@example.com"
    consumer_key = "PlatformCLI"
"#;

struct Stage {
    simulator: Simulator,
    environment: Environment,
}

impl Stage {
    fn new() -> Self {
        let simulator = Simulator::start(Scenario::parse(SCENARIO).unwrap(), Options::default()).unwrap();
        let key = std::fs::read_to_string(simulator.jwt_key_file()).unwrap();
        let variables = [
            ("ORGREADY_HUB_USERNAME", simulator.hub_username().to_owned()),
            ("ORGREADY_CLIENT_ID", simulator.client_id().to_owned()),
            ("ORGREADY_HUB_INSTANCE_URL", simulator.url().to_owned()),
            ("ORGREADY_JWT_KEY", key),
            ("SF_USE_GENERIC_UNIX_KEYCHAIN", "true".to_owned()),
        ];
        let environment = Environment::of(variables, simulator.home());
        Self { simulator, environment }
    }

    fn home(&self) -> &Path {
        self.simulator.home()
    }

    /// Runs `orgready login` with these arguments.
    fn login(&self, line: &[&str]) -> Ending {
        let line: Vec<&str> = ["--quiet"].iter().chain(line).copied().collect();
        let streams = Streams { colour_out: false, colour_err: false, bars: false, width_out: None, width_err: None };
        let mut environment = self.environment.clone();
        environment.started = Instant::now();
        let session = Session::open(Sources::load(typed("login", &line), &environment), streams).unwrap();
        batch::work_and_tell(Job::Login, &session)
    }

    fn written(&self, name: &str) -> String {
        std::fs::read_to_string(self.home().join(name)).unwrap()
    }
}

fn statuses(ending: &Ending) -> Vec<&'static str> {
    ending.report().unwrap().orgs.iter().map(|org| org.status.as_str()).collect()
}

#[test]
fn ready_orgs_are_reported_stored_and_their_tokens_written() {
    let stage = Stage::new();
    let reports = ["--report", "r.jsonl", "--report", "r.json", "--report", "r.xml", "--report", "r.md"];
    let mut typed =
        vec!["qa=test-a@example.com", "test-b@example.com", "--tokens-file", "tokens", "--keep-key-file", "key"];
    typed.extend(reports);
    let ending = stage.login(&typed);
    assert_eq!(ending.exit(), Exit::Success, "{ending:?}");
    assert_eq!(statuses(&ending), ["ready", "ready"]);
    assert_eq!(stage.written("r.json"), json::document(&ending));
    assert_eq!(stage.written("r.jsonl").lines().count(), 2);
    assert!(
        stage.written("r.xml").contains("failures=\"0\"") && stage.written("r.md").contains("all 2 orgs are ready")
    );
    let aliases: Value = serde_json::from_str(&stage.written(".sfdx/alias.json")).unwrap();
    assert_eq!(aliases["orgs"]["qa"], "test-a@example.com");
    let tokens = stage.written("tokens");
    for (line, username) in tokens.lines().zip(["test-a@example.com", "test-b@example.com"]) {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["username"], username);
        let token = line["accessToken"].as_str().unwrap();
        for name in ["r.json", "r.jsonl", "r.xml", "r.md", ".sfdx/alias.json"] {
            assert!(!stage.written(name).contains(token), "a token is in {name}");
        }
    }
}

#[test]
fn a_failure_wins_over_being_late_and_the_others_are_done_all_the_same() {
    let stage = Stage::new();
    let all = ["test-cli@example.com", "test-late@example.com", "test-a@example.com", "--wait", "0"];
    let ending = stage.login(&all);
    assert_eq!(statuses(&ending), ["failed", "timed_out", "ready"]);
    assert_eq!(ending.exit(), Exit::OrgsFailed);
    assert_eq!(stage.login(&all[1..]).exit(), Exit::OrgsTimedOut);
}

#[test]
fn a_key_without_a_path_is_a_warning_about_the_store() {
    let ending = Stage::new().login(&["test-a@example.com"]);
    assert!(ending.warnings.iter().any(|warning| warning.contains("--keep-key-file")), "{:?}", ending.warnings);
}

#[test]
fn nothing_is_sent_while_anything_is_wrong() {
    let stage = Stage::new();
    for (typed, exit) in [
        (vec!["test-a@example.com", "--wait", "soon"], Exit::Settings),
        (vec!["nonsense"], Exit::Settings),
        (vec![], Exit::Settings),
        (vec!["test-a@example.com", "--report", "missing/r.json"], Exit::Settings),
        (vec!["test-a@example.com", "--tokens-file", "."], Exit::Settings),
        (vec!["test-a@example.com", "-r", "https://evil.example"], Exit::Settings),
        (vec!["test-a@example.com", "-f", "missing.key"], Exit::Settings),
        (vec!["test-a@example.com", "--ca-certificate", "missing.pem"], Exit::Settings),
        (vec!["a@example.com", "--shard", "2/1"], Exit::Settings),
    ] {
        let ending = stage.login(&typed);
        assert_eq!(ending.exit(), exit, "{typed:?}");
        assert!(ending.outcome.is_none());
    }
    std::fs::write(stage.home().join("another.key"), "something else").unwrap();
    let ending = stage.login(&["test-a@example.com", "--keep-key-file", "another.key"]);
    assert_eq!(ending.exit(), Exit::Settings);
    assert_eq!(stage.written("another.key"), "something else");
    assert!(stage.simulator.requests().is_empty(), "{:?}", stage.simulator.requests());
}

#[test]
fn an_empty_share_is_done_at_once() {
    let stage = Stage::new();
    let endings = ["1/2", "2/2"].map(|share| stage.login(&["test-a@example.com", "--shard", share, "--no-sf-store"]));
    let empty = endings.iter().find(|ending| ending.report().unwrap().orgs.is_empty()).expect("one share is empty");
    assert_eq!(empty.exit(), Exit::Success);
    assert!(empty.report().unwrap().hub.is_none() && empty.warnings[0].contains("nothing to do"));
}

#[test]
fn a_hub_that_refuses_ends_the_run_with_its_cause_in_every_report() {
    let stage = Stage::new();
    let typed =
        ["test-a@example.com", "-i", "3MVG9wrong", "--report", "r.xml", "--report", "r.json", "--tokens-file", "t"];
    let ending = stage.login(&typed);
    assert_eq!(ending.exit(), Exit::Hub);
    let document: Value = serde_json::from_str(&stage.written("r.json")).unwrap();
    assert_eq!((&document["name"], &document["cause"]["code"]), (&"HubLoginFailed".into(), &"invalid_client".into()));
    assert!(stage.written("r.xml").contains("<error type=\"invalid_client\""));
    assert_eq!(stage.written("t"), "");
}
