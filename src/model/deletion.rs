//! The outcome of giving scratch orgs back: one object for each org, the hub and the totals.

use std::time::Duration;

use serde::Serialize;

use crate::model::cause::Cause;
use crate::model::org::{Alias, OrgId, OrgName, ScratchOrgInfoId};
use crate::model::report::{Hub, OrgOutcome, OrgStatus, Report, SCHEMA_VERSION, Summary, milliseconds};

/// Everything that came of it: the `result` of `orgready delete`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DeletionReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The Dev Hub; none where no login was needed.
    pub hub: Option<Hub>,
    /// One for each org, in the order of the input.
    pub orgs: Vec<DeletionOutcome>,
    /// The totals.
    pub summary: DeletionSummary,
}

impl DeletionReport {
    /// Counts the outcomes.
    pub fn new(hub: Option<Hub>, orgs: Vec<DeletionOutcome>, elapsed: Duration) -> Self {
        let count = |status| orgs.iter().filter(|org| org.status == status).count();
        let summary = DeletionSummary {
            total: orgs.len(),
            deleted: count(DeletionStatus::Deleted),
            gone: count(DeletionStatus::Gone),
            failed: count(DeletionStatus::Failed),
            timed_out: count(DeletionStatus::TimedOut),
            interrupted: count(DeletionStatus::Interrupted),
            elapsed,
        };
        Self { schema_version: SCHEMA_VERSION, hub, orgs, summary }
    }

    /// The same in the form of a login's report, for what is written of both alike. There `ready` counts what went well.
    #[must_use]
    pub fn as_login(&self) -> Report {
        let orgs: Vec<OrgOutcome> = self.orgs.iter().map(DeletionOutcome::as_login).collect();
        let summary = Summary::of(&orgs, self.summary.elapsed);
        let summary = Summary { ready: self.summary.deleted + self.summary.gone, ..summary };
        Report { schema_version: self.schema_version, hub: self.hub.clone(), orgs, summary }
    }
}

/// What became of one org.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DeletionOutcome {
    /// The username; the `2SR…` id that was given, where the hub does not know it.
    #[serde(rename = "username")]
    pub name: OrgName,
    /// The alias that was given.
    pub alias: Option<Alias>,
    /// How it ended.
    pub status: DeletionStatus,
    /// The org's id, where the hub told it.
    pub org_id: Option<OrgId>,
    /// Why it is not deleted.
    pub cause: Option<Cause>,
    /// The hub's record of it, where there is one.
    #[serde(skip)]
    pub record_id: Option<ScratchOrgInfoId>,
}

impl DeletionOutcome {
    fn as_login(&self) -> OrgOutcome {
        OrgOutcome {
            name: self.name.clone(),
            alias: self.alias.clone(),
            status: match self.status {
                DeletionStatus::Deleted => OrgStatus::Deleted,
                DeletionStatus::Gone => OrgStatus::Gone,
                DeletionStatus::Failed => OrgStatus::Failed,
                DeletionStatus::TimedOut => OrgStatus::TimedOut,
                DeletionStatus::Interrupted => OrgStatus::Interrupted,
            },
            org_id: self.org_id,
            instance_url: None,
            login_url: None,
            expiration_date: None,
            attempts: 0,
            waited: Duration::ZERO,
            created_date: None,
            last_refused_at: None,
            ready_at: None,
            settings: None,
            cause: self.cause.clone(),
        }
    }
}

/// How the deletion of one org ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeletionStatus {
    /// The hub deleted it.
    Deleted,
    /// There is no such org any more, or there never was.
    Gone,
    /// The hub refused, or does not know it.
    Failed,
    /// It was not done within the time given.
    TimedOut,
    /// A signal came first.
    Interrupted,
}

/// The totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DeletionSummary {
    /// All orgs.
    pub total: usize,
    /// Those that the hub deleted.
    pub deleted: usize,
    /// Those that were not there any more.
    pub gone: usize,
    /// Those that are not deleted for a reason that waiting does not mend.
    pub failed: usize,
    /// Those for which the time was not enough.
    pub timed_out: usize,
    /// Those that a signal came before.
    pub interrupted: usize,
    /// From the start of the process.
    #[serde(rename = "elapsedMs", serialize_with = "milliseconds")]
    pub elapsed: Duration,
}
