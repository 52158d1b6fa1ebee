//! Which part of the way to a host failed, from reqwest's errors. Its own text is left out: it names the URL, and with it
//! the query.

use std::error::Error;
use std::time::Duration;

use crate::protocol::proxy::Proxy;
use crate::protocol::transport::{Unavailability, UnavailableKind};

/// What is said of a certificate, or of all.
pub(super) const NOT_ACCEPTED: &str = "the certificate of the host is not accepted";

/// Says which part of the way failed; `proxy` is the one that the request went through, where that is known. None: the
/// proxy opened no way, and why, it did not say here.
pub(super) fn classify(error: &reqwest::Error, limit: Duration, proxy: Option<&Proxy>) -> Option<Unavailability> {
    let deepest = deepest(error);
    let named = proxy.map_or_else(|| "the proxy".to_owned(), ToString::to_string);
    let (mut tunnel, mut dns) = (None, false);
    // The first is reqwest's own, which names the URL: a host may be called anything.
    for source in sources(error).skip(1) {
        let text = source.to_string();
        // hyper-util's `TunnelError`, which is not public, is known by its words.
        tunnel = tunnel.or_else(|| text.strip_prefix("tunnel error: ").map(str::to_owned));
        dns |= text == "dns error" || text.starts_with("failed to lookup address");
        let io = source.downcast_ref::<std::io::Error>();
        if let Some(tls) = source.downcast_ref::<rustls::Error>().or_else(|| io.and_then(tls_inside)) {
            return Some(of_tls(tls, tunnel.and(Some(named.as_str()))));
        }
        // EMFILE and ENFILE: this process, or this machine, has no more descriptors.
        if let Some(io) = io.filter(|io| matches!(io.raw_os_error(), Some(23 | 24)) && cfg!(unix)) {
            return Some(local(&format!("{io}; raise `ulimit -n`, or lower --concurrency")));
        }
    }
    let (kind, words) = match tunnel.as_deref() {
        _ if error.is_timeout() => {
            (UnavailableKind::Other, format!("no whole answer within {} s", limit.as_secs().max(1)))
        }
        // Any other status than 200.
        Some("unsuccessful") => return None,
        Some("proxy authorization required") => {
            return Some(proxy_refused(&format!(
                "{named} answered HTTP 407: it wants a user and password that it knows"
            )));
        }
        Some("failed to create underlying connection") => {
            (UnavailableKind::Proxy, format!("the proxy could not be reached: {named}: {deepest}"))
        }
        // No whole answer.
        Some(_) => return Some(connection_failed(&format!("the proxy {named} broke it: {deepest}"))),
        None if dns => (UnavailableKind::Gone, format!("the host name could not be resolved: {deepest}")),
        None if error.is_connect() && is_refused(error) => {
            (UnavailableKind::Gone, format!("the connection was refused: {deepest}"))
        }
        None if error.is_body() || error.is_decode() => {
            (UnavailableKind::Other, format!("the answer was cut short: {deepest}"))
        }
        None => return Some(connection_failed(&deepest)),
    };
    Some(Unavailability::new(kind, &words))
}

/// The connection could not be made, or broke.
pub(super) fn connection_failed(why: &str) -> Unavailability {
    Unavailability::new(UnavailableKind::Other, &format!("the connection failed: {why}"))
}

/// The proxy refuses us (407), or the host.
pub(super) fn proxy_refused(why: &str) -> Unavailability {
    Unavailability::new(UnavailableKind::ProxyRefused, &format!("the proxy refused: {why}"))
}

/// It is not the host's fault.
pub(super) fn local(why: &str) -> Unavailability {
    Unavailability::new(UnavailableKind::Local, &format!("this machine cannot make the connection: {why}"))
}

fn is_refused(error: &(dyn Error + 'static)) -> bool {
    let mut errors = sources(error).filter_map(|source| source.downcast_ref::<std::io::Error>());
    errors.any(|error| error.kind() == std::io::ErrorKind::ConnectionRefused)
}

/// rustls' error comes wrapped, once or twice, in one of the system's kind, whose `source` skips over it.
fn tls_inside(error: &std::io::Error) -> Option<&rustls::Error> {
    let inner = error.get_ref()?;
    let deeper = || inner.downcast_ref::<std::io::Error>().and_then(tls_inside);
    inner.downcast_ref::<rustls::Error>().or_else(deeper)
}

/// A certificate that is not accepted is final; a handshake that breaks for another reason can pass. A tunnel is named,
/// as who is at its end may be another than was asked for.
fn of_tls(error: &rustls::Error, tunnel: Option<&str>) -> Unavailability {
    match (error, tunnel) {
        (rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented, tunnel) => {
            let through = tunnel.map(|proxy| format!(" ({proxy})")).unwrap_or_default();
            Unavailability::new(UnavailableKind::Tls, &format!("{NOT_ACCEPTED}: {error}{through}"))
        }
        _ => connection_failed(&error.to_string()),
    }
}

fn sources<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let this = next?;
        next = this.source();
        Some(this)
    })
}

/// The innermost reason, which names no URL.
pub(super) fn deepest(error: &(dyn Error + 'static)) -> String {
    sources(error).last().map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use reqwest::dns::{Name, Resolve, Resolving};

    use super::*;

    struct KnowsNobody;

    impl Resolve for KnowsNobody {
        fn resolve(&self, _: Name) -> Resolving {
            let error = std::io::Error::other("failed to lookup address information: Name or service not known");
            Box::pin(std::future::ready(Err(error.into())))
        }
    }

    #[tokio::test]
    async fn a_host_whose_name_nobody_knows_is_gone() {
        let client =
            reqwest::Client::builder().no_proxy().tls_certs_only([]).dns_resolver(KnowsNobody).build().unwrap();
        let error = client.get("http://dns-error.example/").send().await.unwrap_err();
        let unavailable = classify(&error, Duration::from_secs(30), None).unwrap();
        let words =
            "the host name could not be resolved: failed to lookup address information: Name or service not known";
        assert_eq!((unavailable.kind, unavailable.description.as_str()), (UnavailableKind::Gone, words));
    }
}
