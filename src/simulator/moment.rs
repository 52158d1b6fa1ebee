//! A moment of the stand-in's clock.

use std::time::Duration;

use jiff::Timestamp;

/// A moment, by the stand-in's clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) start: Timestamp,
    /// Since the start.
    pub(super) elapsed: Duration,
}

impl Moment {
    /// This long after the start.
    #[cfg(test)]
    pub(super) fn after(elapsed: Duration) -> Self {
        Self { start: Timestamp::now(), elapsed }
    }

    /// The wall time.
    pub(super) fn now(self) -> Timestamp {
        self.start_and(self.elapsed)
    }

    /// The wall time this long after the start.
    pub(super) fn start_and(self, after: Duration) -> Timestamp {
        self.start.saturating_add(after).unwrap_or(Timestamp::MAX)
    }

    /// The wall time this long before the start.
    pub(super) fn start_less(self, before: Duration) -> Timestamp {
        self.start.saturating_sub(before).unwrap_or(Timestamp::MIN)
    }
}
