//! The table of `doctor`: a line for each finding, its next step below it.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use crate::cli::diagnosis::{CheckStatus, Diagnosis, Finding};
use crate::cli::format_duration::format_duration;
use crate::cli::inert::inert;
use crate::cli::output::headline;
use crate::cli::wrap::wrap;

/// The widest line, in cells of a terminal; a word that is longer is not broken, so that it can be copied.
const WIDEST: usize = 110;

/// What stands before a next step.
const NEXT: &str = "next: ";

/// The table, for standard output; `width` is that of the terminal, if it is one.
pub(crate) fn table(diagnosis: &Diagnosis, colours: bool, width: Option<usize>) -> String {
    let width = width.map_or(WIDEST, |width| width.min(WIDEST));
    let label = |finding: &Finding| finding.check.label().width();
    let labels = diagnosis.checks.iter().map(label).chain(["CHECK".len()]).max().unwrap_or(0);
    let mut text = format!("{:7}  {:labels$}  FOUND\n", "STATUS", "CHECK");
    let indent = 7 + 2 + labels + 2;
    for finding in &diagnosis.checks {
        let status = finding.status.as_str();
        let gap = " ".repeat(7 - status.len());
        let status = match colour(finding.status) {
            Some(colour) if colours => format!("\u{1b}[{colour}m{status}\u{1b}[0m"),
            _ => status.to_owned(),
        };
        let _ = write!(text, "{status}{gap}  {:labels$}  ", finding.check.label());
        let found = finding.cause.as_ref().map(headline::of_cause);
        let found = found.as_deref().unwrap_or(&finding.message);
        let _ = writeln!(text, "{}", wrap(found, indent, indent, width));
        if let Some(next) = &finding.next_step {
            let next_indent = indent + NEXT.len();
            let _ = writeln!(text, "{:indent$}{NEXT}{}", "", wrap(next, next_indent, next_indent, width));
        }
    }
    inert(&text)
}

fn colour(status: CheckStatus) -> Option<&'static str> {
    match status {
        CheckStatus::Ok => Some("32"),
        CheckStatus::Warning => Some("33"),
        CheckStatus::Failed => Some("31"),
        CheckStatus::Skipped => None,
    }
}

/// One line about all checks, for standard error.
pub(crate) fn summary(diagnosis: &Diagnosis) -> String {
    let totals = diagnosis.summary;
    let counts = [
        (totals.ok, "ok"),
        (totals.warning, if totals.warning == 1 { "warning" } else { "warnings" }),
        (totals.failed, "failed"),
        (totals.skipped, "skipped"),
    ];
    let counts: Vec<_> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    format!("{} in {}", counts.join(", "), format_duration(totals.elapsed))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::cli::diagnosis::{Check, Findings};

    fn diagnosis() -> Diagnosis {
        let mut findings = Findings::default();
        findings.ok(Check::Key, "RSA, 2048 bits: server.key (--jwt-key-file)");
        findings.warning(
            Check::KeyPermissions,
            "every user of this machine can read server.key (mode 644)",
            "chmod 600 'server.key'",
        );
        findings.failed(
            Check::Dns,
            "the name of hub.example could not be looked up ##vso[task.x]y",
            "check the spelling, ".repeat(6),
        );
        findings.skipped(Check::Connection, "the host was not found");
        Diagnosis::new(findings, Duration::from_millis(440))
    }

    #[test]
    fn each_finding_has_its_next_step_below_it() {
        insta::assert_snapshot!(table(&diagnosis(), false, None));
    }

    #[test]
    fn colours_are_for_terminals() {
        assert!(!table(&diagnosis(), false, None).contains('\u{1b}'));
        assert!(table(&diagnosis(), true, None).contains("\u{1b}[31mfailed\u{1b}[0m"));
    }

    #[test]
    fn the_totals_leave_out_what_is_none() {
        assert_eq!(summary(&diagnosis()), "1 ok, 1 warning, 1 failed, 1 skipped in 0.44 s");
    }
}
