//! Finishes a ready org as `sf` would: its settings deployed, then source tracking reset (`deploySettings` and
//! `updateRevisionCounterToZero` of `scratchOrgInfoApi.js`, `@salesforce/core` 9.4.0).

use std::sync::Arc;

use futures_util::stream::{self, StreamExt};

use crate::engine::org_api::{OrgApi, Unanswered};
use crate::engine::patience::{Cut, Patience};
use crate::model::cause::{Cause, CauseCode};
use crate::model::untrusted::redact_known;
use crate::protocol::error_response::{ErrorResponse, RefusalKind};
use crate::protocol::hint;
use crate::protocol::metadata::{
    ChangedMembers, DeployStatus, DeploymentId, SettingsPackage, changed_members_request, deploy_request,
    newest_version, read_accepted, reset_member_request, status_request, versions_request,
};
use crate::protocol::response;
use crate::protocol::transport::Transport;

/// Counters that are reset at once. A deployment of settings changes few members, most often none.
const RESETS_AT_ONCE: usize = 4;

/// Most pages of changed members: 2,000 each.
const PAGES_MAX: usize = 50;

/// One org's provisioning. It can be taken up again with another token: what was done is not done again.
#[derive(Debug)]
pub(crate) struct Provisioning {
    package: Arc<SettingsPackage>,
    version: Option<String>,
    deployment: Option<DeploymentId>,
    deployed: bool,
}

/// How the provisioning of an org ended.
#[derive(Debug)]
pub(crate) enum Provisioned {
    /// The settings are deployed; what the user should know besides.
    Done { warnings: Vec<String> },
    /// They could not be: `settings_failed`.
    Failed(Cause),
    /// The deadline or a signal came first: `settings_failed`, retryable.
    CutShort(Cut, Cause),
}

/// Why it did not go on; what is done with it depends on what was being done.
enum Stop {
    Unanswered(Unanswered),
    /// What the org, or we, say of the settings themselves.
    Settings(String),
}

impl From<Unanswered> for Stop {
    fn from(unanswered: Unanswered) -> Self {
        Self::Unanswered(unanswered)
    }
}

impl Provisioning {
    /// The package goes to the org at `version`, where the user gave one; else at the newest that the org knows.
    pub(crate) fn new(package: Arc<SettingsPackage>, version: Option<String>) -> Self {
        Self { package, version, deployment: None, deployed: false }
    }

    /// Does what is left to do, until the deadline or a signal. An error: the org does not take the token any more, and it
    /// can go on with another one.
    pub(crate) async fn run<T: Transport>(&mut self, api: &OrgApi<'_, T>) -> Result<Provisioned, ErrorResponse> {
        let host = api.instance_url.host();
        Ok(match self.go_on(api).await {
            Ok(warnings) => Provisioned::Done { warnings },
            Err(Stop::Unanswered(Unanswered::Refused(refusal))) if is_of_session(&refusal) => return Err(refusal),
            Err(Stop::Unanswered(Unanswered::Refused(refusal))) => Provisioned::Failed(refused(refusal, host)),
            Err(Stop::Unanswered(Unanswered::Unavailable(unavailable))) => {
                Provisioned::Failed(failed(unavailable.description, host))
            }
            Err(Stop::Unanswered(Unanswered::Cut(cut, last))) => {
                let what = match (&self.deployment, self.deployed) {
                    (_, true) => "the settings are deployed, but source tracking is not reset yet",
                    (Some(_), false) => "the settings are still being deployed",
                    (None, false) => "the settings are not deployed yet",
                };
                let seen = last.map(|unavailable| format!(": {}", unavailable.description)).unwrap_or_default();
                let (code, hint) = (CauseCode::SettingsFailed, hint::SETTINGS_CUT_SHORT);
                Provisioned::CutShort(cut, Cause::again(code, format!("{what}{seen}"), host, hint))
            }
            Err(Stop::Settings(words)) => Provisioned::Failed(failed(redact_known(&words, api.token.expose()), host)),
        })
    }

    async fn go_on<T: Transport>(&mut self, api: &OrgApi<'_, T>) -> Result<Vec<String>, Stop> {
        let version = match &self.version {
            Some(version) => version.clone(),
            None => self.version.insert(api.ask(&versions_request(), newest_version).await?).clone(),
        };
        if !self.deployed {
            self.deploy(api, &version).await?;
            self.deployed = true;
        }
        reset_source_tracking(api, &version).await.map_err(Stop::from)
    }

    async fn deploy<T: Transport>(&mut self, api: &OrgApi<'_, T>, version: &str) -> Result<(), Stop> {
        let id = if let Some(id) = &self.deployment {
            id.clone()
        } else {
            let folder = format!("shape_{}", api.clock.now().as_millisecond());
            let archive = self.package.archive(version, &folder).map_err(|error| Stop::Settings(error.to_string()))?;
            let accepted = api.ask(&deploy_request(version, &archive), read_accepted).await?;
            self.deployment.insert(accepted).clone()
        };
        let request = status_request(version, &id);
        let mut patience = Patience::new(&api.bounds);
        loop {
            let status = api.ask(&request, DeployStatus::read).await?;
            if status.succeeded() {
                return Ok(());
            }
            if status.done {
                return Err(Stop::Settings(status.problem()));
            }
            patience.pause(None).await.map_err(|cut| Unanswered::Cut(cut, None))?;
        }
    }
}

/// Sets the counters of what the deployment changed to zero. Where that does not work, the org is usable all the same:
/// that is a warning, as in `sf`.
async fn reset_source_tracking<T: Transport>(api: &OrgApi<'_, T>, version: &str) -> Result<Vec<String>, Unanswered> {
    let mut members = Vec::new();
    let mut next = Some(changed_members_request(version));
    for _ in 0..PAGES_MAX {
        let Some(request) = next.take() else { break };
        match api.ask(&request, ChangedMembers::read).await {
            Ok(page) => {
                members.extend(page.ids);
                next = page.next;
            }
            Err(unanswered) => return warning(api, unanswered),
        }
    }
    let mut resets = stream::iter(members)
        .map(|id| async move { api.ask(&reset_member_request(version, &id), response::of_change).await })
        .buffer_unordered(RESETS_AT_ONCE);
    while let Some(reset) = resets.next().await {
        if let Err(unanswered) = reset {
            return warning(api, unanswered);
        }
    }
    Ok(Vec::new())
}

/// What cannot be mended by another token or more time is a warning.
fn warning<T>(api: &OrgApi<'_, T>, unanswered: Unanswered) -> Result<Vec<String>, Unanswered> {
    let words = match unanswered {
        Unanswered::Refused(refusal) if !is_of_session(&refusal) => {
            format!("{}: {}", refusal.error, refusal.description)
        }
        Unanswered::Unavailable(unavailable) => unavailable.description,
        other => return Err(other),
    };
    Ok(vec![format!(
        "the settings are deployed, but source tracking could not be reset ({words}; {}): a preview or retrieve may list them as changes of the org",
        api.instance_url.host()
    )])
}

fn is_of_session(refusal: &ErrorResponse) -> bool {
    refusal.kind == RefusalKind::Session
}

fn failed(words: String, host: &str) -> Cause {
    Cause::never(CauseCode::SettingsFailed, words, host, hint::SETTINGS_FAILED)
}

fn refused(refusal: ErrorResponse, host: &str) -> Cause {
    let words = format!("the deployment of the settings was refused: {}", refusal.description);
    Cause { error: Some(refusal.error), ..failed(words, host) }
}

#[cfg(test)]
mod tests;
