//! The main job against a scripted Salesforce, with a clock that stands still while nothing waits.

mod anything;
mod assertions;
mod events;
mod hub;
mod interruption;
mod pace;
mod readiness;
mod records;
mod replication;
mod selection;
