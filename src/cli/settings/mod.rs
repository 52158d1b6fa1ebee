//! What is needed: every setting, merged from what was typed, the environment, `orgready.toml` and what `sf` knows.

pub(crate) mod duration;
pub(crate) mod file;
pub(crate) mod hub;
pub(crate) mod key;
pub(crate) mod keys;
pub(crate) mod login;
pub(crate) mod network;
pub(crate) mod origin;
pub(crate) mod output;
pub(crate) mod places;
pub(crate) mod problem;
pub(crate) mod proxy;
pub(crate) mod selection;
pub(crate) mod sources;
