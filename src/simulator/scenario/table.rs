//! A table of a scenario that holds the keys of two things.

use serde::de::DeserializeOwned;
use toml::Table;

/// The thing that these keys are of, and the one that all others are of.
pub(super) fn split<A: DeserializeOwned, B: DeserializeOwned>(
    mut table: Table,
    keys: &[&str],
) -> Result<(A, B), String> {
    let first: Table = keys.iter().filter_map(|key| table.remove_entry(*key)).collect();
    let reason = |error: toml::de::Error| error.message().to_owned();
    Ok((first.try_into().map_err(reason)?, table.try_into().map_err(reason)?))
}
