//! One auth file, `~/.sfdx/<username>.json`: what a JWT login leaves there, merged into what was there before
//! (`AuthFields` in `org/authInfo.ts`).

use std::path::Path;

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::files::{FileError, Kind, Reading, folder, is_descriptor};
use crate::model::handover::{Organization, ReadyOrg};
use crate::model::org::{ClientId, OrgId};
use crate::model::report::Hub;

use super::json_file::{set, set_known, text};
use super::pem::is_read_by_sf;

/// Fields of other kinds of login: with a refresh token in the file, `sf` would not use the private key (`isJwt()`).
const OTHER_LOGINS: [&str; 4] = ["refreshToken", "clientSecret", "authCode", "privateKeyFile"];

/// Fields that are true of one org only, whatever its user is called.
const OF_ONE_ORG: [&str; 17] = [
    "isDevHub",
    "instanceApiVersion",
    "instanceApiVersionLastRetrieved",
    "name",
    "instanceName",
    "namespacePrefix",
    "orgEdition",
    "trailExpirationDate",
    "tracksSource",
    "created",
    "createdOrgInstance",
    "devHubUsername",
    "expirationDate",
    "snapshot",
    "userId",
    "password",
    "clientApps",
];

/// The longest file that is taken for a key, in bytes.
pub(super) const KEY_FILE_MAX: usize = 64 << 10;

/// Where `sf` finds the private key when it logs in by itself: an absolute path of a file that it can read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPath(String);

impl KeyPath {
    /// Takes the path of a regular file whose PEM `sf` reads as it is. A pipe is gone after one reading, and base64 or
    /// `\n` in two characters are read by us alone.
    pub fn new(path: &Path) -> Result<Self, KeyPathError> {
        let absolute = std::path::absolute(path).map_err(FileError::io("find", path))?;
        if folder::kind(&absolute)? != Kind::File || is_descriptor(&absolute) {
            return Err(KeyPathError::NotAFile);
        }
        if !is_read_by_sf(&Zeroizing::new(Reading::REGULAR.at_most(KEY_FILE_MAX).bytes(&absolute)?)) {
            return Err(KeyPathError::NotPlainPem);
        }
        absolute.into_os_string().into_string().map(Self).map_err(|_| KeyPathError::NotUnicode)
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why `sf` could not find the private key again at a path.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyPathError {
    /// A pipe, standard input or the like.
    #[error("the private key did not come from a file that lasts")]
    NotAFile,
    /// Base64, line ends as two characters, lines that are indented or joined: what [`SigningKey`](crate::SigningKey) reads and OpenSSL does not.
    #[error("the private key's file is not plain PEM, so sf cannot read it")]
    NotPlainPem,
    /// The store is JSON, and so Unicode.
    #[error("the private key's path is not Unicode, so the sf store cannot name it")]
    NotUnicode,
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
}

/// What every JWT login leaves, a Dev Hub's as well as a scratch org's.
#[derive(Debug)]
#[expect(clippy::struct_field_names, reason = "`login_url` is what it is called everywhere")]
pub(super) struct Login<'a> {
    pub(super) username: &'a str,
    pub(super) org_id: OrgId,
    pub(super) instance_url: &'a str,
    pub(super) login_url: &'a str,
    pub(super) client_id: &'a ClientId,
    pub(super) key_path: Option<&'a KeyPath>,
}

impl<'a> Login<'a> {
    /// The login of a Dev Hub, kept under `username`.
    pub(super) fn of_hub(
        hub: &'a Hub,
        username: &'a str,
        client_id: &'a ClientId,
        key_path: Option<&'a KeyPath>,
    ) -> Self {
        let Hub { org_id, instance_url, login_url, .. } = hub;
        Self { username, org_id: *org_id, instance_url, login_url, client_id, key_path }
    }

    /// Puts the login, with its token as it is stored, in the place of whatever login was there; what it does not
    /// concern stays, in its order.
    pub(super) fn merge_into(&self, old: Map<String, Value>, token: Option<&str>) -> Map<String, Value> {
        let mut fields = old;
        for key in OTHER_LOGINS {
            fields.shift_remove(key);
        }
        let same_org = text(&fields, "orgId").is_none_or(|id| OrgId::new(id).is_ok_and(|id| id == self.org_id));
        if !same_org {
            for key in OF_ONE_ORG {
                fields.shift_remove(key);
            }
        }
        set_or_remove(&mut fields, "accessToken", token);
        set(&mut fields, "orgId", self.org_id.as_str());
        set(&mut fields, "loginUrl", self.login_url);
        set_or_remove(&mut fields, "privateKey", self.key_path.map(KeyPath::as_str));
        set(&mut fields, "clientId", self.client_id.as_str());
        set(&mut fields, "instanceUrl", self.instance_url);
        set(&mut fields, "username", self.username);
        fields
    }
}

/// What a scratch org's file holds besides, as `sf org login jwt` and `sf org create scratch` leave it
/// (`determineOrg.ts`, `authorizeScratchOrg` in `org/scratchOrgInfoApi.ts`).
pub(super) fn describe_scratch_org(fields: &mut Map<String, Value>, org: &ReadyOrg, hub: &str, api_version: &str) {
    let record = &org.record;
    // A scratch org may be a Dev Hub too: `sf` has asked it.
    fields.entry("isDevHub").or_insert(Value::Bool(false));
    set(fields, "isScratch", true);
    set(fields, "isSandbox", false);
    set(fields, "devHubUsername", hub);
    // `sf org list` takes an org for a scratch org if this field is there (plugin-org, `orgListUtil.ts`).
    let trial = org.organization.trial_expiration_date.as_deref().and_then(|date| date.get(..10));
    let expires = record.expiration_date.map(|date| date.to_string()).or_else(|| trial.map(str::to_owned));
    set_known(fields, "expirationDate", expires);
    set_known(fields, "created", record.created.map(|created| created.as_millisecond().to_string()));
    set_known(fields, "createdOrgInstance", record.instance.as_deref());
    describe_organization(fields, &org.organization);
    // Scratch orgs track source unless told otherwise (`tracksSource()` in `org/org.ts`).
    fields.entry("tracksSource").or_insert(Value::Bool(true));
    // Without the time of its retrieval `sf` asks for the latest version before it uses this one (`org/connection.ts`).
    fields.entry("instanceApiVersion").or_insert_with(|| api_version.into());
}

/// What a Dev Hub's file holds besides.
pub(super) fn describe_hub(fields: &mut Map<String, Value>, organization: Option<&Organization>) {
    set(fields, "isDevHub", true);
    let Some(organization) = organization else { return };
    let is_trial = organization.trial_expiration_date.is_some();
    set(fields, "isScratch", organization.is_sandbox == Some(true) && is_trial);
    set(fields, "isSandbox", organization.is_sandbox == Some(true) && !is_trial);
    describe_organization(fields, organization);
}

/// What `determineOrg.ts` saves. It asks again at every command unless edition and namespace are there, be it as null.
fn describe_organization(fields: &mut Map<String, Value>, organization: &Organization) {
    set_known(fields, "name", organization.name.as_deref());
    set_known(fields, "instanceName", organization.instance_name.as_deref());
    set_known(fields, "orgEdition", organization.organization_type.as_deref());
    set(fields, "namespacePrefix", organization.namespace_prefix.clone());
    set(fields, "trailExpirationDate", organization.trial_expiration_date.clone());
}

fn set_or_remove(fields: &mut Map<String, Value>, key: &str, value: Option<&str>) {
    match value {
        Some(value) => set(fields, key, value),
        None => drop(fields.shift_remove(key)),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const PEM: &str = "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n";

    #[test]
    fn only_what_sf_reads_in_a_file_that_lasts_is_a_path_for_it() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("server.key");
        fs::write(&path, PEM).unwrap();
        assert!(KeyPath::new(&path).is_ok());
        fs::write(&path, PEM.replace('\n', "\n\n")).unwrap();
        assert!(matches!(KeyPath::new(&path), Err(KeyPathError::NotPlainPem)));
        assert!(matches!(KeyPath::new(home.path()), Err(KeyPathError::NotAFile)));
        assert!(matches!(KeyPath::new(&home.path().join("none")), Err(KeyPathError::File(_))));
        fs::write(&path, " ".repeat(KEY_FILE_MAX + 1)).unwrap();
        assert!(matches!(KeyPath::new(&path), Err(KeyPathError::File(_))));
    }

    #[test]
    fn a_relative_path_is_told_as_an_absolute_one() {
        let file = tempfile::NamedTempFile::new_in(".").unwrap();
        fs::write(file.path(), PEM).unwrap();
        let relative = Path::new(file.path().file_name().unwrap());
        assert!(Path::new(KeyPath::new(relative).unwrap().as_str()).is_absolute());
    }

    proptest::proptest! {
        #[test]
        fn what_a_login_does_not_concern_is_never_lost(
            old in proptest::collection::btree_map("[a-z]{1,8}|refreshToken|orgId|accessToken", ".*", 0..12)
        ) {
            let client_id = ClientId::new("3MVG9").unwrap();
            let login = Login {
                username: "a@b.c", org_id: OrgId::new("00D000000000001").unwrap(), instance_url: "i", login_url: "l",
                client_id: &client_id, key_path: None,
            };
            let before: Map<String, Value> = old.into_iter().map(|(key, value)| (key, value.into())).collect();
            let after = login.merge_into(before.clone(), Some("t"));
            for (key, value) in &before {
                let ours = ["orgId", "accessToken"].contains(&key.as_str());
                let gone = OTHER_LOGINS.contains(&key.as_str()) || OF_ONE_ORG.contains(&key.as_str());
                assert!(ours || gone || after.get(key) == Some(value), "{key}");
            }
            assert!(after.get("refreshToken").is_none());
        }
    }
}
