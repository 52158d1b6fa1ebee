//! `orgready login` and `orgready delete`: the main job, and giving orgs back.

use std::future::IntoFuture;

use super::deletion;
use super::results::Results;
use super::session::{Listeners, Session, block_on};
use crate::cli::ending::{Ending, Exit, Failure, Outcome};
use crate::cli::job::Job;
use crate::cli::output::human;
use crate::cli::output::tokens::TokensFile;
use crate::cli::problem::Problem;
use crate::cli::settings::batch::{self, Batch, Resolved};
use crate::cli::settings::selection::{Chosen, IfNone};
use crate::cli::signals;
use crate::engine::client::{Client, Login};
use crate::engine::delete::DeletionError;
use crate::engine::login::LoginError;
use crate::model::event::{Event, Observer};
use crate::model::handover::Handover;
use crate::model::org::{Alias, OrgName};
use crate::model::report::OrgStatus;

/// For how many orgs it is told which alias they have now; the table has them all.
const NAMED: usize = 5;

/// Runs it.
pub(super) fn run(job: Job, session: &Session<'_>) -> Exit {
    let resolved = batch::resolve(job, &session.sources, session.surroundings.started, true);
    let (is_stored, is_default) = match &resolved.batch {
        Ok(batch) => (batch.handover.is_some(), batch.chosen.set_default),
        Err(_) => (false, false),
    };
    let ending = work_and_tell(job, resolved, session);
    let exit = session.close(&ending);
    let orgs = ending.report().into_iter().flat_map(|report| &report.orgs);
    for org in orgs.filter(|org| is_stored && org.status == OrgStatus::Ready).take(NAMED) {
        let targets: &[&str] = if is_default { &["default org"] } else { &[] };
        if let Some(line) = human::named(org.name.as_str(), org.alias.as_ref().map(Alias::as_str), targets) {
            session.say(&line);
        }
    }
    exit
}

/// Does it for every org and writes the result files; those also where nothing could begin. The demo comes here too.
pub(super) fn work_and_tell(job: Job, resolved: Resolved, session: &Session<'_>) -> Ending {
    let Resolved { batch, places, asked } = resolved;
    let results = match Results::begin(places, asked, session) {
        Ok(results) => results,
        Err(problem) => return session.fail(problem.into()),
    };
    let ending = batch.and_then(|batch| work(job, batch, &results, session));
    let mut ending = Ending { job, ..ending.unwrap_or_else(|failure| session.fail(failure)) };
    results.finish(&mut ending, session);
    ending
}

fn work(job: Job, batch: Batch, results: &Results, session: &Session<'_>) -> Result<Ending, Failure> {
    let Batch { run, http, chosen, store, handover, tokens, yes } = batch;
    let Chosen { selection, selector, begun, if_none, shard, .. } = chosen;
    let selector = selector.map(|selector| selector.to_string()).unwrap_or_default();
    let people = session.people();
    let tell = |orgs: &[String]| {
        if let Some(console) = people {
            console.info(&format!("deleting what {selector} finds:\n{}", orgs.join("\n")));
        }
    };
    let consents = |orgs: &[OrgName]| {
        if yes {
            tell(&deletion::names(orgs));
        }
        yes
    };
    match begun.as_slice() {
        begun if job == Job::Login || begun.is_empty() => {}
        begun if yes => tell(begun),
        begun => return Err(deletion::not_confirmed(begun, &selector)),
    }
    let progress = session.progress(run.wait);
    let mut others: Vec<&dyn Observer> = vec![results];
    others.extend(progress.as_ref().map(|progress| progress as &dyn Observer));
    let listeners = Listeners::new(session, others);
    let is_query = selection.named().is_none();
    if selection.named().is_some_and(<[_]>::is_empty) {
        listeners.warn([match (job, shard) {
            (_, Some(shard)) => format!("none of the orgs is in the share {shard}: nothing to do"),
            (Job::Login, None) => "sf began to create no org that could be finished: nothing to do".to_owned(),
            (Job::Delete, None) => "there is no org to delete: nothing to do".to_owned(),
        }]);
    }
    let signals = session.listen(store.as_ref())?;
    let (hub_username, login_host) = (run.hub_username.clone(), run.login_url.host().to_owned());
    let hub_failed = |failure| Failure::hub(failure, &hub_username, &login_host, signals::caught());
    let tokens = tokens.map(TokensFile::new);
    let client = Client::new(run, http);
    let observe = |event: &Event| listeners.observe(event);
    let stop = signals.stop().cancelled();
    let outcome = match job {
        Job::Login => {
            let store = handover.as_ref().map(|store| store as &dyn Handover);
            let handovers = store.into_iter().chain(tokens.as_ref().map(|tokens| tokens as &dyn Handover));
            let login = handovers.fold(client.login(selection).observe(observe), Login::handover);
            block_on(login.cancel_on(stop).into_future())?.map(Outcome::Orgs).map_err(|error| match error {
                LoginError::Hub(failure) => hub_failed(failure),
                error => Problem::of(error).of_input().into(),
            })
        }
        Job::Delete => {
            let deletion = client.delete(selection).confirm(consents).observe(observe).cancel_on(stop);
            block_on(deletion.into_future())?.map(Outcome::Deletion).map_err(|error| match error {
                DeletionError::Hub(failure) => hub_failed(failure),
                DeletionError::NotConfirmed(found) => deletion::not_confirmed(&deletion::names(&found), &selector),
            })
        }
    };
    let signal = signals::caught();
    let mut ending = match outcome {
        Ok(outcome) => Ending { outcome: Some(outcome), ..Ending::default() },
        Err(failure) => failure.into(),
    };
    let is_empty = is_query && signal.is_none() && ending.report().is_some_and(|report| report.orgs.is_empty());
    if is_empty && if_none == IfNone::Fail {
        ending = Failure::no_org_matches().into();
    } else if is_empty && job == Job::Delete {
        listeners.warn(["no scratch org matches: there is nothing to delete".to_owned()]);
    }
    if let Some(report) = ending.report() {
        ending.failure = Failure::of_orgs(report, job, signal);
    }
    if let Some(Outcome::Deletion(report)) = &ending.outcome {
        listeners.warn(store.map(|store| deletion::forget(&store, report)).unwrap_or_default());
    }
    let untold = tokens.map_or(Ok(()), TokensFile::finish);
    ending.warnings = listeners.into_warnings();
    drop(progress);
    untold.unwrap_or_else(|message| session.unwritten(&mut ending, message));
    Ok(ending)
}
