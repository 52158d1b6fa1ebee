//! How the program speaks: known first, so that everything after it can be told in the right form.

use super::keys::{JSON, LOG_FORMAT, QUIET, VERBOSE};
use super::problem::{Problem, Problems};
use super::sources::Sources;
use crate::cli::console::LogFormat;

/// How the program speaks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OutputSettings {
    /// One JSON document on standard output.
    pub(crate) json: bool,
    /// Only warnings and errors on standard error.
    pub(crate) quiet: bool,
    /// Every step on standard error.
    pub(crate) verbose: bool,
    /// The form of the log.
    pub(crate) log_format: LogFormat,
}

/// Reads them.
pub(crate) fn resolve(sources: &Sources<'_>, problems: &mut Problems) -> OutputSettings {
    let mut switch = |setting| problems.take(sources.switch(setting)).is_some_and(|switch| switch.value);
    let (json, quiet, verbose) = (switch(&JSON), switch(&QUIET), switch(&VERBOSE));
    let log_format = sources.text(&LOG_FORMAT).map_or(Ok(LogFormat::Text), |text| match text.value.as_str() {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        other => {
            let other = crate::model::untrusted::sanitize_line(other, 40);
            Err(Problem::new(format!("{}: \"{other}\" is no form of a log", text.origin))
                .with_action("write text or json"))
        }
    });
    let log_format = problems.take(log_format).unwrap_or(LogFormat::Text);
    OutputSettings { json, quiet, verbose, log_format }
}
