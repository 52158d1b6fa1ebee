//! What was asked of the stand-in, for those who check what a client sends where.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;

/// Requests that are kept; older ones are forgotten, and only counted.
const KEPT: usize = 50_000;

/// Misdirected secrets that are kept: the first ones.
const MISDIRECTED_KEPT: usize = 1_000;

/// One request.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordedRequest {
    /// When it was answered, from the start.
    pub at: Duration,
    /// On which connection: the first is 1, also after the record began anew.
    pub connection: u64,
    /// To which port of 127.0.0.1.
    pub port: u16,
    /// The method.
    pub method: String,
    /// The path, without its query.
    pub path: String,
    /// What it asked for.
    pub kind: RequestKind,
    /// Whose assertion or token it carried, as far as that is known.
    pub username: Option<String>,
    /// The statement of a query.
    pub soql: Option<String>,
    /// The status of the answer; 0 where there was none.
    pub status: u16,
    /// Whether a fault struck it.
    pub struck: bool,
}

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// The token endpoint.
    Login,
    /// A query, or a further page of one.
    Query,
    /// `/services/data`.
    Versions,
    /// A record: made, read, described, changed or deleted.
    Record,
    /// A deployment: handed in, or asked about.
    Deploy,
    /// Who a token belongs to.
    Identity,
    /// Any other.
    Other,
}

/// A secret that was sent where it does not belong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Misdirected {
    /// When, from the start.
    pub at: Duration,
    /// What it was.
    pub secret: Secret,
    /// Whose it was.
    pub username: String,
    /// Where it was sent, `http://127.0.0.1:PORT/path`.
    pub sent_to: String,
    /// Where it belongs.
    pub belongs_to: String,
}

/// The kinds of secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Secret {
    /// A signed assertion.
    Assertion,
    /// An access token.
    Token,
}

/// How much was asked, also of what is no longer kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// Connections.
    pub connections: u64,
    /// Connections open at once, at most.
    pub most_open_connections: u64,
    /// Requests.
    pub requests: u64,
    /// Of these, at the token endpoint.
    pub logins: u64,
    /// Of these, answered with a token.
    pub tokens: u64,
    /// Queries.
    pub queries: u64,
    /// Secrets sent where they do not belong.
    pub misdirected: u64,
}

/// The record of all that.
#[derive(Default)]
pub(super) struct Journal(Mutex<Entries>);

#[derive(Default)]
pub(super) struct Entries {
    pub(super) requests: VecDeque<RecordedRequest>,
    pub(super) misdirected: Vec<Misdirected>,
    pub(super) totals: Totals,
    open: u64,
}

impl Journal {
    /// Counts a connection; its number.
    pub(super) fn opened(&self) -> u64 {
        let mut entries = self.entries();
        entries.open += 1;
        entries.totals.connections += 1;
        entries.totals.most_open_connections = entries.totals.most_open_connections.max(entries.open);
        entries.totals.connections
    }

    /// A connection has ended.
    pub(super) fn closed(&self) {
        self.entries().open -= 1;
    }

    pub(super) fn record(&self, request: RecordedRequest) {
        let mut entries = self.entries();
        entries.totals.requests += 1;
        match request.kind {
            RequestKind::Login => {
                entries.totals.logins += 1;
                entries.totals.tokens += u64::from(request.status == 200 && !request.struck);
            }
            RequestKind::Query => entries.totals.queries += 1,
            _ => {}
        }
        if entries.requests.len() == KEPT {
            entries.requests.pop_front();
        }
        entries.requests.push_back(request);
    }

    pub(super) fn record_misdirected(&self, misdirected: Misdirected) {
        let mut entries = self.entries();
        entries.totals.misdirected += 1;
        if entries.misdirected.len() < MISDIRECTED_KEPT {
            entries.misdirected.push(misdirected);
        }
    }

    /// Begins anew; open connections stay open.
    pub(super) fn forget(&self) {
        let mut entries = self.entries();
        let open = entries.open;
        *entries = Entries { open, ..Entries::default() };
        entries.totals.most_open_connections = open;
    }

    pub(super) fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
