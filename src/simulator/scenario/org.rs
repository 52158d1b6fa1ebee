//! What a scenario says of the hub and of each scratch org.

use std::time::Duration;

use serde::Deserialize;

use super::delay::{self, Delay};
use super::fault::Fault;

/// Scratch orgs that can be signed up for unless the scenario says otherwise.
const DAILY_SIGNUPS: u32 = 200;

/// How long it takes to make an org that is signed up for, unless the scenario says otherwise.
const SIGNUP_TAKES: Duration = Duration::from_secs(2);

/// The Dev Hub.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HubScenario {
    /// Its user.
    pub username: String,
    /// Its id, 15 or 18 characters; made up where it is left out.
    pub org_id: Option<String>,
    /// Its name.
    pub name: String,
    /// Whether it has scratch orgs at all; otherwise `ScratchOrgInfo` is `INVALID_TYPE`.
    pub dev_hub: bool,
    /// Rows in one page of a query's answer.
    pub page_size: usize,
    /// `ScratchOrgInfo` columns that its user may not see: `INVALID_FIELD`.
    pub hidden_fields: Vec<String>,
    /// Requests used and allowed a day, as `Sforce-Limit-Info` tells them. Used up is `REQUEST_LIMIT_EXCEEDED`.
    pub api_usage: [u32; 2],
    /// Scratch orgs that can be signed up for: one more is `LIMIT_EXCEEDED`.
    pub daily_signups: u32,
    /// What `aud` may be; none is the usual (`https://login.salesforce.com`, and its origin).
    pub audiences: Vec<String>,
    /// How long a token lives.
    #[serde(deserialize_with = "delay::optional_length")]
    pub token_lifetime: Option<Duration>,
    /// How many requests a token is good for.
    pub token_uses: Option<u32>,
    /// The `instance_url` of its token answer; its origin where it is left out.
    pub instance_url: Option<String>,
    /// What is wrong with its TLS certificate.
    pub certificate: Certificate,
    /// What goes wrong.
    pub faults: Vec<Fault>,
}

impl Default for HubScenario {
    fn default() -> Self {
        Self {
            username: "admin@devhub.example".to_owned(),
            org_id: None,
            name: "Acme Dev Hub".to_owned(),
            dev_hub: true,
            page_size: 2000,
            hidden_fields: Vec::new(),
            api_usage: [10_018, 100_000],
            daily_signups: DAILY_SIGNUPS,
            audiences: Vec::new(),
            token_lifetime: None,
            token_uses: None,
            instance_url: None,
            certificate: Certificate::Good,
            faults: Vec::new(),
        }
    }
}

/// One scratch org, and the hub's `ScratchOrgInfo` record of it; under `[[signup]]`, what becomes of one that a client asks
/// for, all times then counted from that moment.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OrgScenario {
    /// Its administrator; made up where it is left out.
    pub username: String,
    /// How many such orgs there are. Only one of them can have a given username.
    pub count: usize,
    /// How it is to end: `ready` or a cause code. The stand-in only hands it on.
    pub expect: Option<String>,
    /// Its id, 15 or 18 characters; made up where it is left out.
    pub org_id: Option<String>,
    /// The id that the hub's record has instead of the right one.
    pub recorded_org_id: Option<String>,
    /// `OrgName`.
    pub name: String,
    /// `Edition`.
    pub edition: String,
    /// `SignupInstance`.
    pub instance: String,
    /// `Namespace`.
    pub namespace: Option<String>,
    /// `Status` at the start. Left out it is `Active`, or `Creating` where `active_after` or `error_after` is given.
    pub status: Option<RecordStatus>,
    /// When the hub has made it, from the start; halfway `New` becomes `Creating`.
    #[serde(deserialize_with = "delay::optional_length")]
    pub active_after: Option<Duration>,
    /// When the hub gives up making it.
    #[serde(deserialize_with = "delay::optional_length")]
    pub error_after: Option<Duration>,
    /// When it is deleted.
    #[serde(deserialize_with = "delay::optional_length")]
    pub deleted_after: Option<Duration>,
    /// `ErrorCode`, shown while the status is `Error`.
    pub error_code: Option<String>,
    /// How long after it became active its logins work; `never` is one that is never approved.
    pub replication_delay: Delay,
    /// `ConnectedAppConsumerKey`, where it is not the scenario's app: then the app is not known in the org.
    pub consumer_key: Option<String>,
    /// How long before the start it was created.
    #[serde(deserialize_with = "delay::length")]
    pub created_ago: Duration,
    /// `ExpirationDate`, in days from today.
    pub expires_in_days: i64,
    /// The `LoginUrl` of the record; its origin where it is left out.
    pub login_url: Option<String>,
    /// The `instance_url` of the token answer; its origin where it is left out.
    pub instance_url: Option<String>,
    /// Columns of its record that are null.
    pub null_fields: Vec<String>,
    /// What `aud` may be; none is the usual (`https://test.salesforce.com`, and its origin).
    pub audiences: Vec<String>,
    /// How long a token lives.
    #[serde(deserialize_with = "delay::optional_length")]
    pub token_lifetime: Option<Duration>,
    /// How many requests a token is good for.
    pub token_uses: Option<u32>,
    /// How long a deployment takes; `never` is one that does not end.
    pub deploy_takes: Delay,
    /// Members of a package that cannot be deployed (`Security`, `Account.Default`), or `*` for all. The others are applied
    /// unless the deployment is to be rolled back on an error.
    pub deploy_fails: Vec<String>,
    /// Whether it keeps track of changes; otherwise `SourceMember` is `INVALID_TYPE`.
    pub tracks_source: bool,
    /// What is wrong with its TLS certificate.
    pub certificate: Certificate,
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// Older records of the same username.
    pub earlier: Vec<EarlierRecord>,
}

impl Default for OrgScenario {
    fn default() -> Self {
        Self {
            username: String::new(),
            count: 1,
            expect: None,
            org_id: None,
            recorded_org_id: None,
            name: "Acme".to_owned(),
            edition: "Developer".to_owned(),
            instance: "USA1S".to_owned(),
            namespace: None,
            status: None,
            active_after: None,
            error_after: None,
            deleted_after: None,
            error_code: None,
            replication_delay: Delay::default(),
            consumer_key: None,
            created_ago: Duration::from_secs(120),
            expires_in_days: 7,
            login_url: None,
            instance_url: None,
            null_fields: Vec::new(),
            audiences: Vec::new(),
            token_lifetime: None,
            token_uses: None,
            deploy_takes: Delay::default(),
            deploy_fails: Vec::new(),
            tracks_source: true,
            certificate: Certificate::Good,
            faults: Vec::new(),
            earlier: Vec::new(),
        }
    }
}

impl OrgScenario {
    /// The same for an org that does not exist yet: it is made first.
    pub(super) fn signed_up(self) -> Self {
        let status = self.status.or(Some(RecordStatus::New));
        let is_made = self.active_after.is_some() || self.error_after.is_some();
        let active_after = if is_made { self.active_after } else { Some(SIGNUP_TAKES) };
        Self { status, active_after, created_ago: Duration::ZERO, ..self }
    }
}

/// An older `ScratchOrgInfo` record of a username that is used again.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlierRecord {
    /// Its `Status`.
    pub status: RecordStatus,
    /// How long before the start it was created.
    #[serde(deserialize_with = "delay::length")]
    pub created_ago: Duration,
    /// Its `ErrorCode`.
    #[serde(default)]
    pub error_code: Option<String>,
}

/// `ScratchOrgInfo.Status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[allow(missing_docs)]
pub enum RecordStatus {
    New,
    Creating,
    Active,
    Error,
    Deleted,
}

/// The TLS certificate that an origin shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certificate {
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
