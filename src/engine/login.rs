//! The main job: the Dev Hub, then every scratch org, until each is ready or cannot be.

use std::collections::HashMap;

use tokio_util::sync::CancellationToken;

use crate::engine::batch::Batch;
use crate::engine::hub::HubSession;
use crate::engine::hub_failure::HubFailure;
use crate::engine::org_state::OrgState;
use crate::engine::org_step::forget;
use crate::engine::run::{Run, Settings};
use crate::engine::selection::{Asked, Selection, keep_each_once};
use crate::model::event::Observer;
use crate::model::handover::{Handover, HubLogin};
use crate::model::org::{Alias, OrgName};
use crate::model::report::Report;
use crate::model::scratch_org::Status;
use crate::protocol::soql::Fields;
use crate::protocol::transport::Transport;

/// Why no scratch org was tried.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum LoginError {
    /// The Dev Hub could not be used.
    #[error(transparent)]
    Hub(#[from] HubFailure),
    /// One alias was given to two orgs.
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
    let begun = settings.settings_plan.knows_creations();
    let fields = if begun { Fields::all().with_id().with_namespace() } else { Fields::all() };
    let (hub, mut orgs) = match selection.ask(&run, fields).await? {
        Asked::Orgs(hub, orgs) => (hub, orgs),
        Asked::Over(report) => return Ok(report),
    };
    if let Selection::Begun(_) = selection {
        orgs.retain(|org| !is_left_out(&run, handovers, org));
    }
    check_aliases(&orgs)?;
    keep_each_once(&run, &mut orgs);
    let known = hub.hub();
    let outcomes = Batch::new(&run, handovers, &hub, orgs).run(hub).await;
    Ok(run.report(Some(known), outcomes))
}

/// Logs in to the hub alone, and proves that it is a Dev Hub.
pub async fn login_hub<T: Transport>(
    settings: &Settings,
    transport: &T,
    observer: &dyn Observer,
    stop: &CancellationToken,
) -> Result<HubLogin, HubFailure> {
    HubSession::open(&Run::new(settings, transport, observer, stop), Fields::all()).await?.prove().await
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

/// Only when ids have become usernames does it show that one alias was given to two orgs.
#[expect(clippy::result_large_err, reason = "made once in a run, which it ends")]
fn check_aliases(orgs: &[OrgState]) -> Result<(), LoginError> {
    let mut aliases: HashMap<&Alias, &OrgName> = HashMap::new();
    for org in orgs {
        if let Some(alias) = &org.alias
            && let Some(first) = aliases.insert(alias, &org.name)
            && *first != org.name
        {
            return Err(LoginError::AliasTwice {
                alias: alias.clone(),
                first: first.clone(),
                second: org.name.clone(),
            });
        }
    }
    Ok(())
}
