//! Why an org is not ready: the cause codes of the contract, and the evidence that goes with one.

use std::fmt;

use serde::Serialize;

/// The stable name of a cause. Which answer leads to which one is decided in [`crate::protocol::verdict`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CauseCode {
    /// The org's data has not reached the login servers yet.
    NotReplicated,
    /// The user is not approved for the app, and replication cannot be the reason.
    NotApproved,
    /// The org was signed up with another app.
    AppMismatch,
    /// The hub still makes the org.
    Creating,
    /// The host gave no usable answer.
    Unreachable,
    /// The host asked to slow down (429).
    Throttled,
    /// The user logged in too often; it lasts an hour.
    LoginRateExceeded,
    /// The hub has no such scratch org.
    UnknownUsername,
    /// The hub could not make the org.
    SignupFailed,
    /// The org was deleted.
    Deleted,
    /// The org expired.
    Expired,
    /// The app is not installed in the org.
    AppNotInstalled,
    /// The user may not use the app.
    AppAccessDenied,
    /// The consumer key is not known there.
    InvalidClient,
    /// Key and certificate do not belong together.
    InvalidAssertion,
    /// No audience is accepted there.
    AudienceRejected,
    /// The user or the org is inactive or locked.
    InactiveUser,
    /// Logins from this address are not allowed.
    IpRestricted,
    /// The clocks of the two sides differ too much.
    ClockSkew,
    /// The host's certificate is not accepted.
    TlsFailed,
    /// Another org answered than the hub named.
    OrgMismatch,
    /// The URL is not one that may be sent a secret.
    UntrustedHost,
    /// The login worked, the sf store could not be written.
    NotStored,
    /// The org is ready, but the settings of its definition could not be deployed.
    SettingsFailed,
    /// The proxy refuses us, or the host.
    ProxyRefused,
    /// The hub refused to delete the org.
    NotDeleted,
    /// The org that was logged in to is not a Dev Hub.
    NotADevHub,
    /// The hub's daily API limit is used up.
    ApiLimit,
    /// The hub refused the query.
    QueryRejected,
    /// Never asked before the deadline or a signal.
    NotTried,
    /// Any other refusal.
    Rejected,
}

impl CauseCode {
    /// Every code, for tables and tests.
    pub const ALL: [Self; 31] = [
        Self::NotReplicated,
        Self::NotApproved,
        Self::AppMismatch,
        Self::Creating,
        Self::Unreachable,
        Self::Throttled,
        Self::LoginRateExceeded,
        Self::UnknownUsername,
        Self::SignupFailed,
        Self::Deleted,
        Self::Expired,
        Self::AppNotInstalled,
        Self::AppAccessDenied,
        Self::InvalidClient,
        Self::InvalidAssertion,
        Self::AudienceRejected,
        Self::InactiveUser,
        Self::IpRestricted,
        Self::ClockSkew,
        Self::TlsFailed,
        Self::OrgMismatch,
        Self::UntrustedHost,
        Self::NotStored,
        Self::SettingsFailed,
        Self::ProxyRefused,
        Self::NotDeleted,
        Self::NotADevHub,
        Self::ApiLimit,
        Self::QueryRejected,
        Self::NotTried,
        Self::Rejected,
    ];

    /// The name in JSON and reports: `not_replicated` and so on.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotReplicated => "not_replicated",
            Self::NotApproved => "not_approved",
            Self::AppMismatch => "app_mismatch",
            Self::Creating => "creating",
            Self::Unreachable => "unreachable",
            Self::Throttled => "throttled",
            Self::LoginRateExceeded => "login_rate_exceeded",
            Self::UnknownUsername => "unknown_username",
            Self::SignupFailed => "signup_failed",
            Self::Deleted => "deleted",
            Self::Expired => "expired",
            Self::AppNotInstalled => "app_not_installed",
            Self::AppAccessDenied => "app_access_denied",
            Self::InvalidClient => "invalid_client",
            Self::InvalidAssertion => "invalid_assertion",
            Self::AudienceRejected => "audience_rejected",
            Self::InactiveUser => "inactive_user",
            Self::IpRestricted => "ip_restricted",
            Self::ClockSkew => "clock_skew",
            Self::TlsFailed => "tls_failed",
            Self::OrgMismatch => "org_mismatch",
            Self::UntrustedHost => "untrusted_host",
            Self::NotStored => "not_stored",
            Self::SettingsFailed => "settings_failed",
            Self::ProxyRefused => "proxy_refused",
            Self::NotDeleted => "not_deleted",
            Self::NotADevHub => "not_a_dev_hub",
            Self::ApiLimit => "api_limit",
            Self::QueryRejected => "query_rejected",
            Self::NotTried => "not_tried",
            Self::Rejected => "rejected",
        }
    }
}

impl fmt::Display for CauseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why an org is not ready: code, evidence, next step. All of it is bounded and safe to print.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// The stable name.
    pub code: CauseCode,
    /// Whether running again may succeed.
    pub retryable: bool,
    /// OAuth's `error`, the API's `errorCode` or the record's `ErrorCode`, where there is one.
    pub error: Option<String>,
    /// The server's own words, or what failed on the way to it.
    pub description: Option<String>,
    /// The one host that this was said by.
    pub host: Option<String>,
    /// What to do next, the most likely reason first.
    pub hint: String,
}

impl Cause {
    /// A final cause that no server named: what was seen, by which host, and what to do.
    pub fn never(code: CauseCode, description: impl Into<String>, host: &str, hint: &str) -> Self {
        Self {
            code,
            retryable: false,
            error: None,
            description: Some(description.into()),
            host: Some(host.to_owned()).filter(|host| !host.is_empty()),
            hint: hint.to_owned(),
        }
    }

    /// The server's words and the host that said them, where the words do not name it: `audience is invalid (x.example)`.
    pub fn evidence(&self) -> String {
        let words = self.description.as_deref().or(self.error.as_deref()).unwrap_or_default();
        match &self.host {
            Some(host) if !words.contains(host.as_str()) => format!("{words} ({host})").trim_start().to_owned(),
            _ => words.to_owned(),
        }
    }
}

impl fmt::Display for Cause {
    /// `not_replicated: user hasn't approved this consumer (x.scratch.my.salesforce.com)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        match self.evidence() {
            evidence if evidence.is_empty() => Ok(()),
            evidence => write!(f, ": {evidence}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CauseCode;

    #[test]
    fn a_code_is_named_alike_everywhere() {
        for code in CauseCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
    }
}
