//! What to do next, and when: due times, pace, deadline, rounds of the hub. No clock and no runtime: it is told the time
//! and what came of things, and answers with the next step. When an org is asked again is decided here alone.
//!
//! All times are counted from one moment, such as the start of the process.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::time::Duration;

use crate::engine::rate_limiter::RateLimiter;
use crate::engine::retry::{self, RetryPolicy, Schedule};

/// While orgs wait, the hub is asked again about all of them together this often, so that a deleted one stops at once.
pub const ROUND: Duration = Duration::from_secs(60);

/// While orgs are being created, the hub is asked about them at least this often.
pub const CREATION_ROUND_MAX: Duration = Duration::from_secs(5);

/// What bounds a batch.
#[derive(Debug, Clone)]
pub struct Limits {
    /// When the waiting ends; none: one attempt each, and no waiting at all.
    pub deadline: Option<Duration>,
    /// Attempts in flight at once.
    pub concurrency: usize,
    /// Token requests a second; zero is no limit.
    pub rate: u32,
}

/// The next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Ask this org now. It is in flight until [`Scheduler::retry`] or [`Scheduler::finish`].
    Send(usize),
    /// Ask the hub about the orgs of [`Scheduler::creating`], then say [`Scheduler::hub_answered`].
    AskAboutCreating,
    /// Ask the hub about the orgs of [`Scheduler::open`], then say [`Scheduler::hub_answered`].
    AskAboutAll,
    /// Nothing before this time, unless something in flight comes back.
    WaitUntil(Duration),
    /// Nothing until something in flight comes back.
    WaitForAnswers,
    /// The deadline has passed, and orgs are still open.
    TimeIsUp,
    /// Every org is finished.
    Done,
}

#[derive(Debug)]
enum State {
    /// Nothing is known of it yet.
    New,
    /// Due at some time, which is in the heap.
    Due,
    InFlight,
    Creating,
    Finished,
}

/// What the hub is being asked.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    AboutCreating,
    AboutAll,
}

/// When which org of one batch is asked.
#[derive(Debug)]
pub struct Scheduler {
    policy: RetryPolicy,
    limits: Limits,
    orgs: Vec<Org>,
    due: BinaryHeap<Reverse<(Duration, usize)>>,
    creating: BTreeSet<usize>,
    creation_schedule: Schedule,
    creation_round: Option<Duration>,
    round: Option<Duration>,
    asked: Option<Asked>,
    in_flight: usize,
    open: usize,
    pace: RateLimiter,
    chance: fastrand::Rng,
}

#[derive(Debug)]
struct Org {
    state: State,
    schedule: Option<Schedule>,
    /// Whether its delay was shortened to end just before the deadline: there is no other one.
    is_last: bool,
}

impl Scheduler {
    /// A scheduler of `orgs` orgs, of which nothing is known yet; `seed` decides the jitter.
    pub fn new(orgs: usize, policy: &RetryPolicy, limits: Limits, seed: u64) -> Self {
        let creation = RetryPolicy { max: policy.max.min(CREATION_ROUND_MAX), jitter: 0.0, ..policy.clone() };
        Self {
            orgs: (0..orgs).map(|_| Org { state: State::New, schedule: None, is_last: false }).collect(),
            due: BinaryHeap::new(),
            creating: BTreeSet::new(),
            creation_schedule: creation.schedule(),
            creation_round: None,
            round: None,
            asked: None,
            in_flight: 0,
            open: orgs,
            pace: RateLimiter::new(limits.rate),
            chance: fastrand::Rng::with_seed(seed),
            policy: policy.clone(),
            limits,
        }
    }

    /// The org can be asked: it is due at once.
    pub fn ask(&mut self, org: usize, now: Duration) {
        self.creating.remove(&org);
        self.orgs[org].state = State::Due;
        self.due.push(Reverse((now, org)));
    }

    /// The hub still makes the org: it is asked about again, after the time that is answered. None: the deadline is
    /// before that, and the org finished.
    pub fn await_creation(&mut self, org: usize, now: Duration) -> Option<Duration> {
        let at = match self.creation_round {
            Some(at) => at,
            None => now + self.creation_schedule.next(Duration::ZERO, 0.5),
        };
        if !self.is_in_time(at) {
            self.finish(org);
            return None;
        }
        self.creation_round = Some(at);
        self.creating.insert(org);
        self.orgs[org].state = State::Creating;
        Some(at.saturating_sub(now))
    }

    /// The org in flight is to be asked again, not before `not_before`; `waited` is the time since its first attempt.
    /// Answers how long that is; none: the deadline is before that, and the org finished.
    pub fn retry(
        &mut self,
        org: usize,
        now: Duration,
        waited: Duration,
        not_before: Option<Duration>,
    ) -> Option<Duration> {
        self.land(org);
        let chance = self.chance.f64();
        let schedule = self.orgs[org].schedule.get_or_insert_with(|| self.policy.schedule());
        let delay = schedule.next(waited, chance);
        let left = self.limits.deadline.and_then(|deadline| deadline.checked_sub(now));
        let left = left.filter(|_| !self.orgs[org].is_last);
        let earlier = self.spread();
        let Some((delay, is_last)) = retry::fit(delay, not_before.unwrap_or_default(), left, earlier) else {
            self.finish(org);
            return None;
        };
        self.orgs[org].state = State::Due;
        self.orgs[org].is_last = is_last;
        self.due.push(Reverse((now + delay, org)));
        self.round.get_or_insert(now + ROUND);
        Some(delay)
    }

    /// The org's outcome is known, whatever it was waiting for.
    pub fn finish(&mut self, org: usize) {
        self.land(org);
        if !matches!(self.orgs[org].state, State::Finished) {
            self.creating.remove(&org);
            // Its schedule stays: should it be reopened, it is not asked sooner than before.
            self.orgs[org].state = State::Finished;
            self.open -= 1;
        }
    }

    /// A finished org is to be asked once more after all, as if it were in flight.
    pub fn reopen(&mut self, org: usize) {
        if self.is_finished(org) {
            self.open += 1;
            self.in_flight += 1;
            self.orgs[org].state = State::InFlight;
        }
    }

    /// An attempt is over that sent so many token requests. The pace let one go: those for other audiences are owed, and
    /// one that only checked a token takes nothing.
    pub fn sent(&mut self, requests: u32, now: Duration) {
        match requests.checked_sub(1) {
            Some(more) => self.pace.take(now, more),
            None => self.pace.give_back(now),
        }
    }

    /// A server asked to slow down.
    pub fn slow_down(&mut self, now: Duration) {
        self.pace.slow_down(now);
    }

    /// The hub's answer (or its failure) is worked in.
    pub fn hub_answered(&mut self, now: Duration) {
        if self.asked.take() == Some(Asked::AboutAll) {
            self.round = Some(now + ROUND);
        }
    }

    /// The orgs that the hub is still making, in input order.
    pub fn creating(&self) -> impl Iterator<Item = usize> {
        self.creating.iter().copied()
    }

    /// The orgs without an outcome, in input order.
    pub fn open(&self) -> impl Iterator<Item = usize> {
        let open = self.orgs.iter().enumerate().filter(|(_, org)| !matches!(org.state, State::Finished));
        open.map(|(index, _)| index)
    }

    /// Whether an attempt at the org is under way.
    pub fn is_in_flight(&self, org: usize) -> bool {
        matches!(self.orgs[org].state, State::InFlight)
    }

    /// Whether the org waits for its next attempt.
    pub fn is_due(&self, org: usize) -> bool {
        matches!(self.orgs[org].state, State::New | State::Due)
    }

    /// Whether the hub is still making the org.
    pub fn is_creating(&self, org: usize) -> bool {
        matches!(self.orgs[org].state, State::Creating)
    }

    /// Whether the org's outcome is known.
    pub fn is_finished(&self, org: usize) -> bool {
        matches!(self.orgs[org].state, State::Finished)
    }

    /// The next step at this time.
    pub fn next(&mut self, now: Duration) -> Next {
        if self.open == 0 {
            return Next::Done;
        }
        if self.limits.deadline.is_some_and(|deadline| now >= deadline) {
            return Next::TimeIsUp;
        }
        let mut wake = self.limits.deadline;
        let mut at_latest = |time: Duration| wake = Some(wake.map_or(time, |wake| wake.min(time)));

        if self.asked.is_none() {
            if let Some(at) = self.round {
                if at <= now {
                    // Those that are being created are among them.
                    self.asked = Some(Asked::AboutAll);
                    self.creation_round = None;
                    return Next::AskAboutAll;
                }
                at_latest(at);
            }
            if let Some(at) = self.creation_round.filter(|_| !self.creating.is_empty()) {
                if at <= now {
                    self.asked = Some(Asked::AboutCreating);
                    self.creation_round = None;
                    return Next::AskAboutCreating;
                }
                at_latest(at);
            }
        }
        if self.in_flight < self.limits.concurrency
            && let Some((at, org)) = self.soonest()
        {
            let at = if at <= now { self.pace.next(now) } else { at };
            if at <= now {
                self.due.pop();
                self.pace.take(now, 1);
                self.orgs[org].state = State::InFlight;
                self.in_flight += 1;
                return Next::Send(org);
            }
            at_latest(at);
        }
        wake.map_or(Next::WaitForAnswers, Next::WaitUntil)
    }

    /// The first of those that are due; entries of orgs that finished meanwhile are dropped.
    fn soonest(&mut self) -> Option<(Duration, usize)> {
        while let Some(Reverse((at, org))) = self.due.peek().copied() {
            if matches!(self.orgs[org].state, State::Due) {
                return Some((at, org));
            }
            self.due.pop();
        }
        None
    }

    fn land(&mut self, org: usize) {
        if self.is_in_flight(org) {
            self.in_flight -= 1;
            self.orgs[org].state = State::New;
        }
    }

    /// How much earlier than at the last moment the last attempt at an org goes out, by chance: so that the pace lets all
    /// of them go.
    fn spread(&mut self) -> Duration {
        if self.policy.jitter <= 0.0 {
            return Duration::ZERO;
        }
        #[expect(clippy::cast_precision_loss, reason = "a count of orgs")]
        let seconds = (self.open as f64 / self.pace.rate()).min(10.0);
        Duration::from_secs_f64(seconds * self.chance.f64())
    }

    fn is_in_time(&self, at: Duration) -> bool {
        self.limits.deadline.is_some_and(|deadline| at < deadline)
    }
}

#[cfg(test)]
mod tests;
