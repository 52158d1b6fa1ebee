//! One visit to a scratch org: ask for a token (unless one is held), check it, hand the org over. It never waits.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::engine::attempt;
use crate::engine::readiness;
use crate::engine::run::Run;
use crate::model::event::Event;
use crate::model::handover::{Handover, ReadyOrg};
use crate::model::host::{HostError, InstanceUrl, LoginUrl};
use crate::model::org::{Alias, OrgId, OrgName, Username};
use crate::model::scratch_org::ScratchOrgInfo;
use crate::model::token::AccessToken;
use crate::protocol::audience::Audiences;
use crate::protocol::response::{ErrorResponse, Response, Unavailability};
use crate::protocol::transport::Transport;

/// What a visit needs to know of its org.
pub(crate) struct OrgLogin {
    pub(crate) index: usize,
    pub(crate) username: Username,
    pub(crate) alias: Option<Alias>,
    pub(crate) record: ScratchOrgInfo,
    pub(crate) login_url: LoginUrl,
    pub(crate) held: Option<UnverifiedToken>,
    pub(crate) audience: Option<usize>,
    /// Token requests that were sent before this visit.
    pub(crate) attempts: u32,
}

/// A token whose check was not answered: it is checked again before another one is asked for.
pub(crate) struct UnverifiedToken {
    token: AccessToken,
    instance_url: InstanceUrl,
    org_id: Option<OrgId>,
}

/// What came of a visit.
pub(crate) struct LoginAttempted {
    pub(crate) index: usize,
    /// Token requests that were sent.
    pub(crate) posts: u32,
    /// When the first of them was, from the start of the process.
    pub(crate) first_post: Option<Duration>,
    /// The place of the audience that the org did not complain about, where it complained about another.
    pub(crate) audience: Option<usize>,
    pub(crate) end: End,
}

/// How a visit ended.
pub(crate) enum End {
    /// The org is ready, and handed over.
    Ready(Box<ReadyOrg>),
    /// The org is ready, but could not be kept; the message says why.
    NotKept(Box<ReadyOrg>, String),
    /// The token endpoint refused.
    Refused(ErrorResponse),
    /// The token endpoint gave no usable answer.
    Silent(Unavailability),
    /// The org's API refused the token or the query.
    CheckRefused(InstanceUrl, ErrorResponse),
    /// The org's API gave no usable answer.
    CheckSilent(UnverifiedToken, Unavailability),
    /// The instance URL is not one that may be sent a token.
    Untrusted(HostError),
    /// Another org answered than the hub named.
    Mismatch {
        /// The org that answered.
        answered: OrgId,
        /// The one that the hub named.
        expected: OrgId,
    },
    /// The time was up, or a signal came.
    Cut,
}

impl UnverifiedToken {
    /// The host that the check goes to.
    pub(crate) fn host(&self) -> &str {
        self.instance_url.host()
    }
}

impl OrgLogin {
    /// Goes there. `cut` ends the network part; what is ready by then is handed over all the same.
    pub(crate) async fn run<T: Transport>(
        self,
        run: &Run<'_, T>,
        handover: &dyn Handover,
        audiences: Arc<Audiences>,
        cut: CancellationToken,
    ) -> LoginAttempted {
        let mut visited =
            LoginAttempted { index: self.index, posts: 0, first_post: None, audience: None, end: End::Cut };
        // Between the step that let it go and here a signal may have come.
        if cut.is_cancelled() {
            return visited;
        }
        let end = tokio::select! {
            biased;
            end = self.ask(run, &audiences, &mut visited) => end,
            () = cut.cancelled() => return visited,
        };
        visited.end = match end {
            End::Ready(org) => match handover.keep(&org).await {
                Ok(()) => End::Ready(org),
                Err(message) => End::NotKept(org, message),
            },
            end => end,
        };
        visited
    }

    async fn ask<T: Transport>(mut self, run: &Run<'_, T>, audiences: &Audiences, visited: &mut LoginAttempted) -> End {
        let held = match self.held.take() {
            Some(held) => held,
            None => match self.log_in(run, audiences, visited).await {
                Ok(held) => held,
                Err(end) => return end,
            },
        };
        if let (Some(answered), Some(expected)) = (held.org_id, self.record.org_id)
            && answered != expected
        {
            return End::Mismatch { answered, expected };
        }
        let checked = match readiness::check(run, &held.instance_url, &held.token).await {
            Response::Success(checked) => checked,
            Response::Refused(refusal) => return End::CheckRefused(held.instance_url, refusal),
            Response::Unavailable(silence) => return End::CheckSilent(held, silence),
        };
        let answered = checked.org_id.or(held.org_id);
        let expected = self.record.org_id.or(held.org_id);
        match (answered, expected) {
            (Some(answered), Some(expected)) if answered != expected => End::Mismatch { answered, expected },
            (Some(org_id), _) => End::Ready(Box::new(ReadyOrg {
                index: self.index,
                username: self.username,
                alias: self.alias,
                org_id,
                instance_url: held.instance_url,
                login_url: self.login_url,
                token: held.token,
                record: self.record,
                organization: checked.organization,
            })),
            (None, _) => End::CheckRefused(
                held.instance_url,
                ErrorResponse {
                    description: "neither the login nor the Organization record told the org's id".to_owned(),
                    ..ErrorResponse::default()
                },
            ),
        }
    }

    async fn log_in<T: Transport>(
        &self,
        run: &Run<'_, T>,
        audiences: &Audiences,
        visited: &mut LoginAttempted,
    ) -> Result<UnverifiedToken, End> {
        let posting = || {
            visited.posts += 1;
            visited.first_post.get_or_insert_with(|| run.elapsed());
            run.observe(&Event::OrgAttempt {
                index: self.index,
                username: OrgName::Username(self.username.clone()),
                host: self.login_url.host().to_owned(),
                attempt: self.attempts + visited.posts,
            });
        };
        let attempted = attempt::log_in(run, &self.username, &self.login_url, audiences, self.audience, posting).await;
        visited.audience = attempted.audience;
        match attempted.reading {
            Response::Success(grant) => match run.settings.trusted.instance_url(&grant.instance_url) {
                Ok(instance_url) => Ok(UnverifiedToken { token: grant.token, instance_url, org_id: grant.org_id }),
                Err(error) => Err(End::Untrusted(error)),
            },
            Response::Refused(refusal) => Err(End::Refused(refusal)),
            Response::Unavailable(silence) => Err(End::Silent(silence)),
        }
    }
}
