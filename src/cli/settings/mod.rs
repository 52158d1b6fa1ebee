//! What is needed: every setting, merged from what was typed, the environment, `orgready.toml` and what `sf` knows.

pub(crate) mod duration;
pub(crate) mod file;
pub(crate) mod keys;
pub(crate) mod origin;
pub(crate) mod problem;
pub(crate) mod sources;
