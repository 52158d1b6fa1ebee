//! `NO_PROXY`: the hosts that are reached without a proxy, in every form that curl and `sf` know.

use std::net::IpAddr;

use url::{Host, Url};

/// A list of hosts, separated by commas or spaces.
///
/// The forms are those of `proxy-from-env`, which `sf` goes by (`*`, `*.x.com`, `.x.com`, `x.com`, `host:port`), and
/// curl's: a bare name stands for all names under it too, an address may be a network (`10.0.0.0/8`).
#[derive(Debug, Clone, Default)]
pub(crate) struct NoProxy {
    exceptions: Vec<Exception>,
}

#[derive(Debug, Clone)]
struct Exception {
    host: Pattern,
    /// This port alone.
    port: Option<u16>,
}

#[derive(Debug, Clone)]
enum Pattern {
    /// What follows a `*`.
    Ending(String),
    /// A name, and all under it.
    Domain(String),
    /// Addresses that begin with the same so many bits.
    Network(IpAddr, u32),
}

impl NoProxy {
    pub(crate) fn new(list: &str) -> Self {
        let entries = list.split(|c: char| c == ',' || c.is_whitespace()).filter(|entry| !entry.is_empty());
        Self { exceptions: entries.map(Exception::new).collect() }
    }

    /// Whether the URL's host is among them.
    pub(crate) fn holds(&self, url: &Url) -> bool {
        let (Some(host), port) = (url.host(), url.port_or_known_default()) else { return false };
        let fits = |exception: &Exception| exception.port.is_none() || exception.port == port;
        self.exceptions.iter().any(|exception| fits(exception) && exception.host.matches(&host))
    }
}

impl Exception {
    fn new(entry: &str) -> Self {
        let entry = entry.to_ascii_lowercase();
        let port = entry.rsplit_once(':').filter(|(host, _)| !host.contains(':') || host.ends_with(']'));
        let port = port.and_then(|(host, port)| Some((host, port.parse().ok()?)));
        let (host, port) = port.map_or((entry.as_str(), None), |(host, port)| (host, Some(port)));
        Self { host: Pattern::new(host), port }
    }
}

impl Pattern {
    fn new(host: &str) -> Self {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Self::Network(address, 128);
        }
        if let Some((address, bits)) = bare.split_once('/')
            && let (Ok(address), Ok(bits)) = (address.parse(), bits.parse())
        {
            return Self::Network(address, bits);
        }
        match host.strip_prefix('*') {
            Some(ending) => Self::Ending(ending.to_owned()),
            None => Self::Domain(host.trim_matches('.').to_owned()),
        }
    }

    fn matches(&self, host: &Host<&str>) -> bool {
        match (self, host) {
            (Self::Ending(ending), host) => host.to_string().trim_end_matches('.').ends_with(ending.as_str()),
            (Self::Domain(domain), Host::Domain(name)) => {
                let rest = name.trim_end_matches('.').strip_suffix(domain.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }
            (Self::Network(IpAddr::V4(network), bits), Host::Ipv4(address)) => {
                shares(u128::from(network.to_bits()) << 96, u128::from(address.to_bits()) << 96, *bits)
            }
            (Self::Network(IpAddr::V6(network), bits), Host::Ipv6(address)) => {
                shares(network.to_bits(), address.to_bits(), *bits)
            }
            _ => false,
        }
    }
}

/// Whether two addresses begin with the same bits.
fn shares(a: u128, b: u128, bits: u32) -> bool {
    (a ^ b).leading_zeros() >= bits.min(128)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(list: &str, url: &str) -> bool {
        NoProxy::new(list).holds(&Url::parse(url).unwrap())
    }

    #[test]
    fn each_form_leaves_out_what_it_names_and_nothing_else() {
        for (list, inside, outside) in [
            ("*", "https://a.com", ""),
            ("x.com, *", "https://a.com", ""),
            ("a.com", "https://a.com", "https://b.com"),
            ("a.com", "https://x.a.com", "https://xa.com"),
            (".a.com", "https://x.a.com", "https://xa.com"),
            (".a.com", "https://a.com", "https://a.com.evil"),
            ("*.a.com", "https://x.y.a.com", "https://a.com"),
            ("*a.com", "https://xa.com", "https://a.com.evil"),
            ("A.Com", "https://a.com", "https://b.com"),
            ("a.com.", "https://a.com", "https://b.com"),
            ("a.com", "https://a.com.", "https://b.com."),
            ("a.com:443", "https://a.com", "https://a.com:8443"),
            ("a.com:8443", "https://a.com:8443", "https://a.com"),
            ("*.a.com:8443", "https://x.a.com:8443", "https://x.a.com"),
            ("b.com c.com\ta.com", "https://a.com", "https://d.com"),
            (" ,b.com,,a.com ,", "https://a.com", "https://d.com"),
            ("localhost", "https://localhost:7", "https://127.0.0.1"),
            ("127.0.0.1", "https://127.0.0.1:7", "https://127.0.0.2"),
            ("127.0.0.1:7", "https://127.0.0.1:7", "https://127.0.0.1:8"),
            ("10.0.0.0/8", "https://10.9.8.7", "https://11.0.0.1"),
            ("192.168.1.128/25", "https://192.168.1.200", "https://192.168.1.100"),
            ("0.0.0.0/0", "https://9.9.9.9", "https://[::1]"),
            ("::1", "https://[::1]", "https://[::2]"),
            ("[::1]:7", "https://[::1]:7", "https://[::1]:8"),
            ("fd00::/16", "https://[fd00::9]", "https://[fd01::9]"),
            ("fd00::/999", "https://[fd00::]", "https://[fd00::1]"),
            ("*.0.0.1", "https://127.0.0.1", "https://127.0.0.2"),
        ] {
            assert!(holds(list, inside), "{list}: {inside}");
            assert!(outside.is_empty() || !holds(list, outside), "{list}: {outside}");
        }
        for nothing in ["", " ", ",", "example.com"] {
            assert!(!holds(nothing, "https://a.com"), "{nothing:?}");
        }
    }
}
