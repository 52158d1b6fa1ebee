//! Logs in to a Salesforce Dev Hub and its new scratch orgs by JWT, and waits out replication until they are ready.
//!
//! Right after a scratch org is created, a login by JWT fails at random with `user hasn't approved this consumer`: the org's
//! data is not replicated yet. This crate is the engine of the program `orgready`, which automates what the guide says then,
//! "Wait a short time and try again", and tells apart the orgs that no waiting helps.
//!
//! # The way of the data
//!
//! ```text
//! settings + usernames ──► Dev Hub login ──► ScratchOrgInfo of the whole batch
//!    ──► scheduler ⇄ org logins, bounded in number: [ sign ► POST ► verdict ]… until ready ► check the token
//!    ──► hand-over (sf store, tokens) ──► outcomes in input order ──► report ──► exit status
//! ```
//!
//! A run of a [`Client`] logs in to the Dev Hub once, asks it for the `ScratchOrgInfo` records of the whole batch with as few queries
//! as fit, and to each org when it is due. What an answer means, ask again or never, is told as a [`Cause`]. An org that
//! answers a query with its token is ready, and goes to the [`Handover`] before anybody is told. The [`Report`] holds one
//! outcome for each org, in the order of the input; what happens on the way is told as [`Event`]s.
//!
//! Nothing is sent to a host outside of Salesforce's own domains that was not allowed, and no secret can be printed.
//!
//! # Example
//!
//! The stand-in for Salesforce (feature `simulator`) plays a Dev Hub and two scratch orgs, one of them late:
//!
#![cfg_attr(feature = "simulator", doc = "```")]
#![cfg_attr(not(feature = "simulator"), doc = "```ignore")]
//! use orgready::simulator::{Options, Scenario, Simulator};
//! use orgready::{Client, ClientId, OrgEntry, SigningKey, Username};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let salesforce = Simulator::start(Scenario::generate(2, "0s..300ms".parse()?)?, Options::default())?;
//! let key = SigningKey::read(&std::fs::read_to_string(salesforce.jwt_key_file())?)?;
//! let client = Client::builder(Username::new(salesforce.hub_username())?, ClientId::new(salesforce.client_id())?, key)
//!     .login_url(salesforce.url())
//!     .build()?;
//! let orgs: Result<Vec<OrgEntry>, _> = salesforce.usernames().iter().map(|name| name.parse()).collect();
//! let report = client.login(orgs?).await?;
//! assert_eq!(report.summary.done, 2);
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! * `cli` (default): the program itself; it brings `simulator` along.
//! * `simulator`: the stand-in for Salesforce, `orgready::simulator`.
//! * none: the engine alone.
//!
//! Dates and instants are jiff's (`jiff::civil::Date`, `jiff::Timestamp`): the standard library has no calendar. All other
//! types in signatures are this crate's, std's, or tokio's `Instant`, but for what the stand-in's errors come from. Reports and
//! events are serde's `Serialize`.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::disallowed_methods))]
#![cfg_attr(not(feature = "cli"), allow(dead_code, unused_imports, reason = "the program uses more than an embedder"))]

// What is hidden is no part of the interface, and changes without notice: this package's own program, tests, benchmarks and
// fuzz targets reach for it.
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
#[doc(hidden)]
pub mod engine;
mod files;
#[doc(hidden)]
pub mod model;
#[doc(hidden)]
pub mod protocol;
pub mod sf;
#[cfg(feature = "simulator")]
pub mod simulator;
mod usernames;

pub use engine::client::{BuildError, Client, ClientBuilder, Delete, Login};
pub use engine::delete::DeletionError;
pub use engine::hub_failure::{HubFailure, HubStage};
pub use engine::login::LoginError;
pub use engine::retry::RetryPolicy;
pub use engine::selection::Selection;
pub use model::cause::{Cause, CauseCode};
pub use model::event::Event;
pub use model::handover::{
    Finished, FinishedOrg, Handover, HandoverError, HandoverFuture, HubLogin, Organization, ReadyOrg,
};
pub use model::host::{HostError, HostSuffix, InstanceUrl, LoginUrl};
pub use model::key::{KeyError, SigningKey};
pub use model::org::{
    Alias, ClientId, FailedCreation, NameError, OrgEntry, OrgId, OrgName, ScratchOrgInfoId, Username,
};
pub use model::report::{Hub, OrgOutcome, OrgStatus, Report, SettingsStatus, Summary};
pub use model::scratch_org::{ScratchOrgInfo, Status};
pub use model::token::AccessToken;
pub use protocol::http::HttpError;
pub use protocol::soql::{Condition, ConditionError};
pub use usernames::{OrgList, Roster, RosterError, Shard, ShardBy, ShardError};
