//! How the program speaks: known first, so that everything after it can be told in the right form.

use super::setting::{COLOR, JSON, LOG_FORMAT, QUIET, REPORT, VERBOSE};
use super::sources::Sources;
use crate::cli::console::{Color, LogFormat};
use crate::cli::output::report;
use crate::cli::problem::Problem;

/// How the program speaks.
#[derive(Debug, Clone, Copy, Default)]
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

/// Reads them; what is wrong with them is kept in `sources`.
pub(crate) fn resolve(sources: &Sources<'_>) -> OutputSettings {
    let log_format = sources.problems.keep(sources.choice(&LOG_FORMAT, &LogFormat::NAMES)).flatten();
    let color = sources.problems.keep(sources.choice(&COLOR, &Color::NAMES)).flatten();
    // What is wrong with reports is told where they are looked at.
    let reports = sources.list(&REPORT).ok().flatten().map(|reports| reports.value).unwrap_or_default();
    let output = OutputSettings {
        json: sources.is_on(&JSON),
        lines: reports.iter().any(|text| report::read(text).is_ok_and(|(_, file)| file == report::STDOUT)),
        quiet: sources.is_on(&QUIET),
        verbose: sources.is_on(&VERBOSE),
        log_format: log_format.unwrap_or_default(),
        color: color.unwrap_or_default(),
    };
    if output.json && output.lines {
        let problem = Problem::new("--json and --report jsonl=- both write to standard output");
        sources.problems.add(problem.with_action("give one of them, or name a file for the other"));
    }
    output
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::tests::typed;
    use crate::cli::environment::Environment;

    fn color(flag: Option<&str>, variables: &[(&str, &str)]) -> Color {
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment::of(variables.iter().map(|(k, v)| ((*k).to_owned(), *v)), folder.path());
        let typed =
            typed("login", &flag.map(|flag| format!("--color={flag}")).iter().map(String::as_str).collect::<Vec<_>>());
        resolve(&Sources::load(typed, &environment)).color
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
