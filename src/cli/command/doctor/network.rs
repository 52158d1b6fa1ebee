//! The way to the hub's host, without any secret: its name, a connection that is trusted, and what time it is there.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use jiff::Timestamp;

use crate::cli::diagnosis::{Check, CheckStatus, Findings};
use crate::model::cause::{Cause, CauseCode};
use crate::model::clock::Clock;
use crate::model::host::LoginUrl;
use crate::model::untrusted::{DESCRIPTION_MAX, sanitize_line};
use crate::protocol::http::{Http, addresses};
use crate::protocol::proxy::Proxy;
use crate::protocol::response::http_date;
use crate::protocol::transport::{Answer, Unavailability, UnavailableKind};

/// Longer than a host takes that answers at all.
const PATIENCE: Duration = Duration::from_secs(10);

/// Clocks that differ by more are worth a look. An assertion lives 180 s, so that from there on logins are refused.
const SKEW_WARNING: u64 = 60;
const SKEW_MAX: u64 = 180;

const SET_CLOCK: &str = "set this machine's clock (NTP): an assertion lives three minutes, counted by both clocks";

/// Looks for the host, connects to it, compares the clocks. Whether a login can be tried.
pub(super) async fn examine(
    http: &Http,
    login_url: &LoginUrl,
    proxy: Option<&Proxy>,
    clock: Clock,
    findings: &mut Findings,
) -> bool {
    if !dns(login_url, proxy, findings).await {
        findings.skip_rest("the host's name could not be looked up");
        return false;
    }
    match http.probe(login_url, PATIENCE).await {
        Ok(answer) => {
            connection(login_url, proxy, &answer, findings);
            time(&answer, clock.now(), findings);
            true
        }
        Err(error) => {
            findings.refused(Check::Connection, unreached(&error, login_url, proxy));
            findings.skip_rest("the host could not be reached");
            false
        }
    }
}

async fn dns(login_url: &LoginUrl, proxy: Option<&Proxy>, findings: &mut Findings) -> bool {
    let host = proxy.map_or_else(|| login_url.host_name().to_owned(), Proxy::host);
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let through = proxy.map(|_| format!(" (the proxy; it looks up {} by itself)", login_url.host_name()));
    let through = through.unwrap_or_default();
    if bare.parse::<IpAddr>().is_ok() {
        findings.ok(Check::Dns, format!("{bare} is an address: there is nothing to look up{through}"));
        return true;
    }
    let problem = match tokio::time::timeout(PATIENCE, addresses(bare)).await {
        Ok(Ok(found)) => {
            let mut addresses: Vec<IpAddr> = found.iter().map(SocketAddr::ip).collect();
            addresses.dedup();
            let shown: Vec<String> = addresses.iter().take(2).map(IpAddr::to_string).collect();
            let more = addresses.len().saturating_sub(shown.len());
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            findings.ok(Check::Dns, format!("{bare} is {}{more}{through}", shown.join(", ")));
            return true;
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {} s", PATIENCE.as_secs()),
    };
    let hint = if proxy.is_some() {
        "check the host in HTTPS_PROXY, and this machine's DNS"
    } else {
        "check the spelling of the host in --instance-url, and this machine's DNS (in a container /etc/resolv.conf); where only a proxy leads outside, set HTTPS_PROXY: it looks the name up"
    };
    let description = sanitize_line(&format!("the host name could not be resolved: {problem}"), DESCRIPTION_MAX);
    findings.refused(Check::Dns, Cause::again(CauseCode::Unreachable, description, bare, hint));
    false
}

fn connection(login_url: &LoginUrl, proxy: Option<&Proxy>, answer: &Answer, findings: &mut Findings) {
    let host = login_url.host();
    let trusted =
        if login_url.as_str().starts_with("https:") { ", its certificate is trusted" } else { ", without TLS" };
    let through = proxy.map(|proxy| format!(", through {proxy}")).unwrap_or_default();
    let message = format!("{host} answers{trusted}{through}");
    match answer.status {
        status @ (420 | 429 | 500..) => {
            let next = "see status.salesforce.com for the hub's instance, and run again later";
            findings.warning(Check::Connection, format!("{message}, but with HTTP {status}"), next);
        }
        _ => findings.ok(Check::Connection, message),
    }
}

/// Which part of the way failed, as a login would tell it, with the next step for that part.
fn unreached(error: &Unavailability, login_url: &LoginUrl, proxy: Option<&Proxy>) -> Cause {
    let host = login_url.host();
    let at_proxy = proxy.map(ToString::to_string);
    let hint = match (error.kind, &at_proxy) {
        (UnavailableKind::Tls, _) => {
            let address = if host.contains(':') { host.to_owned() } else { format!("{host}:443") };
            let proxy = at_proxy.map(|proxy| format!(" -proxy {proxy}")).unwrap_or_default();
            format!(
                "see who signed it with `openssl s_client -connect {address}{proxy} -showcerts`; if a proxy inspects TLS, give its CA certificate with --ca-certificate FILE or NODE_EXTRA_CA_CERTS (PEM); if it is expired or for another name, check --instance-url and this machine's clock"
            )
        }
        (UnavailableKind::ProxyRefused, at_proxy) => format!(
            "check the proxy {} in HTTPS_PROXY (host, port, user, password), and whether it lets {host} through; NO_PROXY={} goes without it",
            at_proxy.as_deref().unwrap_or_default(),
            login_url.host_name()
        ),
        (UnavailableKind::Local, _) => "make room on this machine, and run again".to_owned(),
        (_, Some(proxy)) => {
            format!("check that the proxy {proxy} (HTTPS_PROXY) is up, and that a firewall lets this machine reach it")
        }
        (UnavailableKind::Gone, None) => {
            let stand_in = if login_url.is_loopback() { ", and that the stand-in there is running" } else { "" };
            format!("nobody listens at {host}: check host and port in --instance-url{stand_in}")
        }
        (_, None) => format!(
            "check that a firewall lets this machine reach {host}; where only a proxy leads outside, set HTTPS_PROXY; if Salesforce is down (status.salesforce.com), run again later"
        ),
    };
    let code = match error.kind {
        UnavailableKind::Tls => CauseCode::TlsFailed,
        UnavailableKind::ProxyRefused => CauseCode::ProxyRefused,
        _ => CauseCode::Unreachable,
    };
    let cause = Cause::never(code, sanitize_line(&error.to_string(), DESCRIPTION_MAX), host, &hint);
    Cause { retryable: code == CauseCode::Unreachable, ..cause }
}

/// Compares the clocks by the answer's `Date`, which has whole seconds.
fn time(answer: &Answer, now: Timestamp, findings: &mut Findings) {
    let check = Check::Clock;
    let Some(date) = answer.date.as_deref().and_then(http_date) else {
        return findings.skipped(check, "the host did not tell its time");
    };
    let ahead = now.as_second() - date.as_second();
    let seconds = ahead.unsigned_abs();
    let direction = if ahead > 0 { "ahead of" } else { "behind" };
    let message = format!("this machine's clock is {seconds} s {direction} the host's");
    let status = match seconds {
        0..=2 => return findings.ok(check, "this machine's clock and the host's agree"),
        3..=SKEW_WARNING => return findings.ok(check, message),
        seconds if seconds <= SKEW_MAX => CheckStatus::Warning,
        _ => CheckStatus::Failed,
    };
    findings.add(check, status, &message, Some(SET_CLOCK));
}
