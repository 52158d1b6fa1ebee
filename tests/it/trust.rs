//! Where an assertion or a token may be sent, and that nothing at all is sent anywhere else.

use crate::bench::{Bench, Place, Ran};
use crate::canned::{self, Canned};
use crate::server::{Certificate, Server, status, with_headers};

const USER: &str = "test-a@example.com";

/// A run against a hub on loopback whose record of the org has this `LoginUrl`.
fn login_to(login_url: &str, arguments: &[&str], code: i32) -> Ran {
    let (place, server) = (Place::new(), Canned::with(vec![canned::row(USER, login_url)]).serve());
    let run = canned::login(&place, &server.url()).args([USER, "--json", "--wait", "0"]).args(arguments);
    let ran = run.ends_with(code);
    let logins = server.asked().iter().filter(|asked| asked.is_login()).count();
    assert_eq!(logins, 1, "only the hub is sent an assertion");
    ran
}

#[test]
fn a_login_url_outside_of_salesforce_is_sent_nothing() {
    for url in [
        "https://evil.example",
        "https://login.salesforce.com.evil.example",
        "https://evilsalesforce.com",
        "https://evil.example/login.salesforce.com",
        "https://login.salesforce.com@evil.example",
        "https://evil.example\\@login.salesforce.com",
        "https://evil.example#.salesforce.com",
        "http://acme.my.salesforce.com",
        "https://acme.lightning.force.com",
        "https://127.0.0.1.evil.example",
        "https://169.254.169.254",
        "ftp://acme.my.salesforce.com",
        "javascript:alert(1)",
        "acme.my.salesforce.com",
    ] {
        let ran = login_to(url, &[], 4);
        assert_eq!(ran.ends(), ["failed untrusted_host"], "{url}");
        let org = &ran.orgs()[0];
        assert_eq!(org["attempts"], 0, "{url}");
        assert!(
            org["cause"]["description"].as_str().unwrap().starts_with("LoginUrl of the ScratchOrgInfo record"),
            "{org}"
        );
    }
}

#[test]
fn a_lightning_url_is_answered_with_the_right_one() {
    let bench = Bench::start("[[org]]");
    let hub = bench.login_all().args(["-r", "https://acme.lightning.force.com"]).ends_with(2);
    hub.says("Lightning").says("https://acme.my.salesforce.com");
    let org = login_to("https://acme.scratch.lightning.force.com", &[], 4);
    assert!(org.out.contains("https://acme.scratch.my.salesforce.com"), "{}", org.out);
    assert!(bench.was_left_alone());
}

#[test]
fn a_hub_outside_of_salesforce_is_refused_before_anything_is_sent() {
    let bench = Bench::start("[[org]]");
    for (url, told) in [
        ("https://hub.example", "add --allow-host hub.example"),
        ("http://acme.my.salesforce.com", "plain http"),
        ("http://hub.example", "not a Salesforce host"),
        ("hub.my.salesforce.com", "hub.my.salesforce.com"),
    ] {
        bench.login_all().args(["-r", url]).ends_with(2).says(told);
    }
    assert!(bench.was_left_alone());
}

#[test]
fn an_allowed_host_counts_with_all_below_it_and_over_https_alone() {
    let certificate = Certificate::of(&["org.partner.example"]);
    let place = Place::new();
    let canned = Canned { scheme: "https", ..Canned::with(Vec::new()) };
    let org = Server::answering_tls(&certificate, move |asked| canned.answer(asked));
    let address = org.address();
    let proxy = Server::proxy(move |_| Ok(address));
    let ca = place.write("ca.pem", &certificate.ca);
    let hub = |url: &str| Canned::with(vec![canned::row(USER, url)]).serve();
    for (url, host, end) in [
        ("https://org.partner.example", "partner.example", "ready"),
        ("https://org.partner.example", ".partner.example", "ready"),
        ("https://org.partner.example", "other.example", "failed untrusted_host"),
        ("https://org.partner.example", "ner.example", "failed untrusted_host"),
        ("http://org.partner.example", "partner.example", "failed untrusted_host"),
    ] {
        let hub = hub(url);
        let run = canned::login(&place, &hub.url()).args([USER, "--json"]).env("SSL_CERT_FILE", &ca);
        let run = run.env("HTTPS_PROXY", proxy.url());
        let code = if end == "ready" { 0 } else { 4 };
        let ran = if host.starts_with('.') {
            run.env("ORGREADY_ALLOW_HOSTS", host)
        } else {
            run.args(["--allow-host", host])
        };
        assert_eq!(ran.ends_with(code).ends(), [end], "{url} {host}");
    }
    Bench::start("[[org]]")
        .login_all()
        .args(["--allow-host", "https://x.example/"])
        .ends_with(2)
        .says("is not a host name");
}

/// A hub that is not on this machine, behind a proxy, and what becomes of an org whose `LoginUrl` is on this machine.
#[test]
fn loopback_is_for_hubs_on_loopback() {
    let trap = Server::trap();
    let certificate = Certificate::of(&["login.salesforce.com"]);
    let place = Place::new();
    let ca = place.write("ca.pem", &certificate.ca);
    let port = trap.address().port();
    for url in [
        trap.url(),
        format!("http://localhost:{port}"),
        format!("http://[::1]:{port}"),
        format!("http://2130706433:{port}"),
    ] {
        let canned = Canned { scheme: "https", ..Canned::with(vec![canned::row(USER, &url)]) };
        let hub = Server::answering_tls(&certificate, move |asked| canned.answer(asked));
        let address = hub.address();
        let proxy = Server::proxy(move |_| Ok(address));
        let login = || {
            canned::login(&place, "").args([USER, "--json"]).env("HTTPS_PROXY", proxy.url()).env("SSL_CERT_FILE", &ca)
        };
        let ran = login().ends_with(4);
        assert_eq!(ran.ends(), ["failed untrusted_host"], "{url}");
        assert!(ran.out.contains("is this machine, and the Dev Hub is not"), "{}", ran.out);
        assert_eq!(trap.asked().len(), 0, "{url}");
    }
    // Unless the user says so.
    let canned = Canned { scheme: "https", ..Canned::with(vec![canned::row(USER, &trap.url())]) };
    let hub = Server::answering_tls(&certificate, move |asked| canned.answer(asked));
    let address = hub.address();
    let proxy = Server::proxy(move |_| Ok(address));
    let run = canned::login(&place, "").args([USER, "--allow-host", "127.0.0.1", "--wait", "0"]);
    run.env("HTTPS_PROXY", proxy.url()).env("SSL_CERT_FILE", &ca).ends_with(5);
    assert!(trap.asked()[0].is_login());
}

#[test]
fn an_instance_url_outside_of_salesforce_is_sent_no_token() {
    let trap = Server::trap();
    for url in [
        "https://evil.example".to_owned(),
        trap.url().replace("127.0.0.1", "127.0.0.1.evil.example"),
        "https://acme.lightning.force.com".to_owned(),
    ] {
        let bench = Bench::start(&format!("[[org]]\ninstance_url = \"{url}\"\n[[org]]"));
        let ran = bench.login_all().arg("--json").ends_with(4);
        assert_eq!(ran.ends(), ["failed untrusted_host", "ready"], "{url}");
        assert!(!bench.place.home().join(format!(".sfdx/{}.json", bench.user(0))).exists(), "it is not handed over");
        // The hub's own.
        let bench = Bench::start(&format!("[hub]\ninstance_url = \"{url}\"\n[[org]]"));
        let document = bench.login_all().arg("--json").ends_with(3).json();
        assert_eq!(document["cause"]["code"], "untrusted_host");
        assert_eq!(bench.simulator.totals().queries, 0);
    }
    assert_eq!(trap.asked().len(), 0);
}

#[test]
fn further_pages_are_on_the_same_host_or_not_read() {
    let trap = Server::trap();
    let elsewhere = trap.address();
    for next in [
        format!("http://{elsewhere}/services/data/v60.0/query/01g-2000"),
        format!("//{elsewhere}/services/data/v60.0/query/01g-2000"),
        format!("\\\\{elsewhere}\\services"),
        format!("http://{{host}}@{elsewhere}/"),
        "https://evil.example/".to_owned(),
    ] {
        let place = Place::new();
        let hub = Canned { next: Some(next.clone()), ..Canned::with(vec![canned::row(USER, canned::SELF)]) }.serve();
        let document = canned::login(&place, &hub.url()).args([USER, "--json", "--wait", "0"]).ends_with(3).json();
        assert_eq!(
            (&document["name"], &document["cause"]["code"]),
            (&"HubQueryFailed".into(), &"untrusted_host".into()),
            "{next}"
        );
        assert_eq!(hub.asked().len(), 2, "a login and a query");
    }
    assert_eq!(trap.asked().len(), 0);
    let place = Place::new();
    let hub = Canned {
        next: Some("/services/data/v60.0/query/01g-2000".to_owned()),
        ..Canned::with(vec![canned::row(USER, canned::SELF)])
    }
    .serve();
    canned::login(&place, &hub.url()).args([USER]).ends_with(0);
}

#[test]
fn a_redirect_is_never_followed() {
    for code in [301, 302, 303, 307, 308] {
        let trap = Server::trap();
        let location = format!("location: {}/services/oauth2/token\r\n", trap.url());
        let canned = Canned::with(vec![canned::row(USER, canned::SELF)]);
        // The hub's login, the hub's query, the org's login, the org's check, in turn.
        for nth in 1..=4 {
            let (canned, location, count) = (canned.clone(), location.clone(), std::sync::atomic::AtomicUsize::new(0));
            let hub = Server::answering(move |asked| {
                if count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1 == nth {
                    return with_headers(code, &location, "");
                }
                canned.answer(asked)
            });
            let place = Place::new();
            let ran = canned::login(&place, &hub.url()).args([USER, "--json", "--wait", "0"]).ends_with(if nth < 3 {
                3
            } else {
                5
            });
            assert!(ran.out.contains(&format!("HTTP {code}: a redirect")), "{}", ran.out);
            assert_eq!(hub.asked().len(), nth);
        }
        assert_eq!(trap.asked().len(), 0, "{code}");
    }
}

#[test]
fn a_proxy_sees_no_secret() {
    let bench = Bench::start_tls("[[org]]");
    let proxy = Server::proxy(|asked| Ok(asked.line.split(' ').nth(1).unwrap().parse().unwrap()));
    let ca = bench.simulator.ca_certificate_file().unwrap();
    bench.login_all().env("HTTPS_PROXY", proxy.url()).env("NODE_EXTRA_CA_CERTS", ca).ends_with(0);
    let refusing = Server::proxy(|_| Err(status(403)));
    bench
        .login_all()
        .args(["--wait", "0"])
        .env("HTTPS_PROXY", refusing.url())
        .env("NODE_EXTRA_CA_CERTS", ca)
        .ends_with(3);
    for asked in proxy.asked().iter().chain(&refusing.asked()) {
        assert!(asked.line.starts_with("CONNECT 127.0.0.1:") && asked.body.is_empty(), "{asked:?}");
        assert!(!asked.head.to_lowercase().contains("authorization"), "{asked:?}");
    }
}
