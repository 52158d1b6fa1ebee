//! The whole of the stand-in's Salesforce: all orgs, its clock, its rules, and what was asked of it.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jsonwebtoken::DecodingKey;
use tokio::sync::mpsc::UnboundedSender;

use super::journal::{Journal, Misdirected, Secret};
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
    /// The statements whose answers took more than one page; a query locator is the place of one.
    pub(super) paged: Mutex<Vec<String>>,
    /// To whom ports are given to be served.
    pub(super) ports: UnboundedSender<Port>,
    /// The second that logins are counted in, and how many there were.
    pub(super) logins: Mutex<(u64, u32)>,
    /// When it started, by its own clock.
    pub(super) start: Timestamp,
    pub(super) started: Instant,
}

impl Salesforce {
    /// The time, by the stand-in's clock.
    pub(super) fn now(&self) -> Timestamp {
        self.start.saturating_add(self.started.elapsed()).unwrap_or(Timestamp::MAX)
    }

    /// Serves a port: when this returns, connections are accepted, unless it is to be closed for now.
    pub(super) fn serve(&self, port: Port) -> std::io::Result<()> {
        let (is_closed, _) = self.refuses(port.number);
        // The server takes ports as long as there is somebody who asks.
        let _ = self.ports.send(port.turned(is_closed)?);
        Ok(())
    }

    /// Whether a port is to be closed, and how long it is until that changes.
    pub(super) fn refuses(&self, port: u16) -> (bool, Option<Duration>) {
        self.orgs.first_at(port).map(|org| org.refuses(self.now())).unwrap_or_default()
    }

    /// The org that a token says that it is for.
    pub(super) fn org_of_token(&self, token: &str) -> Option<&Org> {
        self.orgs.by_id(token.split_once('!')?.0)
    }

    /// The org that a token is good for, if it came to that org's origin.
    pub(super) fn session(&self, token: &str, port: u16, path: &str) -> Option<&Org> {
        let org = self.org_of_token(token)?;
        let is_good = !self.is_misdirected(Secret::Token, org, port, path) && org.takes_token(token, self.now());
        is_good.then_some(org)
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
            at: self.started.elapsed(),
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
        let (limit, second) = (self.scenario.logins_per_second, self.started.elapsed().as_secs());
        let mut logins = self.logins.lock().unwrap_or_else(PoisonError::into_inner);
        *logins = if logins.0 == second { (second, logins.1.saturating_add(1)) } else { (second, 1) };
        limit == 0 || logins.1 <= limit
    }
}
