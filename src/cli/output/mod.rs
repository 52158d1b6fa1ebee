//! What is shown and written: one format a file.

pub(crate) mod checks;
pub(crate) mod groups;
pub(crate) mod headline;
pub(crate) mod html;
pub(crate) mod human;
pub(crate) mod json;
pub(crate) mod junit;
pub(crate) mod markdown;
pub(crate) mod output_env;
pub(crate) mod report;
pub(crate) mod step_outputs;
pub(crate) mod step_summary;
pub(crate) mod tokens;

#[cfg(test)]
pub(crate) mod tests;
