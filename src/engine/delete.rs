//! Gives scratch orgs back: each is deleted through the Dev Hub, also those that never became ready.

use std::collections::HashSet;

use tokio_util::sync::CancellationToken;

use crate::engine::deletion::{Deletion, Org};
use crate::engine::hub::HubSession;
use crate::engine::login::Selection;
use crate::engine::run::{HubFailure, HubStage, Run, Settings};
use crate::model::deletion::{DeletionReport, DeletionStatus};
use crate::model::event::Observer;
use crate::model::org::{OrgEntry, OrgName};
use crate::model::report::Hub;
use crate::protocol::transport::Transport;
use crate::usernames::shard;

/// Why nothing was deleted.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum DeletionError {
    /// The Dev Hub could not be used.
    #[error(transparent)]
    Hub(#[from] HubFailure),
    /// These were found, and are not to be deleted.
    #[error("{} scratch orgs match, and were not confirmed", .0.len())]
    NotConfirmed(Vec<OrgName>),
}

/// Whether the orgs that a selector found are to be deleted.
pub type Consent<'a> = &'a (dyn Fn(&[OrgName]) -> bool + Sync);

/// Deletes scratch orgs, and waits for those that are still being created.
///
/// Orgs that are named are deleted; those that a selector finds once `consent` was given to their list. The outcomes come
/// in the order of the input; an error means that nothing was deleted.
pub async fn delete<T: Transport>(
    settings: &Settings,
    selection: Selection,
    consent: Consent<'_>,
    transport: &T,
    observer: &dyn Observer,
    stop: &CancellationToken,
) -> Result<DeletionReport, DeletionError> {
    let run = Run::new(settings, transport, observer, stop);
    if selection.named().is_some_and(<[_]>::is_empty) {
        return Ok(DeletionReport::new(None, Vec::new(), run.elapsed()));
    }
    let mut told = None;
    let found = async {
        let mut hub = HubSession::open(&run).await?.with_ids();
        told = Some(hub.hub());
        let orgs = find(&run, &mut hub, &selection).await?;
        Ok::<_, HubFailure>((hub, orgs))
    };
    let (hub, orgs) = match found.await {
        Ok(found) => found,
        Err(failure) if failure.stage == HubStage::Interrupted => return Ok(untried(&run, told, &selection)),
        Err(failure) => return Err(failure.into()),
    };
    if matches!(selection, Selection::Matching { .. }) && !orgs.is_empty() {
        let names: Vec<OrgName> = orgs.iter().map(|org| org.name.clone()).collect();
        if !consent(&names) {
            return Err(DeletionError::NotConfirmed(names));
        }
    }
    let outcomes = Deletion::new(&run, hub.host(), orgs).run(hub).await;
    Ok(DeletionReport::new(told, outcomes, run.elapsed()))
}

/// The orgs that are meant, each once, with what the hub knows of it.
async fn find<T: Transport>(
    run: &Run<'_, T>,
    hub: &mut HubSession<'_, T>,
    selection: &Selection,
) -> Result<Vec<Org>, HubFailure> {
    let orgs: Vec<Org> = match selection {
        Selection::Named(entries) | Selection::Begun(entries) => {
            let names: Vec<&OrgName> = entries.iter().map(|entry| &entry.name).collect();
            let records = hub.records(&names).await?;
            entries.iter().zip(records).map(|(entry, record)| Org::new(entry.clone(), record)).collect()
        }
        Selection::Matching { condition, shard } => {
            let (records, _) = hub.select(condition.as_ref()).await?;
            let named = records.into_iter();
            let named = named.filter_map(|record| Some((OrgName::Username(record.username.clone()?), record)));
            let mut ours: Vec<_> = named.collect();
            if let Some(shard) = shard {
                ours = shard.part_of_answer(ours, |(name, _)| shard::key(name));
            }
            ours.into_iter().map(|(name, record)| Org::new(OrgEntry { name, alias: None }, Some(record))).collect()
        }
    };
    let mut names = HashSet::new();
    let (once, twice): (Vec<Org>, Vec<Org>) = orgs.into_iter().partition(|org| names.insert(org.name.clone()));
    for org in twice {
        run.warn(format!("{} is asked for by username and by id: it counts once", org.name));
    }
    Ok(once)
}

/// The report where a signal came before any org was looked for.
fn untried<T>(run: &Run<'_, T>, hub: Option<Hub>, selection: &Selection) -> DeletionReport {
    let entries = selection.named().unwrap_or_default().to_vec();
    let ended = |entry| {
        let mut org = Org::new(entry, None);
        org.finish(DeletionStatus::Interrupted, Some(run.interrupted().cause));
        org.outcome
    };
    DeletionReport::new(hub, entries.into_iter().filter_map(ended).collect(), run.elapsed())
}

#[cfg(test)]
mod tests;
