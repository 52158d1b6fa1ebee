//! What an observer is told, in the order in which it happens.

use orgready::model::event::Event;
use serde_json::{Value, json};

use crate::support::{Org, Scene, Seen, not_approved};

/// Name, place and username of each event.
fn told(seen: &Seen) -> Vec<String> {
    let line = |event: &Event| {
        let event = serde_json::to_value(event).unwrap();
        let words = ["event", "attempt", "nextInMs", "username", "asked", "known"].map(|key| match &event[key] {
            Value::Null => String::new(),
            Value::String(text) => format!("{text} "),
            number => format!("{key}={number} "),
        });
        words.concat().trim_end().to_owned()
    };
    seen.events.iter().map(|(_, event)| line(event)).collect()
}

#[tokio::test(start_paused = true)]
async fn events_tell_the_story_in_its_order() {
    let made = Org::young("made").known(|at, mut row| {
        row["Status"] = json!(if at.as_millis() < 900 { "Creating" } else { "Active" });
        vec![row]
    });
    let late =
        Org::young("late").answers(|ask| if ask.nth == 1 { not_approved().after(0.2) } else { crate::support::good() });
    let seen = Scene::new([late, made]).login().await;
    insta::assert_snapshot!(told(&seen).join("\n"), @r"
    started
    hub_attempt attempt=1 admin@hub.example.com
    hub_ready admin@hub.example.com
    hub_query asked=2
    hub_answered asked=2 known=2
    org_creating nextInMs=1000 made@example.com
    org_attempt attempt=1 late@example.com
    org_waiting nextInMs=1000 late@example.com
    hub_query asked=1
    hub_answered asked=1 known=1
    org_attempt attempt=1 made@example.com
    org_checking made@example.com
    org_storing made@example.com
    org_finished
    org_attempt attempt=2 late@example.com
    org_checking late@example.com
    org_storing late@example.com
    org_finished
    finished
    ");
}

#[tokio::test(start_paused = true)]
async fn no_event_holds_a_secret() {
    let seen = Scene::new([Org::young("late").replicated(2.0)]).login().await;
    for (_, event) in &seen.events {
        let shown = format!("{event:?} {}", serde_json::to_string(event).unwrap());
        assert!(!shown.contains("eyJ") && !shown.contains("00D000000000001!"), "{shown}");
    }
}
