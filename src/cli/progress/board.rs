//! What is known of a run while it goes on, and how a terminal's few lines tell it.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::time::{Duration, Instant};

use super::lines::why;
use crate::cli::format_duration::format_duration;
use crate::model::cause::CauseCode;
use crate::model::event::Event;
use crate::model::report::OrgStatus;

/// How many waiting orgs have a line.
pub(super) const LINES: usize = 10;

/// The state of a run.
#[derive(Debug)]
pub(super) struct Board {
    started: Instant,
    /// How long the run may take in all.
    wait: Duration,
    phase: String,
    /// What the hub is waited for.
    hub: Option<CauseCode>,
    /// Whether the hub has told which orgs there are.
    answered: bool,
    total: Option<usize>,
    ready: usize,
    /// What an org is that is done.
    word: &'static str,
    failed: usize,
    late: usize,
    waiting: HashMap<usize, Waiting>,
}

/// One org that was not ready when it was last asked.
#[derive(Debug)]
struct Waiting {
    name: String,
    /// Nothing once it is logged in, and gets its settings.
    code: Option<CauseCode>,
    why: String,
    since: Instant,
    /// When it is asked next; nothing while it is being asked.
    next: Option<Instant>,
}

impl Board {
    /// Nothing known yet.
    pub(super) fn new(started: Instant, wait: Duration) -> Self {
        let (phase, waiting) = ("starting".to_owned(), HashMap::new());
        let (hub, answered, total) = (None, false, None);
        Self { started, wait, phase, hub, answered, total, ready: 0, word: "ready", failed: 0, late: 0, waiting }
    }

    /// Takes note of an event that happened `now`; whether it is a change that is worth a line.
    pub(super) fn note(&mut self, event: &Event, now: Instant) -> bool {
        match event {
            Event::Started { orgs } => {
                self.total = Some(*orgs);
                // Nothing is known yet where the hub is to say which orgs.
                *orgs > 0
            }
            Event::HubAttempt { username, host, attempt } => {
                self.phase = format!("logging in to the Dev Hub {username} at {host}");
                *attempt == 1
            }
            Event::HubWaiting { cause, next_in } => {
                self.phase = format!("Dev Hub: {}; asked again in {}", why(cause), format_duration(*next_in));
                self.hub.replace(cause.code) != Some(cause.code)
            }
            Event::HubReady { .. } => {
                "asking the Dev Hub about the orgs".clone_into(&mut self.phase);
                true
            }
            Event::HubAnswered { known, .. } => {
                self.phase.clear();
                self.total = self.total.max(Some(*known));
                // Later answers are about orgs that wait, and told by what becomes of those.
                !std::mem::replace(&mut self.answered, true)
            }
            Event::OrgCreating { index, username, next_in } => {
                let (code, next) = (Some(CauseCode::Creating), Some(now + *next_in));
                let why = "still being created".to_owned();
                self.wait(*index, Waiting { name: username.to_string(), code, why, since: now, next })
            }
            Event::OrgWaiting { index, username, cause, next_in } => {
                let (code, next) = (Some(cause.code), Some(now + *next_in));
                self.wait(*index, Waiting { name: username.to_string(), code, why: why(cause), since: now, next })
            }
            Event::OrgProvisioning { index, username } => {
                let (name, why) = (username.to_string(), "deploying settings".to_owned());
                self.wait(*index, Waiting { name, code: None, why, since: now, next: None })
            }
            Event::OrgDeleting { index, username } => {
                self.word = "deleted";
                let (name, why) = (username.to_string(), "deleting".to_owned());
                self.wait(*index, Waiting { name, code: None, why, since: now, next: None });
                // Its outcome is worth a line, and comes soon.
                false
            }
            Event::OrgAttempt { index, .. } => {
                self.waiting.get_mut(index).into_iter().for_each(|waiting| waiting.next = None);
                false
            }
            Event::OrgFinished { index, outcome } => {
                self.waiting.remove(index);
                *match outcome.status {
                    OrgStatus::Ready | OrgStatus::Deleted | OrgStatus::Gone => &mut self.ready,
                    OrgStatus::Failed => &mut self.failed,
                    OrgStatus::TimedOut | OrgStatus::Interrupted => &mut self.late,
                } += 1;
                true
            }
            Event::HubQuery { .. }
            | Event::HubFailed { .. }
            | Event::OrgChecking { .. }
            | Event::OrgStoring { .. }
            | Event::Warning { .. }
            | Event::Finished { .. } => false,
        }
    }

    /// An org is not done. Whether it waits for something else than before.
    fn wait(&mut self, index: usize, mut waiting: Waiting) -> bool {
        // How long it waits is counted anew from when it is logged in.
        let before = self.waiting.remove(&index).filter(|_| waiting.code.is_some());
        waiting.since = before.as_ref().map_or(waiting.since, |before| before.since);
        let is_news = before.is_none_or(|before| before.code != waiting.code);
        self.waiting.insert(index, waiting);
        is_news
    }

    /// The time since the process began.
    pub(super) fn elapsed(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.started)
    }

    /// How things stand, in a line.
    pub(super) fn summary(&self) -> String {
        let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
        for waiting in self.waiting.values() {
            *codes.entry(waiting.code.map_or(waiting.why.as_str(), |code| code.as_str())).or_default() += 1;
        }
        let mut text = format!("{} of {} {}", self.ready, self.done().1, self.word);
        if let not @ 1.. = self.failed + self.late {
            let _ = write!(text, ", {not} not");
        }
        if !codes.is_empty() {
            let codes: Vec<String> = codes.iter().map(|(code, count)| format!("{count} {code}")).collect();
            let _ = write!(text, ", {} waiting ({})", self.waiting.len(), codes.join(", "));
        }
        text
    }

    /// How many orgs are done, and how many there are.
    pub(super) fn done(&self) -> (usize, usize) {
        let done = self.ready + self.failed + self.late;
        (done, self.total.unwrap_or(0).max(done))
    }

    /// How many orgs failed.
    pub(super) fn failed(&self) -> usize {
        self.failed
    }

    /// The line of the whole run.
    pub(super) fn headline(&self, now: Instant) -> String {
        let mut elapsed = ticks(self.elapsed(now));
        if !self.wait.is_zero() {
            let _ = write!(elapsed, " of {}", ticks(self.wait));
        }
        let Some(total) = self.total.filter(|_| self.phase.is_empty() || self.done().0 > 0) else {
            return format!("{} · {elapsed}", self.phase);
        };
        let mut text = format!("{} of {total} {}", self.ready, self.word);
        let busy = self.waiting.values().filter(|waiting| waiting.code.is_none()).count();
        let busy_with = if self.word == "deleted" { "being deleted" } else { "deploying settings" };
        for (count, what) in [
            (self.failed, "failed"),
            (self.late, "not done in time"),
            (self.waiting.len() - busy, "waiting"),
            (busy, busy_with),
        ] {
            if count > 0 {
                let _ = write!(text, " · {count} {what}");
            }
        }
        format!("{text} · {elapsed}")
    }

    /// The lines of orgs that wait: those that are asked soonest, and how many more there are.
    pub(super) fn lines(&self, now: Instant) -> Vec<String> {
        let mut soonest: Vec<(Option<Instant>, usize)> =
            self.waiting.iter().map(|(index, waiting)| (waiting.next, *index)).collect();
        if soonest.len() > LINES {
            soonest.select_nth_unstable(LINES);
            soonest.truncate(LINES);
        }
        soonest.sort_unstable();
        let mut lines: Vec<String> = soonest
            .iter()
            .filter_map(|(_, index)| self.waiting.get(index))
            .map(|waiting| {
                let since = ticks(now.saturating_duration_since(waiting.since));
                if waiting.code.is_none() {
                    return format!("{} · {since} · {}", waiting.name, waiting.why);
                }
                let next = match waiting.next.map(|next| next.saturating_duration_since(now)) {
                    None | Some(Duration::ZERO) => "trying now".to_owned(),
                    // Rounded up: what is to come in half a second does not come in 0 s.
                    Some(left) => format!("next try in {}", ticks(left + Duration::from_millis(999))),
                };
                // What may be cut off at the edge of the terminal comes last.
                format!("{} · waiting {since} · {next} · {}", waiting.name, waiting.why)
            })
            .collect();
        if let more @ 1.. = self.waiting.len().saturating_sub(LINES) {
            lines.push(format!("and {more} more"));
        }
        lines
    }
}

/// A span that is shown while it runs: in whole seconds, so that it does not flicker.
fn ticks(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds => format_duration(Duration::from_secs(seconds)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::tests::samples;
    use crate::model::cause::CauseCode;
    use crate::model::org::OrgName;

    const WAIT: Duration = Duration::from_secs(600);

    fn waiting(index: usize, seconds: u64) -> Event {
        Event::OrgWaiting {
            index,
            username: OrgName::new(&format!("test-{index}@example.com")).unwrap(),
            cause: samples::cause(CauseCode::NotReplicated, "user hasn't approved this consumer", ""),
            next_in: Duration::from_secs(seconds),
        }
    }

    fn attempt(index: usize) -> Event {
        Event::OrgAttempt {
            index,
            username: OrgName::new(&format!("test-{index}@example.com")).unwrap(),
            host: "x".to_owned(),
            attempt: 2,
        }
    }

    #[test]
    fn an_org_that_waits_says_what_for_since_when_and_when_next() {
        let start = Instant::now();
        let mut board = Board::new(start, WAIT);
        board.note(&Event::Started { orgs: 2 }, start);
        board.note(&Event::HubAnswered { asked: 2, known: 2 }, start);
        board.note(&waiting(0, 3), start + Duration::from_secs(1));
        board.note(&waiting(0, 5), start + Duration::from_secs(4));
        let now = start + Duration::from_secs(6);
        assert_eq!(
            board.lines(now),
            ["test-0@example.com · waiting 5 s · next try in 3 s · not replicated: user hasn't approved this consumer"]
        );
        assert_eq!(board.headline(now), "0 of 2 ready · 1 waiting · 6 s of 10 min");
        board.note(&attempt(0), now);
        assert!(board.lines(now)[0].contains("· trying now ·"));
    }

    #[test]
    fn an_org_that_gets_its_settings_is_told_apart_from_those_that_wait() {
        let start = Instant::now();
        let mut board = Board::new(start, Duration::ZERO);
        board.note(&Event::Started { orgs: 1 }, start);
        board.note(&Event::HubAnswered { asked: 1, known: 1 }, start);
        board.note(&waiting(0, 1), start);
        let username = OrgName::new("test-0@example.com").unwrap();
        board.note(&Event::OrgProvisioning { index: 0, username }, start + Duration::from_secs(2));
        let now = start + Duration::from_secs(6);
        assert_eq!(board.lines(now), ["test-0@example.com · 4 s · deploying settings"]);
        assert_eq!(board.headline(now), "0 of 1 ready · 1 deploying settings · 6 s");
    }

    #[test]
    fn at_most_ten_orgs_have_a_line_those_that_are_asked_soonest() {
        let start = Instant::now();
        let mut board = Board::new(start, WAIT);
        board.note(&Event::Started { orgs: 25 }, start);
        for index in 0..25 {
            board.note(&waiting(index, 100 - index as u64), start);
        }
        let lines = board.lines(start);
        assert_eq!(lines.len(), 11);
        assert!(lines[0].starts_with("test-24@") && lines[9].starts_with("test-15@"), "{lines:?}");
        assert_eq!(lines[10], "and 15 more");
    }

    #[test]
    fn an_org_that_is_done_is_counted_and_has_no_line() {
        let start = Instant::now();
        let mut board = Board::new(start, WAIT);
        board.note(&Event::Started { orgs: 4 }, start);
        board.note(&waiting(0, 1), start);
        for (index, outcome) in samples::some_failed().report().unwrap().orgs.iter().cloned().enumerate() {
            board.note(&Event::OrgFinished { index, outcome }, start);
        }
        assert!(board.lines(start).is_empty());
        assert_eq!(board.headline(start), "1 of 4 ready · 2 failed · 1 not done in time · 0 s of 10 min");
        assert_eq!(board.done(), (4, 4));
    }
}
