//! Drives the agenda of a batch: at most so many attempts at once, one timer, rounds of the hub, outcomes in input order.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::engine::hub::HubSession;
use crate::engine::hub_retry::sleep_until;
use crate::engine::org_login::{End, LoginAttempted, OrgLogin};
use crate::engine::org_state::{Member, Request};
use crate::engine::run::{HubFailure, Run};
use crate::engine::scheduler::{Limits, Next, Scheduler};
use crate::model::cause::{Cause, CauseCode};
use crate::model::event::Event;
use crate::model::handover::Handover;
use crate::model::org::OrgName;
use crate::model::report::{OrgOutcome, OrgStatus};
use crate::model::scratch_org::ScratchOrgInfo;
use crate::protocol::audience::Audiences;
use crate::protocol::hint;
use crate::protocol::response::{Unavailability, UnavailableKind};
use crate::protocol::transport::Transport;
use crate::protocol::verdict::{self, RecordVerdict, RefusalKind, Verdict};
use crate::protocol::verdict_context::VerdictContext;

/// After a signal, writes in hand have this long to finish.
const LAST_WRITES: Duration = Duration::from_millis(1500);

/// A batch under way.
pub(crate) struct Batch<'a, T> {
    run: &'a Run<'a, T>,
    handover: &'a dyn Handover,
    agenda: Scheduler,
    orgs: Vec<Member>,
    audiences: Arc<Audiences>,
    /// Ends the network part of all visits.
    cut: CancellationToken,
    began: Duration,
    hub_host: String,
    hub_failed: bool,
}

type Flight<'f> = Pin<Box<dyn Future<Output = LoginAttempted> + Send + 'f>>;
type HubAnswer = Result<Vec<Option<ScratchOrgInfo>>, HubFailure>;
type Round<'a, T> = Pin<Box<dyn Future<Output = (HubSession<'a, T>, Vec<usize>, HubAnswer)> + Send + 'a>>;

impl<'a, T: Transport> Batch<'a, T> {
    /// A batch of these orgs, none of them asked yet.
    pub(crate) fn new(
        run: &'a Run<'a, T>,
        handover: &'a dyn Handover,
        hub_host: String,
        requests: Vec<Request>,
    ) -> Self {
        let settings = run.settings;
        let limits = Limits {
            deadline: run.deadline.map(|deadline| deadline - settings.started),
            concurrency: settings.concurrency.get(),
            rate: settings.rate,
        };
        let orgs: Vec<Member> = requests.into_iter().map(Member::new).collect();
        Self {
            agenda: Scheduler::new(orgs.len(), &settings.retry, limits, fastrand::u64(..)),
            orgs,
            audiences: Arc::new(Audiences::of_scratch_orgs(settings.audience.as_deref())),
            cut: CancellationToken::new(),
            began: run.elapsed(),
            hub_host,
            hub_failed: false,
            run,
            handover,
        }
    }

    /// Asks until every org has an outcome.
    pub(crate) async fn run(mut self, hub: HubSession<'a, T>) -> Vec<OrgOutcome> {
        for index in 0..self.orgs.len() {
            self.admit(index);
        }
        let mut hub = Some(hub);
        let mut round: Option<Round<'a, T>> = None;
        let mut flights: FuturesUnordered<Flight<'a>> = FuturesUnordered::new();
        loop {
            let wake = match self.agenda.next(self.run.elapsed()) {
                Next::Send(index) => {
                    flights.push(self.visit(index));
                    continue;
                }
                step @ (Next::AskAboutCreating | Next::AskAboutAll) => {
                    let asked: Vec<usize> = match step {
                        Next::AskAboutCreating => self.agenda.creating().collect(),
                        _ => self.agenda.open().collect(),
                    };
                    if let Some(hub) = hub.take() {
                        round = Some(self.ask_hub(hub, asked));
                    }
                    continue;
                }
                Next::WaitUntil(at) => Some(self.run.settings.started + at),
                Next::WaitForAnswers => None,
                Next::TimeIsUp => {
                    self.end(flights, OrgStatus::TimedOut).await;
                    break;
                }
                Next::Done => break,
            };
            tokio::select! {
                biased;
                () = self.run.stop.cancelled() => {
                    self.end(flights, OrgStatus::Interrupted).await;
                    break;
                }
                Some(visited) = flights.next(), if !flights.is_empty() => self.take_in(visited, OrgStatus::TimedOut),
                (session, asked, answer) = wait_for(&mut round) => {
                    round = None;
                    hub = Some(session);
                    self.work_in(&asked, answer);
                }
                () = sleep_until(wake) => {}
            }
        }
        self.orgs.into_iter().filter_map(|org| org.outcome).collect()
    }

    /// Decides from the hub's record alone what is to be done about an org.
    fn admit(&mut self, index: usize) {
        let now = self.run.elapsed();
        let org = &mut self.orgs[index];
        let Some(record) = &org.record else {
            let description = "the Dev Hub has no ScratchOrgInfo record of this username".to_owned();
            let cause = Cause::never(CauseCode::UnknownUsername, description, &self.hub_host, hint::UNKNOWN_USERNAME);
            return self.finish(index, OrgStatus::Failed, Some(cause));
        };
        match verdict::on_record(record, &self.hub_host) {
            RecordVerdict::Never(cause) => self.finish(index, OrgStatus::Failed, Some(cause)),
            RecordVerdict::Creating(cause) => {
                org.cause = Some(cause.clone());
                match self.agenda.await_creation(index, now) {
                    Some(next_in) => {
                        let username = self.orgs[index].name.clone();
                        self.run.observe(&Event::OrgCreating { index, username, next_in });
                    }
                    None => self.finish(index, OrgStatus::TimedOut, Some(cause)),
                }
            }
            RecordVerdict::Ask => {
                match self.run.settings.trusted.login_url(record.login_url.as_deref().unwrap_or_default()) {
                    Ok(login_url) => {
                        org.login_url = Some(login_url);
                        // It is no longer being created.
                        org.cause = None;
                        self.agenda.ask(index, now);
                    }
                    Err(error) => {
                        let description = format!("LoginUrl of the ScratchOrgInfo record: {error}");
                        let code = CauseCode::UntrustedHost;
                        let host = error.host().unwrap_or(&self.hub_host);
                        let cause = Cause::never(code, description, host, &error.hint());
                        self.finish(index, OrgStatus::Failed, Some(cause));
                    }
                }
            }
        }
    }

    /// One visit to an org, as a future that owns what it needs.
    fn visit(&mut self, index: usize) -> Flight<'a> {
        let org = &mut self.orgs[index];
        let (Some(record), Some(login_url)) = (org.record.clone(), org.login_url.clone()) else {
            let end = End::Cut;
            return Box::pin(std::future::ready(LoginAttempted {
                index,
                posts: 0,
                first_post: None,
                audience: None,
                end,
            }));
        };
        let visit = OrgLogin {
            index,
            username: record.username.clone(),
            alias: org.alias.clone(),
            record,
            login_url,
            held: org.held.take(),
            audience: org.audience,
            attempts: org.attempts,
        };
        Box::pin(visit.run(self.run, self.handover, Arc::clone(&self.audiences), self.cut.clone()))
    }

    /// Works in what came of a visit.
    fn take_in(&mut self, visited: LoginAttempted, cut_as: OrgStatus) {
        let now = self.run.elapsed();
        let LoginAttempted { index, posts, first_post, audience, end } = visited;
        let org = &mut self.orgs[index];
        org.attempts += posts;
        org.first_post = org.first_post.or(first_post);
        org.audience = audience.or(org.audience);
        self.agenda.sent(posts, now);
        match end {
            End::Ready(ready) => {
                self.orgs[index].keep(*ready);
                self.finish(index, OrgStatus::Ready, None);
            }
            End::NotKept(ready, message) => {
                self.orgs[index].keep(*ready);
                // A signal makes the writer hurry: what it gave up is mended by running again.
                let cut_short = self.run.stop.is_cancelled();
                let (status, hint) = if cut_short {
                    (OrgStatus::Interrupted, hint::STORE_CUT_SHORT)
                } else {
                    (OrgStatus::Failed, hint::NOT_STORED)
                };
                let cause = Cause::never(CauseCode::NotStored, message, "", hint);
                self.finish(index, status, Some(Cause { retryable: cut_short, ..cause }));
            }
            End::Refused(refusal) => {
                self.orgs[index].unanswered += u32::from(verdict::meaning(&refusal) == RefusalKind::TryAgain);
                let verdict = verdict::on_refusal(&refusal, &self.situation(index, None));
                self.decide(index, verdict);
            }
            End::Silent(silence) => {
                // A 429 is an answer, and what this machine could not send says nothing about the org.
                let left_alone = !matches!(silence.kind, UnavailableKind::Throttled | UnavailableKind::Local);
                self.orgs[index].unanswered += u32::from(left_alone);
                self.slow_down_if_told(&silence, now);
                let verdict = verdict::on_unavailable(&silence, &self.situation(index, None));
                self.decide(index, verdict);
            }
            End::CheckRefused(instance_url, refusal) => {
                self.orgs[index].refused_tokens += 1;
                let verdict = verdict::on_check_refused(&refusal, &self.situation(index, Some(instance_url.host())));
                self.decide(index, verdict);
            }
            End::CheckSilent(held, silence) => {
                self.slow_down_if_told(&silence, now);
                let verdict = verdict::on_unavailable(&silence, &self.situation(index, Some(held.host())));
                self.orgs[index].held = Some(held);
                self.decide(index, verdict);
            }
            End::Untrusted(error) => {
                let description = format!("instance_url of the token answer: {error}");
                let host = error.host().or(self.orgs[index].host()).unwrap_or_default();
                let cause = Cause::never(CauseCode::UntrustedHost, description, host, &error.hint());
                self.finish(index, OrgStatus::Failed, Some(cause));
            }
            End::Mismatch { answered, expected } => {
                let description = format!("org {answered} answered, and the Dev Hub named {expected}");
                let host = self.orgs[index].host().unwrap_or_default();
                let cause = Cause::never(CauseCode::OrgMismatch, description, host, hint::ORG_MISMATCH);
                self.finish(index, OrgStatus::Failed, Some(cause));
            }
            End::Cut => {
                let cause = self.orgs[index].unfinished(self.run.settings);
                self.finish(index, cut_as, Some(cause));
            }
        }
    }

    fn slow_down_if_told(&mut self, silence: &Unavailability, now: Duration) {
        if silence.kind == UnavailableKind::Throttled {
            self.agenda.slow_down(now);
        }
    }

    /// Does what the verdict says: waits, or ends it.
    fn decide(&mut self, index: usize, verdict: Verdict) {
        let now = self.run.elapsed();
        let (cause, not_before) = match verdict {
            Verdict::Never(cause) => return self.finish(index, OrgStatus::Failed, Some(cause)),
            Verdict::Again { cause, not_before } => (cause, not_before),
        };
        // The hub may have learnt meanwhile that the org is gone.
        if let Some(RecordVerdict::Never(cause)) = self.record_verdict(index) {
            return self.finish(index, OrgStatus::Failed, Some(cause));
        }
        let org = &mut self.orgs[index];
        if verdict::starts_grace(cause.code) {
            org.doubted_since.get_or_insert(now);
        }
        let waited = now.saturating_sub(org.first_post.unwrap_or(now));
        match self.agenda.retry(index, now, waited, not_before) {
            Some(next_in) => {
                let username = org.name.clone();
                org.cause = Some(cause.clone());
                self.run.observe(&Event::OrgWaiting { index, username, cause, next_in });
            }
            None => self.finish(index, OrgStatus::TimedOut, Some(cause)),
        }
    }

    /// One more query to the hub, about these orgs.
    fn ask_hub(&self, mut hub: HubSession<'a, T>, asked: Vec<usize>) -> Round<'a, T> {
        let names: Vec<OrgName> = asked.iter().map(|index| self.orgs[*index].name.clone()).collect();
        Box::pin(async move {
            let answer = hub.records(&names.iter().collect::<Vec<_>>()).await;
            (hub, asked, answer)
        })
    }

    /// Works in what the hub told later: the last record counts, and a failure changes nothing.
    fn work_in(&mut self, asked: &[usize], answer: HubAnswer) {
        let now = self.run.elapsed();
        self.agenda.hub_answered(now);
        match answer {
            Ok(records) => {
                let known = records.iter().flatten().count();
                self.run.observe(&Event::HubAnswered { asked: asked.len(), known });
                for (&index, record) in asked.iter().zip(records) {
                    if record.is_some() && !self.agenda.is_finished(index) {
                        self.orgs[index].record = record;
                    }
                }
            }
            Err(failure) => {
                if !self.hub_failed {
                    self.run.warn(format!("the Dev Hub could not be asked again ({failure}); its last answer counts"));
                }
                self.hub_failed = true;
            }
        }
        for &index in asked {
            if self.agenda.is_creating(index) {
                self.admit(index);
            } else if !self.agenda.is_finished(index)
                && !self.agenda.is_in_flight(index)
                && let Some(RecordVerdict::Never(cause)) = self.record_verdict(index)
            {
                self.finish(index, OrgStatus::Failed, Some(cause));
            }
        }
    }

    fn record_verdict(&self, index: usize) -> Option<RecordVerdict> {
        self.orgs[index].record.as_ref().map(|record| verdict::on_record(record, &self.hub_host))
    }

    /// Ends all waiting: visits are cut, but what they are writing is finished, after a signal within [`LAST_WRITES`].
    async fn end(&mut self, mut flights: FuturesUnordered<Flight<'a>>, mut status: OrgStatus) {
        self.cut.cancel();
        let mut limit = None;
        loop {
            tokio::select! {
                biased;
                visited = flights.next() => match visited {
                    Some(visited) => {
                        self.take_in(visited, status);
                    }
                    None => break,
                },
                () = self.run.stop.cancelled(), if limit.is_none() => {
                    status = OrgStatus::Interrupted;
                    limit = Some(Instant::now() + LAST_WRITES);
                }
                () = sleep_until(limit) => break,
            }
        }
        let open: Vec<usize> = self.agenda.open().collect();
        for index in open {
            let cause = self.orgs[index].unfinished(self.run.settings);
            self.finish(index, status, Some(cause));
        }
    }

    fn situation<'s>(&'s self, index: usize, checked_at: Option<&'s str>) -> VerdictContext<'s> {
        self.orgs[index].situation(self.run.settings, checked_at)
    }

    /// The org's outcome is known.
    fn finish(&mut self, index: usize, status: OrgStatus, cause: Option<Cause>) {
        self.agenda.finish(index);
        let org = &mut self.orgs[index];
        let waited = self.run.elapsed().saturating_sub(org.first_post.unwrap_or(self.began));
        let outcome = org.end(status, cause, waited);
        self.run.observe(&Event::OrgFinished { index, outcome });
    }
}

async fn wait_for<F: Future + Unpin>(round: &mut Option<F>) -> F::Output {
    match round {
        Some(round) => round.await,
        None => std::future::pending().await,
    }
}
