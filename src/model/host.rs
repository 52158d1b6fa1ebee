//! Which hosts may be sent a secret: a [`LoginUrl`] or an [`InstanceUrl`] exists only where [`TrustedHosts`] said yes.
//!
//! An assertion is not bound to the host that it is sent to: whoever receives it can use it at Salesforce until it
//! expires. So every URL is checked before anything goes there, also those that a server names.

use std::borrow::Cow;
use std::net::Ipv6Addr;

use serde::Serialize;
use url::{Host, Url};

use crate::model::shown::shown_as_str;
use crate::model::untrusted::sanitize_line;

/// The domains that belong to Salesforce, as in `isSalesforceDomain` of `@salesforce/core` 9.4.0 (`src/util/sfdcUrl.ts`).
const SALESFORCE_DOMAINS: [&str; 9] = [
    "cloudforce.com",
    "content.force.com",
    "force.com",
    "salesforce.com",
    "salesforceliveagent.com",
    "salesforce.mil",
    "secure.force.com",
    "crmforce.mil",
    "sfcrmproducts.cn",
];

/// Lightning hosts serve pages, not the token endpoint; `sf` refuses them too (`isLightningDomain`, `src/util/sfdcUrl.ts`).
const LIGHTNING_DOMAINS: [(&str, &str); 3] = [
    (".lightning.force.com", ".my.salesforce.com"),
    (".lightning.crmforce.mil", ".my.salesforce.mil"),
    (".lightning.sfcrmapps.cn", ".my.sfcrmproducts.cn"),
];

/// The rule that says which hosts may be sent an assertion or a token.
#[derive(Debug, Clone, Default)]
pub struct TrustedHosts {
    allowed: Vec<HostSuffix>,
    loopback: bool,
}

impl TrustedHosts {
    /// Salesforce's own domains, and those that the user allows besides.
    pub fn new(allowed: Vec<HostSuffix>) -> Self {
        Self { allowed, loopback: false }
    }

    /// The hub's login URL as the user gave it. A hub on loopback lets servers name loopback URLs from here on.
    pub fn hub(&mut self, text: &str) -> Result<LoginUrl, HostError> {
        let origin = Origin::parse(text)?;
        self.check(&origin, origin.is_loopback())?;
        self.loopback = origin.is_loopback();
        Ok(LoginUrl(origin))
    }

    /// A login URL that a server named (`ScratchOrgInfo.LoginUrl`).
    pub fn login_url(&self, text: &str) -> Result<LoginUrl, HostError> {
        self.named_by_server(text).map(LoginUrl)
    }

    /// An instance URL that a server named (`instance_url` of a token answer).
    pub fn instance_url(&self, text: &str) -> Result<InstanceUrl, HostError> {
        self.named_by_server(text).map(InstanceUrl)
    }

    /// Whether the user allows this host, which is a name or an address as in a URL.
    pub fn allows(&self, host: &str) -> bool {
        self.allowed.iter().any(|suffix| suffix.covers(host))
    }

    fn named_by_server(&self, text: &str) -> Result<Origin, HostError> {
        let origin = Origin::parse(text)?;
        self.check(&origin, self.loopback)?;
        Ok(origin)
    }

    fn check(&self, origin: &Origin, loopback: bool) -> Result<(), HostError> {
        let host = origin.host();
        if let Some(suggestion) = lightning(host) {
            return Err(HostError::Lightning { host: host.to_owned(), suggestion });
        }
        let allowed = self.allows(host);
        if origin.is_loopback() {
            return if loopback || allowed { Ok(()) } else { Err(HostError::Loopback(host.to_owned())) };
        }
        if !allowed && !SALESFORCE_DOMAINS.iter().any(|domain| is_under(host, domain)) {
            return Err(HostError::Foreign(host.to_owned()));
        }
        if origin.0.scheme() != "https" {
            return Err(HostError::NotHttps(host.to_owned()));
        }
        Ok(())
    }
}

/// A domain that the user allows: `example.com` stands for itself and everything below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct HostSuffix(String);

impl HostSuffix {
    /// Takes a host name or an address, with or without a leading dot or `*.`; no scheme, port or path.
    pub fn new(text: &str) -> Result<Self, HostError> {
        let wanted = text.trim().trim_start_matches('*').trim_start_matches('.');
        let bare = wanted.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(wanted);
        // As it stands in a URL.
        if let Ok(address) = bare.parse::<Ipv6Addr>() {
            return Ok(Self(format!("[{address}]")));
        }
        match Url::parse(&format!("https://{wanted}/")).ok().as_ref().and_then(Url::host_str) {
            Some(host) if !wanted.is_empty() && host.eq_ignore_ascii_case(wanted) => Ok(Self(host.to_owned())),
            _ => Err(HostError::Suffix(sanitize_line(text, 80))),
        }
    }

    fn covers(&self, host: &str) -> bool {
        is_under(host, &self.0)
    }
}

/// Where logins are sent to: an origin that may be sent an assertion.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LoginUrl(Origin);

impl LoginUrl {
    /// Where every production org can be logged in to.
    pub(crate) fn production() -> Self {
        Self(Origin::parse("https://login.salesforce.com").expect("it is a URL"))
    }
}

/// Where an org's API answers: an origin that may be sent that org's token.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct InstanceUrl(Origin);

/// What both tell of themselves.
macro_rules! origins {
    ($($name:ident),+) => {$(
        impl $name {
            /// `https://host[:port]`, without a trailing slash.
            pub fn as_str(&self) -> &str {
                self.0.0.as_str().trim_end_matches('/')
            }

            /// The host alone, as errors name it (with its port where that is not the scheme's own).
            pub fn host(&self) -> &str {
                self.0.0.authority()
            }
        }
    )+};
}

origins!(LoginUrl, InstanceUrl);
shown_as_str!(LoginUrl, InstanceUrl);

impl LoginUrl {
    /// The host's name or address, without a port.
    pub(crate) fn host_name(&self) -> &str {
        self.0.host()
    }

    /// Whether it is this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        self.0.is_loopback()
    }

    /// The page that anybody may see, without a secret.
    pub(crate) fn start_page(&self) -> Url {
        self.0.join("/")
    }

    /// The token endpoint: `POST /services/oauth2/token`.
    pub(crate) fn token_endpoint(&self) -> Url {
        self.0.join("/services/oauth2/token")
    }
}

impl InstanceUrl {
    /// A resource on this host. The path may come from the server (`nextRecordsUrl`): what leads elsewhere is refused.
    pub(crate) fn resource(&self, path_and_query: &str) -> Result<Url, HostError> {
        let origin = &self.0.0;
        let url = origin.join(path_and_query).map_err(|_| HostError::NotAUrl(sanitize_line(path_and_query, 80)))?;
        if url.origin() == origin.origin() && url.username().is_empty() && url.password().is_none() {
            Ok(url)
        } else {
            Err(HostError::Foreign(sanitize_line(url.host_str().unwrap_or(url.scheme()), 80)))
        }
    }
}

/// Scheme, host and port of an http(s) URL; path and query are dropped.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Origin(Url);

impl Origin {
    fn parse(text: &str) -> Result<Self, HostError> {
        let text = text.trim();
        let shown = || HostError::NotAUrl(sanitize_line(&without_credentials(text), 80));
        let mut url = Url::parse(text).map_err(|_| shown())?;
        let plain = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
        if !plain || url.host_str().is_none_or(str::is_empty) || text.contains('\\') {
            return Err(shown());
        }
        url.set_path("/");
        url.set_query(None);
        url.set_fragment(None);
        Ok(Self(url))
    }

    fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    fn join(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(path);
        url
    }

    fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            None => false,
        }
    }
}

/// What stands before an `@` may be a password.
fn without_credentials(text: &str) -> Cow<'_, str> {
    let start = text.find("//").map_or(0, |at| at + 2);
    match text[start..].rsplit_once('@') {
        Some((_, host)) => format!("{}[hidden]@{host}", &text[..start]).into(),
        None => text.into(),
    }
}

fn is_under(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn lightning(host: &str) -> Option<String> {
    LIGHTNING_DOMAINS.iter().find_map(|(lightning, my)| Some(format!("https://{}{my}", host.strip_suffix(lightning)?)))
}

/// A URL that is sent nothing; the text is safe to print.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// Not an http(s) URL with a host and without credentials.
    #[error(
        "\"{0}\" is not a URL that can be logged in to (expected something like https://mydomain.my.salesforce.com)"
    )]
    NotAUrl(String),
    /// A host outside Salesforce's domains.
    #[error("{0} is not a Salesforce host")]
    Foreign(String),
    /// Plain http to another machine.
    #[error("{0} is named with plain http, over which no secret is sent")]
    NotHttps(String),
    /// A server outside this machine names a URL on it.
    #[error("{0} is this machine, and the Dev Hub is not")]
    Loopback(String),
    /// A Lightning host, which has no token endpoint.
    #[error("{host} is a Lightning host, which has no login for tools; use {suggestion}")]
    Lightning {
        /// The host.
        host: String,
        /// The URL of the same org that has one.
        suggestion: String,
    },
    /// A suffix that is no host name.
    #[error("\"{0}\" is not a host name (expected something like example.com, without scheme, port or path)")]
    Suffix(String),
}

impl HostError {
    /// The host that is not trusted; none where the text names none.
    pub fn host(&self) -> Option<&str> {
        match self {
            Self::Foreign(host) | Self::NotHttps(host) | Self::Loopback(host) | Self::Lightning { host, .. } => {
                Some(host)
            }
            Self::NotAUrl(_) | Self::Suffix(_) => None,
        }
    }

    /// What to do about a URL that a server named.
    pub fn hint(&self) -> String {
        match self {
            Self::Lightning { suggestion, .. } => format!(
                "nothing was sent there; the org itself is at {suggestion}: its ScratchOrgInfo record should say so, set it right and run again"
            ),
            _ => "nothing was sent there; if the host is yours (a proxy or a test stand-in), allow it with --allow-host or ORGREADY_ALLOW_HOSTS".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hub(text: &str) -> Result<LoginUrl, HostError> {
        TrustedHosts::default().hub(text)
    }

    #[test]
    fn salesforce_hosts_are_trusted_over_https_only() {
        for good in [
            "https://login.salesforce.com",
            "https://a-b.scratch.my.salesforce.com/x?y#z",
            "https://x.my.salesforce.mil/",
        ] {
            assert!(hub(good).is_ok(), "{good}");
        }
        assert!(matches!(hub("http://login.salesforce.com"), Err(HostError::NotHttps(_))));
    }

    #[test]
    fn look_alikes_are_foreign() {
        for bad in [
            "https://salesforce.com.evil.example",
            "https://evilsalesforce.com",
            "https://login.salesforce.com.",
            "https://192.0.2.1",
            "https://xn--slesforce-51a.com",
        ] {
            assert!(matches!(hub(bad), Err(HostError::Foreign(_))), "{bad}");
        }
        for bad in
            ["https://user@login.salesforce.com", "ftp://login.salesforce.com", "https://", "login.salesforce.com", ""]
        {
            assert!(matches!(hub(bad), Err(HostError::NotAUrl(_))), "{bad}");
        }
        assert!(hub("https://evil.example\\.salesforce.com").is_err());
    }

    #[test]
    fn a_lightning_url_is_refused_with_the_right_one() {
        let error = hub("https://acme.lightning.force.com/lightning/page/home").unwrap_err();
        assert!(error.to_string().ends_with("use https://acme.my.salesforce.com"), "{error}");
    }

    #[test]
    fn a_server_may_name_loopback_only_if_the_hub_is_there() {
        let mut trusted = TrustedHosts::default();
        trusted.hub("https://login.salesforce.com").unwrap();
        assert!(matches!(trusted.login_url("http://127.0.0.1:8080"), Err(HostError::Loopback(_))));
        trusted.hub("http://127.0.0.1:9000").unwrap();
        assert_eq!(trusted.login_url("http://127.0.0.1:8080/").unwrap().as_str(), "http://127.0.0.1:8080");
        let mut allowed = TrustedHosts::new(vec![HostSuffix::new("127.0.0.1").unwrap()]);
        allowed.hub("https://login.salesforce.com").unwrap();
        assert!(allowed.login_url("http://127.0.0.1:8080").is_ok());
    }

    #[test]
    fn an_allowed_suffix_covers_what_is_below_it_and_nothing_beside_it() {
        let mut trusted = TrustedHosts::new(vec![HostSuffix::new("*.corp.example").unwrap()]);
        assert!(trusted.hub("https://hub.corp.example").is_ok());
        assert!(trusted.hub("https://corp.example:8443").is_ok());
        assert!(trusted.hub("https://evilcorp.example").is_err());
        assert!(trusted.hub("http://hub.corp.example").is_err());
        for bad in ["https://x", "a/b", "a:1", "", "."] {
            assert!(HostSuffix::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_address_is_allowed_with_or_without_brackets_and_in_any_spelling() {
        for (allowed, url) in [
            ("[fd00::1]", "https://[fd00::1]"),
            ("fd00::1", "https://[fd00::1]:8443"),
            ("FD00:0:0::1", "https://[fd00:0:0:0::1]"),
            ("10.0.0.1", "https://10.0.0.1:8443"),
        ] {
            let mut trusted = TrustedHosts::new(vec![HostSuffix::new(allowed).unwrap()]);
            assert!(trusted.hub(url).is_ok(), "{allowed} {url}");
            assert!(trusted.hub("https://[fd00::11]").is_err() && trusted.hub("https://10.0.0.11").is_err());
        }
        let mut trusted = TrustedHosts::new(vec![HostSuffix::new("[::1]").unwrap()]);
        trusted.hub("https://login.salesforce.com").unwrap();
        assert!(trusted.login_url("http://[::1]:8080").is_ok());
    }

    #[test]
    fn a_password_in_a_url_is_not_told() {
        for url in ["https://user:hunter2@login.salesforce.com", "hunter2@login.salesforce.com"] {
            let message = hub(url).unwrap_err().to_string();
            assert!(message.contains("[hidden]@login.salesforce.com") && !message.contains("hunter2"), "{message}");
        }
    }

    #[test]
    fn more_records_are_fetched_from_the_same_host_only() {
        let instance = TrustedHosts::default().instance_url("https://acme.my.salesforce.com").unwrap();
        assert!(instance.resource("/services/data/v60.0/query/01g-2000").is_ok());
        for bad in [
            "https://evil.example/x",
            "//evil.example/x",
            "http://acme.my.salesforce.com/x",
            "https://a@acme.my.salesforce.com/x",
        ] {
            assert!(instance.resource(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn this_machine_is_told_from_others() {
        let this = |text: &str| Origin::parse(text).unwrap().is_loopback();
        for url in
            ["http://127.0.0.1:1", "http://127.9.9.9", "http://[::1]:1", "http://localhost", "http://a.localhost"]
        {
            assert!(this(url), "{url}");
        }
        for url in ["http://10.0.0.1", "http://[::2]", "https://localhost.example.com", "https://nolocalhost"] {
            assert!(!this(url), "{url}");
        }
        assert!(hub("http://127.0.0.1:1").unwrap().is_loopback());
        assert!(!hub("https://login.salesforce.com").unwrap().is_loopback());
    }

    #[test]
    fn what_is_no_url_is_quoted_without_what_may_be_a_password() {
        assert_eq!(without_credentials("https://me:secret@x"), "https://[hidden]@x");
        assert_eq!(without_credentials("me:secret@x"), "[hidden]@x");
        assert_eq!(without_credentials("https://x"), "https://x");
    }

    #[test]
    fn a_refused_host_says_what_to_do() {
        let foreign = HostError::Foreign("x.example".to_owned());
        assert!(foreign.hint().contains("--allow-host"));
        let suggestion = "https://x.my.salesforce.com".to_owned();
        let lightning = HostError::Lightning { host: "x.lightning.force.com".to_owned(), suggestion };
        assert!(lightning.hint().contains("the org itself is at https://x.my.salesforce.com"));
    }
}
