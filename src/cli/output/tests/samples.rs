//! Endings for the tests of every format.

use std::time::Duration;

use crate::cli::diagnosis::{Diagnosis, Findings};
use crate::cli::ending::{Ending, Failure, Outcome, Signal};
use crate::cli::job::Job;
use crate::engine::hub_failure::{HubFailure, HubStage};
use crate::model::cause::{Cause, CauseCode};
use crate::model::org::{Alias, OrgId, OrgName, Username};
use crate::model::report::{Hub, OrgOutcome, OrgStatus, Report};

/// Foreign text that tries whatever a format can be tricked with.
pub(crate) const HOSTILE: &str =
    "no <b>\"&'</b> ]]> | `x` *y* [z](https://evil.example) ##vso[task.x]y ::set-env name=A::b";

/// The Dev Hub.
pub(crate) fn hub() -> Hub {
    Hub {
        username: Username::new("hub@example.com").unwrap(),
        org_id: OrgId::new("00D000000000009").unwrap(),
        instance_url: "https://acme.my.salesforce.com".to_owned(),
        login_url: "https://login.salesforce.com".to_owned(),
    }
}

/// One org.
pub(crate) fn org(username: &str, status: OrgStatus, cause: Option<Cause>) -> OrgOutcome {
    let ready = status == OrgStatus::Ready;
    OrgOutcome {
        name: OrgName::new(username).unwrap(),
        alias: ready.then(|| Alias::new("qa").unwrap()),
        status,
        org_id: ready.then(|| OrgId::new("00D000000000001").unwrap()),
        instance_url: ready.then(|| "https://x.scratch.my.salesforce.com".to_owned()),
        login_url: Some("https://x.scratch.my.salesforce.com".to_owned()),
        expiration_date: Some(jiff::civil::date(2026, 12, 1)),
        attempts: 4,
        waited: Duration::from_millis(6120),
        created_date: Some("2026-11-25T12:00:00Z".parse().unwrap()),
        last_refused_at: Some("2026-11-25T12:01:00Z".parse().unwrap()),
        ready_at: ready.then(|| "2026-11-25T12:01:05Z".parse().unwrap()),
        settings: None,
        cause,
        record_id: None,
    }
}

/// Why an org is not ready.
pub(crate) fn cause(code: CauseCode, description: &str, hint: &str) -> Cause {
    Cause {
        code,
        retryable: code == CauseCode::NotReplicated,
        error: Some("invalid_grant".to_owned()),
        description: Some(description.to_owned()),
        host: Some("x.scratch.my.salesforce.com".to_owned()),
        hint: hint.to_owned(),
    }
}

/// A run of `login` with these orgs.
pub(crate) fn run(orgs: Vec<OrgOutcome>, signal: Option<Signal>) -> Ending {
    let report = Report::new(Some(hub()), orgs, Duration::from_millis(6400), false);
    let failure = Failure::of_orgs(&report, Job::Login, signal);
    Ending { outcome: Some(Outcome::Orgs(report)), failure, ..Ending::default() }
}

/// One org, ready.
pub(crate) fn all_ready() -> Ending {
    run(vec![org("test-a@example.com", OrgStatus::Ready, None)], None)
}

/// Four orgs: one ready, two that failed for one cause, one late.
pub(crate) fn some_failed() -> Ending {
    let mismatch = cause(CauseCode::AppMismatch, HOSTILE, "sign the org up with the hub's app");
    let late = cause(CauseCode::NotReplicated, "user hasn't approved this consumer", "wait longer with --wait");
    run(
        vec![
            org("test-a@example.com", OrgStatus::Ready, None),
            org("test-b@example.com", OrgStatus::Failed, Some(mismatch.clone())),
            org("te|st`*c*`@example.com", OrgStatus::Failed, Some(mismatch)),
            org("test-d@example.com", OrgStatus::TimedOut, Some(late)),
        ],
        None,
    )
}

/// Two orgs, one of which a signal left behind.
pub(crate) fn interrupted() -> Ending {
    let not_tried = cause(CauseCode::NotTried, "interrupted", "run again");
    run(
        vec![
            org("test-a@example.com", OrgStatus::Ready, None),
            org("test-b@example.com", OrgStatus::Interrupted, Some(not_tried)),
        ],
        Some(Signal::Terminate),
    )
}

/// What `doctor` found: this, and everything else skipped.
pub(crate) fn checks(find: impl FnOnce(&mut Findings)) -> Ending {
    let mut findings = Findings::default();
    find(&mut findings);
    findings.skip_rest("not looked at");
    let diagnosis = Diagnosis::new(findings, Duration::from_millis(440));
    let failure = Failure::of_checks(&diagnosis, None);
    Ending { outcome: Some(Outcome::Checks(diagnosis)), failure, ..Ending::default() }
}

/// No login at the hub.
pub(crate) fn hub_failed() -> Ending {
    let failure = HubFailure {
        stage: HubStage::Login,
        cause: cause(CauseCode::InvalidAssertion, "invalid assertion", "give the key of the app's certificate"),
    };
    Failure::hub(failure, &hub().username, "login.salesforce.com", None).into()
}
