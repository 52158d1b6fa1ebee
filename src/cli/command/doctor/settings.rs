//! The settings: each by itself, with where it came from, so that one that is missing hides no other.

use std::time::Duration;

use crate::cli::diagnosis::{Check, Findings};
use crate::cli::problem::Problem;
use crate::cli::settings::proxy::ProxyVariables;
use crate::cli::settings::setting::{CA_CERTIFICATE, HUB_USERNAME};
use crate::cli::settings::{KeySource, Sourced, Sources, hub, jwt_key, network, trust_roots};
use crate::model::host::{LoginUrl, TrustedHosts};
use crate::model::org::{ClientId, Username};
use crate::protocol::http::Http;
use crate::sf::{KnownHub, Store};

const NAME_HUB: &str =
    "name the Dev Hub's user with --hub-username (ORGREADY_HUB_USERNAME), or a hub that sf knows with --target-dev-hub";
const GIVE_CLIENT_ID: &str = "give the consumer key of the connected app with --client-id (ORGREADY_CLIENT_ID): Setup > App Manager > the app > Manage Consumer Details";
const GIVE_KEY: &str = "give the file of the private key with --jwt-key-file (ORGREADY_JWT_KEY_FILE), or the key itself in ORGREADY_JWT_KEY";
const GIVE_URL: &str = "give the hub's login URL with --instance-url, such as https://login.salesforce.com or https://acme.my.salesforce.com";

/// The settings that could be read.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) username: Option<Username>,
    pub(super) client_id: Option<ClientId>,
    pub(super) key: Option<Sourced<KeySource>>,
    pub(super) login_url: Option<LoginUrl>,
    pub(super) trusted: TrustedHosts,
    pub(super) audience: Option<String>,
    pub(super) api_version: Option<String>,
    pub(super) http: Option<Http>,
}

/// Looks at all settings of the hub. `refused` is what is wrong with the settings file.
pub(super) fn examine(
    sources: &Sources<'_>,
    refused: Vec<Problem>,
    store: Option<&Store>,
    findings: &mut Findings,
) -> Known {
    let problems = &sources.problems;
    let check = Check::SettingsFile;
    match sources.file() {
        _ if !refused.is_empty() => {
            findings.problems(check, refused, "mend the file, or name another one with --config");
        }
        Some(path) => findings.ok(check, path.display().to_string()),
        None => findings.ok(check, "none (there is no ./orgready.toml, and --config names no file)"),
    }
    findings.warnings(Check::OtherSettings, &problems.warnings(), "write the variable as it is meant, or unset it");
    let hub = hub(sources, store, findings);
    let (client_id, key) = app(sources, hub.as_ref(), findings);
    let mut trusted = problems.keep(hub::trusted(sources)).unwrap_or_default();
    let url = hub::login_url(sources, store, hub.as_ref());
    let url = url.and_then(|url| Ok((hub::trust(&url, &mut trusted)?, url.origin)));
    let url = findings.keep(Check::LoginUrl, url, GIVE_URL, |(url, origin)| format!("{url} ({origin})"));
    let audience = problems.keep(hub::audience(sources)).flatten();
    let api_version = network::api_version(sources);
    network::pace(sources);
    let timeout = network::request_timeout(sources);
    match problems.check() {
        Ok(()) if findings.has(Check::OtherSettings) => {}
        Ok(()) => {
            let first = audience.iter().map(|audience| format!(", audience {audience} first")).collect::<String>();
            let version = api_version.as_deref().unwrap_or_default();
            findings.ok(Check::OtherSettings, format!("API version {version}{first}"));
        }
        Err(wrong) => findings.problems(Check::OtherSettings, wrong, "give another value, or none for the default"),
    }
    if timeout.is_none() {
        findings.skipped(Check::TrustRoots, "the request timeout is not usable");
    }
    let http = timeout.and_then(|timeout| http(sources, timeout, findings));
    let (username, login_url) = (hub.map(|hub| hub.username), url.map(|(url, _)| url));
    Known { username, client_id, key, login_url, trusted, audience, api_version, http }
}

fn hub(sources: &Sources<'_>, store: Option<&Store>, findings: &mut Findings) -> Option<KnownHub> {
    let hub = hub::which(sources, store);
    let warned = findings.warnings(Check::HubUsername, &sources.problems.warnings(), "keep one of the two");
    match hub {
        Ok(hub) if warned => Some(hub.value),
        Ok(Sourced { value: hub, origin }) => {
            let known = if hub.file.is_some() { "; sf knows it" } else { "" };
            findings.ok(Check::HubUsername, format!("{} ({origin}){known}", hub.username));
            Some(hub)
        }
        Err(problem) => {
            findings.problems(Check::HubUsername, [problem], NAME_HUB);
            // A store that is in the way is no reason not to try the user that was named.
            let named = sources.text(&HUB_USERNAME).ok().flatten()?;
            Username::new(&named.value).ok().map(KnownHub::unknown)
        }
    }
}

/// Consumer key and private key. Where they belong to each other, as in the sf store, they come together; what was
/// given of them is looked at all the same.
fn app(
    sources: &Sources<'_>,
    hub: Option<&KnownHub>,
    findings: &mut Findings,
) -> (Option<ClientId>, Option<Sourced<KeySource>>) {
    let (client_id, key, missing) = match hub.map(|hub| hub::login(sources, hub)) {
        Some(Ok((client_id, key))) => (Ok(Some(client_id)), Ok(Some(key)), None),
        login => (hub::client_id(sources), jwt_key::source(sources), login.and_then(Result::err)),
    };
    // Both missing is told once, at the first of them.
    let both = matches!((&client_id, &key), (Ok(None), Ok(None)));
    let not_given = |what, told: Option<Problem>| told.unwrap_or_else(|| Problem::new(format!("no {what} is given")));
    let client_id = client_id.and_then(|given| given.ok_or_else(|| not_given("consumer key", missing.clone())));
    let key = key.and_then(|given| given.ok_or_else(|| not_given("private key", missing.filter(|_| !both))));
    let told = |given: &Sourced<ClientId>| format!("{} ({})", shortened(given.value.as_str()), given.origin);
    let client_id = findings.keep(Check::ClientId, client_id, GIVE_CLIENT_ID, told).map(|given| given.value);
    // What it is worth is told once it is read.
    let key = key.map_err(|problem| findings.problems(Check::Key, [problem], GIVE_KEY)).ok();
    (client_id, key)
}

/// Enough of a consumer key to tell it from another one.
pub(super) fn shortened(client_id: &str) -> String {
    let characters: Vec<char> = client_id.chars().collect();
    if characters.len() <= 20 {
        return client_id.to_owned();
    }
    let (start, end) = (&characters[..10], &characters[characters.len() - 6..]);
    format!("{}…{}, {} characters", String::from_iter(start), String::from_iter(end), characters.len())
}

fn http(sources: &Sources<'_>, timeout: Duration, findings: &mut Findings) -> Option<Http> {
    // What is wrong with the variables of the proxy is told with the proxy.
    let proxying = ProxyVariables::read(sources.environment).ok().map(|variables| variables.proxying());
    let http = network::http(sources, timeout, proxying.clone().unwrap_or_default());
    let next = "name a file of PEM certificates, or unset the variable";
    let warned = findings.warnings(Check::TrustRoots, &sources.problems.warnings(), next);
    if let Err(problems) = sources.problems.check() {
        findings.problems(Check::TrustRoots, problems, "name a file of PEM certificates");
    } else if !warned {
        let names = [trust_roots::FILE, trust_roots::FOLDERS];
        let replaced = names.iter().find_map(|name| Some((name, sources.environment.text(name)?)));
        let system = replaced.map_or("the system's".to_owned(), |(name, place)| format!("those of {place} ({name})"));
        let more = sources.path(&CA_CERTIFICATE).ok().flatten();
        let more = more.map(|file| format!(", and {} ({})", file.value.display(), file.origin)).unwrap_or_default();
        findings.ok(Check::TrustRoots, format!("{system}{more}"));
    }
    http.filter(|_| proxying.is_some())
}
