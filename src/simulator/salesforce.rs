//! The whole of the stand-in's Salesforce: all orgs, its clock, its rules, and what was asked of it.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::DecodingKey;
use tokio::sync::mpsc::UnboundedSender;

use super::cursor::Cursor;
use super::identifier::is_same_id;
use super::journal::{Journal, Misdirected, Secret};
use super::moment::Moment;
use super::org::Org;
use super::orgs::Orgs;
use super::port::Port;
use super::scenario::OrgScenario;

/// All orgs and what they have in common.
pub(super) struct Salesforce {
    pub(super) orgs: Orgs,
    pub(super) rules: Rules,
    pub(super) public_key: DecodingKey,
    pub(super) journal: Journal,
    pub(super) cursors: Mutex<VecDeque<Cursor>>,
    /// To whom the ports of new orgs are given to be served.
    pub(super) new_ports: UnboundedSender<(u16, Port)>,
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
    /// What becomes of the orgs that are signed up for.
    pub(super) signups: Vec<OrgScenario>,
    /// Whether origins are https.
    pub(super) tls: bool,
}

/// What is left of this second's logins.
struct Pace {
    left: f64,
    at: Instant,
}

impl Salesforce {
    pub(super) fn new(
        orgs: Orgs,
        rules: Rules,
        public_key: DecodingKey,
        clock_offset: SignedDuration,
        new_ports: UnboundedSender<(u16, Port)>,
    ) -> Self {
        let pace = Pace { left: f64::from(rules.logins_per_second), at: Instant::now() };
        Self {
            orgs,
            rules,
            public_key,
            journal: Journal::default(),
            cursors: Mutex::default(),
            new_ports,
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
        self.orgs.hub()
    }

    /// The org of a user, whatever the case of its name.
    pub(super) fn org(&self, username: &str) -> Option<&Org> {
        self.orgs.by_username(username)
    }

    /// The org that a token says that it is for.
    pub(super) fn org_of_token(&self, token: &str) -> Option<&Org> {
        let (id, _) = token.split_once('!')?;
        self.orgs.by_id(id)
    }

    /// The scratch org whose `ActiveScratchOrg` or `ScratchOrgInfo` record a path ends with.
    pub(super) fn org_of_record(&self, path: &str) -> Option<&Org> {
        let id = path.rsplit('/').next().unwrap_or_default();
        let is_of = |org: &&Org| is_same_id(&org.active_id, id) || is_same_id(&org.scratch_org_info_id(0), id);
        self.orgs.scratch_orgs().find(is_of)
    }

    /// The org that a port belongs to, or the first of those that share it.
    pub(super) fn first_at(&self, port: u16) -> Option<&Org> {
        self.orgs.first_at(port)
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
