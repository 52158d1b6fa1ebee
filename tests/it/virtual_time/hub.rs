//! The Dev Hub: one login and one query for a batch, its patience, its refusals, what it does not show.

use std::time::Duration;

use orgready::engine::hub_failure::HubStage;
use orgready::engine::selection::Selection;
use orgready::model::cause::CauseCode as Code;
use orgready::model::event::Event;
use orgready::model::report::OrgStatus::{Failed, Ready};
use orgready::protocol::transport::{Unavailability, UnavailableKind};
use serde_json::json;

use crate::support::{Ask, HUB_HOST, HUB_USER, Org, Reply, Scene, breaks, good, refuses, rest_error, says};

fn names(count: usize) -> Vec<Org> {
    (0..count).map(|n| Org::new(&format!("test-abcdefghi{n:03}"))).collect()
}

fn expired_session() -> Reply {
    rest_error(401, "INVALID_SESSION_ID", "Session expired or invalid")
}

#[tokio::test(start_paused = true)]
async fn a_batch_costs_one_hub_login_one_query_and_two_requests_an_org() {
    let scene = Scene::new(names(60));
    let seen = scene.login().await;
    assert!(seen.ends().iter().all(|end| *end == (Ready, None)));
    assert_eq!(scene.world.posts(HUB_USER).len(), 1);
    assert_eq!(scene.world.hub_queries().len(), 1);
    assert_eq!(scene.world.asked().len(), 1 + 1 + 60 * 2);
    let hub = seen.result.unwrap().hub.unwrap();
    assert_eq!(
        (hub.org_id.as_str(), hub.instance_url.as_str()),
        ("00D000000000999EAA", "https://hub.my.salesforce.com")
    );
}

#[tokio::test(start_paused = true)]
async fn five_hundred_names_are_three_queries() {
    let scene = Scene::new(names(500));
    let seen = scene.login().await;
    assert_eq!(seen.orgs().len(), 500);
    assert!(seen.ends().iter().all(|end| *end == (Ready, None)));
    assert_eq!((scene.world.posts(HUB_USER).len(), scene.world.hub_queries().len()), (1, 3));
}

#[tokio::test(start_paused = true)]
async fn results_come_in_the_order_of_the_input() {
    let orgs = [Org::new("c").answers(|_| good().after(9.0)), Org::young("a").replicated(3.0), Org::new("b")];
    let scene = Scene::new(orgs);
    let order = ["b@example.com", "c@example.com", "nobody@example.com", "a@example.com"];
    let seen = scene.login_to(&order).await;
    let names: Vec<&str> = seen.orgs().iter().map(|org| org.name.as_str()).collect();
    assert_eq!(names, order);
    let ready = (Ready, None);
    assert_eq!(seen.ends(), [ready, ready, (Failed, Some(Code::UnknownUsername)), ready]);
    let finished = seen.events.iter().filter_map(|(_, event)| match event {
        Event::OrgFinished { index, .. } => Some(*index),
        _ => None,
    });
    assert_eq!(finished.collect::<Vec<_>>(), [2, 0, 3, 1]);
}

#[tokio::test(start_paused = true)]
async fn one_bad_org_never_spoils_another() {
    let orgs = [
        Org::new("good"),
        Org::new("deleted").with("Status", json!("Deleted")),
        Org::new("error").with("Status", json!("Error")).with("LoginUrl", json!(null)),
        Org::new("evil").with("LoginUrl", json!("https://salesforce.com.evil.example")),
        Org::new("shown").with("LoginUrl", json!("https://acme.lightning.force.com")),
        Org::new("rejects").answers(|_| refuses("never_seen", "\u{1b}[31mno")),
        Org::new("tls").answers(|_| {
            breaks(Unavailability::new(
                UnavailableKind::Tls,
                "the certificate of the host is not accepted: unknown issuer",
            ))
        }),
        Org::new("other").with("ConnectedAppConsumerKey", json!("PlatformCLI")).replicated(9e9),
        Org::new("o'neil"),
        Org::new("late").replicated(30.0),
    ];
    let scene = Scene::new(orgs);
    let seen = scene.login().await;
    let failed = |code| (Failed, Some(code));
    let ends = [
        (Ready, None),
        failed(Code::Deleted),
        failed(Code::SignupFailed),
        failed(Code::UntrustedHost),
        failed(Code::UntrustedHost),
        failed(Code::Rejected),
        failed(Code::TlsFailed),
        failed(Code::AppMismatch),
    ];
    assert_eq!(seen.ends()[..8], ends);
    assert_eq!(seen.ends()[9], (Ready, None));
    for (index, name) in ["deleted", "error", "evil", "shown"].iter().enumerate() {
        assert_eq!(scene.world.posts(&format!("{name}@example.com")), [], "{index}");
    }
    assert_eq!(seen.cause(5).description.as_deref(), Some("[31mno"));
    assert!(seen.cause(4).description.as_deref().unwrap().contains("https://acme.my.salesforce.com"));
    assert_eq!(*scene.keeper.kept.lock().unwrap(), ["good@example.com", "o'neil@example.com", "late@example.com"]);
}

#[tokio::test(start_paused = true)]
async fn a_hub_that_does_not_answer_has_a_minute() {
    type Script = fn(&Ask<'_>) -> Reply;
    let faults: [(Script, Code); 6] = [
        (
            |_| breaks(Unavailability::new(UnavailableKind::Gone, "the host name could not be resolved: no such host")),
            Code::Unreachable,
        ),
        (|_| says(503, "<html>"), Code::Unreachable),
        (|_| says(302, ""), Code::Unreachable),
        (|_| good().after(3600.0), Code::Unreachable),
        (|_| refuses("unknown_error", "retry your request"), Code::Unreachable),
        (|_| says(429, ""), Code::Throttled),
    ];
    for (fault, code) in faults {
        for (wait, least, most) in [(600, 54.0, 60.0), (20, 14.0, 20.0)] {
            let mut scene = Scene::new(names(2)).wait(wait);
            scene.world.hub_login = Box::new(fault);
            let seen = scene.login().await;
            let (failure, took) = (seen.failure(), seen.took.as_secs_f64());
            assert_eq!((failure.stage, failure.cause.code), (HubStage::Login, code));
            assert!(failure.cause.retryable);
            assert!(least <= took && took <= most, "{code:?} with a wait of {wait} s took {took} s");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_wait_the_hub_has_one_attempt() {
    let mut scene = Scene::new(names(2)).wait(0);
    scene.world.hub_login = Box::new(|_| says(503, "<html>").after(5.0));
    let seen = scene.login().await;
    assert_eq!((seen.failure().cause.code, seen.failure().cause.retryable), (Code::Unreachable, true));
    assert_eq!(scene.world.posts(HUB_USER), [0]);
}

#[tokio::test(start_paused = true)]
async fn a_hub_that_answers_late_is_waited_for() {
    let mut scene = Scene::new(names(1));
    scene.world.hub_login = Box::new(|ask| if ask.seconds() < 30.0 { says(503, "") } else { good() });
    scene.world.hub_query = Box::new(|ask| if ask.seconds() < 50.0 { says(500, "") } else { good() });
    let seen = scene.login().await;
    assert_eq!(seen.ends(), [(Ready, None)]);
    assert!(seen.events.iter().any(|(_, event)| matches!(event, Event::HubWaiting { .. })));
}

/// Login and pages share it: a hub that answers each request within a minute may not take an hour.
#[tokio::test(start_paused = true)]
async fn the_whole_answer_of_the_hub_has_one_minute_over_slow_pages_too() {
    for wait in [600, 0] {
        let mut scene = Scene::new(names(50)).wait(wait);
        scene.world.page_size = 1;
        scene.world.hub_query = Box::new(|_| good().after(5.0));
        let seen = scene.login().await;
        let failure = seen.failure();
        assert_eq!((failure.stage, failure.cause.code), (HubStage::Query, Code::Unreachable));
        assert_eq!(seen.took, Duration::from_secs(60));
        assert!(failure.cause.description.as_deref().unwrap().contains("no whole answer"), "{failure}");
    }
}

#[tokio::test(start_paused = true)]
async fn how_many_were_left_out_is_only_a_warning() {
    let mut scene = Scene::new(names(3));
    scene.world.hub_query = Box::new(|ask| if ask.nth == 2 { rest_error(400, "UNKNOWN", "no") } else { good() });
    let seen = scene.select(Selection::Matching { condition: None, shard: None }).await;
    assert_eq!(seen.orgs().len(), 3);
    assert!(seen.warnings()[0].contains("another app could not be asked"), "{:?}", seen.warnings());
}

#[tokio::test(start_paused = true)]
async fn a_query_that_is_never_answered_is_a_failure_that_can_be_repeated() {
    let mut scene = Scene::new(names(1));
    scene.world.hub_query = Box::new(|_| says(502, "<html>Bad Gateway</html>"));
    let seen = scene.login().await;
    let failure = seen.failure();
    assert_eq!(
        (failure.stage, failure.cause.code, failure.cause.retryable),
        (HubStage::Query, Code::Unreachable, true)
    );
    assert!(seen.took <= Duration::from_secs(60));
    assert_eq!(failure.cause.host.as_deref(), Some(HUB_HOST));
}

#[tokio::test(start_paused = true)]
async fn retry_after_of_the_hub_is_honoured() {
    let mut scene = Scene::new(names(1));
    scene.world.hub_login = Box::new(|ask| if ask.nth == 1 { says(429, "").retry_after("17") } else { good() });
    scene.login().await;
    assert_eq!(scene.world.posts(HUB_USER), [0, 17_000]);
    let mut scene = Scene::new(names(1));
    scene.world.hub_login = Box::new(|_| says(429, "").retry_after("90"));
    let seen = scene.login().await;
    assert_eq!((seen.failure().cause.code, seen.took), (Code::Throttled, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn what_the_hub_refuses_is_final_at_once() {
    for (error, description, code) in [
        ("invalid_grant", "user hasn't approved this consumer", Code::NotApproved),
        ("invalid_client_id", "client identifier invalid", Code::InvalidClient),
        ("invalid_grant", "invalid assertion", Code::InvalidAssertion),
        ("app_not_found", "External client app is not installed in this org", Code::AppNotInstalled),
        ("invalid_app_access", "user is not admin approved to access this app", Code::AppAccessDenied),
        ("invalid_grant", "ip restricted", Code::IpRestricted),
        ("never_seen", "never seen", Code::Rejected),
    ] {
        let mut scene = Scene::new(names(1));
        scene.world.hub_login = Box::new(move |_| refuses(error, description));
        let seen = scene.login().await;
        let failure = seen.failure();
        assert_eq!((failure.stage, failure.cause.code, failure.cause.retryable), (HubStage::Login, code, false));
        assert_eq!((scene.world.asked().len(), seen.took), (1, Duration::ZERO));
    }
    for (status, error, code) in [
        (400, "INVALID_TYPE", Code::NotADevHub),
        (403, "REQUEST_LIMIT_EXCEEDED", Code::ApiLimit),
        (403, "API_DISABLED_FOR_ORG", Code::QueryRejected),
        (400, "MALFORMED_QUERY", Code::QueryRejected),
    ] {
        let mut scene = Scene::new(names(1));
        scene.world.hub_query = Box::new(move |_| rest_error(status, error, "no"));
        let seen = scene.login().await;
        let cause = &seen.failure().cause;
        assert_eq!((cause.code, cause.error.as_deref(), cause.retryable), (code, Some(error), false));
        assert_eq!((scene.world.asked().len(), seen.took), (2, Duration::ZERO));
    }
}

#[tokio::test(start_paused = true)]
async fn an_expired_session_is_renewed_once() {
    let mut scene = Scene::new(names(2));
    scene.world.hub_query = Box::new(|ask| if ask.nth == 1 { expired_session() } else { good() });
    assert_eq!(scene.login().await.ends(), [(Ready, None), (Ready, None)]);
    assert_eq!((scene.world.posts(HUB_USER).len(), scene.world.hub_queries().len()), (2, 2));

    let mut scene = Scene::new(names(2));
    scene.world.hub_query = Box::new(|_| expired_session());
    let seen = scene.login().await;
    assert_eq!((seen.failure().stage, seen.failure().cause.code), (HubStage::Query, Code::QueryRejected));
    assert_eq!((scene.world.posts(HUB_USER).len(), scene.world.hub_queries().len()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_session_that_expires_in_a_later_round_is_renewed_too() {
    let mut scene = Scene::new([Org::young("late").replicated(100.0)]);
    scene.world.hub_query = Box::new(|ask| if ask.nth == 2 { expired_session() } else { good() });
    let seen = scene.login().await;
    assert_eq!((seen.ends(), seen.warnings().len()), (vec![(Ready, None)], 0));
    assert_eq!(scene.world.posts(HUB_USER), [0, 60_000]);
}

#[tokio::test(start_paused = true)]
async fn a_hub_that_fails_in_a_later_round_is_a_warning() {
    let mut scene = Scene::new([
        Org::young("late").replicated(200.0),
        Org::young("made").known(|at, mut row| {
            row["Status"] = json!(if at.as_secs() < 190 { "Creating" } else { "Active" });
            vec![row]
        }),
    ]);
    scene.world.hub_query =
        Box::new(|ask| if (1.0..180.0).contains(&ask.seconds()) { says(503, "<html>") } else { good() });
    let seen = scene.login().await;
    assert_eq!(seen.ends(), [(Ready, None), (Ready, None)]);
    assert_eq!(seen.warnings().len(), 1, "{:?}", seen.warnings());
    assert!(seen.warnings()[0].contains("503"), "{:?}", seen.warnings());
    // Each round asks once: the next one asks again.
    assert!(!seen.events.iter().any(|(_, event)| matches!(event, Event::HubWaiting { .. })));
}

#[tokio::test(start_paused = true)]
async fn the_hub_alone_is_logged_in_to_and_proven() {
    let mut scene = Scene::new(names(1));
    let hub = scene.login_hub().await.unwrap();
    assert_eq!(hub.hub.org_id.as_str(), "00D000000000999EAA");
    assert_eq!(scene.world.asked().len(), 3);

    scene.world.hub_query =
        Box::new(|_| rest_error(400, "INVALID_TYPE", "sObject type 'ScratchOrgInfo' is not supported."));
    let failure = scene.login_hub().await.unwrap_err();
    assert_eq!((failure.stage, failure.cause.code), (HubStage::Query, Code::NotADevHub));

    scene.stop.cancel();
    assert_eq!(scene.login_hub().await.unwrap_err().stage, HubStage::Interrupted);
}
