//! A record of an object, and the values of its columns.

use jiff::Timestamp;
use serde_json::Value as Json;

use super::identifier;
use super::org::Org;
use super::scenario::RecordStatus;
use super::soql::{Field, Object, date_time};

/// The id of the profile that every user has.
const PROFILE: u64 = 0;

/// Name and instance of an org, unless the scenario says otherwise.
const NAME: &str = "Acme";
const INSTANCE: &str = "USA1S";

/// A record: an org seen as one of the objects.
#[derive(Clone, Copy)]
pub(super) struct Record<'a> {
    pub(super) object: &'static Object,
    pub(super) org: &'a Org,
    /// The hub, to whose user the records belong.
    pub(super) hub: &'a Org,
    /// Of `ScratchOrgInfo` 0 is the org's own record, the others are older ones of the same username; of `SourceMember`
    /// which change it is.
    pub(super) row: usize,
    pub(super) now: Timestamp,
}

impl Record<'_> {
    /// The record's id.
    pub(super) fn id(&self) -> String {
        match self.object.name {
            "ScratchOrgInfo" => self.org.scratch_org_info_id(self.row),
            "ActiveScratchOrg" => self.org.active_id.clone(),
            "Organization" => self.org.id.clone(),
            "User" => self.org.user_id.clone(),
            "Profile" => identifier::id("00e", PROFILE),
            _ => identifier::id("0MZ", self.row as u64),
        }
    }

    /// The parent that a relationship leads to.
    pub(super) fn parent(&self, relationship: &str) -> Option<Self> {
        let (_, object) = self.object.parent(relationship)?;
        let org = if object.name == "User" { self.hub } else { self.org };
        Some(Self { object, org, row: 0, ..*self })
    }

    /// The value of a field.
    pub(super) fn value(&self, field: &Field) -> Json {
        match field.parent {
            Some(parent) => self.parent(parent).map_or(Json::Null, |parent| parent.column(field.name)),
            None => self.column(field.name),
        }
    }

    fn column(&self, column: &str) -> Json {
        match (self.object.name, column) {
            (_, "Id") => self.id().into(),
            ("ActiveScratchOrg", "ScratchOrgInfoId") => self.org.scratch_org_info_id(0).into(),
            ("ScratchOrgInfo" | "ActiveScratchOrg", _) => self.scratch_org_info(column),
            ("Organization", _) => self.organization(column),
            ("User", _) => self.user(column),
            ("Profile", _) => "System Administrator".into(),
            _ => self.source_member(column),
        }
    }

    fn scratch_org_info(&self, column: &str) -> Json {
        let (org, plan) = (self.org, &self.org.plan);
        if self.row == 0 && plan.null_fields.iter().any(|name| name.eq_ignore_ascii_case(column)) {
            return Json::Null;
        }
        if let Some(value) = org.signup.get(column) {
            return value.clone();
        }
        let earlier = self.row.checked_sub(1).and_then(|row| plan.earlier.get(row));
        let status = earlier.map_or_else(|| org.status(self.now), |record| record.status);
        // What the hub knows only when the org exists.
        let made = matches!(status, RecordStatus::Active | RecordStatus::Deleted) && earlier.is_none();
        let created = match earlier {
            Some(record) => org.born.saturating_sub(record.created_ago.0).unwrap_or(Timestamp::MIN),
            None => org.created(),
        };
        match column {
            "Name" => format!("{:08}", org.index * 10 + self.row).into(),
            "SignupUsername" => org.username.as_str().into(),
            "LoginUrl" if made => plan.login_url.as_deref().unwrap_or(&org.origin).into(),
            "Status" => format!("{status:?}").into(),
            "ScratchOrg" if made => org.recorded_id[..15].into(),
            "SignupInstance" if made => plan.instance.as_deref().unwrap_or(INSTANCE).into(),
            "ExpirationDate" if made => org.expiration_date().to_string().into(),
            "ErrorCode" if status == RecordStatus::Error => {
                earlier.map_or(&plan.error_code, |record| &record.error_code).as_deref().into()
            }
            "AuthCode" if made => org.auth_code().into(),
            "ConnectedAppConsumerKey" => org.consumer_key.as_str().into(),
            "ConnectedAppCallbackUrl" => "http://localhost:1717/OauthRedirect".into(),
            "AdminEmail" | "SignupEmail" => "admin@acme.example".into(),
            "OrgName" => plan.name.as_deref().unwrap_or(NAME).into(),
            "Edition" => plan.edition.as_deref().unwrap_or("Developer").into(),
            "Namespace" => plan.namespace.as_deref().into(),
            "DurationDays" => 7.into(),
            "HasSampleData" | "IsDeleted" => false.into(),
            "OwnerId" | "CreatedById" => self.hub.user_id.as_str().into(),
            "CreatedDate" => date_time(created),
            _ => Json::Null,
        }
    }

    fn organization(&self, column: &str) -> Json {
        let (org, plan) = (self.org, &self.org.plan);
        match column {
            "Name" => plan.name.as_deref().unwrap_or(NAME).into(),
            "InstanceName" => plan.instance.as_deref().unwrap_or(INSTANCE).into(),
            // A scratch org says that it is a sandbox, and has a trial's end: `determineOrg.ts` of `@salesforce/core`.
            "IsSandbox" => (!org.is_hub()).into(),
            "NamespacePrefix" => plan.namespace.as_deref().into(),
            "OrganizationType" if org.is_hub() => "Enterprise Edition".into(),
            "OrganizationType" => "Developer Edition".into(),
            "TrialExpirationDate" if !org.is_hub() => format!("{}T00:00:00.000+0000", org.expiration_date()).into(),
            "CreatedDate" => date_time(org.created()),
            _ => Json::Null,
        }
    }

    fn user(&self, column: &str) -> Json {
        match column {
            "Username" => self.org.username.as_str().into(),
            "Name" => "User User".into(),
            "Email" => "admin@acme.example".into(),
            "ProfileId" => identifier::id("00e", PROFILE).into(),
            "IsActive" => true.into(),
            _ => date_time(self.org.created()),
        }
    }

    fn source_member(&self, column: &str) -> Json {
        let Some(change) = self.org.changes(self.now).into_iter().nth(self.row) else { return Json::Null };
        match column {
            "MemberIdOrName" | "MemberName" => change.name.into(),
            "MemberType" => change.kind.into(),
            "RevisionCounter" | "RevisionNum" => change.revision.into(),
            "IsNameObsolete" | "IsNewMember" => false.into(),
            "ChangedBy" => "User User".into(),
            _ => date_time(self.now),
        }
    }
}
