//! The proxy that the environment names for https, by the same rules that the HTTP client goes by.

use hyper_util::client::proxy::matcher::{Intercept, Matcher};

use super::problem::Problem;
use crate::cli::environment::Environment;
use crate::model::host::LoginUrl;

/// How it is written.
pub(crate) const WRITE: &str =
    "write HTTPS_PROXY=http://HOST:PORT (user:password@ before the host where the proxy asks for them), or unset it";

/// A variable's name and value.
type Variable = Option<(&'static str, String)>;

/// Host and port of a proxy, and whether there is a password. Its URL is shown nowhere: it may hold that password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proxy {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) has_password: bool,
}

/// What the environment says.
pub(crate) struct ProxyVariables {
    https: Variable,
    all: Variable,
    no: Variable,
}

/// A variable that should be a proxy's URL and is not.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unusable(pub(crate) &'static str);

impl ProxyVariables {
    /// Those that the client reads.
    pub(crate) fn of(environment: &Environment) -> Self {
        let first = |names: [&'static str; 2]| names.into_iter().find_map(|name| Some((name, environment.text(name)?)));
        Self {
            https: first(["HTTPS_PROXY", "https_proxy"]),
            all: first(["ALL_PROXY", "all_proxy"]),
            no: first(["NO_PROXY", "no_proxy"]),
        }
    }

    /// The variable that lists hosts to be reached without it.
    pub(crate) fn exceptions(&self) -> Option<&'static str> {
        self.no.as_ref().map(|(name, _)| *name)
    }

    /// The proxy for https, wherever to, and the variable that names it.
    pub(crate) fn proxy(&self) -> Result<Option<(Proxy, &'static str)>, Unusable> {
        let Some((name, _)) = self.https.as_ref().or(self.all.as_ref()) else { return Ok(None) };
        let anywhere = hyper::Uri::from_static("https://login.salesforce.com");
        let proxy = self.rules(String::new()).intercept(&anywhere).and_then(|proxy| read(&proxy));
        proxy.map(|proxy| Some((proxy, *name))).ok_or(Unusable(name))
    }

    /// Whether the URL is left out of it.
    pub(crate) fn leaves_out(&self, url: &hyper::Uri) -> bool {
        self.rules(value(&self.no)).intercept(url).is_none()
    }

    fn rules(&self, no: String) -> Matcher {
        Matcher::builder().https(value(&self.https)).all(value(&self.all)).no(no).build()
    }
}

/// Refuses what the client would pass over without a word: the login would go around the proxy.
pub(crate) fn check(environment: &Environment, login_url: &LoginUrl) -> Result<(), Problem> {
    if !login_url.as_str().starts_with("https:") {
        return Ok(());
    }
    match ProxyVariables::of(environment).proxy() {
        Ok(_) => Ok(()),
        Err(Unusable(name)) => {
            Err(Problem::new(format!("{name} is not the URL of an HTTP proxy, and cannot be used")).with_action(WRITE))
        }
    }
}

fn value(variable: &Variable) -> String {
    variable.as_ref().map(|(_, value)| value.clone()).unwrap_or_default()
}

fn read(proxy: &Intercept) -> Option<Proxy> {
    let uri = proxy.uri();
    let port = match uri.scheme_str() {
        Some("http") => 80,
        Some("https") => 443,
        _ => return None,
    };
    let host = crate::model::untrusted::sanitize_line(uri.host()?, 255);
    Some(Proxy { host, port: uri.port_u16().unwrap_or(port), has_password: proxy.basic_auth().is_some() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::host::TrustedHosts;

    fn checked(url: &str, name: &str, value: &str) -> Result<(), Problem> {
        let environment = Environment::of([(name, value)], "/".as_ref());
        check(&environment, &TrustedHosts::default().hub(url).unwrap())
    }

    #[test]
    fn what_cannot_be_a_proxy_is_refused_without_being_shown() {
        for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            for value in ["http://[::hunter2", "not a proxy hunter2", "socks5://hunter2:1", "ftp://hunter2"] {
                let problem = checked("https://login.salesforce.com", name, value).unwrap_err();
                assert!(
                    problem.message.starts_with(name) && !format!("{problem:?}").contains("hunter2"),
                    "{problem:?}"
                );
                assert_eq!(checked("http://127.0.0.1:80", name, value), Ok(()));
            }
            for value in ["http://proxy.corp:3128", "https://u:p@proxy.corp", "proxy.corp:3128", ""] {
                assert_eq!(checked("https://login.salesforce.com", name, value), Ok(()));
            }
        }
        assert_eq!(checked("https://login.salesforce.com", "HTTP_PROXY", "not a proxy"), Ok(()));
    }
}
