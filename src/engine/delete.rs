//! Gives scratch orgs back: each is deleted through the Dev Hub, also those that never became ready.

use tokio_util::sync::CancellationToken;

use crate::engine::deletion::Deletion;
use crate::engine::hub_failure::HubFailure;
use crate::engine::run::{Run, Settings};
use crate::engine::selection::{Asked, Selection, keep_each_once};
use crate::model::event::Observer;
use crate::model::org::OrgName;
use crate::model::report::Report;
use crate::protocol::soql::Fields;
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
    let run = Run::new(settings, transport, observer, stop).of_deletion();
    let (hub, mut orgs) = match selection.ask(&run, Fields::all().with_id()).await? {
        Asked::Orgs(hub, orgs) => (hub, orgs),
        Asked::Over(report) => return Ok(report),
    };
    keep_each_once(&run, &mut orgs);
    if matches!(selection, Selection::Matching { .. }) && !orgs.is_empty() {
        let names: Vec<OrgName> = orgs.iter().map(|org| org.name.clone()).collect();
        if !consent(&names) {
            return Err(DeletionError::NotConfirmed(names));
        }
    }
    let known = hub.hub();
    let outcomes = Deletion::new(&run, hub.host(), orgs).run(hub).await;
    Ok(run.report(Some(known), outcomes))
}

#[cfg(test)]
mod tests;
