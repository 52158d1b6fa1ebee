//! orgready logs in to a Salesforce Dev Hub and its new scratch orgs by JWT, and waits out replication until they are ready.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod agenda;
pub mod answer;
pub mod assertion;
mod attempt;
pub mod audience;
mod batch;
pub mod cause;
#[cfg(feature = "cli")]
pub mod cli;
pub mod clock;
pub mod event;
pub mod handover;
pub mod hint;
pub mod host;
pub mod http;
mod hub;
pub mod key;
pub mod login;
pub mod org;
pub mod pace;
pub mod report;
pub mod retry;
mod run;
pub mod scratch_org;
pub mod sf;
pub mod shard;
pub mod signup_error;
#[cfg(feature = "simulator")]
pub mod simulator;
pub mod situation;
pub mod soql;
pub mod token;
pub mod transport;
pub mod untrusted;
pub mod usernames;
pub mod verdict;
mod visit;
