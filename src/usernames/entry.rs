//! One org as it is written: `username`, `alias=username`, or the two in columns or keys of their own.

use crate::model::org::{Alias, OrgEntry, OrgName};

use super::problem::{NO_SALESFORCE_USERNAME, RowError, Subject};
use super::row::{Found, Row};

/// `test-a@example.com`, `qa=test-a@example.com`, `2SR…`, `qa=2SR…`, or a word that may be an alias.
///
/// An `=` may stand in a username too, so what is left of it is an alias only without an `@`.
pub(super) fn parse(text: &str) -> Result<Found, RowError> {
    match text.split_once('=') {
        Some((alias, rest)) if !alias.contains('@') => {
            let no_alias = "has no alias before its \"=\" (an alias there has no white space and no comma)";
            let alias = Alias::new(alias).map_err(|_| no_alias)?;
            Ok(Found::Org(OrgEntry { name: name(rest)?, alias: Some(alias) }))
        }
        _ => match name(text) {
            Err(_) if is_word(text) => Ok(Found::Word(text.trim().to_owned())),
            name => Ok(Found::Org(OrgEntry { name: name?, alias: None })),
        },
    }
}

/// A username, and an alias from a column or key of its own: then an `=` in the username is taken as it is, and the
/// alias as `sf` made it. Where there is no alias, `alias=username` is understood.
pub(super) fn with_alias(line: usize, username: (&str, Subject), alias: Option<(&str, Subject)>) -> Row {
    let (text, subject) = username;
    let Some((alias, called)) = alias.filter(|(alias, _)| !alias.trim().is_empty()) else {
        return Row::new(line, subject, parse(text));
    };
    match (name(text), Alias::of_sf(alias)) {
        (Ok(name), Ok(alias)) => Row::new(line, subject, Ok(Found::Org(OrgEntry { name, alias: Some(alias) }))),
        (Ok(_), Err(_)) => {
            let no_alias = "is no alias (an alias has no \"=\", no \"@\" and no control character)";
            Row::new(line, called, Err(no_alias.into()))
        }
        (Err(error), _) => Row::new(line, subject, Err(error)),
    }
}

/// Neither `,` nor `;` stands in a Salesforce username; where one does, it separates several.
fn name(text: &str) -> Result<OrgName, RowError> {
    if text.contains('@') && text.contains([',', ';']) {
        return Err("is more than one username (one per line or argument; for columns, begin with a header line such as username,alias)".into());
    }
    OrgName::new(text).map_err(|_| NO_SALESFORCE_USERNAME)
}

fn is_word(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && !text.contains(['@', '=']) && !text.contains(char::is_control)
}
