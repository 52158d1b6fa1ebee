//! What a scenario says of the hub and of each scratch org.

use std::num::NonZeroUsize;
use std::time::Duration;

use serde::Deserialize;

use super::delay::Delay;
use super::fault::{self, Fault};

/// How long the hub has been there.
const HUB_AGE: Duration = Duration::from_secs(400 * 86_400);

/// How long it takes to make an org that is signed up for, unless the scenario says otherwise.
const SIGNUP_TAKES: Delay = Delay(Duration::from_secs(2));

/// The Dev Hub, or a scratch org and the hub's `ScratchOrgInfo` record of it; under `[[signup]]`, what becomes of one that a
/// client asks for, all times then counted from that moment.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct OrgScenario {
    /// Its user; made up where it is left out.
    pub(crate) username: String,
    /// How many such orgs there are, 1 where it is left out. Only one of them can have a given username.
    pub(crate) count: Option<usize>,
    /// How it is to end: `ready` or a cause code. The stand-in only hands it on.
    pub(crate) expect: Option<String>,
    /// Its id, 15 or 18 characters; made up where it is left out.
    pub(crate) org_id: Option<String>,
    /// The id that the hub's record has instead of the right one.
    pub(crate) recorded_org_id: Option<String>,
    /// `OrgName`; `Acme` where it is left out.
    pub(crate) name: Option<String>,
    /// `Edition`; `Developer` where it is left out.
    pub(crate) edition: Option<String>,
    /// `SignupInstance`; `USA1S` where it is left out.
    pub(crate) instance: Option<String>,
    /// `Namespace`.
    pub(crate) namespace: Option<String>,
    /// `Status` at the start. Left out it is `Active`, or `Creating` where `active_after` or `error_after` is given.
    pub(crate) status: Option<RecordStatus>,
    /// When the hub has made it, from the start; halfway `New` becomes `Creating`.
    pub(crate) active_after: Option<Delay>,
    /// When the hub gives up making it.
    pub(crate) error_after: Option<Delay>,
    /// When it is deleted.
    pub(crate) deleted_after: Option<Delay>,
    /// `ErrorCode`, shown while the status is `Error`.
    pub(crate) error_code: Option<String>,
    /// How long after it became active its logins work; `never` is one that is never approved.
    pub(crate) replication_delay: Delay,
    /// `ConnectedAppConsumerKey`, where it is not the scenario's app: then the app is not known in the org.
    pub(crate) consumer_key: Option<String>,
    /// How long before the start it was created; just then where it is left out, so that replication takes as long as its delay.
    pub(crate) created_ago: Option<Delay>,
    /// `ExpirationDate`, in days from today; 7 where it is left out.
    pub(crate) expires_in_days: Option<i64>,
    /// The `LoginUrl` of the record; its origin where it is left out.
    pub(crate) login_url: Option<String>,
    /// The `instance_url` of the token answer; its origin where it is left out.
    pub(crate) instance_url: Option<String>,
    /// Columns of its record that are null.
    pub(crate) null_fields: Vec<String>,
    /// What `aud` may be; none is the usual (`https://test.salesforce.com`, of the hub `https://login.salesforce.com`, and its
    /// origin).
    pub(crate) audiences: Vec<String>,
    /// How long a token lives.
    pub(crate) token_lifetime: Option<Delay>,
    /// How many requests a token is good for.
    pub(crate) token_uses: Option<u32>,
    /// How long a deployment takes; `never` is one that does not end.
    pub(crate) deploy_takes: Delay,
    /// Members of a package that cannot be deployed (`Security`, `Account.Default`), or `*` for all. The others are applied
    /// unless the deployment is to be rolled back on an error.
    pub(crate) deploy_fails: Vec<String>,
    /// Whether it keeps track of changes, as it does where this is left out; otherwise `SourceMember` is `INVALID_TYPE`.
    pub(crate) tracks_source: Option<bool>,
    /// Whether it is a Dev Hub that has scratch orgs at all, as the hub is where this is left out; otherwise `ScratchOrgInfo`
    /// is `INVALID_TYPE`.
    pub(crate) dev_hub: Option<bool>,
    /// Scratch orgs that can be signed up for at the hub, 200 where it is left out: one more is `LIMIT_EXCEEDED`.
    pub(crate) daily_signups: Option<usize>,
    /// Rows in one page of a query's answer, 2000 where it is left out.
    pub(crate) page_size: Option<NonZeroUsize>,
    /// `ScratchOrgInfo` columns that its user may not see: `INVALID_FIELD`.
    pub(crate) hidden_fields: Vec<String>,
    /// Requests used and allowed a day, as `Sforce-Limit-Info` tells them. Used up is `REQUEST_LIMIT_EXCEEDED`.
    pub(crate) api_usage: Option<[u32; 2]>,
    /// What is wrong with its TLS certificate.
    pub(crate) certificate: Certificate,
    /// What goes wrong.
    #[serde(deserialize_with = "fault::checked")]
    pub(crate) faults: Vec<Fault>,
    /// Older records of the same username.
    pub(crate) earlier: Vec<EarlierRecord>,
}

impl OrgScenario {
    /// The same for the hub, which has been there for a long time.
    pub(super) fn into_hub(self) -> Self {
        let username = if self.username.is_empty() { "admin@devhub.example".to_owned() } else { self.username };
        Self {
            username,
            name: self.name.or(Some("Acme Dev Hub".to_owned())),
            instance: self.instance.or(Some("USA9".to_owned())),
            created_ago: self.created_ago.or(Some(Delay(HUB_AGE))),
            ..self
        }
    }

    /// The same for an org that does not exist yet: it is made first.
    pub(super) fn signed_up(self) -> Self {
        let status = self.status.or(Some(RecordStatus::New));
        let is_made = self.active_after.is_some() || self.error_after.is_some();
        let active_after = if is_made { self.active_after } else { Some(SIGNUP_TAKES) };
        Self { status, active_after, created_ago: Some(Delay::default()), ..self }
    }
}

/// An older `ScratchOrgInfo` record of a username that is used again.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EarlierRecord {
    /// Its `Status`.
    pub(crate) status: RecordStatus,
    /// How long before the start it was created.
    pub(crate) created_ago: Delay,
    /// Its `ErrorCode`.
    pub(crate) error_code: Option<String>,
}

/// `ScratchOrgInfo.Status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[allow(missing_docs)]
pub(crate) enum RecordStatus {
    New,
    Creating,
    Active,
    Error,
    Deleted,
}

/// The TLS certificate that an origin shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Certificate {
    /// From the stand-in's CA, for `127.0.0.1` and `localhost`.
    #[default]
    Good,
    /// One that ended yesterday.
    Expired,
    /// One for another name.
    WrongName,
    /// From a CA that nobody trusts.
    UnknownCa,
}
