//! What `login` and `delete` need, complete and proven: nothing was sent yet, and nothing more can be wrong with it.

use super::connection::{Connection, complete};
use super::places::{self, Places};
use super::provision;
use super::selection::{self, Chosen, IfNone};
use super::setting::{DEFINITION_FILE, NO_SETTINGS, YES};
use super::sources::Sources;
use crate::cli::ending::Failure;
use crate::cli::job::Job;
use crate::cli::problem::Problem;
use crate::engine::run::Settings;
use crate::engine::selection::Selection;
use crate::model::org::OrgEntry;
use crate::protocol::http::Http;
use crate::sf::{HandoverOptions, KeptKey, PendingCreations, Store, StoreHandover};

/// What a command needs.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The run itself.
    pub(crate) run: Settings,
    /// The client.
    pub(crate) http: Http,
    /// Which orgs.
    pub(crate) chosen: Chosen,
    /// The sf store, unless it is left alone.
    pub(crate) store: Option<Store>,
    /// What a login tells it.
    pub(crate) handover: Option<StoreHandover>,
    /// Whether what a selector finds may be deleted.
    pub(crate) yes: bool,
}

/// What a command needs, if nothing is wrong with it; where it is told how the run ended, or why it cannot begin; and the
/// orgs that are asked for by name.
pub(crate) fn resolve(job: Job, sources: &Sources<'_>) -> (Result<Batch, Failure>, Places, Vec<String>) {
    let chosen = selection::resolve(sources, job);
    let connection = Connection::resolve(sources);
    if job == Job::Login {
        sources.problems.keep(sources.path(&DEFINITION_FILE));
        sources.problems.keep(sources.switch(&NO_SETTINGS));
    }
    let yes = job == Job::Delete && sources.is_on(&YES);
    let key = connection.as_ref().and_then(|connection| connection.key.file());
    let mut places = places::files(sources, key, places::store(sources).as_ref());
    if job == Job::Delete {
        // What later steps are told is a login's.
        (places.output_env, places.tokens) = (None, None);
    }
    let asked = chosen.as_ref().map(Chosen::names).unwrap_or_default();
    let batch = complete(sources, chosen.zip(connection));
    let batch = batch.and_then(|(chosen, connection)| prove(job, sources, chosen, connection));
    (batch.map(|batch| Batch { yes, ..batch }), places, asked)
}

/// Proves that what comes of the run can be kept, now that nothing else is wrong.
fn prove(job: Job, sources: &Sources<'_>, mut chosen: Chosen, connection: Connection) -> Result<Batch, Failure> {
    let store = places::store_to_write(sources, connection.store.as_ref())?;
    let (key_path, kept) = match job {
        Job::Login => connection.key_path(sources, store.as_ref())?,
        Job::Delete => (None, None),
    };
    let Connection { mut run, http, .. } = connection;
    let is_begun = matches!(chosen.selection, Selection::Begun(_));
    let mut pending = PendingCreations::default();
    if job == Job::Login || is_begun {
        pending = provision::pending(sources, store.as_ref(), &run.hub_username, is_begun)?;
    }
    if is_begun {
        if pending.creations.is_empty() && chosen.if_none == IfNone::Fail {
            return Err(nothing_pending(&pending).into());
        }
        let ours = pending.creations.iter().map(|creation| (provision::org(creation), provision::described(creation)));
        let ours = selection::share(chosen.shard, ours.collect(), |(org, _): &(OrgEntry, _)| &org.name);
        let (orgs, begun) = ours.into_iter().unzip();
        (chosen.selection, chosen.begun) = (Selection::Begun(orgs), begun);
    }
    let mut handover = None;
    if job == Job::Login {
        run.settings_plan = provision::plan(sources, &pending, store.as_ref())?;
        let named = chosen.selection.named().unwrap_or_default();
        let wanted = HandoverOptions {
            hub_username: run.hub_username.clone(),
            client_id: run.client_id.clone(),
            key_path,
            api_version: run.api_version.clone(),
            aliases: named.iter().any(|org| org.alias.is_some()),
            set_default: chosen.set_default,
            creations: pending.creations,
        };
        handover = store.clone().map(|store| StoreHandover::prepare(store, wanted)).transpose().map_err(Problem::of)?;
    }
    kept.into_iter().for_each(KeptKey::stay);
    Ok(Batch { run, http, chosen, store, handover, yes: false })
}

/// Nothing is to be finished, and that is not what the user expected.
fn nothing_pending(pending: &PendingCreations) -> Problem {
    let path = pending.path.display();
    Problem::new(format!("sf began to create no org that could be finished ({path})"))
        .with_action("give --if-none ok where that is fine; sf keeps what it began for a day, in the home where it ran")
        .of_input()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::tests::typed;
    use crate::cli::environment::Environment;
    use crate::cli::settings::jwt_key::tests::pem;
    use crate::cli::settings::origin::Origin;

    fn settings(job: Job, line: &[&str], variables: &[(&str, &str)], file: &str) -> Result<Batch, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("orgready.toml"), file).unwrap();
        let known = [
            ("ORGREADY_HUB_USERNAME", "hub@example.com"),
            ("ORGREADY_CLIENT_ID", "3MVG9"),
            ("ORGREADY_JWT_KEY", pem()),
        ];
        let variables = known.iter().chain(variables).map(|(name, value)| ((*name).to_owned(), *value));
        let environment = Environment::of(variables, folder.path());
        let sources = Sources::load(typed(&job.to_string(), line), &environment);
        resolve(job, &sources).0.map_err(|failure| failure.message)
    }

    fn login(line: &[&str], variables: &[(&str, &str)]) -> Result<Batch, String> {
        let variables: Vec<_> = [("ORGREADY_NO_SF_STORE", "true")].iter().chain(variables).copied().collect();
        settings(Job::Login, line, &variables, "")
    }

    fn delete(line: &[&str], variables: &[(&str, &str)], file: &str) -> Result<Batch, String> {
        settings(Job::Delete, line, variables, file)
    }

    #[test]
    fn a_definition_is_read_beforehand() {
        use crate::engine::settings_plan::PlannedSettings::{None, Skipped, Unknown};
        let folder = tempfile::tempdir().unwrap();
        let file = |text: &str| {
            std::fs::write(folder.path().join("def.json"), text).unwrap();
            folder.path().join("def.json").to_str().unwrap().to_owned()
        };
        assert!(matches!(login(&["a@x.com"], &[]).unwrap().run.settings_plan.otherwise, Unknown));
        let definition = file(r#"{"settings": {"mapsSettings": {"enabled": true}}}"#);
        let typed = ["a@x.com", "--no-settings", "--definition-file", &definition, "--api-version", "63"];
        let plan = login(&typed, &[]).unwrap().run.settings_plan;
        assert!(matches!(plan.otherwise, Skipped));
        assert_eq!(plan.api_version.as_deref(), Some("63.0"));
        let empty = file(r#"{"edition": "Developer"}"#);
        let plan = login(&["a@x.com", "--definition-file", &empty], &[]).unwrap().run.settings_plan;
        assert!(matches!(plan.otherwise, None) && plan.api_version.is_none());
        for damaged in ["{", r#"{"settings": 5}"#] {
            let error = login(&["a@x.com", "--definition-file", &file(damaged)], &[]).unwrap_err();
            assert!(error.contains("--definition-file") && error.contains("def.json"), "{error}");
        }
    }

    #[test]
    fn pending_creations_stand_in_the_store_which_then_is_not_left_alone() {
        assert!(login(&["--pending"], &[]).unwrap_err().contains("--pending and ORGREADY_NO_SF_STORE"));
        assert!(login(&["--pending", "a@x.com"], &[]).unwrap_err().contains("usernames and --pending"));
        let store = [("ORGREADY_NO_SF_STORE", "false"), ("SF_USE_GENERIC_UNIX_KEYCHAIN", "true")];
        assert!(login(&["--pending", "--all-active"], &store).unwrap_err().contains("--all-active and --pending"));
        assert!(login(&["--pending"], &store).unwrap_err().contains("no org that could be finished"));
        let named = login(&["--pending", "--if-none", "ok"], &store).unwrap().chosen.selection;
        assert!(matches!(named, Selection::Begun(orgs) if orgs.is_empty()));
    }

    #[test]
    fn orgs_are_named_or_selected_and_what_selects_them_is_known() {
        let named = delete(&["-o", "a@x.com", "--no-prompt", "--no-sf-store"], &[], "").unwrap();
        assert!(named.chosen.selector.is_none() && !named.yes && named.store.is_none());
        let selected = delete(&["--all-active", "--yes", "--shard", "1/2"], &[], "").unwrap();
        assert_eq!(selected.chosen.selector, Some(Origin::Flag("all_active")));
        assert!(selected.yes && selected.store.is_some());
        assert_eq!(selected.chosen.if_none, IfNone::Ok, "a shard may be empty");
        assert!(delete(&["--pending"], &[("ORGREADY_YES", "1")], "").unwrap_err().contains("began to create no org"));
        assert!(delete(&["--pending", "--if-none", "ok"], &[("ORGREADY_YES", "1")], "").unwrap().yes);
        assert!(delete(&[], &[], "").unwrap_err().contains("no username"));
    }

    #[test]
    fn what_is_for_logins_alone_does_not_matter() {
        let file = "alias = \"qa\"\nset_default = true";
        assert!(delete(&["-o", "a@x.com", "-o", "b@x.com"], &[("ORGREADY_ALIAS", "x y")], file).is_ok());
        assert!(delete(&["-o", "a@x.com"], &[], "yes = true").unwrap_err().contains("no setting \"yes\""));
    }
}
