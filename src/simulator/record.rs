//! A record of an object, and the values of its columns.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value as Json;

use super::identifier::{self, prefix};
use super::moment::Moment;
use super::object::{Field, Object, Parent};
use super::org::Org;
use super::scenario::RecordStatus;

/// The value of a column.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'a> {
    Null,
    Text(Cow<'a, str>),
    Bool(bool),
    Number(i32),
    Date(Date),
    DateTime(Timestamp),
}

impl<'a> Value<'a> {
    /// What a request's JSON says.
    pub(super) fn of_json(json: &'a Json) -> Self {
        match json {
            Json::String(text) => Self::Text(Cow::Borrowed(text)),
            Json::Bool(value) => Self::Bool(*value),
            json => json.as_i64().and_then(|number| number.try_into().ok()).map_or(Self::Null, Self::Number),
        }
    }

    /// As the REST API writes it.
    pub(super) fn json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Text(text) => Json::from(text.as_ref()),
            Self::Bool(value) => Json::from(*value),
            Self::Number(number) => Json::from(*number),
            Self::Date(date) => Json::from(date.to_string()),
            Self::DateTime(moment) => Json::from(moment.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string()),
        }
    }
}

/// A record: an org seen as one of the objects.
#[derive(Clone, Copy)]
pub(super) struct Record<'a> {
    pub(super) object: Object,
    pub(super) org: &'a Org,
    /// The hub, to whose user the records belong.
    pub(super) hub: &'a Org,
    /// 0 is the org's own record, the others are older ones of the same username.
    pub(super) row: usize,
    pub(super) moment: Moment,
}

impl<'a> Record<'a> {
    /// The record's id.
    pub(super) fn id(&self) -> Cow<'a, str> {
        match self.object {
            Object::ScratchOrgInfo => Cow::Owned(self.org.scratch_org_info_id(self.row)),
            Object::ActiveScratchOrg => Cow::Borrowed(&self.org.active_id),
            Object::Organization => Cow::Borrowed(&self.org.id),
            Object::User => Cow::Borrowed(&self.org.user_id),
            Object::Profile => Cow::Owned(identifier::id(prefix::PROFILE, 0)),
            Object::SourceMember => Cow::Owned(identifier::id(prefix::SOURCE_MEMBER, self.row as u64)),
        }
    }

    /// The parent that a relationship leads to.
    pub(super) fn parent(&self, parent: Parent) -> Self {
        match parent {
            Parent::CreatedBy | Parent::Owner => Self { object: Object::User, org: self.hub, row: 0, ..*self },
            Parent::Profile => Self { object: Object::Profile, ..*self },
            Parent::ScratchOrgInfo => Self { object: Object::ScratchOrgInfo, row: 0, ..*self },
        }
    }

    /// The value of a field.
    pub(super) fn value(&self, field: &Field) -> Value<'a> {
        match field.parent {
            Some(parent) => self.parent(parent).own(field.column.name),
            None => self.own(field.column.name),
        }
    }

    fn own(&self, column: &str) -> Value<'a> {
        if column == "Id" {
            return Value::Text(self.id());
        }
        match self.object {
            Object::ScratchOrgInfo => self.scratch_org_info(column),
            Object::ActiveScratchOrg => match column {
                "ScratchOrgInfoId" => Value::Text(Cow::Owned(self.org.scratch_org_info_id(0))),
                column => self.scratch_org_info(column),
            },
            Object::Organization => self.organization(column),
            Object::User => self.user(column),
            Object::Profile => Value::Text(Cow::Borrowed("System Administrator")),
            Object::SourceMember => self.source_member(column),
        }
    }

    fn scratch_org_info(&self, column: &str) -> Value<'a> {
        let org = self.org;
        let plan = &org.plan;
        if self.row == 0 && plan.null_fields.iter().any(|name| name.eq_ignore_ascii_case(column)) {
            return Value::Null;
        }
        let earlier = self.row.checked_sub(1).and_then(|row| plan.earlier.get(row));
        let status = earlier.map_or_else(|| org.status(self.moment), |record| record.status);
        // What the hub knows only when the org exists.
        let made = matches!(status, RecordStatus::Active | RecordStatus::Deleted) && earlier.is_none();
        let text = |text: &'a str| Value::Text(Cow::Borrowed(text));
        let optional = |value: Option<&'a str>| value.map_or(Value::Null, text);
        let created =
            earlier.map_or_else(|| org.created(self.moment), |record| self.moment.start_less(record.created_ago));
        if let Some(value) = org.signup.get(column) {
            return Value::of_json(value);
        }
        match column {
            "Name" => Value::Text(Cow::Owned(format!("{:08}", org.index * 10 + self.row))),
            "SignupUsername" => text(&org.username),
            "LoginUrl" if made => text(plan.login_url.as_deref().unwrap_or(&org.origin)),
            "Status" => text(status.as_str()),
            "ScratchOrg" if made => text(&org.recorded_id[..15]),
            "SignupInstance" if made => text(&plan.instance),
            "ExpirationDate" if made => Value::Date(org.expiration_date(self.moment)),
            "ErrorCode" if status == RecordStatus::Error => {
                optional(earlier.map_or(plan.error_code.as_deref(), |record| record.error_code.as_deref()))
            }
            "AuthCode" if made => Value::Text(Cow::Owned(org.auth_code())),
            "ConnectedAppConsumerKey" => text(&org.consumer_key),
            "ConnectedAppCallbackUrl" => text("http://localhost:1717/OauthRedirect"),
            "AdminEmail" | "SignupEmail" => text("admin@acme.example"),
            "OrgName" => text(&plan.name),
            "Edition" => text(&plan.edition),
            "Namespace" => optional(plan.namespace.as_deref()),
            "Release" => text("Current"),
            "Country" => text("US"),
            "Language" => text("en_US"),
            "DurationDays" | "SignupTrialDays" => Value::Number(7),
            "HasSampleData" | "IsDeleted" => Value::Bool(false),
            "OwnerId" | "CreatedById" | "LastModifiedById" => text(&self.hub.user_id),
            "CreatedDate" => Value::DateTime(created),
            "LastModifiedDate" | "SystemModstamp" => {
                Value::DateTime(if earlier.is_none() { org.last_change(self.moment).max(created) } else { created })
            }
            "DeletedDate" if status == RecordStatus::Deleted && earlier.is_none() => {
                Value::DateTime(org.last_change(self.moment))
            }
            _ => Value::Null,
        }
    }

    fn organization(&self, column: &str) -> Value<'a> {
        let org = self.org;
        let text = |text: &'a str| Value::Text(Cow::Borrowed(text));
        match column {
            "Name" => text(&org.plan.name),
            "InstanceName" => text(&org.plan.instance),
            // A scratch org says that it is a sandbox, and has a trial's end: `determineOrg.ts` of `@salesforce/core`.
            "IsSandbox" => Value::Bool(!org.is_hub()),
            "NamespacePrefix" => org.plan.namespace.as_deref().map_or(Value::Null, text),
            "OrganizationType" => text(if org.is_hub() { "Enterprise Edition" } else { "Developer Edition" }),
            "TrialExpirationDate" if !org.is_hub() => TimeZone::UTC
                .to_timestamp(org.expiration_date(self.moment).at(0, 0, 0, 0))
                .map_or(Value::Null, Value::DateTime),
            "LanguageLocaleKey" => text("en_US"),
            "TimeZoneSidKey" => text("America/Los_Angeles"),
            "CreatedDate" => Value::DateTime(org.created(self.moment)),
            _ => Value::Null,
        }
    }

    fn user(&self, column: &str) -> Value<'a> {
        let text = |text: &'a str| Value::Text(Cow::Borrowed(text));
        match column {
            "Username" => text(&self.org.username),
            "Name" => text("User User"),
            "FirstName" | "LastName" => text("User"),
            "Email" => text("admin@acme.example"),
            "Alias" => text("UUser"),
            "ProfileId" => Value::Text(Cow::Owned(identifier::id(prefix::PROFILE, 0))),
            "IsActive" => Value::Bool(true),
            "EmailEncodingKey" => text("UTF-8"),
            "LanguageLocaleKey" | "LocaleSidKey" => text("en_US"),
            "TimeZoneSidKey" => text("America/Los_Angeles"),
            "CreatedDate" => Value::DateTime(self.org.created(self.moment)),
            _ => Value::Null,
        }
    }

    fn source_member(&self, column: &str) -> Value<'a> {
        let Some(change) = self.org.changes(self.moment).into_iter().nth(self.row) else { return Value::Null };
        match column {
            "MemberIdOrName" | "MemberName" => Value::Text(Cow::Owned(change.name)),
            "MemberType" => Value::Text(Cow::Owned(change.kind)),
            "RevisionCounter" | "RevisionNum" => Value::Number(change.revision),
            "IsNameObsolete" | "IsNewMember" => Value::Bool(false),
            "ChangedBy" => Value::Text(Cow::Borrowed("User User")),
            _ => Value::DateTime(self.moment.now()),
        }
    }

    /// Whether the record exists now.
    pub(super) fn exists(&self) -> bool {
        self.object != Object::ActiveScratchOrg || self.org.status(self.moment) == RecordStatus::Active
    }
}
