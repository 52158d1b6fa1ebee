//! Usage errors: clap's own words for people, sf's envelope where JSON was asked for.

use std::borrow::Cow;
use std::ffi::OsString;

use clap::error::ErrorKind;

use super::command::end;
use super::console::{Color, Streams};
use super::ending::{Exit, Failure};
use super::environment::Environment;
use super::problem::{MOVE_KEY, Problem};
use super::settings::sources::wants_json;
use crate::model::redact;

/// Whether there are colours, before anything is parsed.
pub(crate) fn color(arguments: &[OsString], environment: &Environment) -> Color {
    let typed: Vec<&str> = flags(arguments).filter_map(|argument| argument.to_str()).collect();
    let values = typed.iter().filter_map(|flag| flag.strip_prefix("--color="));
    let typed = values.chain(typed.windows(2).filter(|two| two[0] == "--color").map(|two| two[1])).last();
    let usual = if environment.raw("NO_COLOR").is_some() { Color::Never } else { Color::Auto };
    let named = |name| Color::NAMES.iter().find(|(known, _)| *known == name).map(|(_, color)| *color);
    typed.and_then(named).unwrap_or(usual)
}

/// What was typed before `--`.
fn flags(arguments: &[OsString]) -> impl Iterator<Item = &OsString> {
    arguments.iter().skip(1).take_while(|argument| *argument != "--")
}

/// Whether the answer is to be JSON, before anything is parsed.
pub(crate) fn json_was_asked_for(arguments: &[OsString], environment: &Environment) -> bool {
    let typed = flags(arguments).any(|argument| argument == "--json");
    typed || environment.text("SF_CONTENT_TYPE").is_some_and(|word| wants_json(&word))
}

/// Shows help, the version, or what is wrong with the arguments.
pub(crate) fn show_clap(error: &clap::Error, json: bool, streams: Streams) -> Exit {
    let is_help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if !is_help && (json || holds_a_key(error)) {
        return end(failure(error), json, streams);
    }
    // A reader that went away is no error.
    let _ = error.print();
    if is_help { Exit::Success } else { Exit::Settings }
}

/// Whether the message quotes a private key: what should be a path or a consumer key is one.
fn holds_a_key(error: &clap::Error) -> bool {
    matches!(redact::redact(&error.render().to_string()), Cow::Owned(_))
}

/// Clap's message: its first line, its tips as actions.
fn failure(error: &clap::Error) -> Failure {
    if holds_a_key(error) {
        let problem = Problem::new("an argument holds a key itself, where every user of this machine can see it");
        return problem.with_action(MOVE_KEY).into();
    }
    let text = error.render().to_string();
    let line = |line: &str| crate::model::untrusted::sanitize_line(line, 300);
    let message = text.split("\n\n").next().unwrap_or_default().trim_start_matches("error: ");
    let tip = text.lines().find_map(|line| line.trim().strip_prefix("tip: "));
    let action = tip.map_or_else(|| "run orgready --help".to_owned(), line);
    Problem::new(line(message)).with_action(action).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::parse;

    fn failed(line: &[&str]) -> Failure {
        failure(&parse(line.iter().map(OsString::from).collect(), Color::Never).unwrap_err())
    }

    #[test]
    fn an_unknown_flag_is_told_with_the_nearest() {
        let failure = failed(&["orgready", "login", "--wiat", "5m"]);
        assert_eq!(failure.message, "unexpected argument '--wiat' found");
        assert_eq!(failure.actions, ["a similar argument exists: '--wait'"]);
        assert_eq!(failed(&["orgready", "lgoin"]).actions, ["a similar subcommand exists: 'login'"]);
        assert!(failed(&["orgready", "completions", "bsh"]).message.contains("bsh"));
    }

    #[test]
    fn a_key_among_the_arguments_is_not_shown() {
        let key = "-----BEGIN PRIVATE KEY-----\nMIIsecret\n-----END PRIVATE KEY-----\n";
        let packed = "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1JSXNlY3JldAo=";
        for line in [
            ["orgready", "login", "-f", key],
            ["orgready", "login", "x@y.z", key],
            ["orgready", "simulate", "--orgs", packed],
        ] {
            let failure = failed(&line);
            assert!(
                failure.message.starts_with("an argument holds a key itself")
                    && !["MII", "LS0t"].iter().any(|part| format!("{failure:?}").contains(part))
            );
        }
    }

    #[test]
    fn json_is_seen_before_anything_is_parsed() {
        let asked = |line: &[&str], variable: &str| {
            let environment = Environment::of([("SF_CONTENT_TYPE", variable)], std::path::Path::new("/"));
            json_was_asked_for(&line.iter().map(OsString::from).collect::<Vec<_>>(), &environment)
        };
        assert!(asked(&["orgready", "login", "--wiat", "--json"], ""));
        assert!(asked(&["orgready", "login"], "JSON"));
        assert!(!asked(&["orgready", "login", "--", "--json"], ""));
    }
}
