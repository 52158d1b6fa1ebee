//! The proxy that the environment names for https.

use std::sync::Arc;

use super::value::check_variable;
use crate::cli::environment::Environment;
use crate::cli::problem::Problem;
use crate::protocol::proxy::{Proxy, ProxyError, ProxyRules, Proxying};

/// How it is written.
const WRITE: &str =
    "write HTTPS_PROXY=http://HOST:PORT (user:password@ before the host where the proxy asks for them), or unset it";

/// Those that name the proxy; the first that is set counts. `HTTP_PROXY` is for plain http, which is never proxied.
const PROXY: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// Those that list hosts to be reached without it.
const NO_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// What the environment says.
#[derive(Debug, Default)]
pub(crate) struct ProxyVariables {
    /// The rules, and the variable that names the proxy.
    pub(crate) rules: Option<(Arc<ProxyRules>, &'static str)>,
    /// The variable that lists the hosts to be reached without it.
    pub(crate) exceptions: Option<&'static str>,
}

impl ProxyVariables {
    /// Reads them. What is no proxy is refused, and not passed over: logins would go around the proxy. It is not quoted,
    /// as it may hold a password.
    pub(crate) fn read(environment: &Environment) -> Result<Self, Problem> {
        let first = |names: &[&'static str]| {
            let set = names.iter().find_map(|name| Some((*name, environment.text(name)?)));
            set.map(|(name, text)| check_variable(name, &text).map(|()| (name, text))).transpose()
        };
        let (exceptions, list) = first(&NO_PROXY)?.unzip();
        let rules = first(&PROXY)?.map(|(name, text)| {
            let proxy = Proxy::new(&text).map_err(|error| {
                Problem::new(format!("{name}: {error}")).with_action(match error {
                    ProxyError::NotEncoded => "encode user and password of the proxy in that variable",
                    _ => WRITE,
                })
            })?;
            Ok((Arc::new(ProxyRules::new(proxy, list.as_deref().unwrap_or_default())), name))
        });
        Ok(Self { rules: rules.transpose()?, exceptions })
    }

    /// Which requests go through a proxy. Where no variable names one, the user's settings count on systems that have some.
    pub(crate) fn proxying(&self) -> Proxying {
        match &self.rules {
            Some((rules, _)) => Proxying::Through(Arc::clone(rules)),
            None if cfg!(any(windows, target_os = "macos")) => Proxying::System,
            None => Proxying::Never,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<ProxyVariables, Problem> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), *value));
        ProxyVariables::read(&Environment::of(variables, "/".as_ref()))
    }

    #[test]
    fn what_cannot_be_a_proxy_is_refused_without_being_shown() {
        for name in PROXY {
            for (value, words) in [
                ("http://[::hunter2", "not the URL of an HTTP proxy"),
                ("not a proxy hunter2", "not the URL of an HTTP proxy"),
                ("socks5://hunter2:1", "not the URL of an HTTP proxy"),
                ("$(hunter2)", "the name of a variable"),
                ("\"http://hunter2:3128\"", "wrapped in quotes"),
                ("http://ci:12#hunter2@proxy.corp:3128", "must be percent-encoded"),
                ("http://ci:hunter2/x@proxy.corp:3128", "must be percent-encoded"),
            ] {
                let problem = read(&[(name, value)]).unwrap_err();
                assert!(problem.message.starts_with(name) && problem.message.contains(words), "{problem:?}");
                assert!(problem.action.is_some() && !format!("{problem:?}").contains("hunter2"), "{problem:?}");
            }
        }
    }

    #[test]
    fn the_first_that_is_set_counts() {
        let named = |variables: &[(&str, &str)]| {
            let read = read(variables).unwrap();
            read.rules.map(|(rules, name)| (rules.proxy().to_string(), name))
        };
        let all = [("all_proxy", "a:1"), ("ALL_PROXY", "b:1"), ("https_proxy", "c:1"), ("HTTPS_PROXY", "d:1")];
        for (count, (value, name)) in all.iter().map(|(name, value)| (value, name)).enumerate() {
            assert_eq!(named(&all[..=count]), Some(((*value).to_owned(), *name)));
        }
        assert_eq!(named(&[("HTTPS_PROXY", " "), ("ALL_PROXY", "b:1")]), Some(("b:1".to_owned(), "ALL_PROXY")));
        assert_eq!(named(&[("HTTP_PROXY", "not a proxy"), ("http_proxy", "a:1")]), None);
        assert_eq!(named(&[]), None);
    }

    #[test]
    fn hosts_are_left_out_by_either_variable() {
        for name in NO_PROXY {
            let read = read(&[("HTTPS_PROXY", "a:1"), (name, "*.b.com")]).unwrap();
            assert_eq!(read.exceptions, Some(name));
            let (rules, _) = read.rules.unwrap();
            let through = |url: &str| rules.of(&url.parse().unwrap()).is_some();
            assert!(through("https://a.com") && !through("https://x.b.com"), "{name}");
        }
    }
}
