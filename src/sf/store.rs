//! The store as a whole: where its files are, and the logins that are written into it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use crate::files::{self, Place, Readers, folder};
use crate::model::handover::HubLogin;
use crate::model::org::{Alias, ClientId};

use super::alias::{self, Aliases};
use super::auth::{KeyPath, Login, describe_hub};
use super::config::{Config, TARGET_DEV_HUB, TARGET_ORG};
use super::error::StoreError;
use super::file_name::is_auth_file;
use super::keychain;
use super::lock::{LockWait, lock_folder};
use super::logins::{Logins, Usernames};
use super::project;
use super::settings::StoreSettings;

/// The files of `sf` on this machine. Its methods block; all that run after each other or at once wait no longer than
/// some 20 s together for a process that hangs.
#[derive(Debug, Clone)]
pub struct Store {
    pub(super) settings: StoreSettings,
    pub(super) wait: Arc<LockWait>,
}

/// What the Dev Hub is to be called, and what it is to be the default for.
#[derive(Debug, Clone, Default)]
pub struct HubDefaults {
    /// Its alias.
    pub alias: Option<Alias>,
    /// Whether it becomes the default Dev Hub.
    pub dev_hub: bool,
    /// Whether it becomes the default org.
    pub org: bool,
}

impl Store {
    /// The store of these settings; nothing is read or written yet.
    pub fn new(settings: StoreSettings) -> Self {
        Self { settings, wait: Arc::default() }
    }

    /// The run's own time is up then: after it, other processes are waited for only a moment.
    pub fn run_ends(&self, at: Instant) {
        self.wait.run_ends(at);
    }

    /// From now on waits for other processes are short: the program is to end.
    pub(crate) fn hurry(&self) {
        self.wait.hurry();
    }

    /// Whether the program was started inside a Salesforce DX project.
    pub(crate) fn is_in_project(&self) -> bool {
        self.project().is_some()
    }

    /// The `sfdcLoginUrl` of the project around the folder that the program was started in, and the file that says so.
    #[doc(hidden)]
    pub fn project_login_url(&self) -> Result<Option<(String, PathBuf)>, StoreError> {
        self.project().map_or(Ok(None), project::login_url)
    }

    /// The file that makes the project around that folder one.
    pub(crate) fn project_file(&self) -> Option<PathBuf> {
        self.project().map(project::file)
    }

    /// The usernames that aliases stand for.
    pub(crate) fn usernames_of_aliases(&self) -> Result<HashMap<String, String>, StoreError> {
        let aliases = self.aliases()?;
        let pair = |alias: &str| Some((alias.to_owned(), aliases.username(alias)?.to_owned()));
        Ok(aliases.names().filter_map(pair).collect())
    }

    /// Proves, before anything is sent, that logins can be kept here: the folder can be written, the key of `sf` is in
    /// order, and something usable can be written at all. Makes `key.json` where `sf` would.
    #[doc(hidden)]
    pub fn prepare(&self, key_path: Option<&KeyPath>, defaults: &HubDefaults) -> Result<(), StoreError> {
        self.open(key_path)?;
        self.prepare_names(defaults.alias.is_some(), defaults.dev_hub || defaults.org)
    }

    /// Keeps the Dev Hub's login, its alias and what it is the default for. Returns warnings.
    #[doc(hidden)]
    pub fn save_hub(
        &self,
        hub: &HubLogin,
        client_id: &ClientId,
        key_path: Option<&KeyPath>,
        defaults: &HubDefaults,
    ) -> Result<Vec<String>, StoreError> {
        let logins = self.open(key_path)?;
        let username = logins.spelling(hub.hub.username.as_str());
        let login = Login::of_hub(&hub.hub, username, client_id, key_path);
        logins.save(&login, Some(&hub.token), |fields| describe_hub(fields, Some(&hub.organization)))?;
        let mut warnings = Vec::new();
        if key_path.is_none() {
            warnings.push(NO_KEY_PATH.to_owned());
        }
        let alias = defaults.alias.as_ref().map(Alias::as_str);
        if let Some(alias) = alias {
            self.save_aliases(&[(alias.to_owned(), username.to_owned())])?;
        }
        let chosen = [(defaults.dev_hub, TARGET_DEV_HUB), (defaults.org, TARGET_ORG)];
        let keys: Vec<&str> = chosen.iter().filter(|(wanted, _)| *wanted).map(|(_, key)| *key).collect();
        if !keys.is_empty() {
            warnings.extend(self.save_default(&keys, alias, username)?);
        }
        Ok(warnings)
    }

    /// `~/.sfdx`: `Global.DIR`, which no variable moves.
    pub(super) fn folder(&self) -> PathBuf {
        self.settings.home.join(".sfdx")
    }

    pub(super) fn alias_file(&self) -> PathBuf {
        self.folder().join("alias.json")
    }

    pub(super) fn key_file(&self) -> PathBuf {
        self.folder().join("key.json")
    }

    pub(super) fn project(&self) -> Option<&Path> {
        project::root(&self.settings.folder)
    }

    /// Whether a file of the store, or the lock of one, is at this place.
    pub(crate) fn holds(&self, place: &Place) -> bool {
        let configs = self.configs();
        let single = [self.alias_file(), self.key_file(), self.pending_file()];
        let files = single.iter().map(PathBuf::as_path).chain(configs.iter().flat_map(Config::files));
        let is = |path: &Path| Place::of(path).is_some_and(|known| known.is(place));
        let login = || {
            let name = place.path().file_name().unwrap_or_default().to_string_lossy();
            is_auth_file(name.strip_suffix(".lock").unwrap_or(&name)) && is(&self.folder().join(&*name))
        };
        files.into_iter().any(|path| is(path) || is(&lock_folder(path))) || login()
    }

    /// The defaults in the order in which they count: the project's, the user's.
    pub(super) fn configs(&self) -> Vec<Config> {
        let config = |root, readers| Config::new(root, readers, self.settings.interoperability);
        let project = self.project().map(|root| config(root, Readers::Umask));
        project.into_iter().chain([config(&self.settings.home, Readers::Owner)]).collect()
    }

    /// What the defaults say that `get` looks for: the first ones that say anything.
    pub(super) fn default<T>(
        &self,
        get: impl Fn(&Config) -> Result<Option<T>, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        self.configs().iter().find_map(|config| get(config).transpose()).transpose()
    }

    pub(super) fn aliases(&self) -> Result<Aliases, StoreError> {
        Aliases::read(&self.alias_file())
    }

    /// Where defaults are written: in the project, else for the user (`setAsDefault` in `org/authInfo.ts`).
    fn default_config(&self) -> Config {
        self.configs().swap_remove(0)
    }

    /// Proves that aliases and defaults can be written.
    pub(super) fn prepare_names(&self, aliases: bool, default: bool) -> Result<(), StoreError> {
        if aliases || default {
            self.aliases()?;
        }
        if aliases {
            // `sf` makes an empty list, without the lock, where it finds none; made now, it finds one from here on.
            alias::create(&self.alias_file())?;
        }
        if default {
            self.default_config().prepare()?;
        }
        Ok(())
    }

    /// One round of the lock for all of them.
    pub(super) fn save_aliases(&self, aliases: &[(String, String)]) -> Result<(), StoreError> {
        if aliases.is_empty() { Ok(()) } else { alias::save(&self.alias_file(), aliases, &self.wait) }
    }

    /// Makes a user the default, by alias if there is one.
    pub(super) fn save_default(
        &self,
        keys: &[&str],
        alias: Option<&str>,
        username: &str,
    ) -> Result<Option<String>, StoreError> {
        let aliases = self.aliases()?;
        let value = alias.or_else(|| aliases.of(username)).unwrap_or(username);
        let values: Vec<(&str, &str)> = keys.iter().map(|key| (*key, value)).collect();
        self.default_config().save(&values, &self.wait)
    }

    /// The usernames that `sf` has a file for.
    pub(super) fn usernames(&self) -> Usernames {
        Usernames::in_folder(&self.folder())
    }

    /// Everything that is needed to write logins.
    pub(super) fn open(&self, key_path: Option<&KeyPath>) -> Result<Logins, StoreError> {
        folder::probe(&self.folder(), Readers::Owner)?;
        files::sweep(&self.folder());
        let key = if keychain::is_in_file(&self.settings) {
            Some(keychain::key_from_file(&self.key_file(), self.settings.crypto_v2)?)
        } else if key_path.is_some() {
            None
        } else {
            return Err(StoreError::Impossible(NOTHING_USABLE.to_owned()));
        };
        Ok(Logins::new(self.folder(), self.key_file(), Arc::clone(&self.wait), key))
    }
}

/// Where a login that is written could not be used by `sf` in any way.
const NOTHING_USABLE: &str = "sf keeps its key in the system keychain here, so it must log in by itself, and for that needs the private key in a file: add --keep-key-file PATH, or --no-sf-store to leave sf out";

/// The warning where the private key has no path that `sf` could be told.
pub(super) const NO_KEY_PATH: &str = "sf was given the access token but no private key, because the key has no path: once the token expires, sf cannot renew it. --keep-key-file PATH keeps the key where sf finds it";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{HUB, Home, TOKEN, organization};
    use super::*;
    use crate::model::handover::Organization;
    use crate::model::host::TrustedHosts;
    use crate::model::org::{OrgId, Username};
    use crate::model::report::Hub;
    use crate::model::token::AccessToken;

    fn save(home: &Home, key: Option<&KeyPath>, defaults: &HubDefaults) -> Result<Vec<String>, StoreError> {
        let hub = Hub {
            username: Username::new(HUB).unwrap(),
            org_id: OrgId::new("00D000000000HUB").unwrap(),
            instance_url: "http://localhost:8120".to_owned(),
            login_url: "http://localhost:8121".to_owned(),
        };
        let token = AccessToken::new(TOKEN.to_owned());
        let organization = Organization { is_sandbox: Some(false), trial_expiration_date: None, ..organization() };
        let mut trusted = TrustedHosts::default();
        trusted.hub(&hub.login_url).unwrap();
        let instance_url = trusted.instance_url(&hub.instance_url).unwrap();
        let hub = HubLogin { hub, instance_url, token, organization };
        home.store.save_hub(&hub, &ClientId::new("3MVG9").unwrap(), key, defaults)
    }

    #[test]
    fn a_hub_is_kept_with_every_field_that_sf_leaves() {
        let home = Home::new();
        assert!(save(&home, Some(&home.key), &HubDefaults::default()).unwrap().is_empty());
        let mut fields = home.json(".sfdx/hub@acme.com.json");
        fields["accessToken"].take();
        assert_eq!(home.token(HUB).unwrap(), TOKEN);
        assert_eq!(
            fields,
            json!({
                "accessToken": null, "orgId": OrgId::new("00D000000000HUB").unwrap().as_str(),
                "loginUrl": "http://localhost:8121", "privateKey": home.key.as_str(), "clientId": "3MVG9",
                "instanceUrl": "http://localhost:8120", "username": HUB, "isDevHub": true, "isScratch": false,
                "isSandbox": false, "name": "Acme", "instanceName": "USA1S", "orgEdition": "Developer Edition",
                "namespacePrefix": null, "trailExpirationDate": null
            })
        );
        assert!(!home.has(".sf/config.json") && !home.has(".sfdx/alias.json"));
    }

    #[test]
    fn a_hub_becomes_the_default_under_its_alias() {
        let home = Home::new();
        let defaults = HubDefaults { alias: Some(Alias::new("prod").unwrap()), dev_hub: true, org: true };
        home.store.prepare(Some(&home.key), &defaults).unwrap();
        assert_eq!(home.json(".sfdx/alias.json"), json!({"orgs": {}}));
        save(&home, Some(&home.key), &defaults).unwrap();
        assert_eq!(home.json(".sf/config.json"), json!({"target-dev-hub": "prod", "target-org": "prod"}));
        let found = home.store.target_dev_hub().unwrap().unwrap().0;
        let hub = home.store.find_hub(&found, "target-dev-hub").unwrap();
        assert_eq!((hub.username.as_str(), hub.login_url.as_deref()), (HUB, Some("http://localhost:8121")));
        assert!(hub.login.is_some());
    }

    #[test]
    fn a_hub_without_a_key_path_is_kept_with_a_warning() {
        let home = Home::new();
        let warnings = save(&home, None, &HubDefaults::default()).unwrap();
        assert!(warnings[0].contains("--keep-key-file"), "{warnings:?}");
        assert!(home.json(".sfdx/hub@acme.com.json").get("privateKey").is_none());
    }

    #[test]
    fn what_cannot_be_written_is_told_before_anything_is_sent() {
        let home = Home::new();
        home.put(".sfdx", "a file");
        let error = home.store.prepare(Some(&home.key), &HubDefaults::default()).unwrap_err().to_string();
        assert!(error.contains(".sfdx"), "{error}");
        let home = Home::new();
        home.put(".sf/config.json", "[]");
        let defaults = HubDefaults { dev_hub: true, ..HubDefaults::default() };
        assert!(home.store.prepare(Some(&home.key), &defaults).is_err());
    }
}
