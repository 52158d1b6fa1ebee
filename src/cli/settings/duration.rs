//! Durations as people write them: `10m`, `1m 30s`, `500ms`.

use std::time::Duration;

use jiff::SignedDuration;

/// Longest time that anything may take: a bound that keeps sums with instants possible.
const MAX: Duration = Duration::from_secs(366 * 24 * 3600);

/// Reads a duration with a unit.
pub(crate) fn read(text: &str) -> Result<Duration, DurationError> {
    let shown = || crate::model::untrusted::sanitize_line(text, 40);
    if text.trim().parse::<f64>().is_ok() {
        return Err(DurationError::NoUnit(shown()));
    }
    let read: SignedDuration = text.trim().parse().map_err(|_| DurationError::NotADuration(shown()))?;
    let duration = Duration::try_from(read).map_err(|_| DurationError::Negative(shown()))?;
    if duration > MAX { Err(DurationError::TooLong(shown())) } else { Ok(duration) }
}

/// Reads a duration that cannot be zero.
pub(crate) fn read_some(text: &str) -> Result<Duration, DurationError> {
    match read(text)? {
        Duration::ZERO => Err(DurationError::Zero),
        duration => Ok(duration),
    }
}

/// Reads `--wait`: a bare number is minutes, as in sf.
pub(crate) fn read_wait(text: &str) -> Result<Duration, DurationError> {
    match text.trim().parse::<u32>() {
        Ok(minutes) => read(&format!("{minutes}m")).map_err(|_| DurationError::TooLong(format!("{minutes} minutes"))),
        Err(_) => read(text),
    }
}

/// Why a text is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DurationError {
    #[error("\"{0}\" is not a duration (write 10m, 90s, 1m 30s or 500ms)")]
    NotADuration(String),
    #[error("\"{0}\" has no unit (write {0}s for seconds, {0}m for minutes or {0}ms for milliseconds)")]
    NoUnit(String),
    #[error("\"{0}\" is negative")]
    Negative(String),
    #[error("\"{0}\" is longer than a year")]
    TooLong(String),
    #[error("it must be longer than nothing")]
    Zero,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        for (text, millis) in [("10m", 600_000), ("90s", 90_000), ("1m 30s", 90_000), ("500ms", 500), ("0s", 0)] {
            assert_eq!(read(text), Ok(Duration::from_millis(millis)), "{text}");
            assert_eq!(read_wait(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for bad in ["10", "1.5", "-3"] {
            assert!(matches!(read(bad), Err(DurationError::NoUnit(_))), "{bad}");
        }
        for bad in ["", "m", "10 parsecs", "ten minutes", "10m;"] {
            assert!(matches!(read(bad), Err(DurationError::NotADuration(_))), "{bad}");
        }
        assert!(matches!(read("-1s"), Err(DurationError::Negative(_))));
        assert!(matches!(read("9000h"), Err(DurationError::TooLong(_))));
        assert_eq!(read_some("0s"), Err(DurationError::Zero));
    }

    #[test]
    fn a_bare_number_is_minutes_for_wait_alone() {
        assert_eq!(read_wait("10"), Ok(Duration::from_secs(600)));
        assert_eq!(read_wait("0"), Ok(Duration::ZERO));
        assert!(read_wait("4000000000").is_err());
        assert!(read_wait("-1").is_err());
    }
}
