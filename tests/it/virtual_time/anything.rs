//! Whatever Salesforce answers, in whatever order: rules that hold for every run.

use std::time::Duration;

use fastrand::Rng;
use orgready::model::event::Event;
use orgready::model::report::OrgStatus::{Failed, Interrupted, Ready, TimedOut};
use orgready::protocol::transport::{Unavailability, UnavailableKind};
use serde_json::json;

use crate::support::{HUB_USER, Kind, Org, Reply, Scene, breaks, good, not_approved, refuses, rest_error, says};

/// Any answer of a token endpoint, most of them such that the org is asked again.
fn any_answer(chance: &mut Rng) -> Reply {
    let reply = match chance.u32(0..24) {
        0..3 => good(),
        3..10 => not_approved(),
        10 => says(420, "<!DOCTYPE HTML>"),
        11 => says(503, "<html>"),
        12 => says(429, "").retry_after("3"),
        13 => says(429, ""),
        14 => breaks(Unavailability::new(UnavailableKind::Gone, "the host name could not be resolved: no such host")),
        15 => breaks(Unavailability::new(UnavailableKind::Other, "no whole answer within 30 s")),
        16 => breaks(Unavailability::new(
            UnavailableKind::Local,
            "this machine cannot make the connection: too many open files",
        )),
        17 => refuses("unknown_error", "retry your request"),
        18 => refuses("invalid_client_id", "client identifier invalid"),
        19 => refuses("invalid_grant", "audience is invalid"),
        20 => refuses("invalid_grant", "expired authorization code"),
        21 => says(200, "<html>"),
        22 => says(302, ""),
        _ if chance.u32(0..4) == 0 => refuses("never_seen", "never seen"),
        _ => breaks(Unavailability::new(UnavailableKind::Other, "the connection failed: reset")),
    };
    if chance.bool() { reply } else { reply.after(chance.f64() * 8.0) }
}

fn any_check(chance: &mut Rng) -> Reply {
    let reply = match chance.u32(0..8) {
        0..4 => good(),
        4 => says(503, "<html>"),
        5 => says(420, ""),
        6 => rest_error(401, "INVALID_SESSION_ID", "Session expired or invalid"),
        _ => breaks(Unavailability::new(UnavailableKind::Other, "the answer was cut short: end of file")),
    };
    if chance.bool() { reply } else { reply.after(chance.f64() * 4.0) }
}

fn any_org(name: &str, chance: &mut Rng) -> Org {
    let (seed, becomes) = (chance.u64(..), chance.u64(0..90));
    let at = move |ask: &crate::support::Ask<'_>| Rng::with_seed(seed.wrapping_add(ask.nth as u64 * 7919));
    let org = if chance.bool() { Org::young(name) } else { Org::new(name) };
    let org = org.answers(move |ask| any_answer(&mut at(ask))).checked(move |ask| any_check(&mut at(ask)));
    match chance.u32(0..8) {
        0 => org.with("Status", json!("Deleted")),
        1 => org.with("ExpirationDate", json!("2026-11-01")),
        2 => org.with("ConnectedAppConsumerKey", json!("PlatformCLI")),
        3 => org.with("CreatedDate", json!("2026-11-20T11:00:00.000+0000")),
        4 => org.known(move |at, mut row| {
            row["Status"] = json!(if at.as_secs() < becomes { "Creating" } else { "Active" });
            vec![row]
        }),
        5 => org.known(move |at, mut row| {
            row["Status"] = json!(if at.as_secs() < becomes { "Active" } else { "Deleted" });
            vec![row]
        }),
        _ => org,
    }
}

#[tokio::test(start_paused = true)]
async fn every_run_keeps_its_promises() {
    for run in 0..40 {
        let mut chance = Rng::with_seed(run);
        let mut scene = Scene::new((0..12).map(|n| any_org(&format!("o{n}"), &mut chance)));
        scene.settings.wait = Duration::from_secs([0, 5, 60, 300][chance.usize(0..4)]);
        scene.settings.concurrency = chance.usize(1..6).try_into().unwrap();
        scene.settings.rate = [0, 3, 20][chance.usize(0..3)];
        scene.settings.retry.jitter = 0.2;
        let hub_fails = chance.bool();
        scene.world.hub_query =
            Box::new(move |ask| if hub_fails && ask.nth % 3 == 2 { says(503, "<html>") } else { good() });
        let signal = chance.u32(0..4) == 0;
        if signal {
            scene.signal_after(chance.f64() * 40.0);
        }
        check(run, &scene, signal).await;
    }
}

async fn check(run: u64, scene: &Scene, signal: bool) {
    let seen = scene.login().await;
    let (world, wait) = (&scene.world, scene.settings.wait);
    assert_eq!(seen.orgs().len(), world.orgs.len(), "run {run}");
    for (index, org) in seen.orgs().iter().enumerate() {
        let told = format!("run {run}, {org:?}");
        assert_eq!(org.name.as_str(), world.orgs[index].username, "{told}");
        // Attempts are the token requests that were sent.
        let posts = world.asked_by(Kind::Token, org.name.as_str());
        assert_eq!(usize::try_from(org.attempts).unwrap(), posts.len(), "{told}");
        // One outcome, and nothing after it.
        let finished = seen.events.iter().filter_map(|(at, event)| match event {
            Event::OrgFinished { index: finished, outcome } if *finished == index => Some((*at, outcome)),
            _ => None,
        });
        let [(end, outcome)] = finished.collect::<Vec<_>>()[..] else { panic!("{told} did not finish once") };
        assert_eq!(outcome, org, "{told}");
        assert!(posts.iter().all(|post| post.at <= end), "{told} was asked after its end");
        // The cause fits the end.
        match (org.status, &org.cause) {
            (Ready, None) => assert!(scene.keeper.kept.lock().unwrap().iter().any(|kept| kept == org.name.as_str())),
            (Failed, Some(cause)) => assert!(!cause.retryable, "{told}"),
            (TimedOut, Some(cause)) => assert!(cause.retryable, "{told}"),
            (Interrupted, Some(cause)) => assert!(cause.retryable && signal, "{told}"),
            _ => panic!("{told}"),
        }
    }
    let total = seen.result.as_ref().unwrap().summary;
    assert_eq!(total.done + total.failed + total.timed_out + total.interrupted, total.total, "run {run}");
    // Never longer than the wait, never more at once, never faster than allowed.
    if !wait.is_zero() {
        assert!(seen.took <= wait + Duration::from_millis(2), "run {run} took {:?} of {wait:?}", seen.took);
    }
    assert!(world.most_in_flight() <= scene.settings.concurrency.get(), "run {run}");
    let hub_logins = world.posts(HUB_USER).len();
    assert_eq!(hub_logins, 1, "run {run}");
    assert_eq!(scene.keeper.kept.lock().unwrap().len(), total.done, "run {run}");
}
