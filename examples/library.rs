//! Embeds orgready: logs in to a batch of scratch orgs, waits until they are replicated, and takes their tokens over.
//!
//! `cargo run --example library` runs against the stand-in for Salesforce, with no settings and no network.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::time::Duration;

use orgready::engine::login::{Selection, Settings, login};
use orgready::engine::retry::RetryPolicy;
use orgready::model::clock::Clock;
use orgready::model::event::Event;
use orgready::model::handover::{Handover, HandoverError, HandoverFuture, ReadyOrg};
use orgready::model::host::TrustedHosts;
use orgready::model::key::SigningKey;
use orgready::model::org::{ClientId, OrgEntry, OrgName, Username};
use orgready::model::token::AccessToken;
use orgready::protocol::http::{Http, HttpSettings};
use orgready::simulator::{Options, Scenario, Simulator};
use tokio_util::sync::CancellationToken;

/// Takes each org as soon as it is ready. Here it keeps the tokens in memory; yours may warm a cache, or start a test run.
#[derive(Default)]
struct Tokens(Mutex<Vec<(Username, AccessToken)>>);

impl Handover for Tokens {
    fn keep<'a>(&'a self, org: &'a ReadyOrg) -> HandoverFuture<'a, Result<(), HandoverError>> {
        Box::pin(async move {
            let mut tokens = self.0.lock().map_err(|error| HandoverError::new(error, "run again"))?;
            tokens.push((org.username.clone(), org.token.clone()));
            Ok(())
        })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Five scratch orgs that are replicated within two seconds. With a real Dev Hub, its values stand here instead.
    let salesforce = Simulator::start(Scenario::generate(5, "0s..2s".parse()?)?, Options::default())?;

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
        wait: Duration::from_secs(60),
        concurrency: NonZeroUsize::new(32).ok_or("no concurrency")?,
        rate: 100,
        retry: RetryPolicy { initial: Duration::from_millis(200), ..RetryPolicy::default() },
        clock: Clock::system(),
        started: tokio::time::Instant::now(),
    };
    let orgs = salesforce.usernames().into_iter().map(|name| Ok(OrgEntry { name: OrgName::new(&name)?, alias: None }));
    let orgs: Result<Vec<_>, orgready::model::org::NameError> = orgs.collect();

    let tokens = Tokens::default();
    let transport = Http::new(HttpSettings::default())?;
    let stop = CancellationToken::new();
    let silent = |_: &Event| {};
    let report = login(&settings, Selection::Named(orgs?), &transport, &[&tokens], &silent, &stop).await?;

    for org in &report.orgs {
        println!("{:<32} {:<8} after {:?}, {} attempts", org.name, org.status.as_str(), org.waited, org.attempts);
    }
    let tokens = tokens.0.lock().map_err(|error| error.to_string())?;
    println!("{} tokens taken over; printed, one shows nothing of itself: {:?}", tokens.len(), tokens.first());
    Ok(())
}
