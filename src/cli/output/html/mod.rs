//! `--report html=FILE`: one page that shows the run, whole in itself.
//!
//! What is written here is readable without script and style: totals, causes with their next steps, a plain table. The
//! script draws the picture from that table and from the data beside it. Texts get into the page through `maud` alone,
//! whose types escape whatever is not marked as ours.

mod data;
mod recording;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::cli::ending::{Ending, Exit, Failure};
use crate::cli::format_duration::format_duration;
use crate::cli::job;
use crate::cli::output::groups::{self, Group};
use crate::model::cause::Cause;
use crate::model::redact;
use crate::model::report::{OrgOutcome, OrgStatus};
pub(crate) use recording::Recording;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Up to this many causes are shown with what was said.
const GROUPS_OPEN: usize = 2;

/// The page.
pub(crate) fn page(recording: &Recording, ending: &Ending) -> String {
    let (style, script) = (asset(STYLE), asset(SCRIPT));
    let policy = format!(
        "default-src 'none'; style-src {}; script-src {}; img-src data:; base-uri 'none'; form-action 'none'",
        source(&style),
        source(&script)
    );
    let orgs = ending.report().map(|report| &report.orgs[..]).unwrap_or_default();
    let title = title(orgs, ending);
    let body = body(recording, ending, orgs, &title).into_string();
    // No CI system that copies the page to its log finds a command in it.
    let body = redact::redact(&body).replace("##", "&#35;&#35;");
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                // Else a browser asks the server for one.
                link rel="icon" href="data:,";
                title { "orgready: " (redact::redact(&title)) }
                style { (PreEscaped(style)) }
                script { (PreEscaped(script)) }
            }
            body { (PreEscaped(body)) (data::element(recording, orgs)) }
        }
    };
    page.into_string()
}

/// An asset as a browser hashes it: line ends of Windows are read as others are.
fn asset(text: &str) -> String {
    text.replace('\r', "")
}

/// What the policy calls an asset.
fn source(asset: &str) -> String {
    format!("'sha256-{}'", BASE64_STANDARD.encode(digest(&SHA256, asset.as_bytes())))
}

fn title(orgs: &[OrgOutcome], ending: &Ending) -> String {
    match (orgs.len(), &ending.failure) {
        (0, Some(_)) => "no org was tried".to_owned(),
        (0, None) => "there was nothing to do".to_owned(),
        (all, _) => {
            let done: Vec<&OrgOutcome> = orgs.iter().filter(|org| org.cause.is_none()).collect();
            let word = done.first().map_or(OrgStatus::Ready, |org| org.status).as_str();
            format!("{} of {} {word}", done.len(), job::orgs(all))
        }
    }
}

fn body(recording: &Recording, ending: &Ending, orgs: &[OrgOutcome], title: &str) -> Markup {
    let groups = groups::by_cause(orgs);
    html! {
        header {
            p.brand { "orgready" }
            h1 class=(if ending.failure.is_none() { "good" } else { "bad" }) { (title) }
            p.facts {
                @if let Some((username, place)) = &recording.hub {
                    span { "Dev Hub " b { (username) } " at " (place.trim_start_matches("https://")) } " "
                }
                @if let Some(started) = recording.started {
                    span { "started " time { (started.strftime("%Y-%m-%d %H:%M:%S UTC")) } } " "
                }
                span { "took " (format_duration(recording.end)) } " "
                span { "exit status " (ending.exit().code()) }
            }
        }
        main {
            @if let Some(failure) = &ending.failure {
                // That some are not ready is told by the title.
                @if orgs.is_empty() || !matches!(failure.exit, Exit::OrgsFailed | Exit::OrgsTimedOut) { (failure_section(failure, &groups)) }
            }
            (totals(orgs))
            div.sides {
                @if !groups.is_empty() {
                    section aria-labelledby="next" {
                        h2 #next { "What to do" }
                        @for (place, group) in groups.iter().enumerate() { (cause(place, group, groups.len() <= GROUPS_OPEN)) }
                    }
                }
                section #spread aria-labelledby="replication" hidden { h2 #replication { "Replication" } }
            }
            @if !ending.warnings.is_empty() {
                details.warnings {
                    summary { (ending.warnings.len()) " " (if ending.warnings.len() == 1 { "warning" } else { "warnings" }) }
                    ul { @for warning in &ending.warnings { li { (warning) } } }
                }
            }
            section #picture aria-labelledby="run" hidden { h2 #run { "The run" } }
            @if !orgs.is_empty() { (table(orgs, &groups)) }
        }
        footer { "Written by orgready " (env!("CARGO_PKG_VERSION")) ". Times are UTC." }
    }
}

/// What the failure says of the whole run, and the next steps that no single cause has.
fn failure_section(failure: &Failure, groups: &[Group<'_>]) -> Markup {
    let further = failure.actions.iter().filter(|action| !groups.iter().any(|group| group.hint == action.as_str()));
    html! {
        section.failure aria-label="What went wrong" {
            @for line in failure.message.lines() { p { (line) } }
            @for action in further { p.action { (action) } }
        }
    }
}

/// How many ended how; the script makes them filters.
fn totals(orgs: &[OrgOutcome]) -> Markup {
    html! {
        ul #totals aria-label="Totals" {
            @for (status, orgs) in groups::by(orgs, |org| Some(org.status.as_str())) {
                li class=(status) data-status=(status) { b { (orgs.len()) } " " (status.replace('_', " ")) }
            }
        }
    }
}

fn cause(place: usize, group: &Group<'_>, few: bool) -> Markup {
    let status = group.status.as_str();
    html! {
        article.cause.(status) id={ "c" (place) } {
            h3 { (group.code) " " span { (group.orgs.len()) " " (status.replace('_', " ")) } }
            @if !group.hint.is_empty() { p.action { (group.hint) } }
            details open[few] {
                summary { "what was said" }
                @for line in groups::list_evidence(&group.orgs) { p { (line) } }
            }
        }
    }
}

/// Every org in words. The script reads it, and shows the picture in its place.
fn table(orgs: &[OrgOutcome], groups: &[Group<'_>]) -> Markup {
    let place = |cause: &Cause, status: OrgStatus| {
        groups.iter().position(|group| group.code == cause.code && group.status == status && group.hint == cause.hint)
    };
    let row = |org: &OrgOutcome| {
        html! {
            tr {
                td { (org.status.in_words()) }
                td { (org.name) }
                td { @if let Some(alias) = &org.alias { (alias) } }
                td { (org.attempts) }
                td { (format_duration(org.waited)) }
                td { @if let Some(cause) = &org.cause { a href={ "#c" (place(cause, org.status).unwrap_or_default()) } { (cause.code) } } }
                td { @if let Some(settings) = org.settings { (settings.as_str()) } }
            }
        }
    };
    html! {
        section #plain aria-labelledby="all" {
            h2 #all { "All orgs" }
            table {
                thead { tr {
                    @for name in ["Outcome", "Org", "Alias", "Attempts", "Waited", "Cause", "Settings"] { th scope="col" { (name) } }
                } }
                tbody { @for org in orgs { (row(org)) } }
            }
        }
    }
}

#[cfg(test)]
mod tests;
