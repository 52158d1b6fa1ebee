//! Which Dev Hub, how to log in to it, and whom to trust: from flags, variables, the file, and what `sf` knows.

use super::key::{self, Key, KeySource};
use super::keys::{ALLOW_HOST, AUDIENCE, CLIENT_ID, HUB_USERNAME, INSTANCE_URL, TARGET_DEV_HUB};
use super::origin::{Origin, Sourced};
use super::problem::{Problem, Problems};
use super::sources::Sources;
use crate::model::host::{HostError, HostSuffix, LoginUrl, TrustedHosts};
use crate::model::org::{ClientId, Username};
use crate::sf::{KnownHub, Store};

/// Where a hub is logged in to if nobody says otherwise.
const LOGIN_URL: &str = "https://login.salesforce.com";

/// The variable that `sf` reads for the login URL, inside a project alone (`SfProject.resolveProjectConfig`).
const PROJECT_URL: &str = "SF_ORG_INSTANCE_URL";

/// All that a login to the hub takes.
#[derive(Debug)]
pub(crate) struct HubSettings {
    /// Its user.
    pub(crate) username: Username,
    /// The consumer key.
    pub(crate) client_id: ClientId,
    /// The private key.
    pub(crate) key: Key,
    /// Its login URL.
    pub(crate) login_url: LoginUrl,
    /// Which hosts may be sent a secret.
    pub(crate) trusted: TrustedHosts,
    /// The `aud` claim to try first.
    pub(crate) audience: Option<String>,
}

/// Finds out which hub it is. `store` is what `sf` keeps in the user's home, where there is one.
pub(crate) fn resolve(
    sources: &Sources<'_>,
    store: Option<&Store>,
    problems: &mut Problems,
    warnings: &mut Vec<String>,
) -> Option<HubSettings> {
    let hub = problems.take(which(sources, store, warnings)).map(|hub| hub.value);
    let known = hub.as_ref();
    let login = known.and_then(|known| problems.take(login(sources, known)));
    let key = login.as_ref().and_then(|(_, source)| problems.take(key::read(source, sources, warnings)));
    let mut trusted = problems.take(trusted(sources));
    let login_url = match (known, &mut trusted) {
        (Some(_), Some(trusted)) => {
            problems.take(login_url(sources, store, known).and_then(|url| trust(&url, trusted)))
        }
        _ => None,
    };
    let audience = problems.take(audience(sources));
    Some(HubSettings {
        username: hub?.username,
        client_id: login?.0.value,
        key: key?,
        login_url: login_url?,
        trusted: trusted?,
        audience: audience?,
    })
}

/// The hub, with what `sf` knows of it.
pub(crate) fn which(
    sources: &Sources<'_>,
    store: Option<&Store>,
    warnings: &mut Vec<String>,
) -> Result<Sourced<KnownHub>, Problem> {
    let named = sources.text(&HUB_USERNAME);
    let target = sources.text(&TARGET_DEV_HUB);
    match (named, target) {
        (Some(named), Some(target)) if target.origin.level() < named.origin.level() => find(&target, store),
        (Some(named), target) => {
            let username = named.read(|text| Username::new(text))?;
            if let Some(target) = target.filter(|target| target.origin.level() == named.origin.level()) {
                let other = find(&target, store).map(|hub| hub.value.username);
                if other.as_ref().ok() != Some(&username) {
                    warnings.push(format!(
                        "{} ({username}) and {} ({}) name different hubs; {username} is used",
                        named.origin,
                        target.origin,
                        crate::model::untrusted::sanitize_line(&target.value, 80)
                    ));
                }
            }
            find(&Sourced { value: username.as_str().to_owned(), origin: named.origin }, store)
        }
        (None, Some(target)) => find(&target, store),
        (None, None) => {
            let unknown = || {
                Problem::new("no Dev Hub is named, and sf has no target-dev-hub").with_action(
                    "give --hub-username, --client-id and --jwt-key-file, or log in once with `sf org login jwt --set-default-dev-hub`",
                )
            };
            let store = store.ok_or_else(unknown)?;
            let (selector, file) = store.target_dev_hub().map_err(problem)?.ok_or_else(unknown)?;
            find(
                &Sourced { value: selector, origin: Origin::Sf(format!("target-dev-hub in {}", file.display())) },
                Some(store),
            )
        }
    }
}

fn find(selector: &Sourced<String>, store: Option<&Store>) -> Result<Sourced<KnownHub>, Problem> {
    let hub = if let Some(store) = store {
        store.find_hub(&selector.value, &selector.origin.to_string()).map_err(problem)?
    } else {
        let username = selector.read(|text| Username::new(text))?;
        KnownHub { username, jwt: None, login_url: None, file: None }
    };
    Ok(Sourced { value: hub, origin: selector.origin.clone() })
}

/// Client id and key. From the sf store they come only together: one of the user's and one of the store's would hardly
/// belong to each other.
pub(crate) fn login(sources: &Sources<'_>, hub: &KnownHub) -> Result<(Sourced<ClientId>, Sourced<KeySource>), Problem> {
    let client_id = client_id(sources)?;
    let key = key::source(sources)?;
    let both = |missing: &str| {
        Problem::new(format!("{missing} for the Dev Hub {} is missing; sf's own are taken only together", hub.username))
    };
    match (client_id, key, &hub.jwt, &hub.file) {
        (Some(client_id), Some(key), _, _) => Ok((client_id, key)),
        (Some(_), None, _, _) => Err(both("the private key").with_action("give --jwt-key-file (-f) as well")),
        (None, Some(_), _, _) => Err(both("the consumer key").with_action("give --client-id (-i) as well")),
        (None, None, Some(jwt), file) => {
            let place = file.as_ref().map_or_else(|| "the sf store".to_owned(), |file| file.display().to_string());
            let origin = Origin::Sf(place);
            let key = Sourced { value: KeySource::File(jwt.key_path.clone()), origin: origin.clone() };
            Ok((Sourced { value: jwt.client_id.clone(), origin }, key))
        }
        (None, None, None, Some(file)) => Err(Problem::new(format!(
            "sf knows the Dev Hub {} by another kind of login than JWT ({})",
            hub.username,
            file.display()
        ))
        .with_action("give --client-id (-i) and --jwt-key-file (-f)")),
        (None, None, None, None) => Err(Problem::new(format!(
            "consumer key and private key for the Dev Hub {} are missing, and sf does not know it",
            hub.username
        ))
        .with_action("give --client-id (-i) and --jwt-key-file (-f)")),
    }
}

/// The consumer key where the user gives one.
pub(crate) fn client_id(sources: &Sources<'_>) -> Result<Option<Sourced<ClientId>>, Problem> {
    let Some(text) = sources.text(&CLIENT_ID) else { return Ok(None) };
    let value = text.read(|text| ClientId::new(text))?;
    Ok(Some(Sourced { value, origin: text.origin }))
}

/// The login URL, not checked yet; `hub` is what `sf` knows of the hub, where it is known which one it is.
pub(crate) fn login_url(
    sources: &Sources<'_>,
    store: Option<&Store>,
    hub: Option<&KnownHub>,
) -> Result<Sourced<String>, Problem> {
    if let Some(url) = sources.text(&INSTANCE_URL) {
        return Ok(url);
    }
    if let Some((url, file)) = hub.and_then(|hub| Some((hub.login_url.as_ref()?, hub.file.as_ref()?))) {
        return Ok(Sourced { value: url.clone(), origin: Origin::Sf(format!("loginUrl in {}", file.display())) });
    }
    if let Some(store) = store {
        if let Some((url, file)) = store.project_login_url().map_err(problem)? {
            return Ok(Sourced { value: url, origin: Origin::Sf(format!("sfdcLoginUrl in {}", file.display())) });
        }
        let variable = sources.environment().text(PROJECT_URL).filter(|_| store.is_in_project());
        if let Some(value) = variable {
            return Ok(Sourced { value, origin: Origin::Variable(PROJECT_URL) });
        }
    }
    Ok(Sourced { value: LOGIN_URL.to_owned(), origin: Origin::Default })
}

/// The login URL, if it may be sent an assertion.
pub(crate) fn trust(url: &Sourced<String>, trusted: &mut TrustedHosts) -> Result<LoginUrl, Problem> {
    trusted.hub(&url.value).map_err(|error| {
        let problem = Problem::new(format!("{}: {error}", url.origin));
        match error {
            HostError::Foreign { host } => problem.with_action(format!(
                "check the address; if the host is yours and may be sent logins, add --allow-host {host}"
            )),
            HostError::NotHttps { .. } => problem.with_action("write https:// before the host"),
            _ => problem,
        }
    })
}

/// Whom to trust besides Salesforce.
pub(crate) fn trusted(sources: &Sources<'_>) -> Result<TrustedHosts, Problem> {
    let Some(hosts) = sources.list(&ALLOW_HOST) else { return Ok(TrustedHosts::default()) };
    let suffixes = hosts.read(|hosts| hosts.iter().map(|host| HostSuffix::new(host)).collect::<Result<Vec<_>, _>>())?;
    Ok(TrustedHosts::new(suffixes))
}

/// The `aud` claim to try first.
pub(crate) fn audience(sources: &Sources<'_>) -> Result<Option<String>, Problem> {
    let Some(text) = sources.text(&AUDIENCE) else { return Ok(None) };
    let shown = || crate::model::untrusted::sanitize_line(&text.value, 80);
    let url = url::Url::parse(text.value.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    match url.as_ref().and_then(url::Url::host_str) {
        Some(_) => Ok(Some(text.value.trim().to_owned())),
        None => Err(Problem::new(format!("{}: \"{}\" is not a URL", text.origin, shown()))
            .with_action("write something like https://login.salesforce.com or https://test.salesforce.com")),
    }
}

/// What the store says is wrong with it.
fn problem(error: impl std::fmt::Display) -> Problem {
    Problem::new(error.to_string())
}

#[cfg(test)]
mod tests;
