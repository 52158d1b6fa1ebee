//! TLS: more trust roots, bad certificates, proxies.

use orgready::simulator::RequestKind;

use crate::bench::{Bench, Place, Run};
use crate::canned::{self, Canned};
use crate::server::{Certificate, Server, status, with_headers};

/// The simulator's own address for every tunnel.
fn open_proxy() -> Server {
    Server::proxy(|asked| Ok(asked.line.split(' ').nth(1).unwrap().parse().unwrap()))
}

fn trusting<'b>(bench: &'b Bench, run: Run<'b>) -> Run<'b> {
    run.arg("--ca-certificate").arg(bench.simulator.ca_certificate_file().unwrap())
}

#[test]
fn more_trust_roots_are_named_by_a_flag_or_a_variable() {
    let bench = Bench::start_tls("[[org]]\ncount = 2");
    let ca = bench.simulator.ca_certificate_file().unwrap();
    let ran = bench.login_all().args(["--json", "--ca-certificate"]).arg(ca).ends_with(0);
    assert!(ran.orgs()[0]["instanceUrl"].as_str().unwrap().starts_with("https://127.0.0.1:"));
    bench.login_all().env("NODE_EXTRA_CA_CERTS", ca).ends_with(0);
    bench.login_all().env("SSL_CERT_FILE", ca).ends_with(0);
}

#[test]
fn an_unknown_ca_is_final_and_says_what_to_do() {
    let bench = Bench::start_tls("[[org]]");
    let ran = bench.login_all().arg("--json").ends_with(3);
    let document = ran.json();
    assert_eq!((&document["name"], &document["cause"]["code"]), (&"HubLoginFailed".into(), &"tls_failed".into()));
    assert_eq!(document["cause"]["retryable"], false);
    assert!(document["actions"][0].as_str().unwrap().contains("--ca-certificate"), "{document}");
    assert_eq!(bench.requests(RequestKind::Login).len(), 0);
}

#[test]
fn each_bad_certificate_is_final_and_spoils_no_other_org() {
    let bench = Bench::start_tls(include_str!("../../config/scenarios/certificates.toml"));
    let ran = trusting(&bench, bench.login_all()).arg("--json").ends_with(4);
    let ended: Vec<String> =
        ran.orgs().iter().map(|org| org["cause"]["code"].as_str().unwrap_or("ready").to_owned()).collect();
    let expected: Vec<&str> = bench.simulator.expectations().iter().map(|(_, end)| end.as_str()).collect();
    assert_eq!(ended, expected);
    for org in ran.orgs().iter().skip(1) {
        assert_eq!(org["attempts"], 1, "{org}");
    }
}

#[test]
fn a_file_without_certificates_is_refused_by_flag_and_warned_of_by_variable() {
    let bench = Bench::start("[[org]]");
    let file = bench.place.write("roots.pem", "no certificate");
    bench.login_all().arg("--ca-certificate").arg(&file).ends_with(2).says("roots.pem").says("no PEM block");
    bench.login_all().args(["--ca-certificate", "missing.pem"]).ends_with(2).says("missing.pem");
    assert!(bench.was_left_alone());
    bench.login_all().env("NODE_EXTRA_CA_CERTS", &file).ends_with(0).says("trust roots are ignored");
}

#[test]
fn https_goes_through_the_proxy_on_loopback_too() {
    let (bench, proxy) = (Bench::start_tls("[[org]]"), open_proxy());
    trusting(&bench, bench.login_all()).env("HTTPS_PROXY", proxy.url()).ends_with(0);
    let asked: Vec<String> = proxy.asked().iter().map(|asked| asked.line.clone()).collect();
    let connect = |url: &str| format!("CONNECT {} HTTP/1.1", url.trim_start_matches("https://"));
    let user = bench.user(0);
    assert_eq!(asked[0], connect(bench.simulator.url()));
    assert!(asked.contains(&connect(bench.simulator.origin(&user).unwrap())));

    for variable in ["NO_PROXY", "no_proxy"] {
        let proxy = open_proxy();
        let run = trusting(&bench, bench.login_all()).env("HTTPS_PROXY", proxy.url());
        run.env(variable, "127.0.0.1").ends_with(0);
        assert_eq!(proxy.asked().len(), 0, "{variable}");
    }
}

#[test]
fn plain_http_is_never_proxied() {
    let (bench, proxy) = (Bench::start("[[org]]"), open_proxy());
    let run = bench.login_all();
    let run = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
        .into_iter()
        .fold(run, |run, name| run.env(name, proxy.url()));
    run.ends_with(0);
    assert_eq!(proxy.asked().len(), 0);
}

#[test]
fn a_proxy_that_refuses_is_told_for_what_it_is() {
    let bench = Bench::start_tls("[[org]]");
    let authenticate = "proxy-authenticate: Basic realm=\"x\"\r\n";
    for refusal in [status(403), with_headers(407, authenticate, ""), status(502)] {
        let proxy = Server::proxy(move |_| Err(refusal.clone()));
        let run = trusting(&bench, bench.login_all()).env("HTTPS_PROXY", proxy.url());
        let document = run.args(["--json", "--wait", "0"]).ends_with(3).json();
        assert_eq!(document["cause"]["code"], "unreachable");
        assert_eq!(document["cause"]["retryable"], true);
        assert!(document["message"].as_str().unwrap().contains("proxy"), "{document}");
        assert!(document["actions"][0].as_str().unwrap().contains("HTTPS_PROXY"), "{document}");
    }
    assert_eq!(bench.requests(RequestKind::Login).len(), 0);
}

#[test]
fn a_proxy_that_is_none_is_refused_and_not_gone_around() {
    let bench = Bench::start_tls("[[org]]");
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        let run = trusting(&bench, bench.login_all()).env(variable, "http://ci:hunter2@[::bad");
        let ran = run.args(["--json"]).ends_with(2);
        assert!(ran.out.contains(variable) && !format!("{}{}", ran.out, ran.err).contains("hunter2"), "{}", ran.out);
    }
    assert_eq!(bench.requests(RequestKind::Login).len(), 0);
}

#[test]
fn a_proxy_is_given_its_password() {
    let bench = Bench::start_tls("[[org]]");
    let proxy = Server::proxy(|asked| {
        // "ci:secret" in base64.
        if asked.head.to_lowercase().contains("proxy-authorization: basic y2k6c2vjcmv0") {
            Ok(asked.line.split(' ').nth(1).unwrap().parse().unwrap())
        } else {
            Err(status(407))
        }
    });
    let url = proxy.url().replace("http://", "http://ci:secret@");
    let ran = trusting(&bench, bench.login_all()).env("HTTPS_PROXY", &url).env("ORGREADY_LOG", "trace").ends_with(0);
    assert!(!ran.err.contains("secret") && !ran.err.contains("Y2k6c2VjcmV0"), "the proxy's password is told");
}

#[test]
fn names_are_resolved_by_the_proxy_and_salesforce_needs_no_settings() {
    // What a machine in a company's network sees: no DNS to the outside, a proxy that inspects TLS.
    let certificate = Certificate::of(&["login.salesforce.com", "acme.scratch.my.salesforce.com"]);
    let org = canned::row("test-a@example.com", "https://acme.scratch.my.salesforce.com");
    let canned = Canned { scheme: "https", ..Canned::with(vec![org]) };
    let server = Server::answering_tls(&certificate, move |asked| canned.answer(asked));
    let address = server.address();
    let proxy = Server::proxy(move |_| Ok(address));
    let place = Place::new();
    let ca = place.write("company.pem", &certificate.ca);
    let run = canned::login(&place, "").env("HTTPS_PROXY", proxy.url()).env("NODE_EXTRA_CA_CERTS", ca);
    let ran = run.args(["test-a@example.com", "--json"]).ends_with(0);
    assert_eq!(ran.json()["result"]["hub"]["loginUrl"], "https://login.salesforce.com");
    assert_eq!(ran.orgs()[0]["instanceUrl"], "https://acme.scratch.my.salesforce.com");
    let hosts: Vec<String> =
        proxy.asked().iter().map(|asked| asked.line.split(' ').nth(1).unwrap().to_owned()).collect();
    assert_eq!(hosts[0], "login.salesforce.com:443");
    assert_eq!(hosts.last().unwrap(), "acme.scratch.my.salesforce.com:443");
}
