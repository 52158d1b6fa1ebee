//! The main job: the Dev Hub, then every scratch org, until each is ready or cannot be.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use tokio_util::sync::CancellationToken;

use crate::engine::batch::Batch;
use crate::engine::hub::HubSession;
use crate::engine::org_state::Request;
use crate::engine::run::Run;
use crate::model::event::{Event, Observer};
use crate::model::handover::Handover;
use crate::model::org::{OrgEntry, OrgName};
use crate::model::report::{Hub, OrgOutcome, OrgStatus, Report};
use crate::protocol::soql::Condition;
use crate::protocol::transport::Transport;
use crate::usernames::shard::Shard;

pub use crate::engine::hub::HubLogin;
pub use crate::engine::run::{HubFailure, HubStage, Settings};

/// Which scratch orgs.
#[derive(Debug, Clone)]
pub enum Selection {
    /// These, in this order.
    Named(Vec<OrgEntry>),
    /// Those that the hub says match.
    Matching {
        /// A SOQL condition on `ScratchOrgInfo`; none is all of them.
        condition: Option<Condition>,
        /// This process' share of them.
        shard: Option<Shard>,
    },
}

/// Logs in to the hub and to every scratch org. Each ready org goes to `handover` at once; `stop` ends the waiting.
///
/// An org that fails is part of the report, and stops no other. An error means that no scratch org was tried.
pub async fn login<T: Transport>(
    settings: &Settings,
    selection: Selection,
    transport: &T,
    handover: &dyn Handover,
    observer: &dyn Observer,
    stop: &CancellationToken,
) -> Result<Report, HubFailure> {
    let run = Run::new(settings, transport, observer, stop);
    let named = match &selection {
        Selection::Named(entries) => entries.len(),
        Selection::Matching { .. } => 0,
    };
    run.observe(&Event::Started { orgs: named });
    if matches!(&selection, Selection::Named(entries) if entries.is_empty()) {
        return Ok(report(&run, None, Vec::new()));
    }
    let mut hub = match HubSession::open(&run).await {
        Ok(hub) => hub,
        Err(failure) if failure.stage == HubStage::Interrupted => return Ok(untried(&run, None, selection)),
        Err(failure) => return Err(failure),
    };
    let told = hub.hub();
    let requests = match requests(&run, &mut hub, &selection).await {
        Ok(requests) => requests,
        Err(failure) if failure.stage == HubStage::Interrupted => return Ok(untried(&run, Some(told), selection)),
        Err(failure) => return Err(failure),
    };
    let outcomes = Batch::new(&run, handover, hub.host().to_owned(), requests).run(hub).await;
    Ok(report(&run, Some(told), outcomes))
}

/// Logs in to the hub alone, and proves that it is a Dev Hub.
pub async fn login_hub<T: Transport>(
    settings: &Settings,
    transport: &T,
    observer: &dyn Observer,
    stop: &CancellationToken,
) -> Result<HubLogin, HubFailure> {
    HubSession::open(&Run::new(settings, transport, observer, stop)).await?.prove().await
}

/// What the hub knows of the orgs that are asked for.
async fn requests<T: Transport>(
    run: &Run<'_, T>,
    hub: &mut HubSession<'_, T>,
    selection: &Selection,
) -> Result<Vec<Request>, HubFailure> {
    match selection {
        Selection::Named(entries) => {
            let names: Vec<&OrgName> = entries.iter().map(|entry| &entry.name).collect();
            let records = hub.records(&names).await?;
            let known = records.iter().flatten().count();
            run.observe(&Event::HubAnswered { asked: names.len(), known });
            let requests = entries.iter().zip(records).map(|(entry, record)| Request::new(entry, record));
            Ok(each_once(run, requests))
        }
        Selection::Matching { condition, shard } => {
            let (records, left_out) = hub.select(condition.as_ref()).await?;
            if left_out > 0 {
                run.warn(format!(
                    "{left_out} more orgs match, but were signed up with another app than --client-id: they are left out, as this key can never log in there"
                ));
            }
            let known = records.len();
            run.observe(&Event::HubAnswered { asked: known, known });
            let requests = records.into_iter().map(Request::found);
            let ours: Vec<Request> =
                requests.filter(|request| shard.is_none_or(|shard| shard.holds(&request.name))).collect();
            match shard {
                Some(shard) if ours.is_empty() && known > 0 => {
                    run.warn(format!("none of the {known} orgs is in share {shard}: there is nothing to log in to"));
                }
                _ if ours.is_empty() => run.warn("no scratch org matches: there is nothing to log in to".to_owned()),
                _ => {}
            }
            Ok(ours)
        }
    }
}

/// A `2SR…` id may stand for an org that is also named by its username: it counts once.
fn each_once<T>(run: &Run<'_, T>, requests: impl Iterator<Item = Request>) -> Vec<Request> {
    let mut once: Vec<Request> = Vec::new();
    let mut places: HashMap<OrgName, usize> = HashMap::new();
    for request in requests {
        match places.entry(request.name.clone()) {
            Entry::Vacant(entry) => {
                entry.insert(once.len());
                once.push(request);
            }
            Entry::Occupied(entry) => {
                run.warn(format!("{} is asked for by username and by id: it counts once", request.name));
                let first = &mut once[*entry.get()];
                first.alias = first.alias.take().or(request.alias);
            }
        }
    }
    once
}

/// The report of a run that a signal ended before any scratch org was tried.
fn untried<T>(run: &Run<'_, T>, hub: Option<Hub>, selection: Selection) -> Report {
    let entries = match selection {
        Selection::Named(entries) => entries,
        Selection::Matching { .. } => Vec::new(),
    };
    let outcome = |entry: OrgEntry| OrgOutcome {
        name: entry.name,
        alias: entry.alias,
        status: OrgStatus::Interrupted,
        org_id: None,
        instance_url: None,
        login_url: None,
        expiration_date: None,
        attempts: 0,
        waited: run.elapsed(),
        cause: Some(run.interrupted().cause),
    };
    let outcomes: Vec<_> = entries.into_iter().map(outcome).collect();
    for (index, outcome) in outcomes.iter().enumerate() {
        run.observe(&Event::OrgFinished { index, outcome: outcome.clone() });
    }
    report(run, hub, outcomes)
}

fn report<T>(run: &Run<'_, T>, hub: Option<Hub>, outcomes: Vec<OrgOutcome>) -> Report {
    let report = Report::new(hub, outcomes, run.elapsed());
    run.observe(&Event::Finished { summary: report.summary });
    report
}
