//! Why an org is not ready, as people say it: what is known first, the server's words after it.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::model::cause::{Cause, CauseCode};
use crate::model::clock::Clock;
use crate::model::report::OrgOutcome;
use crate::model::scratch_org::PLATFORM_CLI;

/// `expired 3 days ago: user hasn't approved this consumer (x.scratch.my.salesforce.com)`.
pub(crate) fn of_org(org: &OrgOutcome) -> String {
    let today = TimeZone::UTC.to_datetime(Clock::system().now()).date();
    org.cause
        .as_ref()
        .map(|cause| with_evidence(cause, name_on_day(cause, org.expiration_date, today)))
        .unwrap_or_default()
}

/// The same, where nothing is known but the cause.
pub(crate) fn of_cause(cause: &Cause) -> String {
    with_evidence(cause, in_words(cause.code, &cause.hint))
}

/// A cause in words: `signed up with PlatformCLI`.
pub(crate) fn in_words(code: CauseCode, hint: &str) -> String {
    match code {
        CauseCode::AppMismatch if hint.contains(PLATFORM_CLI) => format!("signed up with {PLATFORM_CLI}"),
        CauseCode::AppMismatch => "signed up with another app".to_owned(),
        CauseCode::Creating => "still being created".to_owned(),
        CauseCode::UnknownUsername => "not known to the Dev Hub".to_owned(),
        CauseCode::NotTried => "never asked".to_owned(),
        _ => code.in_words(),
    }
}

fn name_on_day(cause: &Cause, expires: Option<Date>, today: Date) -> String {
    match expires.and_then(|date| today.since(date).ok()).map(|span| span.get_days()) {
        Some(days @ 2..) if cause.code == CauseCode::Expired => format!("expired {days} days ago"),
        _ => in_words(cause.code, &cause.hint),
    }
}

fn with_evidence(cause: &Cause, known: String) -> String {
    let evidence = cause.evidence();
    if evidence.is_empty() {
        known
    } else if evidence.to_lowercase().starts_with(&known) {
        evidence
    } else {
        format!("{known}: {evidence}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::tests::samples;

    #[test]
    fn what_is_known_comes_before_the_servers_words() {
        let said = |code, hint| samples::cause(code, "user hasn't approved this consumer", hint);
        let expired = said(CauseCode::Expired, "");
        let date = |day| jiff::civil::date(2026, 11, day);
        assert_eq!(name_on_day(&expired, Some(date(22)), date(25)), "expired 3 days ago");
        assert_eq!(name_on_day(&expired, None, date(25)), "expired");
        let words = "user hasn't approved this consumer (x.scratch.my.salesforce.com)";
        let mismatch = said(CauseCode::AppMismatch, "the org was signed up with PlatformCLI, so …");
        assert_eq!(of_cause(&mismatch), format!("signed up with PlatformCLI: {words}"));
        assert_eq!(of_cause(&said(CauseCode::AppMismatch, "")), format!("signed up with another app: {words}"));
        let same = samples::cause(CauseCode::InvalidAssertion, "invalid assertion", "");
        assert_eq!(of_cause(&same), "invalid assertion (x.scratch.my.salesforce.com)");
    }
}
