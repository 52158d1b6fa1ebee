//! The main job: the Dev Hub, then every scratch org, until each is ready or cannot be.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use tokio_util::sync::CancellationToken;

use crate::engine::batch::Batch;
use crate::engine::hub::HubSession;
use crate::engine::org_state::OrgState;
use crate::engine::org_step::forget;
use crate::engine::run::Run;
use crate::engine::selection::Found;
use crate::model::event::{Event, Observer};
use crate::model::handover::Handover;
use crate::model::org::{Alias, OrgName};
use crate::model::report::{Hub, OrgOutcome, Report};
use crate::model::scratch_org::Status;
use crate::protocol::transport::Transport;

pub use crate::engine::hub::HubLogin;
pub use crate::engine::run::{HubFailure, HubStage, Settings};
pub use crate::engine::selection::Selection;

/// Why no scratch org was tried.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum LoginError {
    /// The Dev Hub could not be used.
    #[error(transparent)]
    Hub(#[from] HubFailure),
    /// One alias was given to a username and to an id, which the hub says are two orgs.
    #[error("the alias {alias} is given to {first} and to {second}")]
    AliasTwice {
        /// The alias.
        alias: Alias,
        /// The org that had it first.
        first: OrgName,
        /// The other one.
        second: OrgName,
    },
}

/// Logs in to the hub and to every scratch org. Each ready org goes to the `handovers` at once; `stop` ends the waiting.
///
/// An org that fails is part of the report, and stops no other. An error means that no scratch org was tried.
pub async fn login<T: Transport>(
    settings: &Settings,
    selection: Selection,
    transport: &T,
    handovers: &[&dyn Handover],
    observer: &dyn Observer,
    stop: &CancellationToken,
) -> Result<Report, LoginError> {
    let run = Run::new(settings, transport, observer, stop);
    let named = selection.named();
    run.observe(&Event::Started { orgs: named.map_or(0, <[_]>::len) });
    if named.is_some_and(<[_]>::is_empty) {
        return Ok(report(&run, None, Vec::new()));
    }
    let mut told = None;
    let asked = async {
        let mut hub = HubSession::open(&run).await?;
        told = Some(hub.hub());
        let orgs = ask_for(&run, &mut hub, &selection, handovers).await?;
        Ok((hub, orgs))
    };
    let (hub, orgs) = match asked.await {
        Ok(answered) => answered,
        Err(LoginError::Hub(failure)) if failure.stage == HubStage::Interrupted => {
            return Ok(report(&run, told, selection.untried(&run)));
        }
        Err(error) => return Err(error),
    };
    let outcomes = Batch::new(&run, handovers, &hub, orgs).run(hub).await;
    Ok(report(&run, told, outcomes))
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

/// The orgs that are asked for, each once, with what the hub knows of them.
async fn ask_for<T: Transport>(
    run: &Run<'_, T>,
    hub: &mut HubSession<'_, T>,
    selection: &Selection,
    handovers: &[&dyn Handover],
) -> Result<Vec<OrgState>, LoginError> {
    let Found { orgs, matching } = selection.find(run, hub).await?;
    match selection {
        Selection::Begun(_) => each_once(run, orgs.into_iter().filter(|org| !is_left_out(run, handovers, org))),
        Selection::Named(_) => each_once(run, orgs.into_iter()),
        Selection::Matching { shard, .. } => {
            match shard {
                Some(shard) if orgs.is_empty() && matching > 0 => {
                    run.warn(format!("none of the {matching} orgs is in share {shard}: there is nothing to log in to"));
                }
                _ if orgs.is_empty() => run.warn("no scratch org matches: there is nothing to log in to".to_owned()),
                _ => {}
            }
            Ok(orgs)
        }
    }
}

/// Whether it was begun, and is deleted: then it is forgotten.
fn is_left_out<T>(run: &Run<'_, T>, handovers: &[&dyn Handover], org: &OrgState) -> bool {
    let Some(record) = org.record.as_ref().filter(|record| record.status == Some(Status::Deleted)) else {
        return false;
    };
    run.warn(format!("{} was begun, and is deleted: it is left out", org.name));
    forget(run, handovers, record);
    true
}

/// A `2SR…` id may stand for an org that is also named by its username: it counts once. Only here does it show that one
/// alias was given to two orgs.
#[expect(clippy::result_large_err, reason = "made once in a run, which it ends")]
fn each_once<T>(run: &Run<'_, T>, orgs: impl Iterator<Item = OrgState>) -> Result<Vec<OrgState>, LoginError> {
    let mut once: Vec<OrgState> = Vec::new();
    let mut places: HashMap<OrgName, usize> = HashMap::new();
    let mut aliases: HashMap<Alias, OrgName> = HashMap::new();
    for org in orgs {
        if let Some(alias) = &org.alias
            && let Some(first) = aliases.insert(alias.clone(), org.name.clone())
            && first != org.name
        {
            return Err(LoginError::AliasTwice { alias: alias.clone(), first, second: org.name });
        }
        match places.entry(org.name.clone()) {
            Entry::Vacant(entry) => {
                entry.insert(once.len());
                once.push(org);
            }
            Entry::Occupied(entry) => {
                let first = &mut once[*entry.get()];
                let lost = match (first.alias.take(), org.alias) {
                    (Some(kept), Some(lost)) if kept != lost => {
                        let lost = format!("; its alias is {kept}, and not {lost}");
                        first.alias = Some(kept);
                        lost
                    }
                    (kept, other) => {
                        first.alias = kept.or(other);
                        String::new()
                    }
                };
                run.warn(format!("{} is asked for by username and by id: it counts once{lost}", org.name));
            }
        }
    }
    Ok(once)
}

fn report<T>(run: &Run<'_, T>, hub: Option<Hub>, outcomes: Vec<OrgOutcome>) -> Report {
    let report = Report::new(hub, outcomes, run.elapsed());
    run.observe(&Event::Finished { summary: report.summary });
    report
}
