//! How long to wait between two attempts.

use std::time::Duration;

/// Exponential backoff: the first delay, its growth, its bound, and how much chance there is in it.
#[derive(Debug, Clone, PartialEq)]
pub struct RetryPolicy {
    /// The first delay.
    pub initial: Duration,
    /// What each delay is multiplied by to give the next.
    pub multiplier: f64,
    /// The longest delay.
    pub max: Duration,
    /// A delay d becomes one between d·(1−jitter) and d·(1+jitter).
    pub jitter: f64,
}
