//! `JUnit` XML: one test case an org, its time the seconds to its outcome, a failure's type its cause code.
//!
//! The elements that CI systems agree on: <https://github.com/testmoapp/junitxml>.

use std::fmt::Write;
use std::time::Duration;

use crate::cli::ending::Ending;
use crate::model::cause::Cause;
use crate::model::report::{OrgOutcome, OrgStatus};

/// The document.
pub(crate) fn document(ending: &Ending) -> String {
    let (cases, tests, failures, skipped, elapsed) = match ending.report() {
        Some(report) => {
            let summary = report.summary;
            let failures = summary.failed + summary.timed_out;
            (report.orgs.iter().map(case).collect(), summary.total, failures, summary.interrupted, summary.elapsed)
        }
        None => (run_level(ending), 1, 0, 0, Duration::ZERO),
    };
    let errors = usize::from(ending.report().is_none());
    let counts = format!(
        "tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\" time=\"{}\"",
        seconds(elapsed)
    );
    let cases: String = cases;
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"orgready\" {counts}>\n  <testsuite name=\"orgready login\" {counts}>\n{cases}  </testsuite>\n</testsuites>\n"
    )
}

fn case(org: &OrgOutcome) -> String {
    let mut text = format!(
        "    <testcase classname=\"orgready.login\" name=\"{}\" time=\"{}\"",
        escape(org.name.as_str()),
        seconds(org.waited)
    );
    match &org.cause {
        None => text.push_str("/>\n"),
        Some(cause) if org.status == OrgStatus::Interrupted => {
            let _ = write!(text, ">\n      <skipped message=\"{}\"/>\n    </testcase>\n", escape(&cause.to_string()));
        }
        Some(cause) => {
            let _ = write!(text, ">\n{}    </testcase>\n", trouble("failure", cause));
        }
    }
    text
}

/// A run that came to no org is one test case that could not be carried out.
fn run_level(ending: &Ending) -> String {
    let Some(failure) = &ending.failure else { return String::new() };
    let error = match &failure.cause {
        Some(cause) => trouble("error", cause),
        None => format!("      <error type=\"{}\" message=\"{}\"/>\n", failure.name, escape(&failure.message)),
    };
    format!("    <testcase classname=\"orgready.login\" name=\"Dev Hub\" time=\"0.000\">\n{error}    </testcase>\n")
}

fn trouble(element: &str, cause: &Cause) -> String {
    format!(
        "      <{element} type=\"{}\" message=\"{}\">{}</{element}>\n",
        cause.code,
        escape(&cause.to_string()),
        escape(&cause.hint)
    )
}

fn seconds(duration: Duration) -> String {
    format!("{:.3}", duration.as_secs_f64())
}

/// Text for an attribute or between tags. What XML 1.0 cannot hold (control characters) is left out.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // So that no CI system that copies the file to its log finds a command in it.
            '#' => out.push_str("&#35;"),
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::samples;

    #[test]
    fn every_org_is_a_case_and_its_failure_has_the_cause_as_type() {
        insta::assert_snapshot!(document(&samples::some_failed()));
    }

    #[test]
    fn an_org_that_was_interrupted_is_skipped() {
        let text = document(&samples::interrupted());
        assert!(text.contains("tests=\"2\" failures=\"0\" errors=\"0\" skipped=\"1\""), "{text}");
        assert!(text.contains("<skipped message=\"not_tried"), "{text}");
    }

    #[test]
    fn a_hub_that_failed_is_an_error() {
        let text = document(&samples::hub_failed());
        assert!(text.contains("errors=\"1\"") && text.contains("<error type=\"invalid_assertion\""), "{text}");
    }
}
