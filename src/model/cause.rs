//! Why an org is not ready: the cause codes of the contract, and the evidence that goes with one.

use std::fmt;

use serde::Serialize;

use crate::model::shown::{named, shown_as_str};

named! {
    /// The stable name of a cause. Which answer leads to which one stands in the README's table.
    CauseCode {
        /// The org's data has not reached the login servers yet.
        NotReplicated = "not_replicated",
        /// The user is not approved for the app, and replication cannot be the reason.
        NotApproved = "not_approved",
        /// The org was signed up with another app.
        AppMismatch = "app_mismatch",
        /// The hub still makes the org.
        Creating = "creating",
        /// The host gave no usable answer.
        Unreachable = "unreachable",
        /// The host asked to slow down (429).
        Throttled = "throttled",
        /// The user logged in too often; it lasts an hour.
        LoginRateExceeded = "login_rate_exceeded",
        /// The hub has no such scratch org.
        UnknownUsername = "unknown_username",
        /// The hub could not make the org.
        SignupFailed = "signup_failed",
        /// The org was deleted.
        Deleted = "deleted",
        /// The org expired.
        Expired = "expired",
        /// The app is not installed in the org.
        AppNotInstalled = "app_not_installed",
        /// The user may not use the app.
        AppAccessDenied = "app_access_denied",
        /// The consumer key is not known there.
        InvalidClient = "invalid_client",
        /// Key and certificate do not belong together.
        InvalidAssertion = "invalid_assertion",
        /// No audience is accepted there.
        AudienceRejected = "audience_rejected",
        /// The user or the org is inactive or locked.
        InactiveUser = "inactive_user",
        /// Logins from this address are not allowed.
        IpRestricted = "ip_restricted",
        /// The clocks of the two sides differ too much.
        ClockSkew = "clock_skew",
        /// The host's certificate is not accepted.
        TlsFailed = "tls_failed",
        /// Another org answered than the hub named.
        OrgMismatch = "org_mismatch",
        /// The URL is not one that may be sent a secret.
        UntrustedHost = "untrusted_host",
        /// The login worked, the sf store could not be written.
        NotStored = "not_stored",
        /// The org is ready, but the settings of its definition could not be deployed.
        SettingsFailed = "settings_failed",
        /// The proxy refuses us, or the host.
        ProxyRefused = "proxy_refused",
        /// The hub refused to delete the org.
        NotDeleted = "not_deleted",
        /// The org that was logged in to is not a Dev Hub.
        NotADevHub = "not_a_dev_hub",
        /// The hub's daily API limit is used up.
        ApiLimit = "api_limit",
        /// The hub refused the query.
        QueryRejected = "query_rejected",
        /// Never asked before the deadline or a signal.
        NotTried = "not_tried",
        /// Any other refusal.
        Rejected = "rejected",
    }
}

shown_as_str!(CauseCode);

/// Why an org is not ready: code, evidence, next step. All of it is bounded and safe to print.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
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
    /// What to do next, the most likely reason first. It speaks to who runs the program, and names its flags.
    pub hint: String,
}

impl Cause {
    /// A final cause that no server named: what was seen, by which host, and what to do.
    pub(crate) fn never(code: CauseCode, description: impl Into<String>, host: &str, hint: &str) -> Self {
        Self {
            code,
            retryable: false,
            error: None,
            description: Some(description.into()),
            host: Some(host.to_owned()).filter(|host| !host.is_empty()),
            hint: hint.to_owned(),
        }
    }

    /// The same, where running again may succeed.
    pub(crate) fn again(code: CauseCode, description: impl Into<String>, host: &str, hint: &str) -> Self {
        Self { retryable: true, ..Self::never(code, description, host, hint) }
    }

    /// What the server said, or what failed on the way to it.
    pub(crate) fn words(&self) -> Option<&str> {
        self.description.as_deref().or(self.error.as_deref())
    }

    /// The server's words and the host that said them, where the words do not name it: `audience is invalid (x.example)`.
    pub(crate) fn evidence(&self) -> String {
        let words = self.words().unwrap_or_default();
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
    use super::*;

    #[test]
    fn the_evidence_names_the_host_once() {
        let cause = |words: &str, host: &str| Cause::never(CauseCode::Rejected, words, host, "look");
        assert_eq!(cause("audience is invalid", "x.example").to_string(), "rejected: audience is invalid (x.example)");
        assert_eq!(cause("x.example is down", "x.example").to_string(), "rejected: x.example is down");
        assert_eq!(cause("", "x.example").to_string(), "rejected: (x.example)");
        assert_eq!(cause("", "").to_string(), "rejected");
    }
}
