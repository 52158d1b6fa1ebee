//! A service that logs in to many batches at once: one client for all of them, events as they happen, and a batch that is
//! given up.
//!
//! `cargo run --example service` runs against the stand-in for Salesforce, with no settings and no network.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::time::Duration;

use orgready::simulator::{Options, Scenario, Simulator};
use orgready::{Client, ClientId, Event, OrgEntry, Report, SigningKey, Username};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A batch on a task of its own. To drop the sender, or to send, gives it up: what is ready by then is in the report.
fn start(client: &Client, batch: usize, orgs: Vec<OrgEntry>) -> (oneshot::Sender<()>, JoinHandle<Option<Report>>) {
    let (give_up, dropped) = oneshot::channel::<()>();
    let client = client.clone();
    let task = tokio::spawn(async move {
        // Any `Fn(&Event)` is an observer. It is told everything in order, and should return quickly.
        let tell = move |event: &Event| match event {
            Event::OrgWaiting { username, cause, next_in, .. } => {
                println!("batch {batch}: {username} is asked again in {next_in:?} ({})", cause.code);
            }
            Event::OrgFinished { outcome, .. } => {
                println!("batch {batch}: {} is {}", outcome.name, outcome.status.as_str());
            }
            _ => {}
        };
        let cancel = async { drop(dropped.await) };
        match client.login(orgs).observe(tell).cancel_on(cancel).await {
            Ok(report) => Some(report),
            Err(error) => {
                println!("batch {batch}: no org was tried: {error}");
                None
            }
        }
    });
    (give_up, task)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let salesforce = Simulator::start(Scenario::generate(6, "0s..1s".parse()?)?, Options::default())?;
    let key = SigningKey::read(&std::fs::read_to_string(salesforce.jwt_key_file())?)?;
    let builder =
        Client::builder(Username::new(salesforce.hub_username())?, ClientId::new(salesforce.client_id())?, key);
    let client = builder.login_url(salesforce.url()).wait(Duration::from_secs(30)).build()?;

    let orgs: Result<Vec<OrgEntry>, _> = salesforce.usernames().iter().map(|name| name.parse()).collect();
    let orgs = orgs?;
    let (_first, all) = start(&client, 1, orgs[..3].to_vec());
    let (second, stopped) = start(&client, 2, orgs[3..].to_vec());
    tokio::time::sleep(Duration::from_millis(50)).await;
    drop(second);

    for report in [all.await?, stopped.await?].into_iter().flatten() {
        println!(
            "{} of {} orgs are ready, {} interrupted",
            report.summary.done, report.summary.total, report.summary.interrupted
        );
    }
    Ok(())
}
