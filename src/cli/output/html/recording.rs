//! What the picture is drawn from: the events of a run, each with its time, folded into a line of steps for each org.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::model::cause::Cause;
use crate::model::clock::Clock;
use crate::model::event::Event;
use crate::model::report::OrgOutcome;

/// Most steps that are kept of one line; of a longer one the middle goes.
const STEPS_MAX: usize = 512;

/// Most causes that are kept with the server's words; further ones are kept by what to do about them.
const CAUSES_MAX: usize = 500;

/// What goes on with an org, or the hub, from an instant on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing.
    Idle,
    /// The hub still makes the org.
    Creating,
    /// A token request is under way.
    Login,
    /// The token is being checked.
    Check,
    /// The org is handed over.
    HandOver,
    /// The settings of its definition are deployed.
    Settings,
    /// The hub is asked to delete it.
    Deleting,
    /// The hub is asked about orgs.
    Query,
    /// It waits to be asked again, for the cause of this place in [`Recording::causes`].
    Waiting(usize),
}

impl Step {
    /// The names of those that are no waiting; each is told by its place here.
    pub(super) const NAMES: [&'static str; 8] =
        ["idle", "creating", "login", "check", "handover", "query", "settings", "deleting"];

    /// Its place in [`Self::NAMES`]; from there on the causes are counted.
    pub(super) fn code(self) -> usize {
        let others = [
            Self::Idle,
            Self::Creating,
            Self::Login,
            Self::Check,
            Self::HandOver,
            Self::Query,
            Self::Settings,
            Self::Deleting,
        ];
        match self {
            Self::Waiting(cause) => others.len() + cause,
            _ => others.iter().position(|step| *step == self).unwrap_or_default(),
        }
    }
}

/// Steps in the order of time, each from its instant to the next.
#[derive(Debug, Default)]
pub(super) struct Line(pub(super) Vec<(Duration, Step)>);

impl Line {
    fn enter(&mut self, step: Step, at: Duration) {
        // The hub says so each time that it is asked.
        if step == Step::Creating && self.0.last().is_some_and(|(_, last)| *last == step) {
            return;
        }
        if self.0.len() >= STEPS_MAX {
            self.0.drain(STEPS_MAX / 2..STEPS_MAX / 2 + 2);
        }
        self.0.push((at, step));
    }
}

/// One org.
#[derive(Debug, Default)]
pub(super) struct Row {
    /// What it did; the last step is the instant of its outcome.
    pub(super) line: Line,
    /// How it ended.
    pub(super) outcome: Option<OrgOutcome>,
    /// Why it is not ready: a place in [`Recording::causes`].
    pub(super) cause: Option<usize>,
}

/// A run as it was seen. Times are counted from the start of the process.
#[derive(Debug, Default)]
pub(crate) struct Recording {
    /// When the process began.
    pub(super) started: Option<Timestamp>,
    /// The hub's user, and the host it was last seen at.
    pub(super) hub: Option<(String, String)>,
    /// What the hub did.
    pub(super) hub_line: Line,
    /// The orgs in the order of the input.
    pub(super) rows: Vec<Row>,
    /// Why orgs waited or failed, each once, and without the host.
    pub(super) causes: Vec<Cause>,
    /// The last event.
    pub(super) end: Duration,
    places: HashMap<String, usize>,
}

impl Recording {
    /// Nothing happened yet.
    pub(crate) fn new(started: Instant) -> Self {
        let began = Clock::system().now().saturating_sub(started.elapsed()).ok();
        Self { started: began, ..Self::default() }
    }

    /// Takes in what happened `at` this time.
    pub(crate) fn note(&mut self, event: &Event, at: Duration) {
        self.end = at;
        match event {
            Event::HubAttempt { username, host, .. } => {
                self.hub = Some((username.to_string(), host.clone()));
                self.hub_line.enter(Step::Login, at);
            }
            Event::HubWaiting { cause, .. } => {
                let waiting = Step::Waiting(self.place(cause));
                self.hub_line.enter(waiting, at);
            }
            Event::HubReady { username, instance_url, .. } => {
                self.hub = Some((username.to_string(), instance_url.clone()));
                self.hub_line.enter(Step::Idle, at);
            }
            Event::HubQuery { .. } => self.hub_line.enter(Step::Query, at),
            Event::HubAnswered { .. } | Event::HubFailed { .. } => self.hub_line.enter(Step::Idle, at),
            Event::OrgCreating { index, .. } => self.enter(*index, Step::Creating, at),
            Event::OrgAttempt { index, .. } => self.enter(*index, Step::Login, at),
            Event::OrgChecking { index, .. } => self.enter(*index, Step::Check, at),
            Event::OrgStoring { index, .. } => self.enter(*index, Step::HandOver, at),
            Event::OrgProvisioning { index, .. } => self.enter(*index, Step::Settings, at),
            Event::OrgDeleting { index, .. } => self.enter(*index, Step::Deleting, at),
            Event::OrgWaiting { index, cause, .. } => {
                let waiting = Step::Waiting(self.place(cause));
                self.enter(*index, waiting, at);
            }
            Event::OrgFinished { index, outcome } => {
                self.enter(*index, Step::Idle, at);
                let cause = outcome.cause.as_ref().map(|cause| self.place(cause));
                let row = &mut self.rows[*index];
                row.outcome = Some(outcome.clone());
                row.cause = cause;
            }
            Event::Started { .. } | Event::Warning { .. } | Event::Finished { .. } => {}
        }
    }

    fn enter(&mut self, index: usize, step: Step, at: Duration) {
        if index >= self.rows.len() {
            self.rows.resize_with(index + 1, Row::default);
        }
        self.rows[index].line.enter(step, at);
    }

    /// The place of a cause among those that are kept.
    fn place(&mut self, cause: &Cause) -> usize {
        let mut cause = Cause { host: None, ..cause.clone() };
        if self.causes.len() >= CAUSES_MAX {
            cause.error = None;
            cause.description = None;
        }
        let next = self.causes.len();
        let place = *self.places.entry(format!("{cause:?}")).or_insert(next);
        if place == next {
            self.causes.push(cause);
        }
        place
    }
}
