//! The proxy: which one counts for the hub's host, by the same rules that the HTTP client goes by.

use hyper_util::client::proxy::matcher::{Intercept, Matcher};

use crate::cli::diagnosis::{Check, Findings};
use crate::cli::environment::Environment;
use crate::host::LoginUrl;

const WRITE: &str =
    "write HTTPS_PROXY=http://HOST:PORT (user:password@ before the host where the proxy asks for them), or unset it";

/// Host and port of a proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proxy {
    pub(super) host: String,
    pub(super) port: u16,
}

/// The proxy that requests to the hub go through, if any. What is shown of it is its host: its URL may hold a password.
pub(super) fn examine(environment: &Environment, login_url: &LoginUrl, findings: &mut Findings) -> Option<Proxy> {
    let check = Check::Proxy;
    let host = login_url.host();
    let first = |names: [&'static str; 2]| names.into_iter().find_map(|name| Some((name, environment.text(name)?)));
    let https = first(["HTTPS_PROXY", "https_proxy"]);
    let all = first(["ALL_PROXY", "all_proxy"]);
    let no = first(["NO_PROXY", "no_proxy"]);
    let Ok(url) = login_url.as_str().parse::<hyper::Uri>() else {
        findings.skipped(check, "the login URL is not usable");
        return None;
    };
    if url.scheme_str() == Some("http") {
        findings.ok(check, "none: plain http is never sent through one");
        return None;
    }
    let Some((name, _)) = https.as_ref().or(all.as_ref()) else {
        let http = first(["HTTP_PROXY", "http_proxy"]).map(|(name, _)| format!("; {name} is for plain http alone"));
        let system = if cfg!(any(windows, target_os = "macos")) { "; the system's own setting counts" } else { "" };
        findings.ok(check, format!("none (HTTPS_PROXY is not set{}{system})", http.unwrap_or_default()));
        return None;
    };
    let text =
        |variable: &Option<(&str, String)>| variable.as_ref().map(|(_, value)| value.clone()).unwrap_or_default();
    let rules = |no: String| Matcher::builder().https(text(&https)).all(text(&all)).no(no).build();
    let Some(proxy) = rules(String::new()).intercept(&url).and_then(|proxy| shown(&proxy)) else {
        findings.warning(check, format!("{name} is not the URL of an HTTP proxy, and cannot be used"), WRITE);
        return None;
    };
    let (proxy, has_password) = proxy;
    let address = format!("{}:{}", proxy.host, proxy.port);
    if let (None, Some((no, _))) = (rules(text(&no)).intercept(&url), &no) {
        findings.ok(check, format!("none for {host}: {no} lists it (else {name}, {address})"));
        return None;
    }
    let password = if has_password { ", with a password" } else { "" };
    findings.ok(check, format!("{address} for {host} ({name}{password})"));
    Some(proxy)
}

/// Host and port, and whether there is a password.
fn shown(proxy: &Intercept) -> Option<(Proxy, bool)> {
    let uri = proxy.uri();
    let port = match uri.scheme_str() {
        Some("http") => 80,
        Some("https") => 443,
        _ => return None,
    };
    let host = crate::untrusted::line(uri.host()?, 255);
    Some((Proxy { host, port: uri.port_u16().unwrap_or(port) }, proxy.basic_auth().is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::diagnosis::{CheckStatus, Diagnosis};
    use crate::host::TrustedHosts;

    fn examined(url: &str, variables: &[(&str, &str)]) -> (Option<Proxy>, CheckStatus, String) {
        let environment =
            Environment::of(variables.iter().map(|(name, value)| ((*name).to_owned(), *value)), "/".as_ref());
        let mut findings = Findings::default();
        let proxy = examine(&environment, &TrustedHosts::default().hub(url).unwrap(), &mut findings);
        let checks = Diagnosis::new(findings, std::time::Duration::ZERO).checks;
        (proxy, checks[0].status, checks[0].message.clone())
    }

    const HUB: &str = "https://acme.my.salesforce.com";

    #[test]
    fn a_proxy_is_shown_by_its_host_alone() {
        for (name, value) in [
            ("HTTPS_PROXY", "http://ci:hunter2@proxy.corp:3128"),
            ("https_proxy", "ci:hunter2@proxy.corp:3128"),
            ("ALL_PROXY", "http://ci:hunter2@proxy.corp:3128/"),
        ] {
            let (proxy, status, message) = examined(HUB, &[(name, value)]);
            assert_eq!(proxy, Some(Proxy { host: "proxy.corp".to_owned(), port: 3128 }), "{value}");
            assert_eq!(status, CheckStatus::Ok);
            assert!(message.contains(name) && message.ends_with("with a password)"), "{message}");
            assert!(!message.contains("hunter2") && !message.contains("ci:"), "{message}");
        }
    }

    #[test]
    fn a_host_that_is_left_out_of_it_is_told() {
        let proxied = ("HTTPS_PROXY", "http://proxy.corp:3128");
        for list in ["*", "salesforce.com", ".my.salesforce.com"] {
            let (proxy, _, message) = examined(HUB, &[proxied, ("NO_PROXY", list)]);
            assert_eq!((proxy, message.contains("NO_PROXY lists it")), (None, true), "{list}");
        }
        assert!(examined(HUB, &[proxied, ("NO_PROXY", "example.com")]).0.is_some());
        assert_eq!(examined("http://127.0.0.1:80", &[proxied]).0, None);
    }

    #[test]
    fn what_cannot_be_a_proxy_is_a_warning_that_does_not_show_it() {
        for value in ["not a proxy hunter2", "socks5://hunter2:1"] {
            let (proxy, status, message) = examined(HUB, &[("HTTPS_PROXY", value)]);
            assert_eq!((proxy, status), (None, CheckStatus::Warning));
            assert!(!message.contains("hunter2"));
        }
        let (_, status, message) = examined(HUB, &[("HTTP_PROXY", "http://proxy.corp:3128")]);
        assert_eq!((status, message.contains("HTTP_PROXY is for plain http alone")), (CheckStatus::Ok, true));
    }
}
