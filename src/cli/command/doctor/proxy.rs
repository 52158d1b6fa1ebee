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
    let (Proxy { host: proxy_host, port }, has_password) = &proxy;
    match (rules(text(&no)).intercept(&url), &no) {
        (None, Some((no, _))) => {
            findings.ok(check, format!("none for {host}: {no} lists it (else {name}, {proxy_host}:{port})"));
            None
        }
        _ => {
            let password = if *has_password { ", with a password" } else { "" };
            findings.ok(check, format!("{proxy_host}:{port} for {host} ({name}{password})"));
            Some(proxy.0)
        }
    }
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
