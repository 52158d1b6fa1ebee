//! What every command that talks to Salesforce has around its work: settings, console, log, runtime, the end.

use std::time::Duration;

use tokio::runtime;

use crate::cli::ci::Ci;
use crate::cli::console::{Console, LogFormat, Streams};
use crate::cli::ending::{Ending, Exit, Failure, Outcome, Signal};
use crate::cli::job::Job;
use crate::cli::log::{self, EventLog};
use crate::cli::output::{checks, human, json};
use crate::cli::progress::Progress;
use crate::cli::settings::{OutputSettings, Sources, output, variables};
use crate::cli::signals::{self, Signals};
use crate::model::event::{Event, Observer};
use crate::model::report::Report;
use crate::sf::Store;

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
    /// Begins to log. What is wrong is shown, and the exit status is the error.
    pub(super) fn open(sources: Sources<'a>, streams: Streams) -> Result<Self, Exit> {
        let output = output::resolve(&sources);
        let console = Console::new(streams.colored(output.color), output.log_format);
        sources.problems.keep(log::start(&console, output.verbose, output.quiet, sources.environment));
        let wrong =
            |problems: Vec<_>| show(&Console::new(streams, LogFormat::Text), output, &Failure::from(problems).into());
        sources.problems.check().map_err(wrong)?;
        sources.problems.warn(variables::unknown(sources.environment));
        Ok(Self { sources, console, output })
    }

    /// Shows the end with all warnings, and tells the exit status.
    pub(super) fn close(&self, ending: &mut Ending) -> Exit {
        self.warn(ending, []);
        show(&self.console, self.output, ending)
    }

    /// Tells warnings, after what the settings warn of, and keeps all that were told so far with the end.
    pub(super) fn warn(&self, ending: &mut Ending, warnings: impl IntoIterator<Item = String>) {
        let of_settings = self.sources.problems.warnings();
        of_settings.into_iter().chain(warnings).for_each(|warning| self.console.warn(&warning));
        ending.warnings = self.console.warnings();
    }

    /// A result could not be written: that is a warning, and a failure where there is no other.
    pub(super) fn unwritten(&self, ending: &mut Ending, message: String) {
        ending.failure.get_or_insert_with(|| Failure::unwritten(message.clone()));
        self.warn(ending, [message]);
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

    /// Where people are told things, unless they want quiet or JSON logs.
    pub(super) fn people(&self) -> Option<&Console> {
        Some(&self.console).filter(|_| !self.output.quiet && self.output.log_format == LogFormat::Text)
    }

    /// Tells people something.
    pub(super) fn say(&self, line: &str) {
        self.people().inspect(|console| console.info(line));
    }

    /// Logs what happens, and shows progress unless nobody wants it: a log of JSON objects tells it in its own way.
    pub(super) fn observer(&self, wait: Duration) -> impl Observer {
        let started = self.sources.environment.started.into_std();
        let log = EventLog(self.console.clone());
        let progress = self.people().map(|console| Progress::start(console, started, self.output.verbose, wait));
        move |event: &Event| {
            log.observe(event);
            progress.as_ref().inspect(|progress| progress.observe(event));
        }
    }

    /// From here on signals end the run, and make the store hurry. What the settings warn of is told now.
    pub(super) fn listen(&self, store: Option<&Store>) -> Result<Signals, Failure> {
        self.sources.problems.warnings().iter().for_each(|warning| self.console.warn(warning));
        let (console, store) = (self.console.clone(), store.cloned());
        let on_first = move |signal: Signal| {
            if let Some(store) = store {
                store.hurry();
            }
            let name = signal.name();
            console.info(&format!("{name}: finishing what is in hand; a second signal ends at once"));
        };
        Signals::listen(on_first).map_err(|error| Failure::internal(format!("signals cannot be listened for: {error}")))
    }
}

/// Does the work in a session, if one can be begun.
pub(super) fn within(sources: Sources<'_>, streams: Streams, work: impl FnOnce(&Session<'_>) -> Exit) -> Exit {
    Session::open(sources, streams).map_or_else(|exit| exit, |session| work(&session))
}

/// Shows a failure that came before any settings were known. `json` is whether it is to be told in JSON.
pub(crate) fn end(failure: Failure, json: bool, streams: Streams) -> Exit {
    let output = OutputSettings { json, ..OutputSettings::default() };
    show(&Console::new(streams, LogFormat::Text), output, &failure.into())
}

/// Does the work on this thread: what takes time is waiting, and signatures cost more than threads would win.
pub(super) fn block_on<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::internal(format!("the runtime could not be started: {error}")))?;
    let result = runtime.block_on(work);
    // A look-up of a name that hangs must not hold up the end.
    runtime.shutdown_background();
    Ok(result)
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
    let Streams { colour_out: colours, width_out: width, width_err, .. } = console.streams;
    let data = match &ending.outcome {
        _ if output.json => json::document(ending),
        _ if output.lines => String::new(),
        Some(Outcome::Hub(hub)) => human::hub(hub),
        Some(Outcome::Checks(diagnosis)) => checks::table(diagnosis, colours, width),
        _ => ending.report().map(|report| human::table(report, ending.job, colours, width)).unwrap_or_default(),
    };
    let written = console.out(&data);
    if let (Some(Outcome::Checks(diagnosis)), false) = (&ending.outcome, output.quiet) {
        console.info(&checks::summary(diagnosis));
    }
    if let Some(failure) = &ending.failure {
        let last = match (&ending.outcome, ending.report()) {
            (_, Some(report)) => {
                let seen = width.is_some() && width_err.is_some() && !output.json && !output.lines;
                console.problems(failure.name, &human::problems(report, seen));
                whole(failure, report, ending.job)
            }
            // Their next steps are in the table.
            (Some(Outcome::Checks(_)), None) if !output.json => Failure { actions: Vec::new(), ..failure.clone() },
            _ => failure.clone(),
        };
        console.fail(&last);
    } else if let (Some(report), false) = (ending.report(), output.quiet) {
        console.info(&human::summary(report, ending.job));
    }
    match written {
        Ok(()) => ending.exit(),
        Err(error) => {
            let failure = Failure::unwritten(format!("standard output could not be written: {error}"));
            console.fail(&failure);
            match (ending.exit(), signals::caught()) {
                (Exit::Success, Some(signal)) => Exit::Interrupted(signal),
                (Exit::Success, None) => failure.exit,
                (exit, _) => exit,
            }
        }
    }
}
