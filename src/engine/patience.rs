//! How long one thing is waited for: requests that end at the deadline or a signal, and the pauses between them.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::engine::retry::{self, RetryPolicy, Schedule};

/// Why the waiting is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// The time is up.
    Deadline,
    /// A signal came.
    Signal,
}

/// What bounds the waiting of a run.
#[derive(Debug, Clone)]
pub(crate) struct Bounds<'a> {
    /// When it ends. None: there is no waiting, and one attempt each.
    pub(crate) deadline: Option<Instant>,
    /// What a signal cancels.
    pub(crate) stop: &'a CancellationToken,
    /// The pauses.
    pub(crate) retry: &'a RetryPolicy,
}

/// The waiting for one thing, from now on.
#[derive(Debug)]
pub(crate) struct Patience<'a> {
    bounds: Bounds<'a>,
    schedule: Schedule,
    began: Instant,
    last: bool,
}

impl<'a> Patience<'a> {
    pub(crate) fn new(bounds: &Bounds<'a>) -> Self {
        Self { bounds: bounds.clone(), schedule: bounds.retry.schedule(), began: Instant::now(), last: false }
    }

    /// The work, unless the deadline or a signal comes first.
    pub(crate) async fn bounded<O>(&self, work: impl Future<Output = O>) -> Result<O, Cut> {
        tokio::select! {
            biased;
            () = self.bounds.stop.cancelled() => Err(Cut::Signal),
            output = work => Ok(output),
            () = sleep_until(self.bounds.deadline) => Err(Cut::Deadline),
        }
    }

    /// How long to wait for the next attempt; none: there is no other one.
    pub(crate) fn next(&mut self, not_before: Option<Duration>) -> Option<Duration> {
        let deadline = self.bounds.deadline.filter(|_| !self.last)?;
        let delay = self.schedule.next(self.began.elapsed(), fastrand::f64());
        let left = deadline.checked_duration_since(Instant::now());
        let (delay, last) = retry::fit(delay, not_before.unwrap_or_default(), left, Duration::ZERO)?;
        self.last = last;
        Some(delay)
    }

    /// Waits for the next attempt.
    pub(crate) async fn pause(&mut self, not_before: Option<Duration>) -> Result<(), Cut> {
        let delay = self.next(not_before).ok_or(Cut::Deadline)?;
        self.bounded(tokio::time::sleep(delay)).await
    }
}

/// Until the deadline, or for ever where there is none.
pub(crate) async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// Until what is under way comes, or for ever where nothing is.
pub(crate) async fn wait_for<F: Future + Unpin>(round: &mut Option<F>) -> F::Output {
    match round {
        Some(round) => round.await,
        None => std::future::pending().await,
    }
}
