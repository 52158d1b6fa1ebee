//! The run: the Dev Hub, then every scratch org, asked again for as long as waiting can help.

mod attempt;
mod batch;
pub mod client;
pub mod delete;
mod deletion;
mod hub;
pub mod hub_failure;
mod hub_retry;
pub mod login;
mod org_api;
mod org_deletion;
mod org_login;
mod org_state;
mod org_step;
mod patience;
mod provision;
pub mod rate_limiter;
mod readiness;
pub mod retry;
pub mod run;
pub mod scheduler;
pub mod selection;
pub mod settings_plan;
#[cfg(test)]
mod testing;
