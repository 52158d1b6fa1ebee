//! Why the Dev Hub could not be used, and at which step.

use crate::engine::run::Run;
use crate::model::cause::{Cause, CauseCode};
use crate::protocol::hint;

/// The Dev Hub could not be used: no scratch org was tried.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{cause}")]
#[non_exhaustive]
pub struct HubFailure {
    /// How far it came.
    pub stage: HubStage,
    /// Why.
    pub cause: Cause,
}

/// What was asked of the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HubStage {
    /// The login.
    Login,
    /// The query for scratch orgs.
    Query,
    /// Neither: the run was ended first.
    Interrupted,
}

impl HubFailure {
    /// The run was ended from outside while the hub was asked.
    pub(crate) fn interrupted<T>(run: &Run<'_, T>) -> Self {
        let host = run.settings.login_url.host();
        let cause = Cause::again(CauseCode::NotTried, "a signal ended the run", host, hint::NOT_TRIED);
        Self { stage: HubStage::Interrupted, cause }
    }
}
