//! What a deletion tells while it goes on, and when it is ended early.

use std::sync::Mutex;

use super::*;

/// What was told, each in a word or two.
pub(super) async fn told<S: Fn(&Asked, usize) -> Reply + Send + Sync>(
    hub: &Scripted<S>,
    names: &[&str],
    wait: u64,
) -> (Vec<String>, Report) {
    let events = Mutex::new(Vec::new());
    let observer = |event: &Event| {
        let word = match event {
            Event::HubQuery { asked } => format!("query {asked}"),
            Event::HubAnswered { asked, known } => format!("answered {asked} {known}"),
            Event::OrgCreating { index, next_in, .. } => format!("creating {index} {}", next_in.as_secs()),
            Event::OrgDeleting { index, .. } => format!("deleting {index}"),
            Event::OrgFinished { index, outcome } => format!("{index} {:?}", outcome.status),
            Event::Warning { message } => message.clone(),
            _ => return,
        };
        events.lock().unwrap().push(word);
    };
    let stop = CancellationToken::new();
    let names: Vec<String> = names.iter().map(|name| user(name)).collect();
    let selection = named(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let scene = Scene { selection, wait, concurrency: 4, rate: 100, consent: false, stop: &stop };
    let report = play_observed(hub, scene, &observer).await.unwrap();
    (events.into_inner().unwrap(), report)
}

#[tokio::test(start_paused = true)]
async fn each_look_at_the_hub_and_each_step_of_an_org_is_told_once() {
    let mut orgs = world(&[("living", "Active", true)]);
    let made = |at: u128| if at < 3_000 { ("New", None) } else { ("Active", Some("00G000000000077".to_owned())) };
    orgs.insert(user("made"), Box::new(made));
    let scripted = Scripted::new(|asked: &Asked, _| hub(&orgs, asked));
    let (events, _) = told(&scripted, &["living", "made"], 60).await;
    let expected = [
        "query 2",
        "answered 2 2",
        // Only of the one that lives.
        "query 1",
        "answered 1 1",
        "deleting 0",
        "creating 1 1",
        "0 Deleted",
        "query 1",
        "answered 1 1",
        "creating 1 1",
        "query 1",
        "answered 1 1",
        "creating 1 2",
        "query 1",
        "answered 1 1",
        "query 1",
        "answered 1 1",
        "deleting 1",
        "1 Deleted",
    ];
    assert_eq!(events, expected);
}

#[tokio::test(start_paused = true)]
async fn a_deletion_tells_its_beginning_and_its_end_once() {
    let orgs = world(&[("living", "Active", true)]);
    let scripted = Scripted::new(|asked: &Asked, _| hub(&orgs, asked));
    for (names, wanted) in [(vec![user("living")], (1, 1)), (Vec::new(), (0, 0))] {
        let bounds = Mutex::new(Vec::new());
        let observer = |event: &Event| match event {
            Event::Started { orgs } => bounds.lock().unwrap().push(("started", *orgs)),
            Event::Finished { summary } => bounds.lock().unwrap().push(("finished", summary.done)),
            _ => {}
        };
        let selection = named(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let stop = CancellationToken::new();
        let scene = Scene { selection, wait: 60, concurrency: 4, rate: 100, consent: false, stop: &stop };
        play_observed(&scripted, scene, &observer).await.unwrap();
        assert_eq!(bounds.into_inner().unwrap(), [("started", wanted.0), ("finished", wanted.1)]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_org_that_is_being_deleted_is_not_looked_for_again() {
    let mut orgs = world(&[("slow", "Active", true)]);
    orgs.insert(user("stuck"), Box::new(|_| ("New", None)));
    let scripted = Scripted::new(|asked: &Asked, _| match asked.request.method {
        Method::Delete => status(503),
        _ => hub(&orgs, asked),
    });
    let (events, report) = told(&scripted, &["slow", "stuck"], 20).await;
    assert_eq!(statuses(&report), [TimedOut, TimedOut]);
    assert_eq!(events.iter().filter(|event| *event == "deleting 0").count(), 1, "{events:?}");
    let about_slow = |asked: &&Asked| asked.request.target.contains("slow%40example.com");
    assert_eq!(scripted.asked().iter().filter(about_slow).count(), 2, "its record, and whether it lives");
}

#[tokio::test(start_paused = true)]
async fn an_org_that_was_made_is_no_longer_said_to_be_made() {
    let mut orgs = world(&[]);
    orgs.insert(user("made"), Box::new(|at| (if at < 3_000 { "New" } else { "Active" }, None)));
    let scripted = Scripted::new(|asked: &Asked, _| {
        if asked.request.target.contains("FROM%20ActiveScratchOrg") { status(503) } else { hub(&orgs, asked) }
    });
    let report = interrupt_after(Duration::from_secs(6), &scripted, named(&["made@example.com"])).await;
    assert_eq!((statuses(&report), codes(&report)), (vec![Interrupted], vec![Some(CauseCode::NotTried)]));
}

#[tokio::test(start_paused = true)]
async fn a_hub_that_cannot_be_asked_again_is_told() {
    let mut orgs = world(&[]);
    orgs.insert(user("stuck"), Box::new(|_| ("New", None)));
    let scripted =
        Scripted::new(
            |asked: &Asked, _| {
                if asked.at > 1_000 { api_error(403, "API_DISABLED_FOR_ORG", "off") } else { hub(&orgs, asked) }
            },
        );
    let (events, report) = told(&scripted, &["stuck"], 20).await;
    assert_eq!((statuses(&report), codes(&report)), (vec![TimedOut], vec![Some(CauseCode::Creating)]));
    assert!(events.iter().any(|event| event.starts_with("the Dev Hub could not be asked again: ")), "{events:?}");
}

#[tokio::test(start_paused = true)]
async fn a_signal_before_the_hub_answers_leaves_every_org_untried() {
    let scripted = Scripted::new(|_: &Asked, _| status(503));
    let report = interrupt_after(Duration::from_secs(5), &scripted, named(&["a@example.com"])).await;
    assert_eq!((statuses(&report), codes(&report)), (vec![Interrupted], vec![Some(CauseCode::NotTried)]));
    assert!(report.orgs[0].cause.as_ref().unwrap().retryable);
}

#[tokio::test(start_paused = true)]
async fn a_hub_that_refuses_is_a_failure_of_the_hub() {
    let scripted = Scripted::new(|_: &Asked, _| api_error(403, "API_DISABLED_FOR_ORG", "off"));
    let stop = CancellationToken::new();
    let selection = named(&["a@example.com"]);
    let scene = Scene { selection, wait: 600, concurrency: 4, rate: 100, consent: false, stop: &stop };
    let refused = play(&scripted, scene).await;
    assert!(matches!(refused, Err(DeletionError::Hub(_))), "{refused:?}");
}
