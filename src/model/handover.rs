//! The port through which a ready org leaves the run: the sf store, a file of tokens, or whatever embeds this library.

use std::future::Future;
use std::pin::Pin;

use crate::model::host::{InstanceUrl, LoginUrl};
use crate::model::org::{Alias, OrgId, Username};
use crate::model::scratch_org::ScratchOrgInfo;
use crate::model::token::AccessToken;

/// A scratch org that is ready to be used.
#[derive(Debug, Clone)]
pub struct ReadyOrg {
    /// Place of the org in the input, from 0.
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
    pub login_url: LoginUrl,
    /// Its access token, proven to work.
    pub token: AccessToken,
    /// What the hub knows of it.
    pub record: ScratchOrgInfo,
    /// What the org said of itself.
    pub organization: Organization,
}

/// The org's `Organization` record, as the readiness query asks for it. A field that it did not show is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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

/// Takes each org as soon as it is ready.
pub trait Handover: Send + Sync {
    /// Keeps the org. An error is told to the user as `not_stored`, word for word: it says what could not be written
    /// and what to do, and holds no secret. After a signal, when writers are to hurry, the org counts as interrupted.
    fn keep<'a>(&'a self, org: &'a ReadyOrg) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>>;
}

/// Keeps nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoHandover;

impl Handover for NoHandover {
    fn keep<'a>(&'a self, _: &'a ReadyOrg) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>> {
        Box::pin(std::future::ready(Ok(())))
    }
}
