//! What every command that talks to Salesforce has around its work: settings, console, log, runtime, the end.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::{self, Runtime};

use super::Surroundings;
use crate::cli::ci::Ci;
use crate::cli::console::{Color, Console, LogFormat, Streams};
use crate::cli::ending::{Ending, Exit, Failure, Outcome};
use crate::cli::job::Job;
use crate::cli::log::{self, EventLog};
use crate::cli::output::{checks, human, json};
use crate::cli::problem::Problems;
use crate::cli::progress::Progress;
use crate::cli::settings::output::{self, OutputSettings};
use crate::cli::settings::sources::{Sources, Typed};
use crate::cli::settings::variables;
use crate::model::event::{Event, Observer};
use crate::model::report::Report;

/// A command at work.
#[derive(Debug)]
pub(super) struct Session<'a> {
    /// Where settings come from.
    pub(super) sources: Sources<'a>,
    /// Where things are shown.
    pub(super) console: Console,
    /// How they are shown.
    pub(super) output: OutputSettings,
}

impl<'a> Session<'a> {
    /// Reads the settings file and begins to log. `json` is whether errors are to be told in JSON. What is wrong is shown, and the
    /// exit status is the error.
    pub(super) fn open(
        typed: Typed,
        json: bool,
        config: Option<&str>,
        surroundings: &'a Surroundings,
    ) -> Result<Self, Exit> {
        let sources = Sources::load(typed, config, &surroundings.environment)
            .map_err(|problems| end(Failure::settings(problems), json, surroundings))?;
        Self::start(sources, surroundings)
    }

    /// Begins to log, with settings that were read already.
    pub(super) fn start(sources: Sources<'a>, surroundings: &'a Surroundings) -> Result<Self, Exit> {
        let mut problems = Problems::default();
        let output = output::resolve(&sources, &mut problems);
        let console = Console::new(surroundings.streams.colored(output.color), output.log_format);
        problems.take(log::start(&console, output.verbose, &surroundings.environment));
        let result = problems.into_result();
        result.map_err(|problems| show(&quiet_console(surroundings), output, &Failure::settings(problems).into()))?;
        Ok(Self { sources, console, output })
    }

    /// Shows the end, and tells the exit status.
    pub(super) fn close(&self, ending: &Ending) -> Exit {
        show(&self.console, self.output, ending)
    }

    /// The end of a command that failed before anything began: what its variables hint at is told as well.
    pub(super) fn fail(&self, failure: Failure) -> Ending {
        let warnings = match failure.exit {
            Exit::Settings => variables::unknown(self.sources.environment()),
            _ => Vec::new(),
        };
        for warning in &warnings {
            self.console.warn(warning);
        }
        Ending { warnings, ..failure.into() }
    }

    /// Tells a CI platform something, beside the data on standard output. Where it reads nothing else, that is a warning.
    pub(super) fn tell_platform(&self, ci: &Ci, lines: &str) -> Option<String> {
        if lines.is_empty() {
            return None;
        }
        if !self.output.json && !self.output.lines {
            let _ = self.console.out(lines);
        } else if ci.reads_stderr() {
            self.console.err(lines);
        } else {
            let platform = ci.name();
            return Some(format!(
                "{platform} was told nothing, as it reads standard output, which holds JSON here; --report json=FILE writes the JSON to a file instead"
            ));
        }
        None
    }

    /// Shows the end of a run that went as it was meant to, whatever became of single orgs.
    pub(super) fn close_well(&self, ending: &Ending) -> Exit {
        show(&self.console, OutputSettings { quiet: true, ..self.output }, ending)
    }

    /// Tells people something, unless they want quiet or JSON logs.
    pub(super) fn say(&self, line: &str) {
        if !self.output.quiet && self.output.log_format == LogFormat::Text {
            self.console.info(line);
        }
    }

    /// Progress, unless nobody wants it: a log of JSON objects tells it in its own way.
    pub(super) fn progress(&self, surroundings: &Surroundings, wait: Duration) -> Option<Progress> {
        let wanted = !self.output.quiet && self.output.log_format == LogFormat::Text;
        wanted.then(|| Progress::start(&self.console, surroundings.started.into_std(), self.output.verbose, wait))
    }
}

/// Shows a failure that came before any settings were known. `json` is whether it is to be told in JSON.
pub(crate) fn end(failure: Failure, json: bool, surroundings: &Surroundings) -> Exit {
    let output = OutputSettings {
        json,
        lines: false,
        quiet: false,
        verbose: false,
        log_format: LogFormat::Text,
        color: Color::Auto,
    };
    show(&quiet_console(surroundings), output, &failure.into())
}

/// A console for a command without settings.
pub(super) fn quiet_console(surroundings: &Surroundings) -> Console {
    Console::new(surroundings.streams, LogFormat::Text)
}

/// One thread is enough: what takes time is waiting, and signatures cost more than threads would win.
pub(super) fn runtime() -> Result<Runtime, Failure> {
    let built = runtime::Builder::new_current_thread().enable_all().build();
    built.map_err(|error| Failure::internal(format!("the runtime could not be started: {error}")))
}

/// Tells every event to all who listen, and keeps the warnings.
pub(super) struct Listeners<'a> {
    console: &'a Console,
    log: EventLog,
    others: Vec<&'a dyn Observer>,
    warnings: Mutex<Vec<String>>,
}

impl<'a> Listeners<'a> {
    /// Begins with these warnings, which are told at once.
    pub(super) fn new(console: &'a Console, others: Vec<&'a dyn Observer>, warnings: Vec<String>) -> Self {
        for warning in &warnings {
            console.warn(warning);
        }
        Self { console, log: EventLog(console.clone()), others, warnings: Mutex::new(warnings) }
    }

    /// Tells a warning and keeps it.
    pub(super) fn warn(&self, message: String) {
        self.console.warn(&message);
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).push(message);
    }

    /// All warnings.
    pub(super) fn into_warnings(self) -> Vec<String> {
        self.warnings.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Listeners<'_> {
    fn observe(&self, event: &Event) {
        self.log.observe(event);
        for other in &self.others {
            other.observe(event);
        }
        if let Event::Warning { message } = event {
            self.warn(message.clone());
        }
    }
}

/// The last line about a run whose causes have been told: with a next step only where that is about the whole run.
fn whole(failure: &Failure, report: &Report, job: Job) -> Failure {
    let summary = human::summary(report, job);
    match failure.exit {
        Exit::Interrupted(signal) => {
            Failure { message: format!("interrupted by {}: {summary}", signal.name()), ..failure.clone() }
        }
        Exit::Internal => Failure { message: format!("{} ({summary})", failure.message), ..failure.clone() },
        _ => Failure { message: summary, actions: Vec::new(), ..failure.clone() },
    }
}

/// Shows how a command ended: data on standard output, everything else on standard error.
pub(crate) fn show(console: &Console, output: OutputSettings, ending: &Ending) -> Exit {
    let Streams { colour_out: colours, width_out: width, width_err, .. } = console.streams();
    let data = match &ending.outcome {
        _ if output.json => json::document(ending),
        _ if output.lines => String::new(),
        Some(Outcome::Orgs(report) | Outcome::Deletion(report)) if !report.orgs.is_empty() => {
            human::table(report, ending.job, colours, width)
        }
        Some(Outcome::Hub(hub)) => human::hub(hub),
        Some(Outcome::Checks(diagnosis)) => checks::table(diagnosis, colours, width),
        Some(Outcome::Orgs(_) | Outcome::Deletion(..)) | None => String::new(),
    };
    let written = console.out(&data);
    if let (Some(Outcome::Checks(diagnosis)), false) = (&ending.outcome, output.quiet) {
        console.info(&checks::summary(diagnosis));
    }
    match (&ending.failure, ending.report()) {
        (Some(failure), Some(report)) => {
            let seen = width.is_some() && width_err.is_some() && !output.json && !output.lines;
            for cause in human::failures(report, failure, seen) {
                console.fail(&cause);
            }
            console.fail(&whole(failure, report, ending.job));
        }
        (Some(failure), None) => match &ending.outcome {
            // Their next steps are in the table.
            Some(Outcome::Checks(_)) if !output.json => {
                console.fail(&Failure { actions: Vec::new(), ..failure.clone() });
            }
            _ => console.fail(failure),
        },
        (None, Some(report)) if !output.quiet => console.info(&human::summary(report, ending.job)),
        (None, _) => {}
    }
    match written {
        Ok(()) => ending.exit(),
        Err(error) => {
            let failure = Failure::unwritten(format!("standard output could not be written: {error}"));
            console.fail(&failure);
            if ending.exit() == Exit::Success { failure.exit } else { ending.exit() }
        }
    }
}
