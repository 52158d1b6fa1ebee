//! What `login` and `hub` need, complete and proven: nothing was sent yet, and nothing more can be wrong with it.

use std::path::PathBuf;

use tokio::time::Instant;

use super::ci;
use super::connection::{Connection, check, incomplete, refused};
use super::origin::{Origin, Sourced};
use super::places::{self, Places, ResultPlaces};
use super::selection::{self, Chosen, IfNone, Job};
use super::setting::{API_VERSION, DEFINITION_FILE, NO_SETTINGS};
use super::sources::Sources;
use super::variables;
use crate::cli::ci::Ci;
use crate::cli::ending::Failure;
use crate::cli::problem::Problems;
use crate::engine::login::{Selection, Settings};
use crate::files::OutputFile;
use crate::protocol::http::Http;
use crate::sf::{HandoverOptions, HubDefaults, KeyPath, Store, StoreHandover};
use crate::usernames::shard::Shard;

/// What `login` needs, if nothing is wrong with it; and where it is told how the run ended, or why it cannot begin.
#[derive(Debug)]
pub(crate) struct LoginResolved {
    /// What it needs.
    pub(crate) settings: Result<LoginSettings, Failure>,
    /// Result files: those that can be written.
    pub(crate) results: ResultPlaces,
    /// The CI platform to speak to.
    pub(crate) ci: Option<Ci>,
    /// The orgs that are asked for by name.
    pub(crate) asked: Vec<String>,
}

/// What `login` needs.
#[derive(Debug)]
pub(crate) struct LoginSettings {
    /// The run itself.
    pub(crate) run: Settings,
    /// The client.
    pub(crate) http: Http,
    /// Which orgs; with `pending`, none yet.
    pub(crate) selection: Selection,
    /// Those whose creation `sf` began and did not finish.
    #[cfg_attr(not(test), expect(dead_code, reason = "the cache of pending creations is read by the command"))]
    pub(crate) pending: bool,
    /// What it means that a selector matches nothing.
    #[cfg_attr(not(test), expect(dead_code, reason = "the command judges the selection"))]
    pub(crate) if_none: IfNone,
    /// The share, for messages.
    pub(crate) shard: Option<Shard>,
    /// What each org is given besides its login.
    #[cfg_attr(not(test), expect(dead_code, reason = "the engine provisions"))]
    pub(crate) provision: ProvisionSettings,
    /// The sf store, unless it is left alone.
    pub(crate) store: Option<StoreHandover>,
    /// Where access tokens are written.
    pub(crate) tokens: Option<OutputFile>,
    /// What the user should know.
    pub(crate) warnings: Vec<String>,
}

/// What a scratch org definition adds to an org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProvisionSettings {
    /// The definition, for orgs that sf's cache of pending creations does not name; not looked at yet.
    pub(crate) definition: Option<Sourced<PathBuf>>,
    /// Whether settings are deployed.
    pub(crate) deploy: bool,
    /// The version of the API that the user wants; none for the org's newest.
    pub(crate) api_version: Option<String>,
}

/// What `hub` needs.
#[derive(Debug)]
pub(crate) struct HubLoginSettings {
    /// The run itself.
    pub(crate) run: Settings,
    /// The client.
    pub(crate) http: Http,
    /// The sf store, unless it is left alone.
    pub(crate) store: Option<Store>,
    /// Where sf finds the key.
    pub(crate) key_path: Option<KeyPath>,
    /// What the user should know.
    pub(crate) warnings: Vec<String>,
}

/// Resolves everything for `login`. The demo uses no proxy.
pub(crate) fn login(sources: &Sources<'_>, started: Instant, use_proxy: bool) -> LoginResolved {
    let (mut problems, mut input) = (Problems::default(), Problems::default());
    let mut warnings = variables::unknown(sources.environment());
    let chosen = selection::resolve(sources, Job::Login, &mut problems, &mut input);
    let connection = Connection::resolve(sources, use_proxy, &mut problems, &mut warnings);
    let provision = provision(sources, connection.as_ref(), &mut problems);
    let key = connection.as_ref().and_then(|connection| connection.hub.key.file.as_deref());
    let store = places::store(sources);
    let Places { results, tokens, summary_is_reported } = places::files(sources, key, store.as_ref(), &mut problems);
    let ci = problems.take(ci::open(sources, summary_is_reported)).flatten();
    let asked = chosen.as_ref().map(Chosen::names).unwrap_or_default();
    let settings = check(problems, input).and_then(|()| {
        let (Some(chosen), Some(connection), Some(provision)) = (chosen, connection, provision) else {
            return Err(incomplete());
        };
        complete(sources, started, chosen, connection, provision, tokens, warnings)
    });
    LoginResolved { settings, results, ci, asked }
}

/// Proves that the logins can be kept, now that nothing else is wrong.
fn complete(
    sources: &Sources<'_>,
    started: Instant,
    chosen: Chosen,
    connection: Connection,
    provision: ProvisionSettings,
    tokens: Option<OutputFile>,
    mut warnings: Vec<String>,
) -> Result<LoginSettings, Failure> {
    warnings.extend(chosen.warnings);
    let (to_sf, key_path) = connection.key_path(sources, &mut warnings)?;
    let aliases = match &chosen.selection {
        Selection::Named(entries) => entries.iter().any(|entry| entry.alias.is_some()),
        Selection::Matching { .. } => false,
    };
    let wanted = HandoverOptions {
        hub_username: connection.hub.username.clone(),
        client_id: connection.hub.client_id.clone(),
        key_path,
        api_version: connection.api_version.clone(),
        aliases,
        set_default: chosen.set_default,
    };
    let store = to_sf.map(|store| StoreHandover::prepare(store, wanted)).transpose().map_err(refused)?;
    let (run, http) = connection.into_run(started);
    let (selection, pending, if_none, shard) = (chosen.selection, chosen.pending, chosen.if_none, chosen.shard);
    Ok(LoginSettings { run, http, selection, pending, if_none, shard, provision, store, tokens, warnings })
}

fn provision(
    sources: &Sources<'_>,
    connection: Option<&Connection>,
    problems: &mut Problems,
) -> Option<ProvisionSettings> {
    let definition = problems.take(sources.path(&DEFINITION_FILE))?;
    let deploy = !problems.take(sources.switch(&NO_SETTINGS))?.value;
    // Our own default is no wish of the user's.
    let wanted = sources.text(&API_VERSION).ok().flatten().is_some_and(|version| version.origin != Origin::Default);
    let api_version = connection.filter(|_| wanted).map(|connection| connection.api_version.clone());
    Some(ProvisionSettings { definition, deploy, api_version })
}

/// Resolves everything for `hub`.
pub(crate) fn hub(
    sources: &Sources<'_>,
    started: Instant,
    defaults: &HubDefaults,
) -> Result<HubLoginSettings, Failure> {
    let (mut problems, mut warnings) = (Problems::default(), variables::unknown(sources.environment()));
    let connection = Connection::resolve(sources, true, &mut problems, &mut warnings);
    check(problems, Problems::default())?;
    let connection = connection.ok_or_else(incomplete)?;
    let (store, key_path) = connection.key_path(sources, &mut warnings)?;
    if let Some(store) = &store {
        store.prepare(key_path.as_ref(), defaults).map_err(refused)?;
    }
    let (run, http) = connection.into_run(started);
    Ok(HubLoginSettings { run, http, store, key_path, warnings })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{Cli, Command};
    use crate::cli::environment::Environment;
    use crate::cli::settings::jwt_key::tests::pem;
    use crate::cli::settings::sources::Typed;

    fn settings(typed: &[&str], variables: &[(&str, &str)]) -> Result<LoginSettings, String> {
        use clap::Parser;
        let folder = tempfile::tempdir().unwrap();
        let known = [
            ("ORGREADY_HUB_USERNAME", "hub@example.com"),
            ("ORGREADY_CLIENT_ID", "3MVG9"),
            ("ORGREADY_JWT_KEY", pem()),
            ("ORGREADY_NO_SF_STORE", "true"),
        ];
        let variables = known.iter().chain(variables).map(|(name, value)| ((*name).to_owned(), *value));
        let environment = Environment::of(variables, folder.path());
        let command = Cli::try_parse_from(["orgready", "login"].iter().chain(typed)).unwrap().into_command();
        let Command::Login(arguments) = command else { panic!("not login") };
        let sources = Sources::load(Typed::of(&*arguments), None, &environment).unwrap();
        login(&sources, Instant::now(), false).settings.map_err(|failure| failure.message)
    }

    #[test]
    fn what_a_definition_adds_is_known_with_where_it_was_said() {
        let plain = settings(&["a@x.com"], &[]).unwrap();
        assert_eq!(plain.provision, ProvisionSettings { definition: None, deploy: true, api_version: None });
        assert!(!plain.pending && plain.if_none == IfNone::Fail);
        let typed = ["a@x.com", "--no-settings", "--definition-file", "def.json", "--api-version", "63"];
        let given = settings(&typed, &[]).unwrap();
        let definition = given.provision.definition.unwrap();
        assert_eq!(definition.origin, Origin::Flag("--definition-file"));
        assert!(definition.value.is_absolute() && definition.value.ends_with("def.json"));
        assert_eq!((given.provision.deploy, given.provision.api_version.as_deref()), (false, Some("63.0")));
    }

    #[test]
    fn pending_creations_stand_in_the_store_which_then_is_not_left_alone() {
        assert!(settings(&["--pending"], &[]).unwrap_err().contains("--pending and ORGREADY_NO_SF_STORE"));
        assert!(settings(&["--pending", "a@x.com"], &[]).unwrap_err().contains("usernames and --pending"));
        let store = [("ORGREADY_NO_SF_STORE", "false"), ("SF_USE_GENERIC_UNIX_KEYCHAIN", "true")];
        assert!(settings(&["--pending", "--all-active"], &store).unwrap_err().contains("--all-active and --pending"));
        assert!(settings(&["--pending"], &store).unwrap().pending);
    }
}
