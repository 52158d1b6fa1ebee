//! What is signed: the claims, the audience that the host wants, the clock that both sides must agree on.

use orgready::model::cause::CauseCode as Code;
use orgready::model::report::OrgStatus::{Failed, Ready};
use serde_json::json;

use crate::support::{Ask, HUB_USER, Kind, OURS, Org, Reply, Scene, good, not_approved, refuses, says};

const TEST: &str = "https://test.salesforce.com";
const LOGIN: &str = "https://login.salesforce.com";

/// An org that takes one audience only.
fn wants(audience: &str) -> impl Fn(&Ask<'_>) -> Reply + Send + Sync + 'static {
    let audience = audience.to_owned();
    move |ask| if ask.aud == audience { good() } else { refuses("invalid_grant", "audience is invalid") }
}

fn out_of_time() -> Reply {
    refuses("invalid_grant", "expired authorization code")
}

/// The audiences that were tried for a user, in order.
fn tried(scene: &Scene, user: &str) -> Vec<String> {
    let asked = scene.world.asked_by(Kind::Token, user);
    asked.iter().map(|asked| asked.claims["aud"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn every_assertion_is_fresh_and_lives_three_minutes() {
    let scene = Scene::new([Org::young("late").replicated(10.0)]);
    scene.login().await;
    let asked = scene.world.asked_by(Kind::Token, "late@example.com");
    let begin = "2026-11-23T12:00:00Z".parse::<jiff::Timestamp>().unwrap().as_second();
    for request in &asked {
        let now = begin + i64::try_from(request.at.as_secs()).unwrap();
        let claims = json!({"iss": OURS, "sub": "late@example.com", "aud": TEST, "exp": now + 180, "iat": now});
        assert_eq!(request.claims, claims);
        assert_eq!(request.host, "late.scratch.my.salesforce.com");
    }
    let mut texts: Vec<&str> = asked.iter().map(|asked| asked.text.as_str()).collect();
    texts.dedup();
    assert_eq!((texts.len(), asked.len()), (6, 6));
}

#[tokio::test(start_paused = true)]
async fn audiences_are_tried_in_order_on_the_same_host_at_once() {
    let own = "https://picky.scratch.my.salesforce.com";
    let scene = Scene::new([Org::new("picky").answers(wants(own))]);
    let seen = scene.login().await;
    assert_eq!((seen.ends(), seen.org(0).attempts), (vec![(Ready, None)], 3));
    assert_eq!(tried(&scene, "picky@example.com"), [TEST, LOGIN, own]);
    assert_eq!(scene.world.posts("picky@example.com"), [0, 0, 0]);
    let hosts = scene.world.asked_by(Kind::Token, "picky@example.com");
    assert!(hosts.iter().all(|asked| asked.host == "picky.scratch.my.salesforce.com"));
}

#[tokio::test(start_paused = true)]
async fn the_audience_that_works_is_kept_for_the_rest_of_the_batch() {
    let mut scene = Scene::new((0..20).map(|n| Org::new(&format!("o{n}")).answers(wants(LOGIN))));
    scene.settings.concurrency = 1.try_into().unwrap();
    let seen = scene.login().await;
    assert_eq!(seen.org(0).attempts, 2);
    assert!(seen.orgs()[1..].iter().all(|org| org.attempts == 1));
}

#[tokio::test(start_paused = true)]
async fn an_org_that_had_no_complaint_learns_from_the_others() {
    let late = Org::young("late").answers(|ask| match ask.seconds() {
        early if early < 3.0 => not_approved(),
        _ => wants(LOGIN)(ask),
    });
    let scene = Scene::new([Org::new("first").answers(|ask| wants(LOGIN)(ask).after(0.2)), late]);
    let seen = scene.login().await;
    assert_eq!(seen.ends(), [(Ready, None), (Ready, None)]);
    assert_eq!(tried(&scene, "late@example.com"), [TEST, LOGIN, LOGIN, LOGIN]);
}

#[tokio::test(start_paused = true)]
async fn an_org_that_complained_keeps_its_own_audience() {
    let mixed = Org::young("mixed").answers(|ask| match (ask.aud, ask.seconds()) {
        (LOGIN, early) if early < 8.0 => not_approved(),
        _ => wants(LOGIN)(ask),
    });
    let mut others: Vec<Org> = (0..3).map(|n| Org::young(&format!("o{n}")).replicated(1.0)).collect();
    others.push(mixed);
    let scene = Scene::new(others);
    let seen = scene.login().await;
    assert!(seen.ends().iter().all(|end| *end == (Ready, None)));
    assert_eq!(tried(&scene, "mixed@example.com")[..4], [TEST, LOGIN, LOGIN, LOGIN]);
}

#[tokio::test(start_paused = true)]
async fn an_audience_that_got_no_answer_instead_of_a_complaint_comes_first_in_the_next_attempt() {
    let own = "https://picky.scratch.my.salesforce.com";
    for (wanted, before) in [(LOGIN, &[TEST][..]), (own, &[TEST, LOGIN])] {
        let silent_at_first = move |ask: &Ask<'_>| match ask.aud {
            aud if aud == wanted && ask.seconds() < 2.0 => says(503, ""),
            _ => wants(wanted)(ask),
        };
        let scene = Scene::new([Org::new("picky").answers(silent_at_first)]);
        let seen = scene.login().await;
        assert_eq!(seen.ends(), [(Ready, None)]);
        // Attempts at 0, 1 and 2.5 s.
        assert_eq!(tried(&scene, "picky@example.com"), [before, &[wanted; 3]].concat());
    }
}

#[tokio::test(start_paused = true)]
async fn no_audience_that_works_is_final_at_an_old_org() {
    let scene = Scene::new([Org::new("old").answers(wants("nothing"))]);
    let seen = scene.login().await;
    assert_eq!((seen.ends(), seen.org(0).attempts), (vec![(Failed, Some(Code::AudienceRejected))], 3));
}

#[tokio::test(start_paused = true)]
async fn the_audience_that_the_user_names_goes_first() {
    let mut scene = Scene::new([Org::new("org").answers(wants(LOGIN))]);
    scene.settings.audience = Some("https://site.force.com/customers".to_owned());
    scene.world.hub_login = Box::new(wants(TEST));
    let seen = scene.login().await;
    assert_eq!(seen.ends(), [(Ready, None)]);
    assert_eq!(tried(&scene, HUB_USER), ["https://site.force.com/customers", LOGIN, TEST]);
    assert_eq!(tried(&scene, "org@example.com"), ["https://site.force.com/customers", TEST, LOGIN]);
}

#[tokio::test(start_paused = true)]
async fn an_assertion_out_of_time_is_signed_again_once_and_then_the_clocks_differ() {
    let orgs = [
        Org::new("hiccup").answers(|ask| if ask.nth == 1 { out_of_time() } else { good() }),
        Org::new("skewed").answers(|_| out_of_time().dated("Mon, 23 Nov 2026 11:50:00 GMT")),
    ];
    let scene = Scene::new(orgs);
    let seen = scene.login().await;
    assert_eq!(seen.ends(), [(Ready, None), (Failed, Some(Code::ClockSkew))]);
    assert_eq!(seen.orgs().iter().map(|org| org.attempts).collect::<Vec<_>>(), [2, 2]);
    assert!(seen.cause(1).hint.contains("600 s ahead"), "{}", seen.cause(1).hint);
}

#[tokio::test(start_paused = true)]
async fn a_hub_whose_clock_differs_says_so() {
    let mut scene = Scene::new([Org::new("org")]);
    scene.world.hub_login = Box::new(|_| out_of_time().dated("Mon, 23 Nov 2026 12:10:00 GMT"));
    let seen = scene.login().await;
    assert_eq!(seen.failure().cause.code, Code::ClockSkew);
    assert!(seen.failure().cause.hint.contains("600 s behind"), "{}", seen.failure().cause.hint);
    assert_eq!(scene.world.posts(HUB_USER).len(), 2);
}
