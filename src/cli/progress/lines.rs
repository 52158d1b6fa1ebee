//! What is told where there is no terminal, a line each.

use crate::cli::format_duration::format_duration;
use crate::cli::job::orgs;
use crate::model::cause::Cause;
use crate::model::event::Event;

/// An event in words.
pub(crate) fn sentence(event: &Event) -> String {
    match event {
        Event::Started { orgs: count } => format!("{} asked for", orgs(*count)),
        Event::HubAttempt { username, host, attempt } => {
            format!("Dev Hub {username}: login at {host}, attempt {attempt}")
        }
        Event::HubWaiting { cause, next_in } => format!("Dev Hub: {cause}; next try in {}", format_duration(*next_in)),
        Event::HubReady { username, org_id, instance_url } => {
            format!("Dev Hub {username}: logged in to {org_id} at {instance_url}")
        }
        Event::HubQuery { asked: 0 } => "Dev Hub: asked which orgs there are".to_owned(),
        Event::HubQuery { asked } => format!("Dev Hub: asked about {}", orgs(*asked)),
        Event::HubFailed { cause } => format!("Dev Hub: could not be asked again: {cause}"),
        Event::HubAnswered { asked: 1, known: 1 } => "Dev Hub knows the org".to_owned(),
        Event::HubAnswered { asked, known } => format!("Dev Hub knows {known} of {asked} orgs"),
        Event::OrgCreating { username, next_in, .. } => {
            format!("{username}: still being created; the hub is asked again in {}", format_duration(*next_in))
        }
        Event::OrgAttempt { username, host, attempt, .. } => format!("{username}: login at {host}, attempt {attempt}"),
        Event::OrgChecking { username, .. } => format!("{username}: logged in; the token is checked"),
        Event::OrgProvisioning { username, .. } => format!("{username}: deploying settings"),
        Event::OrgDeleting { username, .. } => format!("{username}: deleting"),
        Event::OrgStoring { username, .. } => format!("{username}: ready; it is handed over"),
        Event::OrgWaiting { username, cause, next_in, .. } => {
            let host = cause.host.as_ref().map(|host| format!(" ({host})")).unwrap_or_default();
            format!("{username}: {}{host}; next try in {}", why(cause), format_duration(*next_in))
        }
        Event::OrgFinished { outcome, .. } => {
            let ended = outcome.status.in_words();
            let attempts = match outcome.attempts {
                0 => String::new(),
                1 => "1 attempt, ".to_owned(),
                attempts => format!("{attempts} attempts, "),
            };
            let effort = format!("{attempts}{}", format_duration(outcome.waited));
            match &outcome.cause {
                None => format!("{}: {ended} ({effort})", outcome.name),
                Some(cause) => format!("{}: {ended} ({effort}): {cause}", outcome.name),
            }
        }
        Event::Warning { message } => format!("warning: {message}"),
        Event::Finished { summary } => format!("{} of {} orgs done", summary.done, summary.total),
    }
}

/// Why something waits, in a few words.
pub(crate) fn why(cause: &Cause) -> String {
    let code = cause.code.in_words();
    match cause.words() {
        Some(words) => format!("{code}: {words}"),
        None => code,
    }
}
