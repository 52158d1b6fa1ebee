//! The main job: the Dev Hub, then every scratch org, until each is ready or cannot be.

use std::num::NonZeroUsize;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::cause::Cause;
use crate::clock::Clock;
use crate::event::Observer;
use crate::handover::{Handover, Organization};
use crate::host::{InstanceUrl, LoginUrl, TrustedHosts};
use crate::key::SigningKey;
use crate::org::{ClientId, OrgEntry, OrgId, Username};
use crate::report::{Hub, Report};
use crate::retry::RetryPolicy;
use crate::shard::Shard;
use crate::token::AccessToken;
use crate::transport::Transport;

/// What a run needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The Dev Hub user.
    pub hub_username: Username,
    /// The consumer key of the connected app.
    pub client_id: ClientId,
    /// The private key that belongs to the app's certificate.
    pub key: SigningKey,
    /// The hub's login URL, from [`TrustedHosts::hub`].
    pub login_url: LoginUrl,
    /// Which hosts may be sent a secret.
    pub trusted: TrustedHosts,
    /// The `aud` claim that is tried first, where the user chose one.
    pub audience: Option<String>,
    /// The REST API's version, such as `60.0`.
    pub api_version: String,
    /// How long in all to wait for readiness, counted from `started`; zero is one attempt each.
    pub wait: Duration,
    /// Logins in flight at once.
    pub concurrency: NonZeroUsize,
    /// Token requests a second for the whole batch; zero is no limit.
    pub rate: u32,
    /// The delays between attempts.
    pub retry: RetryPolicy,
    /// Wall time.
    pub clock: Clock,
    /// When the process began.
    pub started: Instant,
}

/// Which scratch orgs.
#[derive(Debug, Clone)]
pub enum Selection {
    /// These, in this order.
    Named(Vec<OrgEntry>),
    /// Those that the hub says match.
    Matching {
        /// A SOQL condition on `ScratchOrgInfo`; none is all of them.
        condition: Option<String>,
        /// This process' share of them.
        shard: Option<Shard>,
    },
}

/// Logs in to the hub and to every scratch org. Each ready org goes to `handover` at once; `stop` ends the waiting.
pub async fn login<T: Transport>(
    _settings: &Settings,
    _selection: Selection,
    _transport: &T,
    _handover: &dyn Handover,
    _observer: &dyn Observer,
    _stop: &CancellationToken,
) -> Result<Report, HubFailure> {
    todo!()
}

/// Logs in to the hub alone, and proves that it is a Dev Hub.
pub async fn login_hub<T: Transport>(
    _settings: &Settings,
    _transport: &T,
    _observer: &dyn Observer,
    _stop: &CancellationToken,
) -> Result<HubLogin, HubFailure> {
    todo!()
}

/// The Dev Hub, logged in to.
#[derive(Debug, Clone)]
pub struct HubLogin {
    /// What the report says of it.
    pub hub: Hub,
    /// Its id.
    pub org_id: OrgId,
    /// Where its API answers.
    pub instance_url: InstanceUrl,
    /// Its access token.
    pub token: AccessToken,
    /// What it said of itself.
    pub organization: Organization,
}

/// The Dev Hub could not be used: no scratch org was tried.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{cause}")]
pub struct HubFailure {
    /// How far it came.
    pub stage: HubStage,
    /// Why.
    pub cause: Cause,
}

/// What was asked of the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HubStage {
    /// The login.
    Login,
    /// The query for scratch orgs.
    Query,
    /// Neither: a signal came first.
    Interrupted,
}
