//! `orgready login` and `orgready delete`: the main job, and giving orgs back.

use super::results::Results;
use super::session::{Session, block_on};
use crate::cli::ending::{Ending, Exit, Failure, Outcome};
use crate::cli::job::Job;
use crate::cli::output::human;
use crate::cli::output::tokens::TokensFile;
use crate::cli::problem::Problem;
use crate::cli::settings::batch::{self, Batch};
use crate::cli::settings::selection::{Chosen, IfNone};
use crate::cli::settings::setting::{NO_SF_STORE, SET_DEFAULT};
use crate::cli::signals;
use crate::engine::delete::{DeletionError, delete};
use crate::engine::login::{LoginError, login};
use crate::model::event::{Event, Observer};
use crate::model::handover::Handover;
use crate::model::org::{Alias, OrgName};
use crate::model::report::OrgStatus;

/// For how many orgs it is told which alias they have now; the table has them all.
const NAMED: usize = 5;

/// Runs it.
pub(super) fn run(job: Job, session: &Session<'_>) -> Exit {
    let mut ending = work_and_tell(job, session);
    let exit = session.close(&mut ending);
    if job == Job::Delete || session.sources.is_on(&NO_SF_STORE) {
        return exit;
    }
    let targets: &[&str] = if session.sources.is_on(&SET_DEFAULT) { &["default org"] } else { &[] };
    let orgs = ending.report().into_iter().flat_map(|report| &report.orgs);
    for org in orgs.filter(|org| org.status == OrgStatus::Ready).take(NAMED) {
        let named = human::named(org.name.as_str(), org.alias.as_ref().map(Alias::as_str), targets);
        named.inspect(|line| session.say(line));
    }
    exit
}

/// Does it for every org and writes the result files; those also where nothing could begin. The demo comes here too.
pub(super) fn work_and_tell(job: Job, session: &Session<'_>) -> Ending {
    let (batch, mut places, asked) = batch::resolve(job, &session.sources);
    let tokens = places.tokens.take().map(TokensFile::new);
    let results = match Results::begin(places, asked, session) {
        Ok(results) => results,
        Err(problem) => return Failure::from(problem).into(),
    };
    let ending = batch.and_then(|batch| work(job, batch, tokens, &results, session));
    let mut ending = Ending { job, ..ending.unwrap_or_else(Ending::from) };
    results.finish(&mut ending, session);
    ending
}

fn work(
    job: Job,
    batch: Batch,
    tokens: Option<TokensFile>,
    results: &Results,
    session: &Session<'_>,
) -> Result<Ending, Failure> {
    let Batch { run, http, chosen, store, handover, yes } = batch;
    let Chosen { selection, selector, begun, if_none, shard, .. } = chosen;
    let selector = selector.map(|selector| selector.to_string()).unwrap_or_default();
    let (console, people) = (&session.console, session.people());
    let tell = |orgs: &[String]| {
        let found = format!("deleting what {selector} finds:\n{}", orgs.join("\n"));
        people.inspect(|console| console.info(&found));
    };
    if job == Job::Delete && !begun.is_empty() {
        if !yes {
            return Err(not_confirmed(&begun, &selector));
        }
        tell(&begun);
    }
    let is_query = selection.named().is_none();
    let signals = session.listen(store.as_ref())?;
    if selection.named().is_some_and(<[_]>::is_empty) {
        console.warn(&match (job, shard) {
            (_, Some(shard)) => format!("none of the orgs is in the share {shard}: nothing to do"),
            (Job::Login, None) => "sf began to create no org that could be finished: nothing to do".to_owned(),
            (Job::Delete, None) => "there is no org to delete: nothing to do".to_owned(),
        });
    }
    let observer = session.observer(run.wait);
    let observe = |event: &Event| {
        observer.observe(event);
        results.observe(event);
    };
    let hub_failed = |failure| Failure::hub(failure, &run.hub_username, run.login_url.host(), signals::caught());
    let outcome = match job {
        Job::Login => {
            let store = handover.as_ref().map(|store| store as &dyn Handover);
            let handovers: Vec<_> = store.into_iter().chain(tokens.as_ref().map(|tokens| tokens as _)).collect();
            block_on(login(&run, selection, &http, &handovers, &observe, signals.stop()))?.map(Outcome::Orgs).map_err(
                |error| match error {
                    LoginError::Hub(failure) => hub_failed(failure),
                    error => Problem::of(error).of_input().into(),
                },
            )
        }
        Job::Delete => {
            let consents = |orgs: &[OrgName]| {
                if yes {
                    tell(&names(orgs));
                }
                yes
            };
            block_on(delete(&run, selection, &consents, &http, &observe, signals.stop()))?.map(Outcome::Orgs).map_err(
                |error| match error {
                    DeletionError::Hub(failure) => hub_failed(failure),
                    DeletionError::NotConfirmed(found) => not_confirmed(&names(&found), &selector),
                },
            )
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
    }
    if let Some(report) = ending.report() {
        ending.failure = Failure::of_orgs(report, job, signal);
    }
    if let (Job::Delete, Some(report)) = (job, ending.report()) {
        for untold in store.map(|store| store.forget_deleted(report)).unwrap_or_default() {
            console.warn(&untold);
        }
    }
    let untold = tokens.map_or(Ok(()), TokensFile::finish);
    drop(observer);
    untold.unwrap_or_else(|message| session.unwritten(&mut ending, message));
    Ok(ending)
}

/// What a selector finds was not to be deleted.
fn not_confirmed(orgs: &[String], selector: &str) -> Failure {
    let what = if orgs.len() == 1 { "org" } else { "orgs" };
    let found = format!("{selector} finds {} {what}, and nothing was deleted:\n{}", orgs.len(), orgs.join("\n"));
    Problem::new(found).with_action("add --yes to delete what it finds, or name the orgs").of_input().into()
}

/// Orgs as a person knows them.
fn names(orgs: &[OrgName]) -> Vec<String> {
    orgs.iter().map(OrgName::to_string).collect()
}
