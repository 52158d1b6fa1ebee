//! Ready: a token, the org's own answer with it, the org that the hub knows, and a place to keep it.

use std::time::Duration;

use orgready::model::cause::CauseCode as Code;
use orgready::model::report::OrgStatus::{Failed, Ready, TimedOut};
use orgready::protocol::transport::{Unavailability, UnavailableKind};
use serde_json::json;

use crate::support::{Kind, Org, Reply, Scene, breaks, good, not_approved, rest_error, says};

fn refused_token() -> Reply {
    rest_error(401, "INVALID_SESSION_ID", "Session expired or invalid")
}

#[tokio::test(start_paused = true)]
async fn an_org_is_ready_when_it_answered_with_its_token() {
    let scene = Scene::new([Org::new("a")]);
    let seen = scene.login().await;
    let checks = scene.world.asked_by(Kind::Check, "a@example.com");
    assert_eq!(checks.len(), 1);
    assert_eq!(
        checks[0].text,
        "SELECT Id, Name, InstanceName, IsSandbox, NamespacePrefix, OrganizationType, TrialExpirationDate FROM Organization"
    );
    assert!(checks[0].closes, "the connection is not needed any more");
    let org = seen.org(0);
    assert_eq!(org.org_id.unwrap().as_str(), "00D000000000001EAA");
    assert_eq!(org.instance_url.as_deref(), Some("https://a.scratch.my.salesforce.com"));
    assert_eq!(org.login_url.as_deref(), Some("https://a.scratch.my.salesforce.com"));
    assert_eq!(org.expiration_date.unwrap().to_string(), "2026-12-01");
    assert_eq!((org.attempts, org.waited, &org.cause), (1, Duration::ZERO, &None));
}

#[tokio::test(start_paused = true)]
async fn a_check_without_an_answer_is_repeated_with_the_same_token() {
    for fault in [
        says(500, ""),
        says(503, "<html>"),
        says(420, "<!DOCTYPE HTML>"),
        says(429, ""),
        says(200, "<html>"),
        says(200, "{}"),
        says(200, r#"{"totalSize":0,"done":true,"records":[]}"#),
        breaks(Unavailability::new(UnavailableKind::Gone, "the host name could not be resolved: no such host")),
        breaks(Unavailability::new(UnavailableKind::Other, "the answer was cut short: end of file")),
    ] {
        let org = Org::young("a").checked(move |ask| if ask.nth < 4 { fault.clone() } else { good() });
        let scene = Scene::new([org]);
        let seen = scene.login().await;
        assert_eq!(seen.ends(), [(Ready, None)]);
        assert_eq!(seen.org(0).attempts, 1);
        let checks = scene.world.asked_by(Kind::Check, "a@example.com");
        assert_eq!(checks.iter().map(|check| check.at.as_millis()).collect::<Vec<_>>(), [0, 1000, 2500, 4750]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_check_without_an_answer_is_told_with_the_host_that_was_checked() {
    let mut org = Org::young("a").checked(|_| says(503, ""));
    org.instance_url = Some("https://api.my.salesforce.com".to_owned());
    let seen = Scene::new([org]).wait(10).login().await;
    assert_eq!(seen.ends(), [(TimedOut, Some(Code::Unreachable))]);
    assert_eq!(seen.cause(0).host.as_deref(), Some("api.my.salesforce.com"));
}

#[tokio::test(start_paused = true)]
async fn an_expired_org_that_gave_a_token_is_waited_for() {
    let org = Org::new("a").with("ExpirationDate", json!("2026-11-01"));
    let scene = Scene::new([org.checked(|ask| if ask.nth < 6 { says(420, "") } else { good() })]);
    assert_eq!(scene.login().await.ends(), [(Ready, None)]);
}

#[tokio::test(start_paused = true)]
async fn an_expired_org_whose_token_was_refused_is_still_there() {
    let org = Org::new("a")
        .with("ExpirationDate", json!("2026-11-01"))
        .answers(|ask| if (2..6).contains(&ask.nth) { says(420, "") } else { good() })
        .checked(|ask| if ask.nth == 1 { refused_token() } else { good() });
    assert_eq!(Scene::new([org]).login().await.ends(), [(Ready, None)]);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_refused_is_replaced() {
    let orgs = [
        Org::new("once").checked(|ask| if ask.nth == 1 { refused_token() } else { good() }),
        Org::young("settles").checked(|ask| if ask.seconds() < 30.0 { refused_token() } else { good() }),
        Org::new("never").checked(|_| refused_token()),
        // A token is replaced once, whatever the org was doubted for before it gave it.
        Org::new("doubted")
            .with("CreatedDate", json!("2026-11-21T11:00:00.000+0000"))
            .answers(|ask| if ask.seconds() < 20.0 { not_approved() } else { good() })
            .checked(|ask| if ask.nth == 1 { refused_token() } else { good() }),
        Org::new("no-api")
            .checked(|_| rest_error(401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API")),
    ];
    let scene = Scene::new(orgs);
    let seen = scene.login().await;
    let rejected = (Failed, Some(Code::Rejected));
    assert_eq!(seen.ends(), [(Ready, None), (Ready, None), rejected, (Ready, None), rejected]);
    let attempts: Vec<u32> = seen.orgs().iter().map(|org| org.attempts).collect();
    assert_eq!((attempts[0], attempts[2], attempts[4]), (2, 2, 1));
    assert!(seen.cause(2).hint.contains("scope"), "{}", seen.cause(2).hint);
}

#[tokio::test(start_paused = true)]
async fn a_check_that_is_refused_is_final() {
    let orgs = [
        Org::new("a").checked(|_| rest_error(403, "API_DISABLED_FOR_ORG", "The REST API is not enabled")),
        Org::young("b").checked(|_| rest_error(404, "NOT_FOUND", "The requested resource does not exist")),
    ];
    let seen = Scene::new(orgs).login().await;
    assert_eq!(seen.ends(), [(Failed, Some(Code::Rejected)), (Failed, Some(Code::Rejected))]);
    assert_eq!(seen.cause(0).error.as_deref(), Some("API_DISABLED_FOR_ORG"));
}

#[tokio::test(start_paused = true)]
async fn what_a_hand_over_tells_of_orgs_that_it_was_not_given_changes_nothing() {
    for place in [1, 77] {
        let mut scene = Scene::new([Org::new("a"), Org::new("b").answers(|_| good().after(5.0))]);
        scene.keeper.tells_of = Some(place);
        let seen = scene.login().await;
        // The second is told of too early at first, and then is its own.
        let second = if place == 1 { (Failed, Some(Code::NotStored)) } else { (Ready, None) };
        assert_eq!(seen.ends(), [(Ready, None), second]);
        assert_eq!(seen.org(0).alias, None);
    }
}

#[tokio::test(start_paused = true)]
async fn another_org_than_the_hub_named_is_not_handed_over() {
    let mut poser = Org::new("poser");
    poser.poses_as = Some("00D000000000042".to_owned());
    let record = json!({"totalSize": 1, "done": true, "records": [{"Id": "00D000000000043EAA"}]}).to_string();
    let other = Org::new("other").checked(move |_| says(200, &record));
    let mut unnamed = Org::new("unnamed").known(|_, mut row| {
        row["ScratchOrg"] = json!(null);
        vec![row]
    });
    unnamed.poses_as = Some("00D000000000042".to_owned());
    let scene = Scene::new([poser, other, unnamed, Org::new("good")]);
    let seen = scene.login().await;
    let mismatch = (Failed, Some(Code::OrgMismatch));
    // The third answers with another id than its token's; the hub said nothing.
    assert_eq!(seen.ends(), [mismatch, mismatch, mismatch, (Ready, None)]);
    assert_eq!(scene.world.asked_by(Kind::Check, "poser@example.com").len(), 0);
    assert_eq!(*scene.keeper.kept.lock().unwrap(), ["good@example.com"]);
}

#[tokio::test(start_paused = true)]
async fn a_host_that_is_not_trusted_is_sent_nothing() {
    let leading_to = |name: &str, instance_url: &str| {
        let mut org = Org::new(name);
        org.instance_url = Some(instance_url.to_owned());
        org
    };
    let orgs = [
        leading_to("evil", "https://evil.example"),
        leading_to("plain", "http://plain.my.salesforce.com"),
        leading_to("local", "http://127.0.0.1:8080"),
        leading_to("shown", "https://shown.lightning.force.com"),
        leading_to("none", "javascript:alert(1)"),
        Org::new("moved").with("LoginUrl", json!("http://127.0.0.1:8080")),
    ];
    let scene = Scene::new(orgs);
    let seen = scene.login().await;
    assert!(seen.ends().iter().all(|end| *end == (Failed, Some(Code::UntrustedHost))), "{:?}", seen.ends());
    assert!(scene.world.asked().iter().all(|asked| asked.kind != Kind::Check));
    assert_eq!(scene.world.posts("moved@example.com"), []);
    assert_eq!(seen.orgs().iter().map(|org| org.attempts).collect::<Vec<_>>(), [1, 1, 1, 1, 1, 0]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_kept_is_ready_but_not_stored() {
    let mut scene = Scene::new([Org::new("a"), Org::new("b")]);
    scene.keeper.refuses = Some("a@example.com");
    let seen = scene.login().await;
    assert_eq!(seen.ends(), [(Failed, Some(Code::NotStored)), (Ready, None)]);
    assert_eq!(seen.cause(0).description.as_deref(), Some("no space left on device"));
    assert!(!seen.cause(0).retryable);
    assert_eq!(seen.org(0).instance_url.as_deref(), Some("https://a.scratch.my.salesforce.com"));
    assert_eq!(*scene.keeper.kept.lock().unwrap(), ["b@example.com"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_of_an_org_that_never_comes_is_forgotten() {
    let orgs = [
        Org::new("deleted").with("Status", json!("Deleted")),
        Org::new("unmade").with("Status", json!("Error")).with("LoginUrl", json!(null)),
        Org::new("refused").checked(|_| rest_error(403, "API_DISABLED_FOR_ORG", "The REST API is not enabled")),
        Org::new("ready"),
    ];
    let scene = Scene::new(orgs);
    let seen = scene.login().await;
    let ends = [Code::Deleted, Code::SignupFailed, Code::Rejected].map(|code| (Failed, Some(code)));
    assert_eq!(seen.ends(), [&ends[..], &[(Ready, None)]].concat());
    assert_eq!(*scene.keeper.forgotten.lock().unwrap(), ["deleted@example.com", "unmade@example.com"]);
    let told = ["the key of deleted@example.com is still there", "the key of unmade@example.com is still there"];
    assert_eq!(seen.warnings(), told);
}

#[tokio::test(start_paused = true)]
async fn what_is_ready_at_the_deadline_is_still_kept() {
    let mut scene =
        Scene::new([Org::new("a").answers(|_| good().after(9.0)), Org::young("b").replicated(99.0)]).wait(10);
    scene.keeper.takes = Duration::from_secs(3);
    let seen = scene.login().await;
    assert_eq!(seen.org(0).status, Ready);
    assert_eq!(*scene.keeper.kept.lock().unwrap(), ["a@example.com"]);
}
