//! What an answer means for an org: asked again, or never. The heart of the product, and pure: from (answer, record, age
//! of the org, time it was already doubted) to a verdict.
//!
//! The server's words are in no complete official table; those matched here are from
//! <https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_flow_errors.htm> and the public threads that each
//! line names. A false "never" is worse than a short wait.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::cause::{Cause, CauseCode};
use crate::model::scratch_org::{ScratchOrgInfo, Status};
use crate::protocol::hint;
use crate::protocol::response::{ErrorResponse, Unavailability, UnavailableKind};
use crate::protocol::verdict_context::VerdictContext;

/// What was just created may still be settling: an org is young for so long.
pub const YOUNG: Duration = Duration::from_secs(15 * 60);

/// How long a young org is asked again after an answer that is final at an older one.
pub const GRACE: Duration = Duration::from_secs(60);

/// Replication does not take longer than this.
pub const REPLICATION_MAX: Duration = Duration::from_secs(24 * 3600);

/// Unanswered attempts after which an expired org counts as gone.
pub const EXPIRED_ATTEMPTS: u32 = 3;

/// What to do about an org after an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Ask again, not before this has passed.
    Again {
        /// Why.
        cause: Cause,
        /// `Retry-After`.
        not_before: Option<Duration>,
    },
    /// Waiting does not mend it.
    Never(Cause),
}

impl Verdict {
    /// Why the org is not ready.
    pub fn cause(&self) -> &Cause {
        match self {
            Self::Again { cause, .. } | Self::Never(cause) => cause,
        }
    }
}

/// What a refusal of the token endpoint says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// "user hasn't approved this consumer": not replicated yet, or one of many other things.
    NotApproved,
    /// The audience is wrong.
    Audience,
    /// The assertion's lifetime does not fit the server's clock.
    Clock,
    /// It can pass by itself.
    TryAgain,
    /// One of the contract's causes, by itself.
    Cause(CauseCode),
}

/// Reads the server's words. Matched are `error` and a part of `error_description`, whatever their case.
pub fn meaning(refusal: &ErrorResponse) -> RefusalKind {
    let error = refusal.error.to_ascii_lowercase();
    let words = refusal.description.to_ascii_lowercase().replace('’', "'");
    let says = |part: &str| words.contains(part);
    match error.as_str() {
        // Help 000381578: more than 3,600 logins of one user in an hour; the OAuth spelling is from restforce #412, #744.
        _ if says("login rate exceeded") => RefusalKind::Cause(CauseCode::LoginRateExceeded),
        "rate_limit_exceeded" | "login_rate_exceeded" => RefusalKind::Cause(CauseCode::LoginRateExceeded),
        // "it means that the scratch org information hasn't yet been replicated. Wait a short time and try again."
        // (Salesforce DX Developer Guide, "Authorize a Scratch Org Using the JWT Flow")
        _ if says("hasn't approved") => RefusalKind::NotApproved,
        // forcedotcom/cli #3482, #3515, #3638.
        "app_not_found" => RefusalKind::Cause(CauseCode::AppNotInstalled),
        _ if says("app is not installed in this org") => RefusalKind::Cause(CauseCode::AppNotInstalled),
        // The second spelling is the documentation's.
        "invalid_app_access" | "invalid_app_acess" => RefusalKind::Cause(CauseCode::AppAccessDenied),
        _ if says("not admin approved") => RefusalKind::Cause(CauseCode::AppAccessDenied),
        "invalid_request" if says("preauthoriz") || says("pre-authoriz") => {
            RefusalKind::Cause(CauseCode::AppAccessDenied)
        }
        "invalid_client_id" | "invalid_client" | "invalid_client_credentials" => {
            RefusalKind::Cause(CauseCode::InvalidClient)
        }
        "inactive_user" | "inactive_org" => RefusalKind::Cause(CauseCode::InactiveUser),
        // jsforce/salto retry these; temporarily_unavailable and server_error are OAuth's own (RFC 6749, 4.1.2.1).
        "unknown_error" | "temporarily_unavailable" | "server_error" => RefusalKind::TryAgain,
        _ if says("retry your request") || says("data not available") => RefusalKind::TryAgain,
        // simple-salesforce #371, #491: so an assertion is refused that expired, or is not valid yet.
        _ if says("expired authorization code") => RefusalKind::Clock,
        // "Audience validation failed" and "audience is invalid" are both in the documentation.
        _ if says("audience") => RefusalKind::Audience,
        _ if says("invalid assertion") => RefusalKind::Cause(CauseCode::InvalidAssertion),
        _ if says("ip restricted") => RefusalKind::Cause(CauseCode::IpRestricted),
        _ if says("inactive user") || says("inactive org") => RefusalKind::Cause(CauseCode::InactiveUser),
        _ if words.split(|c: char| !c.is_alphanumeric()).any(|word| word == "locked") => {
            RefusalKind::Cause(CauseCode::InactiveUser)
        }
        _ => RefusalKind::Cause(CauseCode::Rejected),
    }
}

/// The verdict on a refusal of the token endpoint, after other audiences and a fresh signature were tried.
pub fn on_refusal(refusal: &ErrorResponse, at: &VerdictContext<'_>) -> Verdict {
    let code = match meaning(refusal) {
        RefusalKind::TryAgain if is_gone(false, at) => CauseCode::Expired,
        RefusalKind::TryAgain => {
            return Verdict::Again { cause: refused(CauseCode::Unreachable, true, refusal, at), not_before: None };
        }
        RefusalKind::NotApproved => return on_not_approved(refusal, at),
        RefusalKind::Audience => CauseCode::AudienceRejected,
        RefusalKind::Clock => CauseCode::ClockSkew,
        RefusalKind::Cause(code) => code,
    };
    let Some(record) = at.record else { return Verdict::Never(refused(code, false, refusal, at)) };
    // An org that is gone refuses in many words; what it is to be told is that it is gone.
    if record.is_expired(at.now) {
        return Verdict::Never(refused(CauseCode::Expired, false, refusal, at));
    }
    if is_final_after_grace(code)
        && is_young(record, at.now)
        && !record.names_another_app(at.client_id)
        && at.doubted < GRACE
    {
        return Verdict::Again { cause: refused(code, true, refusal, at), not_before: None };
    }
    Verdict::Never(refused(code, false, refusal, at))
}

/// The sentence that stands for both: not replicated yet, and never.
fn on_not_approved(refusal: &ErrorResponse, at: &VerdictContext<'_>) -> Verdict {
    let never = |code| Verdict::Never(refused(code, false, refusal, at));
    let again = |code| Verdict::Again { cause: refused(code, true, refusal, at), not_before: None };
    let Some(record) = at.record else { return never(CauseCode::NotApproved) };
    if record.is_expired(at.now) {
        return never(CauseCode::Expired);
    }
    // What is replicated is the app that the org was signed up with (`scratchOrgInfoGenerator.ts` L242-246 of sfdx-core).
    if record.names_another_app(at.client_id) {
        return never(CauseCode::AppMismatch);
    }
    match record.created {
        Some(created) if age(created, at.now) > REPLICATION_MAX => {
            if at.doubted < GRACE {
                again(CauseCode::NotApproved)
            } else {
                never(CauseCode::NotApproved)
            }
        }
        _ => again(CauseCode::NotReplicated),
    }
}

/// The verdict where no usable answer came.
pub fn on_unavailable(silence: &Unavailability, at: &VerdictContext<'_>) -> Verdict {
    let cause = |code, retryable| Cause {
        code,
        retryable,
        error: None,
        description: Some(silence.description.clone()),
        host: Some(at.host.to_owned()),
        hint: hint::of(code, at),
    };
    let again = |code| Verdict::Again { cause: cause(code, true), not_before: silence.retry_after };
    match silence.kind {
        UnavailableKind::Tls => return Verdict::Never(cause(CauseCode::TlsFailed, false)),
        UnavailableKind::Throttled => return again(CauseCode::Throttled),
        // Not the host's fault: it was never asked.
        UnavailableKind::Local => return again(CauseCode::NotTried),
        UnavailableKind::Gone | UnavailableKind::Other => {}
    }
    // 420 is also how the edge answers for scratch orgs that were deleted or expired (jsforce PR #1772).
    if is_gone(silence.kind == UnavailableKind::Gone, at) {
        return Verdict::Never(cause(CauseCode::Expired, false));
    }
    again(CauseCode::Unreachable)
}

/// Whether an expired org that gives no token is gone, and not only out of reach: where that is an answer in itself, or
/// came too often.
fn is_gone(answered: bool, at: &VerdictContext<'_>) -> bool {
    let enough = answered || at.unanswered >= EXPIRED_ATTEMPTS;
    enough && !at.logged_in && at.record.is_some_and(|record| record.is_expired(at.now))
}

/// The verdict where the org's API refuses the token that the org just gave, or the readiness query.
///
/// A session may take a moment to be known everywhere: a new token is asked for once, and at a young org for as long as
/// it has its grace.
pub fn on_check_refused(refusal: &ErrorResponse, at: &VerdictContext<'_>) -> Verdict {
    // "This session is not valid for use with the REST API": the token lacks the scope `api`; no other token has it.
    let session = refusal.status == 401 && !refusal.description.contains("not valid for use with the REST API");
    let hint = if refusal.status == 401 { hint::TOKEN_REFUSED } else { hint::CHECK_REFUSED }.to_owned();
    let mut cause = Cause { hint, ..refused(CauseCode::Rejected, session, refusal, at) };
    let settling = at.record.is_some_and(|record| is_young(record, at.now)) && at.doubted < GRACE;
    if session && (at.refused_tokens <= 1 || settling) {
        return Verdict::Again { cause, not_before: None };
    }
    cause.retryable = false;
    Verdict::Never(cause)
}

/// What the hub's record says before an org is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordVerdict {
    /// The org can be asked.
    Ask,
    /// The hub still makes it.
    Creating(Cause),
    /// It can never be logged in to.
    Never(Cause),
}

/// The verdict on a record: certain where the hub is certain, else the org decides.
pub fn on_record(record: &ScratchOrgInfo, hub_host: &str) -> RecordVerdict {
    let cause = |code, retryable, description: String, hint| Cause {
        code,
        retryable,
        error: record.error_code.clone().filter(|_| code == CauseCode::SignupFailed),
        description: Some(description),
        host: Some(hub_host.to_owned()),
        hint,
    };
    let status = record.status.map_or("unknown", Status::as_str);
    match record.status {
        Some(Status::Error) => {
            let (meaning, next) = hint::of_signup_error(record.error_code.as_deref());
            RecordVerdict::Never(cause(CauseCode::SignupFailed, false, meaning, next))
        }
        Some(Status::Deleted) => RecordVerdict::Never(cause(
            CauseCode::Deleted,
            false,
            "the Dev Hub says that the org was deleted".to_owned(),
            hint::DELETED.to_owned(),
        )),
        _ if record.is_being_created() => RecordVerdict::Creating(cause(
            CauseCode::Creating,
            true,
            format!("the Dev Hub is still creating the org (status {status})"),
            hint::CREATING.to_owned(),
        )),
        _ => RecordVerdict::Ask,
    }
}

fn refused(code: CauseCode, retryable: bool, refusal: &ErrorResponse, at: &VerdictContext<'_>) -> Cause {
    let hint =
        if code == CauseCode::ClockSkew { hint::of_clock(refusal.server_time, at.now) } else { hint::of(code, at) };
    Cause {
        code,
        retryable,
        error: Some(refusal.error.clone()).filter(|text| !text.is_empty()),
        description: Some(refusal.description.clone()).filter(|text| !text.is_empty()),
        host: Some(at.host.to_owned()),
        hint,
    }
}

/// Whether an answer that led to this code starts an org's grace.
pub fn starts_grace(code: CauseCode) -> bool {
    is_final_after_grace(code) || matches!(code, CauseCode::NotApproved | CauseCode::Rejected)
}

fn is_final_after_grace(code: CauseCode) -> bool {
    matches!(
        code,
        CauseCode::AppNotInstalled
            | CauseCode::AppAccessDenied
            | CauseCode::InvalidClient
            | CauseCode::InvalidAssertion
            | CauseCode::AudienceRejected
    )
}

/// Whether the org was created so recently that it may still be settling; so it is where its age is not known.
fn is_young(record: &ScratchOrgInfo, now: Timestamp) -> bool {
    record.created.is_none_or(|created| age(created, now) < YOUNG)
}

fn age(created: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(created)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
