//! `orgready delete`: gives orgs back, and makes sf forget them.

use std::future::IntoFuture;

use super::Surroundings;
use super::login::listen;
use super::results::Results;
use super::session::{Listeners, Session, runtime};
use crate::cli::args::DeleteArgs;
use crate::cli::ending::{Ending, Exit, Failure, Outcome};
use crate::cli::job::Job;
use crate::cli::problem::Problem;
use crate::cli::settings::delete::{self, DeleteResolved, DeleteSettings};
use crate::cli::settings::selection::IfNone;
use crate::cli::settings::sources::Typed;
use crate::engine::client::Client;
use crate::engine::delete::DeletionError;
use crate::engine::login::Selection;
use crate::model::event::{Event, Observer};
use crate::model::org::OrgName;
use crate::model::report::Report;
use crate::sf::{GoneOrg, Store};

/// Runs it.
pub(crate) fn run(arguments: &DeleteArgs, json: bool, surroundings: &Surroundings) -> Exit {
    let session = match Session::open(Typed::of(arguments), json, arguments.network.config.as_deref(), surroundings) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    let DeleteResolved { settings, results, ci } = delete::delete(&session.sources, surroundings.started);
    let results = match Results::begin(results, ci, Vec::new(), surroundings.started, &session) {
        Ok(results) => results,
        Err(problem) => return session.close(&session.fail(Failure::settings(vec![Problem::new(problem)]))),
    };
    let ending = settings.and_then(|settings| delete_orgs(settings, &results, &session, surroundings));
    let mut ending = Ending { job: Job::Delete, ..ending.unwrap_or_else(|failure| session.fail(failure)) };
    results.finish(&mut ending, &session);
    session.close(&ending)
}

fn delete_orgs(
    settings: DeleteSettings,
    results: &Results,
    session: &Session<'_>,
    surroundings: &Surroundings,
) -> Result<Ending, Failure> {
    let DeleteSettings { run, http, selection, selector, if_none, store, yes, warnings } = settings;
    let selector = selector.map(|selector| selector.to_string()).unwrap_or_default();
    let consent = |orgs: &[OrgName]| {
        if yes {
            session.say(&format!("deleting what {selector} finds:\n{}", listed(orgs)));
        }
        yes
    };
    if let Selection::Begun(orgs) = &selection
        && !orgs.is_empty()
    {
        let names: Vec<OrgName> = orgs.iter().map(|org| org.name.clone()).collect();
        if !consent(&names) {
            return Err(not_confirmed(&names, &selector));
        }
    }
    let is_query = matches!(selection, Selection::Matching { .. });
    let progress = session.progress(surroundings, run.wait);
    let mut others: Vec<&dyn Observer> = vec![results];
    others.extend(progress.as_ref().map(|progress| progress as &dyn Observer));
    let listeners = Listeners::new(&session.console, others, warnings);
    let signals = listen(&session.console, store.as_ref())?;
    let runtime = runtime()?;
    let (hub_username, login_host) = (run.hub_username.clone(), run.login_url.host().to_owned());
    let client = Client::new(run, http);
    let deletion = client.delete(selection).confirm(consent).observe(|event: &Event| listeners.observe(event));
    let result = runtime.block_on(deletion.cancel_on(signals.stop().cancelled()).into_future());
    // A look-up of a name that hangs must not hold up the end.
    runtime.shutdown_background();

    let signal = signals.caught();
    let (outcome, failure) = match result {
        Ok(report) if is_query && report.orgs.is_empty() && signal.is_none() && if_none == IfNone::Fail => {
            (None, Some(Failure::no_org_matches()))
        }
        Ok(report) => {
            if is_query && report.orgs.is_empty() && signal.is_none() {
                listeners.warn("no scratch org matches: there is nothing to delete".to_owned());
            }
            for warning in store.map(|store| forget(&store, &report)).unwrap_or_default() {
                listeners.warn(warning);
            }
            let failure = Failure::of_orgs(&report, Job::Delete, signal);
            (Some(Outcome::Deletion(report)), failure)
        }
        Err(DeletionError::Hub(failure)) => (None, Some(Failure::hub(failure, &hub_username, &login_host, signal))),
        Err(DeletionError::NotConfirmed(names)) => (None, Some(not_confirmed(&names, &selector))),
    };
    let warnings = listeners.into_warnings();
    drop(progress);
    Ok(Ending { job: Job::Delete, outcome, failure, warnings })
}

/// Makes sf forget the orgs that are gone.
fn forget(store: &Store, report: &Report) -> Vec<String> {
    let gone = report.orgs.iter().filter(|org| org.status.is_done());
    let gone: Vec<GoneOrg<'_>> = gone
        .map(|org| GoneOrg {
            username: match &org.name {
                OrgName::Username(username) => Some(username),
                OrgName::ScratchOrgInfo(_) | OrgName::Failed(_) => None,
            },
            org_id: org.org_id,
            record: org.record_id.as_ref(),
        })
        .collect();
    store.forget(&gone)
}

fn not_confirmed(names: &[OrgName], selector: &str) -> Failure {
    let orgs = if names.len() == 1 { "org" } else { "orgs" };
    let found = format!("{selector} finds {} {orgs}, and nothing was deleted:\n{}", names.len(), listed(names));
    Failure::input(vec![Problem::new(found).with_action("add --yes to delete what it finds, or name the orgs")])
}

fn listed(names: &[OrgName]) -> String {
    names.iter().map(|name| format!("  {name}")).collect::<Vec<_>>().join("\n")
}
