//! The keys of a JSON object that count.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::model::untrusted::{DESCRIPTION_MAX, sanitize_line};

use super::super::row::Found;

/// What `sf` calls a signup that the hub refused; the username in its `data` is the hub's (sfdx-core
/// `scratchOrgErrorCodes.ts`).
const SIGNUP_FAILED: &str = "RemoteOrgSignupFailed";

/// The exit status of `sf org create scratch` that ran out of time; the id is in its message alone (plugin-org,
/// `ScratchOrgInfoTimeoutError`).
const TIMED_OUT: i64 = 69;

/// What `sf` calls its failures to log in to an org that it made: they come after the signup, unless it was the hub that
/// refused (`authorizeScratchOrg`, sfdx-core `scratchOrgInfoApi.ts`; `authInfo.ts`).
const LOGIN_FAILED: [&str; 5] = [
    "JwtAuthError",
    "AuthCodeExchangeError",
    "AuthCodeUsernameRetrievalError",
    "AuthInfoOverwriteError",
    "OrgDataNotAvailableError",
];

/// The exit status of what fails once the org is made and logged in to (sfdx-core `scratchOrgCreate.ts`).
const UNFINISHED: i64 = 68;

/// What begins the id of a `ScratchOrgInfo` record.
const ID_PREFIX: &str = "2SR";

/// The keys of an object that count. `null` is as good as absent.
///
/// * `sf org create scratch`, `sf org resume scratch` (`ScratchCreateResponse`, plugin-org `src/shared/orgTypes.ts`):
///   `.result.username`, or `.result.scratchOrgInfo`
/// * `sf org list`: `.result.scratchOrgs[]`; `sf org list auth`: `.result[]`
/// * `sf data query`: `.result.records[]`
/// * what `sf` says when it fails (`SfCommandError.toJson`, sf-plugins-core 13.0.7): `.name`, `.message`, `.exitCode`,
///   `.status`, `.data`
/// * a GitHub matrix: `.include[]`
#[derive(Deserialize)]
// Each value is a part of the text.
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Object<'a> {
    username: Option<&'a RawValue>,
    #[serde(rename = "Username")]
    username_of_record: Option<&'a RawValue>,
    #[serde(rename = "SignupUsername")]
    signup_username: Option<&'a RawValue>,
    #[serde(rename = "Id")]
    id: Option<&'a RawValue>,
    scratch_org_info_id: Option<&'a RawValue>,
    pub(super) alias: Option<&'a RawValue>,
    is_scratch: Option<&'a RawValue>,
    is_scratch_org: Option<&'a RawValue>,
    is_dev_hub: Option<&'a RawValue>,
    result: Option<&'a RawValue>,
    scratch_org_info: Option<&'a RawValue>,
    scratch_orgs: Option<&'a RawValue>,
    records: Option<&'a RawValue>,
    include: Option<&'a RawValue>,
    data: Option<&'a RawValue>,
    name: Option<&'a RawValue>,
    message: Option<&'a RawValue>,
    exit_code: Option<&'a RawValue>,
    status: Option<&'a RawValue>,
}

impl<'a> Object<'a> {
    /// Its username, or the id of a `ScratchOrgInfo` record that was queried without one; and the key of it.
    pub(super) fn username(&self) -> Option<(&'static str, &'a RawValue)> {
        let named = |key, value: Option<&'a RawValue>| value.map(|value| (key, value));
        named("SignupUsername", self.signup_username)
            .or(named("username", self.username))
            .or(named("Username", self.username_of_record))
            .or(named("Id", self.id.filter(|id| is_record_id(id))))
            .or(named("scratchOrgInfoId", self.scratch_org_info_id.filter(|id| is_record_id(id))))
    }

    /// Whether a record that names a user says that its org is no scratch org. A scratch org may have been made a hub.
    pub(super) fn is_no_scratch_org(&self) -> bool {
        let is = |value: Option<&RawValue>, text: &str| value.is_some_and(|value| value.get() == text);
        let scratch = [self.is_scratch, self.is_scratch_org];
        let says_so = scratch.iter().any(|value| is(*value, "false")) || is(self.is_dev_hub, "true");
        says_so && !scratch.iter().any(|value| is(*value, "true"))
    }

    /// What may hold usernames in its turn, in the order of the text.
    pub(super) fn holders(&self) -> Vec<&'a RawValue> {
        let all = [self.result, self.scratch_org_info, self.scratch_orgs, self.records, self.include];
        let mut holders: Vec<&RawValue> = all.into_iter().flatten().collect();
        holders.sort_by_key(|holder| holder.get().as_ptr());
        holders
    }

    /// Whether this is what `sf` prints, whatever it says.
    pub(super) fn is_envelope(&self) -> bool {
        self.status.is_some_and(is_number) && (self.result.is_some() || self.data.is_some() || self.message.is_some())
    }

    /// What `sf` says where it failed.
    pub(super) fn failure(&self) -> Option<Failure<'a>> {
        let code = self.exit_code.or(self.status).filter(|code| is_number(code))?;
        let message = text(self.message?)?;
        let name = self.name.and_then(text);
        let code = serde_json::from_str(code.get()).ok();
        Some(Failure { name, message, code, data: self.data })
    }
}

/// What `sf` prints when it fails.
pub(super) struct Failure<'a> {
    name: Option<String>,
    message: String,
    code: Option<i64>,
    data: Option<&'a RawValue>,
}

/// Where the org of a failure is named.
pub(super) enum Named<'a> {
    /// By this record's id.
    Id(String),
    /// Somewhere in here, if anywhere.
    In(&'a RawValue),
    Nowhere,
}

impl<'a> Failure<'a> {
    /// The org that was made, or begun, all the same.
    pub(super) fn org(&self) -> Named<'a> {
        if let Some(data) = self.data.filter(|data| data.get().starts_with('{')) {
            let object: Option<Object<'a>> = serde_json::from_str(data.get()).ok();
            let id = object.and_then(|data| data.scratch_org_info_id.or(data.id)).filter(|id| is_record_id(id));
            return match id.and_then(text) {
                Some(id) => Named::Id(id),
                None if self.name.as_deref() == Some(SIGNUP_FAILED) => Named::Nowhere,
                None => Named::In(data),
            };
        }
        match record_id(&self.message).filter(|_| self.code == Some(TIMED_OUT)) {
            Some(id) => Named::Id(id.to_owned()),
            None => Named::Nowhere,
        }
    }

    /// The words, safe to print.
    pub(super) fn describe(&self) -> Found {
        Found::Failed {
            name: self.name.as_deref().map(|name| sanitize_line(name, 80)),
            message: sanitize_line(&self.message, DESCRIPTION_MAX),
            may_live: matches!(self.code, Some(UNFINISHED | TIMED_OUT))
                || self.name.as_deref().is_some_and(|name| LOGIN_FAILED.contains(&name)),
        }
    }
}

/// The first id of a `ScratchOrgInfo` record in a message.
fn record_id(message: &str) -> Option<&str> {
    let words = message.split(|c: char| !c.is_ascii_alphanumeric());
    words.into_iter().find(|word| word.starts_with(ID_PREFIX) && matches!(word.len(), 15 | 18))
}

fn is_record_id(value: &RawValue) -> bool {
    value.get().strip_prefix('"').is_some_and(|text| text.starts_with(ID_PREFIX))
}

fn is_number(value: &RawValue) -> bool {
    value.get().starts_with(|c: char| c.is_ascii_digit() || c == '-')
}

/// A text's characters; nothing where the value is none.
pub(super) fn text(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}
