//! TLS: more trust roots, bad certificates, proxies.

use orgready::simulator::RequestKind;
use orgready::{BuildError, Client, ClientId, LoginError, OrgEntry, SigningKey, Username};

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

#[tokio::test]
async fn an_embedder_names_more_trust_roots_in_pem() {
    let bench = Bench::start_tls("[[org]]");
    let stand_in = &bench.simulator;
    let key = SigningKey::read(&std::fs::read_to_string(stand_in.jwt_key_file()).unwrap()).unwrap();
    let (hub, client_id) = (Username::new(stand_in.hub_username()), ClientId::new(stand_in.client_id()));
    let builder =
        || Client::builder(hub.clone().unwrap(), client_id.clone().unwrap(), key.clone()).login_url(stand_in.url());
    let org: OrgEntry = stand_in.usernames()[0].parse().unwrap();
    let ca = std::fs::read_to_string(stand_in.ca_certificate_file().unwrap()).unwrap();
    let client = builder().ca_certificates(ca).build().unwrap();
    assert_eq!(client.clone().login(vec![org.clone()]).await.unwrap().summary.done, 1);
    let Err(LoginError::Hub(failure)) = builder().build().unwrap().login(vec![org]).await else { panic!("trusted") };
    assert_eq!(failure.cause.code.as_str(), "tls_failed");
    let error = builder().ca_certificates("no certificate").build().unwrap_err();
    assert!(matches!(error, BuildError::CaCertificates(_)), "{error}");
}

#[test]
fn an_unknown_ca_is_final_and_says_what_to_do() {
    let bench = Bench::start_tls("[[org]]");
    let ran = bench.login_all().arg("--json").ends_with(3);
    let document = ran.json();
    assert_eq!((&document["name"], &document["cause"]["code"]), (&"HubLoginFailed".into(), &"tls_failed".into()));
    assert_eq!(document["cause"]["retryable"], false);
    assert!(document["cause"]["description"].as_str().unwrap().contains("invalid peer certificate"), "{document}");
    assert!(document["actions"][0].as_str().unwrap().contains("--ca-certificate"), "{document}");
    assert_eq!(bench.requests(RequestKind::Login).len(), 0);
}

#[test]
fn roots_that_a_variable_names_count_instead_of_the_systems_though_none_can_be_used() {
    let bench = Bench::start_tls("[[org]]");
    let none = bench.place.write("none.pem", "no certificate");
    let ran = bench.login_all().env("SSL_CERT_FILE", &none).arg("--json").ends_with(3);
    let document = ran.says("the system's own trust roots are not used").json();
    assert_eq!(document["cause"]["code"], "tls_failed");
    let said = document["cause"]["description"].as_str().unwrap();
    assert!(said.contains("none that SSL_CERT_FILE or SSL_CERT_DIR names"), "{said}");
    trusting(&bench, bench.login_all()).env("SSL_CERT_FILE", &none).ends_with(0);
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
fn one_damaged_certificate_in_a_bundle_is_a_warning_and_the_others_count() {
    let bench = Bench::start_tls("[[org]]");
    let good = std::fs::read_to_string(bench.simulator.ca_certificate_file().unwrap()).unwrap();
    let damaged = good.replacen("MII", "AAA", 1);
    for (name, bundle) in [
        ("first.pem", format!("{damaged}{good}")),
        ("last.pem", format!("{good}{damaged}")),
        ("mark.pem", format!("\u{feff}{damaged}{good}")),
    ] {
        let file = bench.place.write(name, &bundle);
        let by_flag = bench.login_all().arg("--ca-certificate").arg(&file).ends_with(0);
        by_flag.says(name).says("damaged").says("the others count");
        bench.login_all().env("NODE_EXTRA_CA_CERTS", &file).ends_with(0).says("damaged");
    }
    let marked = bench.place.write("bom.pem", format!("\u{feff}{good}"));
    let ran = bench.login_all().arg("--ca-certificate").arg(&marked).ends_with(0);
    assert!(!ran.err.contains("damaged"), "{}", ran.err);
    let none = bench.place.write("none.pem", &damaged);
    bench.login_all().arg("--ca-certificate").arg(&none).ends_with(2).says("line 1 is damaged");
}

#[cfg(unix)]
#[test]
fn a_bundle_without_end_is_given_up() {
    let bench = Bench::start("[[org]]");
    bench.login_all().args(["--ca-certificate", "/dev/zero"]).ends_with(2).says("/dev/zero");
    bench.login_all().env("NODE_EXTRA_CA_CERTS", "/dev/zero").ends_with(0).says("trust roots are ignored");
}

#[test]
fn a_name_under_localhost_is_this_machine_whatever_a_resolver_says() {
    let server = Server::answering(|asked| {
        let port = asked.host().rsplit(':').next().unwrap();
        let row = canned::row("test-a@example.com", &format!("http://evil.localhost:{port}"));
        Canned::with(vec![row]).answer(asked)
    });
    let place = Place::new();
    let url = format!("http://hub.localhost:{}", server.address().port());
    let ran = canned::login(&place, &url).args(["test-a@example.com", "--json"]).ends_with(0);
    assert_eq!(ran.ends(), ["ready"]);
    assert!(server.asked().iter().any(|asked| asked.is_login() && asked.host().starts_with("evil.localhost")));
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
fn a_proxy_that_refuses_is_final_at_once_and_named() {
    let bench = Bench::start_tls("[[org]]");
    let authenticate = "proxy-authenticate: Basic realm=\"x\"\r\n";
    let old = with_headers(407, authenticate, "").strip_prefix(b"HTTP/1.1").map(|rest| [b"HTTP/1.0", rest].concat());
    for (refusal, most) in
        [(with_headers(407, authenticate, ""), 1), (old.unwrap(), 1), (status(403), 2), (status(401), 2)]
    {
        let proxy = Server::proxy(move |_| Err(refusal.clone()));
        let url = proxy.url().replace("http://", "http://ci:hunter2@");
        let ran = trusting(&bench, bench.login_all()).env("HTTPS_PROXY", url).arg("--json").ends_with(3);
        let document = ran.json();
        assert_eq!(
            (&document["name"], &document["cause"]["code"]),
            (&"HubLoginFailed".into(), &"proxy_refused".into())
        );
        assert_eq!(document["cause"]["retryable"], false);
        let address = proxy.address().to_string();
        assert!(document["message"].as_str().unwrap().contains(&address), "{document}");
        assert!(document["actions"][0].as_str().unwrap().contains("HTTPS_PROXY"), "{document}");
        assert!(!format!("{}{}", ran.out, ran.err).contains("hunter2"));
        assert!(proxy.asked().len() <= most, "{:?}", proxy.asked());
    }
    assert_eq!(bench.requests(RequestKind::Login).len(), 0);
}

#[test]
fn a_proxy_that_does_not_find_the_host_is_asked_again() {
    let bench = Bench::start_tls("[[org]]");
    for refusal in [status(502), status(503), status(504), status(404), b"nonsense\r\n\r\n".to_vec(), Vec::new()] {
        let proxy = Server::proxy(move |_| Err(refusal.clone()));
        let run = trusting(&bench, bench.login_all()).env("HTTPS_PROXY", proxy.url());
        let document = run.args(["--json", "--wait", "0"]).ends_with(3).json();
        assert_eq!(
            (&document["cause"]["code"], &document["cause"]["retryable"]),
            (&"unreachable".into(), &true.into())
        );
        let address = proxy.address().to_string();
        assert!(document["message"].as_str().unwrap().contains(&address), "{document}");
    }
}

#[test]
fn a_proxy_that_refuses_one_host_fails_that_org_alone() {
    let certificate = Certificate::of(&["login.salesforce.com", "a.my.salesforce.com", "b.my.salesforce.com"]);
    let rows = ["a", "b"]
        .map(|name| canned::row(&format!("test-{name}@example.com"), &format!("https://{name}.my.salesforce.com")));
    let canned = Canned { scheme: "https", ..Canned::with(rows.into()) };
    let server = Server::answering_tls(&certificate, move |asked| canned.answer(asked));
    let address = server.address();
    let proxy = Server::proxy(move |asked| if asked.line.contains("a.my") { Err(status(403)) } else { Ok(address) });
    let place = Place::new();
    let run = canned::login(&place, "")
        .env("HTTPS_PROXY", proxy.url())
        .env("NODE_EXTRA_CA_CERTS", place.write("ca", &certificate.ca));
    let ran = run.args(["test-a@example.com", "test-b@example.com", "--json"]).ends_with(4);
    assert_eq!(ran.ends(), ["failed proxy_refused", "ready"]);
    assert_eq!(ran.orgs()[0]["attempts"], 1);
}

#[test]
fn a_proxy_that_is_down_says_nothing_about_an_expired_org() {
    let certificate = Certificate::of(&["login.salesforce.com", "a.my.salesforce.com"]);
    let mut row = canned::row("test-a@example.com", "https://a.my.salesforce.com");
    row["ExpirationDate"] = "2020-01-01".into();
    let canned = Canned { scheme: "https", ..Canned::with(vec![row]) };
    let proxy = std::sync::Arc::new(std::sync::Mutex::new(None::<Server>));
    let closing = std::sync::Arc::clone(&proxy);
    let server = Server::answering_tls(&certificate, move |asked| {
        if asked.line.contains("/query?") {
            // The last tunnel is open; no other will be.
            let closed = closing.lock().unwrap().take();
            drop(closed);
        }
        canned.answer(asked)
    });
    let address = server.address();
    let open = Server::proxy(move |_| Ok(address));
    let url = open.url();
    *proxy.lock().unwrap() = Some(open);
    let place = Place::new();
    let run = canned::login(&place, "")
        .env("HTTPS_PROXY", url)
        .env("NODE_EXTRA_CA_CERTS", place.write("ca", &certificate.ca));
    let ran = run.args(["test-a@example.com", "--json", "--wait", "2s"]).ends_with(5);
    assert_eq!(ran.ends(), ["timed_out unreachable"]);
    assert!(ran.orgs()[0]["attempts"].as_u64().unwrap() > 3, "{}", ran.out);
    assert!(ran.orgs()[0]["cause"]["description"].as_str().unwrap().contains("the proxy"), "{}", ran.out);
}

#[test]
fn a_proxy_that_is_none_is_refused_and_not_gone_around() {
    let bench = Bench::start_tls("[[org]]");
    // The hub is asked in clear; what it names may not be.
    let plain = Bench::start("[[org]]");
    for (value, words) in [
        ("http://ci:hunter2@[::bad", "not the URL of an HTTP proxy"),
        ("socks5://ci:hunter2@127.0.0.1:1", "not the URL of an HTTP proxy"),
        ("http://ci:1#hunter2@127.0.0.1:1", "percent-encoded"),
        ("http://ci:hunter2/1@127.0.0.1:1", "percent-encoded"),
    ] {
        for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            for run in [trusting(&bench, bench.login_all()), plain.login_all()] {
                let ran = run.env(variable, value).args(["--json"]).ends_with(2);
                let told = format!("{}{}", ran.out, ran.err);
                assert!(ran.out.contains(variable) && told.contains(words), "{told}");
                assert!(!told.contains("hunter2"), "{told}");
            }
        }
    }
    assert!(bench.was_left_alone() && plain.was_left_alone());
}

#[test]
fn a_password_with_special_characters_reaches_the_proxy_decoded() {
    let bench = Bench::start_tls("[[org]]");
    let proxy = Server::proxy(|asked| {
        // "ci:a#b/c@d" in base64.
        if asked.head.contains("Y2k6YSNiL2NAZA==") {
            Ok(asked.line.split(' ').nth(1).unwrap().parse().unwrap())
        } else {
            Err(status(407))
        }
    });
    let url = proxy.url().replace("http://", "http://ci:a%23b%2Fc%40d@");
    trusting(&bench, bench.login_all()).env("HTTPS_PROXY", &url).ends_with(0);
}

#[test]
fn no_proxy_is_read_as_sf_reads_it() {
    let bench = Bench::start_tls("[[org]]");
    let port = bench.simulator.url().rsplit(':').next().unwrap().to_owned();
    let all = format!("127.0.0.1:{port}");
    for (list, proxied) in [
        ("*", false),
        ("example.com 127.0.0.1", false),
        ("example.com,127.0.0.1", false),
        ("*.0.0.1", false),
        ("127.0.0.0/8", false),
        (all.as_str(), true),
        ("127.0.0.1:1", true),
        ("example.com", true),
    ] {
        let proxy = open_proxy();
        let run = trusting(&bench, bench.login_all()).env("HTTPS_PROXY", proxy.url());
        run.env("NO_PROXY", list).ends_with(0);
        let hub = proxy.asked().iter().any(|asked| asked.line.contains(&all));
        assert_eq!((proxy.asked().is_empty(), hub), (!proxied, proxied && list != all), "{list}");
    }
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
fn a_proxy_that_opens_no_way_is_asked_why_with_the_same_password() {
    let bench = Bench::start_tls("[[org]]");
    let proxy = Server::proxy(|asked| {
        // "ci:a#ö" in base64.
        let is_known = asked.head.contains("Y2k6YSPDtg==");
        Err(status(if is_known { 403 } else { 407 }))
    });
    let url = proxy.url().replace("http://", "http://ci:a%23%C3%B6@");
    let document = trusting(&bench, bench.login_all()).env("HTTPS_PROXY", &url).arg("--json").ends_with(3).json();
    assert_eq!(document["cause"]["code"], "proxy_refused");
    assert!(document["cause"]["description"].as_str().unwrap().contains("answered HTTP 403"), "{document}");
    assert_eq!(proxy.asked().len(), 2, "the same was asked twice");
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
