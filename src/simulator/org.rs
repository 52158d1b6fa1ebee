//! One org as it is at a moment: its record's status, whether logins work yet, its tokens.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Map, Value as Json};

use super::deployment::Deployment;
use super::identifier;
use super::moment::Moment;
use super::scenario::{Effect, Fault, HubScenario, OrgScenario, RecordStatus, Stage};
use super::source_member::SourceMember;

/// Tokens that one user may have at once; the oldest ends when there are more.
const TOKENS_MAX: usize = 200;

/// Deployments that are kept of one org; the oldest ones are forgotten.
const DEPLOYMENTS_MAX: usize = 50;

/// How long the hub has been there.
const HUB_AGE: Duration = Duration::from_secs(400 * 86_400);

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
    /// `http://127.0.0.1:PORT`.
    pub(super) origin: String,
    pub(super) port: u16,
    pub(super) consumer_key: String,
    /// When it was signed up for, from the start: what its own times are counted from.
    pub(super) born: Duration,
    /// The columns of its record that the signup named.
    pub(super) signup: Map<String, Json>,
    pub(super) plan: OrgScenario,
    deleted: OnceLock<Duration>,
    live: Mutex<Live>,
}

/// What changes with every request.
#[derive(Default)]
struct Live {
    tokens: VecDeque<Token>,
    /// Requests so far at each stage.
    seen: [u32; Stage::COUNT],
    deployments: Vec<Deployment>,
    changes: Vec<SourceMember>,
    code_used: bool,
}

struct Token {
    text: Box<str>,
    issued: Duration,
    uses: u32,
}

impl Org {
    /// The hub as an org.
    pub(super) fn hub(hub: &HubScenario, client_id: &str, origin: String, port: u16) -> Self {
        let plan = OrgScenario {
            username: hub.username.clone(),
            org_id: hub.org_id.clone(),
            name: hub.name.clone(),
            instance: "USA9".to_owned(),
            audiences: hub.audiences.clone(),
            token_lifetime: hub.token_lifetime,
            token_uses: hub.token_uses,
            instance_url: hub.instance_url.clone(),
            certificate: hub.certificate,
            faults: hub.faults.clone(),
            created_ago: HUB_AGE,
            ..OrgScenario::default()
        };
        Self::new(0, plan, client_id, origin, port)
    }

    /// An org of the scenario.
    pub(super) fn new(index: usize, plan: OrgScenario, client_id: &str, origin: String, port: u16) -> Self {
        let number = 7_000_000_000 + 37 * index as u64;
        let id = plan.org_id.as_deref().map_or_else(|| identifier::id("00D", number), identifier::lengthen);
        Self {
            index,
            username: plan.username.clone(),
            recorded_id: plan.recorded_org_id.as_deref().map_or_else(|| id.clone(), identifier::lengthen),
            id,
            user_id: identifier::id("005", number),
            active_id: identifier::id("2SS", number),
            origin,
            port,
            consumer_key: plan.consumer_key.clone().unwrap_or_else(|| client_id.to_owned()),
            born: Duration::ZERO,
            signup: Map::new(),
            plan,
            deleted: OnceLock::new(),
            live: Mutex::default(),
        }
    }

    /// The same, signed up for now, with what the request says.
    pub(super) fn signed_up(self, moment: Moment, signup: Map<String, Json>) -> Self {
        Self { born: moment.elapsed, signup, ..self }
    }

    pub(super) fn is_hub(&self) -> bool {
        self.index == 0
    }

    /// `Status` of its record.
    pub(super) fn status(&self, moment: Moment) -> RecordStatus {
        let age = self.age(moment);
        let past = |after: Option<Duration>| after.is_some_and(|after| after <= age);
        if self.deleted.get().is_some() || past(self.plan.deleted_after) {
            return RecordStatus::Deleted;
        }
        if past(self.plan.error_after) {
            return RecordStatus::Error;
        }
        match self.first_status() {
            RecordStatus::New | RecordStatus::Creating if past(self.plan.active_after) => RecordStatus::Active,
            RecordStatus::New if past(self.plan.active_after.or(self.plan.error_after).map(|end| end / 2)) => {
                RecordStatus::Creating
            }
            status => status,
        }
    }

    /// How long ago it was signed up for, or the stand-in started.
    pub(super) fn age(&self, moment: Moment) -> Duration {
        moment.elapsed.saturating_sub(self.born)
    }

    /// `CreatedDate`.
    pub(super) fn created(&self, moment: Moment) -> Timestamp {
        moment.start_and(self.born).saturating_sub(self.plan.created_ago).unwrap_or(Timestamp::MIN)
    }

    fn first_status(&self) -> RecordStatus {
        let is_made = self.plan.active_after.is_some() || self.plan.error_after.is_some();
        self.plan.status.unwrap_or(if is_made { RecordStatus::Creating } else { RecordStatus::Active })
    }

    /// When its logins begin to work, from the start; never for some.
    pub(super) fn replicated_at(&self) -> Option<Duration> {
        if self.plan.consumer_key.is_some() {
            return None;
        }
        let active = match self.first_status() {
            RecordStatus::Active => Duration::ZERO,
            RecordStatus::New | RecordStatus::Creating => self.plan.active_after?,
            RecordStatus::Error | RecordStatus::Deleted => return None,
        };
        Some(self.born + active + self.plan.replication_delay.length()?)
    }

    /// Whether it exists.
    pub(super) fn is_active(&self, moment: Moment) -> bool {
        self.status(moment) == RecordStatus::Active
    }

    /// Whether the login servers know that the app may log in to it.
    pub(super) fn approves(&self, moment: Moment) -> bool {
        self.is_active(moment) && self.replicated_at().is_some_and(|at| at <= moment.elapsed)
    }

    /// Deletes the org: its logins and tokens end. False where it was deleted before.
    pub(super) fn delete(&self, moment: Moment) -> bool {
        self.revoke_tokens();
        self.deleted.set(moment.elapsed).is_ok()
    }

    /// When its record changed last.
    pub(super) fn last_change(&self, moment: Moment) -> Timestamp {
        let planned = [self.plan.active_after, self.plan.error_after, self.plan.deleted_after];
        let planned = planned.into_iter().flatten().map(|after| self.born + after);
        let last = planned.chain(self.deleted.get().copied()).filter(|at| *at <= moment.elapsed).max();
        last.map_or_else(|| self.created(moment), |at| moment.start_and(at))
    }

    /// `ExpirationDate`.
    pub(super) fn expiration_date(&self, moment: Moment) -> Date {
        let today = TimeZone::UTC.to_datetime(moment.start_and(self.born)).date();
        today.saturating_add(jiff::Span::new().try_days(self.plan.expires_in_days).unwrap_or_default())
    }

    /// The id of its `ScratchOrgInfo` record, or of an older one of the same username.
    pub(super) fn scratch_org_info_id(&self, row: usize) -> String {
        identifier::id("2SR", 7_000_000_000 + 37 * self.index as u64 + row as u64)
    }

    /// Makes a token, in the shape of a real one: the org's 15-character id, `!`, and what means nothing to a client.
    pub(super) fn issue_token(&self, moment: Moment) -> String {
        const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";
        let tail: String = (0..TOKEN_TAIL).map(|_| char::from(LETTERS[fastrand::usize(..64)])).collect();
        let text = format!("{}!AQEAQ{tail}", &self.id[..15]);
        let tokens = &mut self.live().tokens;
        if tokens.len() == TOKENS_MAX {
            tokens.pop_front();
        }
        tokens.push_back(Token { text: text.as_str().into(), issued: moment.elapsed, uses: 0 });
        text
    }

    /// Whether a token is good for one more request, which is counted.
    pub(super) fn takes_token(&self, text: &str, moment: Moment) -> bool {
        let in_time = |token: &Token| {
            self.plan.token_lifetime.is_none_or(|lifetime| moment.elapsed.saturating_sub(token.issued) < lifetime)
                && self.plan.token_uses.is_none_or(|uses| token.uses < uses)
        };
        let exists = self.is_hub() || self.is_active(moment);
        let mut live = self.live();
        match live.tokens.iter_mut().find(|token| *token.text == *text) {
            Some(token) if exists && in_time(token) => {
                token.uses += 1;
                true
            }
            _ => false,
        }
    }

    /// Ends one token; false where there is none like it.
    pub(super) fn revoke_token(&self, text: &str) -> bool {
        let tokens = &mut self.live().tokens;
        let before = tokens.len();
        tokens.retain(|token| *token.text != *text);
        tokens.len() < before
    }

    /// Ends all tokens.
    pub(super) fn revoke_tokens(&self) {
        self.live().tokens.clear();
    }

    /// The fault that strikes this request or connection, which is counted.
    pub(super) fn strike(&self, stage: Stage, moment: Moment) -> Option<&Effect> {
        let seen = {
            let counter = &mut self.live().seen[stage as usize];
            *counter = counter.saturating_add(1);
            *counter - 1
        };
        let age = self.age(moment);
        let strikes = |fault: &&Fault| fault.occasion.at == stage && fault.occasion.is_now(seen, age);
        self.plan.faults.iter().find(strikes).map(|fault| &fault.effect)
    }

    /// Whether its port is to be closed, and when that changes next, from the start.
    pub(super) fn refuses(&self, moment: Moment) -> (bool, Option<Duration>) {
        let age = self.age(moment);
        let faults = self.plan.faults.iter().filter(|fault| matches!(fault.effect, Effect::Refuse {}));
        let closed = faults.map(|fault| &fault.occasion);
        let changes = closed.clone().flat_map(|occasion| [Some(occasion.after), occasion.until]).flatten();
        let next = changes.filter(|change| *change > age).min();
        (closed.clone().any(|occasion| occasion.is_now(0, age)), next.map(|change| self.born + change))
    }

    /// Whether it gives a token for this code, which is good once, or for the refresh token that came with that.
    pub(super) fn redeems(&self, code: &str, moment: Moment) -> bool {
        let is_code = code == self.auth_code();
        self.is_active(moment)
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

    /// Takes in what is to be deployed.
    pub(super) fn deploy(&self, deployment: Deployment) {
        let deployments = &mut self.live().deployments;
        if deployments.len() == DEPLOYMENTS_MAX {
            deployments.remove(0);
        }
        deployments.push(deployment);
    }

    /// Its deployments, the oldest first.
    pub(super) fn deployments(&self, moment: Moment) -> Vec<Deployment> {
        self.settled(moment).deployments.clone()
    }

    /// What changed in it, as `SourceMember` tells.
    pub(super) fn changes(&self, moment: Moment) -> Vec<SourceMember> {
        self.settled(moment).changes.clone()
    }

    /// What those deployments that are done by now applied is a change from here on.
    fn settled(&self, moment: Moment) -> MutexGuard<'_, Live> {
        let mut guard = self.live();
        let live = &mut *guard;
        for deployment in &mut live.deployments {
            for (kind, name) in deployment.applied(moment) {
                SourceMember::note(&mut live.changes, kind, name);
            }
            deployment.recorded.status = deployment.status(moment);
        }
        guard
    }

    /// Sets a change's `RevisionCounter`; false where there is no such change.
    pub(super) fn set_revision(&self, row: usize, revision: i32) -> bool {
        self.live().changes.get_mut(row).map(|change| change.revision = revision).is_some()
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
        Org::new(1, plan, "app", "http://127.0.0.1:1".to_owned(), 1)
    }

    fn at(seconds: u64) -> Moment {
        Moment::after(Duration::from_secs(seconds))
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
        assert_eq!(org.replicated_at(), Some(Duration::from_secs(6)));
    }

    #[test]
    fn the_times_of_a_signup_are_counted_from_then_and_halfway_it_is_being_made() {
        let org = org("status = \"New\"\nactive_after = \"4s\"\nreplication_delay = \"1s\"\ncreated_ago = \"0s\"");
        let org = org.signed_up(at(100), Map::new());
        let seen = [100, 101, 102, 104].map(|second| org.status(at(second)));
        assert_eq!(seen, [RecordStatus::New, RecordStatus::New, RecordStatus::Creating, RecordStatus::Active]);
        assert_eq!(org.replicated_at(), Some(Duration::from_secs(105)));
        let now = at(104);
        assert_eq!(org.created(now), now.start_and(Duration::from_secs(100)));
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
