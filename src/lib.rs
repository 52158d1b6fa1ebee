//! Logs in to a Salesforce Dev Hub and its new scratch orgs by JWT, and waits out replication until they are ready.
//!
//! Right after a scratch org is created, a login by JWT fails at random with `user hasn't approved this consumer`: the org's
//! data is not replicated yet. This crate is the engine of the program `orgready`, which automates what the guide says then,
//! "Wait a short time and try again", and tells apart the orgs that no waiting helps.
//!
//! # The way of the data
//!
//! 1. [`usernames`] reads which orgs are meant, in whatever form they come.
//! 2. [`login::login`] logs in to the Dev Hub once, with an [`assertion`] signed by a [`key`], and asks it for the
//!    [`scratch_org`] records of the whole batch with as few queries ([`soql`]) as fit.
//! 3. The [`agenda`] says which org is asked when; an attempt's [`answer`] leads to a [`verdict`]: ask again, or never, and
//!    the [`cause`] with a [`hint`].
//! 4. An org that answers a query with its token is ready, and goes to the [`handover`] at once, such as to the store of the
//!    Salesforce CLI ([`sf`]).
//! 5. The [`report`] holds one outcome for each org, in the order of the input. What happens on the way is told as
//!    [`event`]s.
//!
//! Nothing is sent to a host that [`host::TrustedHosts`] did not let pass, and no secret can be printed ([`token`]).
//! [`transport::Transport`] is the port to the network, [`http::Http`] the real one; time is tokio's, and a [`clock`].
//!
//! # Example
//!
//! The stand-in for Salesforce (feature `simulator`) plays a Dev Hub and two scratch orgs, one of them late:
//!
#![cfg_attr(feature = "simulator", doc = "```")]
#![cfg_attr(not(feature = "simulator"), doc = "```ignore")]
//! use std::num::NonZeroUsize;
//! use std::time::Duration;
//!
//! use orgready::model::clock::Clock;
//! use orgready::model::event::Event;
//! use orgready::model::handover::NoHandover;
//! use orgready::model::host::TrustedHosts;
//! use orgready::protocol::http::{Http, HttpSettings};
//! use orgready::model::key::SigningKey;
//! use orgready::engine::login::{Selection, Settings, login};
//! use orgready::model::org::{ClientId, OrgEntry, OrgName, Username};
//! use orgready::engine::retry::RetryPolicy;
//! use orgready::simulator::{Options, Scenario, Simulator};
//! use tokio_util::sync::CancellationToken;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let salesforce = Simulator::start(Scenario::generate(2, "0s..300ms".parse()?)?, Options::default())?;
//! let mut trusted = TrustedHosts::default();
//! let settings = Settings {
//!     hub_username: Username::new(salesforce.hub_username())?,
//!     client_id: ClientId::new(salesforce.client_id())?,
//!     key: SigningKey::read(&std::fs::read_to_string(salesforce.jwt_key_file())?)?,
//!     login_url: trusted.hub(salesforce.url())?,
//!     trusted,
//!     audience: None,
//!     api_version: "60.0".to_owned(),
//!     wait: Duration::from_secs(60),
//!     concurrency: NonZeroUsize::new(32).ok_or("zero")?,
//!     rate: 100,
//!     retry: RetryPolicy { initial: Duration::from_millis(50), ..RetryPolicy::default() },
//!     clock: Clock::system(),
//!     started: tokio::time::Instant::now(),
//! };
//! let mut orgs = Vec::new();
//! for username in salesforce.usernames() {
//!     orgs.push(OrgEntry { name: OrgName::new(&username)?, alias: None });
//! }
//! let transport = Http::new(HttpSettings::default())?;
//! let watch = |event: &Event| drop(event.clone());
//! let stop = CancellationToken::new();
//! let report = login(&settings, Selection::Named(orgs), &transport, &NoHandover, &watch, &stop).await?;
//! assert_eq!(report.summary.ready, 2);
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! * `cli` (default): the program itself, [`cli`]; it brings `simulator` along.
//! * `simulator`: the stand-in for Salesforce, [`simulator`].
//! * none: the engine alone.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::disallowed_methods))]

#[cfg(feature = "cli")]
pub mod cli;
pub mod engine;
pub mod model;
pub mod protocol;
pub mod sf;
#[cfg(feature = "simulator")]
pub mod simulator;
pub mod usernames;
