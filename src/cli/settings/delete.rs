//! What `delete` needs, complete and proven: nothing was sent yet.

use tokio::time::Instant;

use super::ci;
use super::connection::{Connection, check, incomplete};
use super::origin::Origin;
use super::places::{self, Places};
use super::selection::{self, IfNone, Job};
use super::setting::YES;
use super::sources::Sources;
use super::variables;
use crate::cli::ci::Ci;
use crate::cli::ending::Failure;
use crate::cli::problem::{Problem, Problems};
use crate::engine::login::{Selection, Settings};
use crate::protocol::http::Http;
use crate::sf::Store;
use crate::usernames::shard::Shard;

/// What `delete` needs.
#[derive(Debug)]
#[expect(dead_code, reason = "the command comes with the deletion in the engine")]
pub(crate) struct DeleteSettings {
    /// The run itself.
    pub(crate) run: Settings,
    /// The client.
    pub(crate) http: Http,
    /// Which orgs; with `pending`, none yet.
    pub(crate) selection: Selection,
    /// What says which, where that is no list of names: what would be deleted is listed first.
    pub(crate) selector: Option<Origin>,
    /// Those whose creation `sf` began and did not finish.
    pub(crate) pending: bool,
    /// What it means that a selector matches nothing.
    pub(crate) if_none: IfNone,
    /// The share, for messages.
    pub(crate) shard: Option<Shard>,
    /// The sf store, unless it is left alone.
    pub(crate) store: Option<Store>,
    /// Result files.
    pub(crate) places: Places,
    /// The CI platform to speak to.
    pub(crate) ci: Option<Ci>,
    /// Whether what a selector finds may be deleted.
    pub(crate) yes: bool,
    /// What the user should know.
    pub(crate) warnings: Vec<String>,
}

/// Resolves everything for `delete`.
#[cfg_attr(not(test), expect(dead_code, reason = "the command comes with the deletion in the engine"))]
pub(crate) fn delete(sources: &Sources<'_>, started: Instant) -> Result<DeleteSettings, Failure> {
    let (mut problems, mut input) = (Problems::default(), Problems::default());
    let mut warnings = variables::unknown(sources.environment());
    let chosen = selection::resolve(sources, Job::Delete, &mut problems, &mut input);
    let connection = Connection::resolve(sources, true, &mut problems, &mut warnings);
    let key = connection.as_ref().and_then(|connection| connection.hub.key.file.as_deref());
    let places = places::files(sources, key, places::store(sources).as_ref(), &mut problems);
    let ci = problems.take(ci::open(sources, places.summary_is_reported)).flatten();
    let yes = problems.take(sources.switch(&YES)).is_some_and(|yes| yes.value);
    check(problems, input)?;
    let (Some(chosen), Some(connection)) = (chosen, connection) else { return Err(incomplete()) };
    warnings.extend(chosen.warnings);
    let store = connection.store_to_write(sources).map_err(|problem: Problem| Failure::settings(vec![problem]))?;
    let (run, http) = connection.into_run(started);
    Ok(DeleteSettings {
        run,
        http,
        selection: chosen.selection,
        selector: chosen.selector,
        pending: chosen.pending,
        if_none: chosen.if_none,
        shard: chosen.shard,
        store,
        places,
        ci,
        yes,
        warnings,
    })
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
        delete(&sources, Instant::now()).map_err(|failure| failure.message)
    }

    #[test]
    fn orgs_are_named_or_selected_and_what_selects_them_is_known() {
        let named = settings(&["-o", "a@x.com", "--no-prompt", "--no-sf-store"], &[], "").unwrap();
        assert!(named.selector.is_none() && !named.yes && named.store.is_none());
        let selected = settings(&["--all-active", "--yes", "--shard", "1/2"], &[("TF_BUILD", "True")], "").unwrap();
        assert_eq!(selected.selector, Some(Origin::Flag("--all-active")));
        assert!(selected.yes && selected.store.is_some() && selected.ci.is_some());
        assert_eq!(selected.if_none, IfNone::Ok, "a shard may be empty");
        assert!(settings(&["--pending"], &[("ORGREADY_YES", "1")], "").unwrap().yes);
        assert!(settings(&[], &[], "").unwrap_err().contains("no username"));
    }

    #[test]
    fn what_is_for_logins_alone_does_not_matter() {
        let file = "alias = \"qa\"\nset_default = true";
        assert!(settings(&["-o", "a@x.com", "-o", "b@x.com"], &[("ORGREADY_ALIAS", "x y")], file).is_ok());
        assert!(settings(&["-o", "a@x.com"], &[], "yes = true").unwrap_err().contains("no setting \"yes\""));
    }
}
