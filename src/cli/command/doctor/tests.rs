//! Whole checks against the stand-in: each thing that can be wrong, and what is said of it.

use std::path::Path;

use super::*;
use crate::cli::args::tests::typed;
use crate::cli::console::Streams;
use crate::cli::diagnosis::{Check, CheckStatus, Finding};
use crate::cli::environment::Environment;
use crate::cli::output::json;
use crate::simulator::{Options, Scenario, Simulator};

struct Stage {
    simulator: Simulator,
    variables: Vec<(String, String)>,
}

impl Stage {
    fn new(scenario: &str) -> Self {
        Self::with(scenario, Options::default())
    }

    fn with(scenario: &str, options: Options) -> Self {
        let simulator = Simulator::start(Scenario::parse(scenario).unwrap(), options).unwrap();
        let variables = [
            ("ORGREADY_HUB_USERNAME", simulator.hub_username().to_owned()),
            ("ORGREADY_CLIENT_ID", simulator.client_id().to_owned()),
            ("ORGREADY_HUB_INSTANCE_URL", simulator.url().to_owned()),
            ("ORGREADY_JWT_KEY_FILE", path(simulator.jwt_key_file())),
            ("NO_PROXY", "127.0.0.1".to_owned()),
            ("SF_USE_GENERIC_UNIX_KEYCHAIN", "true".to_owned()),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value)).into();
        Self { simulator, variables }
    }

    /// The same with another value, or without any.
    fn set(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn file(&self, name: &str, text: &str) -> String {
        let file = self.simulator.home().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
        path(&file)
    }

    fn doctor(&self, typed: &[&str]) -> Seen {
        doctor(&Environment::of(self.variables.clone(), self.simulator.home()), typed)
    }
}

fn path(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

fn doctor(environment: &Environment, line: &[&str]) -> Seen {
    let line: Vec<&str> = ["--quiet"].iter().chain(line).copied().collect();
    let streams = Streams { colour_out: false, colour_err: false, bars: false, width_out: None, width_err: None };
    let sources = Sources::load(typed("doctor", &line), environment);
    let refused = sources.problems.check().err().unwrap_or_default();
    let session = Session::open(sources, streams).unwrap();
    Seen(examine(refused, &session).unwrap())
}

struct Seen(Ending);

impl Seen {
    fn checks(&self) -> &[Finding] {
        match &self.0.outcome {
            Some(Outcome::Checks(diagnosis)) => &diagnosis.checks,
            _ => panic!("no diagnosis"),
        }
    }

    fn of(&self, check: Check) -> &Finding {
        self.checks().iter().find(|finding| finding.check == check).unwrap()
    }

    /// All that ended so.
    fn all(&self, status: CheckStatus) -> Vec<Check> {
        self.checks().iter().filter(|finding| finding.status == status).map(|finding| finding.check).collect()
    }

    fn failed(&self) -> Vec<Check> {
        self.all(CheckStatus::Failed)
    }

    fn name(&self) -> &str {
        self.0.failure.as_ref().unwrap().name
    }

    fn message(&self, check: Check) -> &str {
        &self.of(check).message
    }

    fn next(&self, check: Check) -> &str {
        self.of(check).next_step.as_deref().unwrap()
    }
}

#[test]
fn nothing_is_wrong_where_all_is_as_it_should_be() {
    let stage = Stage::new("[[org]]\ncount = 3");
    let certificate = path(stage.simulator.certificate_file());
    let seen = stage.doctor(&["--certificate", &certificate]);
    assert_eq!(seen.0.exit(), Exit::Success, "{:?}", seen.0);
    assert_eq!(seen.all(CheckStatus::Ok), Check::ALL);
    assert!(seen.message(Check::ScratchOrgApp).starts_with("the last 3 scratch orgs"));
    assert_eq!(std::fs::read_dir(stage.simulator.home()).unwrap().count(), 0, "something was written");
    assert_eq!(stage.simulator.totals().logins, 1);
}

#[test]
fn without_any_settings_each_that_is_missing_is_a_finding_and_the_others_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let environment = Environment::of([("ORGREADY_HUB_INSTANCE_URL", "http://127.0.0.1:1".to_owned())], folder.path());
    let seen = doctor(&environment, &[]);
    assert_eq!(seen.failed(), [Check::HubUsername, Check::ClientId, Check::Key, Check::Connection]);
    assert_eq!((seen.0.exit(), seen.name()), (Exit::Settings, "InvalidSettings"));
    assert!(seen.next(Check::Key).contains("ORGREADY_JWT_KEY"));
    assert!(seen.message(Check::Connection).contains("refused"));
    assert_eq!(seen.message(Check::HubLogin), "the host could not be reached");
}

#[test]
fn a_setting_that_is_missing_is_told_also_where_the_host_answers() {
    let stage = Stage::new("").set("ORGREADY_CLIENT_ID", "");
    let seen = stage.doctor(&[]);
    assert_eq!(seen.failed(), [Check::ClientId]);
    assert!(seen.message(Check::ClientId).contains("the consumer key"), "{:?}", seen.of(Check::ClientId));
    assert_eq!(seen.of(Check::Clock).status, CheckStatus::Ok);
    assert_eq!(seen.message(Check::HubLogin), "the consumer key is not known");
}

#[test]
fn a_key_of_another_pair_is_told_by_the_certificate_and_by_the_hub() {
    let stage = Stage::new("");
    let other = stage.file("other.key", crate::cli::settings::jwt_key::tests::pem());
    let certificate = path(stage.simulator.certificate_file());
    let stage = stage.set("ORGREADY_JWT_KEY_FILE", &other);
    let seen = stage.doctor(&["--certificate", &certificate]);
    assert_eq!(seen.failed(), [Check::Certificate, Check::HubLogin]);
    assert_eq!(seen.0.exit(), Exit::Settings);
    let seen = stage.doctor(&[]);
    assert_eq!((seen.failed(), seen.0.exit(), seen.name()), (vec![Check::HubLogin], Exit::Hub, "HubLoginFailed"));
    assert!(seen.message(Check::HubLogin).starts_with("invalid_assertion: "));
    assert!(seen.next(Check::HubLogin).contains("run again with --certificate"));
}

#[test]
fn a_pair_that_the_app_does_not_have_is_told_apart_from_a_pair_that_is_none() {
    let refused = r#"
        [[hub.faults]]
        at = "login"
        kind = "refusal"
        error = "invalid_grant"
        description = "invalid assertion"
    "#;
    let stage = Stage::new(refused);
    let certificate = path(stage.simulator.certificate_file());
    let seen = stage.doctor(&["--certificate", &certificate]);
    assert_eq!(seen.failed(), [Check::HubLogin]);
    assert!(seen.next(Check::HubLogin).contains("the app has another certificate"));
}

#[test]
fn a_wrong_username_is_told_in_the_hubs_words_with_code_and_host() {
    let stage = Stage::new("").set("ORGREADY_HUB_USERNAME", "nobody@devhub.example");
    let seen = stage.doctor(&[]);
    assert_eq!(seen.failed(), [Check::HubLogin]);
    let host = stage.simulator.url().trim_start_matches("http://");
    let expected = format!("not_approved: user hasn't approved this consumer ({host})");
    assert_eq!(seen.message(Check::HubLogin), expected);
    let document: serde_json::Value = serde_json::from_str(&json::document(&seen.0)).unwrap();
    assert_eq!(document["status"], 3);
    assert_eq!(document["cause"]["code"], "not_approved");
    assert_eq!(document["result"]["summary"]["failed"], 1);
    let login = document["result"]["checks"].as_array().unwrap().iter().find(|check| check["name"] == "hub_login");
    assert_eq!(login.unwrap()["nextStep"], document["actions"][0]);
}

#[test]
fn an_unknown_ca_is_told_as_such_and_its_certificate_mends_it() {
    let stage = Stage::with("", Options { tls: true, ..Options::default() });
    let seen = stage.doctor(&[]);
    assert_eq!((seen.failed(), seen.0.exit()), (vec![Check::Connection], Exit::Hub));
    assert!(seen.message(Check::Connection).starts_with("tls_failed: "), "{}", seen.message(Check::Connection));
    assert!(seen.next(Check::Connection).contains("--ca-certificate"));
    assert_eq!(stage.simulator.totals().logins, 0);
    let ca = path(stage.simulator.ca_certificate_file().unwrap());
    assert_eq!(stage.doctor(&["--ca-certificate", &ca]).failed(), []);
}

#[test]
fn a_certificate_for_another_name_and_an_expired_one_are_final() {
    for kind in ["wrong_name", "expired"] {
        let stage =
            Stage::with(&format!("[hub]\ncertificate = \"{kind}\""), Options { tls: true, ..Options::default() });
        let ca = path(stage.simulator.ca_certificate_file().unwrap());
        let seen = stage.doctor(&["--ca-certificate", &ca]);
        assert!(
            seen.message(Check::Connection).starts_with("tls_failed: "),
            "{kind}: {:?}",
            seen.of(Check::Connection)
        );
    }
}

#[test]
fn a_name_that_nobody_knows_stops_at_the_look_up() {
    let stage = Stage::new("").set("ORGREADY_HUB_INSTANCE_URL", "https://nowhere.invalid");
    let seen = stage.doctor(&["--allow-host", "nowhere.invalid"]);
    assert_eq!((seen.failed(), seen.name()), (vec![Check::Dns], "HubLoginFailed"));
    assert_eq!(seen.of(Check::Dns).cause.as_ref().unwrap().host.as_deref(), Some("nowhere.invalid"));
}

#[test]
fn clocks_that_differ_are_a_warning_before_they_are_a_failure() {
    for (offset, status) in [("30s", CheckStatus::Ok), ("-100s", CheckStatus::Warning), ("10m", CheckStatus::Failed)] {
        let seen = Stage::new(&format!("clock_offset = \"{offset}\"")).doctor(&[]);
        assert_eq!(seen.of(Check::Clock).status, status, "{offset}");
    }
}

#[test]
fn an_org_that_is_no_dev_hub_is_said_to_be_none() {
    let seen = Stage::new("[hub]\ndev_hub = false").doctor(&[]);
    assert_eq!((seen.failed(), seen.0.exit(), seen.name()), (vec![Check::DevHub], Exit::Hub, "HubQueryFailed"));
    assert!(seen.message(Check::DevHub).starts_with("not_a_dev_hub: "));
    assert_eq!(seen.of(Check::HubLogin).status, CheckStatus::Ok);
}

#[test]
fn fields_that_are_hidden_are_named() {
    let seen = Stage::new("[hub]\nhidden_fields = [\"ConnectedAppConsumerKey\", \"ErrorCode\"]").doctor(&[]);
    assert_eq!(seen.all(CheckStatus::Warning), [Check::DevHub]);
    assert!(seen.message(Check::DevHub).contains("ErrorCode, ConnectedAppConsumerKey"));
    assert_eq!(seen.of(Check::ScratchOrgApp).status, CheckStatus::Skipped);
}

#[test]
fn scratch_orgs_of_another_app_are_counted_among_the_newest() {
    let scenario = r#"
        [[org]]
        count = 30
        created_ago = "1m"
        [[org]]
        count = 2
        consumer_key = "PlatformCLI"
        created_ago = "1s"
        [[org]]
        username = "test-newest@example.com"
        consumer_key = "3MVG9other"
        created_ago = "0s"
    "#;
    let seen = Stage::new(scenario).doctor(&[]);
    assert_eq!(seen.0.exit(), Exit::Success);
    assert_eq!(
        seen.message(Check::ScratchOrgApp),
        "3 of the last 20 scratch orgs came from another app (2 with PlatformCLI), such as test-newest@example.com: \
         this key can never log in there"
    );
}

#[test]
fn few_api_requests_left_are_a_warning_and_none_a_failure() {
    let seen = Stage::new("[hub]\napi_usage = [95000, 100000]").doctor(&[]);
    assert_eq!(seen.all(CheckStatus::Warning), [Check::ApiLimit]);
    assert_eq!(seen.message(Check::ApiLimit), "5000 of 100000 API requests of 24 hours are left");
    let seen = Stage::new("[hub]\napi_usage = [100000, 100000]").doctor(&[]);
    assert_eq!((seen.failed(), seen.name()), (vec![Check::ApiLimit], "HubQueryFailed"));
}

#[test]
fn a_hub_that_does_not_answer_is_asked_once() {
    let stage = Stage::new("[[hub.faults]]\nat = \"login\"\nkind = \"status\"\nstatus = 503");
    let seen = stage.doctor(&[]);
    assert!(seen.message(Check::HubLogin).starts_with("unreachable: HTTP 503"));
    assert!(seen.0.failure.as_ref().unwrap().cause.as_ref().unwrap().retryable);
    assert_eq!(stage.simulator.totals().logins, 1);
}

#[test]
fn a_found_file_with_refused_keys_is_a_finding_and_its_other_keys_count() {
    let stage = Stage::new("").set("ORGREADY_HUB_USERNAME", "");
    let text = "allow_host = [\"evil.example\"]\nwiat = \"1m\"\nhub_username = \"admin@devhub.example\"";
    stage.file("orgready.toml", text);
    let seen = stage.doctor(&[]);
    assert_eq!(seen.failed(), [Check::SettingsFile, Check::SettingsFile]);
    let file = path(&stage.simulator.home().join("orgready.toml"));
    assert_eq!(seen.message(Check::HubUsername), format!("admin@devhub.example (hub_username in {file})"));
    assert_eq!(seen.of(Check::HubLogin).status, CheckStatus::Ok);
    let messages: Vec<_> = seen.checks().iter().map(|finding| finding.message.as_str()).collect();
    assert!(messages.iter().any(|message| message.contains("allow_host is refused")), "{messages:?}");
    let seen = stage.doctor(&["--config", "missing.toml"]);
    assert!(seen.message(Check::SettingsFile).contains("cannot be read"));
}

#[test]
fn settings_that_make_no_sense_are_each_told_and_named() {
    let stage =
        Stage::new("").set("ORGREADY_WAIT", "soon").set("SF_ORG_API_VERSION", "old").set("SF_AUDIENCE_URL", "x");
    let seen = stage.doctor(&[]);
    assert_eq!(seen.failed(), [Check::OtherSettings; 3]);
    assert_eq!(seen.message(Check::HubLogin), "the API version is not usable");
    let seen =
        Stage::new("").doctor(&["--request-timeout", "0s", "--instance-url", "https://acme.lightning.force.com"]);
    assert_eq!(seen.failed(), [Check::LoginUrl, Check::OtherSettings]);
    assert!(seen.message(Check::LoginUrl).contains("https://acme.my.salesforce.com"));
}

#[test]
fn a_store_in_a_bad_state_is_told_and_does_not_hide_the_hub() {
    let stage = Stage::new("");
    stage.file(".sfdx/alias.json", "{");
    for user in 0..5 {
        stage.file(&format!(".sfdx/u{user}@x.com.json"), "{\"privateKey\":\"/nowhere/server.key\"}");
    }
    let seen = stage.doctor(&[]);
    assert_eq!(seen.failed(), [Check::SfStore]);
    assert_eq!(seen.of(Check::HubLogin).status, CheckStatus::Ok);
    let warnings: Vec<_> = seen.checks().iter().filter(|finding| finding.status == CheckStatus::Warning).collect();
    assert_eq!(warnings.len(), 4, "{warnings:?}");
    assert_eq!(warnings[3].message, "and 2 more files like these");
    let stage = stage.set("ORGREADY_NO_SF_STORE", "true");
    assert_eq!(stage.doctor(&[]).of(Check::SfStore).status, CheckStatus::Skipped);
}

#[cfg(unix)]
#[test]
fn permissions_of_the_key_and_of_the_stores_key_are_told_with_the_command_that_mends_them() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::new("");
    let key = path(stage.simulator.jwt_key_file());
    let store_key = r#"{"account":"local","service":"sfdx","key":"00112233445566778899aabbccddeeff"}"#;
    let store_key = stage.file(".sfdx/key.json", store_key);
    let chmod = |file: &str, mode| std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).unwrap();
    chmod(&store_key, 0o600);
    for (mode, status) in [
        (0o400, CheckStatus::Ok),
        (0o600, CheckStatus::Ok),
        (0o640, CheckStatus::Ok),
        (0o660, CheckStatus::Warning),
        (0o644, CheckStatus::Warning),
        (0o666, CheckStatus::Warning),
    ] {
        chmod(&key, mode);
        assert_eq!(stage.doctor(&[]).of(Check::KeyPermissions).status, status, "{mode:o}");
    }
    let seen = stage.doctor(&[]);
    assert_eq!(seen.next(Check::KeyPermissions), format!("chmod 600 '{key}'"));
    assert_eq!(seen.0.exit(), Exit::Success);
    chmod(&store_key, 0o644);
    let seen = stage.doctor(&[]);
    assert_eq!(seen.failed(), [Check::SfStore]);
    assert!(seen.message(Check::SfStore).contains("chmod 600"));
}

#[test]
fn a_key_in_a_variable_has_no_permissions_and_a_wrong_one_is_not_shown() {
    let stage = Stage::new("");
    let key = std::fs::read_to_string(stage.simulator.jwt_key_file()).unwrap();
    let stage = stage.set("ORGREADY_JWT_KEY_FILE", "").set("ORGREADY_JWT_KEY", &key);
    let seen = stage.doctor(&[]);
    assert_eq!(seen.failed(), []);
    assert_eq!(seen.of(Check::KeyPermissions).status, CheckStatus::Skipped);
    assert_eq!(seen.message(Check::Key), "RSA with 2048 bits, from ORGREADY_JWT_KEY");
    let seen = stage.set("ORGREADY_JWT_KEY", &key[..900]).doctor(&[]);
    assert_eq!(seen.failed(), [Check::Key]);
    assert!(!json::document(&seen.0).contains(&key[100..130]));
}
