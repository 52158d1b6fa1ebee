//! Where one org of a batch stands: what is known of it, what its answers mean, and the outcome that it ends with. Pure:
//! time comes in as values.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::engine::org_login::{LoginAttempted, LoginOutcome, UnverifiedToken};
use crate::engine::patience::Cut;
use crate::engine::provision::{Provisioned, Provisioning};
use crate::engine::run::Now;
use crate::engine::settings_plan::{PlannedSettings, SettingsPlan};
use crate::model::cause::{Cause, CauseCode};
use crate::model::handover::{HandoverError, ReadyOrg};
use crate::model::host::{HostError, LoginUrl, TrustedHosts};
use crate::model::org::{Alias, ClientId, OrgEntry, OrgName};
use crate::model::report::{OrgOutcome, OrgStatus, SettingsStatus};
use crate::model::scratch_org::ScratchOrgInfo;
use crate::model::untrusted;
use crate::protocol::error_response::ErrorResponse;
use crate::protocol::hint;
use crate::protocol::verdict::{self, RecordVerdict, Verdict};
use crate::protocol::verdict_context::VerdictContext;

/// What the whole batch knows, and every verdict needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules<'a> {
    pub(crate) client_id: &'a ClientId,
    pub(crate) trusted: &'a TrustedHosts,
    pub(crate) hub_host: &'a str,
}

/// What is to be done about an org after an answer.
#[derive(Debug)]
pub(crate) enum Settled {
    /// It is ready: hand it over.
    Ready(Arc<ReadyOrg>),
    /// Ask again, or never.
    Unready(Verdict),
}

/// One org of the batch.
#[derive(Debug)]
pub(crate) struct OrgState {
    /// Its username as the hub spells it; what was given, where the hub does not know it.
    pub(crate) name: OrgName,
    pub(crate) alias: Option<Alias>,
    pub(crate) record: Option<Arc<ScratchOrgInfo>>,
    pub(crate) login_url: Option<Arc<LoginUrl>>,
    /// A token whose check was not answered.
    pub(crate) token: Option<UnverifiedToken>,
    /// The place of the audience that it wants, where it complained about another.
    pub(crate) audience: Option<usize>,
    /// Token requests that were sent.
    pub(crate) attempts: u32,
    /// Attempts that it left without an answer.
    unanswered: u32,
    /// Tokens that its own API refused.
    refused_tokens: u32,
    first_post: Option<Duration>,
    /// When it first gave an answer that is final after a grace.
    doubted_since: Option<Duration>,
    last_refused: Option<Timestamp>,
    ready: Option<(Arc<ReadyOrg>, Timestamp)>,
    /// What became of the settings of its definition.
    pub(crate) settings: Option<SettingsStatus>,
    /// A deployment that is to go on with another token.
    provisioning: Option<Provisioning>,
    /// How it ends although it is ready and kept: its settings are missing.
    pub(crate) unprovisioned: Option<(OrgStatus, Cause)>,
    /// Why it waits.
    cause: Option<Cause>,
    pub(crate) outcome: Option<Box<OrgOutcome>>,
}

impl OrgState {
    /// An org that was asked for, and what the hub knows of it.
    pub(crate) fn new(entry: OrgEntry, record: Option<ScratchOrgInfo>) -> Self {
        let mut org = Self {
            name: entry.name,
            alias: entry.alias,
            record: None,
            login_url: None,
            token: None,
            audience: None,
            attempts: 0,
            unanswered: 0,
            refused_tokens: 0,
            first_post: None,
            doubted_since: None,
            last_refused: None,
            ready: None,
            settings: None,
            provisioning: None,
            unprovisioned: None,
            cause: None,
            outcome: None,
        };
        if let Some(record) = record {
            org.learn(record);
        }
        org
    }

    /// Takes in what the hub tells of it; the last record counts.
    pub(crate) fn learn(&mut self, record: ScratchOrgInfo) {
        if let Some(username) = &record.username {
            self.name = OrgName::Username(username.clone());
        }
        self.record = Some(Arc::new(record));
    }

    /// What `sf` said instead of naming the org.
    pub(crate) fn failed_creation(&self) -> Option<Cause> {
        let OrgName::Failed(failed) = &self.name else { return None };
        let next_step = if failed.may_live { hint::SF_UNFINISHED } else { hint::SF_FAILED };
        let cause = Cause::never(CauseCode::SignupFailed, failed.to_string(), "", next_step);
        Some(Cause { error: failed.error.clone(), ..cause })
    }

    /// The hub knows of no such org.
    pub(crate) fn unknown(hub_host: &str) -> Cause {
        let description = "the Dev Hub has no ScratchOrgInfo record of this org";
        Cause::never(CauseCode::UnknownUsername, description, hub_host, hint::UNKNOWN_USERNAME)
    }

    /// Decides from the hub's record alone what is to be done.
    pub(crate) fn admit(&mut self, rules: Rules<'_>) -> RecordVerdict {
        if let Some(cause) = self.failed_creation() {
            return RecordVerdict::Never(cause);
        }
        let Some(record) = &self.record else { return RecordVerdict::Never(Self::unknown(rules.hub_host)) };
        let verdict = verdict::on_record(record, rules.hub_host);
        match &verdict {
            RecordVerdict::Never(_) => {}
            RecordVerdict::Creating(cause) => self.cause = Some(cause.clone()),
            RecordVerdict::Ask => match rules.trusted.login_url(record.login_url.as_deref().unwrap_or_default()) {
                Ok(login_url) => {
                    self.login_url = Some(Arc::new(login_url));
                    // It is no longer being created.
                    self.cause = None;
                }
                Err(error) => {
                    let what = "LoginUrl of the ScratchOrgInfo record";
                    return RecordVerdict::Never(untrusted_host(what, &error, rules.hub_host));
                }
            },
        }
        verdict
    }

    /// Works in what came of a login, and decides what is to be done. `None`: the login was cut short.
    pub(crate) fn settle(&mut self, attempted: LoginAttempted, now: Now, rules: Rules<'_>) -> Option<Settled> {
        self.attempts += attempted.posts;
        self.first_post = self.first_post.or(attempted.first_post);
        self.audience = attempted.audience.or(self.audience);
        let verdict = match attempted.outcome {
            LoginOutcome::Cut => return None,
            LoginOutcome::Ready(org) => {
                let org = Arc::new(*org);
                let first = self.ready.take().map_or(now.wall, |(_, at)| at);
                self.ready = Some((Arc::clone(&org), first));
                self.cause = None;
                return Some(Settled::Ready(org));
            }
            LoginOutcome::Refused(refusal) => {
                // What it refuses once it was ready says nothing of its replication.
                self.last_refused = if self.ready.is_none() { Some(now.wall) } else { self.last_refused };
                verdict::on_refusal(&refusal, &self.context(now, rules, None))
            }
            LoginOutcome::Unavailable(unavailability) => {
                self.unanswered += u32::from(unavailability.kind.is_unanswered());
                verdict::on_unavailable(&unavailability, &self.context(now, rules, None))
            }
            LoginOutcome::CheckRefused(instance_url, refusal) => {
                self.refused_tokens += 1;
                verdict::on_check_refused(&refusal, &self.context(now, rules, Some(instance_url.host())))
            }
            LoginOutcome::CheckUnavailable(token, unavailability) => {
                let context = self.context(now, rules, Some(token.host()));
                let verdict = verdict::on_unavailable(&unavailability, &context);
                self.token = Some(token);
                verdict
            }
            LoginOutcome::Untrusted(error) => {
                Verdict::Never(untrusted_host("instance_url of the token answer", &error, self.host()))
            }
            LoginOutcome::Mismatch { answered, expected } => {
                let description = format!("org {answered} answered, and the Dev Hub named {expected}");
                Verdict::Never(Cause::never(CauseCode::OrgMismatch, description, self.host(), hint::ORG_MISMATCH))
            }
        };
        Some(Settled::Unready(self.decide(verdict, now, rules)))
    }

    fn decide(&mut self, verdict: Verdict, now: Now, rules: Rules<'_>) -> Verdict {
        let Verdict::Again { cause, .. } = &verdict else { return verdict };
        // The hub may have learnt meanwhile that the org is gone.
        if let Some(cause) = self.ruled_out(rules) {
            return Verdict::Never(cause);
        }
        if verdict::starts_grace(cause.code) {
            self.doubted_since.get_or_insert(now.elapsed);
        }
        self.cause = Some(cause.clone());
        verdict
    }

    /// Why the hub's record says that the org can never be logged in to, if it does.
    pub(crate) fn ruled_out(&self, rules: Rules<'_>) -> Option<Cause> {
        match verdict::on_record(self.record.as_deref()?, rules.hub_host) {
            RecordVerdict::Never(cause) => Some(cause),
            RecordVerdict::Ask | RecordVerdict::Creating(_) => None,
        }
    }

    /// What is to be deployed to it, now that it is kept: what is planned, or the rest of it.
    pub(crate) fn plan(&mut self, plan: &SettingsPlan) -> Option<Provisioning> {
        if let Some(begun) = self.provisioning.take() {
            return Some(begun);
        }
        self.settings = match plan.of(self.record.as_deref()?) {
            PlannedSettings::Deploy(package) => {
                return Some(Provisioning::new(Arc::clone(package), plan.api_version.clone()));
            }
            PlannedSettings::Unknown => None,
            PlannedSettings::None => Some(SettingsStatus::None),
            PlannedSettings::Skipped => Some(SettingsStatus::Skipped),
            PlannedSettings::Unusable(message) => {
                let cause = Cause::never(CauseCode::SettingsFailed, message, "", hint::SETTINGS_FAILED);
                self.unprovisioned = Some((OrgStatus::Failed, cause));
                Some(SettingsStatus::Failed)
            }
        };
        None
    }

    /// Works in what came of the deployment; what the user should know is answered.
    pub(crate) fn settle_provisioning(&mut self, provisioned: Provisioned) -> Vec<String> {
        let (status, cause) = match provisioned {
            Provisioned::Done { warnings } => {
                self.settings = Some(SettingsStatus::Deployed);
                return warnings;
            }
            Provisioned::Failed(cause) => (OrgStatus::Failed, cause),
            Provisioned::CutShort(Cut::Deadline, cause) => (OrgStatus::TimedOut, cause),
            Provisioned::CutShort(Cut::Signal, cause) => (OrgStatus::Interrupted, cause),
        };
        self.settings = Some(SettingsStatus::Failed);
        self.unprovisioned = Some((status, cause));
        Vec::new()
    }

    /// Its API refuses the token in the midst of the deployment, which can go on with another one.
    pub(crate) fn settle_refused_token(
        &mut self,
        begun: Provisioning,
        refusal: &ErrorResponse,
        now: Now,
        rules: Rules<'_>,
    ) -> Verdict {
        self.provisioning = Some(begun);
        self.refused_tokens += 1;
        let host = self.ready.as_ref().map(|(org, _)| org.instance_url.host().to_owned());
        let verdict = verdict::on_check_refused(refusal, &self.context(now, rules, host.as_deref()));
        self.decide(verdict, now, rules)
    }

    /// There is no other token for a deployment that is to go on: the org is ready and kept, and ends without its settings.
    pub(crate) fn give_up_provisioning(&mut self, status: OrgStatus, cause: Option<&Cause>) -> Option<Arc<ReadyOrg>> {
        self.provisioning.take()?;
        let (org, _) = self.ready.as_ref()?;
        let said = cause.and_then(|cause| cause.description.as_deref()).unwrap_or_default();
        let words = format!("the org took its token no more before the settings were deployed: {said}");
        let retryable = status != OrgStatus::Failed || cause.is_none_or(|cause| cause.code == CauseCode::Rejected);
        let next = cause.filter(|_| !retryable).map_or(hint::SETTINGS_CUT_SHORT, |cause| cause.hint.as_str());
        let failed = Cause::never(CauseCode::SettingsFailed, words, org.instance_url.host(), next);
        self.settings = Some(SettingsStatus::Failed);
        self.unprovisioned = Some((status, Cause { retryable, ..failed }));
        Some(Arc::clone(org))
    }

    /// The time since its first token request.
    pub(crate) fn waited(&self, elapsed: Duration) -> Duration {
        elapsed.saturating_sub(self.first_post.unwrap_or(elapsed))
    }

    /// The host that is asked for a token; empty where none is known.
    fn host(&self) -> &str {
        self.login_url.as_ref().map(|url| url.host()).unwrap_or_default()
    }

    /// Everything that a verdict on the org rests on; `checked_at` is the host, where a token was just given.
    fn context<'s>(&'s self, now: Now, rules: Rules<'s>, checked_at: Option<&'s str>) -> VerdictContext<'s> {
        VerdictContext {
            record: self.record.as_deref(),
            client_id: rules.client_id,
            host: checked_at.unwrap_or(self.host()),
            now: now.wall,
            doubted: self.doubted_since.map(|since| now.elapsed.saturating_sub(since)).unwrap_or_default(),
            unanswered: self.unanswered,
            logged_in: checked_at.is_some() || self.refused_tokens > 0,
            refused_tokens: self.refused_tokens,
        }
    }

    /// Why the org is not ready, where its wait is ended from outside.
    pub(crate) fn unfinished(&self, now: Now, rules: Rules<'_>) -> Cause {
        if let Some(cause) = self.unprovisioned.as_ref().map(|(_, cause)| cause).or(self.cause.as_ref()) {
            return cause.clone();
        }
        if self.ready.is_some() {
            let words = "the run ended before the org was handed over";
            Cause::again(CauseCode::NotStored, words, "", hint::STORE_CUT_SHORT)
        } else if self.attempts == 0 {
            Cause::again(CauseCode::NotTried, "the run ended before the org was asked", self.host(), hint::NOT_TRIED)
        } else {
            let hint = hint::of(CauseCode::Unreachable, &self.context(now, rules, None));
            Cause::again(CauseCode::Unreachable, "no whole answer came before the run ended", self.host(), &hint)
        }
    }

    /// Ends it: what is left is its outcome. `began` is when the batch did, for an org that was never asked.
    pub(crate) fn finish(&mut self, status: OrgStatus, cause: Option<Cause>, now: Now, began: Duration) -> OrgOutcome {
        let record = self.record.take();
        let ready = self.ready.take();
        let org_id = match &ready {
            Some((org, _)) => Some(org.org_id),
            None => record.as_ref().and_then(|record| record.org_id),
        };
        let told = || record.as_ref()?.login_url.as_deref().map(|url| untrusted::sanitize_line(url, 200));
        let outcome = OrgOutcome {
            name: self.name.clone(),
            alias: self.alias.take(),
            status,
            org_id,
            instance_url: ready.as_ref().map(|(org, _)| org.instance_url.to_string()),
            login_url: self.login_url.take().map(|url| url.to_string()).or_else(told),
            expiration_date: record.as_ref().and_then(|record| record.expiration_date),
            attempts: self.attempts,
            waited: now.elapsed.saturating_sub(self.first_post.unwrap_or(began)),
            created_date: record.as_ref().and_then(|record| record.created),
            last_refused_at: self.last_refused,
            ready_at: ready.map(|(_, at)| at),
            settings: self.settings,
            cause,
            record_id: record.as_ref().and_then(|record| record.id.clone()),
        };
        self.token = None;
        self.cause = None;
        self.outcome = Some(Box::new(outcome.clone()));
        outcome
    }
}

/// A ready org that could not be handed over. A signal makes writers hurry: what one gave up then is mended by running
/// again.
pub(crate) fn not_stored(error: &HandoverError, interrupted: bool) -> (OrgStatus, Cause) {
    let (status, next_step) = if interrupted {
        (OrgStatus::Interrupted, hint::STORE_CUT_SHORT)
    } else {
        (OrgStatus::Failed, error.next_step.as_str())
    };
    let cause = Cause::never(CauseCode::NotStored, &error.message, "", next_step);
    (status, Cause { retryable: interrupted, ..cause })
}

fn untrusted_host(what: &str, error: &HostError, otherwise: &str) -> Cause {
    let host = error.host().unwrap_or(otherwise);
    Cause::never(CauseCode::UntrustedHost, format!("{what}: {error}"), host, &error.hint())
}

#[cfg(test)]
mod tests;
