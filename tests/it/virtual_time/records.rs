//! What the Dev Hub tells of its orgs: pages, fields that it hides, several records of one name.

use std::time::Duration;

use orgready::engine::hub_failure::HubStage;
use orgready::model::cause::CauseCode as Code;
use orgready::model::report::OrgStatus::{Failed, Ready};
use serde_json::json;

use crate::support::{HUB_HOST, HUB_USER, Kind, Org, Scene, good, says};

fn names(count: usize) -> Vec<Org> {
    (0..count).map(|n| Org::new(&format!("test-abcdefghi{n:03}"))).collect()
}

#[tokio::test(start_paused = true)]
async fn all_pages_of_an_answer_are_read() {
    let mut scene = Scene::new(names(25));
    scene.world.page_size = 10;
    let seen = scene.login().await;
    assert!(seen.ends().iter().all(|end| *end == (Ready, None)));
    let pages = scene.world.asked_by(Kind::Query, HUB_USER);
    assert_eq!(pages.len(), 3);
    assert!(pages.iter().all(|page| page.host == HUB_HOST));
}

#[tokio::test(start_paused = true)]
async fn what_is_done_does_not_go_on() {
    let mut scene = Scene::new(names(1));
    let row =
        json!({"SignupUsername": scene.world.orgs[0].username, "LoginUrl": "https://x.scratch.my.salesforce.com"});
    let page =
        json!({"totalSize": 1, "done": true, "records": [row], "nextRecordsUrl": "/services/data/v60.0/query/x"});
    scene.world.hub_query = Box::new(move |_| says(200, &page.to_string()));
    scene.login().await;
    assert_eq!(scene.world.asked_by(Kind::Query, HUB_USER).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn more_records_elsewhere_are_not_fetched() {
    for elsewhere in
        ["https://evil.example/x?q=SELECT", "//evil.example/x?q=SELECT", "http://hub.my.salesforce.com/x?q=S"]
    {
        let mut scene = Scene::new(names(1));
        scene.world.hub_query = Box::new(move |_| {
            says(200, &json!({"totalSize": 2, "done": false, "records": [], "nextRecordsUrl": elsewhere}).to_string())
        });
        let seen = scene.login().await;
        assert_eq!((seen.failure().stage, seen.failure().cause.code), (HubStage::Query, Code::UntrustedHost));
        assert_eq!(scene.world.asked().len(), 2, "{elsewhere}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_records_is_no_answer() {
    for body in ["{}", "[]", "<html>", r#"{"records":null}"#, r#"{"totalSize":5,"done":false,"records":[]}"#] {
        let mut scene = Scene::new(names(1));
        scene.world.hub_query = Box::new(move |ask| if ask.nth == 1 { says(200, body) } else { good() });
        let seen = scene.login().await;
        assert_eq!(seen.ends(), [(Ready, None)], "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn hidden_fields_are_left_out_with_one_warning() {
    let mut scene = Scene::new(names(300));
    scene.world.hidden = vec!["ConnectedAppConsumerKey", "ErrorCode"];
    let seen = scene.login().await;
    assert!(seen.ends().iter().all(|end| *end == (Ready, None)));
    let [warning] = seen.warnings()[..] else { panic!("{:?}", seen.warnings()) };
    assert!(warning.contains("ErrorCode, ConnectedAppConsumerKey"), "{warning}");
    // Two refusals, then two chunks.
    assert_eq!(scene.world.hub_queries().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn fewer_fields_lead_down_to_the_official_two() {
    let mut scene = Scene::new([
        Org::new("ready"),
        Org::young("late").with("ConnectedAppConsumerKey", json!("PlatformCLI")).replicated(8.0),
        Org::young("made").known(|at, mut row| {
            row["LoginUrl"] = if at.as_secs() < 6 { json!(null) } else { row["LoginUrl"].clone() };
            vec![row]
        }),
    ]);
    scene.world.hidden = vec![
        "Status",
        "ScratchOrg",
        "SignupInstance",
        "ExpirationDate",
        "ErrorCode",
        "ConnectedAppConsumerKey",
        "CreatedDate",
    ];
    let seen = scene.login().await;
    // What cannot be read is unknown: never a mismatch, never final.
    assert_eq!(seen.ends(), [(Ready, None), (Ready, None), (Ready, None)]);
    assert_eq!(seen.warnings().len(), 1);
    let last = scene.world.asked_by(Kind::Query, HUB_USER).pop().unwrap().text;
    assert!(last.starts_with("SELECT SignupUsername,LoginUrl FROM"), "{last}");
    assert_eq!(seen.org(0).org_id.unwrap().as_str(), "00D000000000001EAA");

    scene.world.hidden.push("LoginUrl");
    let seen = scene.login().await;
    assert_eq!(seen.failure().cause.code, Code::QueryRejected);
}

#[tokio::test(start_paused = true)]
async fn of_several_records_of_one_username_the_active_one_counts_and_else_the_newest() {
    let again = |name: &str, others: &'static [(&str, &str)]| {
        Org::new(name).known(move |_, row| {
            let other = others.iter().map(|(status, created)| {
                let mut other = row.clone();
                other["Status"] = json!(status);
                other["CreatedDate"] = json!(created);
                other["LoginUrl"] = json!("https://elsewhere.scratch.my.salesforce.com");
                other["ScratchOrg"] = json!("00D000000000777");
                other["Id"] = json!("2SR000000000777AAA");
                other
            });
            let mut rows: Vec<_> = other.collect();
            rows.insert(1, row);
            rows
        })
    };
    let orgs = [
        again("active", &[("Deleted", "2026-11-23T11:30:00.000+0000"), ("Error", "2026-11-23T11:40:00.000+0000")]),
        again("error", &[("Deleted", "2026-11-01T11:00:00.000+0000")]).with("Status", json!("Error")),
        again("deleted", &[("Deleted", "2026-11-23T11:30:00.000+0000")]).with("Status", json!("Error")),
    ];
    let seen = Scene::new(orgs).login().await;
    assert_eq!(seen.ends(), [(Ready, None), (Failed, Some(Code::SignupFailed)), (Failed, Some(Code::Deleted))]);
}

#[tokio::test(start_paused = true)]
async fn a_record_id_stands_for_a_username() {
    let scene = Scene::new(names(400));
    // The first org is asked for by name too, in another query than its id.
    let mut asked: Vec<String> = scene.world.orgs.iter().map(|org| org.username.clone()).collect();
    asked.push("2SR000000000001AAA".to_owned());
    asked[395] = "2SR000000000396".to_owned();
    let seen = scene.login_to(&asked.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert_eq!(seen.orgs().len(), 400);
    assert!(seen.ends().iter().all(|end| *end == (Ready, None)));
    assert_eq!(seen.org(395).name.as_str(), scene.world.orgs[395].username);
    assert!(seen.warnings()[0].contains("counts once"));
    let seen = scene.login_to(&["2SR999999999999"]).await;
    assert_eq!(seen.ends(), [(Failed, Some(Code::UnknownUsername))]);
}

#[tokio::test(start_paused = true)]
async fn usernames_are_found_whatever_their_case() {
    let scene = Scene::new([Org::new("Test-Abc")]);
    let seen = scene.login_to(&["Test-Abc@example.com"]).await;
    assert_eq!(seen.org(0).name.as_str(), "Test-Abc@example.com");
}

#[tokio::test(start_paused = true)]
async fn a_login_url_that_is_no_url_is_not_a_reason_to_wait() {
    let long = format!("https://evil.example/{}", "x".repeat(5000));
    let orgs = [
        Org::new("long").with("LoginUrl", json!(long)),
        Org::new("number").with("LoginUrl", json!(5)),
        Org::new("words").with("LoginUrl", json!("see the wiki")),
    ];
    let seen = Scene::new(orgs).login().await;
    let untrusted = (Failed, Some(Code::UntrustedHost));
    assert_eq!(seen.ends(), [untrusted, untrusted, untrusted]);
    assert_eq!(seen.took, Duration::ZERO);
    assert!(seen.org(0).login_url.as_ref().unwrap().len() < 300);
}
