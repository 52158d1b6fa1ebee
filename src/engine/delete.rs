//! Gives scratch orgs back: each is deleted through the Dev Hub, also those that never became ready.

use std::collections::HashSet;

use tokio_util::sync::CancellationToken;

use crate::engine::deletion::Deletion;
use crate::engine::hub::HubSession;
use crate::engine::org_state::OrgState;
use crate::engine::run::{HubFailure, HubStage, Run, Settings};
use crate::engine::selection::Selection;
use crate::model::event::Observer;
use crate::model::org::OrgName;
use crate::model::report::Report;
use crate::protocol::transport::Transport;

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
) -> Result<Report, DeletionError> {
    let run = Run::new(settings, transport, observer, stop);
    if selection.named().is_some_and(<[_]>::is_empty) {
        return Ok(Report::new(None, Vec::new(), run.elapsed()));
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
        Err(failure) if failure.stage == HubStage::Interrupted => {
            return Ok(Report::new(told, selection.untried(&run), run.elapsed()));
        }
        Err(failure) => return Err(failure.into()),
    };
    if matches!(selection, Selection::Matching { .. }) && !orgs.is_empty() {
        let names: Vec<OrgName> = orgs.iter().map(|org| org.name.clone()).collect();
        if !consent(&names) {
            return Err(DeletionError::NotConfirmed(names));
        }
    }
    let outcomes = Deletion::new(&run, hub.host(), orgs).run(hub).await;
    Ok(Report::new(told, outcomes, run.elapsed()))
}

/// The orgs that are meant, each once, with what the hub knows of it.
async fn find<T: Transport>(
    run: &Run<'_, T>,
    hub: &mut HubSession<'_, T>,
    selection: &Selection,
) -> Result<Vec<OrgState>, HubFailure> {
    let found = selection.find(run, hub).await?.orgs.into_iter();
    let mut names = HashSet::new();
    let (once, twice): (Vec<OrgState>, Vec<OrgState>) = found.partition(|org| names.insert(org.name.clone()));
    for org in twice {
        run.warn(format!("{} is asked for by username and by id: it counts once", org.name));
    }
    Ok(once)
}

#[cfg(test)]
mod tests;
