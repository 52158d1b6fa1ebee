//! Waiting: until an org is replicated, until it is made, until the time is up.

use std::time::Duration;

use orgready::model::cause::CauseCode as Code;
use orgready::model::event::Event;
use orgready::model::report::OrgStatus::{Failed, Ready, TimedOut};
use orgready::protocol::transport::{Unavailability, UnavailableKind};
use serde_json::json;

use crate::support::{Ask, Kind, Org, Reply, Scene, breaks, good, not_approved, refuses, says};

#[tokio::test(start_paused = true)]
async fn replication_is_waited_out_with_growing_delays() {
    let scene = Scene::new([Org::young("late").replicated(20.0)]);
    let seen = scene.login().await;
    assert_eq!(seen.ends(), [(Ready, None)]);
    assert_eq!(scene.world.posts("late@example.com"), [0, 1000, 2500, 4750, 8125, 13_125, 18_125, 23_125]);
    assert_eq!(seen.delays(0), [1000, 1500, 2250, 3375, 5000, 5000, 5000]);
    assert_eq!((seen.org(0).attempts, seen.org(0).waited), (8, Duration::from_millis(23_125)));
}

#[tokio::test(start_paused = true)]
async fn after_minutes_an_org_is_asked_more_seldom() {
    let scene = Scene::new([Org::young("slow").replicated(900.0)]).wait(3600);
    let seen = scene.login().await;
    let last = seen.delays(0).pop().unwrap();
    assert!((40_000..=45_000).contains(&last) || last == 30_000, "{last}");
    assert!(scene.world.posts("slow@example.com").len() < 80);
    assert_eq!(seen.ends(), [(Ready, None)]);
}

#[tokio::test(start_paused = true)]
async fn chance_moves_each_delay_by_a_fifth_at_most() {
    let mut scene = Scene::new((0..50).map(|n| Org::young(&format!("o{n}")).replicated(2.0)));
    scene.settings.retry.jitter = 0.2;
    let seen = scene.login().await;
    let firsts: Vec<u128> = (0..50).map(|org| seen.delays(org)[0]).collect();
    assert!(firsts.iter().all(|delay| (800..=1200).contains(delay)), "{firsts:?}");
    assert!(firsts.iter().any(|delay| *delay != firsts[0]));
}

#[tokio::test(start_paused = true)]
async fn a_delay_that_would_pass_the_deadline_is_shortened_to_one_last_attempt_just_before_it() {
    let scene = Scene::new([Org::young("late").replicated(60.0)]).wait(10);
    let seen = scene.login().await;
    // The next attempt would be at 13.125 s.
    assert_eq!(scene.world.posts("late@example.com"), [0, 1000, 2500, 4750, 8125, 9500]);
    assert_eq!(seen.ends(), [(TimedOut, Some(Code::NotReplicated))]);
    assert!(seen.cause(0).retryable);

    let seen = Scene::new([Org::young("late").replicated(9.0)]).wait(10).login().await;
    assert_eq!(seen.ends(), [(Ready, None)]);
}

#[tokio::test(start_paused = true)]
async fn the_last_attempts_of_a_large_batch_are_spread_so_that_all_of_them_go_out() {
    let mut scene = Scene::new((0..600).map(|n| Org::young(&format!("late{n}")).replicated(50.0))).wait(60);
    scene.settings.retry.jitter = 0.2;
    let seen = scene.login().await;
    assert!(seen.ends().iter().all(|end| *end == (Ready, None)));
}

#[tokio::test(start_paused = true)]
async fn what_the_server_wants_to_be_left_alone_for_is_never_shortened() {
    let scene = Scene::new([Org::young("busy").answers(|_| says(429, "").retry_after("20"))]).wait(10);
    let seen = scene.login().await;
    assert_eq!(scene.world.posts("busy@example.com"), [0]);
    assert_eq!(seen.ends(), [(TimedOut, Some(Code::Throttled))]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_without_end_is_no_panic() {
    let mut scene = Scene::new([Org::young("late").replicated(60.0)]);
    scene.settings.wait = Duration::MAX;
    assert_eq!(scene.login().await.ends(), [(Ready, None)]);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_counts_from_the_start_of_the_process() {
    let scene = Scene::new([Org::young("late").replicated(60.0)]).wait(10);
    tokio::time::sleep(Duration::from_secs(6)).await;
    let seen = scene.login().await;
    // At 6, 7, 8.5 and, instead of at 10.75 s, just before the deadline.
    assert_eq!((seen.org(0).attempts, seen.took), (4, Duration::from_millis(9500)));
    assert_eq!(seen.org(0).waited, Duration::from_millis(3500));
}

#[tokio::test(start_paused = true)]
async fn without_a_wait_each_org_has_one_attempt() {
    let orgs = [
        Org::new("ready"),
        Org::young("late").replicated(5.0),
        Org::young("made").with("Status", json!("Creating")).with("LoginUrl", json!(null)),
        Org::young("deaf")
            .answers(|_| breaks(Unavailability::new(UnavailableKind::Other, "the connection failed: reset"))),
    ];
    let scene = Scene::new(orgs).wait(0);
    let seen = scene.login().await;
    let ends = [
        (Ready, None),
        (TimedOut, Some(Code::NotReplicated)),
        (TimedOut, Some(Code::Creating)),
        (TimedOut, Some(Code::Unreachable)),
    ];
    assert_eq!(seen.ends(), ends);
    assert_eq!(seen.orgs().iter().map(|org| org.attempts).collect::<Vec<_>>(), [1, 1, 0, 1]);
    assert_eq!(scene.world.hub_queries().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn without_a_wait_a_slow_answer_is_waited_for() {
    let scene = Scene::new([Org::new("slow").answers(|_| good().after(25.0))]).wait(0);
    assert_eq!(scene.login().await.ends(), [(Ready, None)]);
}

#[tokio::test(start_paused = true)]
async fn an_org_in_flight_at_the_deadline_is_cut() {
    let orgs = [
        Org::new("hangs").answers(|_| good().after(3600.0)),
        Org::young("late").answers(|ask| if ask.nth < 3 { not_approved() } else { good().after(3600.0) }),
    ];
    let scene = Scene::new(orgs).wait(30);
    let seen = scene.login().await;
    assert_eq!(seen.took, Duration::from_secs(30));
    assert_eq!(seen.ends(), [(TimedOut, Some(Code::Unreachable)), (TimedOut, Some(Code::NotReplicated))]);
    assert_eq!(seen.orgs().iter().map(|org| org.attempts).collect::<Vec<_>>(), [1, 3]);
    assert!(seen.cause(0).retryable && seen.cause(1).retryable);
}

#[tokio::test(start_paused = true)]
async fn an_org_that_was_never_asked_is_not_tried() {
    let orgs = (0..3).map(|n| Org::new(&format!("o{n}")).answers(|_| good().after(4.0)));
    let mut scene = Scene::new(orgs).wait(6);
    scene.settings.concurrency = 1.try_into().unwrap();
    let seen = scene.login().await;
    let ends = [(Ready, None), (TimedOut, Some(Code::Unreachable)), (TimedOut, Some(Code::NotTried))];
    assert_eq!(seen.ends(), ends);
    assert_eq!((seen.org(2).attempts, seen.org(2).waited), (0, Duration::from_secs(6)));
    assert!(seen.cause(2).retryable);
}

#[tokio::test(start_paused = true)]
async fn orgs_that_are_made_are_waited_for_at_the_hub_alone() {
    let made = |name: &str, active_after: f64| {
        Org::young(name).known(move |at, mut row| {
            if at.as_secs_f64() < active_after {
                row["Status"] = json!(if at.as_secs() < 2 { "New" } else { "Creating" });
                row["LoginUrl"] = json!(null);
            }
            vec![row]
        })
    };
    let scene = Scene::new([made("a", 4.0), made("b", 15.0)]);
    let seen = scene.login().await;
    assert_eq!(seen.ends(), [(Ready, None), (Ready, None)]);
    // After 1, 1.5, 2.25, 3.375, 5 and 5 s.
    assert_eq!(scene.world.hub_queries(), [0, 1000, 2500, 4750, 8125, 13_125, 18_125]);
    assert_eq!(scene.world.posts("a@example.com"), [4750]);
    assert_eq!(scene.world.posts("b@example.com"), [18_125]);
    assert_eq!(seen.delays(1), [1000, 1500, 2250, 3375, 5000, 5000]);
    let asked: Vec<usize> = seen
        .events
        .iter()
        .filter_map(|(_, event)| match event {
            Event::HubAnswered { asked, .. } => Some(*asked),
            _ => None,
        })
        .collect();
    assert_eq!(asked, [2, 2, 2, 2, 1, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn an_org_that_fails_to_be_made_is_final_without_a_word_to_it() {
    let org = Org::young("broken").known(|at, mut row| {
        row["LoginUrl"] = json!(null);
        row["Status"] = json!(if at.as_secs() < 3 { "Creating" } else { "Error" });
        row["ErrorCode"] = json!(if at.as_secs() < 3 { None } else { Some("C-1016") });
        vec![row]
    });
    let scene = Scene::new([org]);
    let seen = scene.login().await;
    assert_eq!(seen.ends(), [(Failed, Some(Code::SignupFailed))]);
    assert_eq!(seen.cause(0).error.as_deref(), Some("C-1016"));
    assert_eq!(scene.world.posts("broken@example.com"), []);
}

#[tokio::test(start_paused = true)]
async fn an_org_that_became_active_is_no_longer_said_to_be_made() {
    let org = Org::young("hangs").answers(|_| good().after(3600.0)).known(|at, mut row| {
        row["Status"] = json!(if at.as_secs() < 1 { "New" } else { "Active" });
        vec![row]
    });
    let seen = Scene::new([org]).wait(10).login().await;
    assert_eq!(seen.ends(), [(TimedOut, Some(Code::Unreachable))]);
}

#[tokio::test(start_paused = true)]
async fn a_young_org_has_a_minute_to_settle() {
    let unsettled = || refuses("invalid_client_id", "client identifier invalid");
    let orgs = [
        Org::young("settles").answers(move |ask| if ask.seconds() < 40.0 { unsettled() } else { good() }),
        Org::young("never").answers(move |_| unsettled()),
        Org::new("old").answers(move |_| unsettled()),
        Org::young("two").answers(|ask| match ask.nth % 2 {
            0 => refuses("invalid_app_access", "user is not admin approved to access this app"),
            _ => refuses("app_not_found", "External client app is not installed in this org"),
        }),
    ];
    let scene = Scene::new(orgs);
    let seen = scene.login().await;
    assert_eq!(
        seen.ends()[..3],
        [(Ready, None), (Failed, Some(Code::InvalidClient)), (Failed, Some(Code::InvalidClient))]
    );
    assert_eq!(seen.org(3).status, Failed);
    let waited = |org: usize| seen.org(org).waited.as_millis();
    assert!((60_000..66_000).contains(&waited(1)), "{}", waited(1));
    assert_eq!((waited(2), seen.org(2).attempts), (0, 1));
    // All such answers of one org share the minute.
    assert!((60_000..66_000).contains(&waited(3)), "{}", waited(3));
    assert!(!seen.cause(1).retryable);
}

#[tokio::test(start_paused = true)]
async fn an_org_of_two_days_is_not_waited_for_longer_than_a_minute() {
    let old = "2026-11-21T11:00:00.000+0000";
    let org = Org::new("old").with("CreatedDate", json!(old)).answers(|_| not_approved());
    let seen = Scene::new([org]).login().await;
    assert_eq!(seen.ends(), [(Failed, Some(Code::NotApproved))]);
    assert!((60..66).contains(&seen.took.as_secs()), "{:?}", seen.took);
}

#[tokio::test(start_paused = true)]
async fn an_expired_org_that_gives_no_answer_is_given_up_after_three() {
    let expired = |name: &str| Org::new(name).with("ExpirationDate", json!("2026-11-01"));
    let orgs = [
        expired("down").answers(|_| says(503, "<html>")),
        expired("busy").answers(|_| refuses("unknown_error", "retry your request")),
        expired("gone").answers(|_| says(420, "<!DOCTYPE HTML>")),
        expired("alive"),
    ];
    let scene = Scene::new(orgs);
    let seen = scene.login().await;
    let gone = (Failed, Some(Code::Expired));
    assert_eq!(seen.ends(), [gone, gone, gone, (Ready, None)]);
    assert_eq!(seen.orgs().iter().map(|org| org.attempts).collect::<Vec<_>>(), [3, 3, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn every_minute_the_hub_is_asked_about_all_that_wait_and_a_deleted_org_stops_at_once() {
    let deleted = Org::young("deleted").replicated(3600.0).known(|at, mut row| {
        if at.as_secs() >= 70 {
            row["Status"] = json!("Deleted");
        }
        vec![row]
    });
    let scene = Scene::new([Org::new("ready"), deleted, Org::young("late").replicated(200.0)]);
    let seen = scene.login().await;
    assert_eq!(seen.ends(), [(Ready, None), (Failed, Some(Code::Deleted)), (Ready, None)]);
    assert_eq!(scene.world.hub_queries(), [0, 60_000, 120_000, 180_000]);
    assert_eq!(seen.org(1).waited, Duration::from_secs(120));
    let queries = scene.world.asked_by(Kind::Query, crate::support::HUB_USER);
    assert!(!queries[1].text.contains("ready@"), "an org that is ready is asked about: {}", queries[1].text);
    assert!(!queries[3].text.contains("deleted@"));
}

#[tokio::test(start_paused = true)]
async fn a_deleted_org_in_flight_is_asked_no_more_unless_it_gives_a_token() {
    let deleted = |name: &str| {
        Org::young(name).known(|at, mut row| {
            row["Status"] = json!(if at.as_secs() >= 60 { "Deleted" } else { "Active" });
            vec![row]
        })
    };
    let slow = |ask: &Ask<'_>, last: Reply| if ask.seconds() < 50.0 { not_approved() } else { last.after(20.0) };
    let orgs = [
        deleted("refuses").answers(move |ask| slow(ask, not_approved())),
        deleted("grants").answers(move |ask| slow(ask, good())),
    ];
    let scene = Scene::new(orgs);
    let seen = scene.login().await;
    assert_eq!(seen.ends(), [(Failed, Some(Code::Deleted)), (Ready, None)]);
    assert!((70..76).contains(&seen.org(0).waited.as_secs()), "{:?}", seen.org(0).waited);
}

#[tokio::test(start_paused = true)]
async fn orgs_that_are_made_meanwhile_do_not_put_off_the_minute() {
    let stuck = Org::young("stuck").with("Status", json!("Creating")).with("LoginUrl", json!(null));
    let deleted = Org::young("deleted").replicated(3600.0).known(|at, mut row| {
        row["Status"] = json!(if at.as_secs() >= 30 { "Deleted" } else { "Active" });
        vec![row]
    });
    let scene = Scene::new([stuck, deleted]).wait(300);
    let seen = scene.login().await;
    assert_eq!(seen.ends(), [(TimedOut, Some(Code::Creating)), (Failed, Some(Code::Deleted))]);
    let waited = seen.org(1).waited.as_secs();
    assert!((60..66).contains(&waited), "{waited}");
}
