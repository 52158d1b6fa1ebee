//! One org as it is written: `username`, `alias=username`, or the two in columns of their own.

use crate::model::org::{Alias, OrgEntry, OrgName};

use super::RowError;

/// `test-a@example.com`, `qa=test-a@example.com`, `2SR…` or `qa=2SR…`.
///
/// An `=` may stand in a username too, so what is left of it is an alias only without an `@`.
pub(super) fn parse(text: &str) -> Result<OrgEntry, RowError> {
    match text.split_once('=') {
        Some((alias, rest)) if !alias.contains('@') => {
            Ok(OrgEntry { name: name(rest)?, alias: Some(Alias::new(alias)?) })
        }
        _ => Ok(OrgEntry { name: name(text)?, alias: None }),
    }
}

/// A username, and an alias from a column or key of its own: then an `=` in the username is taken as it is. Where there
/// is no alias, `alias=username` is understood.
pub(super) fn with_alias(text: &str, alias: Option<&str>) -> Result<OrgEntry, RowError> {
    match alias.map(str::trim).filter(|alias| !alias.is_empty()) {
        Some(alias) => Ok(OrgEntry { name: name(text)?, alias: Some(Alias::new(alias)?) }),
        None => parse(text),
    }
}

/// No character of `,;"` can stand in a Salesforce username; where one does, it separates or wraps several.
fn name(text: &str) -> Result<OrgName, RowError> {
    if text.contains('@') && text.contains([',', ';', '"']) {
        return Err(RowError::Several(crate::model::untrusted::sanitize_line(text, 80)));
    }
    Ok(OrgName::new(text)?)
}
