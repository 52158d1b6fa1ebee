//! Wall time as a value that tests can set; waiting is tokio's, whose clock tests can pause.

use jiff::Timestamp;

/// Tells what time it is, for expiry claims, ages of records and dates of expiration.
#[derive(Debug, Clone, Copy)]
pub struct Clock(Source);

#[derive(Debug, Clone, Copy)]
enum Source {
    System,
    From { start: Timestamp, since: tokio::time::Instant },
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that shows `start` now and goes on with tokio's time, so that a paused runtime moves it too.
    pub fn starting_at(start: Timestamp) -> Self {
        Self(Source::From { start, since: tokio::time::Instant::now() })
    }

    /// The time.
    #[expect(clippy::disallowed_methods, reason = "here the machine's clock becomes a value")]
    pub fn now(&self) -> Timestamp {
        match self.0 {
            Source::System => Timestamp::now(),
            Source::From { start, since } => start.saturating_add(since.elapsed()).unwrap_or(Timestamp::MAX),
        }
    }
}
