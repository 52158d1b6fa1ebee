//! The run: the Dev Hub, then every scratch org, asked again for as long as waiting can help.

mod attempt;
mod batch;
pub mod client;
mod hub;
mod hub_retry;
pub mod login;
mod org_login;
mod org_state;
pub mod rate_limiter;
mod readiness;
pub mod retry;
mod run;
pub mod scheduler;
