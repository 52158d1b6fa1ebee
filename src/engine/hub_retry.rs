//! How long the Dev Hub is waited for: the scheduler, of one, with one deadline for its whole answer.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

use crate::engine::run::{HubFailure, HubStage, Run};
use crate::engine::scheduler::{Limits, Next, Scheduler};
use crate::model::cause::{Cause, CauseCode};
use crate::model::event::Event;
use crate::protocol::hint;
use crate::protocol::verdict::Verdict;
use crate::protocol::verdict_context::VerdictContext;

/// The hub's whole answer has this long, or the whole wait if that is shorter.
const HUB_WAIT: Duration = Duration::from_secs(60);

/// The wait for one whole answer of the hub, however many requests it takes.
pub(crate) struct HubRetry<'a, T> {
    run: &'a Run<'a, T>,
    scheduler: Scheduler,
    deadline: Instant,
    began: Instant,
    /// Why the hub was asked again last.
    last: Option<Cause>,
}

impl<'a, T> HubRetry<'a, T> {
    /// From now on: the first answer is waited for.
    pub(crate) fn new(run: &'a Run<'a, T>) -> Self {
        Self::until(run, run.deadline.map(|deadline| deadline.min(Instant::now() + HUB_WAIT)))
    }

    /// For a later round: each request is sent once, as the next round asks again.
    pub(crate) fn of_a_round(run: &'a Run<'a, T>) -> Self {
        Self::until(run, None)
    }

    /// Without `retries_until` nothing is asked twice; the whole answer is bounded all the same.
    fn until(run: &'a Run<'a, T>, retries_until: Option<Instant>) -> Self {
        let settings = run.settings;
        let began = Instant::now();
        let since_start = |at: Instant| at.saturating_duration_since(settings.started);
        let limits = Limits { deadline: retries_until.map(since_start), concurrency: 1, rate: 0 };
        let scheduler = Scheduler::new(1, &settings.retry, limits, fastrand::u64(..));
        Self { run, scheduler, deadline: retries_until.unwrap_or(began + HUB_WAIT), began, last: None }
    }

    /// The request, unless the deadline or a signal comes first. None: the deadline.
    pub(crate) async fn bounded<O>(&self, request: impl Future<Output = O>) -> Result<Option<O>, HubFailure> {
        tokio::select! {
            biased;
            () = self.run.stop.cancelled() => Err(self.run.interrupted()),
            output = request => Ok(Some(output)),
            () = tokio::time::sleep_until(self.deadline) => Ok(None),
        }
    }

    /// What the deadline means for a request that was under way: the last thing that the hub did say counts.
    pub(crate) fn cut(&self, at: &VerdictContext<'_>) -> Verdict {
        let cause = self.last.clone().unwrap_or_else(|| {
            let waited = self.deadline.saturating_duration_since(self.began).as_secs_f64().round();
            let description = format!("no whole answer from the Dev Hub within {waited} s");
            let hint = hint::of(CauseCode::Unreachable, at);
            Cause { retryable: true, ..Cause::never(CauseCode::Unreachable, description, at.host, &hint) }
        });
        Verdict::Never(cause)
    }

    /// Waits for the next attempt, or says why there is none.
    pub(crate) async fn wait(&mut self, verdict: Verdict, stage: HubStage) -> Result<(), HubFailure> {
        let (cause, not_before) = match verdict {
            Verdict::Never(cause) => return Err(HubFailure { stage, cause }),
            Verdict::Again { cause, not_before } => (cause, not_before),
        };
        let waited = self.began.elapsed();
        let Some(next_in) = self.scheduler.retry(0, self.run.elapsed(), waited, not_before) else {
            return Err(HubFailure { stage, cause });
        };
        self.last = Some(cause.clone());
        self.run.observe(&Event::HubWaiting { cause, next_in });
        while let Next::WaitUntil(at) = self.scheduler.next(self.run.elapsed()) {
            self.bounded(tokio::time::sleep_until(self.run.settings.started + at)).await?;
        }
        Ok(())
    }
}
