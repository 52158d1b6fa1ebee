//! Markdown, made for `$GITHUB_STEP_SUMMARY` and whatever else renders GitHub's dialect.

use std::fmt::Write;

use crate::cli::ending::{Ending, Failure};
use crate::cli::format_duration::format_duration;
use crate::cli::inert::inert;
use crate::cli::job::Job;
use crate::model::org::Alias;
use crate::model::report::{OrgOutcome, OrgStatus, Report, SettingsStatus, Summary};

/// More ready orgs than this are folded away.
const OPEN_MAX: usize = 20;

/// What a document that is cut short still needs room for: how many more there are, and what closes it.
const REST: usize = 400;

/// The document.
pub(crate) fn document(ending: &Ending) -> String {
    document_within(ending, usize::MAX)
}

/// As much of the document as there is room for, in bytes: what went wrong comes first.
pub(crate) fn document_within(ending: &Ending, room: usize) -> String {
    let mut page = Page { text: String::new(), room };
    match (ending.report(), &ending.failure) {
        (Some(report), _) => page.head(report, ending.job),
        (None, Some(failure)) => page.run_level(failure),
        (None, None) => {}
    }
    let orgs = ending.report().map(|report| &report.orgs[..]).unwrap_or_default();
    let (failed, ready): (Vec<&OrgOutcome>, Vec<&OrgOutcome>) = orgs.iter().partition(|org| org.cause.is_some());
    if !failed.is_empty() {
        page.table("| Org | Status | Cause | What to do next |\n|---|---|---|---|\n", &failed, |org| {
            of_failed(org, ending.job)
        });
    }
    page.warnings(&ending.warnings);
    if !ready.is_empty() {
        let fold = format!("\n<details><summary>✅ {} orgs are {}</summary>\n", ready.len(), ending.job.done());
        let folded = ready.len() > OPEN_MAX && page.add(&fold);
        let settings = ready.iter().any(|org| org.settings.is_some());
        let (head, rule) = if settings { ("Settings | ", "---|") } else { ("", "") };
        let head = format!("| Ready org | Alias | Instance | {head}Attempts | Waited |\n|---|---|---|{rule}--:|--:|\n");
        match ending.job {
            Job::Login => page.table(&head, &ready, |org| of_ready(org, settings)),
            Job::Delete => page.table("| Org | Status |\n|---|---|\n", &ready, of_deleted),
        }
        if folded {
            page.text.push_str("\n</details>\n");
        }
    }
    page.text
}

/// A document that grows as long as there is room.
struct Page {
    text: String,
    room: usize,
}

impl Page {
    /// Whether there was room.
    fn add(&mut self, part: &str) -> bool {
        let fits = self.text.len().saturating_add(part.len()).saturating_add(REST) <= self.room;
        if fits {
            self.text.push_str(part);
        }
        fits
    }

    fn head(&mut self, report: &Report, job: Job) {
        let summary = report.summary;
        let mark = if summary.done == summary.total { "✅" } else { "❌" };
        self.add(&format!("### {mark} orgready: {}\n", counts(&summary, job)));
        if let Some(hub) = &report.hub {
            self.add(&format!("\nDev Hub {} ({})\n", code(hub.username.as_str()), code(&hub.instance_url)));
        }
    }

    fn run_level(&mut self, failure: &Failure) {
        self.add("### ❌ orgready: no org was tried\n");
        for line in failure.message.lines() {
            self.add(&format!("\n{}\n", escape(line)));
        }
        for action in &failure.actions {
            self.add(&format!("\n- {}\n", escape(action)));
        }
    }

    fn warnings(&mut self, warnings: &[String]) {
        for warning in warnings {
            self.add(&format!("\n> ⚠️ {}\n", escape(&warning.replace('\n', " "))));
        }
    }

    fn table(&mut self, head: &str, orgs: &[&OrgOutcome], row: impl Fn(&OrgOutcome) -> String) {
        let mut written = 0;
        if self.add(&format!("\n{head}")) {
            written = orgs.iter().take_while(|org| self.add(&row(org))).count();
        }
        if let more @ 1.. = orgs.len() - written {
            let _ = write!(self.text, "\n… and {more} more, which there is no room for here.\n");
            // What comes later, and is shorter, would stand alone.
            self.room = 0;
        }
    }
}

/// `1 of 4 orgs is ready, 2 failed, 1 was not ready in time (6.4 s)`.
fn counts(summary: &Summary, job: Job) -> String {
    let done = job.done();
    let mut text = match (summary.total, summary.done) {
        (0, _) if job == Job::Delete => "there was no org to delete".to_owned(),
        (0, _) => "there was no org to log in to".to_owned(),
        (1, 1) => format!("the org is {done}"),
        (1, _) => format!("the org is not {done}"),
        (all, ready) if all == ready => format!("all {all} orgs are {done}"),
        (all, 0) => format!("none of {all} orgs is {done}"),
        (all, 1) => format!("1 of {all} orgs is {done}"),
        (all, ready) => format!("{ready} of {all} orgs are {done}"),
    };
    let was = |count| if count == 1 { "was" } else { "were" };
    for (count, what) in [
        (summary.failed, "failed".to_owned()),
        (summary.timed_out, format!("{} not {done} in time", was(summary.timed_out))),
        (summary.interrupted, format!("{} interrupted", was(summary.interrupted))),
    ] {
        if count > 0 {
            let _ = write!(text, ", {count} {what}");
        }
    }
    let _ = write!(text, " ({})", format_duration(summary.elapsed));
    text
}

fn of_deleted(org: &OrgOutcome) -> String {
    format!("| {} | {} |\n", named(org), org.status.as_str())
}

fn of_failed(org: &OrgOutcome, job: Job) -> String {
    let status = match org.status {
        OrgStatus::TimedOut => &format!("⏳ not {} in time", job.done()),
        OrgStatus::Interrupted => "⏹️ interrupted",
        _ => "❌ failed",
    };
    let Some(cause) = &org.cause else { return String::new() };
    let words = cause.evidence();
    let words = if words.is_empty() { words } else { format!(": {}", code(&words)) };
    let (why, hint) = (code(cause.code.as_str()), escape(&cause.hint));
    format!("| {} | {status} | {why}{words} | {hint} |\n", named(org))
}

/// `settings`: whether there is a column for them.
fn of_ready(org: &OrgOutcome, settings: bool) -> String {
    let code_of = |text: Option<&str>| text.map(code).unwrap_or_default();
    format!(
        "| {} | {} | {} | {}{} | {} |\n",
        code(org.name.as_str()),
        code_of(org.alias.as_ref().map(Alias::as_str)),
        code_of(org.instance_url.as_deref()),
        if settings { format!("{} | ", org.settings.map_or("", SettingsStatus::as_str)) } else { String::new() },
        org.attempts,
        format_duration(org.waited)
    )
}

fn named(org: &OrgOutcome) -> String {
    match &org.alias {
        Some(alias) => format!("{} ({})", code(org.name.as_str()), code(alias.as_str())),
        None => code(org.name.as_str()),
    }
}

/// Foreign text as a code span, in which nothing is interpreted: the fence is longer than any run of backticks in it,
/// and a pipe, which would end the cell even there, is escaped.
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') || text.is_empty() { " " } else { "" };
    format!("{fence}{pad}{}{pad}{fence}", inert(&text.replace('|', "\\|")))
}

/// Prose of ours that may quote foreign words: every character that Markdown or HTML would interpret is escaped.
fn escape(text: &str) -> String {
    let escaped = |c: char| "\\`*_[]|~$:@<>&#!".contains(c).then_some('\\').into_iter().chain([c]);
    inert(&text.chars().flat_map(escaped).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::tests::samples;
    use crate::model::cause::CauseCode;

    #[test]
    fn failures_come_first_each_with_its_hint() {
        insta::assert_snapshot!(document(&samples::some_failed()));
    }

    #[test]
    fn an_org_that_was_not_deleted_in_time_is_told_so() {
        let late = samples::cause(CauseCode::Creating, "still being created", "wait longer");
        let ending = samples::run(vec![samples::org("test-a@example.com", OrgStatus::TimedOut, Some(late))], None);
        let text = document(&Ending { job: Job::Delete, ..ending });
        assert!(text.contains("| ⏳ not deleted in time |"), "{text}");
    }

    #[test]
    fn what_became_of_settings_is_told_where_there_were_any() {
        let org = |settings| OrgOutcome { settings, ..samples::org("test-a@example.com", OrgStatus::Ready, None) };
        let text = document(&samples::run(vec![org(Some(SettingsStatus::Deployed)), org(None)], None));
        assert!(text.contains("| Instance | Settings |") && text.contains("` | deployed | 4 |"), "{text}");
        assert!(text.contains("` |  | 4 |"), "{text}");
    }

    #[test]
    fn ready_orgs_are_folded_away_where_they_are_many() {
        let orgs = |count| (0..count).map(|n| samples::org(&format!("test-{n}@example.com"), OrgStatus::Ready, None));
        let few = document(&samples::run(orgs(20).collect(), None));
        assert!(few.contains("all 20 orgs are ready (6.4 s)") && !few.contains("<details>"), "{few}");
        let many = document(&samples::run(orgs(21).collect(), None));
        assert!(many.contains("<details><summary>✅ 21 orgs are ready</summary>\n\n| Ready org"), "{many}");
        assert!(many.ends_with(" |\n\n</details>\n"), "{many}");
    }

    #[test]
    fn what_there_is_no_room_for_is_counted() {
        let late = samples::cause(CauseCode::NotReplicated, "user hasn't approved this consumer", "wait longer");
        let org = |n| match n % 2 {
            0 => samples::org(&format!("test-{n}@example.com"), OrgStatus::TimedOut, Some(late.clone())),
            _ => samples::org(&format!("test-{n}@example.com"), OrgStatus::Ready, None),
        };
        let ending = samples::run((0..400).map(org).collect(), None);
        let whole = document(&ending).len();
        for room in [0, 100, 1_000, 20_000, whole / 2, whole, 1 << 20] {
            let text = document_within(&ending, room);
            assert!(text.len() <= room.max(REST), "{room}: {}", text.len());
            assert_eq!(text.matches("<details>").count(), text.matches("</details>").count(), "{text}");
            assert_eq!(text.len() == whole, room == 1 << 20, "{room}");
            assert!(room == 1 << 20 || text.contains("more, which there is no room for"), "{room}: {text}");
        }
    }

    #[test]
    fn a_run_level_error_is_told_with_its_next_step() {
        insta::assert_snapshot!(document(&samples::hub_failed()));
    }

    #[test]
    fn nothing_in_a_code_span_ends_it() {
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`x"), "`` `x ``");
        assert_eq!(code("a|b"), "`a\\|b`");
        assert_eq!(code("##vso[x]"), "`# #vso[x]`");
        assert_eq!(escape("<b>@a https://x"), "\\<b\\>\\@a https\\://x");
    }
}
