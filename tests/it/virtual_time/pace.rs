//! How fast: logins in flight, requests a second, what a server's 429 changes, a thousand orgs.

use std::time::Duration;

use orgready::model::cause::CauseCode as Code;
use orgready::model::report::OrgStatus::{Ready, TimedOut};

use crate::support::{HUB_USER, Kind, Org, Reply, Scene, good, says};

fn throttled() -> Reply {
    says(429, "")
}

/// How many token requests went to orgs between two seconds.
fn sent(scene: &Scene, from: f64, to: f64) -> usize {
    let during = |asked: &crate::support::Asked| (from..to).contains(&asked.at.as_secs_f64());
    let asked = scene.world.asked().into_iter();
    asked.filter(|asked| asked.kind == Kind::Token && asked.user != HUB_USER && during(asked)).count()
}

#[tokio::test(start_paused = true)]
async fn no_more_logins_are_in_flight_than_allowed() {
    let mut scene = Scene::new((0..40).map(|n| Org::new(&format!("o{n}")).answers(|_| good().after(1.0))));
    scene.settings.concurrency = 7.try_into().unwrap();
    let seen = scene.login().await;
    assert!(seen.ends().iter().all(|end| *end == (Ready, None)));
    assert_eq!(scene.world.most_in_flight(), 7);
    assert_eq!(seen.took, Duration::from_secs(6));
}

#[tokio::test(start_paused = true)]
async fn a_waiting_org_holds_no_place() {
    let mut scene = Scene::new([Org::young("late").replicated(60.0), Org::new("a"), Org::new("b")]);
    scene.settings.concurrency = 1.try_into().unwrap();
    let seen = scene.login().await;
    assert_eq!((seen.org(1).waited, seen.org(2).waited), (Duration::ZERO, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn no_more_token_requests_go_out_in_a_second_than_allowed() {
    let mut scene = Scene::new((0..100).map(|n| Org::new(&format!("o{n}"))));
    scene.settings.rate = 10;
    let seen = scene.login().await;
    assert!(seen.ends().iter().all(|end| *end == (Ready, None)));
    // One second's worth at once, and then so many a second.
    assert_eq!(sent(&scene, 0.0, 0.05), 10);
    assert!((8.9..=9.1).contains(&seen.took.as_secs_f64()), "{:?}", seen.took);
}

#[tokio::test(start_paused = true)]
async fn retry_after_delays_the_org_that_got_it_and_no_other() {
    let busy = Org::new("busy").answers(|ask| if ask.nth == 1 { throttled().retry_after("25") } else { good() });
    let down = Org::new("down")
        .answers(|ask| if ask.nth == 1 { says(503, "").retry_after("Mon, 23 Nov 2026 12:00:12 GMT") } else { good() });
    let scene = Scene::new([busy, Org::young("late").replicated(0.5), down]);
    let seen = scene.login().await;
    assert!(seen.ends().iter().all(|end| *end == (Ready, None)));
    assert_eq!(scene.world.posts("busy@example.com"), [0, 25_000]);
    assert_eq!(scene.world.posts("late@example.com"), [0, 1000]);
    assert_eq!(scene.world.posts("down@example.com"), [0, 12_000]);
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_beyond_the_deadline_ends_the_wait_at_once() {
    for text in ["600", "99999999999999999999", "Tue, 23 Nov 2027 12:00:00 GMT"] {
        let scene = Scene::new([Org::new("busy").answers(move |_| throttled().retry_after(text))]);
        let seen = scene.login().await;
        assert_eq!((seen.ends(), seen.took), (vec![(TimedOut, Some(Code::Throttled))], Duration::ZERO));
        assert!(seen.cause(0).retryable);
    }
    for text in ["soon", "-1", "", "0"] {
        let once = move |nth| if nth == 1 { throttled().retry_after(text) } else { good() };
        let scene = Scene::new([Org::new("busy").answers(move |ask| once(ask.nth))]);
        scene.login().await;
        assert_eq!(scene.world.posts("busy@example.com"), [0, 1000], "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_429_halves_the_pace_and_ten_quiet_seconds_double_it_again() {
    // Two orgs are told to slow down; the others keep the batch busy.
    let busy = |n: usize| {
        let org = Org::new(&format!("o{n}"));
        if n < 2 { org.answers(|ask| if ask.nth == 1 { throttled().retry_after("60") } else { good() }) } else { org }
    };
    let mut scene = Scene::new((0..1500).map(busy));
    scene.settings.rate = 0;
    scene.settings.concurrency = 2.try_into().unwrap();
    let seen = scene.login().await;
    assert!(seen.ends().iter().all(|end| *end == (Ready, None)));
    // No limit counts as 100: after two 429 it is 25, after 10 s 50, then none again.
    let about = |from, to, expected: usize| {
        let sent = sent(&scene, from, to);
        assert!(sent.abs_diff(expected) <= 3, "{sent} instead of {expected} between {from} and {to} s");
    };
    about(0.01, 10.0, 250);
    about(10.0, 20.0, 500);
    assert_eq!(sent(&scene, 20.1, 59.0), 0);
}

#[tokio::test(start_paused = true)]
async fn further_audiences_are_paid_for() {
    let picky = |n: usize| {
        let own = format!("https://o{n}.scratch.my.salesforce.com");
        Org::new(&format!("o{n}")).answers(move |ask| match ask.aud {
            aud if aud == own => good().after(0.1),
            _ => crate::support::refuses("invalid_grant", "audience is invalid"),
        })
    };
    let mut scene = Scene::new((0..20).map(picky));
    scene.settings.rate = 10;
    scene.login().await;
    let first = sent(&scene, 0.0, 0.05);
    assert!(first <= 30, "{first}");
    let all = sent(&scene, 0.0, 1000.0);
    assert!(sent(&scene, 0.0, 1.9) <= 30, "{all}");
}

#[tokio::test(start_paused = true)]
async fn a_check_is_no_token_request() {
    let unsettled = |n: usize| {
        Org::young(&format!("o{n}")).checked(|ask| if ask.seconds() < 10.0 { says(503, "") } else { good() })
    };
    let mut scene = Scene::new((0..50).map(unsettled));
    scene.settings.rate = 5;
    let seen = scene.login().await;
    assert!(seen.orgs().iter().all(|org| org.status == Ready && org.attempts == 1));
    // At five a second the last token is asked for after nine seconds; the checks wait for no pace.
    assert_eq!(scene.world.posts("o49@example.com"), [9000]);
    assert!(seen.took <= Duration::from_secs(16), "{:?}", seen.took);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_orgs_are_all_ready_soon_after_the_last_is_replicated() {
    // Most within five seconds, some within two minutes.
    let delay = |n: u32| if n.is_multiple_of(50) { f64::from(n) * 0.12 } else { f64::from(n % 50) * 0.1 };
    let orgs = (0..1000_u32).map(|n| {
        Org::young(&format!("o{n}")).answers(move |ask| {
            if ask.seconds() < delay(n) { crate::support::not_approved().after(0.05) } else { good().after(0.05) }
        })
    });
    let mut scene = Scene::new(orgs);
    scene.settings.rate = 0;
    let seen = scene.login().await;
    assert!(seen.ends().iter().all(|end| *end == (Ready, None)));
    assert!(seen.took < Duration::from_secs(121), "{:?}", seen.took);
    // Four chunks at first; a minute after the first wait, one about those that still wait.
    assert_eq!(scene.world.posts(HUB_USER).len(), 1);
    assert_eq!(scene.world.hub_queries(), [0, 0, 0, 0, 60_050]);
    assert_eq!(scene.keeper.kept.lock().unwrap().len(), 1000);
}
