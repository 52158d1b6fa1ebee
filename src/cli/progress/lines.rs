//! Progress where there is no terminal: a line for each change of an org's state, and a summary now and then.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::time::Instant;

use super::board::why;
use crate::cli::format_duration::format_duration;
use crate::model::cause::CauseCode;
use crate::model::event::Event;
use crate::model::report::OrgStatus;

/// What was last told.
#[derive(Debug)]
pub(crate) struct Lines {
    started: Instant,
    /// Whether the log tells every event anyhow.
    logged: bool,
    total: usize,
    ready: usize,
    failed: usize,
    hub: Option<CauseCode>,
    answered: bool,
    /// Of each org that waits: what for.
    waiting: HashMap<usize, CauseCode>,
}

impl Lines {
    /// Nothing told yet.
    pub(super) fn new(started: Instant, logged: bool) -> Self {
        Self { started, logged, total: 0, ready: 0, failed: 0, hub: None, answered: false, waiting: HashMap::new() }
    }

    /// The line about an event that happened `now`, if it is a change.
    pub(super) fn note(&mut self, event: &Event, now: Instant) -> Option<String> {
        let news = match event {
            Event::Started { orgs } => {
                self.total = *orgs;
                // Nothing is known yet where the hub is to say which orgs.
                *orgs > 0
            }
            Event::HubAttempt { attempt, .. } => *attempt == 1,
            Event::HubWaiting { cause, .. } => self.hub.replace(cause.code) != Some(cause.code),
            Event::OrgCreating { index, .. } => self.is_news(*index, CauseCode::Creating),
            Event::OrgWaiting { index, cause, .. } => self.is_news(*index, cause.code),
            Event::OrgFinished { index, outcome } => {
                self.waiting.remove(index);
                match outcome.status {
                    OrgStatus::Ready | OrgStatus::Deleted | OrgStatus::Gone => self.ready += 1,
                    OrgStatus::Failed | OrgStatus::TimedOut | OrgStatus::Interrupted => self.failed += 1,
                }
                true
            }
            Event::HubReady { .. } | Event::OrgProvisioning { .. } => true,
            // Later answers are about orgs that wait, and told by what becomes of those.
            Event::HubAnswered { known, .. } => {
                self.total = self.total.max(*known);
                !std::mem::replace(&mut self.answered, true)
            }
            Event::HubQuery { .. }
            | Event::HubFailed { .. }
            | Event::OrgAttempt { .. }
            | Event::OrgChecking { .. }
            | Event::OrgStoring { .. }
            | Event::Warning { .. }
            | Event::Finished { .. } => false,
        };
        (news && !self.logged).then(|| self.stamped(&sentence(event), now))
    }

    fn is_news(&mut self, index: usize, code: CauseCode) -> bool {
        self.waiting.insert(index, code) != Some(code)
    }

    /// How things stand.
    pub(super) fn summary(&self, now: Instant) -> String {
        let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
        for code in self.waiting.values() {
            *codes.entry(code.as_str()).or_default() += 1;
        }
        let mut text = format!("{} of {} ready", self.ready, self.total);
        if self.failed > 0 {
            let _ = write!(text, ", {} not", self.failed);
        }
        if !codes.is_empty() {
            let codes: Vec<String> = codes.iter().map(|(code, count)| format!("{count} {code}")).collect();
            let _ = write!(text, ", {} waiting ({})", self.waiting.len(), codes.join(", "));
        }
        self.stamped(&text, now)
    }

    /// A line of ours begins with the time, never with foreign text.
    fn stamped(&self, text: &str, now: Instant) -> String {
        format!("[{}] {text}\n", format_duration(now.saturating_duration_since(self.started)))
    }
}

/// An event in words.
pub(crate) fn sentence(event: &Event) -> String {
    match event {
        Event::Started { orgs: 1 } => "1 org to log in to".to_owned(),
        Event::Started { orgs } => format!("{orgs} orgs to log in to"),
        Event::HubAttempt { username, host, attempt } => {
            format!("Dev Hub {username}: login at {host}, attempt {attempt}")
        }
        Event::HubWaiting { cause, next_in } => format!("Dev Hub: {cause}; next try in {}", format_duration(*next_in)),
        Event::HubReady { username, org_id, instance_url } => {
            format!("Dev Hub {username}: logged in to {org_id} at {instance_url}")
        }
        Event::HubQuery { asked: 0 } => "Dev Hub: asked which orgs there are".to_owned(),
        Event::HubQuery { asked: 1 } => "Dev Hub: asked about 1 org".to_owned(),
        Event::HubQuery { asked } => format!("Dev Hub: asked about {asked} orgs"),
        Event::HubFailed { cause } => format!("Dev Hub: could not be asked again: {cause}"),
        Event::HubAnswered { asked: 1, known: 1 } => "Dev Hub knows the org".to_owned(),
        Event::HubAnswered { asked, known } => format!("Dev Hub knows {known} of {asked} orgs"),
        Event::OrgCreating { username, next_in, .. } => {
            format!("{username}: still being created; the hub is asked again in {}", format_duration(*next_in))
        }
        Event::OrgAttempt { username, host, attempt, .. } => format!("{username}: login at {host}, attempt {attempt}"),
        Event::OrgChecking { username, .. } => format!("{username}: logged in; the token is checked"),
        Event::OrgProvisioning { username, .. } => format!("{username}: deploying settings"),
        Event::OrgStoring { username, .. } => format!("{username}: ready; it is handed over"),
        Event::OrgWaiting { username, cause, next_in, .. } => {
            let host = cause.host.as_ref().map(|host| format!(" ({host})")).unwrap_or_default();
            format!("{username}: {}{host}; next try in {}", why(cause), format_duration(*next_in))
        }
        Event::OrgFinished { outcome, .. } => {
            let ended = outcome.status.as_str().replace('_', " ");
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
        Event::Finished { summary } => format!("{} of {} orgs ready", summary.done, summary.total),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::cli::output::samples;
    use crate::model::org::OrgName;

    fn waiting(index: usize, code: CauseCode) -> Event {
        Event::OrgWaiting {
            index,
            username: OrgName::new("test-a@example.com").unwrap(),
            cause: samples::cause(code, samples::HOSTILE, ""),
            next_in: Duration::from_secs(3),
        }
    }

    #[test]
    fn a_change_is_told_and_a_repetition_is_not() {
        let start = Instant::now();
        let mut lines = Lines::new(start, false);
        assert!(lines.note(&waiting(0, CauseCode::NotReplicated), start).is_some());
        assert!(lines.note(&waiting(0, CauseCode::NotReplicated), start).is_none());
        assert!(lines.note(&waiting(0, CauseCode::Unreachable), start).is_some());
        assert!(lines.note(&waiting(1, CauseCode::Unreachable), start).is_some());
    }

    #[test]
    fn lines_begin_with_the_time_whatever_a_server_said() {
        let start = Instant::now();
        let mut lines = Lines::new(start, false);
        let line = lines.note(&waiting(0, CauseCode::NotReplicated), start + Duration::from_secs(12)).unwrap();
        assert!(line.starts_with("[12 s] test-a@example.com: not replicated: no <b>"), "{line}");
        assert!(line.ends_with("(x.scratch.my.salesforce.com); next try in 3.0 s\n"), "{line}");
    }

    #[test]
    fn the_summary_counts_what_is_waited_for() {
        let start = Instant::now();
        let mut lines = Lines::new(start, false);
        lines.note(&Event::Started { orgs: 60 }, start);
        lines.note(&waiting(1, CauseCode::Creating), start);
        lines.note(&waiting(2, CauseCode::NotReplicated), start);
        lines.note(&waiting(3, CauseCode::NotReplicated), start);
        let outcome = samples::all_ready().report().unwrap().orgs[0].clone();
        let line = lines.note(&Event::OrgFinished { index: 0, outcome }, start).unwrap();
        assert_eq!(line, "[0.00 s] test-a@example.com: ready (4 attempts, 6.1 s)\n");
        assert_eq!(
            lines.summary(start + Duration::from_secs(30)),
            "[30 s] 1 of 60 ready, 3 waiting (1 creating, 2 not_replicated)\n"
        );
    }
}
