//! Which hub: every rule of precedence, on a store in a temporary home.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::*;
use crate::cli::args::tests::typed;
use crate::cli::environment::Environment;
use crate::cli::settings::jwt_key::tests::pem;
use crate::cli::settings::places;
use crate::cli::settings::setting::Setting;

/// A home, which is the current folder too.
struct Place {
    folder: tempfile::TempDir,
    typed: Vec<(&'static Setting, String)>,
    variables: Vec<(String, String)>,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("server.key"), pem()).unwrap();
        Self { folder, typed: Vec::new(), variables: Vec::new() }
    }

    /// With everything that a login takes, as flags.
    fn complete() -> Self {
        Self::new().with_login().flag(&HUB_USERNAME, "flag@hub.com")
    }

    fn with_login(self) -> Self {
        self.flag(&CLIENT_ID, "3MVG9flag").flag(&JWT_KEY_FILE, "server.key")
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn file(self, name: &str, content: &Value) -> Self {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content.to_string()).unwrap();
        self
    }

    /// A hub that sf logged in to by JWT.
    fn known(self, username: &str) -> Self {
        let key = self.path().join("server.key");
        let content = json!({
            "username": username, "orgId": "00D000000000009EAA", "instanceUrl": "https://acme.my.salesforce.com",
            "loginUrl": "https://acme.my.salesforce.com", "clientId": "3MVG9store", "privateKey": key
        });
        self.file(&format!(".sfdx/{username}.json"), &content)
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn flag(mut self, setting: &'static Setting, value: &str) -> Self {
        self.typed.push((setting, value.to_owned()));
        self
    }

    fn sources<'a>(&self, environment: &'a Environment) -> Sources<'a> {
        let flags: Vec<_> = self.typed.iter().map(|(setting, text)| format!("{}={text}", setting.flag())).collect();
        let typed = typed("login", &flags.iter().map(String::as_str).collect::<Vec<_>>());
        Sources::load(typed, environment)
    }

    fn resolve(&self) -> (Result<Settings, String>, Vec<String>) {
        let environment = Environment::of(self.variables.clone(), self.path());
        let sources = self.sources(&environment);
        let store = places::store(&sources);
        let hub = resolve(&sources, store.as_ref()).map(|(hub, _)| hub);
        let told = |problems: Vec<Problem>| {
            problems
                .into_iter()
                .flat_map(|p| [p.message, " | ".to_owned(), p.action.unwrap_or_default()])
                .collect::<String>()
        };
        // The key of these tests has the mode that the umask gives it.
        let mut warnings = sources.problems.warnings();
        warnings.retain(|warning| !warning.contains("chmod"));
        (sources.problems.check().map_err(told).map(|()| hub.unwrap()), warnings)
    }

    fn hub(&self) -> Settings {
        self.resolve().0.unwrap()
    }

    fn refusal(&self) -> String {
        self.resolve().0.unwrap_err()
    }
}

#[test]
fn with_nothing_given_it_is_the_target_dev_hub_of_sf() {
    let place = Place::new()
        .known("hub@acme.com")
        .file(".sfdx/alias.json", &json!({"orgs": {"my-hub": "hub@acme.com"}}))
        .file(".sf/config.json", &json!({"target-dev-hub": "my-hub"}));
    let hub = place.hub();
    assert_eq!(hub.hub_username.as_str(), "hub@acme.com");
    assert_eq!(hub.client_id.as_str(), "3MVG9store");
    assert_eq!(hub.login_url.as_str(), "https://acme.my.salesforce.com");
    assert!(Place::new().refusal().contains("no Dev Hub is named, and sf has no target-dev-hub"));
}

#[test]
fn a_stronger_level_wins_and_the_username_wins_on_the_same() {
    let known = || Place::new().with_login().known("store@hub.com");
    let variable = known().variable("SF_TARGET_DEV_HUB", "store@hub.com").flag(&HUB_USERNAME, "flag@hub.com");
    assert_eq!(variable.hub().hub_username.as_str(), "flag@hub.com");
    assert!(variable.resolve().1.is_empty(), "a weaker level is no contradiction");
    let flag = known().variable("ORGREADY_HUB_USERNAME", "variable@hub.com").flag(&TARGET_DEV_HUB, "store@hub.com");
    assert_eq!(flag.hub().hub_username.as_str(), "store@hub.com");
    let both = known().variable("SF_TARGET_DEV_HUB", "store@hub.com").variable("ORGREADY_HUB_USERNAME", "v@hub.com");
    let (hub, warnings) = both.resolve();
    assert_eq!(hub.unwrap().hub_username.as_str(), "v@hub.com");
    assert!(warnings[0].contains("name different hubs"), "{warnings:?}");
    let alike =
        known().variable("SF_TARGET_DEV_HUB", "store@hub.com").variable("ORGREADY_HUB_USERNAME", "STORE@hub.com");
    assert!(alike.resolve().1.is_empty());
}

#[test]
fn a_hub_that_sf_does_not_know_may_still_be_a_username() {
    let place = Place::new().with_login().flag(&TARGET_DEV_HUB, "new@hub.com");
    assert_eq!(place.hub().hub_username.as_str(), "new@hub.com");
    let place = Place::new().with_login().flag(&TARGET_DEV_HUB, "nobody");
    assert!(place.refusal().contains("\"nobody\" (--target-dev-hub)"));
}

#[test]
fn client_id_and_key_of_sf_are_taken_together_or_not_at_all() {
    let place = || Place::new().known("store@hub.com").flag(&TARGET_DEV_HUB, "store@hub.com");
    assert_eq!(place().hub().client_id.as_str(), "3MVG9store");
    let one = place().variable("ORGREADY_CLIENT_ID", "3MVG9other");
    assert!(one.refusal().contains("(-f)"), "{}", one.refusal());
    let one = place().flag(&JWT_KEY_FILE, "server.key");
    assert!(one.refusal().contains("(-i)"));
    assert_eq!(place().with_login().hub().client_id.as_str(), "3MVG9flag");
    let web = Place::new()
        .file(
            ".sfdx/web@hub.com.json",
            &json!({"username": "web@hub.com", "refreshToken": "x", "clientId": "PlatformCLI"}),
        )
        .variable("SF_TARGET_DEV_HUB", "web@hub.com");
    assert!(web.refusal().contains("another kind of login than JWT"), "{}", web.refusal());
}

#[test]
fn the_login_url_is_the_first_that_anybody_knows() {
    let url = |place: Place| place.hub().login_url.as_str().to_owned();
    assert_eq!(url(Place::complete()), "https://login.salesforce.com");
    // Outside of a project, sf does not read this variable, and neither do we.
    let outside = || Place::complete().variable("SF_ORG_INSTANCE_URL", "https://env.my.salesforce.com");
    assert_eq!(url(outside()), "https://login.salesforce.com");
    assert_eq!(url(outside().file("sfdx-project.json", &json!({}))), "https://env.my.salesforce.com");
    let project = json!({"sfdcLoginUrl": "https://project.my.salesforce.com"});
    let inside = || outside().file("sfdx-project.json", &project);
    assert_eq!(url(inside()), "https://project.my.salesforce.com");
    assert_eq!(url(inside().known("flag@hub.com")), "https://acme.my.salesforce.com");
    let variable =
        || inside().known("flag@hub.com").variable("ORGREADY_HUB_INSTANCE_URL", "https://var.my.salesforce.com");
    assert_eq!(url(variable()), "https://var.my.salesforce.com");
    let flag = variable().flag(&INSTANCE_URL, "https://flag.my.salesforce.com/");
    assert_eq!(url(flag), "https://flag.my.salesforce.com");
}

#[test]
fn a_foreign_host_needs_leave_and_a_lightning_url_is_corrected() {
    let at = |url: &str| Place::complete().flag(&INSTANCE_URL, url);
    assert!(at("https://evil.example").refusal().contains("add --allow-host evil.example"));
    assert!(at("https://evil.example").variable("ORGREADY_ALLOW_HOSTS", "evil.example x.org").resolve().0.is_ok());
    assert!(at("http://login.salesforce.com").refusal().contains("write https://"));
    assert!(at("https://a.lightning.force.com").refusal().contains("https://a.my.salesforce.com"));
    assert!(at("http://127.0.0.1:8080").resolve().0.is_ok());
    let found = Place::complete();
    fs::write(found.path().join("orgready.toml"), "instance_url = \"https://evil.example\"").unwrap();
    assert!(found.refusal().contains("evil.example is not a Salesforce host"));
}

#[test]
fn an_audience_is_a_url() {
    let with =
        |audience: &str| Place::complete().variable("SF_AUDIENCE_URL", audience).resolve().0.map(|hub| hub.audience);
    assert_eq!(with("https://test.salesforce.com"), Ok(Some("https://test.salesforce.com".to_owned())));
    assert!(with("test").unwrap_err().starts_with("SF_AUDIENCE_URL: \"test\" is not a URL"));
    assert_eq!(with(""), Ok(None));
}

#[test]
fn without_a_home_flags_are_enough() {
    let place = Place::complete();
    let environment = Environment::of(Vec::<(String, String)>::new(), place.path());
    let hub = resolve(&place.sources(&environment), None).map(|(hub, _)| hub);
    assert_eq!(hub.unwrap().hub_username.as_str(), "flag@hub.com");
}
