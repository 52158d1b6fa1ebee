//! `orgready demo`: the main job, unchanged, against the stand-in inside this process.

use std::collections::HashMap;

use super::Surroundings;
use super::login::log_in_and_tell;
use super::session::Session;
use super::simulate::refused;
use crate::cli::args::{DemoArgs, HubConnection, LoginArgs, OrgArgs, Waiting};
use crate::cli::ending::{Ending, Exit, Failure};
use crate::cli::environment::Environment;
use crate::cli::format_duration::format_duration;
use crate::cli::settings::login;
use crate::cli::settings::sources::Typed;
use crate::model::report::{OrgOutcome, OrgStatus, Report};
use crate::simulator::{DEMO, Options, Scenario, Simulator};

/// More than the slowest org of the scenario needs.
const WAIT: &str = "18s";

/// Runs it.
pub(crate) fn run(arguments: DemoArgs, json: bool, surroundings: &Surroundings) -> Result<Exit, Failure> {
    let scenario = Scenario::parse(DEMO).map_err(|error| Failure::internal(error.to_string()))?;
    let simulator = Simulator::start(scenario, Options::default()).map_err(|error| refused(&error))?;
    // No variable and no file of the user's counts, and nothing is written outside of the stand-in's folder.
    let surroundings = Surroundings {
        environment: Environment::of([("SF_USE_GENERIC_UNIX_KEYCHAIN", "true")], simulator.home()),
        ..*surroundings
    };
    let arguments = LoginArgs {
        orgs: OrgArgs { username: simulator.usernames(), ..OrgArgs::default() },
        hub: HubConnection {
            hub_username: Some(simulator.hub_username().to_owned()),
            client_id: Some(simulator.client_id().to_owned()),
            jwt_key_file: Some(simulator.jwt_key_file().to_string_lossy().into_owned()),
            instance_url: Some(simulator.url().to_owned()),
            ..HubConnection::default()
        },
        waiting: Waiting { wait: Some(WAIT.to_owned()), ..Waiting::default() },
        output: arguments.output,
        ..LoginArgs::default()
    };
    let session = match Session::open(Typed::of(&arguments), json, None, &surroundings) {
        Ok(session) => session,
        Err(exit) => return Ok(exit),
    };
    session.say("A Dev Hub and a dozen scratch orgs are played inside this process, on 127.0.0.1; nothing leaves it.");
    let resolved = login::login(&session.sources, surroundings.started, false);
    let ending = log_in_and_tell(resolved, &session, &surroundings);
    let Some(report) = ending.report() else { return Ok(session.close(&ending)) };
    let expected: HashMap<&str, &str> =
        simulator.expectations().iter().map(|(username, end)| (username.as_str(), end.as_str())).collect();
    let surprises: Vec<&OrgOutcome> = report
        .orgs
        .iter()
        .filter(|org| expected.get(org.name.as_str()).is_some_and(|expected| *expected != end(org)))
        .collect();
    if !surprises.is_empty() {
        for org in surprises {
            session.say(&format!(
                "{} was to end as {}, and ended as {}",
                org.name,
                expected[org.name.as_str()],
                end(org)
            ));
        }
        return Ok(session.close(&ending));
    }
    let told = told(report);
    let exit = session.close_well(&Ending { failure: None, ..ending });
    for line in told {
        session.say(&line);
    }
    Ok(exit)
}

/// `ready`, or the code of the cause.
fn end(org: &OrgOutcome) -> &str {
    org.cause.as_ref().map_or(org.status.as_str(), |cause| cause.code.as_str())
}

/// What was seen.
fn told(report: &Report) -> Vec<String> {
    let ready = |org: &&OrgOutcome| org.status == OrgStatus::Ready;
    let late = report.orgs.iter().filter(ready).filter(|org| org.attempts > 1).count();
    let slowest = report.orgs.iter().filter(ready).max_by_key(|org| org.waited);
    let mut lines = vec![String::new(), "What you saw:".to_owned()];
    lines.push("- one login to the Dev Hub, one query about all orgs, and then a login for each".to_owned());
    if let Some(slowest) = slowest {
        lines.push(format!(
            "- {late} orgs said \"user hasn't approved this consumer\" at first and were asked again until they were \
             replicated; the slowest took {}",
            format_duration(slowest.waited)
        ));
    }
    for org in report.orgs.iter().filter(|org| org.status != OrgStatus::Ready) {
        let Some(cause) = &org.cause else { continue };
        lines.push(format!("- {} said the same, and never will be ready: {}", org.name, cause.hint));
    }
    lines.push("- each org that is ready was handed to the sf store of a temporary home, which is gone now".to_owned());
    lines.push(String::new());
    lines.push("For a real hub:".to_owned());
    lines.push("orgready login -i CONSUMER_KEY -f server.key --hub-username USER ORG".to_owned());
    lines
}
