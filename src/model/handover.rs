//! The port through which a ready org leaves the run: the sf store, a file of tokens, or whatever embeds this library.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::model::host::{InstanceUrl, LoginUrl};
use crate::model::org::{Alias, OrgId, Username};
use crate::model::report::{Hub, SettingsStatus};
use crate::model::scratch_org::ScratchOrgInfo;
use crate::model::token::AccessToken;

/// A scratch org that is ready to be used.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ReadyOrg {
    /// Its place in the report, from 0.
    pub index: usize,
    /// Its administrator's username.
    pub username: Username,
    /// The alias that was asked for.
    pub alias: Option<Alias>,
    /// Its id.
    pub org_id: OrgId,
    /// Where its API answers.
    pub instance_url: InstanceUrl,
    /// Where it was logged in to.
    pub login_url: Arc<LoginUrl>,
    /// Its access token, proven to work.
    pub token: AccessToken,
    /// What the hub knows of it.
    pub record: Arc<ScratchOrgInfo>,
    /// What the org said of itself.
    pub organization: Organization,
}

impl ReadyOrg {
    /// One of which no more is known; for tests and benchmarks.
    #[doc(hidden)]
    pub fn new(
        index: usize,
        username: Username,
        org_id: OrgId,
        (login_url, instance_url): (LoginUrl, InstanceUrl),
        token: AccessToken,
    ) -> Self {
        let (alias, record, organization) = (None, Arc::default(), Organization::default());
        let login_url = Arc::new(login_url);
        Self { index, username, alias, org_id, instance_url, login_url, token, record, organization }
    }
}

/// The Dev Hub, logged in to.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HubLogin {
    /// What the report says of it.
    pub hub: Hub,
    /// Where its API answers.
    pub instance_url: InstanceUrl,
    /// Its access token.
    pub token: AccessToken,
    /// What it said of itself.
    pub organization: Organization,
}

impl HubLogin {
    /// One that says nothing of itself; for tests.
    #[doc(hidden)]
    pub fn new(hub: Hub, instance_url: InstanceUrl, token: AccessToken) -> Self {
        Self { hub, instance_url, token, organization: Organization::default() }
    }
}

/// The org's `Organization` record, as the readiness query asks for it. A field that it did not show is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Organization {
    /// `Name`.
    pub name: Option<String>,
    /// `InstanceName`.
    pub instance_name: Option<String>,
    /// `IsSandbox`.
    pub is_sandbox: Option<bool>,
    /// `NamespacePrefix`.
    pub namespace_prefix: Option<String>,
    /// `OrganizationType`, such as `Developer Edition`.
    pub organization_type: Option<String>,
    /// `TrialExpirationDate`, as the server wrote it.
    pub trial_expiration_date: Option<String>,
}

/// A future of a [`Handover`].
pub type HandoverFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Takes ready orgs, in two steps, both before anybody is told that they are ready: what was told is never changed.
///
/// The methods run on the task of the run, which goes on meanwhile. After a cancel it waits 1.5 seconds for what is under way;
/// then the future is dropped wherever it awaits, and the org is told as interrupted, although what it had begun on another
/// thread goes on. Without a cancel it is waited for, also beyond the run's `wait`.
pub trait Handover: Send + Sync {
    /// Keeps one org, as soon as it is ready. Several may be under way at once.
    fn keep<'a>(&'a self, org: &'a ReadyOrg) -> HandoverFuture<'a, Result<(), HandoverError>>;

    /// The hub's first answer about an org says that it is deleted, or could never be made: what is still to be done for it
    /// need not be kept. (The sf store strikes it from sf's list of creations, for which it may wait for sf's lock; a login
    /// that sf had before stays.) The run waits for it. What the user should know is answered; nothing is done by default.
    fn forget(&self, record: &ScratchOrgInfo) -> Option<String> {
        let _ = record;
        None
    }

    /// Finishes orgs that were kept, with what is better written for several at once. It is called one call at a time,
    /// each with all orgs that were kept meanwhile. Nothing is done by default.
    fn finish<'a>(&'a self, orgs: &'a [FinishedOrg], hub: &'a Hub) -> HandoverFuture<'a, Finished> {
        let _ = (orgs, hub);
        Box::pin(std::future::ready(Finished::default()))
    }
}

/// An org that was kept, and is about to be told.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FinishedOrg {
    /// The org.
    pub org: Arc<ReadyOrg>,
    /// What became of the settings of its definition.
    pub settings: Option<SettingsStatus>,
}

/// What came of [`Handover::finish`].
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Finished {
    /// What the user should know, and that stops nothing.
    pub warnings: Vec<String>,
    /// Orgs that could not be finished, by their place in the report.
    pub failures: Vec<(usize, HandoverError)>,
    /// The aliases that orgs have now, by their place in the report.
    pub aliases: Vec<(usize, Alias)>,
}

/// Why an org could not be handed over: told to the user as `not_stored`, word for word. It holds no secret. After a
/// signal, when writers are to hurry, the org counts as interrupted instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct HandoverError {
    /// What could not be written.
    pub message: String,
    /// What to do next.
    pub next_step: String,
}

impl HandoverError {
    /// From what happened, and what to do about it.
    pub fn new(message: impl fmt::Display, next_step: impl Into<String>) -> Self {
        Self { message: message.to_string(), next_step: next_step.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::org::Username;

    struct KeepsNothing;

    impl Handover for KeepsNothing {
        fn keep<'a>(&'a self, _: &'a ReadyOrg) -> HandoverFuture<'a, Result<(), HandoverError>> {
            Box::pin(std::future::ready(Ok(())))
        }
    }

    #[test]
    fn who_keeps_nothing_has_nothing_to_tell_of_what_it_forgets() {
        let record = ScratchOrgInfo { username: Username::new("a@example.com").ok(), ..ScratchOrgInfo::default() };
        assert_eq!(KeepsNothing.forget(&record), None);
    }
}
