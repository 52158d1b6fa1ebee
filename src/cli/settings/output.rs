//! How the program speaks: known first, so that everything after it can be told in the right form.

use super::origin::Sourced;
use super::setting::{COLOR, JSON, LOG_FORMAT, QUIET, REPORT, VERBOSE};
use super::sources::Sources;
use crate::cli::console::{Color, LogFormat};
use crate::cli::output::report;
use crate::cli::problem::{Problem, Problems};
use crate::model::untrusted::sanitize_line;

/// How the program speaks.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct OutputSettings {
    /// One JSON document on standard output.
    pub(crate) json: bool,
    /// A line of JSON for each org on standard output, and no table.
    pub(crate) lines: bool,
    /// Only warnings and errors on standard error.
    pub(crate) quiet: bool,
    /// Every step on standard error.
    pub(crate) verbose: bool,
    /// The form of the log.
    pub(crate) log_format: LogFormat,
    /// Whether there are colours.
    pub(crate) color: Color,
}

/// Reads them.
pub(crate) fn resolve(sources: &Sources<'_>, problems: &mut Problems) -> OutputSettings {
    let mut switch = |setting| problems.take(sources.switch(setting)).is_some_and(|switch| switch.value);
    let (json, quiet, verbose) = (switch(&JSON), switch(&QUIET), switch(&VERBOSE));
    let mut text = |setting| problems.take(sources.text(setting)).flatten();
    let (log_format, color) = (text(&LOG_FORMAT), text(&COLOR));
    let log_format =
        log_format.and_then(|text| problems.take(text.read(|text| log_format_of(text)))).unwrap_or(LogFormat::Text);
    let color =
        color.and_then(|text: Sourced<String>| problems.take(text.read(|text| color_of(text)))).unwrap_or(Color::Auto);
    // What is wrong with reports is told where they are looked at.
    let reports = sources.list(&REPORT).ok().flatten();
    let is_stdout = |text: &String| report::read(text).is_ok_and(|report| report.file == report::STDOUT);
    let lines = reports.is_some_and(|reports| reports.value.iter().any(is_stdout));
    if json && lines {
        let problem = Problem::new("--json and --report jsonl=- both write to standard output");
        problems.add(problem.with_action("give one of them, or name a file for the other"));
    }
    OutputSettings { json, lines, quiet, verbose, log_format, color }
}

fn log_format_of(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        other => Err(format!("\"{}\" is no form of a log: write text or json", sanitize_line(other, 40))),
    }
}

fn color_of(text: &str) -> Result<Color, String> {
    Color::named(text).ok_or_else(|| format!("\"{}\" is none of auto, always and never", sanitize_line(text, 40)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::LoginArgs;
    use crate::cli::environment::Environment;
    use crate::cli::settings::sources::Typed;

    fn color(flag: Option<&str>, variables: &[(&str, &str)]) -> Color {
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment::of(variables.iter().map(|(k, v)| ((*k).to_owned(), *v)), folder.path());
        let mut arguments = LoginArgs::default();
        arguments.output.color = flag.map(ToOwned::to_owned);
        let sources = Sources::load(Typed::of(&arguments), None, &environment).unwrap();
        resolve(&sources, &mut Problems::default()).color
    }

    #[test]
    fn a_flag_wins_over_no_color_which_wins_over_what_forces_colours() {
        assert_eq!(color(None, &[]), Color::Auto);
        assert_eq!(color(None, &[("NO_COLOR", "1"), ("FORCE_COLOR", "1")]), Color::Never);
        assert_eq!(color(Some("always"), &[("NO_COLOR", "1")]), Color::Always);
        assert_eq!(color(Some("auto"), &[("NO_COLOR", "1")]), Color::Auto);
        for (name, value, means) in [
            ("CLICOLOR_FORCE", "1", Color::Always),
            ("CLICOLOR_FORCE", "0", Color::Auto),
            ("FORCE_COLOR", "3", Color::Always),
            ("FORCE_COLOR", "0", Color::Never),
            ("FORCE_COLOR", "", Color::Auto),
        ] {
            assert_eq!(color(None, &[(name, value)]), means, "{name}={value}");
        }
    }
}
