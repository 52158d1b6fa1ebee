//! The objects that can be queried, their columns, and the value of a column in a record.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value as Json;

use super::org::Org;
use super::salesforce::Moment;
use super::scenario::RecordStatus;
use super::soql::{FieldPath, SoqlError};

/// An object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Object {
    ScratchOrgInfo,
    ActiveScratchOrg,
    Organization,
    User,
    /// Only there so that a client can ask whether changes are tracked (`tooling`); it has no records.
    SourceMember,
}

/// A type of column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// Compared by its first 15 characters, case-sensitively.
    Id,
    Bool,
    Number,
    Date,
    DateTime,
}

/// A column of an object.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) filterable: bool,
}

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, filterable: true }
}

const fn textarea(name: &'static str) -> Column {
    Column { name, kind: Kind::Text, filterable: false }
}

// Fields and which of them can be filtered:
// https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_scratchorginfo.htm
const SCRATCH_ORG_INFO: &[Column] = &[
    column("Id", Kind::Id),
    column("Name", Kind::Text),
    column("SignupUsername", Kind::Text),
    column("Username", Kind::Text),
    textarea("LoginUrl"),
    column("Status", Kind::Text),
    column("ScratchOrg", Kind::Text),
    column("SignupInstance", Kind::Text),
    column("ExpirationDate", Kind::Date),
    column("ErrorCode", Kind::Text),
    column("ConnectedAppConsumerKey", Kind::Text),
    textarea("ConnectedAppCallbackUrl"),
    textarea("AuthCode"),
    column("SignupEmail", Kind::Text),
    column("AdminEmail", Kind::Text),
    column("OrgName", Kind::Text),
    column("Edition", Kind::Text),
    column("Namespace", Kind::Text),
    column("Release", Kind::Text),
    column("DurationDays", Kind::Number),
    column("SignupTrialDays", Kind::Number),
    column("Country", Kind::Text),
    column("Language", Kind::Text),
    textarea("Features"),
    column("HasSampleData", Kind::Bool),
    column("Snapshot", Kind::Text),
    column("SourceOrg", Kind::Text),
    textarea("Description"),
    column("LastLoginDate", Kind::Date),
    column("DeletedBy", Kind::Text),
    column("DeletedDate", Kind::DateTime),
    column("OwnerId", Kind::Id),
    column("CreatedById", Kind::Id),
    column("CreatedDate", Kind::DateTime),
    column("LastModifiedDate", Kind::DateTime),
    column("SystemModstamp", Kind::DateTime),
];

const ACTIVE_SCRATCH_ORG: &[Column] = &[
    column("Id", Kind::Id),
    column("Name", Kind::Text),
    column("ScratchOrgInfoId", Kind::Id),
    column("SignupUsername", Kind::Text),
    column("ScratchOrg", Kind::Text),
    column("SignupInstance", Kind::Text),
    column("ExpirationDate", Kind::Date),
    column("SignupEmail", Kind::Text),
    column("OrgName", Kind::Text),
    column("Edition", Kind::Text),
    column("Namespace", Kind::Text),
    column("HasSampleData", Kind::Bool),
    column("LastLoginDate", Kind::Date),
    column("OwnerId", Kind::Id),
    column("CreatedById", Kind::Id),
    column("CreatedDate", Kind::DateTime),
];

const ORGANIZATION: &[Column] = &[
    column("Id", Kind::Id),
    column("Name", Kind::Text),
    column("InstanceName", Kind::Text),
    column("IsSandbox", Kind::Bool),
    column("NamespacePrefix", Kind::Text),
    column("OrganizationType", Kind::Text),
    column("TrialExpirationDate", Kind::DateTime),
    column("LanguageLocaleKey", Kind::Text),
    column("TimeZoneSidKey", Kind::Text),
    column("CreatedDate", Kind::DateTime),
];

const USER: &[Column] = &[
    column("Id", Kind::Id),
    column("Username", Kind::Text),
    column("Name", Kind::Text),
    column("FirstName", Kind::Text),
    column("LastName", Kind::Text),
    column("Email", Kind::Text),
    column("Alias", Kind::Text),
    column("ProfileId", Kind::Id),
    column("IsActive", Kind::Bool),
    column("EmailEncodingKey", Kind::Text),
    column("LanguageLocaleKey", Kind::Text),
    column("LocaleSidKey", Kind::Text),
    column("TimeZoneSidKey", Kind::Text),
    column("CreatedDate", Kind::DateTime),
];

const SOURCE_MEMBER: &[Column] = &[
    column("Id", Kind::Id),
    column("MemberType", Kind::Text),
    column("MemberName", Kind::Text),
    column("IsNameObsolete", Kind::Bool),
    column("RevisionCounter", Kind::Number),
    column("RevisionNum", Kind::Number),
];

impl Object {
    const ALL: [Self; 5] =
        [Self::ScratchOrgInfo, Self::ActiveScratchOrg, Self::Organization, Self::User, Self::SourceMember];

    /// The API's name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ScratchOrgInfo => "ScratchOrgInfo",
            Self::ActiveScratchOrg => "ActiveScratchOrg",
            Self::Organization => "Organization",
            Self::User => "User",
            Self::SourceMember => "SourceMember",
        }
    }

    /// The object of that name, whatever its case.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|object| object.name().eq_ignore_ascii_case(name))
    }

    /// Its columns.
    pub(super) fn columns(self) -> &'static [Column] {
        match self {
            Self::ScratchOrgInfo => SCRATCH_ORG_INFO,
            Self::ActiveScratchOrg => ACTIVE_SCRATCH_ORG,
            Self::Organization => ORGANIZATION,
            Self::User => USER,
            Self::SourceMember => SOURCE_MEMBER,
        }
    }

    fn parent(self, name: &str) -> Option<Parent> {
        let parents: &[Parent] = match self {
            Self::ScratchOrgInfo => &[Parent::CreatedBy, Parent::Owner],
            Self::ActiveScratchOrg => &[Parent::CreatedBy, Parent::Owner, Parent::ScratchOrgInfo],
            Self::Organization | Self::User | Self::SourceMember => &[],
        };
        parents.iter().copied().find(|parent| parent.name().eq_ignore_ascii_case(name))
    }

    /// The field that a statement names. A `hidden` column is one that does not exist, as at Salesforce.
    pub(super) fn field(self, statement: &str, path: &FieldPath, hidden: &[String]) -> Result<Field, SoqlError> {
        let parent = match &path.parent {
            None => None,
            Some(name) => {
                let unknown = || {
                    let what = format!("Didn't understand relationship '{name}' in field path.");
                    SoqlError::field(statement, &path.name, &what)
                };
                Some(self.parent(name).ok_or_else(unknown)?)
            }
        };
        let object = parent.map_or(self, Parent::object);
        let column = object.columns().iter().find(|column| column.name.eq_ignore_ascii_case(&path.name.text));
        let hides =
            object == Self::ScratchOrgInfo && hidden.iter().any(|name| name.eq_ignore_ascii_case(&path.name.text));
        match column {
            Some(column) if !hides => Ok(Field { parent, column }),
            _ => Err(SoqlError::no_such_column(statement, &path.name, object.name())),
        }
    }
}

/// A relationship to a parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parent {
    CreatedBy,
    Owner,
    ScratchOrgInfo,
}

impl Parent {
    /// The relationship's name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::CreatedBy => "CreatedBy",
            Self::Owner => "Owner",
            Self::ScratchOrgInfo => "ScratchOrgInfo",
        }
    }

    fn object(self) -> Object {
        match self {
            Self::CreatedBy | Self::Owner => Object::User,
            Self::ScratchOrgInfo => Object::ScratchOrgInfo,
        }
    }
}

/// A field of an object or of its parent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) parent: Option<Parent>,
    pub(super) column: &'static Column,
}

impl Field {
    /// A text in the form in which two that are equal to SOQL are the same.
    pub(super) fn folded(&self, text: &str) -> String {
        match self.column.kind {
            Kind::Id => text.chars().take(15).collect(),
            _ => text.to_lowercase(),
        }
    }
}

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

impl Value<'_> {
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
            Object::ScratchOrgInfo => self.org.scratch_org_info_id(self.row),
            Object::ActiveScratchOrg => Cow::Borrowed(&self.org.active_id),
            Object::Organization => Cow::Borrowed(&self.org.id),
            Object::User => Cow::Borrowed(&self.org.user_id),
            Object::SourceMember => Cow::Borrowed(""),
        }
    }

    /// The parent that a relationship leads to.
    pub(super) fn parent(&self, parent: Parent) -> Self {
        match parent {
            Parent::CreatedBy | Parent::Owner => Self { object: Object::User, org: self.hub, row: 0, ..*self },
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
                "ScratchOrgInfoId" => Value::Text(self.org.scratch_org_info_id(0)),
                column => self.scratch_org_info(column),
            },
            Object::Organization => self.organization(column),
            Object::User => self.user(column),
            Object::SourceMember => Value::Null,
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
        let created = self.moment.start_less(earlier.map_or(plan.created_ago, |record| record.created_ago));
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
            "HasSampleData" => Value::Bool(false),
            "OwnerId" | "CreatedById" => text(&self.hub.user_id),
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
            "CreatedDate" => Value::DateTime(self.moment.start_less(org.plan.created_ago)),
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
            "ProfileId" => text("00eFk000000AdmnIAC"),
            "IsActive" => Value::Bool(true),
            "EmailEncodingKey" => text("UTF-8"),
            "LanguageLocaleKey" | "LocaleSidKey" => text("en_US"),
            "TimeZoneSidKey" => text("America/Los_Angeles"),
            "CreatedDate" => Value::DateTime(self.moment.start_less(self.org.plan.created_ago)),
            _ => Value::Null,
        }
    }

    /// Whether the record exists now.
    pub(super) fn exists(&self) -> bool {
        self.object != Object::ActiveScratchOrg || self.org.status(self.moment) == RecordStatus::Active
    }
}
