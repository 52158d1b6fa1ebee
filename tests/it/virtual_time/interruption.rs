//! A signal: waits end at once, writes in hand are finished, every org is reported.

use std::time::Duration;

use orgready::engine::selection::Selection;
use orgready::model::cause::CauseCode as Code;
use orgready::model::event::Event;
use orgready::model::report::OrgStatus::{Failed, Interrupted, Ready};
use serde_json::json;

use crate::support::{HUB_USER, Org, Scene, good};

#[tokio::test(start_paused = true)]
async fn a_signal_ends_all_waits_and_reports_every_org() {
    let orgs = [
        Org::new("ready"),
        Org::young("late").replicated(300.0),
        Org::young("made").with("Status", json!("Creating")).with("LoginUrl", json!(null)),
        Org::new("hangs").answers(|_| good().after(3600.0)),
    ];
    let scene = Scene::new(orgs);
    scene.signal_after(7.0);
    let seen = scene.login().await;
    assert_eq!(seen.took, Duration::from_secs(7));
    let interrupted = |code| (Interrupted, Some(code));
    let ends =
        [(Ready, None), interrupted(Code::NotReplicated), interrupted(Code::Creating), interrupted(Code::Unreachable)];
    assert_eq!(seen.ends(), ends);
    assert!((1..4).all(|org| seen.cause(org).retryable));
    assert_eq!(*scene.keeper.kept.lock().unwrap(), ["ready@example.com"]);
    assert!(matches!(seen.events.last(), Some((_, Event::Finished { summary })) if summary.interrupted == 3));
    assert!(seen.result.unwrap().interrupted);
}

#[tokio::test(start_paused = true)]
async fn a_write_in_hand_is_finished() {
    let mut scene = Scene::new([Org::new("ready")]);
    scene.keeper.takes = Duration::from_secs(1);
    scene.signal_after(0.5);
    let seen = scene.login().await;
    assert_eq!((seen.ends(), seen.took), (vec![(Ready, None)], Duration::from_secs(1)));
    // The signal came, but nothing was left undone.
    assert!(!seen.result.unwrap().interrupted);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_hangs_does_not_hold_the_run() {
    let mut scene = Scene::new([Org::new("ready")]).wait(10);
    scene.keeper.takes = Duration::from_secs(3600);
    scene.signal_after(3.0);
    let seen = scene.login().await;
    assert_eq!(seen.ends(), [(Interrupted, Some(Code::NotStored))]);
    assert!(seen.cause(0).retryable && seen.org(0).instance_url.is_some());
    assert!(seen.took < Duration::from_secs(5), "{:?}", seen.took);

    // Whatever it said before it was ready.
    let mut scene = Scene::new([Org::young("late").replicated(2.0)]);
    scene.keeper.takes = Duration::from_secs(3600);
    scene.signal_after(10.0);
    assert_eq!(scene.login().await.ends(), [(Interrupted, Some(Code::NotStored))]);

    // Also not where the time was up before the signal came.
    let mut scene = Scene::new([Org::new("ready")]).wait(10);
    scene.keeper.takes = Duration::from_secs(3600);
    scene.signal_after(20.0);
    let seen = scene.login().await;
    assert!(seen.took < Duration::from_secs(22), "{:?}", seen.took);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_is_given_up_after_the_signal_is_interrupted_and_one_before_has_failed() {
    for (signal, end) in [(0.5, Interrupted), (5.0, Failed)] {
        let mut scene = Scene::new([Org::new("ready"), Org::young("late").replicated(99.0)]);
        scene.keeper.takes = Duration::from_secs(1);
        scene.keeper.refuses = Some("ready@example.com");
        scene.signal_after(signal);
        let seen = scene.login().await;
        assert_eq!((seen.org(0).status, seen.cause(0).code), (end, Code::NotStored), "{signal}");
        assert_eq!(seen.cause(0).retryable, end == Interrupted);
    }
}

#[tokio::test(start_paused = true)]
async fn a_signal_while_the_hub_is_asked_leaves_every_org_interrupted() {
    let mut scene = Scene::new([Org::new("a"), Org::new("b")]);
    scene.world.hub_login = Box::new(|_| good().after(30.0));
    scene.signal_after(2.0);
    let seen = scene.login().await;
    assert_eq!((seen.ends(), seen.took), (vec![(Interrupted, Some(Code::NotTried)); 2], Duration::from_secs(2)));
    assert!(seen.result.unwrap().hub.is_none());

    let mut scene = Scene::new([Org::new("a"), Org::new("b")]);
    scene.world.hub_query = Box::new(|_| good().after(30.0));
    scene.signal_after(2.0);
    let seen = scene.login().await;
    assert_eq!(seen.ends(), [(Interrupted, Some(Code::NotTried)); 2]);
    assert!(seen.result.unwrap().hub.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_ended_before_it_was_known_which_orgs_says_so() {
    for (signal, interrupted) in [(Some(2.0), true), (None, false)] {
        let mut scene = Scene::new([]);
        scene.world.hub_login = Box::new(|_| good().after(30.0));
        if let Some(seconds) = signal {
            scene.signal_after(seconds);
        }
        let report = scene.select(Selection::Matching { condition: None, shard: None }).await.result.unwrap();
        assert_eq!((report.orgs.len(), report.interrupted), (0, interrupted));
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_signal_nothing_more_is_sent() {
    let scene = Scene::new([Org::new("a")]);
    scene.stop.cancel();
    assert_eq!(scene.login().await.ends(), [(Interrupted, Some(Code::NotTried))]);
    assert_eq!(scene.world.asked().len(), 0);

    let mut scene = Scene::new((0..9).map(|n| Org::new(&format!("o{n}")).answers(|_| good().after(1.0))));
    scene.stop_at = |event| matches!(event, Event::HubAnswered { .. });
    let seen = scene.login().await;
    assert_eq!(seen.ends(), [(Interrupted, Some(Code::NotTried)); 9]);
    let sent = scene.world.asked().iter().filter(|asked| asked.user != HUB_USER).count();
    assert_eq!(sent, 0);
}
