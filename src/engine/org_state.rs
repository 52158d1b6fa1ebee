//! One org of a batch: what is known of it, where it stands, and the outcome that it ends with.

use std::time::Duration;

use crate::engine::org_login::UnverifiedToken;
use crate::engine::run::Settings;
use crate::model::cause::{Cause, CauseCode};
use crate::model::handover::ReadyOrg;
use crate::model::host::{InstanceUrl, LoginUrl};
use crate::model::org::{Alias, OrgEntry, OrgId, OrgName};
use crate::model::report::{OrgOutcome, OrgStatus};
use crate::model::scratch_org::ScratchOrgInfo;
use crate::model::untrusted;
use crate::protocol::hint;
use crate::protocol::verdict_context::VerdictContext;

/// One org that is asked for, and what the hub knows of it.
pub(crate) struct Request {
    /// Its username as the hub spells it; what was given, where the hub does not know it.
    pub(crate) name: OrgName,
    pub(crate) alias: Option<Alias>,
    pub(crate) record: Option<ScratchOrgInfo>,
}

impl Request {
    pub(crate) fn new(entry: &OrgEntry, record: Option<ScratchOrgInfo>) -> Self {
        let name =
            record.as_ref().map_or_else(|| entry.name.clone(), |record| OrgName::Username(record.username.clone()));
        Self { name, alias: entry.alias.clone(), record }
    }

    pub(crate) fn found(record: ScratchOrgInfo) -> Self {
        Self { name: OrgName::Username(record.username.clone()), alias: None, record: Some(record) }
    }
}

/// One org of the batch. Times are counted from the start of the process.
pub(crate) struct Member {
    pub(crate) name: OrgName,
    pub(crate) alias: Option<Alias>,
    pub(crate) record: Option<ScratchOrgInfo>,
    pub(crate) login_url: Option<LoginUrl>,
    /// A token that is not proven yet.
    pub(crate) held: Option<UnverifiedToken>,
    /// What a ready org told of itself.
    ready: Option<(OrgId, InstanceUrl)>,
    /// The place of the audience that it wants, where it complained about another.
    pub(crate) audience: Option<usize>,
    pub(crate) attempts: u32,
    pub(crate) unanswered: u32,
    pub(crate) refused_tokens: u32,
    pub(crate) first_post: Option<Duration>,
    pub(crate) doubted_since: Option<Duration>,
    /// Why it waits.
    pub(crate) cause: Option<Cause>,
    pub(crate) outcome: Option<OrgOutcome>,
}

impl Member {
    pub(crate) fn new(request: Request) -> Self {
        Self {
            name: request.name,
            alias: request.alias,
            record: request.record,
            login_url: None,
            held: None,
            ready: None,
            audience: None,
            attempts: 0,
            unanswered: 0,
            refused_tokens: 0,
            first_post: None,
            doubted_since: None,
            cause: None,
            outcome: None,
        }
    }

    /// The host that is asked for a token.
    pub(crate) fn host(&self) -> Option<&str> {
        self.login_url.as_ref().map(LoginUrl::host)
    }

    /// Keeps of a ready org what the outcome tells.
    pub(crate) fn keep(&mut self, ready: ReadyOrg) {
        self.ready = Some((ready.org_id, ready.instance_url));
    }

    /// Everything that a verdict on the org rests on; `checked_at` is the host, where a token was just given.
    pub(crate) fn situation<'s>(&'s self, settings: &'s Settings, checked_at: Option<&'s str>) -> VerdictContext<'s> {
        let elapsed = settings.started.elapsed();
        VerdictContext {
            record: self.record.as_ref(),
            client_id: &settings.client_id,
            host: checked_at.or(self.host()).unwrap_or_default(),
            now: settings.clock.now(),
            doubted: self.doubted_since.map(|since| elapsed.saturating_sub(since)).unwrap_or_default(),
            unanswered: self.unanswered,
            logged_in: checked_at.is_some() || self.refused_tokens > 0,
            refused_tokens: self.refused_tokens,
        }
    }

    /// Why the org is not ready, where its wait is ended from outside.
    pub(crate) fn unfinished(&self, settings: &Settings) -> Cause {
        if let Some(cause) = &self.cause {
            return cause.clone();
        }
        let host = self.host().unwrap_or_default();
        let cause = if self.attempts == 0 {
            Cause::never(CauseCode::NotTried, "the run ended before the org was asked", host, hint::NOT_TRIED)
        } else {
            let hint = hint::of(CauseCode::Unreachable, &self.situation(settings, None));
            Cause::never(CauseCode::Unreachable, "no whole answer came before the run ended", host, &hint)
        };
        Cause { retryable: true, ..cause }
    }

    /// Ends it: what is left is its outcome.
    pub(crate) fn end(&mut self, status: OrgStatus, cause: Option<Cause>, waited: Duration) -> OrgOutcome {
        let record = self.record.take();
        let (org_id, instance_url) = match self.ready.take() {
            Some((org_id, instance_url)) => (Some(org_id), Some(instance_url.to_string())),
            None => (record.as_ref().and_then(|record| record.org_id), None),
        };
        let told = record.as_ref().and_then(|record| record.login_url.as_deref());
        let outcome = OrgOutcome {
            name: self.name.clone(),
            alias: self.alias.take(),
            status,
            org_id,
            instance_url,
            login_url: self
                .login_url
                .take()
                .map(|url| url.to_string())
                .or(told.map(|url| untrusted::sanitize_line(url, 200))),
            expiration_date: record.as_ref().and_then(|record| record.expiration_date),
            attempts: self.attempts,
            waited,
            cause,
        };
        self.held = None;
        self.cause = None;
        self.outcome = Some(outcome.clone());
        outcome
    }
}
