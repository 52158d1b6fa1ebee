//! Drives a batch: at most so many logins at once, one timer, rounds of the hub, hand-over, outcomes in input order.

use std::collections::HashSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::engine::hub::HubSession;
use crate::engine::hub_failure::HubFailure;
use crate::engine::org_login::{LoginAttempted, OrgLogin};
use crate::engine::org_state::{OrgState, Rules, Settled, not_stored};
use crate::engine::org_step::{Step, StepFuture, finish_together, forget, keep, provision};
use crate::engine::patience::{sleep_until, wait_for};
use crate::engine::run::{Now, Run};
use crate::engine::scheduler::{Limits, Next, Scheduler};
use crate::model::cause::{Cause, CauseCode};
use crate::model::event::Event;
use crate::model::handover::{FinishedOrg, Handover, HandoverError, ReadyOrg};
use crate::model::org::OrgName;
use crate::model::report::{Hub, OrgOutcome, OrgStatus};
use crate::model::scratch_org::ScratchOrgInfo;
use crate::protocol::audience::Audiences;
use crate::protocol::transport::Transport;
use crate::protocol::verdict::{RecordVerdict, Verdict};

/// After a signal, writes in hand have this long to finish.
const LAST_WRITES: Duration = Duration::from_millis(1500);

/// A batch under way.
pub(crate) struct Batch<'a, T> {
    run: &'a Run<'a, T>,
    handovers: &'a [&'a dyn Handover],
    scheduler: Scheduler,
    orgs: Vec<OrgState>,
    audiences: Arc<Audiences>,
    steps: FuturesUnordered<StepFuture<'a>>,
    /// Orgs that are kept, and are finished together as soon as those before them are.
    kept: Vec<FinishedOrg>,
    finishing: bool,
    /// Places for requests of deployments: so many at once as logins, in a measure of their own.
    deployments: Arc<Semaphore>,
    /// Ends the network part of all steps.
    cut: CancellationToken,
    began: Duration,
    hub: Hub,
    hub_host: String,
    hub_failed: bool,
    /// What was remarked on the orgs' settings, each once.
    remarks: HashSet<&'a str>,
}

type HubAnswer = Result<Vec<Option<ScratchOrgInfo>>, HubFailure>;
type Round<'a, T> = Pin<Box<dyn Future<Output = (HubSession<'a, T>, Vec<usize>, HubAnswer)> + Send + 'a>>;

impl<'a, T: Transport> Batch<'a, T> {
    /// A batch of these orgs, none of them asked yet.
    pub(crate) fn new(
        run: &'a Run<'a, T>,
        handovers: &'a [&'a dyn Handover],
        hub: &HubSession<'a, T>,
        orgs: Vec<OrgState>,
    ) -> Self {
        let settings = run.settings;
        let limits = Limits {
            deadline: run.deadline.map(|deadline| deadline - settings.started),
            concurrency: settings.concurrency.get(),
            rate: settings.rate,
        };
        Self {
            scheduler: Scheduler::new(orgs.len(), &settings.retry, limits, fastrand::u64(..)),
            orgs,
            audiences: Arc::new(Audiences::of_scratch_orgs(settings.audience.as_deref())),
            steps: FuturesUnordered::new(),
            kept: Vec::new(),
            finishing: false,
            deployments: Arc::new(Semaphore::new(settings.concurrency.get())),
            cut: CancellationToken::new(),
            began: run.elapsed(),
            hub: hub.hub(),
            hub_host: hub.host().to_owned(),
            hub_failed: false,
            remarks: HashSet::new(),
            run,
            handovers,
        }
    }

    /// Asks until every org has an outcome.
    pub(crate) async fn run(mut self, hub: HubSession<'a, T>) -> Vec<OrgOutcome> {
        for index in 0..self.orgs.len() {
            self.admit(index);
        }
        let mut hub = Some(hub);
        let mut round: Option<Round<'a, T>> = None;
        loop {
            let wake = match self.scheduler.next(self.run.elapsed()) {
                Next::Send(index) => {
                    self.log_in(index);
                    continue;
                }
                step @ (Next::AskAboutCreating | Next::AskAboutAll) => {
                    let asked: Vec<usize> = match step {
                        Next::AskAboutCreating => self.scheduler.creating().collect(),
                        _ => self.scheduler.open().collect(),
                    };
                    if let Some(hub) = hub.take() {
                        round = Some(self.ask_hub(hub, asked));
                    }
                    continue;
                }
                Next::WaitUntil(at) => Some(self.run.settings.started + at),
                Next::TimeIsUp => {
                    self.end(OrgStatus::TimedOut).await;
                    break;
                }
                Next::Done if self.steps.is_empty() => break,
                Next::WaitForAnswers | Next::Done => None,
            };
            tokio::select! {
                biased;
                () = self.run.stop.cancelled() => {
                    self.end(OrgStatus::Interrupted).await;
                    break;
                }
                Some(step) = self.steps.next(), if !self.steps.is_empty() => self.take_in(step, OrgStatus::TimedOut),
                (session, asked, answer) = wait_for(&mut round) => {
                    round = None;
                    hub = Some(session);
                    self.work_in(&asked, answer);
                }
                () = sleep_until(wake) => {}
            }
        }
        self.orgs.into_iter().filter_map(|org| org.outcome.map(|outcome| *outcome)).collect()
    }

    /// Decides from the hub's record alone what is to be done about an org.
    fn admit(&mut self, index: usize) {
        let now = self.run.elapsed();
        let rules = rules(self.run, &self.hub_host);
        let org = &mut self.orgs[index];
        match org.admit(rules) {
            RecordVerdict::Ask => self.scheduler.ask(index, now),
            RecordVerdict::Never(cause) => {
                if let (Some(record), CauseCode::SignupFailed | CauseCode::Deleted) = (&org.record, cause.code) {
                    forget(self.run, self.handovers, record);
                }
                self.finish(index, OrgStatus::Failed, Some(cause));
            }
            RecordVerdict::Creating(cause) => match self.scheduler.await_creation(index, now) {
                Some(next_in) => {
                    let username = org.name.clone();
                    self.run.observe(&Event::OrgCreating { index, username, next_in });
                }
                None => self.finish(index, OrgStatus::TimedOut, Some(cause)),
            },
        }
    }

    /// One login to an org.
    fn log_in(&mut self, index: usize) {
        let org = &mut self.orgs[index];
        // An org is due only after its record was let pass, which has a username and a login URL then.
        let (Some(record), Some(login_url)) = (org.record.clone(), org.login_url.clone()) else { return };
        let Some(username) = record.username.clone() else { return };
        let login = OrgLogin {
            index,
            username,
            alias: org.alias.clone(),
            record,
            login_url,
            token: org.token.take(),
            audience: org.audience,
            attempts: org.attempts,
        };
        let login = login.run(self.run, Arc::clone(&self.audiences), self.cut.clone());
        self.steps.push(Box::pin(async { Step::LoggedIn(login.await) }));
    }

    /// Works in what came of a step; what was cut short ends with `cut_as`.
    fn take_in(&mut self, step: Step, cut_as: OrgStatus) {
        match step {
            Step::LoggedIn(attempted) => self.settle(attempted, cut_as),
            Step::Kept(org, Ok(())) => self.provision(org),
            Step::Provisioned(org, provisioned) => {
                for warning in self.orgs[org.index].settle_provisioning(provisioned) {
                    self.run.warn(warning);
                }
                self.await_finish(org);
            }
            Step::TokenRefused(index, begun, refusal) => {
                let now = self.run.now();
                let rules = rules(self.run, &self.hub_host);
                let verdict = self.orgs[index].settle_refused_token(begun, &refusal, now, rules);
                self.scheduler.reopen(index);
                if self.cut.is_cancelled() {
                    self.finish_unready(index, cut_as);
                } else {
                    self.go_on(index, Settled::Unready(verdict), now);
                }
            }
            Step::Kept(org, Err(error)) => self.finish_unstored(org.index, &error),
            Step::Finished(orgs, finished) => {
                self.finishing = false;
                finished.warnings.into_iter().for_each(|warning| self.run.warn(warning));
                for (index, alias) in finished.aliases {
                    self.orgs[index].alias.get_or_insert(alias);
                }
                for (index, error) in &finished.failures {
                    self.finish_unstored(*index, error);
                }
                for FinishedOrg { org, .. } in orgs {
                    let unprovisioned = self.orgs[org.index].unprovisioned.take();
                    let (status, cause) =
                        unprovisioned.map_or((OrgStatus::Ready, None), |(status, cause)| (status, Some(cause)));
                    self.finish(org.index, status, cause);
                }
            }
        }
        self.finish_kept();
    }

    fn await_finish(&mut self, org: Arc<ReadyOrg>) {
        self.kept.push(FinishedOrg { settings: self.orgs[org.index].settings, org });
    }

    fn finish_kept(&mut self) {
        if !self.finishing && !self.kept.is_empty() {
            self.finishing = true;
            self.kept.sort_by_key(|kept| kept.org.index);
            self.steps.push(finish_together(self.handovers, std::mem::take(&mut self.kept), self.hub.clone()));
        }
    }

    /// Deploys what is planned for an org that is kept.
    fn provision(&mut self, org: Arc<ReadyOrg>) {
        let (run, index) = (self.run, org.index);
        if let Some(remark) =
            run.settings.settings_plan.remark(&org.record).filter(|remark| self.remarks.insert(remark))
        {
            run.warn(remark.to_owned());
        }
        if let Some(provisioning) = self.orgs[index].plan(&run.settings.settings_plan) {
            run.observe(&Event::OrgProvisioning { index, username: self.orgs[index].name.clone() });
            self.steps.push(provision(run, Arc::clone(&self.deployments), org, provisioning));
        } else {
            self.await_finish(org);
        }
    }

    /// Does what the answer means: waits, hands over, or ends it.
    fn settle(&mut self, attempted: LoginAttempted, cut_as: OrgStatus) {
        let now = self.run.now();
        let rules = rules(self.run, &self.hub_host);
        let index = attempted.index;
        self.scheduler.sent(attempted.posts, now.elapsed);
        match self.orgs[index].settle(attempted, now, rules) {
            Some(settled) => self.go_on(index, settled, now),
            None => self.finish_unready(index, cut_as),
        }
    }

    fn go_on(&mut self, index: usize, settled: Settled, now: Now) {
        match settled {
            Settled::Ready(org) => {
                self.scheduler.finish(index);
                self.run.observe(&Event::OrgStoring { index, username: self.orgs[index].name.clone() });
                self.steps.push(keep(self.handovers, org));
            }
            Settled::Unready(Verdict::Never(cause)) => self.finish(index, OrgStatus::Failed, Some(cause)),
            Settled::Unready(Verdict::Again { cause, not_before, throttled }) => {
                if throttled {
                    self.scheduler.slow_down(now.elapsed);
                }
                let waited = self.orgs[index].waited(now.elapsed);
                match self.scheduler.retry(index, now.elapsed, waited, not_before) {
                    Some(next_in) => {
                        let username = self.orgs[index].name.clone();
                        self.run.observe(&Event::OrgWaiting { index, username, cause, next_in });
                    }
                    None => self.finish(index, OrgStatus::TimedOut, Some(cause)),
                }
            }
        }
    }

    /// One more query to the hub, about these orgs.
    fn ask_hub(&self, mut hub: HubSession<'a, T>, asked: Vec<usize>) -> Round<'a, T> {
        let names: Vec<OrgName> = asked.iter().map(|index| self.orgs[*index].name.clone()).collect();
        self.run.observe(&Event::HubQuery { asked: names.len() });
        Box::pin(async move {
            hub.ask_once();
            let answer = hub.records(&names.iter().collect::<Vec<_>>()).await;
            (hub, asked, answer)
        })
    }

    /// Works in what the hub told later: the last record counts, and a failure changes nothing.
    fn work_in(&mut self, asked: &[usize], answer: HubAnswer) {
        self.scheduler.hub_answered(self.run.elapsed());
        match answer {
            Ok(records) => {
                let known = records.iter().flatten().count();
                self.run.observe(&Event::HubAnswered { asked: asked.len(), known });
                for (&index, record) in asked.iter().zip(records) {
                    if let Some(record) = record.filter(|_| !self.scheduler.is_finished(index)) {
                        self.orgs[index].learn(record);
                    }
                }
            }
            Err(failure) => {
                if !self.hub_failed {
                    self.run.warn(format!("the Dev Hub could not be asked again ({failure}); its last answer counts"));
                }
                self.hub_failed = true;
                self.run.observe(&Event::HubFailed { cause: failure.cause });
            }
        }
        for &index in asked {
            if self.scheduler.is_creating(index) {
                self.admit(index);
            } else if self.scheduler.is_due(index)
                && let Some(cause) = self.orgs[index].ruled_out(rules(self.run, &self.hub_host))
            {
                self.finish(index, OrgStatus::Failed, Some(cause));
            }
        }
        self.finish_kept();
    }

    /// Ends all waiting: logins are cut, but what is being written is finished, after a signal within [`LAST_WRITES`].
    async fn end(&mut self, mut status: OrgStatus) {
        self.cut.cancel();
        for index in self.scheduler.open().collect::<Vec<_>>() {
            if !self.scheduler.is_in_flight(index) {
                self.finish_unready(index, status);
            }
        }
        self.finish_kept();
        let mut limit = None;
        while !self.steps.is_empty() {
            tokio::select! {
                biased;
                Some(step) = self.steps.next() => self.take_in(step, status),
                () = self.run.stop.cancelled(), if limit.is_none() => {
                    status = OrgStatus::Interrupted;
                    limit = Some(Instant::now() + LAST_WRITES);
                }
                () = sleep_until(limit) => break,
            }
        }
        for index in 0..self.orgs.len() {
            if self.orgs[index].outcome.is_none() {
                self.finish_unready(index, status);
            }
        }
    }

    /// The wait for an org is ended from outside.
    fn finish_unready(&mut self, index: usize, status: OrgStatus) {
        let cause = self.orgs[index].unfinished(self.run.now(), rules(self.run, &self.hub_host));
        self.finish(index, status, Some(cause));
    }

    fn finish_unstored(&mut self, index: usize, error: &HandoverError) {
        let (status, cause) = not_stored(error, self.run.stop.is_cancelled());
        self.finish(index, status, Some(cause));
    }

    /// The org's outcome is known; the first one counts.
    fn finish(&mut self, index: usize, status: OrgStatus, cause: Option<Cause>) {
        if self.orgs[index].outcome.is_some() {
            return;
        }
        self.scheduler.finish(index);
        if let Some(org) = self.orgs[index].give_up_provisioning(status, cause.as_ref()) {
            return self.await_finish(org);
        }
        let outcome = self.orgs[index].finish(status, cause, self.run.now(), self.began);
        self.run.observe(&Event::OrgFinished { index, outcome });
    }
}

fn rules<'r, T>(run: &'r Run<'_, T>, hub_host: &'r str) -> Rules<'r> {
    Rules { client_id: &run.settings.client_id, trusted: &run.settings.trusted, hub_host }
}
