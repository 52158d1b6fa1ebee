//! `orgready simulate`: the stand-in for Salesforce, until a signal comes.

use std::error::Error;
use std::io::IsTerminal;

use clap::{ArgMatches, FromArgMatches};
use serde_json::json;

use super::session::block_on;
use crate::cli::args::SimulateArgs;
use crate::cli::console::{Console, LogFormat, Streams};
use crate::cli::ending::{Exit, Failure};
use crate::cli::environment::Environment;
use crate::cli::log;
use crate::cli::output::json;
use crate::cli::problem::Problem;
use crate::cli::signals::Signals;
use crate::files::Reading;
use crate::simulator::{DelayRange, Options, Scenario, Simulator, SimulatorError};

/// Runs it. To be ended by a signal is how it ends well.
pub(super) fn run(matches: &ArgMatches, environment: &Environment, streams: Streams) -> Result<Exit, Failure> {
    let arguments = SimulateArgs::from_arg_matches(matches).map_err(|error| Failure::internal(error.to_string()))?;
    let console = Console::new(streams, LogFormat::Text);
    log::start(&console, false, false, environment)?;
    let scenario = scenario(&arguments)?;
    let options = Options {
        tls: arguments.tls,
        port: arguments.port.unwrap_or(0),
        directory: arguments.directory.map(|directory| environment.folder().join(directory)),
    };
    let signals =
        Signals::listen(|_| {}).map_err(|error| Failure::internal(format!("no signal can be heard: {error}")))?;
    let simulator = Simulator::start(scenario, options).map_err(|error| refused(&error))?;
    // What a script needs to go on from here.
    let line = json!({
        "url": simulator.url(),
        "hubUsername": simulator.hub_username(),
        "clientId": simulator.client_id(),
        "jwtKeyFile": simulator.jwt_key_file(),
        "certificateFile": simulator.certificate_file(),
        "caCertificateFile": simulator.ca_certificate_file(),
        "usernames": simulator.usernames(),
        "home": simulator.home(),
    });
    let line = json::line(&line).map_err(|error| Failure::internal(error.to_string()))?;
    console.out(&line).map_err(|error| Failure::internal(format!("standard output: {error}")))?;
    // Whoever started it by hand sees one line of JSON and a program that does not end.
    if std::io::stderr().is_terminal() {
        let orgs = simulator.usernames().len();
        console.info(&format!("A stand-in for Salesforce: a Dev Hub and {orgs} scratch orgs, on 127.0.0.1 alone."));
        console.info(&format!(
            "It runs until Ctrl-C (or kill {}). How to use it: orgready simulate --help",
            std::process::id()
        ));
    }
    block_on(signals.stop().cancelled())?;
    Ok(Exit::Success)
}

fn scenario(arguments: &SimulateArgs) -> Result<Scenario, Problem> {
    let wrong = |flag: &str, error: &dyn std::fmt::Display| Problem::new(format!("{flag}: {error}"));
    if let Some(path) = &arguments.scenario {
        let shown = format!("--scenario {}", path.display());
        let text = Reading::NAMED.text(path).map_err(|error| wrong(&shown, &error.reason))?;
        return Scenario::parse(&text).map_err(|error| wrong(&shown, &error));
    }
    let delays: DelayRange =
        arguments.replication_delay.parse().map_err(|error| wrong("--replication-delay", &error))?;
    let orgs = usize::try_from(arguments.orgs).unwrap_or(usize::MAX);
    Scenario::generate(orgs, delays).map_err(|error| wrong("--orgs", &error))
}

/// The stand-in cannot be served as it was asked for.
pub(super) fn refused(error: &SimulatorError) -> Failure {
    let reasons = std::iter::successors(Some(error as &(dyn Error + 'static)), |&reason| reason.source());
    Problem::new(reasons.map(ToString::to_string).collect::<Vec<_>>().join(": ")).into()
}
