//! What the picture is drawn from: the events of a run, each with its time, folded into a line of steps for each org.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use tokio::time::Instant;

use crate::model::cause::Cause;
use crate::model::clock::Clock;
use crate::model::event::Event;

/// Most steps that are kept of one line; of a longer one the middle goes.
const STEPS_MAX: usize = 512;

/// Most causes that are kept with the server's words; further ones are kept by what to do about them.
const CAUSES_MAX: usize = 500;

/// What goes on with an org, or the hub, from an instant on, unless it waits to be asked again.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
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
    /// The hub is asked about orgs.
    Query,
    /// The settings of its definition are deployed.
    Settings,
    /// The hub is asked to delete it.
    Deleting,
}

/// All steps, each at its own place. A step is told by its place here; what is above waits, for the cause of that place in
/// [`Recording::causes`].
pub(super) const STEPS: [Step; 8] = {
    use Step::{Check, Creating, Deleting, HandOver, Idle, Login, Query, Settings};
    [Idle, Creating, Login, Check, HandOver, Query, Settings, Deleting]
};

/// What an org did, or the hub.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// Steps in the order of time, each from its instant to the next; an org's last is the instant of its outcome.
    pub(super) steps: Vec<(Duration, usize)>,
    /// Why the org is not ready: a place in [`Recording::causes`].
    pub(super) cause: Option<usize>,
}

impl Line {
    fn enter(&mut self, step: usize, at: Duration) {
        // The hub says so each time that it is asked.
        if step == Step::Creating as usize && self.steps.last().is_some_and(|(_, last)| *last == step) {
            return;
        }
        if self.steps.len() >= STEPS_MAX {
            self.steps.drain(STEPS_MAX / 2..STEPS_MAX / 2 + 2);
        }
        self.steps.push((at, step));
    }
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
    /// What each org did, in the order of the input.
    pub(super) lines: Vec<Line>,
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
        let (index, step) = match event {
            Event::HubAttempt { username, host, .. } => {
                self.hub = Some((username.to_string(), host.clone()));
                (None, Step::Login)
            }
            Event::HubReady { username, instance_url, .. } => {
                self.hub = Some((username.to_string(), instance_url.clone()));
                (None, Step::Idle)
            }
            Event::HubQuery { .. } => (None, Step::Query),
            Event::HubAnswered { .. } | Event::HubFailed { .. } => (None, Step::Idle),
            Event::OrgCreating { index, .. } => (Some(*index), Step::Creating),
            Event::OrgAttempt { index, .. } => (Some(*index), Step::Login),
            Event::OrgChecking { index, .. } => (Some(*index), Step::Check),
            Event::OrgStoring { index, .. } => (Some(*index), Step::HandOver),
            Event::OrgProvisioning { index, .. } => (Some(*index), Step::Settings),
            Event::OrgDeleting { index, .. } => (Some(*index), Step::Deleting),
            Event::OrgFinished { index, outcome } => {
                self.line(Some(*index)).cause = outcome.cause.as_ref().map(|cause| self.place(cause));
                (Some(*index), Step::Idle)
            }
            Event::HubWaiting { cause, .. } => return self.wait(None, cause, at),
            Event::OrgWaiting { index, cause, .. } => return self.wait(Some(*index), cause, at),
            Event::Started { .. } | Event::Warning { .. } | Event::Finished { .. } => return,
        };
        self.line(index).enter(step as usize, at);
    }

    fn wait(&mut self, index: Option<usize>, cause: &Cause, at: Duration) {
        let step = STEPS.len() + self.place(cause);
        self.line(index).enter(step, at);
    }

    /// The line of an org, or the hub's.
    fn line(&mut self, index: Option<usize>) -> &mut Line {
        let Some(index) = index else { return &mut self.hub_line };
        if index >= self.lines.len() {
            self.lines.resize_with(index + 1, Line::default);
        }
        &mut self.lines[index]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_stands_at_its_own_place() {
        let places = STEPS.map(|step| step as usize);
        assert_eq!(places, std::array::from_fn(|place| place));
    }
}
