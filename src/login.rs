//! The main job: the Dev Hub, then every scratch org, until each is ready or cannot be.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::num::NonZeroUsize;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::batch::Batch;
use crate::cause::{Cause, CauseCode};
use crate::clock::Clock;
use crate::event::{Event, Observer};
use crate::handover::{Handover, Organization};
use crate::hint;
use crate::host::{InstanceUrl, LoginUrl, TrustedHosts};
use crate::hub::HubSession;
use crate::key::SigningKey;
use crate::org::{Alias, ClientId, OrgEntry, OrgId, OrgName, Username};
use crate::report::{Hub, OrgOutcome, OrgStatus, Report};
use crate::retry::RetryPolicy;
use crate::scratch_org::ScratchOrgInfo;
use crate::shard::Shard;
use crate::soql::Condition;
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
        condition: Option<Condition>,
        /// This process' share of them.
        shard: Option<Shard>,
    },
}

/// Logs in to the hub and to every scratch org. Each ready org goes to `handover` at once; `stop` ends the waiting.
///
/// An org that fails is part of the report, and stops no other. An error means that no scratch org was tried.
pub async fn login<T: Transport>(
    settings: &Settings,
    selection: Selection,
    transport: &T,
    handover: &dyn Handover,
    observer: &dyn Observer,
    stop: &CancellationToken,
) -> Result<Report, HubFailure> {
    let run = Run::new(settings, transport, observer, stop);
    let named = match &selection {
        Selection::Named(entries) => entries.len(),
        Selection::Matching { .. } => 0,
    };
    run.observe(&Event::Started { orgs: named });
    if matches!(&selection, Selection::Named(entries) if entries.is_empty()) {
        return Ok(run.report(None, Vec::new()));
    }
    let mut hub = match HubSession::open(&run).await {
        Ok(hub) => hub,
        Err(failure) if failure.stage == HubStage::Interrupted => return Ok(run.untried(None, selection)),
        Err(failure) => return Err(failure),
    };
    let told = hub.hub();
    let requests = match requests(&run, &mut hub, &selection).await {
        Ok(requests) => requests,
        Err(failure) if failure.stage == HubStage::Interrupted => return Ok(run.untried(Some(told), selection)),
        Err(failure) => return Err(failure),
    };
    let outcomes = Batch::new(&run, handover, requests).run(hub).await;
    Ok(run.report(Some(told), outcomes))
}

/// Logs in to the hub alone, and proves that it is a Dev Hub.
pub async fn login_hub<T: Transport>(
    settings: &Settings,
    transport: &T,
    observer: &dyn Observer,
    stop: &CancellationToken,
) -> Result<HubLogin, HubFailure> {
    HubSession::open(&Run::new(settings, transport, observer, stop)).await?.prove().await
}

/// What the hub knows of the orgs that are asked for.
async fn requests<T: Transport>(
    run: &Run<'_, T>,
    hub: &mut HubSession<'_, T>,
    selection: &Selection,
) -> Result<Vec<Request>, HubFailure> {
    match selection {
        Selection::Named(entries) => {
            let names: Vec<&OrgName> = entries.iter().map(|entry| &entry.name).collect();
            let records = hub.records(&names).await?;
            let known = records.iter().flatten().count();
            run.observe(&Event::HubAnswered { asked: names.len(), known });
            let requests = entries.iter().zip(records).map(|(entry, record)| Request::new(entry, record));
            Ok(each_once(run, requests))
        }
        Selection::Matching { condition, shard } => {
            let (records, left_out) = hub.select(condition.as_ref()).await?;
            if left_out > 0 {
                run.warn(format!(
                    "{left_out} more orgs match, but were signed up with another app than --client-id: they are left out, as this key can never log in there"
                ));
            }
            let known = records.len();
            let requests = records.into_iter().map(Request::found);
            let ours: Vec<Request> =
                requests.filter(|request| shard.is_none_or(|shard| shard.holds(&request.name))).collect();
            run.observe(&Event::HubAnswered { asked: ours.len(), known });
            if ours.is_empty() {
                run.warn("no scratch org matches: there is nothing to log in to".to_owned());
            }
            Ok(ours)
        }
    }
}

/// A `2SR…` id may stand for an org that is also named by its username: it counts once.
fn each_once<T>(run: &Run<'_, T>, requests: impl Iterator<Item = Request>) -> Vec<Request> {
    let mut once: Vec<Request> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for request in requests {
        match places.entry(request.name.as_str().to_lowercase()) {
            Entry::Vacant(entry) => {
                entry.insert(once.len());
                once.push(request);
            }
            Entry::Occupied(entry) => {
                run.warn(format!("{} is asked for by username and by id: it counts once", request.name));
                let first = &mut once[*entry.get()];
                first.alias = first.alias.take().or(request.alias);
            }
        }
    }
    once
}

/// One org that is asked for, and what the hub knows of it.
pub(crate) struct Request {
    /// Its username as the hub spells it; what was given, where the hub does not know it.
    pub(crate) name: OrgName,
    pub(crate) alias: Option<Alias>,
    pub(crate) record: Option<ScratchOrgInfo>,
}

impl Request {
    fn new(entry: &OrgEntry, record: Option<ScratchOrgInfo>) -> Self {
        let name =
            record.as_ref().map_or_else(|| entry.name.clone(), |record| OrgName::Username(record.username.clone()));
        Self { name, alias: entry.alias.clone(), record }
    }

    fn found(record: ScratchOrgInfo) -> Self {
        Self { name: OrgName::Username(record.username.clone()), alias: None, record: Some(record) }
    }
}

/// What the parts of one run share.
pub(crate) struct Run<'a, T> {
    pub(crate) settings: &'a Settings,
    pub(crate) transport: &'a T,
    pub(crate) stop: &'a CancellationToken,
    /// When the waiting ends; none: there is no waiting.
    pub(crate) deadline: Option<Instant>,
    observer: &'a dyn Observer,
}

impl<'a, T> Run<'a, T> {
    fn new(settings: &'a Settings, transport: &'a T, observer: &'a dyn Observer, stop: &'a CancellationToken) -> Self {
        let deadline = (!settings.wait.is_zero()).then(|| settings.started + settings.wait);
        Self { settings, transport, stop, deadline, observer }
    }

    pub(crate) fn observe(&self, event: &Event) {
        self.observer.observe(event);
    }

    pub(crate) fn warn(&self, message: String) {
        self.observe(&Event::Warning { message });
    }

    /// The time since the process began.
    pub(crate) fn elapsed(&self) -> Duration {
        self.settings.started.elapsed()
    }

    /// A signal came while the hub was asked.
    pub(crate) fn interrupted(&self) -> HubFailure {
        let host = self.settings.login_url.host();
        let cause = Cause::never(CauseCode::NotTried, "a signal ended the run", host, hint::NOT_TRIED);
        let cause = Cause { retryable: true, ..cause };
        HubFailure { stage: HubStage::Interrupted, cause }
    }

    /// The report of a run that ended before any scratch org was tried.
    fn untried(&self, hub: Option<Hub>, selection: Selection) -> Report {
        let entries = match selection {
            Selection::Named(entries) => entries,
            Selection::Matching { .. } => Vec::new(),
        };
        let outcome = |entry: OrgEntry| OrgOutcome {
            name: entry.name,
            alias: entry.alias,
            status: OrgStatus::Interrupted,
            org_id: None,
            instance_url: None,
            login_url: None,
            expiration_date: None,
            attempts: 0,
            waited: self.elapsed(),
            cause: Some(self.interrupted().cause),
        };
        let outcomes: Vec<_> = entries.into_iter().map(outcome).collect();
        for (index, outcome) in outcomes.iter().enumerate() {
            self.observe(&Event::OrgFinished { index, outcome: outcome.clone() });
        }
        self.report(hub, outcomes)
    }

    fn report(&self, hub: Option<Hub>, outcomes: Vec<OrgOutcome>) -> Report {
        let report = Report::new(hub, outcomes, self.elapsed());
        self.observe(&Event::Finished { summary: report.summary });
        report
    }
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
