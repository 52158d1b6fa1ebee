//! What the tests of this room share: stores in temporary folders, and ready orgs.

use std::sync::Arc;

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::model::handover::{Organization, ReadyOrg};
use crate::model::host::TrustedHosts;
use crate::model::org::{Alias, ClientId, OrgId, Username};
use crate::model::scratch_org::{ScratchOrgInfo, Status};
use crate::model::token::AccessToken;

use super::auth::KeyPath;
use super::crypto::StoreKey;
use super::handover::HandoverOptions;
use super::settings::{Platform, StoreSettings};
use super::store::Store;

pub(super) const HUB: &str = "hub@acme.com";
pub(super) const TOKEN: &str = "00D000000000001!AQEAplain.text_token";

/// A home folder with a key file, and the store in it.
pub(super) struct Home {
    folder: tempfile::TempDir,
    pub(super) store: Store,
    pub(super) key: KeyPath,
}

impl Home {
    /// Where `sf` keeps its key in a file.
    pub(super) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(super) fn with(change: impl Fn(&mut StoreSettings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("server.key");
        fs::write(&key, "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n").unwrap();
        let mut settings = StoreSettings::new(folder.path().to_owned(), folder.path().to_owned(), |_| None);
        settings.platform = Platform::Linux;
        settings.generic_keychain = true;
        change(&mut settings);
        Self { store: Store::new(settings), key: KeyPath::new(&key).unwrap(), folder }
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file below the home folder.
    pub(super) fn put(&self, name: &str, content: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(super) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    pub(super) fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.text(name)).unwrap()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.path().join(name).exists()
    }

    /// The token of a login, as `sf` would read it.
    pub(super) fn token(&self, username: &str) -> Option<String> {
        let key = StoreKey::new(self.json(".sfdx/key.json")["key"].as_str()?)?;
        key.decrypt(self.json(&format!(".sfdx/{username}.json"))["accessToken"].as_str()?)
    }

    pub(super) fn wanted(&self) -> HandoverOptions {
        let options = HandoverOptions::new(Username::new(HUB).unwrap(), ClientId::new("3MVG9").unwrap());
        HandoverOptions { key_path: Some(self.key.clone()), ..options }
    }
}

/// A scratch org as it comes out of a run.
pub(super) fn ready_org(index: usize, username: &str, alias: Option<&str>) -> ReadyOrg {
    let mut trusted = TrustedHosts::new(Vec::new());
    trusted.hub("http://localhost:8123").unwrap();
    let urls = ("http://localhost:8125/", "http://localhost:8124");
    let urls = (trusted.login_url(urls.0).unwrap(), trusted.instance_url(urls.1).unwrap());
    let username = Username::new(username).unwrap();
    let record = ScratchOrgInfo {
        username: Some(username.clone()),
        login_url: Some("http://localhost:8125/".to_owned()),
        status: Some(Status::Active),
        org_id: Some(OrgId::new("00D000000000001").unwrap()),
        instance: Some("USA1S".to_owned()),
        expiration_date: Some("2026-12-01".parse().unwrap()),
        connected_app: Some("3MVG9".to_owned()),
        created: Some("2026-11-24T10:00:00Z".parse().unwrap()),
        ..ScratchOrgInfo::default()
    };
    let org_id = OrgId::new("00D000000000001EAA").unwrap();
    ReadyOrg {
        alias: alias.map(|alias| Alias::new(alias).unwrap()),
        record: Arc::new(record),
        organization: organization(),
        ..ReadyOrg::new(index, username, org_id, urls, AccessToken::new(TOKEN.to_owned()))
    }
}

pub(super) fn organization() -> Organization {
    Organization {
        name: Some("Acme".to_owned()),
        instance_name: Some("USA1S".to_owned()),
        is_sandbox: Some(true),
        namespace_prefix: None,
        organization_type: Some("Developer Edition".to_owned()),
        trial_expiration_date: Some("2026-12-01T00:00:00.000+0000".to_owned()),
    }
}
