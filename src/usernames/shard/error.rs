//! Why there is no share.

use crate::model::untrusted::sanitize_line;

/// Why there is no share, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ShardError(pub(super) String);

impl ShardError {
    /// A platform says which job this is, but not of how many, or the other way round.
    pub(super) fn missing(set: &str, missing: &str, platform: &str) -> Self {
        Self(format!("{set} is set, {missing} is not; set it as {platform} would, or give the share as I/N"))
    }

    /// A platform's variable is no number, or out of range.
    pub(super) fn variable(variable: &str, value: &str, platform: &str, base: u32) -> Self {
        let value = sanitize_line(value, 40);
        Self(format!(
            "{variable} is \"{value}\", which is no job of {platform} (its indices count from {base}); give the share as I/N"
        ))
    }
}
