//! The agenda of a batch, as values.

use super::*;

const HOUR: Duration = Duration::from_secs(3600);

fn scheduler(orgs: usize, limits: Limits) -> Scheduler {
    let mut scheduler = Scheduler::new(orgs, &RetryPolicy::default(), limits, 7);
    for org in 0..orgs {
        scheduler.ask(org, Duration::ZERO);
    }
    scheduler
}

fn limits() -> Limits {
    Limits { deadline: Some(HOUR), concurrency: 32, rate: 0 }
}

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

#[test]
fn orgs_are_asked_in_the_order_of_the_input_and_only_so_many_at_once() {
    let mut scheduler = scheduler(4, Limits { concurrency: 2, ..limits() });
    assert_eq!(scheduler.next(Duration::ZERO), Next::Send(0));
    assert_eq!(scheduler.next(Duration::ZERO), Next::Send(1));
    assert_eq!(scheduler.next(Duration::ZERO), Next::WaitUntil(HOUR));
    scheduler.finish(1);
    assert_eq!(scheduler.next(Duration::ZERO), Next::Send(2));
    scheduler.finish(0);
    scheduler.finish(2);
    assert_eq!(scheduler.next(Duration::ZERO), Next::Send(3));
    scheduler.finish(3);
    assert_eq!(scheduler.next(Duration::ZERO), Next::Done);
}

#[test]
fn a_waiting_org_holds_no_place() {
    let mut scheduler = scheduler(2, Limits { concurrency: 1, ..limits() });
    assert_eq!(scheduler.next(Duration::ZERO), Next::Send(0));
    let delay = scheduler.retry(0, Duration::ZERO, Duration::ZERO, None).unwrap();
    assert!(delay >= seconds(0.8) && delay <= seconds(1.2), "{delay:?}");
    assert_eq!(scheduler.next(Duration::ZERO), Next::Send(1));
    scheduler.finish(1);
    assert_eq!(scheduler.next(seconds(0.1)), Next::WaitUntil(delay));
    assert_eq!(scheduler.next(delay), Next::Send(0));
}

#[test]
fn a_delay_that_would_pass_the_deadline_ends_the_wait_at_once() {
    let mut scheduler = scheduler(1, Limits { deadline: Some(seconds(10.0)), ..limits() });
    scheduler.next(Duration::ZERO);
    assert_eq!(scheduler.retry(0, Duration::ZERO, Duration::ZERO, Some(seconds(10.0))), None);
    assert_eq!(scheduler.next(Duration::ZERO), Next::Done);
}

#[test]
fn retry_after_is_a_lower_bound_for_that_org_alone() {
    let mut scheduler = scheduler(2, limits());
    scheduler.next(Duration::ZERO);
    scheduler.next(Duration::ZERO);
    assert_eq!(scheduler.retry(0, Duration::ZERO, Duration::ZERO, Some(seconds(9.0))), Some(seconds(9.0)));
    assert!(scheduler.retry(1, Duration::ZERO, Duration::ZERO, None).unwrap() < seconds(1.3));
}

#[test]
fn without_waiting_each_org_has_one_attempt() {
    let mut scheduler = scheduler(2, Limits { deadline: None, ..limits() });
    assert_eq!(scheduler.next(HOUR), Next::Send(0));
    assert_eq!(scheduler.next(HOUR), Next::Send(1));
    assert_eq!(scheduler.next(HOUR), Next::WaitForAnswers);
    assert_eq!(scheduler.retry(0, HOUR, Duration::ZERO, None), None);
    scheduler.finish(1);
    assert_eq!(scheduler.next(HOUR), Next::Done);
}

#[test]
fn orgs_that_are_created_are_asked_about_together_in_growing_rounds() {
    let mut scheduler = Scheduler::new(2, &RetryPolicy::default(), limits(), 7);
    let mut now = Duration::ZERO;
    let mut rounds = Vec::new();
    for _ in 0..6 {
        let delay = scheduler.await_creation(0, now).unwrap();
        assert_eq!(scheduler.await_creation(1, now), Some(delay));
        assert_eq!(scheduler.next(now), Next::WaitUntil(now + delay));
        now += delay;
        assert_eq!(scheduler.next(now), Next::AskAboutCreating);
        assert_eq!(scheduler.creating().collect::<Vec<_>>(), [0, 1]);
        scheduler.hub_answered(now);
        rounds.push(delay.as_millis());
    }
    assert_eq!(rounds, [1000, 1500, 2250, 3375, 5000, 5000]);
    scheduler.ask(0, now);
    assert_eq!(scheduler.next(now), Next::Send(0));
}

#[test]
fn while_orgs_wait_the_hub_is_asked_once_a_minute() {
    let mut scheduler = scheduler(1, limits());
    scheduler.next(Duration::ZERO);
    scheduler.retry(0, Duration::ZERO, Duration::ZERO, Some(HOUR / 2)).unwrap();
    assert_eq!(scheduler.next(seconds(1.0)), Next::WaitUntil(seconds(60.0)));
    assert_eq!(scheduler.next(seconds(60.0)), Next::AskAboutAll);
    assert_eq!(scheduler.next(seconds(61.0)), Next::WaitUntil(HOUR / 2));
    scheduler.hub_answered(seconds(62.0));
    assert_eq!(scheduler.next(seconds(62.0)), Next::WaitUntil(seconds(122.0)));
}

#[test]
fn a_round_about_all_is_not_put_off_by_those_about_orgs_that_are_created() {
    let mut scheduler = Scheduler::new(2, &RetryPolicy::default(), limits(), 7);
    scheduler.ask(0, Duration::ZERO);
    scheduler.await_creation(1, Duration::ZERO).unwrap();
    assert_eq!(scheduler.next(Duration::ZERO), Next::Send(0));
    scheduler.retry(0, Duration::ZERO, Duration::ZERO, Some(HOUR / 2)).unwrap();
    let (mut now, mut rounds) = (Duration::ZERO, Vec::new());
    while now < 2 * ROUND {
        match scheduler.next(now) {
            Next::WaitUntil(at) => now = at,
            step @ (Next::AskAboutCreating | Next::AskAboutAll) => {
                rounds.push((step, now));
                scheduler.hub_answered(now);
                scheduler.await_creation(1, now).unwrap();
            }
            other => panic!("{other:?}"),
        }
    }
    let about_all: Vec<_> = rounds.iter().filter(|(step, _)| *step == Next::AskAboutAll).collect();
    assert_eq!(about_all, [&(Next::AskAboutAll, ROUND)]);
    assert!(rounds.windows(2).all(|pair| pair[1].1 <= pair[0].1 + CREATION_ROUND_MAX), "{rounds:?}");
}

#[test]
fn an_org_that_the_hub_ended_is_not_asked_again() {
    let mut scheduler = scheduler(2, limits());
    scheduler.next(Duration::ZERO);
    scheduler.retry(0, Duration::ZERO, Duration::ZERO, None).unwrap();
    scheduler.finish(0);
    assert_eq!(scheduler.next(seconds(5.0)), Next::Send(1));
    scheduler.finish(1);
    scheduler.finish(1);
    assert_eq!(scheduler.next(seconds(5.0)), Next::Done);
}

#[test]
fn last_attempts_are_spread_over_the_time_that_the_pace_needs_for_them() {
    let policy = RetryPolicy { initial: seconds(30.0), ..RetryPolicy::default() };
    let limits = Limits { deadline: Some(seconds(10.0)), rate: 100, ..limits() };
    let mut scheduler = Scheduler::new(250, &policy, limits, 7);
    let delays: BTreeSet<_> = (0..250).map(|org| scheduler.retry(org, Duration::ZERO, HOUR, None)).collect();
    let [first, last] = [delays.first(), delays.last()].map(|delay| delay.unwrap().unwrap().as_secs_f64());
    assert!((7.0..7.1).contains(&first) && (9.4..=9.5).contains(&last), "from {first} to {last}");
}

/// The lag from "replicated" to "ready" that the schedule promises, for delays spread log-uniformly over 1 to 120 s.
#[test]
fn an_org_is_noticed_soon_after_it_is_replicated() {
    const ORGS: u32 = 4000;
    let spread = |org: u32| seconds(120_f64.powf(f64::from(org) / f64::from(ORGS - 1)));
    let mut scheduler = scheduler(ORGS as usize, Limits { concurrency: ORGS as usize, ..limits() });
    let mut now = Duration::ZERO;
    let (mut attempts, mut lags) = (0, Vec::new());
    loop {
        match scheduler.next(now) {
            Next::Send(org) => {
                attempts += 1;
                let replicated = spread(u32::try_from(org).unwrap());
                if now >= replicated {
                    lags.push(now.checked_sub(replicated).unwrap());
                    scheduler.finish(org);
                } else {
                    scheduler.retry(org, now, now, None).unwrap();
                }
            }
            Next::WaitUntil(at) => now = at,
            Next::AskAboutAll => scheduler.hub_answered(now),
            Next::Done => break,
            other => panic!("{other:?}"),
        }
    }
    lags.sort();
    let mean = lags.iter().sum::<Duration>() / ORGS;
    assert!(mean <= seconds(2.2), "mean lag {mean:?}");
    assert!(lags[lags.len() * 95 / 100] <= seconds(5.2), "95th percentile {:?}", lags[lags.len() * 95 / 100]);
    assert!(f64::from(attempts) <= 9.0 * f64::from(ORGS), "{attempts} attempts for {ORGS} orgs");
    assert!(now <= seconds(126.2), "the batch ended at {now:?}");
}
