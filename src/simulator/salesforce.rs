//! The whole of the stand-in's Salesforce: all orgs, its clock, its rules, and what was asked of it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::DecodingKey;

use super::cursor::Cursor;
use super::journal::{Journal, Misdirected, Secret};
use super::moment::Moment;
use super::org::Org;

/// All orgs and what they have in common.
pub(super) struct Salesforce {
    /// The hub first.
    pub(super) orgs: Vec<Org>,
    /// By username, in lower case.
    by_username: HashMap<String, usize>,
    /// By the 15-character id, that the tokens begin with.
    by_id: HashMap<String, usize>,
    /// The first org of each port.
    by_port: HashMap<u16, usize>,
    pub(super) rules: Rules,
    pub(super) public_key: DecodingKey,
    pub(super) journal: Journal,
    pub(super) cursors: Mutex<VecDeque<Cursor>>,
    pace: Mutex<Pace>,
    start: Timestamp,
    clock_offset: SignedDuration,
    started: Instant,
}

/// What the scenario says for all orgs.
pub(super) struct Rules {
    pub(super) client_id: String,
    pub(super) clock_leeway: Duration,
    pub(super) accept_origin_audience: bool,
    pub(super) latency: Duration,
    pub(super) logins_per_second: u32,
    pub(super) logins_retry_after: String,
    pub(super) dev_hub: bool,
    pub(super) page_size: usize,
    pub(super) hidden_fields: Vec<String>,
    pub(super) api_usage: [u32; 2],
}

/// What is left of this second's logins.
struct Pace {
    left: f64,
    at: Instant,
}

impl Salesforce {
    pub(super) fn new(orgs: Vec<Org>, rules: Rules, public_key: DecodingKey, clock_offset: SignedDuration) -> Self {
        let by_username = orgs.iter().map(|org| (org.username.to_lowercase(), org.index)).collect();
        let by_id = orgs.iter().map(|org| (org.id[..15].to_owned(), org.index)).collect();
        let by_port = orgs.iter().rev().map(|org| (org.port, org.index)).collect();
        let pace = Pace { left: f64::from(rules.logins_per_second), at: Instant::now() };
        Self {
            orgs,
            by_username,
            by_id,
            by_port,
            rules,
            public_key,
            journal: Journal::default(),
            cursors: Mutex::default(),
            pace: Mutex::new(pace),
            start: Timestamp::now().saturating_add(clock_offset).unwrap_or(Timestamp::MAX),
            clock_offset,
            started: Instant::now(),
        }
    }

    pub(super) fn moment(&self) -> Moment {
        Moment { start: self.start, elapsed: self.started.elapsed() }
    }

    /// The machine's time this long after the start.
    pub(super) fn machine_time(&self, after: Duration) -> Timestamp {
        let start = self.start.saturating_sub(self.clock_offset).unwrap_or(self.start);
        start.saturating_add(after).unwrap_or(Timestamp::MAX)
    }

    pub(super) fn started(&self) -> Instant {
        self.started
    }

    pub(super) fn hub(&self) -> &Org {
        &self.orgs[0]
    }

    /// The org of a user, whatever the case of its name.
    pub(super) fn org(&self, username: &str) -> Option<&Org> {
        self.by_username.get(&username.to_lowercase()).map(|&index| &self.orgs[index])
    }

    /// The org that a token says that it is for.
    pub(super) fn org_of_token(&self, token: &str) -> Option<&Org> {
        let (id, _) = token.split_once('!')?;
        self.by_id.get(id).map(|&index| &self.orgs[index])
    }

    /// The org that a port belongs to, or the first of those that share it.
    pub(super) fn first_at(&self, port: u16) -> Option<&Org> {
        self.by_port.get(&port).map(|&index| &self.orgs[index])
    }

    /// The origin of a port.
    pub(super) fn origin(&self, port: u16) -> String {
        self.first_at(port).map(|org| org.origin.clone()).unwrap_or_default()
    }

    /// Takes note where a secret of `org` came to another org's origin, and says whether it did.
    pub(super) fn is_misdirected(&self, secret: Secret, org: &Org, port: u16, path: &str) -> bool {
        let is = org.port != port;
        if is {
            let misdirected = Misdirected {
                at: self.moment().elapsed,
                secret,
                username: org.username.clone(),
                sent_to: self.origin(port) + &crate::model::untrusted::sanitize_line(path, 200),
                belongs_to: org.origin.clone(),
            };
            tracing::warn!(
                ?secret,
                username = misdirected.username,
                sent_to = misdirected.sent_to,
                belongs_to = misdirected.belongs_to,
                "a secret was sent to an origin that it is not for"
            );
            self.journal.record_misdirected(misdirected);
        }
        is
    }

    /// Whether one more login is within the pace.
    pub(super) fn takes_login(&self) -> bool {
        let limit = f64::from(self.rules.logins_per_second);
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
