//! Values that are no strings: numbers, dates, and the days that have names.

use jiff::Timestamp;
use jiff::civil::Date;

use super::statement::Literal;

/// A number, a date, or a time with its zone.
pub(super) fn number(text: &str) -> Option<Literal> {
    if text.contains('T') {
        return text
            .parse::<Timestamp>()
            .or_else(|_| Timestamp::strptime("%Y-%m-%dT%H:%M:%S%.f%z", text))
            .ok()
            .map(Literal::DateTime);
    }
    if text.len() == 10 && text.matches('-').count() == 2 {
        return text.parse::<Date>().ok().map(Literal::Date);
    }
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.".contains(&byte));
    plain.then(|| text.parse().ok()).flatten().map(Literal::Number)
}

/// `null`, `TRUE`, and the days that have names.
pub(super) fn word(text: &str) -> Option<Literal> {
    let upper = text.to_ascii_uppercase();
    let days = |from, to| Some(Literal::Days { from, to });
    let count = |text: &str| text.parse::<u16>().ok().map(i64::from);
    match upper.split_once(':') {
        Some(("LAST_N_DAYS", n)) => count(n).and_then(|n| days(-n, 0)),
        Some(("NEXT_N_DAYS", n)) => count(n).and_then(|n| days(1, n)),
        Some(("N_DAYS_AGO", n)) => count(n).and_then(|n| days(-n, -n)),
        Some(_) => None,
        None => match upper.as_str() {
            "NULL" => Some(Literal::Null),
            "TRUE" => Some(Literal::Bool(true)),
            "FALSE" => Some(Literal::Bool(false)),
            "TODAY" => days(0, 0),
            "YESTERDAY" => days(-1, -1),
            "TOMORROW" => days(1, 1),
            _ => None,
        },
    }
}
