//! Deployments in virtual time.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::engine::patience::Bounds;
use crate::engine::retry::RetryPolicy;
use crate::engine::testing::{Asked, Reply, Scripted, api_error, json_answer, status};
use crate::model::clock::Clock;
use crate::model::host::TrustedHosts;
use crate::model::token::AccessToken;
use crate::protocol::metadata::RecordTypeNames;
use crate::protocol::transport::{Answer, Method, Unavailability, UnavailableKind};

const TOKEN: &str = "00D000000000001!AQEAQtoken.of.an.org";

fn package() -> Arc<SettingsPackage> {
    let definition = json!({"settings": {"mapsSettings": {"enabled": true}}});
    Arc::new(SettingsPackage::new(&definition, RecordTypeNames::Capitalized).unwrap().unwrap())
}

fn deployed(status: &str) -> Reply {
    json_answer(200, &json!({"id": "0Af000000000001", "deployResult": {"status": status}}))
}

/// An org where all goes well: three looks until the deployment is done, and one changed member.
fn good(asked: &Asked, nth: usize) -> Reply {
    match (asked.request.method, asked.request.target.as_str()) {
        (Method::Get, "/services/data") => json_answer(200, &json!([{"version": "66.0"}, {"version": "67.0"}])),
        (Method::Post, _) => json_answer(201, &json!({"id": "0Af000000000001"})),
        (Method::Get, target) if target.contains("deployRequest/0Af000000000001?") => {
            deployed(["Pending", "InProgress", "Succeeded"][nth.min(2)])
        }
        (Method::Get, target) if target.contains("SourceMember") => {
            json_answer(200, &json!({"done": true, "records": [{"Id": "0MZ000000000001"}]}))
        }
        (Method::Patch, _) => status(204),
        _ => status(404),
    }
}

/// Provisions with so many seconds to wait; none: one attempt each.
async fn run_for<S: Fn(&Asked, usize) -> Reply + Send + Sync>(
    org: &Scripted<S>,
    provisioning: &mut Provisioning,
    seconds: Option<u64>,
    stop: &CancellationToken,
) -> Result<Provisioned, ErrorResponse> {
    let mut trusted = TrustedHosts::default();
    trusted.hub("https://login.salesforce.com").unwrap();
    let retry = RetryPolicy { jitter: 0.0, ..RetryPolicy::default() };
    let api = OrgApi {
        transport: org,
        instance_url: &trusted.instance_url("https://a.scratch.my.salesforce.com").unwrap(),
        token: &AccessToken::new(TOKEN.to_owned()),
        clock: &Clock::system(),
        bounds: Bounds {
            deadline: seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds)),
            stop,
            retry: &retry,
        },
        places: &tokio::sync::Semaphore::new(8),
    };
    // A task of any runtime may do it.
    let running: std::pin::Pin<Box<dyn Future<Output = Result<Provisioned, ErrorResponse>> + Send + '_>> =
        Box::pin(provisioning.run(&api));
    running.await
}

async fn run<S: Fn(&Asked, usize) -> Reply + Send + Sync>(org: &Scripted<S>) -> Provisioned {
    run_for(org, &mut Provisioning::new(package(), None), Some(60), &CancellationToken::new()).await.unwrap()
}

fn targets<S: Fn(&Asked, usize) -> Reply>(org: &Scripted<S>) -> Vec<(Method, String)> {
    org.asked().into_iter().map(|asked| (asked.request.method, asked.request.target)).collect()
}

#[tokio::test(start_paused = true)]
async fn settings_go_to_the_newest_version_and_source_tracking_is_reset() {
    let org = Scripted::new(good);
    let Provisioned::Done { warnings } = run(&org).await else { panic!() };
    assert!(warnings.is_empty(), "{warnings:?}");
    let status = "/services/data/v67.0/metadata/deployRequest/0Af000000000001?includeDetails=true";
    let [version, deploy, first, second, third, query, reset] = targets(&org).try_into().unwrap();
    assert_eq!(version, (Method::Get, "/services/data".to_owned()));
    assert_eq!(deploy, (Method::Post, "/services/data/v67.0/metadata/deployRequest".to_owned()));
    assert!([first, second, third].iter().all(|look| *look == (Method::Get, status.to_owned())));
    assert!(query.1.starts_with("/services/data/v67.0/tooling/query?q="), "{query:?}");
    assert_eq!(reset.1, "/services/data/v67.0/tooling/sobjects/SourceMember/0MZ000000000001");
    assert_eq!(org.asked()[6].request.body.as_ref().unwrap().bytes, br#"{"RevisionCounter":0}"#);
    assert!(org.asked().iter().all(|asked| asked.token == TOKEN));
}

#[tokio::test(start_paused = true)]
async fn the_version_that_the_user_gave_is_not_asked_for() {
    let org = Scripted::new(good);
    let mut provisioning = Provisioning::new(package(), Some("64.0".to_owned()));
    run_for(&org, &mut provisioning, Some(60), &CancellationToken::new()).await.unwrap();
    assert!(targets(&org).iter().all(|(_, target)| target.starts_with("/services/data/v64.0/")), "{:?}", targets(&org));
}

#[tokio::test(start_paused = true)]
async fn a_fault_that_passes_is_waited_out_at_every_step() {
    let faults: [fn() -> Reply; 7] = [
        || status(503),
        || status(420),
        || Ok(Answer { status: 429, retry_after: Some("7".to_owned()), ..Answer::default() }),
        || Err(Unavailability::new(UnavailableKind::Other, "the connection failed: reset by peer")),
        || Err(Unavailability::new(UnavailableKind::Other, "the answer was cut short: end of file")),
        || api_error(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."),
        || api_error(400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access"),
    ];
    for fault in faults {
        let org = Scripted::new(|asked: &Asked, nth| if nth == 0 { fault() } else { good(asked, nth - 1) });
        let Provisioned::Done { warnings } = run(&org).await else { panic!("{:?}", fault()) };
        assert!(warnings.is_empty(), "{warnings:?}");
        // Each was asked once more than without the fault.
        assert_eq!(org.asked().len(), 7 + 5, "{:?}", targets(&org));
        if fault().is_ok_and(|answer| answer.retry_after.is_some()) {
            assert!(org.asked()[1].at >= 7_000);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_was_accepted_is_not_sent_again() {
    let org = Scripted::new(|asked: &Asked, nth| {
        if asked.request.target.contains("includeDetails") && nth < 5 {
            Err(Unavailability::new(UnavailableKind::Other, "the connection failed: reset by peer"))
        } else {
            good(asked, nth)
        }
    });
    assert!(matches!(run(&org).await, Provisioned::Done { .. }));
    assert_eq!(org.count(Method::Post, "deployRequest"), 1);
}

#[tokio::test(start_paused = true)]
async fn anything_but_succeeded_is_a_failure_with_the_words_of_each_component() {
    for ending in ["Failed", "SucceededPartial", "Canceled"] {
        let org = Scripted::new(|asked: &Asked, nth| {
            if !asked.request.target.contains("includeDetails") {
                return good(asked, nth);
            }
            let problem = format!("Not available {TOKEN}");
            let failure = json!({"componentType": "MobileSettings", "fullName": "Mobile", "problem": problem});
            let result = json!({"status": ending, "done": true, "details": {"componentFailures": [failure]}});
            json_answer(200, &json!({"deployResult": result}))
        });
        let Provisioned::Failed(cause) = run(&org).await else { panic!("{ending}") };
        assert_eq!((cause.code, cause.retryable), (CauseCode::SettingsFailed, false));
        let words = cause.description.unwrap();
        assert!(words.contains(ending) && words.contains("MobileSettings Mobile: Not available"), "{words}");
        assert!(!words.contains("AQEAQtoken"), "{words}");
        assert_eq!(cause.host.as_deref(), Some("a.scratch.my.salesforce.com"));
        assert_eq!(org.count(Method::Get, "SourceMember"), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn an_org_that_refuses_the_deployment_is_not_asked_again() {
    for reply in [
        api_error(403, "INSUFFICIENT_ACCESS", "insufficient access rights"),
        api_error(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
        api_error(404, "NOT_FOUND", "The requested resource does not exist"),
    ] {
        let org = Scripted::new(|asked: &Asked, nth| match asked.request.method {
            Method::Post => reply.clone(),
            _ => good(asked, nth),
        });
        let Provisioned::Failed(cause) = run(&org).await else { panic!("{reply:?}") };
        assert!(cause.error.is_some() && cause.description.unwrap().contains("was refused"));
        assert_eq!(org.count(Method::Post, "deployRequest"), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_never_ends_is_looked_at_until_the_deadline_and_once_just_before_it() {
    let org = Scripted::new(|asked: &Asked, nth| {
        if asked.request.target.contains("includeDetails") { deployed("InProgress") } else { good(asked, nth) }
    });
    let mut provisioning = Provisioning::new(package(), None);
    let ending = run_for(&org, &mut provisioning, Some(60), &CancellationToken::new()).await.unwrap();
    let Provisioned::CutShort(Cut::Deadline, cause) = ending else { panic!("{ending:?}") };
    assert_eq!((cause.code, cause.retryable), (CauseCode::SettingsFailed, true));
    assert!(cause.description.unwrap().contains("still being deployed"));
    let last = org.asked().last().unwrap().at;
    assert!((59_000..60_000).contains(&last), "{last}");
    assert!(org.count(Method::Get, "includeDetails") < 20);
}

#[tokio::test(start_paused = true)]
async fn without_time_to_wait_each_is_asked_once() {
    let org = Scripted::new(good);
    let mut provisioning = Provisioning::new(package(), None);
    let ending = run_for(&org, &mut provisioning, None, &CancellationToken::new()).await.unwrap();
    assert!(matches!(ending, Provisioned::CutShort(Cut::Deadline, _)), "{ending:?}");
    assert_eq!(org.asked().len(), 3);
    let silent = Scripted::new(|_: &Asked, _| status(503));
    let ending =
        run_for(&silent, &mut Provisioning::new(package(), None), None, &CancellationToken::new()).await.unwrap();
    let Provisioned::CutShort(Cut::Deadline, cause) = ending else { panic!("{ending:?}") };
    assert!(cause.description.unwrap().contains("HTTP 503"));
    assert_eq!(silent.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_signal_ends_it_at_once() {
    let org = Scripted::new(|asked: &Asked, nth| match asked.request.method {
        Method::Post => status(503),
        _ => good(asked, nth),
    });
    let stop = CancellationToken::new();
    let began = Instant::now();
    let mut provisioning = Provisioning::new(package(), None);
    let run = run_for(&org, &mut provisioning, Some(600), &stop);
    let (ending, ()) = tokio::join!(run, async {
        tokio::time::sleep(Duration::from_secs(20)).await;
        stop.cancel();
    });
    let Ok(Provisioned::CutShort(Cut::Signal, cause)) = ending else { panic!("{ending:?}") };
    assert!(cause.retryable);
    assert_eq!(began.elapsed(), Duration::from_secs(20));
}

/// An org that refuses the token at these requests.
fn refusing_the_token(at: impl Fn(&Asked, usize) -> bool) -> Scripted<impl Fn(&Asked, usize) -> Reply> {
    Scripted::new(move |asked: &Asked, nth| {
        if at(asked, nth) {
            api_error(401, "INVALID_SESSION_ID", "Session expired or invalid")
        } else {
            good(asked, nth)
        }
    })
}

/// Provisions until the token is refused, and goes on with another one.
async fn run_with_two_tokens<S: Fn(&Asked, usize) -> Reply + Send + Sync>(org: &Scripted<S>) -> Provisioned {
    let mut provisioning = Provisioning::new(package(), None);
    let ending = run_for(org, &mut provisioning, Some(60), &CancellationToken::new()).await;
    assert_eq!(ending.unwrap_err().error, "INVALID_SESSION_ID");
    run_for(org, &mut provisioning, Some(60), &CancellationToken::new()).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn with_another_token_it_goes_on_where_it_was() {
    let org = refusing_the_token(|asked, nth| asked.request.target.contains("includeDetails") && nth == 1);
    let ending = run_with_two_tokens(&org).await;
    assert!(matches!(ending, Provisioned::Done { .. }), "{ending:?}");
    assert_eq!(
        (
            org.count(Method::Post, "deployRequest"),
            targets(&org).iter().filter(|(_, target)| target == "/services/data").count()
        ),
        (1, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_refused_while_source_tracking_is_reset_is_no_warning_but_wants_another_one() {
    for method in [Method::Get, Method::Patch] {
        let org = refusing_the_token(|asked, nth| {
            asked.request.target.contains("SourceMember") && asked.request.method == method && nth == 0
        });
        let ending = run_with_two_tokens(&org).await;
        assert!(matches!(&ending, Provisioned::Done { warnings } if warnings.is_empty()), "{ending:?}");
        assert_eq!(org.count(Method::Post, "deployRequest"), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_org_without_source_tracking_is_a_warning() {
    let refusals: [(Method, Reply); 2] = [
        (Method::Get, api_error(400, "INVALID_TYPE", "sObject type 'SourceMember' is not supported.")),
        (Method::Patch, api_error(400, "INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to update")),
    ];
    for (method, refusal) in refusals {
        let org = Scripted::new(|asked: &Asked, nth| {
            if asked.request.target.contains("SourceMember") && asked.request.method == method {
                refusal.clone()
            } else {
                good(asked, nth)
            }
        });
        let Provisioned::Done { warnings } = run(&org).await else { panic!() };
        assert!(matches!(&warnings[..], [one] if one.contains("source tracking could not be reset")), "{warnings:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn many_members_are_reset_page_by_page_a_few_at_once() {
    let org = Scripted::new(|asked: &Asked, nth| {
        let page = |from: u32, to: u32, next: Value| {
            let records: Vec<Value> = (from..to).map(|number| json!({"Id": format!("0MZ{number:012}")})).collect();
            json_answer(200, &json!({"records": records, "nextRecordsUrl": next}))
        };
        match asked.request.target.as_str() {
            target if target.contains("RevisionCounter") => {
                page(0, 30, json!("/services/data/v67.0/tooling/query/01g-30"))
            }
            target if target.ends_with("01g-30") => page(30, 40, Value::Null),
            _ => good(asked, nth),
        }
    });
    let Provisioned::Done { warnings } = run(&org).await else { panic!() };
    assert!(warnings.is_empty());
    assert_eq!(org.count(Method::Patch, "SourceMember/0MZ"), 40);
    assert_eq!(org.most_in_flight(), RESETS_AT_ONCE);
}
