//! The Dev Hub: one login for the whole batch, queries for `ScratchOrgInfo`, paging, one renewal of an expired session.

use std::time::Duration;

use crate::engine::attempt;
use crate::engine::hub_failure::{HubFailure, HubStage};
use crate::engine::hub_retry::HubRetry;
use crate::engine::patience::sleep_until;
use crate::engine::readiness;
use crate::engine::run::Run;
use crate::model::cause::{Cause, CauseCode};
use crate::model::event::Event;
use crate::model::handover::{HubLogin, Organization};
use crate::model::host::InstanceUrl;
use crate::model::org::{OrgId, OrgName, Username};
use crate::model::report::Hub;
use crate::model::scratch_org::ScratchOrgInfo;
use crate::model::token::AccessToken;
use crate::protocol::active_scratch_org::ActiveScratchOrg;
use crate::protocol::audience::Audiences;
use crate::protocol::error_response::{ErrorResponse, RefusalKind};
use crate::protocol::records::{Page, QueryBound, RecordIndex, Row};
use crate::protocol::response::{Grant, Response};
use crate::protocol::soql::{self, Condition, Fields};
use crate::protocol::transport::{Connection, Transport};
use crate::protocol::verdict;
use crate::protocol::verdict_context::VerdictContext;

/// A session at the Dev Hub.
pub(crate) struct HubSession<'a, T> {
    run: &'a Run<'a, T>,
    audiences: Audiences,
    fields: Fields,
    org_id: OrgId,
    instance_url: InstanceUrl,
    token: AccessToken,
    /// The wait for the answer that is under way. The first one, from the login to the last page, shares one deadline.
    retry: HubRetry<'a, T>,
}

impl<'a, T: Transport> HubSession<'a, T> {
    /// Logs in, asking again while the hub does not answer. Records are to come with these fields.
    pub(crate) async fn open(run: &'a Run<'a, T>, fields: Fields) -> Result<Self, HubFailure> {
        let audiences = Audiences::of_hub(run.settings.audience.as_deref(), &run.settings.login_url);
        let mut retry = HubRetry::new(run);
        let (token, org_id, instance_url) = log_in(run, &audiences, &mut retry).await?;
        run.observe(&Event::HubReady {
            username: run.settings.hub_username.clone(),
            org_id,
            instance_url: instance_url.to_string(),
        });
        Ok(Self { run, audiences, fields, org_id, instance_url, token, retry })
    }

    /// What the report says of the hub.
    pub(crate) fn hub(&self) -> Hub {
        Hub {
            username: self.run.settings.hub_username.clone(),
            org_id: self.org_id,
            instance_url: self.instance_url.to_string(),
            login_url: self.run.settings.login_url.to_string(),
        }
    }

    /// The host that queries go to.
    pub(crate) fn host(&self) -> &str {
        self.instance_url.host()
    }

    /// Proves that the org is a Dev Hub, and asks what it says of itself.
    pub(crate) async fn prove(mut self) -> Result<HubLogin, HubFailure> {
        let target = soql::target(&self.run.settings.api_version, "SELECT Id FROM ScratchOrgInfo LIMIT 1");
        self.page(&target).await?;
        let asked = tokio::select! {
            biased;
            () = self.run.stop.cancelled() => None,
            asked = readiness::check(self.run, &self.instance_url, &self.token) => Some(asked),
            () = sleep_until(self.run.deadline) => None,
        };
        // The hub is proven; its name is only for show.
        let organization = if let Some(Response::Success(checked)) = asked {
            checked.organization
        } else {
            self.run.warn(format!(
                "{} did not say what the Dev Hub is called and of which edition it is: what sf knew of it stays",
                self.instance_url.host()
            ));
            Organization::default()
        };
        Ok(HubLogin { hub: self.hub(), instance_url: self.instance_url, token: self.token, organization })
    }

    /// The records of these orgs, the best one for each that the hub knows, in the order of the names.
    pub(crate) async fn records(&mut self, names: &[&OrgName]) -> Result<Vec<Option<ScratchOrgInfo>>, HubFailure> {
        let mut best = RecordIndex::of_names(names);
        let mut left = names;
        let asked_before = self.fields.names().len();
        'fields: while !left.is_empty() {
            // The fields may become fewer on the way, which changes the chunks of those that are left.
            for chunk in soql::query_targets(&self.run.settings.api_version, &self.fields, left) {
                let bound = QueryBound::of_names(chunk.names.len());
                if let Err(refusal) = self.read(chunk.target, bound, |rows| best.extend(rows)).await? {
                    self.ask_for_less(&refusal)?;
                    continue 'fields;
                }
                left = &left[chunk.names.len()..];
            }
        }
        self.tell_hidden_fields(asked_before);
        Ok(names.iter().map(|name| best.get(name)).collect())
    }

    /// The records of all live orgs of our app for which the condition holds. How many others there are is a warning.
    pub(crate) async fn select(&mut self, condition: Option<&Condition>) -> Result<Vec<ScratchOrgInfo>, HubFailure> {
        let settings = self.run.settings;
        let asked_before = self.fields.names().len();
        let best = loop {
            let target = soql::selection_target(&settings.api_version, &self.fields, &settings.client_id, condition);
            let mut best = RecordIndex::default();
            match self.read(target, QueryBound::of_selection(), |rows| best.extend(rows)).await? {
                Ok(()) => break best,
                Err(refusal) if condition.is_some() && self.fields.lack_refused_column(&refusal.description) => {
                    return Err(self.refused(&refusal));
                }
                Err(refusal) => self.ask_for_less(&refusal)?,
            }
        };
        self.tell_hidden_fields(asked_before);
        let found = best.records;
        self.retry = HubRetry::of_a_count(self.run);
        match self.page(&soql::count_target(&settings.api_version, condition)).await {
            Ok(page) => {
                let (what, are) = match page.total_size.saturating_sub(found.len()) {
                    0 => return Ok(found),
                    1 => ("1 more org matches, but was".to_owned(), "it is"),
                    more => (format!("{more} more orgs match, but were"), "they are"),
                };
                self.run.warn(format!("{what} signed up with another app than --client-id: {are} left out"));
            }
            Err(failure) if failure.stage == HubStage::Interrupted => return Err(failure),
            Err(failure) => {
                self.run.warn(format!(
                    "how many matching orgs were signed up with another app could not be asked ({failure})"
                ));
            }
        }
        Ok(found)
    }

    /// The living orgs of these users.
    pub(crate) async fn active(&mut self, usernames: &[Username]) -> Result<Vec<ActiveScratchOrg>, HubFailure> {
        let mut found = Vec::new();
        for target in soql::active_targets(&self.run.settings.api_version, usernames) {
            let bound = QueryBound::of_names(usernames.len());
            let read = self.read(target, bound, |rows| found.extend(rows.iter().filter_map(Row::active))).await?;
            read.map_err(|refusal| self.refused(&refusal))?;
        }
        Ok(found)
    }

    /// Where its API answers, and the token of now.
    pub(crate) fn api(&self) -> (InstanceUrl, AccessToken) {
        (self.instance_url.clone(), self.token.clone())
    }

    /// What is asked next is asked until it is answered, as the first answer was.
    pub(crate) fn ask_patiently(&mut self) {
        self.retry = HubRetry::new(self.run);
    }

    /// What is asked next is asked once, as there is another round.
    pub(crate) fn ask_once(&mut self) {
        self.retry = HubRetry::of_a_round(self.run);
    }

    /// Logs in again, within the answer that is waited for.
    pub(crate) async fn renew(&mut self) -> Result<(), HubFailure> {
        tracing::debug!(host = self.host(), "the Dev Hub session is not valid any more; logging in again");
        (self.token, _, self.instance_url) = log_in(self.run, &self.audiences, &mut self.retry).await?;
        Ok(())
    }

    /// Reads all pages of one query.
    async fn read(
        &mut self,
        mut target: String,
        mut bound: QueryBound,
        mut take: impl FnMut(&[Row]) + Send,
    ) -> Result<Result<(), ErrorResponse>, HubFailure> {
        loop {
            let page = match self.get(&target).await? {
                Ok(page) => page,
                Err(refusal) => return Ok(Err(refusal)),
            };
            bound.admit(&page).map_err(|refusal| self.refused(&refusal))?;
            take(&page.records);
            match page.next_records_url {
                Some(next) if !page.done => target = next,
                _ => return Ok(Ok(())),
            }
        }
    }

    /// Leaves out a field that is hidden from the hub's user, if that is what is refused.
    fn ask_for_less(&mut self, refusal: &ErrorResponse) -> Result<(), HubFailure> {
        let hidden = refusal.kind == RefusalKind::Field;
        let fewer = self.fields.after_refusal(&refusal.description).filter(|_| hidden);
        self.fields = fewer.ok_or_else(|| self.refused(refusal))?;
        Ok(())
    }

    /// Warns where fields turned out to be hidden; once, however many refusals it took to find out which.
    fn tell_hidden_fields(&self, asked_before: usize) {
        let hidden = self.fields.left_out();
        if self.fields.names().len() < asked_before && !hidden.is_empty() {
            self.run.warn(format!(
                "the Dev Hub user may not see all fields of ScratchOrgInfo; asking without {}, so some causes cannot be told apart (give the user read access to them)",
                hidden.join(", ")
            ));
        }
    }

    async fn page(&mut self, target: &str) -> Result<Page, HubFailure> {
        match self.get(target).await? {
            Ok(page) => Ok(page),
            Err(refusal) => Err(self.refused(&refusal)),
        }
    }

    /// One page; an expired session is renewed once, a hub that does not answer is waited for like the login's.
    async fn get(&mut self, target: &str) -> Result<Result<Page, ErrorResponse>, HubFailure> {
        let mut renewed = false;
        loop {
            if let Err(error) = self.instance_url.resource(target) {
                let description = format!("nextRecordsUrl: {error}");
                let host = error.host().unwrap_or(self.host());
                let cause = Cause::never(CauseCode::UntrustedHost, description, host, &error.hint());
                return Err(HubFailure { stage: HubStage::Query, cause });
            }
            let asked = self.run.query(&self.instance_url, &self.token, target, Connection::Keep);
            let response = self.retry.bounded(asked).await?;
            let at = verdict_context(self.run, self.host());
            let verdict = match response {
                Some(Response::Success(page)) => return Ok(Ok(page)),
                Some(Response::Refused(refusal)) if refusal.kind == RefusalKind::Session && !renewed => {
                    renewed = true;
                    self.renew().await?;
                    continue;
                }
                Some(Response::Refused(refusal)) => return Ok(Err(refusal)),
                Some(Response::Unavailable(unavailability)) => verdict::on_unavailable(&unavailability, &at),
                None => self.retry.cut(&at),
            };
            self.retry.wait(verdict, HubStage::Query).await?;
        }
    }

    fn refused(&self, refusal: &ErrorResponse) -> HubFailure {
        let cause = verdict::on_query_refused(refusal, &verdict_context(self.run, self.host()));
        HubFailure { stage: HubStage::Query, cause }
    }
}

async fn log_in<T: Transport>(
    run: &Run<'_, T>,
    audiences: &Audiences,
    retry: &mut HubRetry<'_, T>,
) -> Result<(AccessToken, OrgId, InstanceUrl), HubFailure> {
    let settings = run.settings;
    let login_url = &settings.login_url;
    let mut attempt = 0;
    loop {
        let posting = || {
            attempt += 1;
            run.observe(&Event::HubAttempt {
                username: settings.hub_username.clone(),
                host: login_url.host().to_owned(),
                attempt,
            });
        };
        let login = attempt::log_in(run, &settings.hub_username, login_url, audiences, None, posting);
        let at = verdict_context(run, login_url.host());
        let verdict = match retry.bounded(login).await? {
            Some((Response::Success(grant), _)) => return accept(run, grant),
            Some((Response::Refused(refusal), _)) => verdict::on_refusal(&refusal, &at),
            Some((Response::Unavailable(unavailability), _)) => verdict::on_unavailable(&unavailability, &at),
            None => retry.cut(&at),
        };
        retry.wait(verdict, HubStage::Login).await?;
    }
}

/// Checks where the token came for before it is used anywhere.
fn accept<T: Transport>(run: &Run<'_, T>, grant: Grant) -> Result<(AccessToken, OrgId, InstanceUrl), HubFailure> {
    let host = run.settings.login_url.host();
    let failure = |code, description: String, hint: &str| {
        let cause = Cause::never(code, description, host, hint);
        HubFailure { stage: HubStage::Login, cause }
    };
    let instance_url = run
        .settings
        .trusted
        .instance_url(&grant.instance_url)
        .map_err(|error| failure(CauseCode::UntrustedHost, format!("instance_url: {error}"), &error.hint()))?;
    let Some(org_id) = grant.org_id else {
        let description = "the token came without the id of its org".to_owned();
        return Err(failure(
            CauseCode::Rejected,
            description,
            "check that the login URL (--instance-url) is Salesforce's",
        ));
    };
    Ok((grant.token, org_id, instance_url))
}

pub(crate) fn verdict_context<'a, T>(run: &'a Run<'_, T>, host: &'a str) -> VerdictContext<'a> {
    VerdictContext {
        record: None,
        client_id: &run.settings.client_id,
        host,
        now: run.settings.clock.now(),
        doubted: Duration::ZERO,
        unanswered: 0,
        logged_in: false,
        refused_tokens: 0,
    }
}
