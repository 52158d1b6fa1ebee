//! Which Dev Hub, how to log in to it, and whom to trust: from flags, variables, the file, and what `sf` knows.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::Instant;

use super::jwt_key::{self, KEY, KeySource};
use super::origin::{Origin, Place, Sourced};
use super::setting::{ALLOW_HOST, AUDIENCE, CLIENT_ID, HUB_USERNAME, INSTANCE_URL, JWT_KEY_FILE, TARGET_DEV_HUB};
use super::sources::Sources;
use super::value::check_variable;
use super::{trust, variables};
use crate::cli::problem::Problem;
use crate::engine::login::Settings;
use crate::engine::retry::RetryPolicy;
use crate::engine::settings_plan::SettingsPlan;
use crate::model::clock::Clock;
use crate::model::host::{HostError, HostSuffix, LoginUrl, TrustedHosts};
use crate::model::key::SigningKey;
use crate::model::org::{ClientId, Username};
use crate::model::untrusted::sanitize_line;
use crate::sf::{KnownHub, KnownLogin, Store};

/// Where a hub is logged in to if nobody says otherwise.
const LOGIN_URL: &str = "https://login.salesforce.com";

/// What `sf` reads for the login URL, inside a project alone (`SfProject.resolveProjectConfig`), and its older name.
const PROJECT_URLS: [&str; 2] = ["SF_ORG_INSTANCE_URL", "SFDX_INSTANCE_URL"];

/// Finds out which hub it is, and how to log in to it: one attempt, without any waiting, and the key's file, if any.
/// `store` is what `sf` keeps in the user's home, where there is one.
pub(crate) fn resolve(
    sources: &Sources<'_>,
    store: Option<&Store>,
    started: Instant,
) -> Option<(Settings, Option<PathBuf>)> {
    let problems = &sources.problems;
    let hub = problems.keep(which(sources, store)).map(|hub| hub.value);
    let login = hub.as_ref().and_then(|hub| problems.keep(login(sources, hub)));
    let key = login.as_ref().and_then(|(_, source)| problems.keep(jwt_key::read(source, sources)));
    let mut trusted = problems.keep(trusted(sources));
    let url = hub.as_ref().zip(trusted.as_mut()).and_then(|(hub, trusted)| {
        let url = login_url(sources, store, Some(hub)).and_then(|url| trust(&url, trusted));
        problems.keep(url)
    });
    let audience = problems.keep(audience(sources));
    let key = key?;
    let run = one_attempt(hub?.username, login?.0.value, key.signing, url?, started);
    Some((Settings { trusted: trusted?, audience: audience?, ..run }, key.file))
}

/// One attempt at the hub, without any waiting.
pub(crate) fn one_attempt(
    hub_username: Username,
    client_id: ClientId,
    key: SigningKey,
    login_url: LoginUrl,
    started: Instant,
) -> Settings {
    Settings {
        hub_username,
        client_id,
        key,
        login_url,
        trusted: TrustedHosts::default(),
        audience: None,
        api_version: String::new(),
        wait: Duration::ZERO,
        concurrency: NonZeroUsize::MIN,
        rate: 0,
        retry: RetryPolicy::default(),
        settings_plan: SettingsPlan::default(),
        clock: Clock::system(),
        started,
    }
}

/// The hub, with what `sf` knows of it.
pub(crate) fn which(sources: &Sources<'_>, store: Option<&Store>) -> Result<Sourced<KnownHub>, Problem> {
    // The stronger of the two counts; the other one is not looked at.
    let strongest = sources.strongest(&[&HUB_USERNAME, &TARGET_DEV_HUB]);
    let given = |setting| sources.at(strongest, setting, Sources::text);
    match (given(&HUB_USERNAME)?, given(&TARGET_DEV_HUB)?) {
        (Some(user), target) => {
            let username = user.read(|text| Username::new(text))?;
            let other = target.as_ref().map(|target| find(target, store).map(|hub| hub.value.username));
            if let (Some(target), Some(other)) = (target, other)
                && other.as_ref().ok() != Some(&username)
            {
                sources.problems.warn([format!(
                    "{} ({username}) and {} ({}) name different hubs; {username} is used",
                    user.origin,
                    target.origin,
                    sanitize_line(&target.value, 80)
                )]);
            }
            find(&Sourced { value: username.as_str().to_owned(), origin: user.origin }, store)
        }
        (None, Some(target)) => find(&target, store),
        (None, None) => {
            let unknown = || {
                let names = [HUB_USERNAME.variable, TARGET_DEV_HUB.variable];
                let empty = variables::empty(sources.environment, &names);
                Problem::new(format!("no Dev Hub is named, and sf has no target-dev-hub{empty}")).with_action(
                    "give --hub-username, --client-id and --jwt-key-file, or log in once with `sf org login jwt --set-default-dev-hub`",
                )
            };
            let store = store.ok_or_else(unknown)?;
            let (value, file) = store.target_dev_hub().map_err(Problem::of)?.ok_or_else(unknown)?;
            let found = file.parent().and_then(Path::parent) != sources.environment.home();
            find(&Sourced { value, origin: Origin::Sf(Place { key: "target-dev-hub", file, found }) }, Some(store))
        }
    }
}

fn find(selector: &Sourced<String>, store: Option<&Store>) -> Result<Sourced<KnownHub>, Problem> {
    let hub = if let Some(store) = store {
        store.find_hub(&selector.value, &selector.origin.to_string()).map_err(Problem::of)?
    } else {
        let username = selector.read(|text| Username::new(text))?;
        KnownHub::unknown(username)
    };
    Ok(Sourced { value: hub, origin: selector.origin.clone() })
}

/// Client id and key. From the sf store they come only together: one of the user's and one of the store's would hardly
/// belong to each other. A client id whose key `sf` was never told is none of two: the user's key is the one it lacks.
pub(crate) fn login(sources: &Sources<'_>, hub: &KnownHub) -> Result<(Sourced<ClientId>, Sourced<KeySource>), Problem> {
    let client_id = client_id(sources)?;
    let key = jwt_key::source(sources)?;
    let in_store = |key, file: &Path| Origin::Sf(Place { key, file: file.to_owned(), found: false });
    match (client_id, key, hub.login.as_ref().zip(hub.file.as_deref())) {
        (Some(client_id), Some(key), _) => Ok((client_id, key)),
        (None, Some(key), Some((KnownLogin { client_id, key_path: None }, file))) => {
            Ok((Sourced { value: client_id.clone(), origin: in_store("clientId", file) }, key))
        }
        (None, None, Some((KnownLogin { client_id, key_path: Some(path) }, file))) => Ok((
            Sourced { value: client_id.clone(), origin: in_store("clientId", file) },
            Sourced { value: KeySource::File(path.clone()), origin: in_store("privateKey", file) },
        )),
        (client_id, key, _) => Err(missing(sources, hub, client_id.is_none(), key.is_none())),
    }
}

/// Says which of the two is missing, and why what `sf` knows does not help.
fn missing(sources: &Sources<'_>, hub: &KnownHub, client_id: bool, key: bool) -> Problem {
    let user = &hub.username;
    let of_client_id = client_id.then_some(CLIENT_ID.variable);
    let of_key = key.then_some([KEY, JWT_KEY_FILE.variable]);
    let names: Vec<&str> = of_client_id.into_iter().chain(of_key.into_iter().flatten()).collect();
    let empty = variables::empty(sources.environment, &names);
    let (message, action) = match (client_id, key, hub.file.as_deref(), &hub.login) {
        (true, true, Some(file), Some(KnownLogin { key_path: None, .. })) => (
            format!("sf knows the Dev Hub {user} by JWT, but was not told where the key is ({})", file.display()),
            "give the key again, in ORGREADY_JWT_KEY or with --jwt-key-file (-f); to need neither from then on, run orgready hub once with --keep-key-file",
        ),
        (true, true, Some(file), _) => (
            format!("sf knows the Dev Hub {user} by another kind of login than JWT ({})", file.display()),
            "give --client-id (-i) and --jwt-key-file (-f)",
        ),
        (true, true, None, _) => {
            // sf makes a file name of a username, which a slash keeps from being one.
            let why = if user.as_str().contains(['/', '\\']) {
                "under a name with a slash they are not looked for in the sf store"
            } else {
                "sf does not know it"
            };
            let message = format!("consumer key and private key for the Dev Hub {user} are missing, and {why}");
            (message, "give --client-id (-i) and --jwt-key-file (-f)")
        }
        (false, ..) => (
            format!("the private key for the Dev Hub {user} is missing; sf's own are taken only together"),
            "give --jwt-key-file (-f) as well",
        ),
        (true, false, ..) => (
            format!("the consumer key for the Dev Hub {user} is missing; sf's own are taken only together"),
            "give --client-id (-i) as well",
        ),
    };
    Problem::new(format!("{message}{empty}")).with_action(action)
}

/// The consumer key where the user gives one.
pub(crate) fn client_id(sources: &Sources<'_>) -> Result<Option<Sourced<ClientId>>, Problem> {
    sources.read(&CLIENT_ID, ClientId::new)
}

/// The login URL, not checked yet; `hub` is what `sf` knows of the hub, where it is known which one it is.
pub(crate) fn login_url(
    sources: &Sources<'_>,
    store: Option<&Store>,
    hub: Option<&KnownHub>,
) -> Result<Sourced<String>, Problem> {
    if let Some(url) = sources.text(&INSTANCE_URL)? {
        return Ok(url);
    }
    if let Some((url, file)) = hub.and_then(|hub| hub.login_url.clone().zip(hub.file.clone())) {
        return Ok(Sourced { value: url, origin: Origin::Sf(Place { key: "loginUrl", file, found: false }) });
    }
    if let Some(store) = store {
        if let Some((value, file)) = store.project_login_url().map_err(Problem::of)? {
            return Ok(Sourced { value, origin: Origin::Sf(Place { key: "sfdcLoginUrl", file, found: true }) });
        }
        let set = |name| Some((name, sources.environment.text(name)?));
        let variable = PROJECT_URLS.into_iter().find_map(set).filter(|_| store.is_in_project());
        if let Some((name, value)) = variable {
            check_variable(name, &value)?;
            return Ok(Sourced { value, origin: Origin::Variable(name) });
        }
    }
    let empty = variables::empty(sources.environment, &[INSTANCE_URL.variable]);
    if !empty.is_empty() {
        sources.problems.warn([format!("the Dev Hub is asked at {LOGIN_URL}{empty}")]);
    }
    Ok(Sourced { value: LOGIN_URL.to_owned(), origin: Origin::Default })
}

/// The login URL, if it may be sent an assertion.
pub(crate) fn trust(url: &Sourced<String>, trusted: &mut TrustedHosts) -> Result<LoginUrl, Problem> {
    let hub = trusted.hub(&url.value).map_err(|error| {
        let problem = url.refuse(&error);
        match &error {
            HostError::Foreign(host) => problem.with_action(format!(
                "check the address; if the host is yours and may be sent logins, add --allow-host {host}"
            )),
            HostError::NotHttps { .. } => problem.with_action("write https:// before the host"),
            _ => problem,
        }
    })?;
    trust::check_login_url(&url.origin, &hub, trusted.allows(hub.host_name()))?;
    Ok(hub)
}

/// Whom to trust besides Salesforce.
pub(crate) fn trusted(sources: &Sources<'_>) -> Result<TrustedHosts, Problem> {
    let Some(hosts) = sources.list(&ALLOW_HOST)? else { return Ok(TrustedHosts::default()) };
    let suffixes = hosts.read(|hosts| hosts.iter().map(|host| HostSuffix::new(host)).collect::<Result<Vec<_>, _>>())?;
    Ok(TrustedHosts::new(suffixes))
}

/// The `aud` claim to try first.
pub(crate) fn audience(sources: &Sources<'_>) -> Result<Option<String>, Problem> {
    let audience = sources.read(&AUDIENCE, |text| {
        let url = url::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        url.map(|_| text.to_owned()).ok_or_else(|| format!("\"{}\" is not a URL", sanitize_line(text, 80)))
    });
    let write = "write something like https://login.salesforce.com or https://test.salesforce.com";
    Ok(audience.map_err(|problem| problem.with_action(write))?.map(|audience| audience.value))
}

#[cfg(test)]
mod tests;
