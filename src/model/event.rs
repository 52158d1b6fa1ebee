//! What happens during a run, as values: progress bars draw them, JSON logs print them, tests record them.

use std::time::Duration;

use serde::Serialize;

use crate::model::cause::Cause;
use crate::model::org::{OrgId, OrgName, Username};
use crate::model::report::{OrgOutcome, Summary, milliseconds};

/// One thing that happened. Events come in the order in which things happen, from one thread at a time.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Event {
    /// The batch begins: so many orgs.
    Started {
        /// How many.
        orgs: usize,
    },
    /// A token request goes to the Dev Hub.
    HubAttempt {
        /// The hub's user.
        username: Username,
        /// The host that is asked.
        host: String,
        /// 1 for the first.
        attempt: u32,
    },
    /// The Dev Hub did not answer; it is asked again.
    HubWaiting {
        /// Why.
        cause: Cause,
        /// When it is asked again.
        #[serde(rename = "nextInMs", serialize_with = "milliseconds")]
        next_in: Duration,
    },
    /// The Dev Hub is logged in to.
    HubReady {
        /// The hub's user.
        username: Username,
        /// The hub's id.
        org_id: OrgId,
        /// Where its API answers.
        instance_url: String,
    },
    /// The hub is asked what it knows of these orgs.
    HubQuery {
        /// How many; 0 where it is to say which.
        asked: usize,
    },
    /// The hub told what it knows of these orgs.
    HubAnswered {
        /// How many orgs it was asked about.
        asked: usize,
        /// How many of them it knows.
        known: usize,
    },
    /// The hub could not be asked again; its last answer counts.
    HubFailed {
        /// Why.
        cause: Cause,
    },
    /// The hub says that the org is still being created.
    OrgCreating {
        /// Its place in the report, from 0.
        index: usize,
        /// Its name.
        username: OrgName,
        /// When the hub is asked again.
        #[serde(rename = "nextInMs", serialize_with = "milliseconds")]
        next_in: Duration,
    },
    /// A token request goes to the org.
    OrgAttempt {
        /// Its place in the report, from 0.
        index: usize,
        /// Its name.
        username: OrgName,
        /// The host that is asked.
        host: String,
        /// 1 for the first.
        attempt: u32,
    },
    /// The org gave a token, which is checked.
    OrgChecking {
        /// Its place in the report, from 0.
        index: usize,
        /// Its name.
        username: OrgName,
    },
    /// The org is ready, and is handed over.
    OrgStoring {
        /// Its place in the report, from 0.
        index: usize,
        /// Its name.
        username: OrgName,
    },
    /// The org is not ready yet; it is asked again.
    OrgWaiting {
        /// Its place in the report, from 0.
        index: usize,
        /// Its name.
        username: OrgName,
        /// Why.
        cause: Cause,
        /// When it is asked again.
        #[serde(rename = "nextInMs", serialize_with = "milliseconds")]
        next_in: Duration,
    },
    /// The org is kept, and the settings of its definition are deployed to it.
    OrgProvisioning {
        /// Its place in the report, from 0.
        index: usize,
        /// Its name.
        username: OrgName,
    },
    /// The Dev Hub is asked to delete the org.
    OrgDeleting {
        /// Its place in the report, from 0.
        index: usize,
        /// Its name.
        username: OrgName,
    },
    /// The org's outcome is known.
    OrgFinished {
        /// Its place in the report, from 0.
        index: usize,
        /// The outcome.
        outcome: OrgOutcome,
    },
    /// Something that the user should know, and that stops nothing.
    Warning {
        /// The whole message.
        message: String,
    },
    /// The batch is over.
    Finished {
        /// The totals.
        summary: Summary,
    },
}

/// Is told every [`Event`], in order. It must return quickly: the run waits for it.
///
/// Any `Fn(&Event)` is one.
pub trait Observer: Send + Sync {
    /// Something happened.
    fn observe(&self, event: &Event);
}

impl<F: Fn(&Event) + Send + Sync> Observer for F {
    fn observe(&self, event: &Event) {
        self(event);
    }
}
