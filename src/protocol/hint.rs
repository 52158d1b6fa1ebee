//! What to do next about a cause, the most likely reason first: written for someone who is tired, and has a red build.

use jiff::Timestamp;

use crate::model::cause::CauseCode;
use crate::model::scratch_org::PLATFORM_CLI;
use crate::model::untrusted::sanitize_line;
use crate::protocol::verdict_context::VerdictContext;

/// For an org that the hub says was deleted.
pub const DELETED: &str = "create a new scratch org; the username of a deleted one never works again";

/// For an org that the hub still makes.
pub const CREATING: &str = "nothing to do but wait: run the same command again, or allow more time with --wait; if it stays so for over 15 minutes, the signup is stuck: create another org";

/// For an org that the hub does not know.
pub const UNKNOWN_USERNAME: &str = "check the spelling, and that this is the Dev Hub that created the org (--target-dev-hub, --hub-username); the hub's user must be allowed to see ScratchOrgInfo records of others";

/// For an org that `sf` could not create.
pub const SF_FAILED: &str = "sf created no org: read what it said, mend that, and create the org again";

/// For an org that `sf` made, or may have made, and does not name.
pub const SF_UNFINISHED: &str = "the org may live all the same, and its creation stands in sf's cache, in the home where sf ran: `orgready login --pending` finishes it, `orgready delete --pending --yes` deletes it";

/// For an org that was never asked.
pub const NOT_TRIED: &str = "run the same command again, with more time (--wait) if the time was up";

/// For an org that is ready, and that sf does not know.
pub const NOT_STORED: &str = "the org is ready, but sf does not know it: mend what the message names and run the same command again, or leave the sf store alone with --no-sf-store";

/// For an org that is ready, and whose settings were not deployed.
pub const SETTINGS_FAILED: &str = "the org is ready and sf knows it, but without the settings of its definition: mend what the message names (in the definition's settings or objectSettings) and deploy again by running the same command, or leave the settings alone with --no-settings";

/// For an org that the hub would not delete.
pub const NOT_DELETED: &str = "read the words above; the Dev Hub user needs the right to delete Active Scratch Orgs (Setup > Permission Sets > Object Settings), or delete the org in the Dev Hub";

/// For an org that is ready, and for whose settings the time was not enough.
pub const SETTINGS_CUT_SHORT: &str = "the org is ready and sf knows it: run the same command again to finish it, with more time (--wait) if the time was up";

/// For a login that worked, and of which sf's own files could not be told.
pub const STORE_NOT_WRITTEN: &str = "the login worked; mend the sf store and run again, or add --no-sf-store";

/// For an org that is ready, and that a signal kept from being stored.
pub const STORE_CUT_SHORT: &str =
    "the org is ready, but the run was ended before sf was told of it: run the same command again";

/// For an org that answered as another one.
pub const ORG_MISMATCH: &str = "the Dev Hub's record and the host disagree: check that the username was not given to a new org, and that no proxy or DNS entry leads elsewhere; nothing was stored";

/// For an org that answered with a token and then refused it.
pub const TOKEN_REFUSED: &str = "the login worked, but the API there refuses the token that it gave: check that the connected app has the scope \"Manage user data via APIs (api)\" and that the user's profile has \"API Enabled\"";

/// For a readiness query that was refused.
pub const CHECK_REFUSED: &str = "the login worked, but the org's API refused a simple query: read the words above, and check that the user's profile has \"API Enabled\"";

/// For an API that has no such version.
pub const API_VERSION: &str = "the host has no such version of the API: it is too new there, or retired; name another with --api-version (SF_ORG_API_VERSION), or leave both out; https://HOST/services/data lists those that it has";

/// For a hub that has no `ScratchOrgInfo`.
pub const NOT_A_DEV_HUB: &str = "enable Dev Hub in that org (Setup > Dev Hub), or name the right one (--hub-username, --instance-url); its user needs the permission to read Scratch Org Infos";

/// For an answer that is not one to what was asked.
pub const UNUSABLE: &str = "Salesforce does not answer so: check the login URL (--instance-url), and whether a proxy or a gateway answers in its place";

/// For a host whose API requests are used up.
pub const API_LIMIT: &str = "the org's API requests of the last 24 hours are used up: wait, or free some (Setup > Company Information > API Requests)";

/// For a hub that refused the query.
pub const QUERY_REFUSED: &str =
    "read the words above; the Dev Hub user needs \"API Enabled\" and read access to Scratch Org Infos";

/// The next step for a refusal of, or no answer from, `at.host`.
pub fn of(code: CauseCode, at: &VerdictContext<'_>) -> String {
    let host = at.host;
    let hub = at.record.is_none();
    let text = match code {
        CauseCode::NotReplicated => {
            "the org's data has not reached the login servers yet: run the same command again, or allow more time with --wait (such as --wait 20m)"
        }
        CauseCode::NotApproved if hub => {
            "in the Dev Hub, let the user use the app in advance: Setup > App Manager > the connected app > Manage > Edit Policies > Permitted Users \"Admin approved users are pre-authorized\", then add the user's profile or permission set there; check also that username and login URL (--instance-url) belong to this hub; a new app needs up to 10 minutes"
        }
        CauseCode::NotApproved => {
            "the org is over a day old, so replication is not the reason: use the administrator's username that the org was created with (a user made inside an org on Hyperforce can never use the hub's app); an org that was made without sf may need its AuthCode redeemed once; else create a new scratch org"
        }
        CauseCode::AppMismatch => return of_app_mismatch(at),
        CauseCode::Unreachable if hub => {
            "check the login URL (--instance-url), the network, DNS and the proxy (HTTPS_PROXY, NO_PROXY); if Salesforce is down (status.salesforce.com), run the same command again later"
        }
        CauseCode::Unreachable => {
            "new orgs are often not in DNS or not ready for requests for some minutes: run the same command again, or allow more time with --wait; if it stays so, check DNS and the proxy (HTTPS_PROXY, NO_PROXY)"
        }
        CauseCode::Throttled => {
            "the server asks to slow down: run the same command again later, or with a lower --rate"
        }
        CauseCode::LoginRateExceeded => {
            "this user logged in over 3,600 times within an hour: wait an hour; let one run log in to many orgs, instead of a run for each"
        }
        CauseCode::Expired => {
            "the org's expiration date has passed: create a new scratch org (--duration-days up to 30)"
        }
        CauseCode::AppNotInstalled if hub => {
            "the consumer key (--client-id) is not of an app in this org: check it and the login URL (--instance-url)"
        }
        CauseCode::AppNotInstalled => {
            "the hub's app is an external client app, which Salesforce does not replicate to scratch orgs: use a connected app for the Dev Hub login (new ones need a support case since Spring '26), and create the org again with it"
        }
        CauseCode::AppAccessDenied => {
            "let the user use the app in advance: Setup > App Manager > the connected app > Manage > Edit Policies > Permitted Users \"Admin approved users are pre-authorized\", then add the user's profile or a permission set; the app needs the scopes api and refresh_token"
        }
        CauseCode::InvalidClient => {
            "check the consumer key (--client-id, ORGREADY_CLIENT_ID): copy it again from Setup > App Manager > the app > Manage Consumer Details; a new app needs up to 10 minutes; check that the login URL is this org's"
        }
        CauseCode::InvalidAssertion => {
            "the private key does not belong to the certificate that was uploaded to the app: `orgready doctor --certificate server.crt` compares them; a certificate that was just changed needs up to 10 minutes"
        }
        CauseCode::AudienceRejected => {
            "the host accepts none of the usual audiences: check the login URL, or name the audience with --audience (SF_AUDIENCE_URL)"
        }
        CauseCode::InactiveUser => {
            "the user is inactive or locked, or the org is: activate or unlock the user in Setup > Users, or create a new scratch org"
        }
        CauseCode::IpRestricted => {
            "logins from this machine's address are not allowed: add it to the profile's Login IP Ranges or to Network Access in Setup, or relax \"IP Relaxation\" in the app's policies"
        }
        CauseCode::TlsFailed => {
            return format!(
                "the certificate of {host} is not trusted here: if a proxy inspects TLS, give its CA certificate with --ca-certificate FILE or NODE_EXTRA_CA_CERTS (PEM); if it is expired or for another name, check the host and this machine's clock"
            );
        }
        CauseCode::ProxyRefused => {
            return format!(
                "mend the proxy's user and password in HTTPS_PROXY (special characters percent-encoded), or let the proxy's administrator allow {host}; NO_PROXY={} goes there without it",
                host.rsplit_once(':').map_or(host, |(name, _port)| name)
            );
        }
        CauseCode::Rejected => {
            "this answer is not known to heal: read the words above; Setup > Login History shows the same login from the other side"
        }
        // Those below are decided elsewhere, with words of their own.
        CauseCode::Creating => CREATING,
        CauseCode::UnknownUsername => UNKNOWN_USERNAME,
        CauseCode::SignupFailed | CauseCode::Deleted => DELETED,
        CauseCode::ClockSkew => return of_clock(None, at.now),
        CauseCode::OrgMismatch => ORG_MISMATCH,
        CauseCode::UntrustedHost => "nothing was sent there; a host of your own is allowed with --allow-host",
        CauseCode::NotStored => NOT_STORED,
        CauseCode::SettingsFailed => SETTINGS_FAILED,
        CauseCode::NotDeleted => NOT_DELETED,
        CauseCode::NotADevHub => NOT_A_DEV_HUB,
        CauseCode::ApiLimit => API_LIMIT,
        CauseCode::QueryRejected => QUERY_REFUSED,
        CauseCode::NotTried => NOT_TRIED,
    };
    text.to_owned()
}

/// An org that was signed up with another app: this key can never log in there.
fn of_app_mismatch(at: &VerdictContext<'_>) -> String {
    let app = at.record.and_then(|record| record.connected_app.as_deref()).unwrap_or_default();
    let create = "create the org again from a Dev Hub login with this consumer key (sf org login jwt, or orgready hub)";
    if app == PLATFORM_CLI {
        return format!(
            "the org was signed up with {PLATFORM_CLI}, so this app was not replicated into it and never will be: unset SF_SCRATCH_SIGNUP_CONNECTED_APP, and {create}"
        );
    }
    format!(
        "the org was signed up with another app (consumer key {}), so this app was not replicated into it and never will be: use that app's key, or {create}",
        sanitize_line(app, 40)
    )
}

/// Clocks that differ; by how much, where the server told its time.
pub fn of_clock(server: Option<Timestamp>, now: Timestamp) -> String {
    let difference = match server.map(|server| now.as_second() - server.as_second()) {
        Some(seconds) if seconds > 0 => format!("this machine's clock is {seconds} s ahead of the server's"),
        Some(seconds) if seconds < 0 => format!("this machine's clock is {} s behind the server's", -seconds),
        Some(_) => {
            return "the clocks agree now, so it was a passing fault: run the same command again; if it stays so, check that the login URL is this org's".to_owned();
        }
        None => "the server did not tell its time".to_owned(),
    };
    format!("an assertion lives three minutes, so the clocks must agree: {difference}; set this machine's clock (NTP)")
}

/// The meaning of a signup's `ErrorCode`, and the next step.
pub fn of_signup_error(code: Option<&str>) -> (String, String) {
    let Some(code) = code else {
        return (
            "the Dev Hub could not create the org and gave no error code".to_owned(),
            "look at the Scratch Org Info record in the Dev Hub, and create the org again".to_owned(),
        );
    };
    let (meaning, next_step) = crate::protocol::signup_error::explain(code);
    (format!("the Dev Hub could not create the org ({}): {meaning}", sanitize_line(code, 40)), next_step.to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::org::ClientId;
    use crate::model::scratch_org::ScratchOrgInfo;

    fn hint(code: CauseCode, record: Option<&ScratchOrgInfo>) -> String {
        let client_id = ClientId::new("3MVG9ours").unwrap();
        of(
            code,
            &VerdictContext {
                record,
                client_id: &client_id,
                host: "x.example",
                now: Timestamp::UNIX_EPOCH,
                doubted: Duration::ZERO,
                unanswered: 0,
                logged_in: false,
                refused_tokens: 0,
            },
        )
    }

    #[test]
    fn the_next_step_at_the_hub_is_another_than_at_a_scratch_org() {
        let record = ScratchOrgInfo::default();
        for (code, at_the_hub, at_an_org) in [
            (CauseCode::NotApproved, "in the Dev Hub, let the user use the app", "the org is over a day old"),
            (CauseCode::Unreachable, "check the login URL", "new orgs are often not in DNS"),
            (
                CauseCode::AppNotInstalled,
                "the consumer key (--client-id) is not",
                "the hub's app is an external client",
            ),
        ] {
            assert!(hint(code, None).starts_with(at_the_hub), "{}", hint(code, None));
            assert!(hint(code, Some(&record)).starts_with(at_an_org), "{}", hint(code, Some(&record)));
        }
    }

    #[test]
    fn the_app_that_an_org_was_signed_up_with_is_named() {
        let of_app = |app: &str| ScratchOrgInfo { connected_app: Some(app.to_owned()), ..ScratchOrgInfo::default() };
        let platform = hint(CauseCode::AppMismatch, Some(&of_app(PLATFORM_CLI)));
        assert!(platform.contains("unset SF_SCRATCH_SIGNUP_CONNECTED_APP"), "{platform}");
        let other = hint(CauseCode::AppMismatch, Some(&of_app("3MVG9theirs")));
        assert!(other.contains("consumer key 3MVG9theirs") && !other.contains("unset"), "{other}");
    }

    #[test]
    fn clocks_are_compared_to_the_second() {
        let now = Timestamp::from_second(1_000).unwrap();
        let told = |server: Option<i64>| of_clock(server.map(|second| Timestamp::from_second(second).unwrap()), now);
        assert!(told(Some(990)).contains("10 s ahead of the server's"));
        assert!(told(Some(1_010)).contains("10 s behind the server's"));
        assert!(told(Some(1_000)).starts_with("the clocks agree now"));
        assert!(told(None).contains("did not tell its time"));
    }
}
