//! The main job against a scripted Salesforce, with a clock that stands still while nothing waits.

mod assertions;
mod hub;
mod interruption;
mod pace;
mod readiness;
mod replication;
mod selection;
