//! A refusal in the server's own words, and what it means. It is classified here, once, when it is parsed.
//!
//! The words are in no complete official table; those matched here are from
//! <https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_flow_errors.htm> and the public threads that each
//! line names.

use jiff::Timestamp;

use crate::model::cause::CauseCode;
use crate::model::untrusted::{DESCRIPTION_MAX, sanitize_line};

use RefusalKind::Cause;

/// Longest `error` or `errorCode` that is told.
pub(crate) const ERROR_MAX: usize = 80;

/// A refusal in the server's own words, bounded and safe to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorResponse {
    /// The HTTP status; 0 where no server refused.
    pub status: u16,
    /// OAuth's `error`, or the API's `errorCode`.
    pub error: String,
    /// OAuth's `error_description`, or the API's `message`.
    pub description: String,
    /// The server's clock, where it told.
    pub server_time: Option<Timestamp>,
    /// What it means.
    pub kind: RefusalKind,
}

/// What a refusal means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefusalKind {
    /// "user hasn't approved this consumer": not replicated yet, or one of many other things.
    NotApproved,
    /// The audience is wrong.
    Audience,
    /// The assertion's lifetime does not fit the server's clock.
    Clock,
    /// The token is not valid, or not any more: another one may be.
    Session,
    /// The token lacks the scope `api`: no other one has it.
    Scope,
    /// The query names a field that is not there, or hidden from the user.
    Field,
    /// There is no such resource: of the paths that are asked, the API's version is what can be wrong.
    Version,
    /// No server refused: the answer is not one to what was asked.
    Unusable,
    /// One of the contract's causes, by itself; [`CauseCode::Rejected`] where the words are not known.
    Cause(CauseCode),
}

impl ErrorResponse {
    /// A refusal of the token endpoint.
    pub fn of_token_endpoint(status: u16, error: &str, description: &str) -> Self {
        Self::new(status, error, description, of_oauth(error, description))
    }

    /// A refusal of the REST API.
    pub fn of_api(status: u16, error: &str, description: &str) -> Self {
        Self::new(status, error, description, of_api(status, error, description))
    }

    /// An answer that no server meant as a refusal, and that cannot be used all the same.
    pub(crate) fn unusable(description: &str) -> Self {
        Self::new(0, "", description, RefusalKind::Unusable)
    }

    fn new(status: u16, error: &str, description: &str, kind: RefusalKind) -> Self {
        let (error, description) = (sanitize_line(error, ERROR_MAX), sanitize_line(description, DESCRIPTION_MAX));
        Self { status, error, description, server_time: None, kind }
    }
}

/// Whether the token endpoint says that the same request may succeed.
pub(crate) fn asks_to_retry(error: &str, description: &str) -> bool {
    let (error, words) = (plain(error), folded(description));
    // jsforce/salto retry these; temporarily_unavailable and server_error are OAuth's own (RFC 6749, 4.1.2.1).
    matches!(error.as_str(), "unknown_error" | "temporarily_unavailable" | "server_error")
        || words.contains("retry your request")
        || words.contains("data not available")
}

/// Whether this is a limit that passes by itself.
///
/// `REQUEST_LIMIT_EXCEEDED` means two things: the day's requests are used up, or too many run at once
/// (SalesforceLabs/OrgCheck #432, salesforcecli/cli PR #2180). `QUERY_TIMEOUT` passes too (restforce #790).
pub(crate) fn is_passing_limit(error: &str, description: &str) -> bool {
    match plain(error).as_str() {
        "query_timeout" | "unable_to_lock_row" | "server_unavailable" => true,
        "request_limit_exceeded" => folded(description).contains("concurrent"),
        _ => false,
    }
}

/// Matched are `error` and a part of `error_description`, whatever their case.
fn of_oauth(error: &str, description: &str) -> RefusalKind {
    let (error, words) = (plain(error), folded(description));
    let says = |part: &str| words.contains(part);
    match error.as_str() {
        // Help 000381578: more than 3,600 logins of one user in an hour; the OAuth spelling is from restforce #412, #744.
        _ if says("login rate exceeded") => Cause(CauseCode::LoginRateExceeded),
        "rate_limit_exceeded" | "login_rate_exceeded" => Cause(CauseCode::LoginRateExceeded),
        "request_limit_exceeded" => Cause(CauseCode::ApiLimit),
        // "it means that the scratch org information hasn't yet been replicated. Wait a short time and try again."
        // (Salesforce DX Developer Guide, "Authorize a Scratch Org Using the JWT Flow")
        _ if says("hasn't approved") => RefusalKind::NotApproved,
        // forcedotcom/cli #3482, #3515, #3638.
        "app_not_found" => Cause(CauseCode::AppNotInstalled),
        _ if says("app is not installed in this org") || says("app must be installed into org") => {
            Cause(CauseCode::AppNotInstalled)
        }
        // The second spelling is the documentation's, the third what is left of OAUTH_APP_ACCESS_DENIED.
        "invalid_app_access" | "invalid_app_acess" | "app_access_denied" => Cause(CauseCode::AppAccessDenied),
        _ if says("not admin approved") => Cause(CauseCode::AppAccessDenied),
        "invalid_request" if says("preauthoriz") || says("pre-authoriz") => Cause(CauseCode::AppAccessDenied),
        "invalid_client_id" | "invalid_client" | "invalid_client_credentials" => Cause(CauseCode::InvalidClient),
        "inactive_user" | "inactive_org" => Cause(CauseCode::InactiveUser),
        // simple-salesforce #371, #491: so an assertion is refused that expired, or is not valid yet.
        _ if says("expired authorization code") => RefusalKind::Clock,
        // "Audience validation failed" and "audience is invalid" are both in the documentation.
        _ if says("audience") => RefusalKind::Audience,
        _ if says("invalid assertion") => Cause(CauseCode::InvalidAssertion),
        _ if says("ip restricted") => Cause(CauseCode::IpRestricted),
        _ if says("inactive user") || says("inactive org") => Cause(CauseCode::InactiveUser),
        _ if words.split(|c: char| !c.is_alphanumeric()).any(|word| word == "locked") => Cause(CauseCode::InactiveUser),
        _ => Cause(CauseCode::Rejected),
    }
}

fn of_api(status: u16, error: &str, description: &str) -> RefusalKind {
    match (error, status) {
        // jsforce asks for no new token after this one either.
        ("INVALID_SESSION_ID", _) | (_, 401) if description.contains("not valid for use with the REST API") => {
            RefusalKind::Scope
        }
        ("INVALID_SESSION_ID", _) | (_, 401) => RefusalKind::Session,
        ("INVALID_FIELD", _) => RefusalKind::Field,
        // sfdx-core's `checkScratchOrg` (`org.ts` L755-757) reads it so too.
        ("INVALID_TYPE", _) => Cause(CauseCode::NotADevHub),
        ("REQUEST_LIMIT_EXCEEDED", _) => Cause(CauseCode::ApiLimit),
        // A version that is too new is NOT_FOUND, a retired one UNSUPPORTED_API_VERSION or 410.
        ("NOT_FOUND" | "UNSUPPORTED_API_VERSION", _) | (_, 404 | 410) => RefusalKind::Version,
        _ => Cause(CauseCode::Rejected),
    }
}

/// `OAUTH_EC_APP_NOT_FOUND` is `app_not_found`: the browser's flows spell the same refusals so, and at times this one.
fn plain(error: &str) -> String {
    let folded = error.to_ascii_lowercase();
    let bare = folded.strip_prefix("oauth_").map(|rest| rest.strip_prefix("ec_").unwrap_or(rest));
    bare.map_or_else(|| folded.clone(), ToOwned::to_owned)
}

/// The words in small letters, with a plain apostrophe.
fn folded(words: &str) -> String {
    words.to_ascii_lowercase().replace('’', "'")
}

#[cfg(test)]
mod tests {
    use super::*;

    use CauseCode as Code;
    use RefusalKind as Kind;

    #[test]
    fn a_refusal_of_the_token_endpoint_has_one_meaning() {
        for (error, description, kind) in [
            ("invalid_grant", "user hasn't approved this consumer", Kind::NotApproved),
            ("invalid_grant", "User hasn’t approved this consumer", Kind::NotApproved),
            ("", "the USER HASN'T APPROVED this", Kind::NotApproved),
            ("invalid_grant", "audience is invalid", Kind::Audience),
            ("invalid_grant", "Audience validation failed", Kind::Audience),
            ("invalid_grant", "expired authorization code", Kind::Clock),
            ("invalid_grant", "login rate exceeded", Kind::Cause(Code::LoginRateExceeded)),
            ("rate_limit_exceeded", "", Kind::Cause(Code::LoginRateExceeded)),
            ("LOGIN_RATE_EXCEEDED", "", Kind::Cause(Code::LoginRateExceeded)),
            ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", Kind::Cause(Code::ApiLimit)),
            ("app_not_found", "x", Kind::Cause(Code::AppNotInstalled)),
            ("invalid_grant", "External client app is not installed in this org", Kind::Cause(Code::AppNotInstalled)),
            ("invalid_client", "app must be installed into org", Kind::Cause(Code::AppNotInstalled)),
            ("invalid_app_access", "", Kind::Cause(Code::AppAccessDenied)),
            ("invalid_app_acess", "", Kind::Cause(Code::AppAccessDenied)),
            ("invalid_grant", "user is Not Admin Approved", Kind::Cause(Code::AppAccessDenied)),
            ("invalid_request", "should be preauthorized", Kind::Cause(Code::AppAccessDenied)),
            ("invalid_request", "must be pre-authorized", Kind::Cause(Code::AppAccessDenied)),
            ("invalid_grant", "must be preauthorized", Kind::Cause(Code::Rejected)),
            ("invalid_client_id", "client identifier invalid", Kind::Cause(Code::InvalidClient)),
            ("invalid_client", "", Kind::Cause(Code::InvalidClient)),
            ("invalid_client_credentials", "", Kind::Cause(Code::InvalidClient)),
            ("inactive_user", "", Kind::Cause(Code::InactiveUser)),
            ("inactive_org", "", Kind::Cause(Code::InactiveUser)),
            ("invalid_grant", "inactive user", Kind::Cause(Code::InactiveUser)),
            ("invalid_grant", "inactive org", Kind::Cause(Code::InactiveUser)),
            ("invalid_grant", "user is locked.", Kind::Cause(Code::InactiveUser)),
            ("invalid_grant", "the request was blocked", Kind::Cause(Code::Rejected)),
            ("invalid_grant", "invalid assertion", Kind::Cause(Code::InvalidAssertion)),
            ("invalid_grant", "ip restricted", Kind::Cause(Code::IpRestricted)),
            ("invalid_request", "no", Kind::Cause(Code::Rejected)),
            ("", "", Kind::Cause(Code::Rejected)),
        ] {
            let refusal = ErrorResponse::of_token_endpoint(400, error, description);
            assert_eq!(refusal.kind, kind, "{error}: {description}");
            assert!(!asks_to_retry(error, description), "{error}: {description}");
        }
    }

    #[test]
    fn the_spelling_of_the_browsers_flows_is_the_plain_one() {
        for (spelt, twin) in [
            ("OAUTH_EC_APP_NOT_FOUND", "app_not_found"),
            ("OAUTH_APP_NOT_FOUND", "app_not_found"),
            ("OAUTH_APP_ACCESS_DENIED", "invalid_app_access"),
            ("OAUTH_INVALID_CLIENT_ID", "invalid_client_id"),
            ("oauth_inactive_user", "inactive_user"),
            ("OAUTH_LOGIN_RATE_EXCEEDED", "login_rate_exceeded"),
        ] {
            assert_eq!(of_oauth(spelt, ""), of_oauth(twin, ""), "{spelt}");
            assert_ne!(of_oauth(spelt, ""), Kind::Cause(Code::Rejected), "{spelt}");
        }
        assert!(asks_to_retry("OAUTH_SERVER_ERROR", ""));
        // Without the prefix this is another word.
        assert_eq!(of_oauth("ec_app_not_found", ""), Kind::Cause(Code::Rejected));
    }

    #[test]
    fn some_refusals_ask_for_the_same_request_again() {
        for (error, description) in [
            ("unknown_error", ""),
            ("temporarily_unavailable", ""),
            ("SERVER_ERROR", "boom"),
            ("invalid_grant", "Please Retry Your Request"),
            ("invalid_grant", "Data Not Available"),
        ] {
            assert!(asks_to_retry(error, description), "{error}: {description}");
        }
        assert!(!asks_to_retry("invalid_grant", "retry"));
    }

    #[test]
    fn a_limit_passes_by_itself_unless_it_is_the_days() {
        for (error, description, passes) in [
            ("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.", true),
            ("REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded.", true),
            ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", false),
            ("REQUEST_LIMIT_EXCEEDED", "", false),
            ("QUERY_TIMEOUT", "Your query request was running for too long.", true),
            ("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record", true),
            ("SERVER_UNAVAILABLE", "", true),
            ("MALFORMED_QUERY", "ConcurrentRequests", false),
        ] {
            assert_eq!(is_passing_limit(error, description), passes, "{error}: {description}");
        }
    }

    #[test]
    fn a_refusal_of_the_api_has_one_meaning() {
        let scope = "This session is not valid for use with the REST API";
        for (status, error, description, kind) in [
            (401, "INVALID_SESSION_ID", "Session expired or invalid", Kind::Session),
            (403, "INVALID_SESSION_ID", "", Kind::Session),
            (401, "INVALID_AUTH_HEADER", "", Kind::Session),
            (401, "INVALID_SESSION_ID", scope, Kind::Scope),
            (400, "MALFORMED_QUERY", scope, Kind::Cause(Code::Rejected)),
            (400, "INVALID_FIELD", "No such column", Kind::Field),
            (400, "INVALID_TYPE", "sObject type 'ScratchOrgInfo' is not supported.", Kind::Cause(Code::NotADevHub)),
            (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", Kind::Cause(Code::ApiLimit)),
            (404, "NOT_FOUND", "The requested resource does not exist", Kind::Version),
            (410, "GONE", "retired", Kind::Version),
            (400, "UNSUPPORTED_API_VERSION", "", Kind::Version),
            (403, "API_DISABLED_FOR_ORG", "", Kind::Cause(Code::Rejected)),
            (400, "", "", Kind::Cause(Code::Rejected)),
        ] {
            assert_eq!(ErrorResponse::of_api(status, error, description).kind, kind, "{status} {error}");
        }
    }

    #[test]
    fn what_no_server_refused_is_told_in_our_words() {
        let refusal = ErrorResponse::unusable("no id came");
        assert_eq!((refusal.kind, refusal.error.as_str()), (Kind::Unusable, ""));
    }
}
