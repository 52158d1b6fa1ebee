//! The deletion of a batch of scratch orgs: what the hub's records say, which orgs live, and what became of each.

use std::collections::HashMap;
use std::pin::Pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::Instant;

use crate::engine::hub::{HubSession, verdict_context};
use crate::engine::hub_failure::{HubFailure, HubStage};
use crate::engine::org_api::Unanswered;
use crate::engine::org_deletion::Turns;
use crate::engine::org_state::OrgState;
use crate::engine::patience::{Bounds, Cut, Patience, sleep_until, wait_for};
use crate::engine::run::Run;
use crate::model::cause::{Cause, CauseCode};
use crate::model::event::Event;
use crate::model::org::{OrgName, Username};
use crate::model::report::{OrgOutcome, OrgStatus};
use crate::model::scratch_org::{ScratchOrgInfo, Status};
use crate::protocol::active_scratch_org::ActiveScratchOrg;
use crate::protocol::error_response::{ErrorResponse, RefusalKind};
use crate::protocol::hint;
use crate::protocol::transport::{Transport, Unavailability, UnavailableKind};
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
    /// Whether the hub once said that there was nothing to delete.
    not_found: bool,
    /// Whether it is being deleted.
    in_flight: bool,
    /// Why it waits.
    cause: Option<Cause>,
}

impl Org {
    fn is_open(&self) -> bool {
        self.state.outcome.is_none()
    }

    /// The user whose living org it is, as far as the hub knows.
    fn living(&self) -> Option<&Username> {
        let record = self.state.record.as_ref().filter(|_| self.is_open() && !self.in_flight)?;
        record.username.as_ref().filter(|_| !matches!(record.status, Some(Status::New | Status::Creating)))
    }
}

/// The deletion of a batch: deletions run by themselves, while the hub is asked about the orgs for which none does.
pub(crate) struct Deletion<'a, T> {
    run: &'a Run<'a, T>,
    bounds: Bounds<'a>,
    hub_host: String,
    orgs: Vec<Org>,
    deletions: FuturesUnordered<DeletionFuture<'a>>,
    turns: Turns,
    /// Whether the hub's session turned out to be not valid any more.
    lost: bool,
    renewals: u32,
    began: Duration,
}

type DeletionFuture<'a> = Pin<Box<dyn Future<Output = (usize, Result<(), Unanswered>)> + Send + 'a>>;

/// What the hub was asked, about these orgs.
enum Answered {
    Records(Result<Vec<Option<ScratchOrgInfo>>, HubFailure>),
    Living(Result<Vec<ActiveScratchOrg>, HubFailure>),
}

type Look<'a, T> = Pin<Box<dyn Future<Output = (HubSession<'a, T>, Vec<usize>, Answered)> + Send + 'a>>;

impl<'a, T: Transport> Deletion<'a, T> {
    pub(crate) fn new(run: &'a Run<'a, T>, hub_host: &str, orgs: Vec<OrgState>) -> Self {
        Self {
            bounds: run.bounds(),
            hub_host: hub_host.to_owned(),
            orgs: orgs
                .into_iter()
                .map(|state| Org { state, looks: 0, not_found: false, in_flight: false, cause: None })
                .collect(),
            deletions: FuturesUnordered::new(),
            turns: Turns::new(run.settings),
            lost: false,
            renewals: 0,
            began: run.elapsed(),
            run,
        }
    }

    /// Deletes until every org has its outcome, in the order of the orgs.
    pub(crate) async fn run(mut self, hub: HubSession<'a, T>) -> Vec<OrgOutcome> {
        self.judge();
        let mut patience = Patience::new(&self.bounds);
        let mut look = Some(self.look_for_living(hub));
        let mut idle: Option<HubSession<'a, T>> = None;
        let mut next_look = None;
        while self.orgs.iter().any(Org::is_open) {
            // Without time to wait nothing is asked again.
            if look.is_none() && next_look.is_none() && self.deletions.is_empty() {
                self.cut_short(Cut::Deadline);
                break;
            }
            tokio::select! {
                biased;
                () = self.run.stop.cancelled() => {
                    self.cut_short(Cut::Signal);
                    break;
                }
                Some((index, deleted)) = self.deletions.next(), if !self.deletions.is_empty() => {
                    self.settle(index, deleted);
                }
                (hub, asked, answered) = wait_for(&mut look) => {
                    look = None;
                    match answered {
                        Answered::Records(records) => {
                            self.learn(&asked, records);
                            look = Some(self.look_for_living(hub));
                        }
                        Answered::Living(found) => {
                            self.delete_found(&hub, &asked, found);
                            let delay = patience.next(None);
                            self.tell_creating(delay);
                            next_look = delay.map(|delay| Instant::now() + delay);
                            idle = Some(hub);
                        }
                    }
                }
                () = sleep_until(next_look) => {
                    next_look = None;
                    look = idle.take().map(|hub| self.look_for_records(hub));
                }
                () = sleep_until(self.bounds.deadline) => {
                    self.cut_short(Cut::Deadline);
                    break;
                }
            }
        }
        self.orgs.into_iter().filter_map(|org| org.state.outcome.map(|outcome| *outcome)).collect()
    }

    /// What the hub's records say by themselves.
    fn judge(&mut self) {
        for index in self.open() {
            if let Some(cause) = self.orgs[index].state.failed_creation() {
                self.finish(index, OrgStatus::Failed, Some(cause));
                continue;
            }
            let Some(record) = &self.orgs[index].state.record else {
                let cause = OrgState::unknown(&self.hub_host);
                self.finish(index, OrgStatus::Failed, Some(cause));
                continue;
            };
            match (record.status, verdict::on_record(record, &self.hub_host)) {
                (Some(Status::Deleted | Status::Error), _) => self.finish(index, OrgStatus::Gone, None),
                (_, RecordVerdict::Creating(cause)) => self.orgs[index].cause = Some(cause),
                // It is made.
                _ => {
                    self.orgs[index].cause.take_if(|cause| cause.code == CauseCode::Creating);
                }
            }
        }
    }

    /// Tells which orgs the hub still makes, and when it is asked again.
    fn tell_creating(&self, next_in: Option<Duration>) {
        let Some(next_in) = next_in else { return };
        for index in self.open() {
            let org = &self.orgs[index];
            if org.cause.as_ref().is_some_and(|cause| cause.code == CauseCode::Creating) {
                let username = org.state.name.clone();
                self.run.observe(&Event::OrgCreating { index, username, next_in });
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

    /// Tells what was asked of the hub; where it was about no org, nothing was.
    fn tell(&self, asked: &[usize], event: &Event) {
        if !asked.is_empty() {
            self.run.observe(event);
        }
    }

    /// Asks the hub for the records of the orgs that nothing is done about yet.
    fn look_for_records(&mut self, mut hub: HubSession<'a, T>) -> Look<'a, T> {
        let asked: Vec<usize> = self.open().into_iter().filter(|index| !self.orgs[*index].in_flight).collect();
        let names: Vec<OrgName> = asked.iter().map(|index| self.orgs[*index].state.name.clone()).collect();
        let lost = std::mem::take(&mut self.lost);
        self.tell(&asked, &Event::HubQuery { asked: asked.len() });
        Box::pin(async move {
            hub.ask_patiently();
            let records = async {
                if lost {
                    hub.renew().await?;
                }
                hub.records(&names.iter().collect::<Vec<_>>()).await
            };
            let records = records.await;
            (hub, asked, Answered::Records(records))
        })
    }

    /// Asks the hub which of them live.
    fn look_for_living(&self, mut hub: HubSession<'a, T>) -> Look<'a, T> {
        let living = |index: &usize| Some((*index, self.orgs[*index].living()?.clone()));
        let (asked, usernames): (Vec<usize>, Vec<Username>) = self.open().iter().filter_map(living).unzip();
        self.tell(&asked, &Event::HubQuery { asked: asked.len() });
        Box::pin(async move {
            hub.ask_patiently();
            let found = hub.active(&usernames).await;
            (hub, asked, Answered::Living(found))
        })
    }

    /// Works in what the hub's records say.
    fn learn(&mut self, asked: &[usize], records: Result<Vec<Option<ScratchOrgInfo>>, HubFailure>) {
        match records {
            Ok(records) => {
                let known = records.iter().flatten().count();
                self.tell(asked, &Event::HubAnswered { asked: asked.len(), known });
                for (index, record) in asked.iter().zip(records) {
                    if let Some(record) = record {
                        self.orgs[*index].state.learn(record);
                    }
                }
                self.judge();
            }
            // The loop hears the signal too.
            Err(failure) if failure.stage == HubStage::Interrupted => {}
            Err(failure) => self.run.warn(format!("the Dev Hub could not be asked again: {failure}")),
        }
    }

    /// Deletes what lives.
    fn delete_found(
        &mut self,
        hub: &HubSession<'a, T>,
        asked: &[usize],
        found: Result<Vec<ActiveScratchOrg>, HubFailure>,
    ) {
        let found = match found {
            Ok(found) => found,
            Err(failure) if failure.stage == HubStage::Interrupted => return,
            Err(failure) => return self.not_found(asked, &failure.cause),
        };
        self.tell(asked, &Event::HubAnswered { asked: asked.len(), known: found.len() });
        let mut records: HashMap<String, Vec<ActiveScratchOrg>> = HashMap::new();
        for record in found {
            records.entry(record.username.folded()).or_default().push(record);
        }
        for &index in asked {
            let username = self.orgs[index].living().map(Username::folded);
            match username.and_then(|username| records.remove(&username)) {
                Some(records) => self.delete(hub, index, &records),
                None => self.look_again(index),
            }
        }
    }

    /// Deletes an org, at its turn.
    fn delete(&mut self, hub: &HubSession<'a, T>, index: usize, records: &[ActiveScratchOrg]) {
        let org = &mut self.orgs[index];
        org.in_flight = true;
        self.run.observe(&Event::OrgDeleting { index, username: org.state.name.clone() });
        let version = &self.run.settings.api_version;
        let requests = records.iter().map(|record| record.delete_request(version)).collect();
        let deletion = self.turns.delete(self.run, hub.api(), requests);
        self.deletions.push(Box::pin(async move { (index, deletion.await) }));
    }

    /// What became of one deletion.
    fn settle(&mut self, index: usize, deleted: Result<(), Unanswered>) {
        self.orgs[index].in_flight = false;
        let (status, cause) = match deleted {
            Ok(()) => (OrgStatus::Deleted, None),
            // Another process was faster.
            Err(Unanswered::Refused(refusal)) if refusal.error == "ENTITY_IS_DELETED" => (OrgStatus::Gone, None),
            // So it seems; the hub is asked.
            Err(Unanswered::Refused(refusal)) if refusal.status == 404 => match self.bounds.deadline {
                Some(_) => {
                    self.orgs[index].not_found = true;
                    self.orgs[index].looks += 1;
                    let cause = self.not_deleted(refusal.description.clone(), Some(&refusal));
                    if self.orgs[index].looks < LOOKS_MAX {
                        self.orgs[index].cause = Some(cause);
                        return;
                    }
                    (OrgStatus::Failed, Some(cause))
                }
                None => (OrgStatus::Gone, None),
            },
            Err(Unanswered::Refused(refusal)) => {
                let cause = self.not_deleted(refusal.description.clone(), Some(&refusal));
                if refusal.kind == RefusalKind::Session && self.renewals < RENEWALS_MAX {
                    self.renewals += u32::from(!std::mem::replace(&mut self.lost, true));
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
            Err(Unanswered::Cut(Cut::Signal, _)) => {
                self.orgs[index].in_flight = true;
                return self.cut_short(Cut::Signal);
            }
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
        if org.not_found || org.state.record.as_ref().is_some_and(|record| record.is_expired(now)) {
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

    /// What is still open when the time is up or a signal came.
    fn cut_short(&mut self, cut: Cut) {
        for index in self.open() {
            let status = if cut == Cut::Signal { OrgStatus::Interrupted } else { OrgStatus::TimedOut };
            let org = &mut self.orgs[index];
            let cause = if org.in_flight {
                let words = "the run ended before the Dev Hub answered its deletion";
                self.unanswered(&Unavailability::new(UnavailableKind::Other, words))
            } else {
                org.cause.take().unwrap_or_else(|| {
                    let words = "the run ended before it was deleted";
                    Cause::never(CauseCode::NotTried, words, &self.hub_host, hint::NOT_TRIED)
                })
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
