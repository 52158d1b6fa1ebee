//! How long to wait between two attempts: exponential backoff with a bound, and chance on top.
//!
//! The only file that names the `backoff` crate, which is unmaintained: to replace it means to change this one.

use std::time::Duration;

use backoff::ExponentialBackoff;
use backoff::backoff::Backoff as _;

/// However long the schedule's delay: this is waited at most, or a [`DELAY_PART`]th of the time already waited if that is
/// longer. An org is then noticed soon after it is replicated, and one that takes long is not asked more often than helps.
pub const DELAY_CAP: Duration = Duration::from_secs(5);

/// See [`DELAY_CAP`].
pub const DELAY_PART: u32 = 20;

/// The shortest delay, whatever the policy: without any, an org would be asked without end.
pub const DELAY_MIN: Duration = Duration::from_millis(1);

/// Exponential backoff: the first delay, its growth, its bound, and how much chance there is in it. Values that make no
/// sense count as the nearest that do: a multiplier below 1 as 1, a jitter outside of 0 to 1 as 0 or 1.
#[derive(Debug, Clone, PartialEq)]
pub struct RetryPolicy {
    /// The first delay; 1 s by default. No delay is longer than 5 s or a twentieth of what was already waited, whichever is
    /// more.
    pub initial: Duration,
    /// What each delay is multiplied by to give the next; 1.5 by default.
    pub multiplier: f64,
    /// The longest delay, before chance; 30 s by default.
    pub max: Duration,
    /// A delay d becomes one between d·(1−jitter) and d·(1+jitter); 0.2 by default.
    pub jitter: f64,
}

impl Default for RetryPolicy {
    /// 1 s, 1.5 s, 2.25 s … 30 s, each 20 % shorter or longer by chance.
    fn default() -> Self {
        Self { initial: Duration::from_secs(1), multiplier: 1.5, max: Duration::from_secs(30), jitter: 0.2 }
    }
}

impl RetryPolicy {
    /// The delays of one org, from the first.
    #[doc(hidden)]
    pub fn schedule(&self) -> Schedule {
        let mut backoff = ExponentialBackoff {
            initial_interval: self.initial.min(self.max),
            multiplier: self.multiplier.max(1.0),
            max_interval: self.max,
            // The chance is our own: it can be seeded, and it is the last thing that is put on a delay.
            randomization_factor: 0.0,
            max_elapsed_time: None,
            ..ExponentialBackoff::default()
        };
        backoff.reset();
        let jitter = if self.jitter.is_nan() { 0.0 } else { self.jitter.clamp(0.0, 1.0) };
        Schedule { backoff, jitter }
    }
}

/// The delays of one org, one after the other.
#[derive(Debug)]
pub struct Schedule {
    backoff: ExponentialBackoff,
    jitter: f64,
}

impl Schedule {
    /// The next delay of an org that waited for `waited` so far; `chance` is from 0 to 1.
    ///
    /// ```
    /// use std::time::Duration;
    /// let mut schedule = orgready::engine::retry::RetryPolicy::default().schedule();
    /// let delays: Vec<_> = (0..6).map(|_| schedule.next(Duration::ZERO, 0.5).as_millis()).collect();
    /// assert_eq!(delays, [1000, 1500, 2250, 3375, 5000, 5000]);
    /// ```
    pub fn next(&mut self, waited: Duration, chance: f64) -> Duration {
        let delay = self.backoff.next_backoff().unwrap_or(self.backoff.max_interval);
        let delay = delay.min(DELAY_CAP.max(waited / DELAY_PART));
        delay.mul_f64(1.0 + self.jitter * (2.0 * chance - 1.0)).max(DELAY_MIN)
    }
}

/// The last attempt before a deadline goes out so long before it: an answer takes about a third of that.
pub const LAST_ATTEMPT: Duration = Duration::from_millis(500);

/// A delay that fits into what is `left` until the deadline, and whether it was shortened for that: then it leads to the
/// last attempt, [`LAST_ATTEMPT`] and `earlier` before the deadline. None where there is no waiting, or the server does not
/// want to be asked so soon.
pub(crate) fn fit(
    delay: Duration,
    not_before: Duration,
    left: Option<Duration>,
    earlier: Duration,
) -> Option<(Duration, bool)> {
    let (left, delay) = (left?, delay.max(not_before));
    let latest = left.checked_sub(LAST_ATTEMPT);
    if delay < left {
        // A last attempt that would follow at once tells nothing new: then this is the last one.
        let at_once = LAST_ATTEMPT.min(delay / 2);
        let last = latest.filter(|latest| latest.checked_sub(delay).is_some_and(|gap| gap < at_once));
        return Some(last.map_or((delay, false), |latest| (latest.saturating_sub(earlier).max(delay), true)));
    }
    let latest = latest?;
    let last = latest.saturating_sub(earlier).max(latest.min(delay) / 2);
    (last >= not_before && !last.is_zero()).then_some((last, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_grows_to_its_maximum_with_the_time_already_waited() {
        let mut schedule = RetryPolicy::default().schedule();
        for _ in 0..12 {
            schedule.next(Duration::ZERO, 0.5);
        }
        assert_eq!(schedule.next(Duration::from_secs(99), 0.5), Duration::from_secs(5));
        assert_eq!(schedule.next(Duration::from_secs(200), 0.5), Duration::from_secs(10));
        assert_eq!(schedule.next(Duration::from_secs(3600), 0.5), Duration::from_secs(30));
    }

    #[test]
    fn each_delay_is_so_many_times_the_one_before() {
        let policy = RetryPolicy { multiplier: 2.0, jitter: 0.0, ..RetryPolicy::default() };
        let mut schedule = policy.schedule();
        let delays = [(); 3].map(|()| schedule.next(Duration::from_secs(600), 0.5));
        assert_eq!(delays, [1, 2, 4].map(Duration::from_secs));
        // The default would end it after 15 minutes of the real clock.
        assert_eq!(schedule.backoff.max_elapsed_time, None, "a schedule has no end of its own");
    }

    #[test]
    fn chance_moves_a_delay_by_the_jitter_and_no_further() {
        for (chance, milliseconds) in [(0.0, 800), (0.5, 1000), (1.0, 1200)] {
            let mut schedule = RetryPolicy::default().schedule();
            assert_eq!(schedule.next(Duration::ZERO, chance).as_millis(), milliseconds);
        }
    }

    #[test]
    fn a_delay_is_shortened_to_end_just_before_the_deadline_once() {
        let seconds = Duration::from_secs_f64;
        let fit = |delay, not_before, left: f64| {
            fit(seconds(delay), seconds(not_before), Some(seconds(left)), Duration::ZERO)
        };
        assert_eq!(fit(3.0, 0.0, 10.0), Some((seconds(3.0), false)));
        assert_eq!(fit(3.0, 4.0, 10.0), Some((seconds(4.0), false)));
        assert_eq!(fit(3.0, 0.0, 3.0), Some((seconds(2.5), true)));
        assert_eq!(fit(3.0, 0.0, 3.6), Some((seconds(3.1), true)), "two attempts at once would be one too many");
        assert_eq!(fit(3.0, 0.0, 3.4), Some((seconds(3.0), false)), "after it there is no time for another one");
        assert_eq!(fit(3.0, 0.0, 5.1), Some((seconds(3.0), false)));
        assert_eq!(fit(3.0, 2.0, 3.0), Some((seconds(2.5), true)));
        assert_eq!(fit(0.1, 0.0, 0.7), Some((seconds(0.1), false)), "another one, as much later, has time");
        assert_eq!(fit(0.1, 0.0, 0.65), Some((seconds(0.1), false)), "half as much later is late enough");
        assert_eq!(fit(3.0, 2.6, 3.0), None, "the server wants to be left alone for longer");
        assert_eq!(fit(3.0, 0.0, 0.4), None, "there is no time for an answer");
        assert_eq!(fit(3.0, 0.0, 0.5), None);
    }

    #[test]
    fn a_last_attempt_may_be_earlier_but_not_at_once() {
        let seconds = Duration::from_secs;
        let earlier = |by| fit(seconds(30), Duration::ZERO, Some(Duration::from_millis(10_500)), by);
        assert_eq!(earlier(seconds(2)), Some((seconds(8), true)));
        assert_eq!(earlier(seconds(20)), Some((seconds(5), true)));
        assert_eq!(fit(seconds(1), Duration::ZERO, None, Duration::ZERO), None, "there is no waiting");
    }

    #[test]
    fn no_policy_makes_a_delay_of_nothing_or_a_panic() {
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 0.0, 1e300] {
            for (initial, max) in [(Duration::ZERO, Duration::ZERO), (Duration::MAX, Duration::MAX)] {
                let mut schedule = RetryPolicy { initial, multiplier: number, max, jitter: number }.schedule();
                for chance in [0.0, 0.5, 1.0] {
                    let delay = schedule.next(Duration::from_secs(60), chance);
                    assert!((DELAY_MIN..=DELAY_CAP * 2).contains(&delay), "{number}: {delay:?}");
                }
            }
        }
    }

    #[test]
    fn a_first_delay_above_the_maximum_is_the_maximum() {
        let policy = RetryPolicy { max: Duration::from_millis(300), ..RetryPolicy::default() };
        assert_eq!(policy.schedule().next(Duration::ZERO, 0.5), Duration::from_millis(300));
    }
}
