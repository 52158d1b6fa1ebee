//! Which Dev Hub, how to log in to it, and whom to trust: from flags, variables, the file, and what `sf` knows.

use std::path::Path;

use super::jwt_key::{self, KEY, KeySource};
use super::origin::{Origin, Place, Sourced};
use super::setting::{ALLOW_HOST, AUDIENCE, CLIENT_ID, HUB_USERNAME, INSTANCE_URL, JWT_KEY_FILE, TARGET_DEV_HUB};
use super::sources::Sources;
use super::value::check_variable;
use super::{trust, variables};
use crate::cli::problem::Problem;
use crate::engine::run::Settings;
use crate::model::host::{HostError, HostSuffix, LoginUrl, TrustedHosts};
use crate::model::org::{ClientId, Username};
use crate::model::untrusted::sanitize_line;
use crate::sf::{KnownHub, KnownLogin, Store};

/// Where a hub is logged in to if nobody says otherwise.
const LOGIN_URL: &str = "https://login.salesforce.com";

/// What `sf` reads for the login URL, inside a project alone (`SfProject.resolveProjectConfig`), and its older name.
const PROJECT_URLS: [&str; 2] = ["SF_ORG_INSTANCE_URL", "SFDX_INSTANCE_URL"];

/// Finds out which hub it is, and how to log in to it; and where its key is. `store` is what `sf` keeps in the user's
/// home, where there is one.
pub(crate) fn resolve(sources: &Sources<'_>, store: Option<&Store>) -> Option<(Settings, KeySource)> {
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
    let (client_id, source) = login?;
    let run = Settings::new(hub?.username, client_id.value, key?, url?);
    Some((Settings { trusted: trusted?, audience: audience?, ..run }, source.value))
}

/// The hub, with what `sf` knows of it.
pub(crate) fn which(sources: &Sources<'_>, store: Option<&Store>) -> Result<Sourced<KnownHub>, Problem> {
    // The stronger of the two counts; the other one is not looked at.
    let strongest = sources.strongest(&[&HUB_USERNAME, &TARGET_DEV_HUB]);
    let given = |setting| sources.at(strongest, setting, Sources::text);
    let (user, target) = (given(&HUB_USERNAME)?, given(&TARGET_DEV_HUB)?);
    if let Some(user) = user {
        let username = user.read(|text| Username::new(text))?;
        let is_same = |target: &_| find(target, store).is_ok_and(|hub| hub.value.username == username);
        let other = target.filter(|target| !is_same(target)).map(|Sourced { value, origin }| {
            let other = sanitize_line(&value, 80);
            format!("{} ({username}) and {origin} ({other}) name different hubs; {username} is used", user.origin)
        });
        sources.problems.warn(other);
        return find(&Sourced { value: username.as_str().to_owned(), origin: user.origin }, store);
    }
    if let Some(target) = target {
        return find(&target, store);
    }
    let unknown = || {
        let empty = variables::empty(sources.environment, &[HUB_USERNAME.variable, TARGET_DEV_HUB.variable]);
        Problem::new(format!("no Dev Hub is named, and sf has no target-dev-hub{empty}")).with_action(
            "give --hub-username, --client-id and --jwt-key-file, or log in once with `sf org login jwt --set-default-dev-hub`",
        )
    };
    let store = store.ok_or_else(unknown)?;
    let (value, file) = store.target_dev_hub().map_err(Problem::of)?.ok_or_else(unknown)?;
    let found = file.parent().and_then(Path::parent) != sources.environment.home();
    find(&Sourced { value, origin: Origin::Sf(Place { key: "target-dev-hub", file, found }) }, Some(store))
}

fn find(selector: &Sourced<String>, store: Option<&Store>) -> Result<Sourced<KnownHub>, Problem> {
    let value = match store {
        Some(store) => store.find_hub(&selector.value, &selector.origin.to_string()).map_err(Problem::of)?,
        None => KnownHub::unknown(selector.read(|text| Username::new(text))?),
    };
    Ok(Sourced { value, origin: selector.origin.clone() })
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
    const GIVE: &str = "give --client-id (-i) and --jwt-key-file (-f)";
    let user = &hub.username;
    let names = [(client_id, CLIENT_ID.variable), (key, KEY), (key, JWT_KEY_FILE.variable)];
    let names: Vec<&str> = names.into_iter().filter_map(|(missing, name)| missing.then_some(name)).collect();
    let empty = variables::empty(sources.environment, &names);
    if client_id != key {
        let (what, flag) =
            if key { ("private key", "--jwt-key-file (-f)") } else { ("consumer key", "--client-id (-i)") };
        let message = format!("the {what} for the Dev Hub {user} is missing; sf's own are taken only together{empty}");
        return Problem::new(message).with_action(format!("give {flag} as well"));
    }
    let (message, action) = match (hub.file.as_deref(), &hub.login) {
        (Some(file), Some(KnownLogin { key_path: None, .. })) => (
            format!("sf knows the Dev Hub {user} by JWT, but was not told where the key is ({})", file.display()),
            "give the key again, in ORGREADY_JWT_KEY or with --jwt-key-file (-f); to need neither from then on, run orgready hub once with --keep-key-file",
        ),
        (Some(file), _) => {
            (format!("sf knows the Dev Hub {user} by another kind of login than JWT ({})", file.display()), GIVE)
        }
        (None, _) => {
            // sf makes a file name of a username, which a slash keeps from being one.
            let why = if user.as_str().contains(['/', '\\']) {
                "under a name with a slash they are not looked for in the sf store"
            } else {
                "sf does not know it"
            };
            (format!("consumer key and private key for the Dev Hub {user} are missing, and {why}"), GIVE)
        }
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
