//! The main job against a scripted Salesforce, with a clock that stands still while nothing waits.

mod replication;
