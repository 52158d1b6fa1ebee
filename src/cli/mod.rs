//! The program: what was typed, what is needed, what is shown.

mod args;
mod console;
mod ending;
mod environment;
mod help;
mod log;
mod output;
mod progress;
mod settings;
mod span;

use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the program with these arguments, the first of which is its own name.
pub fn run(arguments: Vec<OsString>) -> ExitCode {
    let _ = arguments;
    ExitCode::SUCCESS
}
