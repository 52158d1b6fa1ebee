//! What `delete` needs, complete and proven: nothing was sent yet.

use tokio::time::Instant;

use super::ci;
use super::connection::{Connection, check, incomplete};
use super::login::nothing_pending;
use super::origin::Origin;
use super::places::{self, ResultPlaces};
use super::provision;
use super::selection::{self, Chosen, IfNone};
use super::setting::YES;
use super::sources::Sources;
use super::variables;
use crate::cli::ci::Ci;
use crate::cli::ending::Failure;
use crate::cli::job::Job;
use crate::cli::problem::{Problem, Problems};
use crate::engine::login::{Selection, Settings};
use crate::model::org::OrgName;
use crate::protocol::http::Http;
use crate::sf::Store;
use crate::usernames::shard;

/// What `delete` needs, if nothing is wrong with it; and where it is told how the run ended, or why it cannot begin.
#[derive(Debug)]
pub(crate) struct DeleteResolved {
    /// What it needs.
    pub(crate) settings: Result<DeleteSettings, Failure>,
    /// Result files: those that can be written.
    pub(crate) results: ResultPlaces,
    /// The CI platform to speak to.
    pub(crate) ci: Option<Ci>,
}

/// What `delete` needs.
#[derive(Debug)]
pub(crate) struct DeleteSettings {
    /// The run itself.
    pub(crate) run: Settings,
    /// The client.
    pub(crate) http: Http,
    /// Which orgs.
    pub(crate) selection: Selection,
    /// What says which, where that is no list of names: what would be deleted is listed first.
    pub(crate) selector: Option<Origin>,
    /// What it means that a selector matches nothing.
    pub(crate) if_none: IfNone,
    /// The sf store, unless it is left alone.
    pub(crate) store: Option<Store>,
    /// Whether what a selector finds may be deleted.
    pub(crate) yes: bool,
    /// What the user should know.
    pub(crate) warnings: Vec<String>,
}

/// Resolves everything for `delete`.
pub(crate) fn delete(sources: &Sources<'_>, started: Instant) -> DeleteResolved {
    let (mut problems, mut input) = (Problems::default(), Problems::default());
    let warnings = &mut variables::unknown(sources.environment());
    let chosen = selection::resolve(sources, Job::Delete, &mut problems, &mut input);
    let connection = Connection::resolve(sources, true, &mut problems, warnings);
    let key = connection.as_ref().and_then(|connection| connection.hub.key.file.as_deref());
    let places = places::files(sources, key, places::store(sources).as_ref(), &mut problems);
    let ci = problems.take(ci::open(sources, places.summary_is_reported)).flatten();
    let yes = problems.take(sources.switch(&YES)).is_some_and(|yes| yes.value);
    let settings = check(problems, input).and_then(|()| {
        let (Some(chosen), Some(connection)) = (chosen, connection) else { return Err(incomplete()) };
        complete(sources, started, chosen, connection, yes, std::mem::take(warnings))
    });
    // What later steps are told is a login's.
    DeleteResolved { settings, results: ResultPlaces { output_env: None, ..places.results }, ci }
}

fn complete(
    sources: &Sources<'_>,
    started: Instant,
    chosen: Chosen,
    connection: Connection,
    yes: bool,
    mut warnings: Vec<String>,
) -> Result<DeleteSettings, Failure> {
    warnings.extend(chosen.warnings);
    let store = connection.store_to_write(sources).map_err(|problem: Problem| Failure::settings(vec![problem]))?;
    let mut selection = chosen.selection;
    if chosen.pending {
        let pending = provision::pending(store.as_ref(), &connection.hub.username, true, &mut warnings)?;
        if pending.creations.is_empty() && chosen.if_none == IfNone::Fail {
            return Err(nothing_pending(&pending));
        }
        let mut orgs = provision::orgs(&pending);
        if let Some(shard) = chosen.shard {
            orgs = shard.part(orgs, |org| shard::key(&org.name));
        }
        selection = Selection::Begun(orgs);
    }
    if let Selection::Named(orgs) = &mut selection {
        orgs.retain(|org| {
            let OrgName::Failed(failed) = &org.name else { return true };
            warnings.push(format!("sf made no org, so that there is none to delete: {failed}"));
            false
        });
    }
    if selection.named().is_some_and(<[_]>::is_empty) {
        warnings.push(match chosen.shard {
            Some(shard) => format!("none of the orgs is in the share {shard}: nothing to do"),
            None => "there is no org to delete: nothing to do".to_owned(),
        });
    }
    let (run, http) = connection.into_run(started);
    let (selector, if_none) = (chosen.selector, chosen.if_none);
    Ok(DeleteSettings { run, http, selection, selector, if_none, store, yes, warnings })
}

#[cfg(test)]
mod tests {
    use clap::{Args, Command, FromArgMatches};

    use super::*;
    use crate::cli::args::DeleteArgs;
    use crate::cli::environment::Environment;
    use crate::cli::settings::jwt_key::tests::pem;
    use crate::cli::settings::sources::Typed;

    fn settings(typed: &[&str], variables: &[(&str, &str)], file: &str) -> Result<DeleteSettings, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("orgready.toml"), file).unwrap();
        let known = [
            ("ORGREADY_HUB_USERNAME", "hub@example.com"),
            ("ORGREADY_CLIENT_ID", "3MVG9"),
            ("ORGREADY_JWT_KEY", pem()),
        ];
        let variables = known.iter().chain(variables).map(|(name, value)| ((*name).to_owned(), *value));
        let environment = Environment::of(variables, folder.path());
        let command = DeleteArgs::augment_args(Command::new("delete"));
        let matches = command.try_get_matches_from(["delete"].iter().chain(typed)).unwrap();
        let arguments = DeleteArgs::from_arg_matches(&matches).unwrap();
        let sources = Sources::load(Typed::of(&arguments), None, &environment).map_err(|all| all[0].message.clone())?;
        delete(&sources, Instant::now()).settings.map_err(|failure| failure.message)
    }

    #[test]
    fn orgs_are_named_or_selected_and_what_selects_them_is_known() {
        let named = settings(&["-o", "a@x.com", "--no-prompt", "--no-sf-store"], &[], "").unwrap();
        assert!(named.selector.is_none() && !named.yes && named.store.is_none());
        let selected = settings(&["--all-active", "--yes", "--shard", "1/2"], &[], "").unwrap();
        assert_eq!(selected.selector, Some(Origin::Flag("--all-active")));
        assert!(selected.yes && selected.store.is_some());
        assert_eq!(selected.if_none, IfNone::Ok, "a shard may be empty");
        assert!(settings(&["--pending"], &[("ORGREADY_YES", "1")], "").unwrap_err().contains("began to create no org"));
        assert!(settings(&["--pending", "--if-none", "ok"], &[("ORGREADY_YES", "1")], "").unwrap().yes);
        assert!(settings(&[], &[], "").unwrap_err().contains("no username"));
    }

    #[test]
    fn what_is_for_logins_alone_does_not_matter() {
        let file = "alias = \"qa\"\nset_default = true";
        assert!(settings(&["-o", "a@x.com", "-o", "b@x.com"], &[("ORGREADY_ALIAS", "x y")], file).is_ok());
        assert!(settings(&["-o", "a@x.com"], &[], "yes = true").unwrap_err().contains("no setting \"yes\""));
    }
}
