//! How a command ended: its result, what went wrong, what was warned of, and the exit status that follows.

use serde::Serialize;

use crate::engine::hub_failure::{HubFailure, HubStage};
use crate::model::cause::{Cause, CauseCode};
use crate::model::org::Username;
use crate::model::report::{Hub, Report};

use super::diagnosis::{Check, Diagnosis};
use super::job::Job;
use super::problem::Problem;

/// An exit status; the numbers are the contract with pipelines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Every org is ready.
    Success,
    /// A fault of this program, or of the machine at the very end.
    Internal,
    /// The settings or the input are wrong; nothing was sent.
    Settings,
    /// The Dev Hub could not be used; no scratch org was tried.
    Hub,
    /// An org failed for good.
    OrgsFailed,
    /// An org was not ready in time.
    OrgsTimedOut,
    /// A signal came.
    Interrupted(Signal),
}

/// A signal that ends a run; the numbers are 128 and the signal's, as shells have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// SIGHUP: the terminal was closed, or the agent was lost.
    Hangup = 129,
    /// SIGINT; Ctrl-C and Ctrl-Break on Windows.
    Interrupt = 130,
    /// SIGTERM.
    Terminate = 143,
}

impl Signal {
    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Hangup => "SIGHUP",
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
        }
    }
}

impl Exit {
    /// The number.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Internal => 1,
            Self::Settings => 2,
            Self::Hub => 3,
            Self::OrgsFailed => 4,
            Self::OrgsTimedOut => 5,
            Self::Interrupted(signal) => signal as u8,
        }
    }
}

/// Why a command did not succeed.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    /// The exit status.
    pub(crate) exit: Exit,
    /// The stable name in JSON.
    pub(crate) name: &'static str,
    /// What happened; several lines where several things did.
    pub(crate) message: String,
    /// The evidence, where a server gave it.
    pub(crate) cause: Option<Box<Cause>>,
    /// What to do next.
    pub(crate) actions: Vec<String>,
    /// The single problems, where several are told together.
    pub(crate) problems: Vec<Problem>,
}

impl From<Vec<Problem>> for Failure {
    /// Settings are wrong; usernames alone that are have a name of their own.
    fn from(problems: Vec<Problem>) -> Self {
        let is_input = problems.iter().all(|problem| problem.is_input);
        let messages: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
        let actions = unique(problems.iter().filter_map(|problem| problem.action.as_ref()));
        let name = if is_input { "InvalidInput" } else { "InvalidSettings" };
        let failure = Self::new(Exit::Settings, name, messages.join("\n"));
        Self { actions, problems, ..failure }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        vec![problem].into()
    }
}

impl Failure {
    fn new(exit: Exit, name: &'static str, message: impl Into<String>) -> Self {
        Self { exit, name, message: message.into(), cause: None, actions: Vec::new(), problems: Vec::new() }
    }

    fn with_action(self, action: &str) -> Self {
        Self { actions: vec![action.to_owned()], ..self }
    }

    /// A selector found nothing, and that is not what the user expected.
    pub(crate) fn no_org_matches() -> Self {
        let action = "check the condition and the Dev Hub, or give --if-none ok where that is fine";
        Problem::new("no scratch org matches").with_action(action).of_input().into()
    }

    /// A fault of this program or of the machine.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(Exit::Internal, "InternalError", message)
            .with_action("run again with --verbose; if it persists, report it with the log")
    }

    /// The logins are done, and a result could not be written.
    pub(crate) fn unwritten(message: impl Into<String>) -> Self {
        Self::internal(message)
            .with_action("make room there, or name another place, and run again: that costs one login for each org")
    }

    /// The Dev Hub could not be used. `signal` is the one that came, if any.
    pub(crate) fn hub(failure: HubFailure, username: &Username, login_host: &str, signal: Option<Signal>) -> Self {
        let cause = failure.cause;
        let words = cause.words().unwrap_or(cause.code.as_str());
        let host = cause.host.as_deref().unwrap_or(login_host);
        let (name, what) = match failure.stage {
            HubStage::Login => ("HubLoginFailed", "the login to the Dev Hub"),
            HubStage::Query => ("HubQueryFailed", "the query for scratch orgs at the Dev Hub"),
            HubStage::Interrupted => return Self::interrupted(signal.unwrap_or(Signal::Interrupt), NO_ORGS),
        };
        let again = if cause.retryable { "; running again may succeed" } else { "" };
        let how = match cause.code {
            CauseCode::NotStored => "worked, but sf was not told of it".to_owned(),
            _ => format!("failed at {host}"),
        };
        let message = format!("{what} as {username} {how}: {words} ({}){again}", cause.code);
        let actions = unique([&cause.hint]);
        Self { actions, cause: Some(Box::new(cause)), ..Self::new(Exit::Hub, name, message) }
    }

    /// What is wrong with the orgs of a report, if anything. `signal` is the one that came, if any.
    pub(crate) fn of_orgs(report: &Report, job: Job, signal: Option<Signal>) -> Option<Self> {
        let done = job.done();
        let summary = report.summary;
        if let Some(signal) = signal.filter(|_| summary.interrupted > 0 || summary.total == 0) {
            let rest = match summary.total {
                0 => NO_ORGS.to_owned(),
                total => format!("with {} not {done}", of(summary.interrupted, total)),
            };
            return Some(Self::interrupted(signal, &rest));
        }
        let actions = unique(report.orgs.iter().filter_map(|org| Some(&org.cause.as_ref()?.hint)));
        let late = |late: String| format!("{late} not {done} within the time given");
        let failed = || format!("{} failed", of(summary.failed, summary.total));
        let (exit, name, message) = match (summary.failed, summary.timed_out) {
            (0, 0) => return None,
            (0, some) => (Exit::OrgsTimedOut, "OrgsTimedOut", late(of(some, summary.total))),
            (_, 0) => (Exit::OrgsFailed, "OrgsFailed", failed()),
            (_, some) => (Exit::OrgsFailed, "OrgsFailed", format!("{}, and {}", failed(), late(some.to_string()))),
        };
        Some(Self { actions, ..Self::new(exit, name, message) })
    }

    /// What keeps a login from working, if anything. What this machine can mend comes before what the hub says, and a
    /// signal that cut the checks short before both.
    pub(crate) fn of_checks(diagnosis: &Diagnosis, signal: Option<Signal>) -> Option<Self> {
        if let Some(signal) = signal {
            let failure = Self::interrupted(signal, "before all was checked");
            return Some(failure.with_action("run the same command again"));
        }
        let first = diagnosis.failures().next()?;
        let (exit, name) = match first.check {
            check if check.is_local() => (Exit::Settings, "InvalidSettings"),
            check if check < Check::DevHub => (Exit::Hub, "HubLoginFailed"),
            _ => (Exit::Hub, "HubQueryFailed"),
        };
        let checks = unique(diagnosis.failures().map(|finding| finding.check.label()));
        let actions = unique(diagnosis.failures().filter_map(|finding| finding.next_step.as_ref()));
        let what = if checks.len() == 1 { "a check" } else { "checks" };
        let failure = Self::new(exit, name, format!("{what} failed: {}", checks.join(", ")));
        Some(Self { cause: first.cause.clone().map(Box::new), actions, ..failure })
    }

    fn interrupted(signal: Signal, rest: &str) -> Self {
        Self::new(Exit::Interrupted(signal), "Interrupted", format!("interrupted by {} {rest}", signal.name()))
            .with_action("run the same command again: it goes on where this run stopped")
    }
}

/// Each text once, without empty ones.
pub(crate) fn unique<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Vec<String> {
    let mut unique: Vec<String> = Vec::new();
    for text in texts {
        if !text.as_ref().is_empty() && !unique.iter().any(|known| known == text.as_ref()) {
            unique.push(text.as_ref().to_owned());
        }
    }
    unique
}

/// When a signal came.
const NO_ORGS: &str = "before it was known which orgs";

/// `1 of 1 org`, `2 of 60 orgs`.
fn of(some: usize, total: usize) -> String {
    format!("{some} of {total} {}", if total == 1 { "org" } else { "orgs" })
}

/// What a command found out: the `result` in JSON.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(crate) enum Outcome {
    /// `login`'s and `delete`'s.
    Orgs(Report),
    /// `hub`'s.
    Hub(Hub),
    /// `doctor`'s.
    Checks(Diagnosis),
}

/// The whole end of a command.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ending {
    /// What was done with orgs.
    pub(crate) job: Job,
    /// The result; none where a run-level error came first.
    pub(crate) outcome: Option<Outcome>,
    /// What went wrong.
    pub(crate) failure: Option<Failure>,
    /// What was warned of.
    pub(crate) warnings: Vec<String>,
}

impl Ending {
    /// The exit status.
    pub(crate) fn exit(&self) -> Exit {
        self.failure.as_ref().map_or(Exit::Success, |failure| failure.exit)
    }

    /// What became of orgs, where there is a report.
    pub(crate) fn report(&self) -> Option<&Report> {
        match &self.outcome {
            Some(Outcome::Orgs(report)) => Some(report),
            Some(Outcome::Hub(_) | Outcome::Checks(_)) | None => None,
        }
    }
}

impl From<Failure> for Ending {
    fn from(failure: Failure) -> Self {
        Self { failure: Some(failure), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_that_worked_is_not_told_as_one_that_failed() {
        let of = |code| {
            let cause = Cause::never(code, "words", "", "");
            let failure = HubFailure { stage: HubStage::Login, cause };
            Failure::hub(failure, &Username::new("hub@example.com").unwrap(), "login.example.com", None).message
        };
        let told = of(CauseCode::NotStored);
        assert!(told.contains("worked") && !told.contains("failed"), "{told}");
        assert!(of(CauseCode::InvalidClient).contains("failed"));
    }
}
