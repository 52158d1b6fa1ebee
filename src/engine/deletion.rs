//! The deletion of a batch of scratch orgs: what the hub's records say, which orgs live, and what became of each.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::stream::{self, StreamExt};

use crate::engine::hub::{HubSession, verdict_context};
use crate::engine::org_api::Unanswered;
use crate::engine::org_state::OrgState;
use crate::engine::patience::{Bounds, Cut, Patience};
use crate::engine::rate_limiter::RateLimiter;
use crate::engine::run::{HubStage, Run};
use crate::model::cause::{Cause, CauseCode};
use crate::model::event::Event;
use crate::model::org::{OrgName, Username};
use crate::model::report::{OrgOutcome, OrgStatus};
use crate::model::scratch_org::Status;
use crate::protocol::active_scratch_org::ActiveScratchOrg;
use crate::protocol::error_response::{ErrorResponse, RefusalKind};
use crate::protocol::hint;
use crate::protocol::response::{self, Unavailability, UnavailableKind};
use crate::protocol::transport::{ApiRequest, Transport};
use crate::protocol::verdict::{self, RecordVerdict};

/// How often the hub is asked for the record of an org that it says is alive: the record is made, and goes, a moment
/// before or after the other one says so.
const LOOKS_MAX: u32 = 4;

/// How often a session of the hub that is not valid any more is renewed.
const RENEWALS_MAX: u32 = 3;

/// One org that is to be deleted.
struct Org {
    state: OrgState,
    /// How often the hub said that it is alive, and had no record that could be deleted.
    looks: u32,
    /// Why it waits.
    cause: Option<Cause>,
}

impl Org {
    fn is_open(&self) -> bool {
        self.state.outcome.is_none()
    }

    /// The user whose living org it is, as far as the hub knows.
    fn living(&self) -> Option<&Username> {
        let record = self.state.record.as_ref().filter(|_| self.is_open())?;
        record.username.as_ref().filter(|_| !matches!(record.status, Some(Status::New | Status::Creating)))
    }
}

/// The deletion of a batch.
pub(crate) struct Deletion<'a, T> {
    run: &'a Run<'a, T>,
    bounds: Bounds<'a>,
    hub_host: String,
    orgs: Vec<Org>,
    renewals: u32,
    began: Duration,
}

impl<'a, T: Transport> Deletion<'a, T> {
    pub(crate) fn new(run: &'a Run<'a, T>, hub_host: &str, orgs: Vec<OrgState>) -> Self {
        let bounds = Bounds { deadline: run.deadline, stop: run.stop, retry: &run.settings.retry };
        let orgs = orgs.into_iter().map(|state| Org { state, looks: 0, cause: None }).collect();
        Self { run, bounds, hub_host: hub_host.to_owned(), orgs, renewals: 0, began: run.elapsed() }
    }

    /// Deletes until every org has its outcome, in the order of the orgs.
    pub(crate) async fn run(mut self, mut hub: HubSession<'a, T>) -> Vec<OrgOutcome> {
        let mut patience = Patience::new(&self.bounds);
        loop {
            self.judge();
            self.delete_living(&mut hub).await;
            if !self.orgs.iter().any(Org::is_open) {
                break;
            }
            if let Err(cut) = patience.pause(None).await {
                self.cut_short(cut);
                break;
            }
            self.ask_again(&mut hub).await;
        }
        self.orgs.into_iter().filter_map(|org| org.state.outcome).collect()
    }

    /// What the hub's records say by themselves.
    fn judge(&mut self) {
        for index in self.open() {
            let Some(record) = &self.orgs[index].state.record else {
                let description = "the Dev Hub has no ScratchOrgInfo record of this org";
                let code = CauseCode::UnknownUsername;
                let cause = Cause::never(code, description, &self.hub_host, hint::UNKNOWN_USERNAME);
                self.finish(index, OrgStatus::Failed, Some(cause));
                continue;
            };
            match (record.status, verdict::on_record(record, &self.hub_host)) {
                (Some(Status::Deleted | Status::Error), _) => self.finish(index, OrgStatus::Gone, None),
                (_, RecordVerdict::Creating(cause)) => self.orgs[index].cause = Some(cause),
                _ => {}
            }
        }
    }

    /// The orgs without an outcome.
    fn open(&self) -> Vec<usize> {
        (0..self.orgs.len()).filter(|index| self.orgs[*index].is_open()).collect()
    }

    fn finish(&mut self, index: usize, status: OrgStatus, cause: Option<Cause>) {
        let outcome = self.orgs[index].state.finish(status, cause, self.run.now(), self.began);
        self.run.observe(&Event::OrgFinished { index, outcome });
    }

    /// Deletes the orgs that are there.
    async fn delete_living(&mut self, hub: &mut HubSession<'a, T>) {
        let living: Vec<usize> = (0..self.orgs.len()).filter(|index| self.orgs[*index].living().is_some()).collect();
        let usernames: Vec<Username> = living.iter().filter_map(|index| self.orgs[*index].living().cloned()).collect();
        let found = match hub.active(&usernames).await {
            Ok(found) => found,
            // The loop hears the signal too.
            Err(failure) if failure.stage == HubStage::Interrupted => return,
            Err(failure) => return self.not_found(&living, &failure.cause),
        };
        let mut records: HashMap<String, Vec<ActiveScratchOrg>> = HashMap::new();
        for record in found {
            records.entry(record.username.folded()).or_default().push(record);
        }
        let mut requests = Vec::new();
        for (index, username) in living.into_iter().zip(usernames) {
            match records.remove(&username.folded()) {
                Some(records) => {
                    let version = &self.run.settings.api_version;
                    requests.extend(records.iter().map(|record| (index, record.delete_request(version))));
                }
                None => self.look_again(index),
            }
        }
        let mut lost = false;
        for (index, deleted) in self.send(hub, requests).await {
            lost |= matches!(&deleted, Err(Unanswered::Refused(refusal)) if refusal.kind == RefusalKind::Session);
            self.settle(index, deleted);
        }
        if lost {
            self.renewals += 1;
            if let Err(failure) = hub.log_in_again().await {
                self.run.warn(format!("the Dev Hub could not be logged in to again: {failure}"));
            }
        }
    }

    /// All deletions, so many at once and so many a second as logins.
    async fn send(
        &self,
        hub: &HubSession<'a, T>,
        requests: Vec<(usize, ApiRequest)>,
    ) -> Vec<(usize, Result<(), Unanswered>)> {
        let pace = Mutex::new(RateLimiter::new(self.run.settings.rate));
        let api = hub.api(&self.bounds);
        let (pace, api) = (&pace, &api);
        stream::iter(requests)
            .map(|(index, request)| async move {
                if let Err(cut) = Patience::new(&self.bounds).bounded(self.take_turn(pace)).await {
                    return (index, Err(Unanswered::Cut(cut, None)));
                }
                let deleted = api.ask(&request, |answer, now| {
                    if answer.status == 429 {
                        pace.lock().unwrap_or_else(PoisonError::into_inner).slow_down(self.run.elapsed());
                    }
                    response::of_change(answer, now)
                });
                (index, deleted.await)
            })
            .buffer_unordered(self.run.settings.concurrency.get())
            .collect()
            .await
    }

    async fn take_turn(&self, pace: &Mutex<RateLimiter>) {
        loop {
            let now = self.run.elapsed();
            let next = {
                let mut pace = pace.lock().unwrap_or_else(PoisonError::into_inner);
                let next = pace.next(now);
                if next <= now {
                    return pace.take(now, 1);
                }
                next
            };
            tokio::time::sleep_until(self.run.settings.started + next).await;
        }
    }

    /// What became of one deletion.
    fn settle(&mut self, index: usize, deleted: Result<(), Unanswered>) {
        let (status, cause) = match deleted {
            Ok(()) => (OrgStatus::Deleted, None),
            // Another process was faster.
            Err(Unanswered::Refused(refusal)) if refusal.status == 404 || refusal.error == "ENTITY_IS_DELETED" => {
                (OrgStatus::Gone, None)
            }
            Err(Unanswered::Refused(refusal)) => {
                let cause = self.not_deleted(refusal.description.clone(), Some(&refusal));
                if refusal.kind == RefusalKind::Session && self.renewals < RENEWALS_MAX {
                    self.orgs[index].cause = Some(cause);
                    return;
                }
                (OrgStatus::Failed, Some(cause))
            }
            Err(Unanswered::Unavailable(unavailable)) => (OrgStatus::Failed, Some(self.unanswered(&unavailable))),
            Err(Unanswered::Cut(Cut::Deadline, last)) => {
                let unavailable = last.unwrap_or_else(|| {
                    Unavailability::new(UnavailableKind::Other, "the Dev Hub did not answer within the time given")
                });
                (OrgStatus::TimedOut, Some(self.unanswered(&unavailable)))
            }
            Err(Unanswered::Cut(Cut::Signal, _)) => (OrgStatus::Interrupted, Some(self.run.interrupted().cause)),
        };
        self.finish(index, status, cause);
    }

    /// The hub says that the org is alive, and has no record of it that could be deleted.
    fn look_again(&mut self, index: usize) {
        let cause = self.not_deleted(
            "the Dev Hub says that the org is alive, but shows its user no ActiveScratchOrg record of it".to_owned(),
            None,
        );
        let (now, org) = (self.run.settings.clock.now(), &mut self.orgs[index]);
        org.looks += 1;
        if org.state.record.as_ref().is_some_and(|record| record.is_expired(now)) {
            self.finish(index, OrgStatus::Gone, None);
        } else if org.looks >= LOOKS_MAX || self.bounds.deadline.is_none() {
            self.finish(index, OrgStatus::Failed, Some(cause));
        } else {
            org.cause = Some(cause);
        }
    }

    /// The hub did not say which records could be deleted.
    fn not_found(&mut self, living: &[usize], cause: &Cause) {
        for index in living {
            if cause.retryable {
                self.orgs[*index].cause = Some(cause.clone());
            } else {
                let words = format!("ActiveScratchOrg: {}", cause.description.as_deref().unwrap_or_default());
                let cause = Cause { error: cause.error.clone(), ..self.not_deleted(words, None) };
                self.finish(*index, OrgStatus::Failed, Some(cause));
            }
        }
    }

    async fn ask_again(&mut self, hub: &mut HubSession<'a, T>) {
        let open = self.open();
        let names: Vec<&OrgName> = open.iter().map(|index| &self.orgs[*index].state.name).collect();
        match hub.records(&names).await {
            Ok(records) => {
                for (index, record) in open.into_iter().zip(records) {
                    if let Some(record) = record {
                        self.orgs[index].state.learn(record);
                    }
                }
            }
            Err(failure) if failure.stage == HubStage::Interrupted => {}
            Err(failure) => self.run.warn(format!("the Dev Hub could not be asked again: {failure}")),
        }
    }

    /// What is still open when the time is up or a signal came.
    fn cut_short(&mut self, cut: Cut) {
        for index in self.open() {
            let (status, cause) = match (cut, self.orgs[index].cause.take()) {
                (Cut::Signal, _) => (OrgStatus::Interrupted, self.run.interrupted().cause),
                (Cut::Deadline, Some(cause)) => (OrgStatus::TimedOut, cause),
                (Cut::Deadline, None) => {
                    let words = "the time was up before it was deleted";
                    (OrgStatus::TimedOut, Cause::never(CauseCode::NotTried, words, &self.hub_host, hint::NOT_TRIED))
                }
            };
            self.finish(index, status, Some(Cause { retryable: true, ..cause }));
        }
    }

    fn not_deleted(&self, words: String, refusal: Option<&ErrorResponse>) -> Cause {
        let error = refusal.map(|refusal| refusal.error.clone());
        Cause { error, ..Cause::never(CauseCode::NotDeleted, words, &self.hub_host, hint::NOT_DELETED) }
    }

    fn unanswered(&self, unavailable: &Unavailability) -> Cause {
        verdict::on_unavailable(unavailable, &verdict_context(self.run, &self.hub_host)).cause().clone()
    }
}
