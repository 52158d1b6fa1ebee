//! What an answer means for an org: asked again, or never. The heart of the product, and pure: from (answer, record, age
//! of the org, time it was already doubted) to a verdict.
//!
//! What the server's words mean is known by then ([`crate::protocol::error_response`]). A false "never" is worse than a
//! short wait.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::cause::{Cause, CauseCode};
use crate::model::scratch_org::{ScratchOrgInfo, Status};
use crate::protocol::error_response::{ErrorResponse, RefusalKind};
use crate::protocol::hint;
use crate::protocol::transport::{Unavailability, UnavailableKind};
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
        /// Whether it was a 429: then the whole batch slows down.
        throttled: bool,
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

/// The verdict on a refusal of the token endpoint, after other audiences and a fresh signature were tried.
pub fn on_refusal(refusal: &ErrorResponse, at: &VerdictContext<'_>) -> Verdict {
    let never = |code| Verdict::Never(refused(code, false, refusal, at));
    let again = |code| Verdict::Again { cause: refused(code, true, refusal, at), not_before: None, throttled: false };
    let code = match refusal.kind {
        RefusalKind::NotApproved => CauseCode::NotApproved,
        RefusalKind::Audience => CauseCode::AudienceRejected,
        RefusalKind::Clock => CauseCode::ClockSkew,
        RefusalKind::Cause(code) => code,
        // What an API says, and no token endpoint.
        RefusalKind::Session
        | RefusalKind::Scope
        | RefusalKind::Field
        | RefusalKind::Version
        | RefusalKind::Unusable => CauseCode::Rejected,
    };
    let Some(record) = at.record else { return never(code) };
    // An org that is gone refuses in many words; what it is to be told is that it is gone.
    if record.is_expired(at.now) {
        return never(CauseCode::Expired);
    }
    let another_app = record.names_another_app(at.client_id);
    let (age, has_grace) = (age(record, at.now), at.doubted < GRACE);
    match code {
        // One sentence stands for both: not replicated yet, and never. What is replicated is the app that the org was
        // signed up with (`scratchOrgInfoGenerator.ts` L242-246 of sfdx-core).
        CauseCode::NotApproved if another_app => never(CauseCode::AppMismatch),
        CauseCode::NotApproved if age.is_none_or(|age| age <= REPLICATION_MAX) => again(CauseCode::NotReplicated),
        CauseCode::NotApproved if has_grace => again(code),
        _ if has_grace && is_final_after_grace(code) && is_young(record, at.now) && !another_app => again(code),
        _ => never(code),
    }
}

/// The verdict where no usable answer came.
pub fn on_unavailable(unavailable: &Unavailability, at: &VerdictContext<'_>) -> Verdict {
    let (error, words) = (unavailable.error.as_deref().unwrap_or_default(), unavailable.description.as_str());
    let cause = |code, retryable| in_words_of_host(code, retryable, (error, words), hint::of(code, at), at);
    let throttled = unavailable.kind == UnavailableKind::Throttled;
    let again = |code| Verdict::Again { cause: cause(code, true), not_before: unavailable.retry_after, throttled };
    match unavailable.kind {
        UnavailableKind::Tls => Verdict::Never(cause(CauseCode::TlsFailed, false)),
        // Asked again with the same password, a proxy locks the account.
        UnavailableKind::ProxyRefused => Verdict::Never(cause(CauseCode::ProxyRefused, false)),
        UnavailableKind::Throttled | UnavailableKind::Busy => again(CauseCode::Throttled),
        // Not the host's fault: it was never asked.
        UnavailableKind::Local => again(CauseCode::NotTried),
        // 420 is also how the edge answers for scratch orgs that were deleted or expired (jsforce PR #1772).
        kind @ (UnavailableKind::Gone | UnavailableKind::Other) if is_gone(kind == UnavailableKind::Gone, at) => {
            Verdict::Never(cause(CauseCode::Expired, false))
        }
        UnavailableKind::Gone | UnavailableKind::Other | UnavailableKind::Proxy => again(CauseCode::Unreachable),
    }
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
    let (code, hint) = of_api(refusal.kind, (CauseCode::Rejected, hint::CHECK_REFUSED));
    let settling = at.record.is_some_and(|record| is_young(record, at.now)) && at.doubted < GRACE;
    let again = refusal.kind == RefusalKind::Session && (at.refused_tokens <= 1 || settling);
    let cause = Cause { hint: hint.to_owned(), ..refused(code, again, refusal, at) };
    if again { Verdict::Again { cause, not_before: None, throttled: false } } else { Verdict::Never(cause) }
}

/// The verdict where the hub's API refuses a query, after a new session and fewer fields were tried.
pub fn on_query_refused(refusal: &ErrorResponse, at: &VerdictContext<'_>) -> Cause {
    let (code, hint) = match refusal.kind {
        RefusalKind::Cause(CauseCode::NotADevHub) => (CauseCode::NotADevHub, hint::NOT_A_DEV_HUB),
        kind => of_api(kind, (CauseCode::QueryRejected, hint::QUERY_REFUSED)),
    };
    Cause { hint: hint.to_owned(), ..refused(code, false, refusal, at) }
}

/// What an API's refusal of this kind is, and what to do about it.
fn of_api(kind: RefusalKind, otherwise: (CauseCode, &'static str)) -> (CauseCode, &'static str) {
    match kind {
        RefusalKind::Cause(CauseCode::ApiLimit) => (CauseCode::ApiLimit, hint::API_LIMIT),
        RefusalKind::Session | RefusalKind::Scope => (otherwise.0, hint::TOKEN_REFUSED),
        RefusalKind::Version => (otherwise.0, hint::API_VERSION),
        RefusalKind::Unusable => (otherwise.0, hint::UNUSABLE),
        _ => otherwise,
    }
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
    match record.status {
        Some(Status::Error) => {
            let (meaning, next) = hint::of_signup_error(record.error_code.as_deref());
            let cause = Cause::never(CauseCode::SignupFailed, meaning, hub_host, &next);
            RecordVerdict::Never(Cause { error: record.error_code.clone(), ..cause })
        }
        Some(Status::Deleted) => {
            let words = "the Dev Hub says that the org was deleted";
            RecordVerdict::Never(Cause::never(CauseCode::Deleted, words, hub_host, hint::DELETED))
        }
        _ if record.is_being_created() => {
            let status = record.status.map_or("unknown", Status::as_str);
            let words = format!("the Dev Hub is still creating the org (status {status})");
            RecordVerdict::Creating(Cause::again(CauseCode::Creating, words, hub_host, hint::CREATING))
        }
        _ => RecordVerdict::Ask,
    }
}

fn refused(code: CauseCode, retryable: bool, refusal: &ErrorResponse, at: &VerdictContext<'_>) -> Cause {
    let hint =
        if code == CauseCode::ClockSkew { hint::of_clock(refusal.server_time, at.now) } else { hint::of(code, at) };
    in_words_of_host(code, retryable, (&refusal.error, &refusal.description), hint, at)
}

/// A cause in the words of the host that answered, or of what failed on the way to it.
fn in_words_of_host(
    code: CauseCode,
    retryable: bool,
    words: (&str, &str),
    hint: String,
    at: &VerdictContext<'_>,
) -> Cause {
    let told = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let (error, description) = (told(words.0), told(words.1));
    Cause { code, retryable, error, description, host: Some(at.host.to_owned()), hint }
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
    age(record, now).is_none_or(|age| age < YOUNG)
}

fn age(record: &ScratchOrgInfo, now: Timestamp) -> Option<Duration> {
    record.created.map(|created| Duration::try_from(now.duration_since(created)).unwrap_or_default())
}

#[cfg(test)]
mod tests;
