//! The table for people, and what is said below it.

use std::borrow::Cow;
use std::fmt::Write;
use std::time::Duration;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::cli::format_duration::format_duration;
use crate::cli::inert::inert;
use crate::cli::job::{Job, orgs};
use crate::cli::output::groups::{self, Group};
use crate::cli::output::headline;
use crate::cli::problem::Problem;
use crate::cli::wrap::{longest_word, wrap};
use crate::model::cause::Cause;
use crate::model::report::{Hub, OrgOutcome, OrgStatus, Report};

/// The widest that each column gets, in cells of a terminal. Salesforce's usernames have 80 characters at most.
const WIDEST: [usize; 6] = [11, 80, 30, 8, 12, 120];

/// What was created before that tells nothing of how long replication takes.
const YOUNG: Duration = Duration::from_secs(15 * 60);

/// How many orgs a terminal shows each in its row; of more, those that are not done.
const SHOWN: usize = 50;

/// The least room that the last column is wrapped in; where there is less it goes below.
const ROOM: usize = 40;

/// The table of all orgs, for standard output; `width` is that of the terminal, if it is one.
pub(crate) fn table(report: &Report, job: Job, colours: bool, width: Option<usize>) -> String {
    let all = width.is_none() || report.orgs.len() <= SHOWN;
    let orgs: Vec<&OrgOutcome> = report.orgs.iter().filter(|org| all || org.cause.is_some()).collect();
    let last = match job {
        Job::Login => "INSTANCE OR CAUSE",
        Job::Delete if orgs.iter().any(|org| org.cause.is_some()) => "CAUSE",
        Job::Delete => "",
    };
    let mut rows: Vec<(Option<OrgStatus>, [Cow<'_, str>; 6])> =
        vec![(None, ["STATUS", "ORG", "ALIAS", "ATTEMPTS", "WAITED", last].map(Cow::from))];
    rows.extend(orgs.iter().map(|org| (Some(org.status), row(org, width.is_some()))));
    let widest = |column: usize| rows.iter().map(|(_, row)| row[column].width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..6).map(|column| widest(column).min(WIDEST[column])).collect();
    // A column that nobody filled in is not shown, nor one that a narrow terminal has no room for.
    let mut shown = vec![0, 1, 2, 3, 4];
    shown.retain(|column| match column {
        2 => orgs.iter().any(|org| org.alias.is_some()),
        3 | 4 => job == Job::Login,
        _ => true,
    });
    let taken = |shown: &[usize]| shown.iter().map(|column| widths[*column] + 2).sum::<usize>();
    while shown.len() > 2 && width.is_some_and(|width| taken(&shown) > width) {
        shown.pop();
    }
    let indent = taken(&shown);
    let mut text = String::new();
    for (status, row) in rows.iter().filter(|_| !orgs.is_empty()) {
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
        let end = &*row[5];
        match width {
            None => line.push_str(&clipped(end, widths[5])),
            Some(width) => {
                // What is made inert may get wider.
                let (end, room) = (&*inert(end), width.saturating_sub(indent));
                if end.width() <= room || (room >= ROOM && longest_word(end) <= room) {
                    line.push_str(&wrap(end, indent, indent, width));
                } else if status.is_some() {
                    line.truncate(line.trim_end().len());
                    let _ = write!(line, "\n{:BELOW$}{}", "", wrap(end, BELOW, BELOW, width));
                }
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    if let ready @ 1.. = report.orgs.len() - orgs.len() {
        let more = if orgs.is_empty() { "" } else { "and " };
        let _ = writeln!(text, "{more}{ready} {}", job.done());
    }
    inert(&text)
}

/// How far to the right a cell stands that goes below its row.
const BELOW: usize = 4;

fn row(org: &OrgOutcome, plain: bool) -> [Cow<'_, str>; 6] {
    let end = match (&org.cause, &org.instance_url) {
        (Some(_), _) if plain => headline::of_org(org).into(),
        (Some(cause), _) => cause.to_string().into(),
        (None, url) => url.as_deref().unwrap_or_default().into(),
    };
    [
        org.status.in_words().into(),
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
    let mut text = format!("{} of {} {}", summary.done, orgs(summary.total), job.done());
    for (count, what) in
        [(summary.failed, "failed"), (summary.timed_out, "timed out"), (summary.interrupted, "interrupted")]
    {
        if count > 0 {
            let _ = write!(text, ", {count} {what}");
        }
    }
    let _ = write!(text, " in {}", format_duration(summary.elapsed));
    if let Some(replication) = replication(&report.orgs) {
        let _ = write!(text, "; replication: {replication}");
    }
    text
}

/// How long replication took, from creation to readiness: of orgs that were refused at least once. Where none was, those
/// that are young tell how long it took at most.
fn replication(orgs: &[OrgOutcome]) -> Option<String> {
    let taken = |org: &OrgOutcome| Duration::try_from(org.ready_at?.duration_since(org.created_date?)).ok();
    let mut late: Vec<Duration> = orgs.iter().filter(|org| org.last_refused_at.is_some()).filter_map(taken).collect();
    late.sort_unstable();
    match late[..] {
        [] => {
            let longest = orgs.iter().filter_map(taken).filter(|taken| *taken < YOUNG).max()?;
            Some(format!("at most {}", format_duration(longest)))
        }
        [one] => Some(format_duration(one)),
        [.., longest] => {
            let median = late[(late.len() - 1) / 2];
            Some(format!("median {}, longest {}", format_duration(median), format_duration(longest)))
        }
    }
}

/// Why orgs are not ready, each cause once with its hint. What a signal left behind has no cause
/// of its own worth telling. `named` is whether the reader sees the table with each org's cause just above.
pub(crate) fn problems(report: &Report, named: bool) -> Vec<Problem> {
    groups::by_cause(&report.orgs)
        .into_iter()
        .filter(|group| group.status != OrgStatus::Interrupted)
        .map(|group| Problem {
            message: message(&group, named),
            action: Some(group.hint.to_owned()).filter(|hint| !hint.is_empty()),
            is_input: false,
        })
        .collect()
}

fn message(group: &Group<'_>, named: bool) -> String {
    let ended = group.status.in_words();
    match (&group.orgs[..], group.orgs.len()) {
        (_, count) if named => format!("{} {ended}: {}", orgs(count), headline::in_words(group.code, group.hint)),
        ([org], _) => format!("{} {ended}: {}", org.name, org.cause.as_ref().map(Cause::to_string).unwrap_or_default()),
        (orgs, count) => format!("{count} orgs {ended}: {}\n{}", group.code, groups::list_evidence(orgs).join("\n")),
    }
}

/// What sf calls an org from now on, if that was asked for: `qa is now test-…@example.com; default org`.
pub(crate) fn named(username: &str, alias: Option<&str>, targets: &[&str]) -> Option<String> {
    let all = targets.join(" and ");
    match (alias, targets) {
        (None, []) => None,
        (None, _) => Some(format!("{username} is now the {all}")),
        (Some(alias), []) => Some(format!("{alias} is now {username}")),
        (Some(alias), _) => Some(format!("{alias} is now {username}; {all}")),
    }
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
    use crate::cli::output::tests::samples;

    #[test]
    fn the_table_is_aligned_and_in_the_order_of_the_input() {
        insta::assert_snapshot!(table(samples::some_failed().report().unwrap(), Job::Login, false, None));
    }

    #[test]
    fn colours_are_for_terminals() {
        let ending = samples::all_ready();
        assert!(!table(ending.report().unwrap(), Job::Login, false, None).contains('\u{1b}'));
        assert!(table(ending.report().unwrap(), Job::Login, true, None).contains("\u{1b}[32mready\u{1b}[0m"));
    }

    #[test]
    fn a_wide_text_is_clipped_by_cells_not_characters() {
        assert_eq!(clipped("日本語", 6), "日本語");
        assert_eq!(clipped("日本語", 5), "日本…");
        assert_eq!(clipped("日本語", 4), "日…");
    }

    #[test]
    fn a_terminal_breaks_no_word_and_counts_the_ready_ones_of_many() {
        let ending = samples::some_failed();
        for width in [60, 80, 100, 160] {
            let text = table(ending.report().unwrap(), Job::Login, false, Some(width));
            assert!(text.lines().all(|line| line.width() <= width), "{width}: {text}");
            assert!(text.contains("https://x.scratch.my.salesforce.com\n"), "{text}");
            assert!(text.contains("signed up with another app:"), "{text}");
        }
        let mut report = ending.report().unwrap().clone();
        let ready = report.orgs[0].clone();
        report.orgs.extend(std::iter::repeat_n(ready, 60));
        let text = table(&report, Job::Login, false, Some(80));
        assert!(!text.contains("test-a@") && text.ends_with("and 61 ready\n"), "{text}");
    }

    #[test]
    fn what_sf_calls_an_org_is_confirmed() {
        assert_eq!(named("a@x", Some("qa"), &["default org"]).unwrap(), "qa is now a@x; default org");
        assert_eq!(
            named("a@x", None, &["default Dev Hub", "default org"]).unwrap(),
            "a@x is now the default Dev Hub and default org"
        );
        assert_eq!(named("a@x", None, &[]), None);
    }

    #[test]
    fn the_summary_tells_how_long_replication_took() {
        let mut report = samples::all_ready().report().unwrap().clone();
        assert!(
            summary(&report, Job::Login).ends_with("in 6.4 s; replication: 65 s"),
            "{}",
            summary(&report, Job::Login)
        );
        let mut later = report.orgs[0].clone();
        later.ready_at = Some("2026-11-25T12:03:00Z".parse().unwrap());
        report.orgs.push(later);
        assert!(
            summary(&report, Job::Login).ends_with("; replication: median 65 s, longest 3 min"),
            "{}",
            summary(&report, Job::Login)
        );
        for org in &mut report.orgs {
            org.last_refused_at = None;
        }
        assert!(
            summary(&report, Job::Login).ends_with("; replication: at most 3 min"),
            "{}",
            summary(&report, Job::Login)
        );
    }

    #[test]
    fn each_cause_is_told_once_with_its_orgs() {
        let ending = samples::some_failed();
        let told = problems(ending.report().unwrap(), false);
        assert_eq!(told.len(), 2);
        assert!(told[0].message.starts_with("2 orgs failed: app_mismatch\ntest-b@example.com: no <b>"));
        assert_eq!(told[0].action.as_deref(), Some("sign the org up with the hub's app"));
        assert!(told[1].message.starts_with("test-d@example.com timed out: not_replicated: user hasn't approved"));
        assert_eq!(
            summary(ending.report().unwrap(), Job::Login),
            "1 of 4 orgs ready, 2 failed, 1 timed out in 6.4 s; replication: 65 s"
        );
    }
}
