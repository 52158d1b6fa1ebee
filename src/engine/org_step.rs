//! What happens to an org beside waiting, each as a future of its own: a login, keeping, provisioning, finishing.

use std::collections::HashSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::engine::org_api::OrgApi;
use crate::engine::org_login::LoginAttempted;
use crate::engine::provision::{Provisioned, Provisioning};
use crate::engine::run::Run;
use crate::model::handover::{Finished, FinishedOrg, Handover, HandoverError, ReadyOrg};
use crate::model::report::Hub;
use crate::model::scratch_org::ScratchOrgInfo;
use crate::protocol::error_response::ErrorResponse;
use crate::protocol::transport::Transport;

/// A step of an org that is over.
pub(crate) enum Step {
    LoggedIn(LoginAttempted),
    Kept(Arc<ReadyOrg>, Result<(), HandoverError>),
    Provisioned(Arc<ReadyOrg>, Provisioned),
    TokenRefused(usize, Provisioning, ErrorResponse),
    Finished(Vec<FinishedOrg>, Finished),
}

pub(crate) type StepFuture<'f> = Pin<Box<dyn Future<Output = Step> + Send + 'f>>;

/// Hands an org over to one after the other; the first that cannot keep it ends it.
pub(crate) fn keep<'a>(handovers: &'a [&'a dyn Handover], org: Arc<ReadyOrg>) -> StepFuture<'a> {
    Box::pin(async move {
        for handover in handovers {
            if let Err(error) = handover.keep(&org).await {
                return Step::Kept(org, Err(error));
            }
        }
        Step::Kept(org, Ok(()))
    })
}

pub(crate) fn provision<'a, T: Transport>(
    run: &'a Run<'a, T>,
    places: Arc<Semaphore>,
    org: Arc<ReadyOrg>,
    mut provisioning: Provisioning,
) -> StepFuture<'a> {
    Box::pin(async move {
        let api = OrgApi {
            transport: run.transport,
            instance_url: &org.instance_url,
            token: &org.token,
            clock: &run.settings.clock,
            bounds: run.bounds(),
            places: &places,
        };
        match provisioning.run(&api).await {
            Ok(provisioned) => Step::Provisioned(org, provisioned),
            Err(refusal) => Step::TokenRefused(org.index, provisioning, refusal),
        }
    })
}

pub(crate) fn finish_together<'a>(
    handovers: &'a [&'a dyn Handover],
    orgs: Vec<FinishedOrg>,
    hub: Hub,
) -> StepFuture<'a> {
    Box::pin(async move {
        let mut all = Finished::default();
        for handover in handovers {
            let finished = handover.finish(&orgs, &hub).await;
            all.warnings.extend(finished.warnings);
            all.failures.extend(finished.failures);
            all.aliases.extend(finished.aliases);
        }
        // What somebody else's hand-over tells of other orgs is not worked in.
        let told: HashSet<usize> = orgs.iter().map(|org| org.org.index).collect();
        all.failures.retain(|(index, _)| told.contains(index));
        all.aliases.retain(|(index, _)| told.contains(index));
        Step::Finished(orgs, all)
    })
}

/// What is kept of an org that never comes is forgotten; what the user should know of that is a warning.
pub(crate) fn forget<T>(run: &Run<'_, T>, handovers: &[&dyn Handover], record: &ScratchOrgInfo) {
    handovers.iter().filter_map(|handover| handover.forget(record)).for_each(|warning| run.warn(warning));
}
