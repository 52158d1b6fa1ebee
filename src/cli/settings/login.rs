//! What `login` and `hub` need, complete and proven: nothing was sent yet, and nothing more can be wrong with it.

use tokio::time::Instant;

use super::ci;
use super::connection::{Connection, check, incomplete, refused};
use super::places::{self, Places, ResultPlaces};
use super::provision::{self, ProvisionSettings};
use super::selection::{self, Chosen, IfNone};
use super::sources::Sources;
use super::variables;
use crate::cli::ci::Ci;
use crate::cli::ending::Failure;
use crate::cli::job::Job;
use crate::cli::problem::{Problem, Problems};
use crate::engine::login::{Selection, Settings};
use crate::files::OutputFile;
use crate::protocol::http::Http;
use crate::sf::{HandoverOptions, HubDefaults, KeyPath, PendingCreations, Store, StoreHandover};
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
    /// Which orgs.
    pub(crate) selection: Selection,
    /// What it means that a selector matches nothing.
    pub(crate) if_none: IfNone,
    /// The share, for messages.
    pub(crate) shard: Option<Shard>,
    /// The sf store, unless it is left alone.
    pub(crate) store: Option<StoreHandover>,
    /// Where access tokens are written.
    pub(crate) tokens: Option<OutputFile>,
    /// What the user should know.
    pub(crate) warnings: Vec<String>,
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
    let provision = provision::resolve(sources, connection.as_ref(), &mut problems);
    let key = connection.as_ref().and_then(|connection| connection.hub.key.file.as_deref());
    let store = places::store(sources);
    let Places { results, tokens, summary_is_reported } = places::files(sources, key, store.as_ref(), &mut problems);
    let ci = problems.take(ci::open(sources, summary_is_reported)).flatten();
    let asked = chosen.as_ref().map(Chosen::names).unwrap_or_default();
    let settings = check(problems, input).and_then(|()| {
        let (Some(chosen), Some(connection), Some(provision)) = (chosen, connection, provision) else {
            return Err(incomplete());
        };
        complete(sources, started, chosen, connection, &provision, tokens, warnings)
    });
    LoginResolved { settings, results, ci, asked }
}

/// Proves that the logins can be kept, now that nothing else is wrong.
fn complete(
    sources: &Sources<'_>,
    started: Instant,
    chosen: Chosen,
    connection: Connection,
    provision: &ProvisionSettings,
    tokens: Option<OutputFile>,
    mut warnings: Vec<String>,
) -> Result<LoginSettings, Failure> {
    warnings.extend(chosen.warnings);
    let (to_sf, key_path) = connection.key_path(sources, &mut warnings)?;
    let pending = provision::pending(to_sf.as_ref(), &connection.hub.username, chosen.pending, &mut warnings)?;
    let plan = provision.plan(&pending, to_sf.as_ref(), &mut warnings);
    let settings_plan = plan.map_err(|problem| Failure::settings(vec![problem]))?;
    let selection = if chosen.pending { Selection::Begun(provision::orgs(&pending)) } else { chosen.selection };
    if chosen.pending && pending.creations.is_empty() && chosen.if_none == IfNone::Fail {
        return Err(nothing_pending(&pending));
    }
    let aliases = selection.named().is_some_and(|orgs| orgs.iter().any(|org| org.alias.is_some()));
    let wanted = HandoverOptions {
        hub_username: connection.hub.username.clone(),
        client_id: connection.hub.client_id.clone(),
        key_path,
        api_version: connection.api_version.clone(),
        aliases,
        set_default: chosen.set_default,
        creations: pending.creations,
    };
    let store = to_sf.map(|store| StoreHandover::prepare(store, wanted)).transpose().map_err(refused)?;
    let (run, http) = connection.into_run(started);
    let run = Settings { settings_plan, ..run };
    let (if_none, shard) = (chosen.if_none, chosen.shard);
    Ok(LoginSettings { run, http, selection, if_none, shard, store, tokens, warnings })
}

/// Nothing is to be finished, and that is not what the user expected.
pub(super) fn nothing_pending(pending: &PendingCreations) -> Failure {
    let problem =
        Problem::new(format!("sf began to create no org that could be finished ({})", pending.path.display()));
    let action = "give --if-none ok where that is fine; sf keeps what it began for a day, in the home where it ran";
    Failure::input(vec![problem.with_action(action)])
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
    fn a_definition_is_read_beforehand() {
        use crate::engine::settings_plan::PlannedSettings::{None, Skipped, Unknown};
        let folder = tempfile::tempdir().unwrap();
        let file = |text: &str| {
            std::fs::write(folder.path().join("def.json"), text).unwrap();
            folder.path().join("def.json").to_str().unwrap().to_owned()
        };
        assert!(matches!(settings(&["a@x.com"], &[]).unwrap().run.settings_plan.otherwise, Unknown));
        let definition = file(r#"{"settings": {"mapsSettings": {"enabled": true}}}"#);
        let typed = ["a@x.com", "--no-settings", "--definition-file", &definition, "--api-version", "63"];
        let plan = settings(&typed, &[]).unwrap().run.settings_plan;
        assert!(matches!(plan.otherwise, Skipped));
        assert_eq!(plan.api_version.as_deref(), Some("63.0"));
        let empty = file(r#"{"edition": "Developer"}"#);
        let plan = settings(&["a@x.com", "--definition-file", &empty], &[]).unwrap().run.settings_plan;
        assert!(matches!(plan.otherwise, None) && plan.api_version.is_none());
        for damaged in ["{", r#"{"settings": 5}"#] {
            let error = settings(&["a@x.com", "--definition-file", &file(damaged)], &[]).unwrap_err();
            assert!(error.contains("--definition-file") && error.contains("def.json"), "{error}");
        }
    }

    #[test]
    fn pending_creations_stand_in_the_store_which_then_is_not_left_alone() {
        assert!(settings(&["--pending"], &[]).unwrap_err().contains("--pending and ORGREADY_NO_SF_STORE"));
        assert!(settings(&["--pending", "a@x.com"], &[]).unwrap_err().contains("usernames and --pending"));
        let store = [("ORGREADY_NO_SF_STORE", "false"), ("SF_USE_GENERIC_UNIX_KEYCHAIN", "true")];
        assert!(settings(&["--pending", "--all-active"], &store).unwrap_err().contains("--all-active and --pending"));
        assert!(settings(&["--pending"], &store).unwrap_err().contains("no org that could be finished"));
        let named = settings(&["--pending", "--if-none", "ok"], &store).unwrap().selection;
        assert!(matches!(named, Selection::Begun(orgs) if orgs.is_empty()));
    }
}
