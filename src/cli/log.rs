//! Logs on standard error: `--verbose`, `ORGREADY_LOG`, `--log-format`.

use serde::Serialize;
use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;

use super::console::{Console, LogFormat};
use super::environment::Environment;
use super::output::json;
use super::problem::Problem;
use super::progress::lines;
use super::settings::value::check_variable;
use super::settings::variables::LOG_FILTER as FILTER;
use crate::model::clock::Clock;
use crate::model::event::{Event, Observer};

/// The target of events, for filters.
const EVENTS: &str = "orgready::model::event";

/// Starts the logs. `ORGREADY_LOG` wins over `verbose`.
pub(crate) fn start(console: &Console, verbose: bool, quiet: bool, environment: &Environment) -> Result<(), Problem> {
    let filter = match environment.text(FILTER) {
        Some(text) => check_variable(FILTER, &text).and(text.parse::<Targets>().map_err(|error| {
            let shown = crate::model::untrusted::sanitize_line(&error.to_string(), 120);
            Problem::new(format!("{FILTER}: not a filter: {shown}"))
                .with_action("write something like ORGREADY_LOG=debug or ORGREADY_LOG=orgready=trace")
        }))?,
        None if verbose => own_targets_at(LevelFilter::DEBUG),
        // A log of JSON objects stands in for the lines of progress, which are for people.
        None if console.log_format == LogFormat::Json && !quiet => own_targets_at(LevelFilter::INFO),
        None => own_targets_at(LevelFilter::WARN),
    };
    let writer = console.clone();
    let log = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .with_ansi(console.streams.colour_err);
    // Only the first subscriber of a process counts; tests start several.
    let _ = match console.log_format {
        LogFormat::Text => tracing::subscriber::set_global_default(log.finish().with(filter)),
        LogFormat::Json => {
            tracing::subscriber::set_global_default(log.json().flatten_event(true).finish().with(filter))
        }
    };
    Ok(())
}

/// What this crate says, down to `level`; nothing of its dependencies.
fn own_targets_at(level: LevelFilter) -> Targets {
    Targets::new().with_target("orgready", level)
}

/// Logs every event: as text for debugging, as one object each in JSON. A warning is told by the console besides.
#[derive(Debug)]
pub(crate) struct EventLog(pub(crate) Console);

/// An event in the JSON log, with the fields that every entry has.
#[derive(Serialize)]
struct Entry<'a> {
    timestamp: jiff::Timestamp,
    level: &'static str,
    target: &'static str,
    #[serde(flatten)]
    event: &'a Event,
}

impl Observer for EventLog {
    fn observe(&self, event: &Event) {
        if let Event::Warning { message } = event {
            self.0.warn(message);
        }
        match self.0.log_format {
            LogFormat::Text => {
                if tracing::enabled!(target: EVENTS, Level::DEBUG) {
                    tracing::debug!(target: EVENTS, "{}", lines::sentence(event));
                }
            }
            LogFormat::Json => {
                // The console tells a warning in this form already.
                if matches!(event, Event::Warning { .. }) || !tracing::enabled!(target: EVENTS, Level::INFO) {
                    return;
                }
                let entry = Entry { timestamp: Clock::system().now(), level: "INFO", target: EVENTS, event };
                if let Ok(line) = json::line(&entry) {
                    self.0.err(&line);
                }
            }
        }
    }
}
