//! `JUnit` XML: one test case an org, its time the seconds to its outcome, a failure's type its cause code.
//!
//! The elements that CI systems agree on: <https://github.com/testmoapp/junitxml>. GitLab shows the body of a failure
//! alone (gitlab-org/gitlab issue 25098), so that it says all: cause, words and next step. `maud` escapes for XML too.

use std::time::Duration;

use maud::{Markup, PreEscaped, html};

use crate::cli::ending::{Ending, Exit, Failure};
use crate::cli::job::Job;
use crate::model::report::{OrgOutcome, OrgStatus, Summary};

/// The document.
pub(crate) fn document(ending: &Ending) -> String {
    let (job, report) = (ending.job, ending.report());
    let cases: Vec<Markup> = match (report, &ending.failure) {
        (Some(report), _) => report.orgs.iter().map(|org| case(org, job)).collect(),
        (None, failure) => failure.iter().map(|failure| run_level(failure, job)).collect(),
    };
    let errors = usize::from(report.is_none());
    let Summary { total, failed, timed_out, interrupted, elapsed, .. } =
        report.map_or_else(|| Summary::of(&[], Duration::ZERO, false), |report| report.summary);
    let (tests, failures, time) = (total + errors, failed + timed_out, seconds(elapsed));
    let document = html! {
        (PreEscaped("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"))
        testsuites name="orgready" tests=(tests) failures=(failures) errors=(errors) skipped=(interrupted) time=(time) {
            "\n  "
            testsuite name={ "orgready " (job) } tests=(tests) failures=(failures) errors=(errors) skipped=(interrupted) time=(time) {
                @for case in cases { "\n    " (case) }
                "\n  "
            }
            "\n"
        }
        "\n"
    };
    // So that no CI system that copies the file to its log finds a command in it.
    document.into_string().replace("##", "&#35;&#35;")
}

fn case(org: &OrgOutcome, job: Job) -> Markup {
    let ended = org.status.in_words();
    let trouble = org.cause.as_ref().map(|cause| {
        let (message, body) = message_and_body(&format!("{ended}: {cause}"), std::slice::from_ref(&cause.hint));
        html! {
            "\n      "
            // A test that was skipped has no type.
            @if org.status == OrgStatus::Interrupted { skipped message=(message) { (body) } }
            @else { failure type=(cause.code) message=(message) { (body) } }
            "\n    "
        }
    });
    let settings = org.settings.map(|settings| {
        html! { "\n      " properties { property name="settings" value=(settings.as_str()) {} } "\n    " }
    });
    let (settings, trouble) = (settings.unwrap_or_default(), trouble.unwrap_or_default());
    html! { testcase classname={ "orgready." (job) } name=(org.name) time=(seconds(org.waited)) { (settings) (trouble) } }
}

/// A run that came to no org is one test case that could not be carried out.
fn run_level(failure: &Failure, job: Job) -> Markup {
    let name = match failure.exit {
        Exit::Settings => "Settings and input",
        Exit::Hub => "Dev Hub",
        _ => "Run",
    };
    let kind = failure.cause.as_ref().map_or(failure.name, |cause| cause.code.as_str());
    let (message, body) = message_and_body(&failure.message, &failure.actions);
    html! {
        testcase classname={ "orgready." (job) } name=(name) time="0.000" {
            "\n      " error type=(kind) message=(message) { (body) } "\n    "
        }
    }
}

/// What is wrong, for an attribute of those who show that, and whole for the body. What XML 1.0 cannot hold (control
/// characters) is left out.
fn message_and_body(message: &str, steps: &[String]) -> (String, String) {
    let plain = |text: &str| text.replace(|c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'), "");
    let lines: Vec<String> = message.lines().map(plain).collect();
    let steps = steps.iter().filter(|step| !step.is_empty()).map(|step| format!("Next: {}", plain(step)));
    (lines.join("; "), lines.iter().cloned().chain(steps).collect::<Vec<_>>().join("\n"))
}

fn seconds(duration: Duration) -> String {
    format!("{:.3}", duration.as_secs_f64())
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
    fn what_became_of_settings_is_a_property_of_the_case() {
        use crate::model::report::SettingsStatus;
        let ready = samples::org("test-a@example.com", OrgStatus::Ready, None);
        let text =
            document(&samples::run(vec![OrgOutcome { settings: Some(SettingsStatus::Deployed), ..ready }], None));
        let property =
            "<properties><property name=\"settings\" value=\"deployed\"></property></properties>\n    </testcase>";
        assert!(text.contains(property), "{text}");
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
        assert!(text.contains("(invalid_assertion)\nNext: give the key of the app's certificate</error>"), "{text}");
        let problems = [Problem::new("--wait: x"), Problem::new("--rate: y").with_action("give a number")];
        let text = document(&Failure::from(problems.to_vec()).into());
        assert!(text.contains("name=\"Settings and input\""), "{text}");
        let said = "<error type=\"InvalidSettings\" message=\"--wait: x; --rate: y\">--wait: x\n--rate: y\nNext: give a number</error>";
        assert!(text.contains(said), "{text}");
    }
}
