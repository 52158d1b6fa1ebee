//! One org as it is at a now: its record's status, whether logins work yet, its tokens.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Map, Value as Json};

use super::deployment::{Deployment, SourceMember};
use super::identifier;
use super::port::Port;
use super::scenario::{Delay, Effect, Fault, OrgScenario, RecordStatus, Stage};

/// Tokens that one user may have at once; the oldest ends when there are more.
const TOKENS_MAX: usize = 200;

/// Deployments that are kept of one org; the oldest ones are forgotten.
const DEPLOYMENTS_MAX: usize = 50;

/// How many of a token's characters are random; a real one has about 112 in all.
const TOKEN_TAIL: usize = 90;

/// The hub or a scratch org.
pub(super) struct Org {
    /// 0 is the hub.
    pub(super) index: usize,
    pub(super) username: String,
    /// Its id, 18 characters, as are the others.
    pub(super) id: String,
    /// The id that the hub's record has.
    pub(super) recorded_id: String,
    pub(super) user_id: String,
    /// The id of its `ActiveScratchOrg` record.
    pub(super) active_id: String,
    pub(super) origin: String,
    pub(super) port: u16,
    pub(super) consumer_key: String,
    /// When it was signed up for, or the stand-in started: what its own times are counted from.
    pub(super) born: Timestamp,
    /// The columns of its record that the signup named.
    pub(super) signup: Map<String, Json>,
    pub(super) plan: OrgScenario,
    is_deleted: AtomicBool,
    live: Mutex<Live>,
}

/// What changes with every request.
#[derive(Default)]
struct Live {
    tokens: VecDeque<Token>,
    /// Requests so far at each stage.
    seen: HashMap<Stage, u32>,
    deployments: Vec<Deployment>,
    changes: Vec<SourceMember>,
    code_used: bool,
}

struct Token {
    text: Box<str>,
    issued: Timestamp,
    uses: u32,
}

impl Org {
    /// An org; the first is the hub.
    pub(super) fn new(index: usize, plan: OrgScenario, client_id: &str, port: &Port, born: Timestamp) -> Self {
        let number = 7_000_000_000 + 37 * index as u64;
        let id = plan.org_id.as_deref().map_or_else(|| identifier::id("00D", number), identifier::lengthen);
        Self {
            index,
            username: plan.username.clone(),
            recorded_id: plan.recorded_org_id.as_deref().map_or_else(|| id.clone(), identifier::lengthen),
            id,
            user_id: identifier::id("005", number),
            active_id: identifier::id("2SS", number),
            origin: port.origin.clone(),
            port: port.number,
            consumer_key: plan.consumer_key.clone().unwrap_or_else(|| client_id.to_owned()),
            born,
            signup: Map::new(),
            plan,
            is_deleted: AtomicBool::new(false),
            live: Mutex::default(),
        }
    }

    pub(super) fn is_hub(&self) -> bool {
        self.index == 0
    }

    /// `Status` of its record.
    pub(super) fn status(&self, now: Timestamp) -> RecordStatus {
        let age = self.age(now);
        let past = |after: Option<Delay>| after.is_some_and(|after| after.0 <= age);
        if self.is_deleted.load(Ordering::Relaxed) || past(self.plan.deleted_after) {
            return RecordStatus::Deleted;
        }
        if past(self.plan.error_after) {
            return RecordStatus::Error;
        }
        match self.first_status() {
            RecordStatus::New | RecordStatus::Creating if past(self.plan.active_after) => RecordStatus::Active,
            RecordStatus::New if past(self.plan.active_after.or(self.plan.error_after).map(|end| Delay(end.0 / 2))) => {
                RecordStatus::Creating
            }
            status => status,
        }
    }

    /// How long ago it was signed up for, or the stand-in started.
    fn age(&self, now: Timestamp) -> Duration {
        now.duration_since(self.born).try_into().unwrap_or_default()
    }

    /// `CreatedDate`.
    pub(super) fn created(&self) -> Timestamp {
        let ago = self.plan.created_ago.unwrap_or_default();
        self.born.saturating_sub(ago.0).unwrap_or(Timestamp::MIN)
    }

    fn first_status(&self) -> RecordStatus {
        let is_made = self.plan.active_after.is_some() || self.plan.error_after.is_some();
        self.plan.status.unwrap_or(if is_made { RecordStatus::Creating } else { RecordStatus::Active })
    }

    /// When its logins begin to work; never for some.
    pub(super) fn replicated_at(&self) -> Option<Timestamp> {
        if self.plan.consumer_key.is_some() {
            return None;
        }
        let active = match self.first_status() {
            RecordStatus::Active => Duration::ZERO,
            RecordStatus::New | RecordStatus::Creating => self.plan.active_after?.0,
            RecordStatus::Error | RecordStatus::Deleted => return None,
        };
        self.born.checked_add(active.saturating_add(self.plan.replication_delay.0)).ok()
    }

    /// Whether it exists.
    pub(super) fn is_active(&self, now: Timestamp) -> bool {
        self.status(now) == RecordStatus::Active
    }

    /// Whether the login servers know that the app may log in to it.
    pub(super) fn approves(&self, now: Timestamp) -> bool {
        self.is_active(now) && self.replicated_at().is_some_and(|at| at <= now)
    }

    /// Deletes the org: its logins and tokens end. False where it was deleted before.
    pub(super) fn delete(&self, now: Timestamp) -> bool {
        self.revoke_tokens();
        self.status(now) != RecordStatus::Deleted && !self.is_deleted.swap(true, Ordering::Relaxed)
    }

    /// `ExpirationDate`.
    pub(super) fn expiration_date(&self) -> Date {
        let days = jiff::Span::new().try_days(self.plan.expires_in_days.unwrap_or(7)).unwrap_or_default();
        TimeZone::UTC.to_datetime(self.born).date().saturating_add(days)
    }

    /// The id of its `ScratchOrgInfo` record, or of an older one of the same username.
    pub(super) fn scratch_org_info_id(&self, row: usize) -> String {
        identifier::id("2SR", 7_000_000_000 + 37 * self.index as u64 + row as u64)
    }

    /// Makes a token, in the shape of a real one: the org's 15-character id, `!`, and what means nothing to a client.
    pub(super) fn issue_token(&self, now: Timestamp) -> String {
        const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";
        let tail: String = (0..TOKEN_TAIL).map(|_| char::from(LETTERS[fastrand::usize(..64)])).collect();
        let text = format!("{}!AQEAQ{tail}", &self.id[..15]);
        let tokens = &mut self.live().tokens;
        if tokens.len() == TOKENS_MAX {
            tokens.pop_front();
        }
        tokens.push_back(Token { text: text.as_str().into(), issued: now, uses: 0 });
        text
    }

    /// Whether a token is good for one more request, which is counted.
    pub(super) fn takes_token(&self, text: &str, now: Timestamp) -> bool {
        let in_time = |token: &Token| {
            let is_young = |lifetime: Delay| now.duration_since(token.issued).unsigned_abs() < lifetime.0;
            self.plan.token_lifetime.is_none_or(is_young) && self.plan.token_uses.is_none_or(|uses| token.uses < uses)
        };
        let exists = self.is_hub() || self.is_active(now);
        let mut live = self.live();
        match live.tokens.iter_mut().find(|token| *token.text == *text) {
            Some(token) if exists && in_time(token) => {
                token.uses += 1;
                true
            }
            _ => false,
        }
    }

    /// Ends all tokens.
    pub(super) fn revoke_tokens(&self) {
        self.live().tokens.clear();
    }

    /// The fault that strikes this request or connection, which is counted.
    pub(super) fn strike(&self, stage: Stage, now: Timestamp) -> Option<&Effect> {
        let seen = {
            let mut live = self.live();
            let counter = live.seen.entry(stage).or_default();
            *counter = counter.saturating_add(1);
            *counter - 1
        };
        let age = self.age(now);
        let strikes = |fault: &&Fault| fault.at == stage && fault.is_now(seen, age);
        self.plan.faults.iter().find(strikes).map(|fault| &fault.effect)
    }

    /// Whether its port is to be closed, and how long it is until that changes.
    pub(super) fn refuses(&self, now: Timestamp) -> (bool, Option<Duration>) {
        let age = self.age(now);
        let closed = self.plan.faults.iter().filter(|fault| matches!(fault.effect, Effect::Refuse {}));
        let changes = closed.clone().flat_map(|fault| [Some(fault.after), fault.until]).flatten();
        let next = changes.filter_map(|change| change.0.checked_sub(age)).filter(|left| !left.is_zero()).min();
        (closed.clone().any(|fault| fault.is_now(0, age)), next)
    }

    /// Whether it gives a token for this code, which is good once, or for the refresh token that came with that.
    pub(super) fn redeems(&self, code: &str, now: Timestamp) -> bool {
        let is_code = code == self.auth_code();
        self.is_active(now)
            && if is_code { !std::mem::replace(&mut self.live().code_used, true) } else { code == self.refresh_token() }
    }

    /// `AuthCode` of its record.
    pub(super) fn auth_code(&self) -> String {
        format!("aPrx{}{}", &self.id[3..15], &self.user_id[3..15])
    }

    /// What a client that redeemed the code gets further tokens for.
    pub(super) fn refresh_token(&self) -> String {
        format!("5Aep861{}{}", &self.user_id[3..15], &self.id[3..15])
    }

    /// Takes in what is to be deployed. What it applies is a change once it is done.
    pub(super) fn deploy(&self, deployment: Deployment) {
        let mut guard = self.live();
        let live = &mut *guard;
        for (kind, name) in &deployment.changes {
            if let Some(done) = deployment.done {
                SourceMember::note(&mut live.changes, kind, name, done);
            }
        }
        if live.deployments.len() == DEPLOYMENTS_MAX {
            live.deployments.remove(0);
        }
        live.deployments.push(deployment);
    }

    /// Its deployments, the oldest first.
    pub(super) fn deployments(&self) -> Vec<Deployment> {
        self.live().deployments.clone()
    }

    /// What changed in it, as `SourceMember` tells.
    pub(super) fn changes(&self, now: Timestamp) -> Vec<SourceMember> {
        self.live().changes.iter().take_while(|change| change.since <= now).cloned().collect()
    }

    /// Sets a change's `RevisionCounter`.
    pub(super) fn set_revision(&self, row: usize, revision: i32) {
        if let Some(change) = self.live().changes.get_mut(row) {
            change.revision = revision;
        }
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::Scenario;

    fn org(scenario: &str) -> Org {
        let plan = Scenario::parse(&format!("[[org]]\n{scenario}")).unwrap().orgs.remove(0);
        Org::new(1, plan, "app", &Port::hold(0, false).unwrap(), at(0))
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    #[test]
    fn an_org_is_made_then_replicated_then_deleted() {
        let org = org("active_after = \"4s\"\nreplication_delay = \"2s\"\ndeleted_after = \"9s\"");
        let seen: Vec<_> =
            [0, 4, 6, 9].into_iter().map(|second| (org.status(at(second)), org.approves(at(second)))).collect();
        assert_eq!(
            seen,
            [
                (RecordStatus::Creating, false),
                (RecordStatus::Active, false),
                (RecordStatus::Active, true),
                (RecordStatus::Deleted, false)
            ]
        );
        assert_eq!(org.replicated_at(), Some(at(6)));
    }

    #[test]
    fn the_times_of_a_signup_are_counted_from_then_and_halfway_it_is_being_made() {
        let org = org("status = \"New\"\nactive_after = \"4s\"\nreplication_delay = \"1s\"\ncreated_ago = \"0s\"");
        let org = Org { born: at(100), ..org };
        let seen = [100, 101, 102, 104].map(|second| org.status(at(second)));
        assert_eq!(seen, [RecordStatus::New, RecordStatus::New, RecordStatus::Creating, RecordStatus::Active]);
        assert_eq!((org.replicated_at(), org.created()), (Some(at(105)), at(100)));
    }

    #[test]
    fn an_org_can_fail_to_be_made() {
        let org = org("status = \"New\"\nerror_after = \"3s\"");
        assert_eq!((org.status(at(0)), org.status(at(3))), (RecordStatus::New, RecordStatus::Error));
        assert_eq!(org.replicated_at(), None);
    }

    #[test]
    fn a_token_ends_with_its_time_its_uses_or_its_org() {
        let org = org("token_lifetime = \"10s\"\ntoken_uses = 2\ndeleted_after = \"30s\"");
        let token = org.issue_token(at(0));
        assert!(org.takes_token(&token, at(1)) && !org.takes_token(&token, at(10)));
        assert!(org.takes_token(&token, at(9)) && !org.takes_token(&token, at(9)));
        let token = org.issue_token(at(29));
        assert!(org.takes_token(&token, at(29)) && !org.takes_token(&token, at(30)));
    }
}
