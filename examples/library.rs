//! Embeds orgready: logs in to a batch of scratch orgs, waits until they are replicated, and takes their tokens over.
//!
//! `cargo run --example library` runs against the stand-in for Salesforce, with no settings and no network.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::sync::Mutex;
use std::time::Duration;

use orgready::simulator::{Options, Scenario, Simulator};
use orgready::{
    AccessToken, Client, ClientId, Handover, HandoverError, HandoverFuture, OrgEntry, ReadyOrg, SigningKey, Username,
};

/// Takes each org as soon as it is ready. Here it keeps the tokens in memory; yours may warm a cache, or start a test run.
#[derive(Default)]
struct Tokens(Mutex<Vec<(Username, AccessToken)>>);

impl Handover for Tokens {
    fn keep<'a>(&'a self, org: &'a ReadyOrg) -> HandoverFuture<'a, Result<(), HandoverError>> {
        Box::pin(async move {
            let mut tokens = self.0.lock().map_err(|error| HandoverError::new(error, "restart the service"))?;
            tokens.push((org.username.clone(), org.token.clone()));
            Ok(())
        })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Five scratch orgs that are replicated within two seconds. With a real Dev Hub, its values stand here instead.
    let salesforce = Simulator::start(Scenario::generate(5, "0s..2s".parse()?)?, Options::default())?;
    let key = SigningKey::read(&std::fs::read_to_string(salesforce.jwt_key_file())?)?;

    let client =
        Client::builder(Username::new(salesforce.hub_username())?, ClientId::new(salesforce.client_id())?, key)
            .login_url(salesforce.url())
            .wait(Duration::from_secs(60))
            .build()?;
    let orgs: Result<Vec<OrgEntry>, _> = salesforce.usernames().iter().map(|name| name.parse()).collect();

    let tokens = Tokens::default();
    let report = client.login(orgs?).handover(&tokens).await?;

    for org in &report.orgs {
        println!("{:<32} {:<8} after {:?}, {} attempts", org.name, org.status.as_str(), org.waited, org.attempts);
    }
    let tokens = tokens.0.lock().map_err(|error| error.to_string())?;
    println!("{} tokens taken over; printed, one shows nothing of itself: {:?}", tokens.len(), tokens.first());
    Ok(())
}
