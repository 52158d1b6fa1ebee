//! The Dev Hub as `sf` knows it: who it is, and how `sf` logs in to it.

use std::path::PathBuf;

use crate::model::org::{ClientId, Username};
use crate::model::scratch_org::PLATFORM_CLI;
use crate::model::untrusted::sanitize_line;

use super::alias::Aliases;
use super::config::TARGET_DEV_HUB;
use super::error::StoreError;
use super::file_name::auth_file_name;
use super::json_file::{self, text};
use super::store::Store;

/// What the store tells of a Dev Hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownHub {
    /// Its user.
    pub username: Username,
    /// How `sf` logs in to it; nothing where `sf` has no login of it, or one of another kind than JWT.
    pub login: Option<KnownLogin>,
    /// Its login URL as `sf` keeps it: not checked yet.
    pub login_url: Option<String>,
    /// The file that says so; nothing where `sf` has no login of it.
    pub file: Option<PathBuf>,
}

impl KnownHub {
    /// One that `sf` does not know.
    pub fn unknown(username: Username) -> Self {
        Self { username, login: None, login_url: None, file: None }
    }
}

/// A login by JWT: client id and key belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownLogin {
    /// The consumer key.
    pub client_id: ClientId,
    /// Where the private key is; nothing where it had no path that `sf` could be told.
    pub key_path: Option<PathBuf>,
}

#[doc(hidden)]
impl Store {
    /// The Dev Hub that `sf` uses by default (`target-dev-hub`), and the file that says so: the project's before the
    /// user's.
    pub fn target_dev_hub(&self) -> Result<Option<(String, PathBuf)>, StoreError> {
        self.default(|config| config.get(TARGET_DEV_HUB))
    }

    /// Finds a Dev Hub by alias or username. A username that `sf` does not know is taken as it is. `origin` says where
    /// the selector came from, for messages.
    pub fn find_hub(&self, selector: &str, origin: &str) -> Result<KnownHub, StoreError> {
        let aliases = match self.aliases() {
            // A list that makes no sense is in nobody's way who does without it.
            Err(_) if selector.contains('@') => Aliases::default(),
            aliases => aliases?,
        };
        let name = aliases.username(selector).unwrap_or(selector);
        let unknown = || {
            StoreError::Impossible(format!(
                "sf has no alias \"{}\" ({}){}; give the Dev Hub's username, or --hub-username, --client-id and --jwt-key-file",
                sanitize_line(selector, 80),
                sanitize_line(origin, 300),
                shown_aliases(&aliases)
            ))
        };
        let username = Username::new(name).map_err(|_| unknown())?;
        let known = self.usernames();
        let Some(spelling) = known.find(username.as_str()) else {
            return Ok(KnownHub::unknown(username));
        };
        let file = self.folder().join(auth_file_name(spelling)?);
        let fields = json_file::read(&file)?.object;
        // A login from a browser goes by sf's own app, which has no private key (`authInfo.ts`).
        let client_id = text(&fields, "clientId").filter(|id| *id != PLATFORM_CLI);
        let login = match (client_id, text(&fields, "privateKey"), text(&fields, "refreshToken")) {
            (Some(client_id), key_path, None) => {
                let client_id = ClientId::new(client_id)
                    .map_err(|_| StoreError::foreign(&file, "holds a clientId that is no consumer key"))?;
                Some(KnownLogin { client_id, key_path: key_path.map(PathBuf::from) })
            }
            _ => None,
        };
        let login_url = text(&fields, "loginUrl").map(str::to_owned);
        let username = Username::new(spelling).map_err(|_| unknown())?;
        Ok(KnownHub { username, login, login_url, file: Some(file) })
    }
}

/// As the end of a clause: `; it has: qa, uat`.
fn shown_aliases(aliases: &Aliases) -> String {
    let names: Vec<&str> = aliases.names().take(20).collect();
    if names.is_empty() { String::new() } else { format!("; it has: {}", sanitize_line(&names.join(", "), 300)) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Home;
    use super::KnownLogin;

    const HUB: &str = r#"{"username":"hub@acme.com","clientId":"3MVG9","privateKey":"/ci/server.key","loginUrl":"https://acme.my.salesforce.com","isDevHub":true}"#;

    fn home() -> Home {
        let home = Home::new();
        home.put(".sfdx/hub@acme.com.json", HUB);
        home.put(".sfdx/alias.json", r#"{"orgs":{"prod":"hub@acme.com","old":"gone@acme.com"}}"#);
        home
    }

    #[test]
    fn a_hub_is_found_by_alias_and_by_username_in_any_case() {
        let home = home();
        for selector in ["prod", "hub@acme.com", "HUB@acme.com"] {
            let hub = home.store.find_hub(selector, "--target-dev-hub").unwrap();
            assert_eq!(hub.username.as_str(), "hub@acme.com");
            assert_eq!(hub.login_url.as_deref(), Some("https://acme.my.salesforce.com"));
            let Some(jwt) = hub.login else { panic!("{hub:?}") };
            assert_eq!((jwt.client_id.as_str(), jwt.key_path), ("3MVG9", Some("/ci/server.key".into())));
        }
    }

    #[cfg(unix)]
    #[test]
    fn of_two_spellings_the_one_that_was_asked_for_counts() {
        let home = home();
        home.put(".sfdx/HUB@acme.com.json", r#"{"loginUrl":"https://other.my.salesforce.com"}"#);
        for spelling in ["hub@acme.com", "HUB@acme.com"] {
            assert_eq!(home.store.find_hub(spelling, "-v").unwrap().username.as_str(), spelling);
        }
    }

    #[test]
    fn only_a_jwt_login_tells_client_id_and_key() {
        let home = home();
        for fields in [
            r#"{"clientId":"PlatformCLI","refreshToken":"x","loginUrl":"https://acme.my.salesforce.com"}"#,
            r#"{"clientId":"3MVG9","refreshToken":"x","privateKey":"/stale.key"}"#,
            r#"{"clientId":"PlatformCLI","accessToken":"x"}"#,
            r#"{"privateKey":"/ci/server.key","clientId":""}"#,
        ] {
            home.put(".sfdx/hub@acme.com.json", fields);
            assert_eq!(home.store.find_hub("prod", "-v").unwrap().login, None, "{fields}");
        }
        home.put(".sfdx/hub@acme.com.json", r#"{"clientId":"3MVG9"}"#);
        let login = home.store.find_hub("prod", "-v").unwrap().login;
        assert!(matches!(login, Some(KnownLogin { client_id, key_path: None }) if client_id.as_str() == "3MVG9"));
    }

    #[test]
    fn a_username_that_sf_does_not_know_is_taken_as_it_is_and_an_alias_is_not() {
        let home = home();
        for selector in ["other@acme.com", "old"] {
            let hub = home.store.find_hub(selector, "-v").unwrap();
            assert_eq!((hub.login, hub.file), (None, None));
        }
        let error = home.store.find_hub("typo", "SF_TARGET_DEV_HUB").unwrap_err().to_string();
        assert!(error.contains("\"typo\" (SF_TARGET_DEV_HUB); it has: prod, old;"), "{error}");
    }

    #[test]
    fn the_default_of_the_project_counts_before_the_users() {
        let home = home();
        assert_eq!(home.store.target_dev_hub().unwrap(), None);
        home.put(".sf/config.json", r#"{"target-dev-hub":"prod"}"#);
        assert_eq!(home.store.target_dev_hub().unwrap().unwrap().0, "prod");
        let inner = Home::with(|settings| settings.home = home.path().to_owned());
        inner.put("sfdx-project.json", "{}");
        assert_eq!(inner.store.target_dev_hub().unwrap().unwrap().0, "prod");
        inner.put(".sf/config.json", r#"{"target-dev-hub":"local"}"#);
        let (value, file) = inner.store.target_dev_hub().unwrap().unwrap();
        assert_eq!((value.as_str(), file), ("local", inner.path().join(".sf/config.json")));
    }

    #[test]
    fn a_broken_file_is_named() {
        let home = home();
        home.put(".sfdx/hub@acme.com.json", "{");
        assert!(home.store.find_hub("prod", "-v").unwrap_err().to_string().contains("hub@acme.com.json"));
        home.put(".sfdx/alias.json", "{");
        assert!(home.store.find_hub("prod", "-v").unwrap_err().to_string().contains("alias.json"));
        assert_eq!(home.store.find_hub("other@acme.com", "-v").unwrap().username.as_str(), "other@acme.com");
        home.put(".sf/config.json", "{");
        assert!(home.store.target_dev_hub().unwrap_err().to_string().contains("config.json"));
    }

    #[test]
    fn no_alias_leads_out_of_the_folder() {
        let home = home();
        home.put(".sfdx/alias.json", r#"{"orgs":{"x":"../../etc/a@b.c"}}"#);
        assert_eq!(home.store.find_hub("x", "-v").unwrap().file, None);
    }
}
