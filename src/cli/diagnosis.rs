//! What `doctor` found: one or more findings for each check, in an order in which each check builds on the former ones.

use std::time::Duration;

use serde::Serialize;

use crate::cli::problem::Problem;
use crate::model::cause::Cause;
use crate::model::untrusted::sanitize_line;

/// The longest text of a finding. A hint of the product is shorter; a path in it may be long.
const TEXT_MAX: usize = 1_000;

macro_rules! checks {
    ($($check:ident $label:literal,)*) => {
        /// One thing that is looked at.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub(crate) enum Check {
            $($check,)*
        }

        impl Check {
            /// All of them, in order.
            pub(crate) const ALL: &[Self] = &[$(Self::$check),*];
            const LABELS: &[&str] = &[$($label),*];
        }
    };
}

checks! {
    SettingsFile "settings file",
    HubUsername "Dev Hub user",
    ClientId "consumer key",
    Key "private key",
    KeyPermissions "key permissions",
    Certificate "certificate",
    CertificateDates "certificate dates",
    LoginUrl "login URL",
    OtherSettings "other settings",
    TrustRoots "trust roots",
    Proxy "proxy",
    SfStore "sf store",
    Dns "DNS",
    Connection "connection",
    Clock "clock",
    HubLogin "Dev Hub login",
    DevHub "Dev Hub rights",
    ScratchOrgApp "scratch orgs' app",
    ApiLimit "API limit",
}

impl Check {
    /// What people read.
    pub(crate) fn label(self) -> &'static str {
        Self::LABELS[self as usize]
    }

    /// Whether it is about this machine alone; the others take the hub's host to answer.
    pub(crate) fn is_local(self) -> bool {
        self < Self::Dns
    }
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CheckStatus {
    /// As it should be.
    Ok,
    /// It works, and may not for long or not everywhere.
    Warning,
    /// A login will not work, or not as asked for.
    Failed,
    /// It could not be looked at, or nobody asked for it.
    Skipped,
}

impl CheckStatus {
    /// The word for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// What a check found. Its texts are bounded and safe to print.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Finding {
    /// Which check.
    #[serde(rename = "name")]
    pub(crate) check: Check,
    /// How it ended.
    pub(crate) status: CheckStatus,
    /// What was seen.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) next_step: Option<String>,
    /// The evidence, where the hub's host gave it.
    #[serde(skip)]
    pub(crate) cause: Option<Cause>,
}

/// Findings as they come.
#[derive(Debug, Default)]
pub(crate) struct Findings(Vec<Finding>);

impl Findings {
    /// As it should be.
    pub(crate) fn ok(&mut self, check: Check, message: impl AsRef<str>) {
        self.add(check, CheckStatus::Ok, message.as_ref(), None);
    }

    /// It works, and may not for long or not everywhere.
    pub(crate) fn warning(&mut self, check: Check, message: impl AsRef<str>, next_step: impl AsRef<str>) {
        self.add(check, CheckStatus::Warning, message.as_ref(), Some(next_step.as_ref()));
    }

    /// A login will not work.
    pub(crate) fn failed(&mut self, check: Check, message: impl AsRef<str>, next_step: impl AsRef<str>) {
        self.add(check, CheckStatus::Failed, message.as_ref(), Some(next_step.as_ref()));
    }

    /// A login will not work, and a host said why.
    pub(crate) fn refused(&mut self, check: Check, cause: Cause) {
        self.add(check, CheckStatus::Failed, &cause.to_string(), Some(&cause.hint));
        if let Some(finding) = self.0.last_mut() {
            finding.cause = Some(cause);
        }
    }

    /// It works, with warnings; whether there are any.
    pub(crate) fn warnings(&mut self, check: Check, warnings: &[String], next_step: &str) -> bool {
        for warning in warnings {
            self.warning(check, warning, next_step);
        }
        !warnings.is_empty()
    }

    /// A login will not work: each problem has its own next step, or the usual one.
    pub(crate) fn problems(&mut self, check: Check, problems: impl IntoIterator<Item = Problem>, usual: &str) {
        for problem in problems {
            self.failed(check, problem.message, problem.action.as_deref().unwrap_or(usual));
        }
    }

    /// What can be gone on with, which is `told`; else its problem.
    pub(crate) fn keep<T>(
        &mut self,
        check: Check,
        result: Result<T, Problem>,
        usual: &str,
        told: impl FnOnce(&T) -> String,
    ) -> Option<T> {
        match result {
            Ok(value) => {
                self.ok(check, told(&value));
                Some(value)
            }
            Err(problem) => {
                self.problems(check, [problem], usual);
                None
            }
        }
    }

    /// It could not be looked at.
    pub(crate) fn skipped(&mut self, check: Check, reason: impl AsRef<str>) {
        self.add(check, CheckStatus::Skipped, reason.as_ref(), None);
    }

    /// All checks from here on that have no finding yet could not be looked at.
    pub(crate) fn skip_rest(&mut self, reason: impl AsRef<str>) {
        for check in Check::ALL {
            if !self.has(*check) {
                self.skipped(*check, reason.as_ref());
            }
        }
    }

    /// Any finding.
    pub(crate) fn add(&mut self, check: Check, status: CheckStatus, message: &str, next_step: Option<&str>) {
        let next_step = next_step.map(|text| sanitize_line(text, TEXT_MAX)).filter(|text| !text.is_empty());
        self.0.push(Finding { check, status, message: sanitize_line(message, TEXT_MAX), next_step, cause: None });
    }

    /// Whether every check has a finding.
    pub(crate) fn are_complete(&self) -> bool {
        Check::ALL.iter().all(|check| self.has(*check))
    }

    /// Whether the check was made, or skipped, already.
    pub(crate) fn has(&self, check: Check) -> bool {
        self.0.iter().any(|finding| finding.check == check)
    }
}

/// All findings in order, and how many there are of each kind.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Diagnosis {
    /// The findings.
    pub(crate) checks: Vec<Finding>,
    /// The totals.
    pub(crate) summary: Totals,
}

/// How many findings there are of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Totals {
    /// As it should be.
    pub(crate) ok: usize,
    /// Warnings.
    pub(crate) warning: usize,
    /// Failures.
    pub(crate) failed: usize,
    /// Not looked at.
    pub(crate) skipped: usize,
    /// How long it took.
    #[serde(rename = "elapsedMs", serialize_with = "crate::model::report::milliseconds")]
    pub(crate) elapsed: Duration,
}

impl Diagnosis {
    /// Counts the findings, and puts them in order.
    pub(crate) fn new(findings: Findings, elapsed: Duration) -> Self {
        let mut checks = findings.0;
        checks.sort_by_key(|finding| finding.check);
        let count = |status| checks.iter().filter(|finding| finding.status == status).count();
        let summary = Totals {
            ok: count(CheckStatus::Ok),
            warning: count(CheckStatus::Warning),
            failed: count(CheckStatus::Failed),
            skipped: count(CheckStatus::Skipped),
            elapsed,
        };
        Self { checks, summary }
    }

    /// The findings that keep a login from working.
    pub(crate) fn failures(&self) -> impl Iterator<Item = &Finding> {
        self.checks.iter().filter(|finding| finding.status == CheckStatus::Failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_told_in_their_order_each_once_at_least() {
        let mut findings = Findings::default();
        findings.failed(Check::HubLogin, "no", "do this");
        findings.ok(Check::SettingsFile, "none");
        findings.skip_rest("later");
        let diagnosis = Diagnosis::new(findings, Duration::ZERO);
        let checks: Vec<_> = diagnosis.checks.iter().map(|finding| finding.check).collect();
        assert_eq!(checks, Check::ALL);
        assert_eq!(diagnosis.summary.skipped, Check::ALL.len() - 2);
        assert_eq!(diagnosis.failures().count(), 1);
    }

    #[test]
    fn foreign_text_is_made_safe_wherever_it_comes_in() {
        let mut findings = Findings::default();
        findings.warning(Check::Clock, "a\u{1b}[2J\n::error::b", "c\nd");
        let json = serde_json::to_value(&findings.0[0]).unwrap();
        let expected =
            serde_json::json!({"name": "clock", "status": "warning", "message": "a[2J ::error::b", "nextStep": "c d"});
        assert_eq!(json, expected);
    }

    #[test]
    fn names_and_labels_are_unique() {
        for texts in [
            Check::ALL.iter().map(|check| serde_json::json!(check).to_string()).collect(),
            Check::ALL.iter().map(|check| check.label().to_owned()).collect::<Vec<_>>(),
        ] {
            assert_eq!(texts.iter().collect::<std::collections::HashSet<_>>().len(), Check::ALL.len());
        }
    }
}
