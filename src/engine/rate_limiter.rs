//! How many token requests a second: a bucket of one second's worth, halved by each 429 and doubled again in quiet times.

use std::time::Duration;

/// What "no limit" counts as once a server asks to slow down, a second.
const UNLIMITED_COUNTS_AS: f64 = 100.0;

/// A server's wish does not slow the batch below this, a second.
const FLOOR: f64 = 10.0;

/// So long after a 429 without another one the pace is doubled again.
const QUIET: Duration = Duration::from_secs(10);

/// A pace that all orgs share. Times are counted from one moment, as in the [scheduler](crate::engine::scheduler).
#[derive(Debug)]
pub struct RateLimiter {
    limit: f64,
    rate: f64,
    tokens: f64,
    filled: Duration,
    changed: Duration,
}

impl RateLimiter {
    /// `rate` requests a second; zero is no limit.
    pub fn new(rate: u32) -> Self {
        let limit = if rate == 0 { f64::INFINITY } else { f64::from(rate) };
        Self { limit, rate: limit, tokens: limit, filled: Duration::ZERO, changed: Duration::ZERO }
    }

    /// The limit in force, in requests a second; infinite where there is none.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// When the next request may go: `now`, or later.
    pub fn next(&mut self, now: Duration) -> Duration {
        self.fill(now);
        // The tolerance is for the rounding of times to nanoseconds.
        if self.tokens >= 1.0 - 1e-6 { now } else { now + Duration::from_secs_f64((1.0 - self.tokens) / self.rate) }
    }

    /// So many requests went out; those that could not wait for the pace are owed.
    pub fn take(&mut self, now: Duration, requests: u32) {
        self.fill(now);
        self.tokens -= f64::from(requests);
    }

    /// A request was let go that was none.
    pub fn give_back(&mut self, now: Duration) {
        self.fill(now);
        self.tokens = (self.tokens + 1.0).min(self.rate);
    }

    /// A server answered 429.
    pub fn slow_down(&mut self, now: Duration) {
        self.fill(now);
        let rate = if self.rate.is_finite() { self.rate } else { UNLIMITED_COUNTS_AS };
        self.rate = (rate / 2.0).max(FLOOR.min(self.limit));
        self.tokens = if self.tokens.is_finite() { self.tokens.min(self.rate) } else { 0.0 };
        self.changed = now;
    }

    fn fill(&mut self, now: Duration) {
        while self.rate < self.limit && now.saturating_sub(self.changed) >= QUIET {
            self.add(self.changed + QUIET);
            self.changed += QUIET;
            self.rate = (self.rate * 2.0).min(self.limit);
            if self.limit.is_infinite() && self.rate >= UNLIMITED_COUNTS_AS {
                self.rate = f64::INFINITY;
            }
        }
        self.add(now);
    }

    fn add(&mut self, now: Duration) {
        if self.rate.is_infinite() {
            self.tokens = f64::INFINITY;
        } else {
            let passed = now.saturating_sub(self.filled).as_secs_f64();
            self.tokens = (self.tokens + passed * self.rate).min(self.rate);
        }
        self.filled = self.filled.max(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many requests go out between two seconds.
    fn sent(pace: &mut RateLimiter, from: u64, to: u64) -> u32 {
        let mut now = Duration::from_secs(from);
        let mut count = 0;
        loop {
            now = pace.next(now);
            if now >= Duration::from_secs(to) || count == 100_000 {
                return count;
            }
            pace.take(now, 1);
            count += 1;
        }
    }

    /// Equal but for one at the seam of two spans.
    fn about(sent: u32, expected: u32) {
        assert!(sent.abs_diff(expected) <= 1, "{sent} instead of {expected}");
    }

    #[test]
    fn a_second_s_worth_goes_at_once_and_then_so_many_a_second() {
        let mut pace = RateLimiter::new(100);
        about(sent(&mut pace, 0, 1), 200);
        about(sent(&mut pace, 1, 11), 1000);
    }

    #[test]
    fn what_is_missing_of_a_request_is_waited_for() {
        let mut pace = RateLimiter::new(2);
        pace.take(Duration::ZERO, 2);
        let quarter = Duration::from_millis(250);
        assert_eq!(pace.next(quarter), 2 * quarter);
        assert!((pace.rate() - 2.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_time_that_was_rounded_to_nanoseconds_is_late_enough() {
        for third in [333_333_333, 333_333_334].map(Duration::from_nanos) {
            let mut pace = RateLimiter::new(3);
            pace.take(Duration::ZERO, 3);
            assert_eq!(pace.next(third), third);
        }
    }

    #[test]
    fn each_429_halves_the_pace_down_to_ten_and_quiet_times_double_it_again() {
        let mut pace = RateLimiter::new(100);
        sent(&mut pace, 0, 1);
        pace.slow_down(Duration::from_secs(1));
        about(sent(&mut pace, 1, 11), 500);
        about(sent(&mut pace, 11, 21), 1000);
        for _ in 0..9 {
            pace.slow_down(Duration::from_secs(21));
        }
        assert_eq!(sent(&mut pace, 21, 31), 100);
        about(sent(&mut pace, 31, 41), 200);
    }

    #[test]
    fn no_limit_becomes_fifty_a_second_and_none_again() {
        let mut pace = RateLimiter::new(0);
        assert_eq!(sent(&mut pace, 0, 1), 100_000);
        pace.slow_down(Duration::from_secs(1));
        about(sent(&mut pace, 1, 11), 500);
        assert_eq!(sent(&mut pace, 11, 12), 100_000);
    }

    #[test]
    fn a_low_rate_is_not_raised_to_the_floor() {
        let mut pace = RateLimiter::new(4);
        sent(&mut pace, 0, 1);
        pace.slow_down(Duration::from_secs(1));
        about(sent(&mut pace, 1, 11), 40);
    }

    #[test]
    fn what_was_owed_is_paid() {
        let mut pace = RateLimiter::new(10);
        pace.take(Duration::ZERO, 20);
        assert_eq!(pace.next(Duration::ZERO), Duration::from_millis(1100));
    }
}
