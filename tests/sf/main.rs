//! The real Salesforce CLI, `sf`, on stores that orgready wrote, and orgready on stores that `sf` wrote, all against the
//! built-in stand-in. Apart from `cargo test`, because it installs `@salesforce/cli` from npm: `tests/sf/run`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on is to fail")]
#![allow(clippy::disallowed_methods, reason = "this is outside: it dresses other programs for this machine")]
#![allow(clippy::print_stderr, reason = "figures are wanted from the rounds")]

mod creation;
mod fields;
mod give;
mod keys;
mod kill;
#[cfg(unix)]
mod pipelines;
mod sf;
mod side_by_side;
mod simulate;
mod stage;
mod take;
