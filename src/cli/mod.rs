//! The program: what was typed, what is needed, what is shown.
//!
//! Each layer knows the one below it alone: `args` (what was typed), `settings` (what is needed, with where it came
//! from), `command` (what is done), `output` (what is shown). Nothing below this module reads the environment.

mod args;
mod ci;
mod command;
mod console;
mod diagnosis;
mod ending;
mod environment;
mod format_duration;
mod help;
mod inert;
mod job;
mod log;
mod output;
mod problem;
mod progress;
mod settings;
mod signals;
mod stream;
mod suggestion;
mod usage;
mod wrap;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use console::Streams;
use ending::Failure;
use environment::Environment;

/// Runs the program with these arguments, the first of which is its own name.
pub fn run(arguments: Vec<OsString>) -> ExitCode {
    let environment = Environment::of_process();
    let color = usage::color(&arguments, &environment);
    let streams = Streams::of_process(&environment).colored(color);
    let json = usage::json_was_asked_for(&arguments, &environment);
    let exit = catch_unwind(AssertUnwindSafe(|| match args::parse(arguments, color) {
        Ok((name, matches)) => command::run(&name, &matches, json, &environment, streams),
        Err(error) => usage::show_clap(&error, json, streams),
    }));
    // What a panic has to say is on standard error already.
    let exit = exit.unwrap_or_else(|_| {
        let failure = Failure::internal("orgready has a fault and stopped");
        command::end(failure, json, streams)
    });
    let _ = stream::ERROR.finish();
    ExitCode::from(exit.code())
}
