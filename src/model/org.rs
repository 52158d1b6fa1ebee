//! The words that name an org: usernames, ids, aliases, client ids.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::model::shown::shown_as_str;
use crate::model::untrusted::sanitize_line;

shown_as_str!(Username, ScratchOrgInfoId, OrgName, Alias, ClientId, OrgId);

/// Longest username taken, in bytes. Salesforce stops at 80 characters; the rest is room for the stand-ins of others.
const USERNAME_MAX: usize = 255;

/// A Salesforce username, such as `test-wvkpnfm5z113@example.com`.
///
/// Usernames are case-insensitive: two that differ in case only are equal, and the spelling that was given is kept for
/// display.
///
/// ```
/// use orgready::Username;
/// let a = Username::new("Test-abc@Example.com")?;
/// assert_eq!(a, Username::new("test-ABC@example.com")?);
/// assert_eq!(a.as_str(), "Test-abc@Example.com");
/// # Ok::<(), orgready::NameError>(())
/// ```
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Username(Box<str>);

impl Username {
    /// Checks the shape: something on both sides of one `@`, no white space, no control character, and none of `: \ " < >`,
    /// which neither an e-mail address nor a file's name has.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let text = text.trim();
        let shaped = match text.split_once('@') {
            Some((local, domain)) => !local.is_empty() && !domain.is_empty() && !domain.contains('@'),
            None => false,
        };
        let refused = |c: char| c.is_whitespace() || c.is_control() || matches!(c, ':' | '\\' | '"' | '<' | '>');
        if !shaped || text.contains(refused) || text.len() > USERNAME_MAX {
            return Err(NameError::new(
                text,
                "is not a Salesforce username (expected something like test-abc123@example.com)",
            ));
        }
        Ok(Self(text.into()))
    }

    /// The spelling that was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The spelling that is compared: lower case.
    pub(crate) fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

impl PartialEq for Username {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.folded() == other.folded()
    }
}

impl Eq for Username {}

impl Hash for Username {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded().hash(state);
    }
}

/// The id of a `ScratchOrgInfo` record (`2SR…`, 15 or 18 characters): what `sf org create scratch --async` prints first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct ScratchOrgInfoId(Box<str>);

impl ScratchOrgInfoId {
    /// Takes a 15 or 18 character id that starts with `2SR`, kept in the 15 characters that are compared.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let text = text.trim();
        if !text.starts_with("2SR") || !is_salesforce_id(text) {
            return Err(NameError::new(
                text,
                "is not a ScratchOrgInfo id (expected 2SR and 12 or 15 more letters and digits)",
            ));
        }
        Ok(Self(text[..15].into()))
    }

    /// The first 15 characters, which are case-sensitive and identify the record.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a user may write to name one scratch org.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum OrgName {
    /// Its administrator's username, the `SignupUsername` of the hub's record.
    Username(Username),
    /// The id of the hub's record.
    ScratchOrgInfo(ScratchOrgInfoId),
    /// None: `sf` printed an error instead. In JSON it is null.
    #[serde(serialize_with = "null")]
    Failed(FailedCreation),
}

fn null<S: serde::Serializer>(_: &FailedCreation, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_none()
}

/// What `sf` printed instead of an org.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct FailedCreation {
    /// What `sf` calls the error, safe to print: `LIMIT_EXCEEDED`.
    pub error: Option<String>,
    /// What it says, safe to print.
    pub message: String,
    /// Where it stands, such as `orgs.json:4`.
    pub place: String,
    /// Whether it says so of an org that was made all the same, or may have been.
    pub may_live: bool,
}

impl fmt::Display for FailedCreation {
    /// `LIMIT_EXCEEDED: The signup request failed … (orgs.json:4)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(error) = &self.error {
            write!(f, "{error}: ")?;
        }
        write!(f, "{} ({})", self.message, self.place)
    }
}

impl OrgName {
    /// Reads a username or a `2SR…` id.
    pub fn new(text: &str) -> Result<Self, NameError> {
        if let Ok(id) = ScratchOrgInfoId::new(text) {
            return Ok(Self::ScratchOrgInfo(id));
        }
        Username::new(text).map(Self::Username)
    }

    /// The text that was given.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Username(username) => username.as_str(),
            Self::ScratchOrgInfo(id) => id.as_str(),
            Self::Failed(failed) => &failed.place,
        }
    }
}

/// Longest alias taken, in bytes.
const ALIAS_MAX: usize = 255;

const NO_ALIAS: &str = "cannot be an alias (no white space, no ',', no '=', no '@')";

/// What an org is called in the sf store: one alias, or several with commas between them, as `sf org list auth` prints
/// them.
///
/// ```
/// use orgready::Alias;
/// assert_eq!(Alias::new("qa")?.as_str(), "qa");
/// let both = Alias::of_sf("Release 7, qa")?;
/// assert_eq!(both.each().collect::<Vec<_>>(), ["Release 7", "qa"]);
/// assert!(Alias::new("Release 7").is_err(), "what is typed has no white space");
/// # Ok::<(), orgready::NameError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Alias(Box<str>);

impl Alias {
    /// Takes any name without white space, `,`, `=`, `@` or control characters (an `@` would make it a username to `sf`).
    pub fn new(text: &str) -> Result<Self, NameError> {
        match Self::of_sf(text) {
            Ok(alias) if !alias.0.contains(|c: char| c.is_whitespace() || c == ',') => Ok(alias),
            _ => Err(NameError::new(text, NO_ALIAS)),
        }
    }

    /// Takes what `sf` prints, which made it: white space may stand in an alias, and commas between several.
    pub fn of_sf(text: &str) -> Result<Self, NameError> {
        let bad = |c: char| c.is_control() || c == '=' || c == '@';
        let each: Vec<&str> = text.split(',').map(str::trim).filter(|alias| !alias.is_empty()).collect();
        if each.is_empty() || each.iter().any(|alias| alias.len() > ALIAS_MAX || alias.contains(bad)) {
            return Err(NameError::new(text, NO_ALIAS));
        }
        Ok(Self(each.join(",").into()))
    }

    /// One alias after the other; there is at least one.
    pub fn each(&self) -> impl Iterator<Item = &str> {
        self.0.split(',')
    }

    /// The alias itself; several with commas between them.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One scratch org that a user asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgEntry {
    /// Which one.
    pub name: OrgName,
    /// What it is to be called in the sf store.
    pub alias: Option<Alias>,
}

impl FromStr for OrgEntry {
    type Err = NameError;

    /// A username or the id of a `ScratchOrgInfo` record, without an alias.
    fn from_str(text: &str) -> Result<Self, NameError> {
        Ok(Self { name: OrgName::new(text)?, alias: None })
    }
}

/// The consumer key of the connected app: OAuth's client id, the assertion's `iss`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ClientId(Box<str>);

impl ClientId {
    /// Takes any text without white space or control characters.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let text = text.trim();
        if text.is_empty() || text.len() > 1000 || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(NameError::new(
                text,
                "is not a consumer key (it has no white space; copy it from the connected app's Manage Consumer Details)",
            ));
        }
        Ok(Self(text.into()))
    }

    /// The consumer key itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An org's id (`00D…`), 15 or 18 characters.
///
/// The hub's `ScratchOrg` field has 15 characters, an identity URL has 18; both name the same org. The last three are
/// a checksum of the letters' case, so the longer form is made from the shorter; where a server gave it, its own is kept.
///
/// ```
/// use orgready::OrgId;
/// let short = OrgId::new("00D000000000001")?;
/// assert_eq!(short.to_string(), "00D000000000001EAA");
/// assert_eq!(short, OrgId::new("00D000000000001EAA")?);
/// # Ok::<(), orgready::NameError>(())
/// ```
#[derive(Clone, Copy)]
pub struct OrgId([u8; 18]);

impl fmt::Debug for OrgId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OrgId({self})")
    }
}

impl OrgId {
    /// Takes a 15 or 18 character id that starts with `00D`.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let text = text.trim();
        if !text.starts_with("00D") || !is_salesforce_id(text) {
            return Err(NameError::new(text, "is not an org id (expected 00D and 12 or 15 more letters and digits)"));
        }
        let mut id = [0; 18];
        id[..text.len()].copy_from_slice(text.as_bytes());
        if text.len() == 15 {
            for (five, check) in text.as_bytes().chunks(5).zip(15..) {
                let bits = |bits, (at, byte): (usize, &u8)| bits | usize::from(byte.is_ascii_uppercase()) << at;
                id[check] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[five.iter().enumerate().fold(0, bits)];
            }
        }
        Ok(Self(id))
    }

    /// The case-sensitive form of 15 characters, as in `ScratchOrgInfo.ScratchOrg`.
    pub fn short(&self) -> &str {
        &self.as_str()[..15]
    }

    /// The case-safe form of 18 characters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("000000000000000000")
    }
}

impl PartialEq for OrgId {
    fn eq(&self, other: &Self) -> bool {
        self.0[..15] == other.0[..15]
    }
}

impl Eq for OrgId {}

impl Hash for OrgId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0[..15].hash(state);
    }
}

impl Serialize for OrgId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for OrgId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).map_err(serde::de::Error::custom)
    }
}

fn is_salesforce_id(text: &str) -> bool {
    matches!(text.len(), 15 | 18) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// A name that is not what it should be; the text is quoted in a form that is safe to print.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" {problem}")]
pub struct NameError {
    text: String,
    problem: &'static str,
}

impl NameError {
    fn new(text: &str, problem: &'static str) -> Self {
        Self { text: sanitize_line(text, 80), problem }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_is_at_most_255_bytes_without_what_sf_reads_otherwise() {
        for good in ["qa", "Release 7", "a,b", &"x".repeat(255)] {
            assert_eq!(Alias::of_sf(good).unwrap().as_str(), good);
        }
        for bad in ["", ",", "a=b", "a@b", "a\u{7}b", "good,b@d", &"x".repeat(256)] {
            assert!(Alias::of_sf(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_org_id_has_15_or_18_letters_and_digits() {
        let id = OrgId::new("00D000000000001EAA").unwrap();
        assert_eq!(format!("{id:?}"), "OrgId(00D000000000001EAA)");
        assert_eq!((id.short(), id.as_str()), ("00D000000000001", "00D000000000001EAA"));
        for bad in ["00D00000000000", "00D0000000000011", "00D00000000000!", "00D00000000000!EAA", "001000000000001"] {
            assert!(OrgId::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_failed_creation_says_what_happened_and_where_it_stands() {
        let failed = FailedCreation {
            error: Some("LIMIT_EXCEEDED".to_owned()),
            message: "The signup request failed".to_owned(),
            place: "orgs.json:4".to_owned(),
            may_live: false,
        };
        assert_eq!(failed.to_string(), "LIMIT_EXCEEDED: The signup request failed (orgs.json:4)");
        assert_eq!(FailedCreation { error: None, ..failed }.to_string(), "The signup request failed (orgs.json:4)");
    }
}
