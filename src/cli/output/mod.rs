//! What is shown and written: one format a file.

pub(crate) mod groups;
pub(crate) mod human;
pub(crate) mod json;
pub(crate) mod junit;
pub(crate) mod markdown;
pub(crate) mod place;
pub(crate) mod report;
#[cfg(test)]
pub(crate) mod samples;
pub(crate) mod tokens;
