//! Markdown, made for `$GITHUB_STEP_SUMMARY` and whatever else renders GitHub's dialect.

use std::fmt::Write;

use crate::cli::ending::Ending;
use crate::cli::format_duration::format_duration;
use crate::cli::output::groups;
use crate::model::report::{OrgOutcome, OrgStatus, Report};

/// The document.
pub(crate) fn document(ending: &Ending) -> String {
    let mut text = match ending.report() {
        Some(report) => of_report(report),
        None => "### ❌ orgready: no org was tried\n".to_owned(),
    };
    if let (Some(failure), None) = (&ending.failure, ending.report()) {
        for line in failure.message.lines() {
            let _ = write!(text, "\n{}\n", escape(line));
        }
        for action in &failure.actions {
            let _ = write!(text, "\n- {}\n", escape(action));
        }
    }
    for warning in &ending.warnings {
        let _ = write!(text, "\n> ⚠️ {}\n", escape(&warning.replace('\n', " ")));
    }
    text
}

fn of_report(report: &Report) -> String {
    let summary = report.summary;
    let mark = if summary.ready == summary.total { "✅" } else { "❌" };
    let mut text = format!(
        "### {mark} orgready: {} of {} orgs ready in {}\n",
        summary.ready,
        summary.total,
        format_duration(summary.elapsed)
    );
    if let Some(hub) = &report.hub {
        let _ = write!(text, "\nDev Hub {} ({})\n", code(hub.username.as_str()), code(&hub.instance_url));
    }
    if !report.orgs.is_empty() {
        text.push_str(
            "\n| Org | Alias | Status | Attempts | Waited | Instance or cause |\n|---|---|---|--:|--:|---|\n",
        );
    }
    for org in &report.orgs {
        text.push_str(&row(org));
    }
    for group in groups::by_cause(&report.orgs) {
        let orgs = if group.orgs.len() == 1 { "org" } else { "orgs" };
        let _ = write!(text, "\n**{} {orgs}: {}.** {}\n", group.orgs.len(), group.code, escape(group.hint));
    }
    text
}

fn row(org: &OrgOutcome) -> String {
    let status = match org.status {
        OrgStatus::Ready => "✅ ready",
        OrgStatus::Failed => "❌ failed",
        OrgStatus::TimedOut => "⏳ timed out",
        OrgStatus::Interrupted => "⏹️ interrupted",
    };
    let end = match (&org.cause, &org.instance_url) {
        (Some(cause), _) => match cause.description.as_ref().or(cause.error.as_ref()) {
            Some(words) => format!("{}: {}", code(cause.code.as_str()), code(words)),
            None => code(cause.code.as_str()),
        },
        (None, Some(url)) => code(url),
        (None, None) => String::new(),
    };
    let alias = org.alias.as_ref().map(|alias| code(alias.as_str())).unwrap_or_default();
    format!(
        "| {} | {alias} | {status} | {} | {} | {end} |\n",
        code(org.name.as_str()),
        org.attempts,
        format_duration(org.waited)
    )
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
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' | ':' | '@' | '<' | '>' | '&' | '#' | '!') {
            out.push('\\');
        }
        out.push(c);
    }
    inert(&out)
}

/// No CI system finds a command of its own in the text.
fn inert(text: &str) -> String {
    crate::cli::console::inert(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::samples;

    #[test]
    fn a_run_is_a_table_and_each_cause_has_its_hint_once() {
        insta::assert_snapshot!(document(&samples::some_failed()));
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
