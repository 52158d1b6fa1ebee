//! `orgready login`: the main job.

use std::future::IntoFuture;

use super::Surroundings;
use super::results::Results;
use super::session::{Listeners, Session, runtime};
use crate::cli::args::LoginArgs;
use crate::cli::console::Console;
use crate::cli::ending::{Ending, Exit, Failure, Outcome, Signal};
use crate::cli::job::Job;
use crate::cli::output::human;
use crate::cli::output::tokens::TokensFile;
use crate::cli::problem::Problem;
use crate::cli::settings::login::{self, LoginResolved, LoginSettings};
use crate::cli::settings::selection::IfNone;
use crate::cli::settings::sources::Typed;
use crate::cli::signals::Signals;
use crate::engine::client::Client;
use crate::engine::login::{LoginError, Selection};
use crate::model::event::{Event, Observer};
use crate::model::org::Alias;
use crate::model::report::OrgStatus;
use crate::sf::{Store, StoreHandover};

/// Runs it.
pub(crate) fn run(arguments: &LoginArgs, json: bool, surroundings: &Surroundings) -> Exit {
    let typed = Typed::of(arguments);
    let config = arguments.network.config.as_deref();
    let session = match Session::open(typed, json, config, surroundings) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    let resolved = login::login(&session.sources, surroundings.started, true);
    let sets_default = arguments.set_default;
    let names = resolved.settings.as_ref().is_ok_and(|settings| settings.store.is_some());
    let ending = log_in_and_tell(resolved, &session, surroundings);
    let exit = session.close(&ending);
    let ready = ending.report().into_iter().flat_map(|report| &report.orgs);
    for org in ready.filter(|org| names && org.status == OrgStatus::Ready).take(NAMED) {
        let targets: &[&str] = if sets_default { &["default org"] } else { &[] };
        if let Some(line) = human::named(org.name.as_str(), org.alias.as_ref().map(Alias::as_str), targets) {
            session.say(&line);
        }
    }
    exit
}

/// For how many orgs it is told which alias they have now; the table has them all.
const NAMED: usize = 5;

/// Logs in to every org and writes the result files; those also where nothing could begin. The demo comes here too.
pub(super) fn log_in_and_tell(resolved: LoginResolved, session: &Session<'_>, surroundings: &Surroundings) -> Ending {
    let LoginResolved { settings, results, ci, asked } = resolved;
    let results = match Results::begin(results, ci, asked, surroundings.started, session) {
        Ok(results) => results,
        Err(problem) => return session.fail(Failure::settings(vec![Problem::new(problem)])),
    };
    let ending = settings.and_then(|settings| log_in(settings, &results, session, surroundings));
    let mut ending = ending.unwrap_or_else(|failure| session.fail(failure));
    results.finish(&mut ending, session);
    ending
}

fn log_in(
    settings: LoginSettings,
    results: &Results,
    session: &Session<'_>,
    surroundings: &Surroundings,
) -> Result<Ending, Failure> {
    let LoginSettings { run, http, selection, if_none, shard, store, tokens, warnings } = settings;
    let tokens = tokens.map(TokensFile::new);
    let progress = session.progress(surroundings, run.wait);
    let mut others: Vec<&dyn Observer> = vec![results];
    others.extend(progress.as_ref().map(|progress| progress as &dyn Observer));
    let listeners = Listeners::new(&session.console, others, warnings);

    let is_query = matches!(selection, Selection::Matching { .. });
    if selection.named().is_some_and(<[_]>::is_empty) {
        listeners.warn(match shard {
            Some(shard) => format!("none of the usernames is in the share {shard}: nothing to do"),
            None => "sf began to create no org that could be finished: nothing to do".to_owned(),
        });
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
        Ok(report) if is_query && report.orgs.is_empty() && signal.is_none() && if_none == IfNone::Fail => {
            (None, Some(Failure::no_org_matches()))
        }
        Ok(report) => {
            let failure = Failure::of_orgs(&report, Job::Login, signal);
            (Some(Outcome::Orgs(report)), failure)
        }
        Err(LoginError::Hub(failure)) => (None, Some(Failure::hub(failure, &hub_username, &login_host, signal))),
        Err(error) => (None, Some(Failure::input(vec![Problem::new(error.to_string())]))),
    };
    let warnings = listeners.into_warnings();
    drop(progress);
    let mut ending = Ending { job: Job::Login, outcome, failure, warnings };
    if let Err(message) = untold {
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
