//! `JUnit` XML: one test case an org, its time the seconds to its outcome, a failure's type its cause code.
//!
//! The elements that CI systems agree on: <https://github.com/testmoapp/junitxml>. GitLab shows the body of a failure
//! alone (gitlab-org/gitlab issue 25098), so that it says all: cause, words and next step.

use std::fmt::Write;
use std::time::Duration;

use crate::cli::ending::{Ending, Exit, Failure};
use crate::cli::job::Job;
use crate::model::cause::Cause;
use crate::model::report::{OrgOutcome, OrgStatus};

/// The document.
pub(crate) fn document(ending: &Ending) -> String {
    let job = ending.job;
    let (cases, tests, failures, skipped, elapsed) = match ending.report() {
        Some(report) => {
            let summary = report.summary;
            let failures = summary.failed + summary.timed_out;
            (
                report.orgs.iter().map(|org| case(org, job)).collect(),
                summary.total,
                failures,
                summary.interrupted,
                summary.elapsed,
            )
        }
        None => (
            ending.failure.as_ref().map(|failure| run_level(failure, job)).unwrap_or_default(),
            1,
            0,
            0,
            Duration::ZERO,
        ),
    };
    let errors = usize::from(ending.report().is_none());
    let counts = format!(
        "tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\" time=\"{}\"",
        seconds(elapsed)
    );
    let cases: String = cases;
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"orgready\" {counts}>\n  <testsuite name=\"orgready {job}\" {counts}>\n{cases}  </testsuite>\n</testsuites>\n"
    )
}

fn case(org: &OrgOutcome, job: Job) -> String {
    let mut text = format!(
        "    <testcase classname=\"orgready.{job}\" name=\"{}\" time=\"{}\"",
        escape(org.name.as_str()),
        seconds(org.waited)
    );
    match &org.cause {
        None => text.push_str("/>\n"),
        Some(cause) => {
            let element = if org.status == OrgStatus::Interrupted { "skipped" } else { "failure" };
            let ended = format!("{}: {cause}", org.status.as_str().replace('_', " "));
            let _ = write!(text, ">\n{}    </testcase>\n", of_cause(element, &ended, cause));
        }
    }
    text
}

/// A run that came to no org is one test case that could not be carried out.
fn run_level(failure: &Failure, job: Job) -> String {
    let name = match failure.exit {
        Exit::Settings => "Settings and input",
        Exit::Hub => "Dev Hub",
        _ => "Run",
    };
    let kind = failure.cause.as_ref().map_or(failure.name, |cause| cause.code.as_str());
    let steps: Vec<&str> = failure.actions.iter().map(String::as_str).collect();
    let error = trouble("error", kind, &failure.message, &steps);
    format!("    <testcase classname=\"orgready.{job}\" name=\"{name}\" time=\"0.000\">\n{error}    </testcase>\n")
}

fn of_cause(element: &str, said: &str, cause: &Cause) -> String {
    let steps = if cause.hint.is_empty() { &[][..] } else { &[cause.hint.as_str()][..] };
    trouble(element, cause.code.as_str(), said, steps)
}

/// What is wrong, in an attribute for those who show that, and whole in the body.
fn trouble(element: &str, kind: &str, said: &str, steps: &[&str]) -> String {
    let body: Vec<String> =
        said.lines().map(escape).chain(steps.iter().map(|step| format!("Next: {}", escape(step)))).collect();
    // A test that was skipped has no type.
    let kind = if element == "skipped" { String::new() } else { format!(" type=\"{}\"", escape(kind)) };
    let message = escape(&said.replace('\n', "; "));
    format!("      <{element}{kind} message=\"{message}\">{}</{element}>\n", body.join("\n"))
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
    use crate::cli::output::tests::samples;
    use crate::cli::problem::Problem;

    #[test]
    fn every_org_is_a_case_and_its_failure_has_the_cause_as_type() {
        insta::assert_snapshot!(document(&samples::some_failed()));
    }

    #[test]
    fn an_org_that_was_interrupted_is_skipped() {
        let text = document(&samples::interrupted());
        assert!(text.contains("tests=\"2\" failures=\"0\" errors=\"0\" skipped=\"1\""), "{text}");
        assert!(text.contains("<skipped message=\"interrupted: not_tried: interrupted"), "{text}");
    }

    #[test]
    fn a_run_that_came_to_no_org_is_an_error_that_says_all_in_its_body() {
        let text = document(&samples::hub_failed());
        assert!(text.contains("errors=\"1\"") && text.contains("name=\"Dev Hub\""), "{text}");
        assert!(text.contains("<error type=\"invalid_assertion\""), "{text}");
        assert!(
            text.contains("(invalid_assertion)\nNext: give the key of the app&apos;s certificate</error>"),
            "{text}"
        );
        let problems = [Problem::new("--wait: x"), Problem::new("--rate: y").with_action("give a number")];
        let text = document(&Failure::from(problems.to_vec()).into());
        assert!(text.contains("name=\"Settings and input\""), "{text}");
        let said = "<error type=\"InvalidSettings\" message=\"--wait: x; --rate: y\">--wait: x\n--rate: y\nNext: give a number</error>";
        assert!(text.contains(said), "{text}");
    }
}
