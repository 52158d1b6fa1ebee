//! The outcome of a run: one object for each org, the hub and the totals, as the contract's JSON has them.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Serialize, Serializer};

use crate::model::cause::Cause;
use crate::model::org::{Alias, OrgId, OrgName, ScratchOrgInfoId, Username};
use crate::model::shown::named;

/// The version of this shape.
pub const SCHEMA_VERSION: u32 = 1;

/// Everything that came of a run: the contract's `result`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Report {
    /// 1: the version of this shape.
    pub schema_version: u32,
    /// The Dev Hub; none where no login was needed (no org to log in to), or none came about before the run was ended.
    pub hub: Option<Hub>,
    /// One for each org, in the order of the input.
    pub orgs: Vec<OrgOutcome>,
    /// The totals.
    pub summary: Summary,
    /// Whether the run was ended from outside before it was done. Where the hub was to say which orgs, there may be more than
    /// these.
    #[serde(skip)]
    pub interrupted: bool,
}

impl Report {
    /// Counts the outcomes of a login, or of a deletion.
    pub(crate) fn new(hub: Option<Hub>, orgs: Vec<OrgOutcome>, elapsed: Duration, deletion: bool) -> Self {
        let summary = Summary::of(&orgs, elapsed, deletion);
        Self { schema_version: SCHEMA_VERSION, hub, orgs, summary, interrupted: false }
    }
}

/// The Dev Hub that was logged in to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Hub {
    /// Its user.
    pub username: Username,
    /// Its id.
    pub org_id: OrgId,
    /// Where its API answers.
    pub instance_url: String,
    /// Where the login went.
    pub login_url: String,
}

/// What became of one org.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct OrgOutcome {
    /// The username; the `2SR…` id that was given, where the hub does not know it.
    #[serde(rename = "username")]
    pub name: OrgName,
    /// The alias that was asked for.
    pub alias: Option<Alias>,
    /// How it ended.
    pub status: OrgStatus,
    /// The org's id, as soon as the hub or the org told it.
    pub org_id: Option<OrgId>,
    /// Where its API answers, once it is ready.
    pub instance_url: Option<String>,
    /// Its login URL, as the hub knows it; safe to print.
    pub login_url: Option<String>,
    /// The day it expires.
    pub expiration_date: Option<Date>,
    /// Token requests that were sent for it.
    pub attempts: u32,
    /// From its first token request (or the batch's start, if there was none) to the outcome.
    #[serde(rename = "waitedMs", serialize_with = "milliseconds")]
    pub waited: Duration,
    /// When it was signed up, where the hub told.
    pub created_date: Option<Timestamp>,
    /// When it last refused a login: it was not replicated before that.
    pub last_refused_at: Option<Timestamp>,
    /// When it was ready: it was replicated by then.
    pub ready_at: Option<Timestamp>,
    /// What became of the settings of its definition; none where nothing is known of any.
    pub settings: Option<SettingsStatus>,
    /// Why it is not ready, or not deleted.
    pub cause: Option<Cause>,
    /// The hub's record of it, where it told the id.
    #[serde(skip)]
    pub record_id: Option<ScratchOrgInfoId>,
}

named! {
    /// What became of the settings of a scratch org's definition, which the program deploys.
    SettingsStatus {
        /// The org has them.
        Deployed = "deployed",
        /// The definition has none.
        None = "none",
        /// They were not to be deployed.
        Skipped = "skipped",
        /// The org does not have them, or not all.
        Failed = "failed",
    }
}

named! {
    /// How one org ended.
    OrgStatus {
        /// A token, and the org answered a query with it.
        Ready = "ready",
        /// Waiting does not mend it.
        Failed = "failed",
        /// It was not ready within the time given.
        TimedOut = "timed_out",
        /// The run was ended from outside first, such as by a signal.
        Interrupted = "interrupted",
        /// Of a deletion: the hub deleted it.
        Deleted = "deleted",
        /// Of a deletion: there was no such org any more.
        Gone = "gone",
    }
}

impl OrgStatus {
    /// Whether it ended well.
    pub fn is_done(self) -> bool {
        matches!(self, Self::Ready | Self::Deleted | Self::Gone)
    }
}

/// How many orgs ended how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Summary {
    /// All of them.
    pub total: usize,
    /// Those that ended well: ready; of a deletion, deleted or gone.
    #[serde(skip)]
    pub done: usize,
    /// Of a login: [`OrgStatus::Ready`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready: Option<usize>,
    /// Of a deletion: [`OrgStatus::Deleted`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted: Option<usize>,
    /// Of a deletion: [`OrgStatus::Gone`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gone: Option<usize>,
    /// [`OrgStatus::Failed`].
    pub failed: usize,
    /// [`OrgStatus::TimedOut`].
    pub timed_out: usize,
    /// [`OrgStatus::Interrupted`].
    pub interrupted: usize,
    /// From where the wait is counted, such as the start of the process, to the end of the batch.
    #[serde(rename = "elapsedMs", serialize_with = "milliseconds")]
    pub elapsed: Duration,
}

impl Summary {
    /// Counts the outcomes of a login, or of a deletion.
    pub(crate) fn of(orgs: &[OrgOutcome], elapsed: Duration, deletion: bool) -> Self {
        let count = |status| orgs.iter().filter(|org| org.status == status).count();
        Self {
            total: orgs.len(),
            done: orgs.iter().filter(|org| org.status.is_done()).count(),
            ready: (!deletion).then(|| count(OrgStatus::Ready)),
            deleted: deletion.then(|| count(OrgStatus::Deleted)),
            gone: deletion.then(|| count(OrgStatus::Gone)),
            failed: count(OrgStatus::Failed),
            timed_out: count(OrgStatus::TimedOut),
            interrupted: count(OrgStatus::Interrupted),
            elapsed,
        }
    }
}

pub(crate) fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}
