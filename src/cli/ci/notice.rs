//! What a platform shows beside its log: one notice for each cause, as there is room for few.

use std::fmt;

use crate::cli::ending::{Ending, Failure, unique};
use crate::cli::inert::inert;
use crate::cli::job::Job;
use crate::cli::output::groups;
use crate::model::cause::CauseCode;
use crate::model::report::OrgOutcome;

/// How many are shown: GitHub takes 10 of a kind for each step.
const NOTICES_MAX: usize = 10;

/// How many hints of one cause are told.
const HINTS: usize = 5;

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
        Some(report) => {
            let by_code = groups::by(&report.orgs, |org| Some(org.cause.as_ref()?.code));
            by_code.iter().map(|(code, orgs)| of_group(*code, orgs, ending.job)).collect()
        }
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
    let next = failure.actions.iter().map(|action| format!("\nNext: {action}"));
    let message = failure.message.clone() + &next.collect::<String>();
    let code = failure.cause.as_ref().map_or(failure.name, |cause| cause.code.as_str());
    Notice { code: code.to_owned(), title: format!("orgready: {}", failure.name), message: inert(&message) }
}

fn of_group(code: CauseCode, orgs: &[&OrgOutcome], job: Job) -> Notice {
    let noun = if orgs.len() == 1 { "org is" } else { "orgs are" };
    let title = format!("orgready: {} {noun} not {}: {code}", orgs.len(), job.done());
    let hints = unique(orgs.iter().filter_map(|org| Some(&org.cause.as_ref()?.hint)));
    let hints = hints.iter().take(HINTS).map(|hint| format!("Next: {hint}"));
    let message: Vec<String> = groups::list_evidence(orgs).into_iter().chain(hints).collect();
    Notice { code: code.to_string(), title, message: inert(&message.join("\n")) }
}
