//! `orgready hub`: the Dev Hub alone.

use super::Surroundings;
use super::login::listen;
use super::session::{Listeners, Session, runtime};
use crate::cli::args::HubArgs;
use crate::cli::ending::{Ending, Exit, Failure, Outcome};
use crate::cli::output::human;
use crate::cli::problem::Problem;
use crate::cli::settings::login::{self, HubLoginSettings};
use crate::cli::settings::sources::Typed;
use crate::engine::login::{HubFailure, HubStage};
use crate::model::cause::{Cause, CauseCode};
use crate::model::event::Observer;
use crate::model::org::Alias;
use crate::protocol::hint;
use crate::sf::{HubDefaults, ReadyHub, StoreError};

/// Runs it.
pub(crate) fn run(arguments: &HubArgs, json: bool, surroundings: &Surroundings) -> Exit {
    let typed = Typed::of(arguments);
    let config = arguments.network.config.as_deref();
    let session = match Session::open(typed, json, config, surroundings) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    let ending = defaults(arguments).and_then(|defaults| {
        let settings = login::hub(&session.sources, surroundings.started, &defaults)?;
        log_in(settings, &defaults, &session, surroundings)
    });
    let ending = ending.unwrap_or_else(|failure| session.fail(failure));
    let exit = session.close(&ending);
    if let (Some(Outcome::Hub(hub)), false) = (&ending.outcome, arguments.store.no_sf_store) {
        let targets = [(arguments.set_default_dev_hub, "default Dev Hub"), (arguments.set_default, "default org")];
        let targets: Vec<&str> = targets.into_iter().filter_map(|(is_set, what)| is_set.then_some(what)).collect();
        if let Some(line) = human::named(hub.username.as_str(), arguments.alias.as_deref(), &targets) {
            session.say(&line);
        }
    }
    exit
}

fn defaults(arguments: &HubArgs) -> Result<HubDefaults, Failure> {
    let alias = arguments.alias.as_deref().map(Alias::new).transpose();
    let alias = alias.map_err(|error| Failure::settings(vec![Problem::new(format!("--alias: {error}"))]))?;
    Ok(HubDefaults { alias, dev_hub: arguments.set_default_dev_hub, org: arguments.set_default })
}

fn log_in(
    settings: HubLoginSettings,
    defaults: &HubDefaults,
    session: &Session<'_>,
    surroundings: &Surroundings,
) -> Result<Ending, Failure> {
    let HubLoginSettings { run, http, store, key_path, warnings } = settings;
    let progress = session.progress(surroundings, run.wait);
    let others = progress.as_ref().map(|progress| progress as &dyn Observer).into_iter().collect();
    let listeners = Listeners::new(&session.console, others, warnings);
    let signals = listen(&session.console, store.as_ref())?;
    let runtime = runtime()?;
    let result = runtime.block_on(crate::engine::login::login_hub(&run, &http, &listeners, signals.stop()));
    runtime.shutdown_background();
    let kept = result.and_then(|login| {
        let Some(store) = &store else { return Ok(login.hub) };
        let ready = ReadyHub { hub: &login.hub, token: &login.token, organization: &login.organization };
        match store.save_hub(ready, &run.client_id, key_path.as_ref(), defaults) {
            Ok(warnings) => {
                for warning in warnings {
                    listeners.warn(warning);
                }
                Ok(login.hub)
            }
            Err(error) => Err(not_stored(&error, signals.caught().is_some())),
        }
    });
    let warnings = listeners.into_warnings();
    drop(progress);
    let (outcome, failure) = match kept {
        Ok(hub) => (Some(Outcome::Hub(hub)), None),
        Err(failure) => (None, Some(Failure::hub(failure, &run.hub_username, run.login_url.host(), signals.caught()))),
    };
    Ok(Ending { outcome, failure, warnings, ..Ending::default() })
}

fn not_stored(error: &StoreError, signalled: bool) -> HubFailure {
    let cause = Cause::never(CauseCode::NotStored, error.to_string(), "", hint::STORE_NOT_WRITTEN);
    // A signal makes the store give up a lock that it would else have waited for.
    let cut_short = signalled && matches!(error, StoreError::Locked { .. });
    HubFailure { stage: if cut_short { HubStage::Interrupted } else { HubStage::Login }, cause }
}
