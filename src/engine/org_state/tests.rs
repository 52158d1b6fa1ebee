//! Where an org stands after each answer, as values.

use std::time::Duration;

use super::*;
use crate::engine::org_login::LoginOutcome::{CheckRefused, Cut, Mismatch, Refused};
use crate::model::host::InstanceUrl;
use crate::model::org::{OrgId, Username};
use crate::model::scratch_org::Status;
use crate::model::token::AccessToken;
use crate::protocol::error_response::ErrorResponse;
use crate::protocol::metadata::{RecordTypeNames, SettingsPackage};
use crate::protocol::transport::{Unavailability, UnavailableKind};

const OURS: &str = "3MVG9ours";

fn at(seconds: u64) -> Now {
    let start: Timestamp = "2026-11-25T12:00:00Z".parse().unwrap();
    let elapsed = Duration::from_secs(seconds);
    Now { elapsed, wall: start + elapsed }
}

/// An org of ours, created at the moment zero.
fn record() -> ScratchOrgInfo {
    ScratchOrgInfo {
        username: Some(Username::new("a@example.com").unwrap()),
        id: None,
        login_url: Some("https://a.scratch.my.salesforce.com".to_owned()),
        status: Some(Status::Active),
        org_id: OrgId::new("00D000000000001").ok(),
        instance: None,
        expiration_date: Some(jiff::civil::date(2026, 12, 1)),
        error_code: None,
        namespace: None,
        connected_app: Some(OURS.to_owned()),
        created: Some(at(0).wall),
    }
}

struct Desk {
    client_id: ClientId,
    trusted: TrustedHosts,
    org: OrgState,
}

impl Desk {
    fn with(record: Option<ScratchOrgInfo>) -> Self {
        let entry = OrgEntry { name: OrgName::new("A@example.com").unwrap(), alias: None };
        let org = OrgState::new(entry, record);
        Self { client_id: ClientId::new(OURS).unwrap(), trusted: TrustedHosts::default(), org }
    }

    /// One that was admitted, and can be asked.
    fn new() -> Self {
        let mut desk = Self::with(Some(record()));
        assert!(matches!(desk.admit(), RecordVerdict::Ask));
        desk
    }

    fn admit(&mut self) -> RecordVerdict {
        let Self { client_id, trusted, org } = self;
        org.admit(Rules { client_id, trusted, hub_host: "hub.my.salesforce.com" })
    }

    fn settle(&mut self, outcome: LoginOutcome, now: Now) -> Option<Settled> {
        let first_post = Some(now.elapsed);
        let attempted = LoginAttempted { index: 0, posts: 1, first_post, audience: None, outcome };
        let Self { client_id, trusted, org } = self;
        org.settle(attempted, now, Rules { client_id, trusted, hub_host: "hub.my.salesforce.com" })
    }

    /// It is ready, and its API refuses the token in the midst of the deployment.
    fn deploy_until_the_token_is_refused(&mut self) {
        let login_url = self.trusted.login_url("https://a.scratch.my.salesforce.com").unwrap();
        let instance_url = self.trusted.instance_url("https://a.scratch.my.salesforce.com").unwrap();
        let (username, org_id) = (Username::new("a@example.com").unwrap(), OrgId::new("00D000000000001").unwrap());
        let token = AccessToken::new("00D000000000001!token".to_owned());
        let ready = ReadyOrg::new(0, username, org_id, (login_url, instance_url), token);
        assert!(matches!(self.settle(LoginOutcome::Ready(Box::new(ready)), at(1)), Some(Settled::Ready(_))));
        let definition = serde_json::json!({"settings": {"mapsSettings": {"enabled": true}}});
        let package = SettingsPackage::new(&definition, RecordTypeNames::Capitalized).unwrap().unwrap();
        let refusal = ErrorResponse::of_api(401, "INVALID_SESSION_ID", "Session expired or invalid");
        let Self { client_id, trusted, org } = self;
        let rules = Rules { client_id, trusted, hub_host: "hub.my.salesforce.com" };
        let begun = Provisioning::new(Arc::new(package), None);
        assert!(matches!(org.settle_refused_token(begun, &refusal, at(2), rules), Verdict::Again { .. }));
    }

    /// The code with which it waits, or the one with which it ends.
    fn code(&mut self, outcome: LoginOutcome, now: Now) -> Result<CauseCode, CauseCode> {
        match self.settle(outcome, now) {
            Some(Settled::Unready(Verdict::Again { cause, .. })) => Ok(cause.code),
            Some(Settled::Unready(Verdict::Never(cause))) => Err(cause.code),
            other => panic!("{other:?}"),
        }
    }
}

fn refused(error: &str, description: &str) -> LoginOutcome {
    Refused(ErrorResponse::of_token_endpoint(400, error, description))
}

fn not_approved() -> LoginOutcome {
    refused("invalid_grant", "user hasn't approved this consumer")
}

fn unavailable(kind: UnavailableKind) -> LoginOutcome {
    LoginOutcome::Unavailable(Unavailability::new(kind, "no answer"))
}

#[test]
fn an_org_that_is_not_finished_in_time_is_told_with_what_became_of_its_settings() {
    let mut desk = Desk::with(Some(record()));
    desk.deploy_until_the_token_is_refused();
    let cause = Cause::again(CauseCode::SettingsFailed, "still being deployed", "", "again");
    desk.org.settle_provisioning(Provisioned::CutShort(crate::engine::patience::Cut::Signal, cause.clone()));
    let Desk { client_id, trusted, org } = &desk;
    assert_eq!(org.unfinished(at(3), Rules { client_id, trusted, hub_host: "hub.my.salesforce.com" }), cause);
}

#[test]
fn the_record_alone_decides_whether_an_org_is_asked() {
    assert!(
        matches!(Desk::with(None).admit(), RecordVerdict::Never(cause) if cause.code == CauseCode::UnknownUsername)
    );
    let creating = ScratchOrgInfo { status: Some(Status::New), login_url: None, ..record() };
    assert!(matches!(Desk::with(Some(creating)).admit(), RecordVerdict::Creating(_)));
    let deleted = ScratchOrgInfo { status: Some(Status::Deleted), ..record() };
    assert!(
        matches!(Desk::with(Some(deleted)).admit(), RecordVerdict::Never(cause) if cause.code == CauseCode::Deleted)
    );
    let evil = ScratchOrgInfo { login_url: Some("https://evil.example".to_owned()), ..record() };
    let RecordVerdict::Never(cause) = Desk::with(Some(evil)).admit() else { panic!("it would be asked") };
    assert_eq!((cause.code, cause.host.as_deref()), (CauseCode::UntrustedHost, Some("evil.example")));
}

#[test]
fn the_hub_s_spelling_of_the_username_counts() {
    assert_eq!(Desk::new().org.name.as_str(), "a@example.com");
    assert_eq!(Desk::with(None).org.name.as_str(), "A@example.com");
}

#[test]
fn not_replicated_is_waited_out_for_as_long_as_it_takes() {
    let mut desk = Desk::new();
    for seconds in [0, 60, 3600, 80_000] {
        assert_eq!(desk.code(not_approved(), at(seconds)), Ok(CauseCode::NotReplicated));
    }
    assert_eq!(desk.org.attempts, 4);
    assert_eq!(desk.org.waited(Duration::from_secs(10)), Duration::from_secs(10));
}

#[test]
fn a_young_org_has_a_minute_for_answers_that_are_final_at_others_counted_from_the_first() {
    let mut desk = Desk::new();
    let missing = || refused("app_not_found", "External client app is not installed in this org");
    assert_eq!(desk.code(missing(), at(10)), Ok(CauseCode::AppNotInstalled));
    assert_eq!(desk.code(not_approved(), at(40)), Ok(CauseCode::NotReplicated));
    assert_eq!(desk.code(missing(), at(69)), Ok(CauseCode::AppNotInstalled));
    assert_eq!(desk.code(missing(), at(70)), Err(CauseCode::AppNotInstalled));
}

#[test]
fn what_the_hub_learnt_meanwhile_counts_at_the_next_refusal() {
    let mut desk = Desk::new();
    assert_eq!(desk.code(not_approved(), at(1)), Ok(CauseCode::NotReplicated));
    desk.org.record = Some(Arc::new(ScratchOrgInfo { status: Some(Status::Deleted), ..record() }));
    assert_eq!(desk.code(not_approved(), at(2)), Err(CauseCode::Deleted));
}

#[test]
fn an_expired_org_is_gone_after_three_attempts_that_it_left_unanswered() {
    let expired = ScratchOrgInfo { expiration_date: Some(jiff::civil::date(2026, 11, 1)), ..record() };
    let mut desk = Desk::with(Some(expired));
    desk.admit();
    // A 429 is an answer, and what this machine could not send says nothing.
    for kind in [UnavailableKind::Throttled, UnavailableKind::Local, UnavailableKind::Throttled] {
        assert!(desk.code(unavailable(kind), at(1)).is_ok());
    }
    assert_eq!(desk.code(unavailable(UnavailableKind::Other), at(2)), Ok(CauseCode::Unreachable));
    assert_eq!(desk.code(unavailable(UnavailableKind::Other), at(3)), Ok(CauseCode::Unreachable));
    assert_eq!(desk.code(unavailable(UnavailableKind::Other), at(4)), Err(CauseCode::Expired));
}

#[test]
fn a_token_that_the_org_refuses_is_asked_for_anew_once() {
    let old = ScratchOrgInfo { created: Some("2026-11-24T12:00:00Z".parse().unwrap()), ..record() };
    let mut desk = Desk::with(Some(old));
    desk.admit();
    let url: InstanceUrl = desk.trusted.instance_url("https://api.my.salesforce.com").unwrap();
    let refused =
        || CheckRefused(url.clone(), ErrorResponse::of_api(401, "INVALID_SESSION_ID", "Session expired or invalid"));
    assert_eq!(desk.code(refused(), at(1)), Ok(CauseCode::Rejected));
    let Some(Settled::Unready(Verdict::Never(cause))) = desk.settle(refused(), at(2)) else { panic!("a third token") };
    assert_eq!((cause.code, cause.host.as_deref()), (CauseCode::Rejected, Some("api.my.salesforce.com")));
}

#[test]
fn a_deployment_that_gets_no_other_token_can_go_on_later_unless_the_org_is_lost() {
    let cause = |code, next_step| Cause::never(code, "why", "a.scratch.my.salesforce.com", next_step);
    let cut_short = hint::SETTINGS_CUT_SHORT;
    for (status, code, retryable, next_step) in [
        (OrgStatus::TimedOut, CauseCode::NotReplicated, true, cut_short),
        (OrgStatus::Interrupted, CauseCode::NotReplicated, true, cut_short),
        (OrgStatus::Failed, CauseCode::Rejected, true, cut_short),
        (OrgStatus::Failed, CauseCode::Deleted, false, "create it again"),
    ] {
        let mut desk = Desk::new();
        desk.deploy_until_the_token_is_refused();
        let kept = desk.org.give_up_provisioning(status, Some(&cause(code, "create it again")));
        assert!(kept.is_some(), "it is ready and kept");
        let (ended, cause) = desk.org.unprovisioned.take().unwrap();
        assert_eq!(
            (ended, cause.code, desk.org.settings),
            (status, CauseCode::SettingsFailed, Some(SettingsStatus::Failed))
        );
        assert_eq!((cause.retryable, cause.hint.as_str()), (retryable, next_step), "{status:?} {code:?}");
        assert!(cause.description.unwrap().ends_with(": why"));
    }
    let mut desk = Desk::new();
    assert!(desk.org.give_up_provisioning(OrgStatus::Failed, None).is_none(), "nothing was being deployed");
}

#[test]
fn another_org_than_the_hub_named_is_never_asked_again() {
    let (answered, expected) = (OrgId::new("00D000000000002").unwrap(), OrgId::new("00D000000000001").unwrap());
    let mut desk = Desk::new();
    let Some(Settled::Unready(Verdict::Never(cause))) = desk.settle(Mismatch { answered, expected }, at(1)) else {
        panic!("again")
    };
    assert_eq!((cause.code, cause.host.as_deref()), (CauseCode::OrgMismatch, Some("a.scratch.my.salesforce.com")));
}

#[test]
fn an_org_that_is_cut_short_is_told_with_the_last_thing_that_it_said() {
    let rules = |desk: &Desk| {
        let rules = Rules { client_id: &desk.client_id, trusted: &desk.trusted, hub_host: "hub" };
        desk.org.unfinished(at(9), rules)
    };
    let mut desk = Desk::new();
    assert_eq!(rules(&desk).code, CauseCode::NotTried);
    assert!(desk.settle(Cut, at(1)).is_none());
    assert_eq!(rules(&desk).code, CauseCode::Unreachable, "it was asked, and gave no whole answer");
    desk.settle(not_approved(), at(2));
    let cause = rules(&desk);
    assert_eq!((cause.code, cause.retryable), (CauseCode::NotReplicated, true));
}

#[test]
fn an_outcome_bounds_the_replication_time() {
    let mut desk = Desk::new();
    desk.settle(not_approved(), at(3));
    desk.settle(not_approved(), at(7));
    let outcome = desk.org.finish(OrgStatus::TimedOut, None, at(9), Duration::ZERO);
    assert_eq!((outcome.attempts, outcome.waited), (2, Duration::from_secs(6)));
    assert_eq!(
        (outcome.created_date, outcome.last_refused_at, outcome.ready_at),
        (Some(at(0).wall), Some(at(7).wall), None)
    );
}

#[test]
fn an_org_that_was_never_asked_has_waited_since_the_batch_began() {
    let outcome = Desk::with(None).org.finish(OrgStatus::Failed, None, at(9), Duration::from_secs(4));
    assert_eq!((outcome.attempts, outcome.waited), (0, Duration::from_secs(5)));
}

#[test]
fn a_signal_makes_what_was_not_stored_an_interruption() {
    let error = HandoverError::new("the disk is full", "make room");
    let (status, cause) = not_stored(&error, false);
    assert_eq!((status, cause.code, cause.retryable), (OrgStatus::Failed, CauseCode::NotStored, false));
    assert_eq!((cause.description.as_deref(), cause.hint.as_str()), (Some("the disk is full"), "make room"));
    let (status, cause) = not_stored(&error, true);
    assert_eq!((status, cause.retryable), (OrgStatus::Interrupted, true));
}
