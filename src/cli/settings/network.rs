//! How requests are made and attempts are spaced: time limits, trust roots, pace, backoff.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::duration;
use super::setting::{
    API_VERSION, CONCURRENCY, RATE, REQUEST_TIMEOUT, RETRY_INITIAL, RETRY_JITTER, RETRY_MAX, RETRY_MULTIPLIER, Setting,
    WAIT,
};
use super::sources::Sources;
use super::trust_roots;
use crate::cli::problem::Problem;
use crate::engine::retry::RetryPolicy;
use crate::protocol::http::{Http, HttpSettings};
use crate::protocol::proxy::Proxying;

/// The largest growth from one delay to the next; more is a slip of the pen.
const MULTIPLIER_MAX: f64 = 10.0;

/// How long to wait and how often to ask.
#[derive(Debug, Clone)]
pub(crate) struct Pace {
    /// For readiness, in all.
    pub(crate) wait: Duration,
    /// Logins in flight at once.
    pub(crate) concurrency: NonZeroUsize,
    /// Token requests a second.
    pub(crate) rate: u32,
    /// The delays between attempts.
    pub(crate) retry: RetryPolicy,
}

/// Reads waiting, pace and backoff.
pub(crate) fn pace(sources: &Sources<'_>) -> Option<Pace> {
    let wait = read(sources, &WAIT, duration::read_wait);
    let concurrency = read(sources, &CONCURRENCY, |text| text.parse().map_err(|_| not_a(text, "a number from 1 on")));
    let rate = read(sources, &RATE, |text| text.parse().map_err(|_| not_a(text, "a whole number (0 is no limit)")));
    let delay = |setting| sources.problems.keep(sources.read(setting, duration::read_some)).flatten();
    let (initial, max) = (delay(&RETRY_INITIAL), delay(&RETRY_MAX));
    let multiplier = read(sources, &RETRY_MULTIPLIER, |text| number(text, 1.0, MULTIPLIER_MAX));
    let jitter = read(sources, &RETRY_JITTER, |text| number(text, 0.0, 1.0));
    if let (Some(first), Some(longest)) = (&initial, &max)
        && first.value > longest.value
    {
        let message = format!("the first delay ({}) is longer than the longest ({})", first.origin, longest.origin);
        sources.problems.add(Problem::new(message));
    }
    let (initial, max) = (initial?.value, max?.value);
    let retry = RetryPolicy { initial, multiplier: multiplier?, max, jitter: jitter? };
    Some(Pace { wait: wait?, concurrency: concurrency?, rate: rate?, retry })
}

/// Reads the version of the API: `60.0`, `v60.0` or `60`.
pub(crate) fn api_version(sources: &Sources<'_>) -> Option<String> {
    read(sources, &API_VERSION, |text| {
        parse_version(text).ok_or_else(|| not_a(text, "a version of the API such as 60.0"))
    })
}

/// The version of the API that a text names, such as `60.0`.
pub(super) fn parse_version(text: &str) -> Option<String> {
    let bare = text.trim().trim_start_matches(['v', 'V']);
    let major: u32 = bare.strip_suffix(".0").unwrap_or(bare).parse().ok()?;
    (10..1000).contains(&major).then(|| format!("{major}.0"))
}

/// Reads the most time for one request.
pub(crate) fn request_timeout(sources: &Sources<'_>) -> Option<Duration> {
    read(sources, &REQUEST_TIMEOUT, duration::read_some)
}

/// Makes the HTTP client.
pub(crate) fn http(sources: &Sources<'_>, request_timeout: Duration, proxying: Proxying) -> Option<Http> {
    let extra_roots = sources.problems.keep(trust_roots::read(sources))?;
    let http = Http::new(HttpSettings { request_timeout, extra_roots, proxying });
    sources.problems.keep(http.map_err(Problem::of))
}

/// A setting that has a default.
fn read<T, E: std::fmt::Display>(
    sources: &Sources<'_>,
    setting: &'static Setting,
    read: impl FnOnce(&str) -> Result<T, E>,
) -> Option<T> {
    sources.problems.keep(sources.read(setting, read))?.map(|read| read.value)
}

fn number(text: &str, least: f64, most: f64) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ => Err(not_a(text, &format!("a number from {least} to {most}"))),
    }
}

fn not_a(text: &str, what: &str) -> String {
    format!("\"{}\" is not {what}", crate::model::untrusted::sanitize_line(text, 40))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::environment::Environment;
    use crate::cli::settings::typed::Typed;

    fn with<T>(toml: &str, variables: &[(&str, &str)], then: impl FnOnce(&Sources<'_>) -> T) -> T {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("orgready.toml"), toml).unwrap();
        let environment = Environment::of(variables.iter().map(|(k, v)| ((*k).to_owned(), *v)), folder.path());
        then(&Sources::load(Typed::default(), &environment))
    }

    fn told(toml: &str, variables: &[(&str, &str)]) -> Vec<String> {
        with(toml, variables, |sources| {
            pace(sources);
            let problems = sources.problems.check().err().unwrap_or_default();
            problems.into_iter().map(|problem| problem.message).collect()
        })
    }

    #[test]
    fn the_defaults_are_those_of_the_rules() {
        with("", &[], |sources| {
            let pace = pace(sources).unwrap();
            assert_eq!(pace.retry, RetryPolicy::default());
            assert_eq!((pace.wait, pace.concurrency.get(), pace.rate), (Duration::from_secs(600), 32, 100));
            assert_eq!(api_version(sources).as_deref(), Some("60.0"));
        });
    }

    #[test]
    fn all_that_is_wrong_is_told_with_its_origin() {
        let told =
            told("concurrency = 0\n[retry]\njitter = 3", &[("ORGREADY_WAIT", "soon"), ("ORGREADY_RETRY_MAX", "5")]);
        assert_eq!(told.len(), 4, "{told:?}");
        assert!(told[0].starts_with("ORGREADY_WAIT: \"soon\" is not a duration"));
        assert!(told[1].contains("orgready.toml: the value is not a number from 1 on"));
        assert!(told[2].starts_with("ORGREADY_RETRY_MAX: \"5\" has no unit"));
        assert!(told[3].starts_with("retry.jitter in "), "{}", told[3]);
    }

    #[test]
    fn the_first_delay_is_not_the_longest() {
        let told = told("[retry]\ninitial = \"40s\"", &[]);
        assert!(told[0].contains("longer than the longest (the default)"), "{told:?}");
    }

    #[test]
    fn a_version_is_written_in_one_way_or_another() {
        for (text, version) in
            [("62.0", Some("62.0")), ("v62.0", Some("62.0")), ("62", Some("62.0")), ("6x", None), ("1.5", None)]
        {
            with("", &[("SF_ORG_API_VERSION", text)], |sources| {
                assert_eq!(api_version(sources).as_deref(), version, "{text}");
            });
        }
    }
}
