//! Deletions at a scripted hub, in virtual time.

mod events;
mod hub;

use std::collections::{BTreeMap, HashSet};
use std::num::NonZeroUsize;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::*;
use crate::engine::retry::RetryPolicy;
use crate::engine::testing::{Asked, Reply, Scripted, api_error, json_answer, status};
use crate::model::cause::CauseCode;
use crate::model::clock::Clock;
use crate::model::event::Event;
use crate::model::host::TrustedHosts;
use crate::model::key::tests::key;
use crate::model::org::{ClientId, OrgEntry, Username};
use crate::model::report::OrgStatus::{self, Deleted, Failed, Gone, Interrupted, TimedOut};
use crate::protocol::soql::Condition;
use crate::protocol::transport::{Answer, Method, Unavailability, UnavailableKind};

/// What the hub knows: by username the status, and the id of the living org, by the time since the scene began.
type World = BTreeMap<String, Box<dyn Fn(u128) -> (&'static str, Option<String>) + Send + Sync>>;

fn user(name: &str) -> String {
    format!("{name}@example.com")
}

/// Orgs that do not change.
fn world(orgs: &[(&str, &'static str, bool)]) -> World {
    let org = |(index, (name, status, lives)): (usize, &(&str, &'static str, bool))| {
        let (status, id) = (*status, lives.then(|| format!("00G{index:012}")));
        let fixed: Box<dyn Fn(u128) -> _ + Send + Sync> = Box::new(move |_| (status, id.clone()));
        (user(name), fixed)
    };
    orgs.iter().enumerate().map(org).collect()
}

/// What a hub answers that deletes whatever it is asked to.
fn hub(world: &World, asked: &Asked) -> Reply {
    let target = percent_decode_str(&asked.request.target).decode_utf8().unwrap().into_owned();
    if asked.request.method == Method::Delete {
        return status(204);
    }
    if target.contains("COUNT()") {
        return json_answer(200, &json!({"totalSize": world.len(), "done": true, "records": []}));
    }
    let named = world.iter().filter(|(username, _)| {
        target.contains(&format!("'{username}'")) || target.contains("Status IN") || target.contains("Id IN")
    });
    let rows: Vec<Value> = named
        .map(|(username, org)| (username, org(asked.at)))
        .filter(|(_, (_, id))| id.is_some() || !target.contains("FROM ActiveScratchOrg"))
        .map(|(username, (status, id))| {
            if target.contains("FROM ActiveScratchOrg") {
                return json!({"Id": id, "SignupUsername": username});
            }
            let login_url = (status != "New").then_some("https://x.scratch.my.salesforce.com");
            json!({
                "Id": "2SR000000000001AAA", "SignupUsername": username, "Status": status, "LoginUrl": login_url,
                "ScratchOrg": "00D000000000001", "ExpirationDate": if status == "Expired" { "2020-01-01" } else { "2099-01-01" },
            })
        })
        .collect();
    json_answer(200, &json!({"totalSize": rows.len(), "done": true, "records": rows}))
}

struct Scene<'a> {
    selection: Selection,
    wait: u64,
    concurrency: usize,
    rate: u32,
    consent: bool,
    stop: &'a CancellationToken,
}

fn named(names: &[&str]) -> Selection {
    let entry = |name: &&str| OrgEntry { name: OrgName::new(name).unwrap(), alias: None };
    Selection::Named(names.iter().map(entry).collect())
}

async fn play<S: Fn(&Asked, usize) -> Reply + Send + Sync>(
    hub: &Scripted<S>,
    scene: Scene<'_>,
) -> Result<Report, DeletionError> {
    play_observed(hub, scene, &|_: &Event| ()).await
}

async fn play_observed<S: Fn(&Asked, usize) -> Reply + Send + Sync>(
    hub: &Scripted<S>,
    scene: Scene<'_>,
    observer: &dyn Observer,
) -> Result<Report, DeletionError> {
    let mut trusted = TrustedHosts::default();
    let settings = Settings {
        hub_username: Username::new("hub@example.com").unwrap(),
        client_id: ClientId::new("3MVG9").unwrap(),
        key: key().clone(),
        login_url: trusted.hub("https://login.salesforce.com").unwrap(),
        trusted,
        audience: None,
        api_version: "60.0".to_owned(),
        wait: Duration::from_secs(scene.wait),
        concurrency: NonZeroUsize::new(scene.concurrency).unwrap(),
        rate: scene.rate,
        retry: RetryPolicy { jitter: 0.0, ..RetryPolicy::default() },
        settings_plan: crate::engine::settings_plan::SettingsPlan::default(),
        clock: Clock::system(),
        started: Instant::now(),
    };
    let consent = |_: &[OrgName]| scene.consent;
    delete(&settings, scene.selection, &consent, hub, observer, scene.stop).await
}

async fn delete_named<S: Fn(&Asked, usize) -> Reply + Send + Sync>(
    hub: &Scripted<S>,
    names: &[&str],
    wait: u64,
) -> Report {
    let names: Vec<String> = names.iter().map(|name| user(name)).collect();
    let selection = named(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let stop = CancellationToken::new();
    play(hub, Scene { selection, wait, concurrency: 4, rate: 100, consent: false, stop: &stop }).await.unwrap()
}

/// What a signal leaves that comes so long after the beginning.
async fn interrupt_after<S: Fn(&Asked, usize) -> Reply + Send + Sync>(
    after: Duration,
    hub: &Scripted<S>,
    selection: Selection,
) -> Report {
    let stop = CancellationToken::new();
    let scene = Scene { selection, wait: 600, concurrency: 4, rate: 100, consent: true, stop: &stop };
    let (report, ()) = tokio::join!(play(hub, scene), async {
        tokio::time::sleep(after).await;
        stop.cancel();
    });
    report.unwrap()
}

fn statuses(report: &Report) -> Vec<OrgStatus> {
    report.orgs.iter().map(|org| org.status).collect()
}

fn codes(report: &Report) -> Vec<Option<CauseCode>> {
    report.orgs.iter().map(|org| org.cause.as_ref().map(|cause| cause.code)).collect()
}

#[tokio::test(start_paused = true)]
async fn each_org_is_deleted_or_gone_in_the_order_of_the_input() {
    let world = world(&[
        ("living", "Active", true),
        ("deleted", "Deleted", false),
        ("failed", "Error", false),
        ("expired", "Expired", false),
        ("other", "Active", true),
    ]);
    let scripted = Scripted::new(|asked: &Asked, _| hub(&world, asked));
    let report = delete_named(&scripted, &["failed", "living", "unknown", "deleted", "expired"], 60).await;
    assert_eq!(statuses(&report), [Gone, Deleted, Failed, Gone, Gone]);
    assert_eq!(codes(&report), [None, None, Some(CauseCode::UnknownUsername), None, None]);
    assert_eq!(scripted.count(Method::Delete, ""), 1);
    assert_eq!(scripted.count(Method::Delete, "/services/data/v60.0/sobjects/ActiveScratchOrg/00G000000000000"), 1);
    let living = &report.orgs[1];
    assert_eq!((living.name.to_string(), living.org_id.unwrap().as_str()), (user("living"), "00D000000000001EAA"));
    assert_eq!((report.summary.total, report.summary.done, report.summary.timed_out), (5, 4, 0));
}

#[tokio::test(start_paused = true)]
async fn an_org_that_is_still_being_created_is_waited_for() {
    let mut orgs = world(&[("stuck", "New", false)]);
    let made = |at: u128| match at {
        0..8_000 => ("New", None),
        // The record that can be deleted comes a moment later.
        8_000..12_000 => ("Active", None),
        _ => ("Active", Some("00G000000000077".to_owned())),
    };
    orgs.insert(user("made"), Box::new(made));
    let scripted = Scripted::new(|asked: &Asked, _| hub(&orgs, asked));
    let report = delete_named(&scripted, &["stuck", "made"], 30).await;
    assert_eq!(statuses(&report), [TimedOut, Deleted]);
    assert_eq!(codes(&report), [Some(CauseCode::Creating), None]);
    assert!(report.orgs[0].cause.as_ref().unwrap().retryable);
    assert!(report.summary.elapsed >= Duration::from_secs(29), "{:?}", report.summary.elapsed);
}

#[tokio::test(start_paused = true)]
async fn a_living_org_that_the_hub_does_not_show_is_not_deleted() {
    let world = world(&[("hidden", "Active", false)]);
    let scripted = Scripted::new(|asked: &Asked, _| hub(&world, asked));
    let report = delete_named(&scripted, &["hidden"], 600).await;
    assert_eq!((statuses(&report), codes(&report)), (vec![Failed], vec![Some(CauseCode::NotDeleted)]));
    assert!(report.summary.elapsed < Duration::from_secs(20));
    let at_once = Scripted::new(|asked: &Asked, _| hub(&world, asked));
    assert_eq!(statuses(&delete_named(&at_once, &["hidden"], 0).await), [Failed]);
}

#[tokio::test(start_paused = true)]
async fn what_the_hub_refuses_is_not_deleted_and_what_another_process_deleted_is_gone() {
    for (reply, status, requests) in [
        (api_error(404, "ENTITY_IS_DELETED", "entity is deleted"), Gone, 1),
        // The hub says that it is alive, again and again.
        (api_error(404, "NOT_FOUND", "The requested resource does not exist"), Failed, 4),
        (api_error(400, "ENTITY_IS_DELETED", "entity is deleted"), Gone, 1),
        (api_error(403, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id"), Failed, 1),
        (api_error(400, "DELETE_FAILED", "x"), Failed, 1),
        // Each of three new sessions is refused too.
        (api_error(401, "INVALID_SESSION_ID", "Session expired or invalid"), Failed, 4),
    ] {
        let world = world(&[("a", "Active", true), ("b", "Active", true)]);
        let scripted = Scripted::new(|asked: &Asked, _| {
            if asked.request.target.ends_with("00G000000000000") { reply.clone() } else { hub(&world, asked) }
        });
        let report = delete_named(&scripted, &["a", "b"], 60).await;
        assert_eq!(statuses(&report), [status, Deleted], "{reply:?}");
        assert_eq!(scripted.count(Method::Delete, "00G000000000000"), requests, "{reply:?}");
        if status == Failed {
            let cause = report.orgs[0].cause.as_ref().unwrap();
            assert_eq!((cause.code, cause.retryable), (CauseCode::NotDeleted, false));
            assert!(cause.error.is_some() && cause.host.as_deref() == Some("hub.my.salesforce.com"));
        }
    }
    let mut orgs = world(&[("b", "Active", true)]);
    orgs.insert(user("a"), Box::new(|at| ("Active", (at < 500).then(|| "00G000000000077".to_owned()))));
    let scripted = Scripted::new(|asked: &Asked, _| match asked.request.method {
        Method::Delete => api_error(404, "NOT_FOUND", "The requested resource does not exist"),
        _ => hub(&orgs, asked),
    });
    assert_eq!(statuses(&delete_named(&scripted, &["a", "b"], 60).await), [Gone, Failed]);
    let world = world(&[("a", "Active", true), ("b", "Deleted", false)]);
    let scripted = Scripted::new(|asked: &Asked, _| {
        if asked.request.target.contains("ActiveScratchOrg") {
            api_error(400, "INVALID_TYPE", "sObject type 'ActiveScratchOrg' is not supported.")
        } else {
            hub(&world, asked)
        }
    });
    let report = delete_named(&scripted, &["a", "b"], 60).await;
    assert_eq!((statuses(&report), codes(&report)[0]), (vec![Failed, Gone], Some(CauseCode::NotDeleted)));
}

#[tokio::test(start_paused = true)]
async fn faults_that_pass_are_waited_out_and_a_lost_session_is_renewed() {
    let faults: [fn() -> Reply; 5] = [
        || status(503),
        || Ok(Answer { status: 429, retry_after: Some("3".to_owned()), ..Answer::default() }),
        || Err(Unavailability::new(UnavailableKind::Other, "the connection failed: reset by peer")),
        || api_error(400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record"),
        || api_error(401, "INVALID_SESSION_ID", "Session expired or invalid"),
    ];
    for fault in faults {
        let world = world(&[("a", "Active", true)]);
        let scripted = Scripted::new(|asked: &Asked, nth| match asked.request.method {
            Method::Delete if nth < 2 => fault(),
            _ => hub(&world, asked),
        });
        let report = delete_named(&scripted, &["a"], 60).await;
        assert_eq!(statuses(&report), [Deleted], "{:?}", fault());
        assert_eq!(scripted.count(Method::Delete, ""), 3);
        let deletions = scripted.asked().into_iter().filter(|asked| asked.request.method == Method::Delete);
        let sessions: HashSet<String> = deletions.map(|asked| asked.token).collect();
        assert_eq!(sessions.len() > 1, fault().is_ok_and(|answer| answer.status == 401), "{:?}", fault());
    }
    let world = world(&[("a", "Active", true)]);
    let scripted = Scripted::new(|asked: &Asked, _| match asked.request.method {
        Method::Delete => status(503),
        _ => hub(&world, asked),
    });
    let report = delete_named(&scripted, &["a"], 60).await;
    assert_eq!((statuses(&report), codes(&report)), (vec![TimedOut], vec![Some(CauseCode::Unreachable)]));
}

#[tokio::test(start_paused = true)]
async fn one_org_holds_up_no_other() {
    let mut orgs = world(&[("bad", "Active", true)]);
    orgs.insert(
        user("late"),
        Box::new(|at| if at < 3_000 { ("New", None) } else { ("Active", Some("00G000000000077".to_owned())) }),
    );
    for fault in [status(503), Ok(Answer { status: 429, retry_after: Some("60".to_owned()), ..Answer::default() })] {
        let scripted = Scripted::new(|asked: &Asked, _| {
            if asked.request.target.ends_with("00G000000000000") { fault.clone() } else { hub(&orgs, asked) }
        });
        let report = delete_named(&scripted, &["bad", "late"], 20).await;
        assert_eq!(statuses(&report), [TimedOut, Deleted], "{fault:?}");
        assert!(report.orgs[1].waited < Duration::from_secs(6), "{:?}", report.orgs[1].waited);
    }
}

#[tokio::test(start_paused = true)]
async fn the_hubs_wish_to_be_left_alone_is_heard_where_it_is_asked_which_orgs_live() {
    let world = world(&[("a", "Active", true)]);
    let scripted = Scripted::new(|asked: &Asked, nth| {
        if asked.request.target.contains("FROM%20ActiveScratchOrg") && nth == 0 {
            Ok(Answer { status: 429, retry_after: Some("9".to_owned()), ..Answer::default() })
        } else {
            hub(&world, asked)
        }
    });
    let report = delete_named(&scripted, &["a"], 60).await;
    assert_eq!(statuses(&report), [Deleted]);
    assert!(report.orgs[0].waited >= Duration::from_secs(9), "{:?}", report.orgs[0].waited);
}

#[tokio::test(start_paused = true)]
async fn concurrency_and_pace_are_bounded() {
    let names: Vec<String> = (0..100).map(|number| format!("n{number:03}")).collect();
    let orgs: Vec<(&str, &'static str, bool)> = names.iter().map(|name| (name.as_str(), "Active", true)).collect();
    let world = world(&orgs);
    let scripted = Scripted::new(|asked: &Asked, _| hub(&world, asked));
    let selection =
        named(&names.iter().map(|name| user(name)).collect::<Vec<_>>().iter().map(String::as_str).collect::<Vec<_>>());
    let stop = CancellationToken::new();
    let scene = Scene { selection, wait: 60, concurrency: 3, rate: 10, consent: false, stop: &stop };
    let report = play(&scripted, scene).await.unwrap();
    assert_eq!(report.summary.done, 100);
    assert_eq!(scripted.most_in_flight(), 3);
    assert!(report.summary.elapsed >= Duration::from_secs(9), "{:?}", report.summary.elapsed);
}

#[tokio::test(start_paused = true)]
async fn a_signal_ends_it_and_what_was_deleted_stays_told() {
    let mut orgs = world(&[("a", "Active", true)]);
    orgs.insert(user("b"), Box::new(|_| ("New", None)));
    let scripted = Scripted::new(|asked: &Asked, _| hub(&orgs, asked));
    let report = interrupt_after(Duration::from_secs(20), &scripted, named(&["a@example.com", "b@example.com"])).await;
    assert_eq!(
        (statuses(&report), codes(&report)),
        (vec![Deleted, Interrupted], vec![None, Some(CauseCode::Creating)])
    );
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_a_signal_cuts_short_was_tried() {
    let world = world(&[("a", "Active", true)]);
    let scripted = Scripted::new(|asked: &Asked, _| match asked.request.method {
        Method::Delete => status(503),
        _ => hub(&world, asked),
    });
    let report = interrupt_after(Duration::from_secs(5), &scripted, named(&["a@example.com"])).await;
    assert_eq!((statuses(&report), codes(&report)), (vec![Interrupted], vec![Some(CauseCode::Unreachable)]));
}

#[tokio::test(start_paused = true)]
async fn what_a_selector_finds_is_deleted_only_with_consent() {
    let world = world(&[("a", "Active", true), ("b", "Active", true)]);
    for consent in [false, true] {
        let scripted = Scripted::new(|asked: &Asked, _| hub(&world, asked));
        let selection = Selection::Matching { condition: Some(Condition::new("Name = 'x'").unwrap()), shard: None };
        let stop = CancellationToken::new();
        let scene = Scene { selection, wait: 60, concurrency: 4, rate: 100, consent, stop: &stop };
        let report = play(&scripted, scene).await;
        if consent {
            assert_eq!(statuses(&report.unwrap()), [Deleted, Deleted]);
        } else {
            let Err(DeletionError::NotConfirmed(names)) = report else { panic!("{report:?}") };
            assert_eq!(names.len(), 2);
            assert_eq!(scripted.count(Method::Delete, ""), 0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_org_that_is_named_by_username_and_by_id_counts_once() {
    let world = world(&[("a", "Active", true)]);
    let scripted = Scripted::new(|asked: &Asked, _| hub(&world, asked));
    let selection = named(&["a@example.com", "2SR000000000001"]);
    let stop = CancellationToken::new();
    let scene = Scene { selection, wait: 60, concurrency: 4, rate: 100, consent: false, stop: &stop };
    assert_eq!(statuses(&play(&scripted, scene).await.unwrap()), [Deleted]);
    assert_eq!(scripted.count(Method::Delete, ""), 1);
}
