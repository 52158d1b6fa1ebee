//! What the tests are made of: a scripted Salesforce, and a run of the library against it.

mod reply;
mod scene;
mod world;

pub(crate) use reply::{Reply, breaks, good, not_approved, refuses, rest_error, says};
pub(crate) use scene::{Scene, Seen};
pub(crate) use world::{Ask, Asked, HUB_HOST, HUB_USER, Kind, OURS, Org};
