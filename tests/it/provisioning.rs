//! Settings deployed over real HTTP: what arrives at the stand-in is what sf would have sent.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use orgready::engine::login::{Settings, login};
use orgready::engine::settings_plan::{PlannedSettings, SettingsPlan};
use orgready::model::clock::Clock;
use orgready::model::host::TrustedHosts;
use orgready::protocol::http::{Http, HttpSettings};
use orgready::protocol::metadata::{RecordTypeNames, SettingsPackage, parse_definition};
use orgready::simulator::{Options, Scenario, Simulator};
use orgready::{
    ClientId, Event, OrgEntry, OrgName, OrgStatus, RetryPolicy, Selection, SettingsStatus, SigningKey, Username,
};
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn each_org_of_a_batch_gets_the_package_that_sf_made_of_the_same_definition() {
    let golden = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/settings-deploy.json"));
    let golden: Value = serde_json::from_str(&golden.unwrap()).unwrap();
    let definition = parse_definition(&golden["definition"].to_string()).unwrap();
    let package = SettingsPackage::new(&definition, RecordTypeNames::Capitalized).unwrap().unwrap();
    let scenario = Scenario::generate(3, "0s..200ms".parse().unwrap()).unwrap();
    let simulator = Simulator::start(scenario, Options::default()).unwrap();
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
    let report = login(&settings, selection, &http, &[], &|_: &Event| {}, &CancellationToken::new()).await.unwrap();
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
