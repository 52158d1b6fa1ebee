//! The table for people, and what is said below it.

use std::borrow::Cow;
use std::fmt::Write;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::cli::console::inert;
use crate::cli::ending::Failure;
use crate::cli::format_duration::format_duration;
use crate::cli::job::Job;
use crate::cli::output::groups::{self, Group};
use crate::model::cause::Cause;
use crate::model::report::{Hub, OrgOutcome, OrgStatus, Report};

/// The widest that each column gets, in cells of a terminal. Salesforce's usernames have 80 characters at most.
const WIDEST: [usize; 6] = [11, 80, 30, 8, 12, 120];

/// How many orgs of one cause are named; the table above has them all.
const NAMED: usize = 5;

/// The table of all orgs, for standard output.
pub(crate) fn table(report: &Report, job: Job, colours: bool) -> String {
    let last = if job == Job::Login { "INSTANCE OR CAUSE" } else { "CAUSE" };
    let mut rows: Vec<(Option<OrgStatus>, [Cow<'_, str>; 6])> =
        vec![(None, ["STATUS", "ORG", "ALIAS", "ATTEMPTS", "WAITED", last].map(Cow::from))];
    rows.extend(report.orgs.iter().map(|org| (Some(org.status), row(org))));
    // A column that nobody filled in is not shown.
    let shown: Vec<usize> = (0..6)
        .filter(|column| match column {
            2 => report.orgs.iter().any(|org| org.alias.is_some()),
            3 | 4 => job == Job::Login,
            5 => job == Job::Login || report.orgs.iter().any(|org| org.cause.is_some()),
            _ => true,
        })
        .collect();
    let width = |column: usize| rows.iter().map(|(_, row)| row[column].width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..6).map(|column| width(column).min(WIDEST[column])).collect();
    let mut text = String::new();
    for (status, row) in &rows {
        let mut line = String::new();
        for column in &shown {
            let cell = clipped(&row[*column], widths[*column]);
            let gap = " ".repeat(widths[*column].saturating_sub(cell.width()));
            match (column, status) {
                (0, Some(status)) if colours => {
                    let _ = write!(line, "\u{1b}[{}m{cell}\u{1b}[0m{gap}", colour(*status));
                }
                (3 | 4, _) => line.extend([gap.as_str(), &cell]),
                _ => line.extend([&*cell, gap.as_str()]),
            }
            line.push_str("  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    inert(&text)
}

fn row(org: &OrgOutcome) -> [Cow<'_, str>; 6] {
    let end = match (&org.cause, &org.instance_url) {
        (Some(cause), _) => cause.to_string().into(),
        (None, url) => url.as_deref().unwrap_or_default().into(),
    };
    [
        org.status.as_str().replace('_', " ").into(),
        org.name.as_str().into(),
        org.alias.as_ref().map_or("", |alias| alias.as_str()).into(),
        org.attempts.to_string().into(),
        format_duration(org.waited).into(),
        end,
    ]
}

fn colour(status: OrgStatus) -> &'static str {
    match status {
        OrgStatus::Ready | OrgStatus::Deleted | OrgStatus::Gone => "32",
        OrgStatus::Failed => "31",
        OrgStatus::TimedOut | OrgStatus::Interrupted => "33",
    }
}

/// The text in at most `width` cells.
fn clipped(text: &str, width: usize) -> Cow<'_, str> {
    if text.width() <= width {
        return text.into();
    }
    let mut out = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out.into()
}

/// One line about all orgs, for standard error.
pub(crate) fn summary(report: &Report, job: Job) -> String {
    let summary = report.summary;
    let orgs = if summary.total == 1 { "org" } else { "orgs" };
    let mut text = format!("{} of {} {orgs} {}", summary.ready, summary.total, job.done());
    for (count, what) in
        [(summary.failed, "failed"), (summary.timed_out, "timed out"), (summary.interrupted, "interrupted")]
    {
        if count > 0 {
            let _ = write!(text, ", {count} {what}");
        }
    }
    let _ = write!(text, " in {}", format_duration(summary.elapsed));
    text
}

/// Why orgs are not ready, each cause once with its hint, as failures to tell. What a signal left behind has no cause
/// of its own worth telling.
pub(crate) fn failures(report: &Report, failure: &Failure) -> Vec<Failure> {
    groups::by_cause(&report.orgs)
        .into_iter()
        .filter(|group| group.status != OrgStatus::Interrupted)
        .map(|group| Failure {
            message: told(&group),
            actions: if group.hint.is_empty() { Vec::new() } else { vec![group.hint.to_owned()] },
            ..failure.clone()
        })
        .collect()
}

fn told(group: &Group<'_>) -> String {
    let words = |org: &OrgOutcome| org.cause.as_ref().map(ToString::to_string).unwrap_or_default();
    let ended = group.status.as_str().replace('_', " ");
    if let [org] = group.orgs[..] {
        return format!("{} {ended}: {}", org.name, words(org));
    }
    let mut text = format!("{} orgs {ended}: {}", group.orgs.len(), group.code);
    for org in group.orgs.iter().take(NAMED) {
        let _ = write!(text, "\n{}", org.name);
        if let Some(evidence) = org.cause.as_ref().map(Cause::evidence).filter(|evidence| !evidence.is_empty()) {
            let _ = write!(text, ": {evidence}");
        }
    }
    if let more @ 1.. = group.orgs.len().saturating_sub(NAMED) {
        let _ = write!(text, "\nand {more} more");
    }
    text
}

/// What `hub` says.
pub(crate) fn hub(hub: &Hub) -> String {
    inert(&format!(
        "Dev Hub   {}\nOrg       {}\nInstance  {}\nLogin     {}\n",
        hub.username, hub.org_id, hub.instance_url, hub.login_url
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::samples;

    #[test]
    fn the_table_is_aligned_and_in_the_order_of_the_input() {
        insta::assert_snapshot!(table(samples::some_failed().report().unwrap(), Job::Login, false));
    }

    #[test]
    fn colours_are_for_terminals() {
        let ending = samples::all_ready();
        assert!(!table(ending.report().unwrap(), Job::Login, false).contains('\u{1b}'));
        assert!(table(ending.report().unwrap(), Job::Login, true).contains("\u{1b}[32mready\u{1b}[0m"));
    }

    #[test]
    fn a_wide_text_is_clipped_by_cells_not_characters() {
        assert_eq!(clipped("日本語", 6), "日本語");
        assert_eq!(clipped("日本語", 5), "日本…");
        assert_eq!(clipped("日本語", 4), "日…");
    }

    #[test]
    fn each_cause_is_told_once_with_its_orgs() {
        let ending = samples::some_failed();
        let told = failures(ending.report().unwrap(), ending.failure.as_ref().unwrap());
        assert_eq!(told.len(), 2);
        assert!(told[0].message.starts_with("2 orgs failed: app_mismatch\ntest-b@example.com: no <b>"));
        assert_eq!(told[0].actions, ["sign the org up with the hub's app"]);
        assert!(told[1].message.starts_with("test-d@example.com timed out: not_replicated: user hasn't approved"));
        assert_eq!(summary(ending.report().unwrap(), Job::Login), "1 of 4 orgs ready, 2 failed, 1 timed out in 6.4 s");
    }
}
