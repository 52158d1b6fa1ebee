//! `orgready login`: the main job.

use std::future::IntoFuture;

use super::Surroundings;
use super::session::{Listeners, Session, runtime};
use crate::cli::args::LoginArgs;
use crate::cli::console::Console;
use crate::cli::ending::{Ending, Exit, Failure, Outcome, Signal};
use crate::cli::output::report::Reports;
use crate::cli::output::tokens::TokensFile;
use crate::cli::problem::Problem;
use crate::cli::settings::login::{self, LoginSettings};
use crate::cli::settings::sources::Typed;
use crate::cli::signals::Signals;
use crate::engine::client::Client;
use crate::engine::login::{LoginError, Selection};
use crate::model::event::{Event, Observer};
use crate::sf::{Store, StoreHandover};

/// Runs it.
pub(crate) fn run(arguments: &LoginArgs, json: bool, surroundings: &Surroundings) -> Exit {
    let typed = Typed::of(arguments);
    let config = arguments.network.config.as_deref();
    let session = match Session::open(typed, json, config, surroundings) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    let settled = login::login(&session.sources, surroundings.started, true);
    let ending = settled.and_then(|settings| log_in(settings, &session, surroundings));
    session.close(&ending.unwrap_or_else(|failure| session.fail(failure)))
}

/// Logs in to every org and writes the files. The demo comes here too.
pub(super) fn log_in(
    settings: LoginSettings,
    session: &Session<'_>,
    surroundings: &Surroundings,
) -> Result<Ending, Failure> {
    let LoginSettings { run, http, selection, shard, store, places, warnings, .. } = settings;
    let unusable = |problem: String| Failure::settings(vec![Problem::new(problem)]);
    let reports = Reports::begin(places.reports, surroundings.started).map_err(unusable)?;
    let tokens = places.tokens.map(TokensFile::new);
    let progress = session.progress(surroundings);
    let mut others: Vec<&dyn Observer> = vec![&reports];
    others.extend(progress.as_ref().map(|progress| progress as &dyn Observer));
    let listeners = Listeners::new(&session.console, others, warnings);

    if matches!(&selection, Selection::Named(entries) if entries.is_empty()) {
        let share = shard.map(|shard| shard.to_string()).unwrap_or_default();
        listeners.warn(format!("none of the usernames is in the share {share}: nothing to do"));
    }
    let signals = listen(&session.console, store.as_ref().map(StoreHandover::store))?;
    let runtime = runtime()?;
    let (hub_username, login_host) = (run.hub_username.clone(), run.login_url.host().to_owned());
    let client = Client::new(run, http);
    let mut login = client.login(selection).observe(|event: &Event| listeners.observe(event));
    if let Some(store) = &store {
        login = login.handover(store);
    }
    if let Some(tokens) = &tokens {
        login = login.handover(tokens);
    }
    let result = runtime.block_on(login.cancel_on(signals.stop().cancelled()).into_future());
    // A look-up of a name that hangs must not hold up the end.
    runtime.shutdown_background();

    let signal = signals.caught();
    let untold = tokens.map_or(Ok(()), TokensFile::finish);
    let (outcome, failure) = match result {
        Ok(report) => {
            let failure = Failure::of_orgs(&report, signal);
            (Some(Outcome::Orgs(report)), failure)
        }
        Err(LoginError::Hub(failure)) => (None, Some(Failure::hub(failure, &hub_username, &login_host, signal))),
        Err(error) => (None, Some(Failure::input(vec![Problem::new(error.to_string())]))),
    };
    let warnings = listeners.into_warnings();
    drop(progress);
    let mut ending = Ending { outcome, failure, warnings };
    let mut unwritten = reports.finish(&ending);
    unwritten.extend(untold.err());
    for message in unwritten {
        session.console.warn(&message);
        ending.failure.get_or_insert_with(|| Failure::unwritten(message.clone()));
        ending.warnings.push(message);
    }
    Ok(ending)
}

/// From here on signals end the run, and make the store hurry.
pub(super) fn listen(console: &Console, store: Option<&Store>) -> Result<Signals, Failure> {
    let (console, store) = (console.clone(), store.cloned());
    let on_first = move |signal: Signal| {
        if let Some(store) = store {
            store.hurry();
        }
        let name = signal.name();
        console.info(&format!("{name}: finishing what is in hand; a second signal ends at once"));
    };
    Signals::listen(on_first).map_err(|error| Failure::internal(format!("signals cannot be listened for: {error}")))
}
