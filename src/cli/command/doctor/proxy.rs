//! The proxy: which one counts for the hub's host.

use crate::cli::diagnosis::{Check, Findings};
use crate::cli::environment::Environment;
use crate::cli::settings::proxy::ProxyVariables;
use crate::model::host::LoginUrl;
use crate::protocol::proxy::Proxy;

/// The proxy that requests to the hub go through, if any; none also where it is not usable, which is a finding. What is
/// shown of it is its host: its URL may hold a password.
pub(super) fn examine(environment: &Environment, login_url: &LoginUrl, findings: &mut Findings) -> Option<Proxy> {
    let check = Check::Proxy;
    let host = login_url.host();
    let url = login_url.start_page();
    let variables =
        ProxyVariables::read(environment).map_err(|problem| findings.problems(check, [problem], "")).ok()?;
    if url.scheme() == "http" {
        findings.ok(check, "none: plain http is never sent through one");
        return None;
    }
    let Some((rules, name)) = variables.rules else {
        let http = ["HTTP_PROXY", "http_proxy"].into_iter().find(|name| environment.text(name).is_some());
        let http = http.map(|name| format!("; {name} is for plain http alone")).unwrap_or_default();
        let system = if cfg!(any(windows, target_os = "macos")) { "; the system's own setting counts" } else { "" };
        findings.ok(check, format!("none (HTTPS_PROXY is not set{http}{system})"));
        return None;
    };
    let Some(proxy) = rules.of(&url) else {
        let no = variables.exceptions.unwrap_or_default();
        findings.ok(check, format!("none for {host}: {no} lists it (else {name}, {})", rules.proxy()));
        return None;
    };
    let password = if proxy.has_password() { ", with a password" } else { "" };
    findings.ok(check, format!("{proxy} for {host} ({name}{password})"));
    Some(proxy.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::diagnosis::{CheckStatus, Diagnosis};
    use crate::model::host::TrustedHosts;

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
            assert_eq!(proxy, Proxy::new("http://ci:hunter2@proxy.corp:3128").ok(), "{value}");
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
    fn what_cannot_be_a_proxy_is_a_failure_that_does_not_show_it() {
        for value in ["not a proxy hunter2", "socks5://hunter2:1"] {
            let (proxy, status, message) = examined(HUB, &[("HTTPS_PROXY", value)]);
            assert_eq!((proxy, status), (None, CheckStatus::Failed));
            assert!(!message.contains("hunter2"));
        }
        let (_, status, message) = examined(HUB, &[("HTTP_PROXY", "http://proxy.corp:3128")]);
        assert_eq!((status, message.contains("HTTP_PROXY is for plain http alone")), (CheckStatus::Ok, true));
    }
}
