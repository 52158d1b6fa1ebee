//! How long the Dev Hub is waited for: one deadline for its whole answer, from the login to the last page.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

use crate::engine::hub_failure::{HubFailure, HubStage};
use crate::engine::patience::{Bounds, Cut, Patience};
use crate::engine::run::Run;
use crate::model::cause::{Cause, CauseCode};
use crate::model::event::Event;
use crate::protocol::hint;
use crate::protocol::verdict::Verdict;
use crate::protocol::verdict_context::VerdictContext;

/// The hub's whole answer has this long, or the whole wait if that is shorter.
const HUB_WAIT: Duration = Duration::from_secs(60);

/// A count has this long, or a [`COUNT_PART`]th of what is left of the wait if that is shorter.
const COUNT_WAIT: Duration = Duration::from_secs(5);

/// See [`COUNT_WAIT`].
const COUNT_PART: u32 = 10;

/// The wait for one whole answer of the hub, however many requests it takes.
pub(crate) struct HubRetry<'a, T> {
    run: &'a Run<'a, T>,
    patience: Patience<'a>,
    deadline: Instant,
    began: Instant,
    /// Why the hub was asked again last.
    last: Option<Cause>,
}

impl<'a, T> HubRetry<'a, T> {
    /// From now on: the first answer is waited for.
    pub(crate) fn new(run: &'a Run<'a, T>) -> Self {
        Self::within(run, HUB_WAIT, true)
    }

    /// For a later round: each request is sent once, as the next round asks again.
    pub(crate) fn of_a_round(run: &'a Run<'a, T>) -> Self {
        Self::within(run, HUB_WAIT, false)
    }

    /// For a number that only a warning needs: no org waits for it for long.
    pub(crate) fn of_a_count(run: &'a Run<'a, T>) -> Self {
        let left = run.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()) / COUNT_PART);
        Self::within(run, left.map_or(COUNT_WAIT, |left| left.min(COUNT_WAIT)), false)
    }

    /// The answer is bounded, whether what fails is asked again or not.
    fn within(run: &'a Run<'a, T>, wait: Duration, again: bool) -> Self {
        let began = Instant::now();
        let deadline = run.deadline.map_or(began + wait, |deadline| deadline.min(began + wait));
        let asked_until = run.deadline.filter(|_| again).map(|_| deadline);
        let patience = Patience::new(&Bounds { deadline: asked_until, stop: run.stop, retry: &run.settings.retry });
        Self { run, patience, deadline, began, last: None }
    }

    /// The request, unless the deadline or a signal comes first. None: the deadline.
    pub(crate) async fn bounded<O>(&self, request: impl Future<Output = O>) -> Result<Option<O>, HubFailure> {
        match tokio::time::timeout_at(self.deadline, self.patience.bounded(request)).await {
            Ok(Ok(output)) => Ok(Some(output)),
            Ok(Err(Cut::Signal)) => Err(HubFailure::interrupted(self.run)),
            Ok(Err(Cut::Deadline)) | Err(_) => Ok(None),
        }
    }

    /// What the deadline means for a request that was under way: the last thing that the hub did say counts.
    pub(crate) fn cut(&self, at: &VerdictContext<'_>) -> Verdict {
        let cause = self.last.clone().unwrap_or_else(|| {
            let waited = self.deadline.saturating_duration_since(self.began).as_secs_f64().round();
            let description = format!("no whole answer from the Dev Hub within {waited} s");
            let hint = hint::of(CauseCode::Unreachable, at);
            Cause::again(CauseCode::Unreachable, description, at.host, &hint)
        });
        Verdict::Never(cause)
    }

    /// Waits for the next attempt, or says why there is none.
    pub(crate) async fn wait(&mut self, verdict: Verdict, stage: HubStage) -> Result<(), HubFailure> {
        let (cause, not_before) = match verdict {
            Verdict::Never(cause) => return Err(HubFailure { stage, cause }),
            Verdict::Again { cause, not_before, .. } => (cause, not_before),
        };
        let Some(next_in) = self.patience.next(not_before) else { return Err(HubFailure { stage, cause }) };
        self.last = Some(cause.clone());
        self.run.observe(&Event::HubWaiting { cause, next_in });
        self.bounded(tokio::time::sleep(next_in)).await.map(|_| ())
    }
}
