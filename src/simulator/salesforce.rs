//! The whole of the stand-in's Salesforce: all orgs, its clock, its rules, and what was asked of it.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jsonwebtoken::DecodingKey;
use tokio::sync::mpsc::UnboundedSender;

use super::cursors::Cursors;
use super::journal::{Journal, Misdirected, Secret};
use super::moment::Moment;
use super::org::Org;
use super::orgs::Orgs;
use super::port::Port;
use super::scenario::Scenario;
use crate::model::untrusted::sanitize_line;

/// All orgs and what they have in common.
pub(super) struct Salesforce {
    pub(super) orgs: Orgs,
    /// What the scenario says for all orgs; its own ones are among `orgs`.
    pub(super) scenario: Scenario,
    /// Whether origins are https.
    pub(super) tls: bool,
    pub(super) public_key: DecodingKey,
    pub(super) journal: Journal,
    pub(super) cursors: Cursors,
    /// To whom ports are given to be served.
    ports: UnboundedSender<Port>,
    pace: Mutex<Pace>,
    start: Timestamp,
    pub(super) started: Instant,
}

/// What is left of this second's logins.
struct Pace {
    left: f64,
    at: Instant,
}

impl Salesforce {
    pub(super) fn new(
        orgs: Orgs,
        scenario: Scenario,
        tls: bool,
        public_key: DecodingKey,
        ports: UnboundedSender<Port>,
    ) -> Self {
        let pace = Pace { left: f64::from(scenario.logins_per_second), at: Instant::now() };
        Self {
            orgs,
            tls,
            public_key,
            journal: Journal::default(),
            cursors: Cursors::default(),
            ports,
            pace: Mutex::new(pace),
            start: Timestamp::now().saturating_add(scenario.clock_offset).unwrap_or(Timestamp::MAX),
            started: Instant::now(),
            scenario,
        }
    }

    pub(super) fn moment(&self) -> Moment {
        Moment { start: self.start, elapsed: self.started.elapsed() }
    }

    /// Serves a port: when this returns, connections are accepted, unless it is to be closed for now.
    pub(super) fn serve(&self, port: Port) -> std::io::Result<()> {
        let (is_closed, _) = self.refuses(port.number);
        // The server takes ports as long as there is somebody who asks.
        let _ = self.ports.send(port.turned(is_closed)?);
        Ok(())
    }

    /// Whether a port is to be closed, and when that changes next, from the start.
    pub(super) fn refuses(&self, port: u16) -> (bool, Option<Duration>) {
        self.orgs.first_at(port).map(|org| org.refuses(self.moment())).unwrap_or_default()
    }

    /// The machine's time this long after the start.
    pub(super) fn machine_time(&self, after: Duration) -> Timestamp {
        let start = self.start.saturating_sub(self.scenario.clock_offset).unwrap_or(self.start);
        start.saturating_add(after).unwrap_or(Timestamp::MAX)
    }

    /// The org that a token says that it is for.
    pub(super) fn org_of_token(&self, token: &str) -> Option<&Org> {
        self.orgs.by_id(token.split_once('!')?.0)
    }

    /// The origin of a port.
    pub(super) fn origin(&self, port: u16) -> String {
        self.orgs.first_at(port).map(|org| org.origin.clone()).unwrap_or_default()
    }

    /// Takes note where a secret of `org` came to another org's origin, and says whether it did.
    pub(super) fn is_misdirected(&self, secret: Secret, org: &Org, port: u16, path: &str) -> bool {
        if org.port == port {
            return false;
        }
        let misdirected = Misdirected {
            at: self.moment().elapsed,
            secret,
            username: org.username.clone(),
            sent_to: self.origin(port) + &sanitize_line(path, 200),
            belongs_to: org.origin.clone(),
        };
        tracing::warn!(?misdirected, "a secret was sent to an origin that it is not for");
        self.journal.record_misdirected(misdirected);
        true
    }

    /// Whether one more login is within the pace.
    pub(super) fn takes_login(&self) -> bool {
        let limit = f64::from(self.scenario.logins_per_second);
        if limit == 0.0 {
            return true;
        }
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        pace.left = (pace.left + pace.at.elapsed().as_secs_f64() * limit).min(limit);
        pace.at = Instant::now();
        let takes = pace.left >= 1.0;
        if takes {
            pace.left -= 1.0;
        }
        takes
    }
}
