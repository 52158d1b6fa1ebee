//! What a platform shows beside its log: one notice for each cause, as there is room for few.

use std::fmt::{self, Write};

use crate::cli::ending::{Ending, Failure};
use crate::cli::inert::inert;
use crate::cli::job::Job;
use crate::cli::output::groups;
use crate::model::cause::Cause;

/// How many are shown: GitHub takes 10 of a kind for each step.
const NOTICES_MAX: usize = 10;

/// How many orgs of a notice are named.
const NAMED: usize = 5;

/// One thing that went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Notice {
    /// The cause's code, or the error's name.
    pub(super) code: String,
    /// A few words.
    pub(super) title: String,
    /// All of it, perhaps in several lines. No line holds a platform's command.
    pub(super) message: String,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.title, self.message)
    }
}

/// All that went wrong, each cause once.
pub(super) fn of(ending: &Ending) -> Vec<Notice> {
    let Some(failure) = &ending.failure else { return Vec::new() };
    let mut notices: Vec<Notice> = match ending.report() {
        Some(report) => groups::by_code(&report.orgs).iter().map(|group| of_group(group, ending.job)).collect(),
        None => vec![of_run(failure)],
    };
    // A result that could not be written, beside orgs that are ready.
    if notices.is_empty() {
        notices.push(of_run(failure));
    }
    if notices.len() > NOTICES_MAX {
        let rest = notices.split_off(NOTICES_MAX - 1);
        let codes: Vec<&str> = rest.iter().map(|notice| notice.code.as_str()).collect();
        let title = format!("orgready: {} more causes", rest.len());
        notices.push(Notice { code: "more".to_owned(), title, message: codes.join(", ") });
    }
    notices
}

fn of_run(failure: &Failure) -> Notice {
    let mut message = failure.message.clone();
    for action in &failure.actions {
        let _ = write!(message, "\nNext: {action}");
    }
    let code = failure.cause.as_ref().map_or(failure.name, |cause| cause.code.as_str());
    Notice { code: code.to_owned(), title: format!("orgready: {}", failure.name), message: inert(&message) }
}

fn of_group((code, orgs): &groups::OfCode<'_>, job: Job) -> Notice {
    let noun = if orgs.len() == 1 { "org is" } else { "orgs are" };
    let title = format!("orgready: {} {noun} not {}: {code}", orgs.len(), job.done());
    let mut message = String::new();
    for org in orgs.iter().take(NAMED) {
        let evidence = org.cause.as_ref().map(Cause::evidence).filter(|words| !words.is_empty());
        let _ = match evidence {
            Some(evidence) => writeln!(message, "{}: {evidence}", org.name),
            None => writeln!(message, "{}", org.name),
        };
    }
    if let more @ 1.. = orgs.len().saturating_sub(NAMED) {
        let _ = writeln!(message, "and {more} more");
    }
    let mut hints: Vec<&str> = Vec::new();
    for hint in orgs.iter().filter_map(|org| org.cause.as_ref()).map(|cause| cause.hint.as_str()) {
        if !hint.is_empty() && !hints.contains(&hint) && hints.len() < NAMED {
            hints.push(hint);
        }
    }
    for hint in hints {
        let _ = writeln!(message, "Next: {hint}");
    }
    Notice { code: code.to_string(), title, message: inert(message.trim_end()) }
}
