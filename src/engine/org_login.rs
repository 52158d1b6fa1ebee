//! One login to a scratch org: ask for a token (unless one is held), check it at the org's API. It never waits.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::engine::attempt;
use crate::engine::readiness;
use crate::engine::run::Run;
use crate::model::event::Event;
use crate::model::handover::ReadyOrg;
use crate::model::host::{HostError, InstanceUrl, LoginUrl};
use crate::model::org::{Alias, OrgId, OrgName, Username};
use crate::model::scratch_org::ScratchOrgInfo;
use crate::model::token::AccessToken;
use crate::protocol::audience::Audiences;
use crate::protocol::error_response::ErrorResponse;
use crate::protocol::response::Response;
use crate::protocol::transport::{Transport, Unavailability};

/// What a login needs to know of its org.
pub(crate) struct OrgLogin {
    pub(crate) index: usize,
    pub(crate) username: Username,
    pub(crate) alias: Option<Alias>,
    pub(crate) record: Arc<ScratchOrgInfo>,
    pub(crate) login_url: Arc<LoginUrl>,
    pub(crate) token: Option<UnverifiedToken>,
    pub(crate) audience: Option<usize>,
    /// Token requests that were sent before this login.
    pub(crate) attempts: u32,
}

/// A token whose check was not answered: it is checked again before another one is asked for.
#[derive(Debug)]
pub(crate) struct UnverifiedToken {
    token: AccessToken,
    instance_url: InstanceUrl,
    org_id: Option<OrgId>,
}

/// What came of a login.
#[derive(Debug)]
pub(crate) struct LoginAttempted {
    pub(crate) index: usize,
    /// Token requests that were sent.
    pub(crate) posts: u32,
    /// When the first of them was, from the start of the process.
    pub(crate) first_post: Option<Duration>,
    /// The place of the audience that the org did not complain about, where it complained about another.
    pub(crate) audience: Option<usize>,
    pub(crate) outcome: LoginOutcome,
}

/// How a login ended.
#[derive(Debug)]
pub(crate) enum LoginOutcome {
    /// The org answered a query with its token.
    Ready(Box<ReadyOrg>),
    /// The token endpoint refused.
    Refused(ErrorResponse),
    /// The token endpoint gave no usable answer.
    Unavailable(Unavailability),
    /// The org's API refused the token or the query.
    CheckRefused(InstanceUrl, ErrorResponse),
    /// The org's API gave no usable answer.
    CheckUnavailable(UnverifiedToken, Unavailability),
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
    /// Logs in, until `cut` ends it.
    pub(crate) async fn run<T: Transport>(
        self,
        run: &Run<'_, T>,
        audiences: Arc<Audiences>,
        cut: CancellationToken,
    ) -> LoginAttempted {
        let outcome = LoginOutcome::Cut;
        let mut attempted = LoginAttempted { index: self.index, posts: 0, first_post: None, audience: None, outcome };
        // Between the step that let it go and here a signal may have come.
        if cut.is_cancelled() {
            return attempted;
        }
        let outcome = tokio::select! {
            biased;
            outcome = self.log_in_and_check(run, &audiences, &mut attempted) => outcome,
            () = cut.cancelled() => return attempted,
        };
        attempted.outcome = outcome.unwrap_or_else(|outcome| outcome);
        attempted
    }

    /// An error is an early end.
    async fn log_in_and_check<T: Transport>(
        mut self,
        run: &Run<'_, T>,
        audiences: &Audiences,
        attempted: &mut LoginAttempted,
    ) -> Result<LoginOutcome, LoginOutcome> {
        let held = match self.token.take() {
            Some(held) => held,
            None => self.log_in(run, audiences, attempted).await?,
        };
        same_org(held.org_id, self.record.org_id)?;
        let username = OrgName::Username(self.username.clone());
        run.observe(&Event::OrgChecking { index: self.index, username });
        let checked = match readiness::check(run, &held.instance_url, &held.token).await {
            Response::Success(checked) => checked,
            Response::Refused(refusal) => return Ok(LoginOutcome::CheckRefused(held.instance_url, refusal)),
            Response::Unavailable(unavailability) => return Ok(LoginOutcome::CheckUnavailable(held, unavailability)),
        };
        let answered = checked.org_id.or(held.org_id);
        same_org(answered, self.record.org_id.or(held.org_id))?;
        let Some(org_id) = answered else {
            let refusal = ErrorResponse::unusable("neither the login nor the Organization record told the org's id");
            return Ok(LoginOutcome::CheckRefused(held.instance_url, refusal));
        };
        Ok(LoginOutcome::Ready(Box::new(ReadyOrg {
            index: self.index,
            username: self.username,
            alias: self.alias,
            org_id,
            instance_url: held.instance_url,
            login_url: self.login_url,
            token: held.token,
            record: self.record,
            organization: checked.organization,
        })))
    }

    async fn log_in<T: Transport>(
        &self,
        run: &Run<'_, T>,
        audiences: &Audiences,
        attempted: &mut LoginAttempted,
    ) -> Result<UnverifiedToken, LoginOutcome> {
        let username = &self.username;
        let posting = || {
            attempted.posts += 1;
            attempted.first_post.get_or_insert_with(|| run.elapsed());
            run.observe(&Event::OrgAttempt {
                index: self.index,
                username: OrgName::Username(username.clone()),
                host: self.login_url.host().to_owned(),
                attempt: self.attempts + attempted.posts,
            });
        };
        let (response, audience) =
            attempt::log_in(run, username, &self.login_url, audiences, self.audience, posting).await;
        attempted.audience = audience;
        match response {
            Response::Success(grant) => match run.settings.trusted.instance_url(&grant.instance_url) {
                Ok(instance_url) => Ok(UnverifiedToken { token: grant.token, instance_url, org_id: grant.org_id }),
                Err(error) => Err(LoginOutcome::Untrusted(error)),
            },
            Response::Refused(refusal) => Err(LoginOutcome::Refused(refusal)),
            Response::Unavailable(unavailability) => Err(LoginOutcome::Unavailable(unavailability)),
        }
    }
}

/// Where both are known, they are to be the same.
#[expect(clippy::result_large_err, reason = "made once in a login, and moved once")]
fn same_org(answered: Option<OrgId>, expected: Option<OrgId>) -> Result<(), LoginOutcome> {
    match (answered, expected) {
        (Some(answered), Some(expected)) if answered != expected => Err(LoginOutcome::Mismatch { answered, expected }),
        _ => Ok(()),
    }
}
