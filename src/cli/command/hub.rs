//! `orgready hub`: the Dev Hub alone.

use super::session::{Session, block_on};
use crate::cli::ending::{Ending, Exit, Failure, Outcome};
use crate::cli::output::human;
use crate::cli::problem::Problem;
use crate::cli::settings::connection::{Connection, complete};
use crate::cli::settings::places;
use crate::cli::settings::setting::{HUB_ALIAS, HUB_SET_DEFAULT, SET_DEFAULT_DEV_HUB};
use crate::cli::signals;
use crate::engine::hub_failure::{HubFailure, HubStage};
use crate::engine::login::login_hub;
use crate::model::cause::{Cause, CauseCode};
use crate::model::org::Alias;
use crate::model::report::Hub;
use crate::protocol::hint;
use crate::sf::{HubDefaults, KeptKey, StoreError};

/// Runs it.
pub(super) fn run(session: &Session<'_>) -> Exit {
    let mut told = None;
    let mut ending = log_in(session, &mut told)
        .map_or_else(Ending::from, |hub| Ending { outcome: Some(Outcome::Hub(hub)), ..Ending::default() });
    let exit = session.close(&mut ending);
    told.inspect(|line| session.say(line));
    exit
}

/// Logs in and keeps the login; what `sf` calls the hub from now on is to be told last.
fn log_in(session: &Session<'_>, told: &mut Option<String>) -> Result<Hub, Failure> {
    let sources = &session.sources;
    let alias = sources.problems.keep(sources.read(&HUB_ALIAS, Alias::new)).flatten().map(|alias| alias.value);
    let (dev_hub, org) = (sources.is_on(&SET_DEFAULT_DEV_HUB), sources.is_on(&HUB_SET_DEFAULT));
    let defaults = HubDefaults { alias, dev_hub, org };
    let connection = complete(sources, Connection::resolve(sources))?;
    let store = places::store_to_write(sources, connection.store.as_ref())?;
    let (key_path, kept) = connection.key_path(sources, store.as_ref())?;
    if let Some(store) = &store {
        store.prepare(key_path.as_ref(), &defaults).map_err(Problem::of)?;
    }
    kept.into_iter().for_each(KeptKey::stay);
    let Connection { run, http, .. } = connection;
    let signals = session.listen(store.as_ref())?;
    let observer = session.observer(run.wait);
    let failed = |failure| Failure::hub(failure, &run.hub_username, run.login_url.host(), signals::caught());
    let login = block_on(login_hub(&run, &http, &observer, signals.stop()))?.map_err(failed)?;
    if let Some(store) = &store {
        let warnings = store.save_hub(&login, &run.client_id, key_path.as_ref(), &defaults);
        let warnings = warnings.map_err(|error| failed(not_stored(&error, signals::caught().is_some())))?;
        sources.problems.warn(warnings);
        let targets = [(dev_hub, "default Dev Hub"), (org, "default org")];
        let targets: Vec<&str> = targets.into_iter().filter_map(|(is_set, what)| is_set.then_some(what)).collect();
        *told = human::named(login.hub.username.as_str(), defaults.alias.as_ref().map(Alias::as_str), &targets);
    }
    Ok(login.hub)
}

fn not_stored(error: &StoreError, signalled: bool) -> HubFailure {
    let cause = Cause::never(CauseCode::NotStored, error.to_string(), "", hint::STORE_NOT_WRITTEN);
    // A signal makes the store give up a lock that it would else have waited for.
    let cut_short = signalled && matches!(error, StoreError::Locked { .. });
    HubFailure { stage: if cut_short { HubStage::Interrupted } else { HubStage::Login }, cause }
}
