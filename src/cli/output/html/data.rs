//! The data of the page's script: JSON that is small with ten thousand orgs, and inert inside of HTML.
//!
//! What the plain table shows is not repeated here: the script reads it there.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use maud::{PreEscaped, Render};
use serde_json::{Value, json};

use super::recording::{Line, Recording, STEPS};
use crate::cli::output::json;
use crate::model::redact;
use crate::model::report::OrgOutcome;

/// Most steps that are drawn of all orgs together.
const STEPS_MAX: usize = 320_000;

/// Fewest that each org may draw.
const STEPS_MIN: usize = 16;

/// What times are written with, and what steps: each ends the other, and JSON, HTML and who looks for secrets let both be.
const DIGITS: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";
const SIGNS: &[u8] = b"!$%()*,.:;?@[]^{|}~";

/// The element that holds it.
pub(super) fn element(recording: &Recording, orgs: &[OrgOutcome]) -> impl Render {
    let origin = recording.started.map_or(0, Timestamp::as_millisecond);
    let most = (STEPS_MAX / orgs.len().max(1)).max(STEPS_MIN);
    let lines = recording.lines.iter().chain([&recording.hub_line]);
    let used: BTreeSet<usize> = lines.flat_map(|line| line.steps.iter().map(|(_, step)| *step)).collect();
    let orgs = orgs.iter().zip(&recording.lines).map(|(outcome, line)| org(outcome, line, origin, most));
    // Times are milliseconds from `started` on; a step above the names is a cause, and `used` are those that occur.
    let data = json!({
        "started": recording.started.map(Timestamp::as_millisecond),
        "end": milliseconds(recording.end),
        "steps": STEPS,
        "used": used,
        "causes": recording.causes,
        "hub": steps(&recording.hub_line, STEPS_MAX),
        "orgs": orgs.collect::<Vec<_>>(),
    });
    // Texts, numbers and lists alone: nothing in them can fail to be JSON.
    let text = json::line(&data).unwrap_or_default();
    PreEscaped(format!("<script type=\"application/json\" id=\"data\">{}</script>", inert(&redact::redact(&text))))
}

/// An org by position; the script's `read` names each.
fn org(outcome: &OrgOutcome, line: &Line, origin: i64, most: usize) -> Value {
    let instant = |at: Option<Timestamp>| at.map(|at| at.as_millisecond() - origin);
    json!([
        steps(line, most),
        milliseconds(outcome.waited),
        line.cause,
        outcome.org_id,
        outcome.instance_url.as_ref().or(outcome.login_url.as_ref()),
        outcome.expiration_date,
        instant(outcome.created_date),
        instant(outcome.last_refused_at),
        instant(outcome.ready_at),
    ])
}

/// Each step: the milliseconds since the one before, in digits, and its code, in signs. Of too many the middle is left out.
fn steps(Line { steps, .. }: &Line, most: usize) -> String {
    let left_out = steps.len().saturating_sub(most);
    let kept = steps.iter().take(most / 2).chain(steps.iter().skip(most / 2 + left_out));
    let (mut out, mut before) = (String::new(), 0);
    for (at, step) in kept {
        let at = milliseconds(*at);
        write_in(&mut out, at - std::mem::replace(&mut before, at), DIGITS);
        write_in(&mut out, *step as u64, SIGNS);
    }
    out
}

/// A number in the alphabet's digits.
fn write_in(out: &mut String, number: u64, alphabet: &[u8]) {
    let base = alphabet.len() as u64;
    if number >= base {
        write_in(out, number / base, alphabet);
    }
    out.push(char::from(alphabet[usize::try_from(number % base).unwrap_or_default()]));
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The same JSON with nothing in it that HTML or an old script engine would read: each is `\u…` inside of a text, and
/// stands nowhere else.
fn inert(json: &str) -> String {
    let escaped = |json: String, c: char| json.replace(c, &format!("\\u{:04x}", u32::from(c)));
    ['<', '>', '&', '\u{2028}', '\u{2029}'].into_iter().fold(json.to_owned(), escaped)
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
        let (login, waiting) = (2, STEPS.len() + 2);
        let line = |steps: Vec<(Duration, usize)>| Line { steps, cause: None };
        let six = line((0..6).map(|n| (at(10 * n), if n % 2 == 0 { login } else { waiting })).collect());
        assert_eq!(steps(&six, 6), "0%a?a%a?a%a?");
        assert_eq!(steps(&six, 4), "0%a?u%a?");
        let far = line(vec![(at(3_600_000), STEPS.len() + 12), (at(3_600_001), STEPS.len() + 373)]);
        assert_eq!(steps(&far, 2), "255s0$$1$$$");
    }
}
