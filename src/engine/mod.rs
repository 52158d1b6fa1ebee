//! The run: the Dev Hub, then every scratch org, asked again for as long as waiting can help.

mod attempt;
mod batch;
pub mod client;
mod hub;
mod hub_retry;
pub mod login;
mod org_api;
mod org_login;
mod org_state;
mod patience;
#[cfg_attr(not(test), expect(dead_code, reason = "the batch does not call it yet"))]
mod provision;
pub mod rate_limiter;
mod readiness;
pub mod retry;
mod run;
pub mod scheduler;
#[cfg(test)]
mod testing;
