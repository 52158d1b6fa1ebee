//! How long the Dev Hub is waited for: one deadline, one schedule, and a signal that ends it.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

use crate::engine::retry::Schedule;
use crate::engine::run::{HubFailure, HubStage, Run};
use crate::model::cause::{Cause, CauseCode};
use crate::model::event::Event;
use crate::protocol::hint;
use crate::protocol::verdict::Verdict;
use crate::protocol::verdict_context::VerdictContext;

/// A hub that does not answer is given this long, or the whole wait if that is shorter.
const PATIENCE: Duration = Duration::from_secs(60);

/// The hub's patience: one deadline, one schedule.
pub(crate) struct HubRetry<'a, T> {
    run: &'a Run<'a, T>,
    deadline: Option<Instant>,
    schedule: Schedule,
    /// Why the hub was asked again last.
    last: Option<Cause>,
}

impl<'a, T> HubRetry<'a, T> {
    /// From now on.
    pub(crate) fn new(run: &'a Run<'a, T>) -> Self {
        let settings = run.settings;
        let patience = run.deadline.map(|deadline| deadline.min(Instant::now() + PATIENCE));
        Self { run, deadline: patience, schedule: settings.retry.schedule(), last: None }
    }

    /// The work, unless the deadline or a signal comes first. None: the deadline.
    pub(crate) async fn bounded<O>(&self, work: impl Future<Output = O>) -> Result<Option<O>, HubFailure> {
        tokio::select! {
            biased;
            () = self.run.stop.cancelled() => Err(self.run.interrupted()),
            output = work => Ok(Some(output)),
            () = sleep_until(self.deadline) => Ok(None),
        }
    }

    /// The patience of a later round: it asks once, as the next round asks again.
    pub(crate) fn of_a_round(run: &'a Run<'a, T>) -> Self {
        Self { deadline: None, ..Self::new(run) }
    }

    /// What the deadline means for a request that was under way: the last thing that the hub did say counts.
    pub(crate) fn cut(&self, at: &VerdictContext<'_>) -> Verdict {
        let cause = self.last.clone().unwrap_or_else(|| {
            let waited = PATIENCE.min(self.run.settings.wait).as_secs_f64();
            let description = format!("no whole answer from the Dev Hub within {waited} s");
            let hint = hint::of(CauseCode::Unreachable, at);
            Cause { retryable: true, ..Cause::never(CauseCode::Unreachable, description, at.host, &hint) }
        });
        Verdict::Never(cause)
    }

    /// HubRetry for the next attempt, or says why there is none.
    pub(crate) async fn wait(&mut self, verdict: Verdict, stage: HubStage) -> Result<(), HubFailure> {
        let (cause, not_before) = match verdict {
            Verdict::Never(cause) => return Err(HubFailure { stage, cause }),
            Verdict::Again { cause, not_before } => (cause, not_before),
        };
        let delay = self.schedule.next(Duration::ZERO, fastrand::f64()).max(not_before.unwrap_or_default());
        let at = Instant::now() + delay;
        if self.deadline.is_none_or(|deadline| at >= deadline) {
            return Err(HubFailure { stage, cause });
        }
        self.last = Some(cause.clone());
        self.run.observe(&Event::HubWaiting { cause, next_in: delay });
        self.bounded(tokio::time::sleep_until(at)).await.map(|_| ())
    }
}

/// Until the deadline, or for ever where there is none.
pub(crate) async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
