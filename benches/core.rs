//! What one login costs inside the process: signing, the verdict, reading usernames, the agenda, one entry of the sf store.
//!
//! `cargo bench --bench core`. What belongs together stands together: a signature alone is the floor of an assertion, and
//! an agenda of 1,000 orgs is what one of 10,000 is compared with.

#![allow(missing_docs, clippy::unwrap_used, clippy::wildcard_imports)]

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt::Write as _;
use std::sync::OnceLock;
use std::time::Duration;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use divan::{Bencher, black_box};
use jiff::Timestamp;
use orgready::Roster;
use orgready::engine::retry::RetryPolicy;
use orgready::engine::scheduler::{Limits, Next, Scheduler};
use orgready::model::handover::{Handover as _, ReadyOrg};
use orgready::model::host::TrustedHosts;
use orgready::model::key::SigningKey;
use orgready::model::org::{ClientId, OrgId, Username};
use orgready::model::scratch_org::{ScratchOrgInfo, Status};
use orgready::model::token::AccessToken;
use orgready::protocol::assertion::{AUDIENCE_TEST, Claims};
use orgready::protocol::error_response::ErrorResponse;
use orgready::protocol::verdict;
use orgready::protocol::verdict_context::VerdictContext;
use orgready::sf::{HandoverOptions, KeyPath, Platform, Store, StoreHandover, StoreSettings};

fn main() {
    divan::main();
}

/// One generated key, as aws-lc-rs holds it and as PEM.
fn key() -> &'static (KeyPair, String) {
    static KEY: OnceLock<(KeyPair, String)> = OnceLock::new();
    KEY.get_or_init(|| {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: aws_lc_rs::encoding::Pkcs8V1Der<'static> = pair.as_der().unwrap();
        let body = BASE64_STANDARD.encode(der.as_ref());
        (pair, format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"))
    })
}

fn now() -> Timestamp {
    "2026-11-24T10:00:00Z".parse().unwrap()
}

fn username(n: usize) -> String {
    format!("test-{n:012}@example.com")
}

/// The record of an org that was created a minute ago.
fn record(username: &str) -> ScratchOrgInfo {
    let mut record = ScratchOrgInfo::default();
    record.username = Some(Username::new(username).unwrap());
    record.login_url = Some("http://localhost:8125/".to_owned());
    record.status = Some(Status::Active);
    record.org_id = Some(OrgId::new("00D000000000001").unwrap());
    record.instance = Some("USA1S".to_owned());
    record.expiration_date = Some("2026-12-01".parse().unwrap());
    record.connected_app = Some("3MVG9".to_owned());
    record.created = Some("2026-11-24T09:59:00Z".parse().unwrap());
    record
}

mod signing {
    use super::*;

    #[divan::bench]
    fn a_bare_signature(bencher: Bencher) {
        let (pair, _) = key();
        let random = SystemRandom::new();
        let mut signature = vec![0; pair.public_modulus_len()];
        bencher.bench_local(|| pair.sign(&RSA_PKCS1_SHA256, &random, black_box(&[7; 300]), &mut signature).unwrap());
    }

    #[divan::bench]
    fn an_assertion(bencher: Bencher) {
        let key = SigningKey::read(&key().1).unwrap();
        let (user, at) = (username(1), now());
        bencher.bench_local(|| Claims::new("3MVG9", black_box(&user), AUDIENCE_TEST, at).sign(&key).unwrap());
    }

    #[divan::bench]
    fn reading_the_key_once_for_a_batch(bencher: Bencher) {
        let pem = &key().1;
        bencher.bench_local(|| SigningKey::read(black_box(pem)).unwrap());
    }
}

#[divan::bench]
fn the_verdict_on_not_replicated_yet(bencher: Bencher) {
    let refusal = ErrorResponse::of_token_endpoint(400, "invalid_grant", "user hasn't approved this consumer");
    let (record, client_id) = (record(&username(1)), ClientId::new("3MVG9").unwrap());
    let context = VerdictContext {
        record: Some(&record),
        client_id: &client_id,
        host: "x.scratch.my.salesforce.com",
        now: now(),
        doubted: Duration::ZERO,
        unanswered: 0,
        logged_in: false,
        refused_tokens: 0,
    };
    bencher.bench_local(|| verdict::on_refusal(black_box(&refusal), &context));
}

mod a_roster_of_10_000 {
    use super::*;

    fn read(bencher: Bencher, content: &str) {
        bencher.bench_local(|| {
            let mut roster = Roster::new();
            roster.add_file("orgs", black_box(content.as_bytes()));
            assert_eq!(roster.finish().unwrap().entries.len(), 10_000);
        });
    }

    #[divan::bench]
    fn as_text(bencher: Bencher) {
        let mut text = String::new();
        for n in 0..10_000 {
            writeln!(text, "alias{n}={}", username(n)).unwrap();
        }
        read(bencher, &text);
    }

    #[divan::bench]
    fn as_json(bencher: Bencher) {
        let rows: Vec<_> = (0..10_000)
            .map(|n| serde_json::json!({"SignupUsername": username(n), "alias": format!("alias{n}")}))
            .collect();
        let json = serde_json::json!({"status": 0, "result": {"records": rows, "totalSize": 10_000, "done": true}});
        read(bencher, &serde_json::to_string_pretty(&json).unwrap());
    }
}

/// The whole course of a batch in virtual time: delays log-uniform over 1 to 120 s, answers after 20 ms, an hour's wait.
/// How long orgs are kept waiting after they are replicated is told by a test; here it is what the agenda itself costs.
#[divan::bench(args = [1_000, 10_000])]
fn an_agenda(bencher: Bencher, orgs: usize) {
    const ANSWER: Duration = Duration::from_millis(20);
    let mut chance = fastrand::Rng::with_seed(7);
    let replicated: Vec<Duration> = (0..orgs).map(|_| Duration::from_secs_f64(120_f64.powf(chance.f64()))).collect();
    bencher.bench_local(|| {
        let limits = Limits { deadline: Some(Duration::from_secs(3600)), concurrency: 32, rate: 0 };
        let mut agenda = Scheduler::new(orgs, &RetryPolicy::default(), limits, 7);
        for org in 0..orgs {
            agenda.ask(org, Duration::ZERO);
        }
        let mut answers = BinaryHeap::new();
        let mut first_post: Vec<Option<Duration>> = vec![None; orgs];
        let mut now = Duration::ZERO;
        loop {
            let wake = match agenda.next(now) {
                Next::Send(org) => {
                    first_post[org].get_or_insert(now);
                    answers.push(Reverse((now + ANSWER, org)));
                    continue;
                }
                Next::AskAboutAll | Next::AskAboutCreating => {
                    agenda.hub_answered(now);
                    continue;
                }
                Next::WaitUntil(at) => Some(at),
                Next::WaitForAnswers => None,
                Next::TimeIsUp | Next::Done => break,
            };
            match answers.peek().copied() {
                Some(Reverse((at, org))) if wake.is_none_or(|wake| at <= wake) => {
                    answers.pop();
                    now = at;
                    if now >= replicated[org] + ANSWER {
                        agenda.finish(org);
                    } else {
                        let waited = now.saturating_sub(first_post[org].unwrap_or(now));
                        agenda.retry(org, now, waited, None).unwrap();
                    }
                }
                _ => now = wake.unwrap(),
            }
        }
        assert_eq!(agenda.open().count(), 0);
    });
}

mod an_entry_of_the_sf_store {
    use super::*;

    fn ready_org(trusted: &TrustedHosts, n: usize) -> ReadyOrg {
        let username = username(n);
        let urls = ("http://localhost:8125/", "http://localhost:8124");
        let urls = (trusted.login_url(urls.0).unwrap(), trusted.instance_url(urls.1).unwrap());
        let org_id = OrgId::new("00D000000000001EAA").unwrap();
        let token = AccessToken::new(format!("00D000000000001!{}", "A".repeat(96)));
        let mut org = ReadyOrg::new(n, Username::new(&username).unwrap(), org_id, urls, token);
        org.record = record(&username).into();
        org.organization.name = Some("Acme".to_owned());
        org.organization.instance_name = Some("USA1S".to_owned());
        org.organization.is_sandbox = Some(true);
        org.organization.organization_type = Some("Developer Edition".to_owned());
        org.organization.trial_expiration_date = Some("2026-12-01T00:00:00.000+0000".to_owned());
        org
    }

    /// `made` is how many orgs take turns: with one, its file is there already, with many each is new.
    fn keep(bencher: Bencher, made: usize) {
        let home = tempfile::tempdir().unwrap();
        let key_file = home.path().join("server.key");
        std::fs::write(&key_file, &key().1).unwrap();
        let mut settings = StoreSettings::new(home.path().to_owned(), home.path().to_owned(), |_| None);
        settings.platform = Platform::Linux;
        settings.generic_keychain = true;
        let (hub, client_id) = (Username::new("hub@example.com").unwrap(), ClientId::new("3MVG9").unwrap());
        let mut wanted = HandoverOptions::new(hub, client_id);
        wanted.key_path = Some(KeyPath::new(&key_file).unwrap());
        wanted.aliases = false;
        let handover = StoreHandover::prepare(Store::new(settings), wanted).unwrap();
        let mut trusted = TrustedHosts::new(Vec::new());
        trusted.hub("http://localhost:8123").unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut n = 0;
        let next = || {
            n += 1;
            ready_org(&trusted, n % made)
        };
        bencher.with_inputs(next).bench_local_values(|org| runtime.block_on(handover.keep(&org)).unwrap());
    }

    /// The floor: the same bytes, written beside the file and renamed over it.
    #[divan::bench]
    fn a_file_renamed_into_place(bencher: Bencher) {
        let home = tempfile::tempdir().unwrap();
        let (new, file) = (home.path().join("new"), home.path().join("file"));
        bencher.bench_local(|| {
            std::fs::write(&new, [b'x'; 1000]).unwrap();
            std::fs::rename(&new, &file).unwrap();
        });
    }

    #[divan::bench]
    fn of_a_new_org(bencher: Bencher) {
        keep(bencher, usize::MAX);
    }

    #[divan::bench]
    fn of_a_known_org(bencher: Bencher) {
        keep(bencher, 1);
    }
}
