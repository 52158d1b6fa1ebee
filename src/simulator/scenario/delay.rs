//! Durations as a scenario and a command line spell them: `5s`, `1m 30s`, `never`, `5s..60s`.

use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use serde::Deserialize;

use crate::model::untrusted::sanitize_line;

/// How long something takes, or how long after another it happens; `never` is longer than anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Delay(pub(crate) Duration);

impl Delay {
    /// Not at all (`never`).
    pub(crate) const NEVER: Self = Self(Duration::MAX);
}

impl TryFrom<String> for Delay {
    type Error = DelayError;

    fn try_from(text: String) -> Result<Self, DelayError> {
        if text.trim() == "never" { Ok(Self::NEVER) } else { duration(&text).map(Self) }
    }
}

/// The shortest and the longest of many delays: `5s..60s`, or one for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DelayRange {
    /// The shortest.
    pub(super) from: Duration,
    /// The longest.
    pub(super) to: Duration,
}

impl DelayRange {
    /// A delay of this range, each order of magnitude as likely as the next: `at` goes from 0 to 1.
    pub(super) fn spread(self, at: f64) -> Duration {
        // A range that starts at zero has no logarithm; a hundredth of its end does as well.
        let from = self.from.as_secs_f64().max(self.to.as_secs_f64() / 100.0);
        if from <= 0.0 || at <= 0.0 {
            return self.from;
        }
        Duration::try_from_secs_f64(from * (self.to.as_secs_f64() / from).powf(at.min(1.0))).unwrap_or(self.to)
    }
}

impl FromStr for DelayRange {
    type Err = DelayError;

    fn from_str(text: &str) -> Result<Self, DelayError> {
        let (from, to) = match text.split_once("..") {
            Some((from, to)) => (duration(from)?, duration(to.trim_start_matches('='))?),
            None => (duration(text)?, duration(text)?),
        };
        if from > to {
            return Err(DelayError::new(text, "it ends before it starts"));
        }
        Ok(Self { from, to })
    }
}

/// Not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a duration such as 5s, 250ms or 1m 30s: {1}")]
pub struct DelayError(String, String);

impl DelayError {
    fn new(text: &str, reason: &str) -> Self {
        Self(sanitize_line(text, 40), sanitize_line(reason, 120))
    }
}

fn duration(text: &str) -> Result<Duration, DelayError> {
    let signed = text.trim().parse::<SignedDuration>().map_err(|error| DelayError::new(text, &error.to_string()))?;
    Duration::try_from(signed).map_err(|_| DelayError::new(text, "it is negative"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_spelled_as_people_do() {
        let delay = |text: &str| Delay::try_from(text.to_owned());
        assert_eq!(delay("never"), Ok(Delay::NEVER));
        assert_eq!(delay("1m 30s"), Ok(Delay(Duration::from_secs(90))));
        assert_eq!("5s..60s".parse(), Ok(DelayRange { from: Duration::from_secs(5), to: Duration::from_secs(60) }));
        assert!("60s..5s".parse::<DelayRange>().is_err());
        assert!(delay("-5s").is_err());
        assert!(delay("soon").unwrap_err().to_string().contains("\"soon\" is not a duration"));
    }

    #[test]
    fn a_range_is_spread_log_uniformly() {
        let range: DelayRange = "1s..100s".parse().unwrap();
        assert_eq!(range.spread(0.0).as_secs(), 1);
        assert_eq!(range.spread(0.5).as_millis(), 10_000);
        assert_eq!(range.spread(1.0).as_millis(), 100_000);
        let none: DelayRange = "0s".parse().unwrap();
        assert_eq!(none.spread(0.7), Duration::ZERO);
    }
}
