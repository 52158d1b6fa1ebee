//! Sessions, pages and patience of the hub during a deletion.

use super::events::told;
use super::*;

#[tokio::test(start_paused = true)]
async fn a_certificate_that_is_not_trusted_ends_a_deletion_at_once() {
    let world = world(&[("a", "Active", true)]);
    let scripted = Scripted::new(|asked: &Asked, _| match asked.request.method {
        Method::Delete => Err(Unavailability::new(UnavailableKind::Tls, "invalid peer certificate: Expired")),
        _ => hub(&world, asked),
    });
    let report = delete_named(&scripted, &["a"], 60).await;
    assert_eq!((statuses(&report), codes(&report)), (vec![Failed], vec![Some(CauseCode::TlsFailed)]));
    assert_eq!(scripted.count(Method::Delete, ""), 1);
}

#[tokio::test(start_paused = true)]
async fn a_429_halves_the_pace_of_what_is_deleted_after_it() {
    let names: Vec<String> = (0..100).map(|number| format!("n{number:03}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let world = world(&names.iter().map(|name| (*name, "Active", true)).collect::<Vec<_>>());
    let mut took = Vec::new();
    for fault in [status(503), Ok(Answer { status: 429, ..Answer::default() })] {
        let scripted = Scripted::new(|asked: &Asked, nth| {
            let first = asked.request.method == Method::Delete && asked.request.target.ends_with("00G000000000000");
            if first && nth == 0 { fault.clone() } else { hub(&world, asked) }
        });
        let entries: Vec<String> = names.iter().map(|name| user(name)).collect();
        let selection = named(&entries.iter().map(String::as_str).collect::<Vec<_>>());
        let stop = CancellationToken::new();
        let scene = Scene { selection, wait: 60, concurrency: 10, rate: 20, consent: false, stop: &stop };
        took.push(play(&scripted, scene).await.unwrap().summary.elapsed);
    }
    assert!(took[1] > took[0] * 3 / 2, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_lost_session_of_many_orgs_is_renewed_once() {
    let names = ["a", "b", "c", "d", "e", "f"];
    let world = world(&names.map(|name| (name, "Active", true)));
    let scripted = Scripted::new(|asked: &Asked, nth| match asked.request.method {
        Method::Delete if nth == 0 => api_error(401, "INVALID_SESSION_ID", "Session expired or invalid"),
        _ => hub(&world, asked),
    });
    let report = delete_named(&scripted, &names, 60).await;
    assert_eq!(statuses(&report), [Deleted; 6]);
    let sessions: HashSet<String> = scripted.asked().into_iter().map(|asked| asked.token).collect();
    assert_eq!(sessions.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_was_cut_short_can_be_tried_again_whatever_its_cause() {
    let world = world(&[("hidden", "Active", false)]);
    let scripted = Scripted::new(|asked: &Asked, _| hub(&world, asked));
    let report = delete_named(&scripted, &["hidden"], 2).await;
    assert_eq!((statuses(&report), codes(&report)), (vec![TimedOut], vec![Some(CauseCode::NotDeleted)]));
    assert!(report.orgs[0].cause.as_ref().unwrap().retryable);
}

#[tokio::test(start_paused = true)]
async fn all_pages_of_living_orgs_are_read_and_no_more() {
    let world = world(&[("a", "Active", true), ("b", "Active", true)]);
    for (second_page, done) in [(true, false), (false, true)] {
        let row = |name: &str, id: usize| json!({"Id": format!("00G{id:012}"), "SignupUsername": user(name)});
        let scripted = Scripted::new(|asked: &Asked, _| {
            let (target, next) = (&asked.request.target, "/services/data/v60.0/query/01g-1");
            let page = |records: Value, done: bool| {
                json_answer(200, &json!({"totalSize": 2, "done": done, "records": records, "nextRecordsUrl": next}))
            };
            match target.as_str() {
                // The last page has no end of its own: nothing is in it.
                _ if target == next && asked.at > 1_000 => page(json!([]), false),
                _ if target == next => page(json!([row("b", 1)]), true),
                _ if target.contains("FROM%20ActiveScratchOrg") && second_page => page(json!([row("a", 0)]), done),
                _ if target.contains("FROM%20ActiveScratchOrg") => page(json!([row("a", 0), row("b", 1)]), done),
                _ => hub(&world, asked),
            }
        });
        let report = delete_named(&scripted, &["a", "b"], 60).await;
        assert_eq!(statuses(&report), [Deleted, Deleted]);
        assert_eq!(scripted.count(Method::Get, "01g-1"), usize::from(second_page));
    }
}

#[tokio::test(start_paused = true)]
async fn pages_without_records_do_not_go_on_for_ever() {
    let world = world(&[("a", "Active", true)]);
    let scripted = Scripted::new(|asked: &Asked, _| {
        let target = &asked.request.target;
        if target.contains("01g-1") || target.contains("FROM%20ActiveScratchOrg") {
            let next = "/services/data/v60.0/query/01g-1";
            json_answer(200, &json!({"totalSize": 2, "done": false, "records": [], "nextRecordsUrl": next}))
        } else {
            hub(&world, asked)
        }
    });
    assert_eq!(statuses(&delete_named(&scripted, &["a"], 60).await), [Failed]);
    assert!(scripted.count(Method::Get, "01g-1") <= 3);
}

#[tokio::test(start_paused = true)]
async fn a_hub_that_refuses_to_say_which_records_can_be_deleted_is_told_in_its_words() {
    let world = world(&[("a", "Active", true), ("gone", "Deleted", false)]);
    let scripted = Scripted::new(|asked: &Asked, _| {
        if asked.request.target.contains("FROM%20ActiveScratchOrg") {
            return api_error(400, "INVALID_TYPE", "sObject type 'ActiveScratchOrg' is not supported.");
        }
        hub(&world, asked)
    });
    let report = delete_named(&scripted, &["a", "gone"], 60).await;
    assert_eq!(statuses(&report), [Failed, Gone]);
    let cause = report.orgs[0].cause.as_ref().unwrap();
    assert_eq!((cause.code, cause.error.as_deref()), (CauseCode::NotDeleted, Some("INVALID_TYPE")));
    assert!(cause.description.as_ref().unwrap().starts_with("ActiveScratchOrg: "), "{cause}");
    assert_eq!(scripted.count(Method::Delete, ""), 0);
}

#[tokio::test(start_paused = true)]
async fn each_look_at_the_hub_is_as_patient_as_the_first() {
    let mut orgs = world(&[]);
    orgs.insert(user("stuck"), Box::new(|_| ("New", None)));
    let mut failures = std::sync::atomic::AtomicUsize::new(0);
    let scripted = Scripted::new(|asked: &Asked, _| {
        let early = asked.at < 100_000;
        if !early && failures.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 2 {
            return status(503);
        }
        hub(&orgs, asked)
    });
    let (events, report) = told(&scripted, &["stuck"], 150).await;
    assert_eq!(statuses(&report), [TimedOut]);
    assert!(!events.iter().any(|event| event.contains("could not be asked again")), "{events:?}");
    assert!(*failures.get_mut() > 2);
}

#[tokio::test(start_paused = true)]
async fn a_signal_while_matching_orgs_are_counted_leaves_all_of_them() {
    let world = world(&[("a", "Active", true)]);
    let scripted = Scripted::new(|asked: &Asked, _| hub(&world, asked));
    // The count is on its way from 10 to 20 ms.
    let report =
        interrupt_after(Duration::from_millis(15), &scripted, Selection::Matching { condition: None, shard: None })
            .await;
    assert_eq!(statuses(&report), []);
    assert_eq!(scripted.count(Method::Get, "COUNT"), 1);
}
