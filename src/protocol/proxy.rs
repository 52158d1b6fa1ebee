//! Through which proxy a URL is asked: the proxy that is named for https, and the hosts that it leaves out.

use std::fmt;
use std::sync::Arc;

use url::{Host, Url};

use crate::model::untrusted::sanitize_line;
use crate::protocol::no_proxy::NoProxy;

/// What separates the authority of a URL from the rest of it.
const AUTHORITY_END: [char; 4] = ['/', '?', '#', '\\'];

/// An HTTP proxy. Its URL may hold a password, so that only its host and port can be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    url: Url,
}

impl Proxy {
    /// Reads `http://user:password@host:port`; without a scheme it is http.
    pub fn new(text: &str) -> Result<Self, ProxyError> {
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let after = rest.find(AUTHORITY_END).map_or("", |end| &rest[end..]);
        // Read as a URL, `http://ci:1#2@proxy` is a host that is called `ci`.
        if after.contains('@') {
            return Err(ProxyError::NotEncoded);
        }
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(ProxyError::NotAProxy);
        }
        let mut url = Url::parse(&format!("{scheme}://{rest}")).map_err(|_| ProxyError::NotAProxy)?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
            return Err(ProxyError::NotAProxy);
        }
        url.set_path("");
        url.set_query(None);
        url.set_fragment(None);
        Ok(Self { url })
    }

    /// Its host, without the brackets of an IPv6 address.
    pub fn host(&self) -> String {
        match self.url.host() {
            Some(Host::Ipv6(address)) => address.to_string(),
            _ => sanitize_line(self.url.host_str().unwrap_or_default(), 255),
        }
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or(80)
    }

    /// Whether there is a password for it.
    pub fn has_password(&self) -> bool {
        self.url.password().is_some()
    }

    /// Its URL, with the password.
    pub(crate) fn expose(&self) -> &Url {
        &self.url
    }
}

impl fmt::Display for Proxy {
    /// `proxy.corp:3128`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host() {
            address if address.contains(':') => write!(f, "[{address}]:{}", self.port()),
            host => write!(f, "{host}:{}", self.port()),
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

/// Why a text names no proxy. It is not quoted: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// Not an http(s) URL with a host.
    #[error("it is not the URL of an HTTP proxy, and cannot be used")]
    NotAProxy,
    /// What should be user and password has characters in it that end a URL's host.
    #[error(
        "its user or password holds a character that must be percent-encoded: write # as %23, / as %2F, ? as %3F, \\ as %5C, @ as %40"
    )]
    NotEncoded,
}

/// Which requests go through a proxy. Plain http never does.
#[derive(Debug, Clone, Default)]
pub enum Proxying {
    /// As the system says: `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, on Windows and macOS else the user's settings.
    #[default]
    System,
    /// None.
    Never,
    /// Those to hosts that are not left out.
    Through(Arc<ProxyRules>),
}

/// A proxy, and the hosts that are reached without it.
#[derive(Debug, Clone)]
pub struct ProxyRules {
    proxy: Proxy,
    exceptions: NoProxy,
}

impl ProxyRules {
    /// This proxy, and the exceptions as `NO_PROXY` lists them.
    pub fn new(proxy: Proxy, exceptions: &str) -> Self {
        Self { proxy, exceptions: NoProxy::new(exceptions) }
    }

    /// The proxy, wherever to.
    pub fn proxy(&self) -> &Proxy {
        &self.proxy
    }

    /// The proxy that a URL is asked through, if any.
    pub fn of(&self, url: &Url) -> Option<&Proxy> {
        (url.scheme() == "https" && !self.exceptions.holds(url)).then_some(&self.proxy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_shown_by_host_and_port_alone() {
        for (text, shown, password) in [
            ("http://proxy.corp:3128", "proxy.corp:3128", false),
            ("proxy.corp:3128", "proxy.corp:3128", false),
            (" HTTP://Proxy.Corp/ ", "proxy.corp:80", false),
            ("https://ci:hunter2@proxy.corp", "proxy.corp:443", true),
            ("ci:hunter2@proxy.corp:3128", "proxy.corp:3128", true),
            ("http://ci:hunter%232@[::1]:8080/", "[::1]:8080", true),
            // An @ is told from the one before the host.
            ("http://ci:hunter2@x@proxy.corp:1", "proxy.corp:1", true),
        ] {
            let proxy = Proxy::new(text).unwrap();
            assert_eq!((proxy.to_string(), proxy.has_password()), (shown.to_owned(), password));
            assert_eq!(format!("{proxy:?}"), format!("Proxy({shown})"));
            assert!(!format!("{proxy:?}").contains("hunter2"));
        }
        assert_eq!(Proxy::new("http://[::1]:8080").unwrap().host(), "::1");
    }

    #[test]
    fn what_is_no_proxy_is_refused_and_not_quoted() {
        let cases = [
            ("http://[::hunter2", ProxyError::NotAProxy),
            ("not a proxy hunter2", ProxyError::NotAProxy),
            ("socks5://hunter2:1", ProxyError::NotAProxy),
            ("ftp://hunter2", ProxyError::NotAProxy),
            ("http://", ProxyError::NotAProxy),
            ("http://hunter2:port", ProxyError::NotAProxy),
            ("http://ci:hunter#2@proxy.corp:3128", ProxyError::NotEncoded),
            ("http://ci:1#hunter2@proxy.corp:3128", ProxyError::NotEncoded),
            ("ci:hunter/2@proxy.corp:3128", ProxyError::NotEncoded),
            ("http://ci:hunter?2@proxy.corp", ProxyError::NotEncoded),
            ("http://ci:hunter\\2@proxy.corp", ProxyError::NotEncoded),
        ];
        for (text, error) in cases {
            let found = Proxy::new(text).unwrap_err();
            assert_eq!(found, error, "{text}");
            assert!(!found.to_string().contains("hunter"));
        }
    }

    #[test]
    fn plain_http_goes_through_no_proxy() {
        let rules = ProxyRules::new(Proxy::new("proxy.corp:3128").unwrap(), "b.com");
        let through = |url: &str| rules.of(&Url::parse(url).unwrap()).map(ToString::to_string);
        assert_eq!(through("https://a.com").as_deref(), Some("proxy.corp:3128"));
        assert_eq!(through("https://127.0.0.1:1").as_deref(), Some("proxy.corp:3128"));
        assert_eq!((through("https://b.com"), through("http://a.com")), (None, None));
    }
}
