//! Spans of time as people read them.

use std::time::Duration;

/// `0.04 s`, `4.2 s`, `12 s`, `3 min 20 s`, `2 h 5 min`.
pub(crate) fn format_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if duration < Duration::from_millis(995) {
        return format!("{:.2} s", duration.as_secs_f64());
    }
    if duration < Duration::from_millis(9_950) {
        return format!("{:.1} s", duration.as_secs_f64());
    }
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0 | 1, _) => format!("{} s", duration.as_secs_f64().round()),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_short_and_has_a_unit() {
        let shown = |millis| format_duration(Duration::from_millis(millis));
        assert_eq!(
            [0, 440, 9_960, 12_400, 90_000, 200_000, 600_000, 7_500_000, 3_600_000].map(shown),
            ["0.00 s", "0.44 s", "10 s", "12 s", "90 s", "3 min 20 s", "10 min", "2 h 5 min", "1 h"]
        );
    }
}
