//! Watches a run from outside: every event is a value, here printed as a line of JSON.
//!
//! `cargo run --example events` runs against the stand-in for Salesforce, with no settings and no network.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::num::NonZeroUsize;
use std::time::Duration;

use orgready::engine::login::{Selection, Settings, login};
use orgready::engine::retry::RetryPolicy;
use orgready::model::clock::Clock;
use orgready::model::event::Event;
use orgready::model::host::TrustedHosts;
use orgready::model::key::SigningKey;
use orgready::model::org::{ClientId, Username};
use orgready::protocol::http::{Http, HttpSettings};
use orgready::simulator::{Options, Scenario, Simulator};
use tokio_util::sync::CancellationToken;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let salesforce = Simulator::start(Scenario::generate(3, "0s..1s".parse()?)?, Options::default())?;
    let mut trusted = TrustedHosts::default();
    let login_url = trusted.hub(salesforce.url())?;
    let settings = Settings {
        hub_username: Username::new(salesforce.hub_username())?,
        client_id: ClientId::new(salesforce.client_id())?,
        key: SigningKey::read(&std::fs::read_to_string(salesforce.jwt_key_file())?)?,
        login_url,
        trusted,
        audience: None,
        api_version: "60.0".to_owned(),
        wait: Duration::from_secs(30),
        concurrency: NonZeroUsize::MIN,
        rate: 0,
        retry: RetryPolicy { initial: Duration::from_millis(100), ..RetryPolicy::default() },
        clock: Clock::system(),
        started: tokio::time::Instant::now(),
    };

    // Any `Fn(&Event)` is an observer. It is told everything in order, and should return quickly.
    let print = |event: &Event| match serde_json::to_string(event) {
        Ok(line) => println!("{line}"),
        Err(error) => println!("an event that is not JSON: {error}"),
    };
    // Instead of naming the orgs, let the hub say which ones are alive.
    let selection = Selection::Matching { condition: None, shard: None };
    let transport = Http::new(HttpSettings::default())?;
    let report = login(&settings, selection, &transport, &[], &print, &CancellationToken::new()).await?;
    assert_eq!(report.summary.ready, 3);
    Ok(())
}
