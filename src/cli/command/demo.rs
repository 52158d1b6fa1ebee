//! `orgready demo`: the main job, unchanged, against the stand-in inside this process.

use std::collections::HashMap;

use tokio::time::Instant;

use super::batch::work_and_tell;
use super::session::{Session, show, within};
use super::simulate::refused;
use crate::cli::console::Streams;
use crate::cli::ending::{Ending, Exit, Failure};
use crate::cli::environment::Environment;
use crate::cli::format_duration::format_duration;
use crate::cli::job::Job;
use crate::cli::settings::setting::{CLIENT_ID, CONFIG, HUB_USERNAME, INSTANCE_URL, JWT_KEY_FILE, USERNAME, WAIT};
use crate::cli::settings::{OutputSettings, Sources, Typed};
use crate::model::report::{OrgOutcome, OrgStatus, Report};
use crate::simulator::{DEMO, Options, Scenario, Simulator};

/// Runs it.
pub(super) fn run(typed: Typed, started: Instant, streams: Streams) -> Result<Exit, Failure> {
    let scenario = Scenario::parse(DEMO).map_err(|error| Failure::internal(error.to_string()))?;
    let simulator = Simulator::start(scenario, Options::default()).map_err(|error| refused(&error))?;
    // No variable and no file of the user's counts, and nothing is written outside of the stand-in's folder.
    let variables = [
        ("SF_USE_GENERIC_UNIX_KEYCHAIN", "true"),
        (USERNAME.variable, &simulator.usernames().join(" ")),
        (HUB_USERNAME.variable, simulator.hub_username()),
        (CLIENT_ID.variable, simulator.client_id()),
        (JWT_KEY_FILE.variable, &simulator.jwt_key_file().to_string_lossy()),
        (INSTANCE_URL.variable, simulator.url()),
        // More than the slowest org of the scenario needs.
        (WAIT.variable, "18s"),
    ];
    let mut environment = Environment::of(variables, simulator.home());
    environment.started = started;
    let sources = Sources::load(typed.without(&CONFIG), &environment);
    Ok(within(sources, streams, |session| play(&simulator, session)))
}

/// Does the main job, and tells what was seen.
fn play(simulator: &Simulator, session: &Session<'_>) -> Exit {
    session.say("A Dev Hub and a dozen scratch orgs are played inside this process, on 127.0.0.1; nothing leaves it.");
    let mut ending = work_and_tell(Job::Login, session);
    let Some(report) = ending.report() else { return session.close(&mut ending) };
    let expected: HashMap<&str, &str> =
        simulator.expectations().iter().map(|(username, end)| (username.as_str(), end.as_str())).collect();
    let surprises = report.orgs.iter().filter_map(|org| {
        let expected = expected.get(org.name.as_str()).filter(|expected| **expected != end(org))?;
        Some(format!("{} was to end as {expected}, and ended as {}", org.name, end(org)))
    });
    let surprises: Vec<String> = surprises.collect();
    if !surprises.is_empty() {
        for surprise in &surprises {
            session.say(surprise);
        }
        return session.close(&mut ending);
    }
    let told = describe(report);
    let output = OutputSettings { quiet: true, ..session.output };
    let exit = show(&session.console, output, &Ending { failure: None, ..ending });
    told.lines().for_each(|line| session.say(line));
    exit
}

/// `ready`, or the code of the cause.
fn end(org: &OrgOutcome) -> &str {
    org.cause.as_ref().map_or(org.status.as_str(), |cause| cause.code.as_str())
}

/// What was seen.
fn describe(report: &Report) -> String {
    let (ready, others): (Vec<_>, Vec<_>) = report.orgs.iter().partition(|org| org.status == OrgStatus::Ready);
    let late = ready.iter().filter(|org| org.attempts > 1).count();
    let slowest = ready.iter().map(|org| org.waited).max().unwrap_or_default();
    let never: String = others
        .into_iter()
        .filter_map(|org| {
            Some(format!("- {} said the same, and never will be ready: {}\n", org.name, org.cause.as_ref()?.hint))
        })
        .collect();
    format!(
        "
What you saw:
- one login to the Dev Hub, one query about all orgs, and then a login for each
- {late} orgs said \"user hasn't approved this consumer\" at first and were asked again until they were replicated; the slowest took {}
{never}- each org that is ready was handed to the sf store of a temporary home, which is gone now

For a real hub:
orgready login -i CONSUMER_KEY -f server.key --hub-username USER ORG",
        format_duration(slowest)
    )
}
