//! Settings deployed over real HTTP: what arrives at the stand-in is what sf would have sent.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use orgready::engine::login::login;
use orgready::engine::run::Settings;
use orgready::engine::settings_plan::{PlannedSettings, SettingsPlan};
use orgready::model::clock::Clock;
use orgready::model::host::TrustedHosts;
use orgready::protocol::http::{Http, HttpSettings};
use orgready::protocol::metadata::{RecordTypeNames, SettingsPackage, parse_definition};
use orgready::simulator::{Options, Scenario, Simulator};
use orgready::{
    CauseCode, ClientId, Event, OrgEntry, OrgName, OrgStatus, Report, RetryPolicy, Selection, SettingsStatus,
    SigningKey, Username,
};
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Logs in to all orgs of the stand-in, and deploys the settings of the golden definition to each.
async fn provision(simulator: &Simulator) -> Report {
    let definition = parse_definition(&golden()["definition"].to_string()).unwrap();
    let package = SettingsPackage::new(&definition, RecordTypeNames::Capitalized).unwrap().unwrap();
    let mut trusted = TrustedHosts::default();
    let settings = Settings {
        hub_username: Username::new(simulator.hub_username()).unwrap(),
        client_id: ClientId::new(simulator.client_id()).unwrap(),
        key: SigningKey::read(&std::fs::read_to_string(simulator.jwt_key_file()).unwrap()).unwrap(),
        login_url: trusted.hub(simulator.url()).unwrap(),
        trusted,
        audience: None,
        api_version: "60.0".to_owned(),
        wait: Duration::from_secs(60),
        concurrency: NonZeroUsize::new(2).unwrap(),
        rate: 100,
        retry: RetryPolicy { initial: Duration::from_millis(20), ..RetryPolicy::default() },
        clock: Clock::system(),
        started: Instant::now(),
        settings_plan: SettingsPlan {
            otherwise: PlannedSettings::Deploy(Arc::new(package)),
            api_version: Some("66.0".to_owned()),
            ..SettingsPlan::default()
        },
    };
    let entry = |name: &String| OrgEntry { name: OrgName::new(name).unwrap(), alias: None };
    let selection = Selection::Named(simulator.usernames().iter().map(entry).collect());
    let http = Http::new(HttpSettings::default()).unwrap();
    login(&settings, selection, &http, &[], &|_: &Event| {}, &CancellationToken::new()).await.unwrap()
}

fn golden() -> Value {
    let golden = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/settings-deploy.json"));
    serde_json::from_str(&golden.unwrap()).unwrap()
}

#[tokio::test]
async fn each_org_of_a_batch_gets_the_package_that_sf_made_of_the_same_definition() {
    let simulator = Simulator::start(Scenario::generate(3, "0s..200ms".parse().unwrap()).unwrap(), Options::default());
    let simulator = simulator.unwrap();
    let report = provision(&simulator).await;
    let golden = golden();
    let expected = golden["deploy"]["files"].as_object().unwrap();
    for (org, username) in report.orgs.iter().zip(simulator.usernames()) {
        assert_eq!((org.status, org.settings), (OrgStatus::Ready, Some(SettingsStatus::Deployed)), "{:?}", org.cause);
        let [deployed] = <[_; 1]>::try_from(simulator.deployments(&username)).unwrap();
        assert_eq!((deployed.api, deployed.version.as_str(), deployed.status), ("rest", "66.0", "Succeeded"));
        assert!(deployed.options.is_empty(), "{:?}", deployed.options);
        // The folder is named by the time.
        let below =
            |path: &str| path.split_once('/').filter(|(folder, _)| folder.starts_with("shape_")).unwrap().1.to_owned();
        let files: BTreeMap<String, &str> =
            deployed.files.iter().map(|(path, text)| (below(path), text.as_str())).collect();
        let wanted: BTreeMap<String, &str> =
            expected.iter().map(|(path, text)| (below(path), text.as_str().unwrap())).collect();
        assert_eq!(files, wanted);
    }
}

#[tokio::test]
async fn a_token_that_is_refused_in_the_midst_of_a_deployment_is_replaced_and_the_deployment_goes_on() {
    let refused = |first: &str| {
        let scenario = format!(
            r#"
            [[org]]
            username = "midst@example.com"
            created_ago = "1h"
            deploy_takes = "300ms"
            faults = [{{ at = "deploy_status", kind = "status", status = 401, {first}
                content_type = "application/json",
                body = '[{{"errorCode":"INVALID_SESSION_ID","message":"Session expired or invalid"}}]' }}]
            "#
        );
        Scenario::parse(&scenario).unwrap()
    };
    let simulator = Simulator::start(refused("skip = 1, first = 1,"), Options::default()).unwrap();
    let report = provision(&simulator).await;
    let [org] = &report.orgs[..] else { panic!() };
    assert_eq!((org.status, org.settings), (OrgStatus::Ready, Some(SettingsStatus::Deployed)), "{:?}", org.cause);
    assert_eq!((org.attempts, simulator.deployments("midst@example.com").len()), (2, 1));

    let simulator = Simulator::start(refused(""), Options::default()).unwrap();
    let report = provision(&simulator).await;
    let [org] = &report.orgs[..] else { panic!() };
    assert_eq!((org.status, org.settings), (OrgStatus::Failed, Some(SettingsStatus::Failed)));
    let cause = org.cause.as_ref().unwrap();
    assert_eq!((cause.code, cause.retryable), (CauseCode::SettingsFailed, true));
    assert!(cause.description.as_ref().unwrap().contains("Session expired or invalid"), "{cause}");
    assert_eq!((org.attempts, simulator.deployments("midst@example.com").len()), (2, 1));
}
