//! The one place that writes to standard output and standard error, so that logs, bars and tables do not tear each other.

use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::MultiProgress;

use super::ending::Failure;
use super::environment::Environment;
use super::inert::{inert, inert_json};
use super::problem::Problem;
use super::stream::{ERROR, OUTPUT};
use super::wrap::wrap;
use crate::model::redact;

/// The target of messages in a log of JSON objects.
const TARGET: &str = "orgready";

/// Variables by which a CI system is recognised.
const CI_SYSTEMS: [&str; 4] = ["CI", "GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION"];

/// A terminal that says that it is narrower is not believed: some say 0.
const NARROWEST: usize = 40;

/// How standard error is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum LogFormat {
    /// Text for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl LogFormat {
    /// What each is called.
    pub(crate) const NAMES: [(&str, Self); 2] = [("text", Self::Text), ("json", Self::Json)];
}

/// Whether there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Color {
    /// On a terminal that has them.
    #[default]
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

impl Color {
    /// What each is called.
    pub(crate) const NAMES: [(&str, Self); 3] =
        [("auto", Self::Auto), ("always", Self::Always), ("never", Self::Never)];
}

/// What the two streams are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Streams {
    /// Whether the table may have colours.
    pub(crate) colour_out: bool,
    /// Whether messages may have colours.
    pub(crate) colour_err: bool,
    /// Whether bars can be drawn on standard error.
    pub(crate) bars: bool,
    /// How many cells a line of standard output has, where that is a terminal.
    pub(crate) width_out: Option<usize>,
    /// How many cells a line of standard error has, where that is a terminal.
    pub(crate) width_err: Option<usize>,
}

impl Streams {
    /// As `TERM` and the streams themselves say. A CI system shows every line that was ever drawn, terminal or not.
    pub(crate) fn of_process(environment: &Environment) -> Self {
        let dumb = environment.text("TERM").is_some_and(|term| term == "dumb");
        let is_ci = CI_SYSTEMS.iter().any(|name| environment.is_on(name));
        let (out, err) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        let cells = |(width, _): (terminal_size::Width, _)| usize::from(width.0).max(NARROWEST);
        Self {
            colour_out: out && !dumb,
            colour_err: err && !dumb,
            bars: err && !dumb && !is_ci,
            width_out: terminal_size::terminal_size_of(io::stdout()).map(cells),
            width_err: terminal_size::terminal_size_of(io::stderr()).map(cells),
        }
    }

    /// With colours as the user wants them.
    pub(crate) fn colored(self, color: Color) -> Self {
        match color {
            Color::Auto => self,
            Color::Always => Self { colour_out: true, colour_err: true, ..self },
            Color::Never => Self { colour_out: false, colour_err: false, ..self },
        }
    }
}

/// Standard output and standard error. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Console {
    /// What the streams are.
    pub(crate) streams: Streams,
    /// How standard error is written.
    pub(crate) log_format: LogFormat,
    bars: Arc<Mutex<Option<MultiProgress>>>,
    warnings: Arc<Mutex<Vec<String>>>,
}

impl Console {
    /// The process's streams.
    pub(crate) fn new(streams: Streams, log_format: LogFormat) -> Self {
        Self { streams, log_format, bars: Arc::default(), warnings: Arc::default() }
    }

    /// From here on these bars are drawn; whatever else is written stays above them.
    pub(crate) fn attach(&self, bars: MultiProgress) {
        *self.bars.lock().unwrap_or_else(PoisonError::into_inner) = Some(bars);
    }

    /// The bars are gone.
    pub(crate) fn detach(&self) {
        *self.bars.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Writes data, after what was said before. A reader that went away is no error.
    pub(crate) fn out(&self, text: &str) -> io::Result<()> {
        ERROR.settle();
        self.out_meanwhile(text);
        OUTPUT.finish()
    }

    /// Writes data while the run goes on: a reader that is slow does not hold it up.
    #[expect(clippy::unused_self, reason = "who holds no console writes nothing")]
    pub(crate) fn out_meanwhile(&self, text: &str) {
        if !text.is_empty() {
            OUTPUT.write(redact::redact(text).into_owned());
        }
    }

    /// Writes whole lines to standard error. Nobody is left to be told if that fails.
    pub(crate) fn err(&self, lines: &str) {
        let lines = redact::redact(lines);
        let lines = match self.log_format {
            LogFormat::Text => inert(&lines),
            LogFormat::Json => inert_json(&lines),
        };
        match &*self.bars.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(bars) => bars.suspend(|| ERROR.write(lines)),
            None => ERROR.write(lines),
        }
    }

    /// Tells how things stand.
    pub(crate) fn info(&self, message: &str) {
        match self.log_format {
            LogFormat::Text => self.err(&format!("{}\n", self.indented(message, 0))),
            LogFormat::Json => tracing::info!(target: TARGET, "{message}"),
        }
    }

    /// Tells something that stops nothing, and keeps it.
    pub(crate) fn warn(&self, message: &str) {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).push(message.to_owned());
        match self.log_format {
            LogFormat::Text => self.err(&self.labelled("33;1", "warning:", message)),
            LogFormat::Json => tracing::warn!(target: TARGET, "{message}"),
        }
    }

    /// All that was warned of so far.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells why the command did not succeed, and what to do next.
    pub(crate) fn fail(&self, failure: &Failure) {
        if failure.problems.is_empty() {
            self.error(failure.name, &failure.message, &failure.actions);
        }
        self.problems(failure.name, &failure.problems);
    }

    /// Several things that are wrong, under one name.
    pub(crate) fn problems(&self, name: &str, problems: &[Problem]) {
        for problem in problems {
            self.error(name, &problem.message, problem.action.as_slice());
        }
    }

    fn error(&self, name: &str, message: &str, actions: &[String]) {
        match self.log_format {
            LogFormat::Text => {
                let mut text = self.labelled("31;1", "error:", message);
                for action in actions {
                    text.push_str(&self.labelled("36;1", "  try:", action));
                }
                self.err(&text);
            }
            LogFormat::Json => {
                tracing::error!(target: TARGET, name, actions = actions.join("; "), "{message}");
            }
        }
    }

    /// Tells at once, above the bars, that an org failed; at the end it is told again with what to do.
    pub(crate) fn org_failed(&self, message: &str) {
        self.err(&self.labelled("31;1", "failed:", message));
    }

    fn labelled(&self, code: &str, label: &str, message: &str) -> String {
        let message = self.indented(message, label.len() + 1);
        let label = if self.streams.colour_err { format!("\u{1b}[{code}m{label}\u{1b}[0m") } else { label.to_owned() };
        format!("{label} {message}\n")
    }

    /// The message, which begins in column `start`, as the terminal has room for it.
    fn indented(&self, message: &str, start: usize) -> String {
        let message = indented(message);
        let Some(width) = self.streams.width_err else { return message };
        let lines = message.split('\n').enumerate();
        let lines = lines.map(|(line, text)| match line {
            0 => wrap(text, start, 2, width),
            _ => wrap(text, 0, 4, width),
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// A message of several lines, whose further lines begin with a dash of ours, whatever they hold.
fn indented(message: &str) -> String {
    message.trim_end().replace('\n', "\n  - ")
}

/// Takes formatted log entries, each whole.
impl Write for Console {
    fn write(&mut self, entry: &[u8]) -> io::Result<usize> {
        self.err(&String::from_utf8_lossy(entry));
        Ok(entry.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_further_lines_of_a_message_begin_with_a_dash() {
        assert_eq!(indented("a\n::set-env name=A::b\n"), "a\n  - ::set-env name=A::b");
    }
}
