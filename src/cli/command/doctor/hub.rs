//! The Dev Hub itself: the login, the right to read `ScratchOrgInfo`, the app of recent scratch orgs, the API limit.

use tokio_util::sync::CancellationToken;

use super::certificate::Pair;
use crate::cli::diagnosis::{Check, Findings};
use crate::engine::hub_failure::{HubFailure, HubStage};
use crate::engine::login::login_hub;
use crate::engine::run::Settings;
use crate::model::cause::{Cause, CauseCode};
use crate::model::event::Observer;
use crate::model::handover::HubLogin;
use crate::model::scratch_org::PLATFORM_CLI;
use crate::model::untrusted::sanitize_line;
use crate::protocol::error_response::RefusalKind;
use crate::protocol::records::{Page, Row};
use crate::protocol::response::Response;
use crate::protocol::soql::{self, Fields};
use crate::protocol::transport::{ApiRequest, Connection, Transport};

/// How many of the newest scratch orgs are looked at.
const RECENT: usize = 20;

/// The share of API requests that should be left, in percent.
const LEFT_MIN: u64 = 10;

/// An assertion that is refused, by what is known of key and certificate.
const NOT_THE_KEY: &str = "the private key does not belong to the certificate that was uploaded to the app: run again with --certificate FILE to see whether this key and your certificate belong together; a certificate that was just changed needs up to 10 minutes";
const NOT_THE_CERTIFICATE: &str = "key and certificate belong together, so the app has another certificate: upload this one in Setup > App Manager > the app > Edit > Use digital signatures, and check that the consumer key (--client-id) is that app's; a changed one needs up to 10 minutes";
const NOT_A_PAIR: &str = "the private key does not belong to the certificate that was uploaded to the app: mend what the certificate check says first";

const SIGN_UP: &str = "create scratch orgs from a Dev Hub login with this consumer key (`sf org login jwt` or `orgready hub`, then `sf org create scratch`), without SF_SCRATCH_SIGNUP_CONNECTED_APP";

/// Logs in once, and asks what a login of scratch orgs would ask.
pub(super) async fn examine<T: Transport>(
    settings: &Settings,
    transport: &T,
    pair: Pair,
    observer: &dyn Observer,
    stop: &CancellationToken,
    findings: &mut Findings,
) {
    let who = format!("{} at {}", settings.hub_username, settings.login_url.host());
    let hub = match login_hub(settings, transport, observer, stop).await {
        Ok(hub) => hub,
        Err(HubFailure { stage: HubStage::Interrupted, .. }) => return,
        Err(HubFailure { stage: HubStage::Login, cause }) => {
            findings.refused(Check::HubLogin, advised(cause, pair));
            return findings.skip_rest("the login to the Dev Hub did not work");
        }
        Err(HubFailure { stage: HubStage::Query, cause }) => {
            findings.ok(Check::HubLogin, format!("{who} is let in"));
            let (check, rest) = match cause.code {
                CauseCode::ApiLimit => (Check::ApiLimit, "no API request is left for it"),
                _ => (Check::DevHub, "the Dev Hub did not answer the query"),
            };
            findings.refused(check, cause);
            return findings.skip_rest(rest);
        }
    };
    findings.ok(Check::HubLogin, format!("{who} is let in: org {}, {}", hub.hub.org_id, hub.instance_url));
    recent(settings, transport, &hub, findings).await;
}

/// The hint, where what was found before says more than the answer alone.
fn advised(cause: Cause, pair: Pair) -> Cause {
    let hint = match (cause.code, pair) {
        (CauseCode::InvalidAssertion, Pair::NotGiven) => NOT_THE_KEY,
        (CauseCode::InvalidAssertion, Pair::Matches) => NOT_THE_CERTIFICATE,
        (CauseCode::InvalidAssertion, Pair::Unproven) => NOT_A_PAIR,
        _ => return cause,
    };
    Cause { hint: hint.to_owned(), ..cause }
}

/// The newest records: which fields may be seen, which app the orgs have, how much of the API limit is used.
async fn recent<T: Transport>(settings: &Settings, transport: &T, hub: &HubLogin, findings: &mut Findings) {
    let mut fields = Fields::all();
    loop {
        let query =
            format!("SELECT {} FROM ScratchOrgInfo ORDER BY CreatedDate DESC LIMIT {RECENT}", fields.names().join(","));
        let target = soql::target(&settings.api_version, &query);
        let request = ApiRequest::get(target);
        let answer = match transport.send(&hub.instance_url, &request, &hub.token, Connection::Close).await {
            Ok(answer) => answer,
            Err(error) => return unanswered(&error.to_string(), findings),
        };
        match Page::read(&answer, settings.clock.now()).redact_known(hub.token.expose()) {
            Response::Success(page) => {
                rights(settings, hub, &fields, findings);
                app(settings.client_id.as_str(), &page.records, &fields, findings);
                return limit(answer.limit_info.as_deref(), findings);
            }
            Response::Refused(refusal) if refusal.kind == RefusalKind::Field => {
                match fields.after_refusal(&refusal.description) {
                    Some(fewer) => fields = fewer,
                    None => return unanswered(&refusal.description, findings),
                }
            }
            Response::Refused(refusal) => {
                return unanswered(&format!("{}: {}", refusal.error, refusal.description), findings);
            }
            Response::Unavailable(unavailable) => return unanswered(&unavailable.description, findings),
        }
    }
}

/// The right to read was proven by a smaller query; this one is worth no more than a warning.
fn unanswered(words: &str, findings: &mut Findings) {
    let message = format!("ScratchOrgInfo can be read, but not its {RECENT} newest records: {words}");
    let next = "run again; if it stays so, ask the hub's administrator about the words above";
    findings.warning(Check::DevHub, message, next);
    findings.skip_rest("the newest scratch orgs could not be read");
}

fn rights(settings: &Settings, hub: &HubLogin, fields: &Fields, findings: &mut Findings) {
    let name = hub.organization.name.as_deref().unwrap_or("the org");
    let hidden = fields.left_out();
    if hidden.is_empty() {
        findings.ok(Check::DevHub, format!("{name} is a Dev Hub, and lets its user read ScratchOrgInfo"));
    } else {
        let message = format!(
            "{name} is a Dev Hub, but hides {} of ScratchOrgInfo from {}: some causes cannot be told apart",
            hidden.join(", "),
            settings.hub_username
        );
        let next = "let the user read these fields: Setup > Permission Sets > the user's > Object Settings > Scratch Org Infos";
        findings.warning(Check::DevHub, message, next);
    }
}

fn app(client_id: &str, rows: &[Row], fields: &Fields, findings: &mut Findings) {
    let check = Check::ScratchOrgApp;
    if fields.left_out().contains(&"ConnectedAppConsumerKey") {
        return findings.skipped(check, "the Dev Hub's user may not see ConnectedAppConsumerKey");
    }
    let total = rows.len();
    let last = match total {
        0 => return findings.ok(check, "the Dev Hub has no scratch orgs yet"),
        1 => "the only scratch org".to_owned(),
        total => format!("the last {total} scratch orgs"),
    };
    let app = |row: &Row| row.text("ConnectedAppConsumerKey").map(ToOwned::to_owned);
    let others: Vec<&Row> = rows.iter().filter(|row| app(row).is_some_and(|app| app != client_id)).collect();
    let Some(newest) = others.first() else {
        let silent = rows.iter().filter(|row| app(row).is_none()).count();
        let but = if silent > 0 { format!(" ({silent} do not say)") } else { String::new() };
        return findings.ok(check, format!("{last} came from this consumer key{but}"));
    };
    let which = match others.iter().filter(|row| app(row).as_deref() == Some(PLATFORM_CLI)).count() {
        0 => String::new(),
        by_sf if by_sf == others.len() => format!(" ({PLATFORM_CLI})"),
        by_sf => format!(" ({by_sf} with {PLATFORM_CLI})"),
    };
    let some = match others.len() {
        _ if total == 1 => last,
        all if all == total => format!("all of {last}"),
        some => format!("{some} of {last}"),
    };
    let such = newest.text("SignupUsername").map(|name| format!(", such as {}", sanitize_line(name, 80)));
    let such = such.unwrap_or_default();
    let message = format!("{some} came from another app{which}{such}: this key can never log in there");
    findings.warning(check, message, SIGN_UP);
}

/// `api-usage=10018/100000`, as jsforce reads it (`connection.ts` L703).
fn limit(info: Option<&str>, findings: &mut Findings) {
    let check = Check::ApiLimit;
    let usage = info.and_then(|info| info.split([',', ';', ' ']).find_map(|part| part.strip_prefix("api-usage=")));
    let numbers = usage.and_then(|usage| usage.split_once('/'));
    let numbers = numbers.and_then(|(used, allowed)| Some((used.parse::<u64>().ok()?, allowed.parse::<u64>().ok()?)));
    let Some((used, allowed)) = numbers.filter(|(_, allowed)| *allowed > 0) else {
        return findings.skipped(check, "the Dev Hub did not tell how many API requests are left");
    };
    let left = allowed.saturating_sub(used);
    let message = format!("{left} of {allowed} API requests of 24 hours are left");
    if u128::from(left) * 100 < u128::from(allowed) * u128::from(LEFT_MIN) {
        let next = "see who uses them (Setup > Company Information > API Requests), and let one run log in to many orgs, not a run for each";
        findings.warning(check, message, next);
    } else {
        findings.ok(check, message);
    }
}
