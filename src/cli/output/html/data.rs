//! The data of the page's script: JSON that is small with ten thousand orgs, and inert inside of HTML.
//!
//! What the plain table shows is not repeated here: the script reads it there.

use std::time::Duration;

use jiff::Timestamp;
use maud::{PreEscaped, Render};
use serde::Serialize;
use serde_json::{Value, json};

use super::recording::{Line, Recording, Step};
use crate::cli::output::json;
use crate::model::cause::Cause;
use crate::model::redact;
use crate::model::report::OrgOutcome;

/// Most steps that are drawn of all orgs together.
const STEPS_MAX: usize = 240_000;

/// Fewest that each org may draw.
const STEPS_MIN: usize = 16;

/// What the script draws from. Times are milliseconds from `started` on.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    started: Option<i64>,
    end: u64,
    /// The names of steps; a step above them is a cause.
    steps: [&'static str; Step::NAMES.len()],
    causes: &'a [Cause],
    hub: Value,
    orgs: Vec<Value>,
}

/// The element that holds it.
pub(super) fn element(recording: &Recording) -> impl Render {
    let origin = recording.started.map_or(0, Timestamp::as_millisecond);
    let rows = || recording.rows.iter().filter(|row| row.outcome.is_some());
    let most = (STEPS_MAX / rows().count().max(1)).max(STEPS_MIN);
    let orgs = rows().filter_map(|row| Some(org(row.outcome.as_ref()?, &row.line, row.cause, origin, most))).collect();
    let data = Data {
        started: recording.started.map(Timestamp::as_millisecond),
        end: milliseconds(recording.end),
        steps: Step::NAMES,
        causes: &recording.causes,
        hub: line(&recording.hub_line, STEPS_MAX),
        orgs,
    };
    // Texts, numbers and lists alone: nothing in them can fail to be JSON.
    let text = json::line(&data).unwrap_or_default();
    PreEscaped(format!("<script type=\"application/json\" id=\"data\">{}</script>", inert(&redact::redact(&text))))
}

/// An org by position; the script's `read` names each.
fn org(outcome: &OrgOutcome, steps: &Line, cause: Option<usize>, origin: i64, most: usize) -> Value {
    let instant = |at: Option<Timestamp>| at.map(|at| at.as_millisecond() - origin);
    json!([
        line(steps, most),
        milliseconds(outcome.waited),
        cause,
        outcome.org_id,
        outcome.instance_url.as_ref().or(outcome.login_url.as_ref()),
        outcome.expiration_date,
        instant(outcome.created_date),
        instant(outcome.last_refused_at),
        instant(outcome.ready_at),
    ])
}

/// Each step: the milliseconds since the one before, and its code. Of too many the middle is left out.
fn line(line: &Line, most: usize) -> Value {
    let left_out = line.0.len().saturating_sub(most);
    let kept = line.0.iter().take(most / 2).chain(line.0.iter().skip(most / 2 + left_out));
    let mut before = 0;
    let steps = kept.flat_map(|(at, step)| {
        let at = milliseconds(*at);
        let since = at - std::mem::replace(&mut before, at);
        [json!(since), json!(step.code())]
    });
    steps.collect()
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The same JSON with nothing in it that HTML or an old script engine would read: each is `\u…` inside of a text, and
/// stands nowhere else.
fn inert(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_the_data_is_read_as_html_and_nothing_is_lost() {
        let hostile = "</script><!--<script>&\u{2028}\u{2029}\\\"";
        let shown = inert(&serde_json::to_string(hostile).unwrap());
        assert!(!shown.contains(['<', '>', '&', '\u{2028}', '\u{2029}']), "{shown}");
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), hostile);
    }

    #[test]
    fn a_line_is_told_by_distances_and_its_middle_is_left_out_where_it_is_long() {
        let at = Duration::from_millis;
        let steps = (0..6).map(|n| (at(10 * n), if n % 2 == 0 { Step::Login } else { Step::Waiting(3) })).collect();
        let steps = Line(steps);
        assert_eq!(line(&steps, 6), json!([0, 2, 10, 9, 10, 2, 10, 9, 10, 2, 10, 9]));
        assert_eq!(line(&steps, 4), json!([0, 2, 10, 9, 30, 2, 10, 9]));
    }
}
