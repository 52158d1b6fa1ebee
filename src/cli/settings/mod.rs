//! What is needed: every setting, merged from what was typed, the environment, `orgready.toml` and what `sf` knows.
//!
//! From below: a value (`value`) has an origin (`origin`), which is asked for trust (`trust`); the settings by name
//! (`setting`) are looked up in `sources`; a file for each group of them gives them their types; `connection` and `batch` put
//! those together for a command. Layers with origins by hand, not by a crate for layered settings: clap's flags, variables
//! with names of others, a file that may be trusted less, and what `sf` knows are four kinds of levels that such a crate
//! does not have, and the look-up itself is thirty lines.

pub(crate) mod batch;
pub(crate) mod ci;
pub(crate) mod connection;
pub(crate) mod duration;
pub(crate) mod file;
pub(crate) mod hub;
pub(crate) mod jwt_key;
pub(crate) mod network;
pub(crate) mod origin;
pub(crate) mod output;
pub(crate) mod places;
mod provision;
pub(crate) mod proxy;
pub(crate) mod selection;
pub(crate) mod setting;
pub(crate) mod sources;
mod trust;
pub(crate) mod trust_roots;
pub(crate) mod typed;
pub(crate) mod value;
pub(crate) mod variables;

pub(crate) use jwt_key::KeySource;
pub(crate) use origin::Sourced;
pub(crate) use output::OutputSettings;
pub(crate) use sources::Sources;
pub(crate) use typed::Typed;
