//! Tests of the page as text; how it looks and behaves is tested in a browser, by `tests/browser/run`.

use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::cli::output::tests::samples;
use crate::model::cause::CauseCode;
use crate::model::event::Event;
use crate::model::org::OrgName;

fn at(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// The recording of a run that ended so, each org after one attempt.
fn recorded(ending: &Ending) -> Recording {
    let mut recording = Recording::default();
    recording.started = Some(Timestamp::UNIX_EPOCH);
    for (index, org) in ending.report().unwrap().orgs.iter().enumerate() {
        let attempt = Event::OrgAttempt { index, username: org.name.clone(), host: "x.example".to_owned(), attempt: 1 };
        recording.note(&attempt, at(100));
        recording.note(&Event::OrgFinished { index, outcome: org.clone() }, at(6220));
    }
    recording
}

/// The page without style and script.
fn markup(page: &str) -> String {
    let (head, rest) = page.split_once("<style>").unwrap();
    let (_, rest) = rest.split_once("</style>").unwrap();
    let (_, rest) = rest.split_once("</script>").unwrap();
    format!("{head}{rest}")
}

#[test]
fn foreign_text_is_text_and_each_cause_has_its_next_step() {
    let ending = samples::some_failed();
    let page = page(&recorded(&ending), &ending);
    let shown = markup(&page);
    assert!(shown.contains("no &lt;b&gt;&quot;&amp;'&lt;/b&gt;"), "{shown}");
    assert!(!shown.contains("<b>\"") && !shown.contains("##vso"), "{shown}");
    assert_eq!(shown.matches("sign the org up with the hub's app</p>").count(), 1);
    assert_eq!(shown.matches("<tr>").count(), 5);
    assert!(shown.contains("<h1 class=\"bad\">1 of 4 orgs ready</h1>"), "{shown}");
}

#[test]
fn a_run_that_came_to_no_org_tells_why() {
    let ending = samples::hub_failed();
    let page = page(&Recording::default(), &ending);
    let shown = markup(&page);
    assert!(shown.contains("no org was tried") && shown.contains("invalid assertion"), "{shown}");
    assert!(shown.contains("<p class=\"action\">give the key of the app's certificate</p>"), "{shown}");
    assert!(!shown.contains("id=\"plain\""), "{shown}");
}

#[test]
fn the_policy_names_the_style_and_the_script_as_a_browser_reads_them() {
    assert_eq!(source("body {}\n"), source(&asset("body {}\r\n")));
    assert_eq!(source(""), "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='");
    for asset in [STYLE, SCRIPT] {
        assert!(!asset.contains("</"), "an end tag would end the element");
    }
}

#[test]
fn a_secret_in_a_text_is_hidden() {
    let token = "00D000000000001!AQEAQCf9K4GHk7xDkTKQ0W3X2pY";
    let mut ending = samples::hub_failed();
    ending.warnings.push(format!("the server said {token}"));
    let page = page(&Recording::default(), &ending);
    assert!(page.contains("the server said [hidden]"));
    assert!(!page.contains(token));
}

#[test]
fn ten_thousand_orgs_that_wait_long_stay_below_five_megabytes() {
    let waiting = |host: usize| {
        let mut cause = samples::cause(CauseCode::NotReplicated, samples::HOSTILE, &"try this, ".repeat(30));
        cause.description = Some(format!("{host} {}", cause.description.unwrap_or_default()));
        cause
    };
    let mut recording = Recording::default();
    let mut orgs = Vec::new();
    for index in 0..10_000 {
        let name = format!("test-{index:012}-of-a-very-long-name-in-a-pipeline@organization.example.com");
        let username = OrgName::new(&name).unwrap();
        for attempt in 1..=18_u32 {
            let begun = at(u64::from(attempt) * 29_973);
            let (username, host) = (username.clone(), "x.example".to_owned());
            recording.note(&Event::OrgAttempt { index, username: username.clone(), host, attempt }, begun);
            let cause = waiting(index % 3_000);
            let event = Event::OrgWaiting { index, username, cause, next_in: at(9_000) };
            recording.note(&event, begun + at(173));
        }
        let cause = (index % 2 == 0).then(|| waiting(index));
        let status = if cause.is_some() { OrgStatus::TimedOut } else { OrgStatus::Ready };
        let mut org = samples::org(&name, status, cause);
        org.instance_url = Some(format!("https://energy-saver-{index:08}-dev-ed.scratch.my.salesforce.com"));
        recording.note(&Event::OrgFinished { index, outcome: org.clone() }, at(600_000));
        orgs.push(org);
    }
    let page = page(&recording, &samples::run(orgs, None));
    assert!(page.len() < 5_000_000, "{} bytes", page.len());
}
