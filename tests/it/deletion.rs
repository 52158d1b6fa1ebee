//! Giving orgs back, by the library over real HTTP: what the stand-in does not know any more is gone.

use std::time::Duration;

use orgready::simulator::{Options, Scenario, Simulator};
use orgready::{Client, ClientId, DeletionError, OrgEntry, OrgName, OrgStatus, Selection, SigningKey, Username};

/// A client of the stand-in's hub.
pub(crate) fn client(simulator: &Simulator) -> Client {
    let key = SigningKey::read(&std::fs::read_to_string(simulator.jwt_key_file()).unwrap()).unwrap();
    let user = Username::new(simulator.hub_username()).unwrap();
    let builder = Client::builder(user, ClientId::new(simulator.client_id()).unwrap(), key);
    builder.login_url(simulator.url()).wait(Duration::from_secs(40)).build().unwrap()
}

/// Orgs by their names.
pub(crate) fn named(names: &[String]) -> Vec<OrgEntry> {
    names.iter().map(|name| OrgEntry { name: OrgName::new(name).unwrap(), alias: None }).collect()
}

#[tokio::test]
async fn orgs_that_never_became_ready_are_deleted_and_a_second_time_they_are_gone() {
    let scenario = Scenario::generate(5, "60s..60s".parse().unwrap()).unwrap();
    let simulator = Simulator::start(scenario, Options::default()).unwrap();
    let client = client(&simulator);
    let names = simulator.usernames();
    let report = client.delete(named(&names[..3])).await.unwrap();
    assert!(report.orgs.iter().all(|org| org.status == OrgStatus::Deleted && org.cause.is_none()), "{report:?}");
    assert_eq!(report.hub.unwrap().username.as_str(), simulator.hub_username());
    let report = client.delete(named(&names[1..4])).await.unwrap();
    let statuses: Vec<OrgStatus> = report.orgs.iter().map(|org| org.status).collect();
    assert_eq!(statuses, [OrgStatus::Gone, OrgStatus::Gone, OrgStatus::Deleted]);
    let all = || Selection::Matching { condition: None, shard: None };
    let Err(DeletionError::NotConfirmed(found)) = client.delete(all()).await else { panic!("nobody confirmed it") };
    assert_eq!(found, [OrgName::new(&names[4]).unwrap()]);
    let report = client.delete(all()).confirm(|found| found.len() == 1).await.unwrap();
    assert_eq!((report.summary.total, report.summary.done), (1, 1));
}
