//! The objects that can be queried, their columns and relationships.

use super::soql::{FieldPath, SoqlError};

/// An object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Object {
    ScratchOrgInfo,
    ActiveScratchOrg,
    Organization,
    User,
    Profile,
    /// What changed in an org (`tooling`).
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
    /// Whether a client that makes a record may fill it in.
    pub(super) creatable: bool,
}

impl Column {
    const fn creatable(self) -> Self {
        Self { creatable: true, ..self }
    }
}

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, filterable: true, creatable: false }
}

const fn textarea(name: &'static str) -> Column {
    Column { name, kind: Kind::Text, filterable: false, creatable: false }
}

// Fields, which of them can be filtered, and which be filled in (what `sf` sends is in `scratchOrgInfoGenerator.ts` of
// `@salesforce/core`):
// https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_scratchorginfo.htm
const SCRATCH_ORG_INFO: &[Column] = &[
    column("Id", Kind::Id),
    column("Name", Kind::Text).creatable(),
    column("SignupUsername", Kind::Text),
    column("Username", Kind::Text).creatable(),
    textarea("LoginUrl"),
    column("Status", Kind::Text),
    column("ScratchOrg", Kind::Text),
    column("SignupInstance", Kind::Text).creatable(),
    column("ExpirationDate", Kind::Date),
    column("ErrorCode", Kind::Text),
    column("ConnectedAppConsumerKey", Kind::Text).creatable(),
    textarea("ConnectedAppCallbackUrl").creatable(),
    textarea("AuthCode"),
    column("SignupEmail", Kind::Text),
    column("AdminEmail", Kind::Text).creatable(),
    column("OrgName", Kind::Text).creatable(),
    column("Edition", Kind::Text).creatable(),
    column("Namespace", Kind::Text).creatable(),
    column("Release", Kind::Text).creatable(),
    column("DurationDays", Kind::Number).creatable(),
    column("SignupTrialDays", Kind::Number),
    column("Country", Kind::Text).creatable(),
    column("Language", Kind::Text).creatable(),
    textarea("Features").creatable(),
    column("HasSampleData", Kind::Bool).creatable(),
    textarea("Package2AncestorIds").creatable(),
    column("Snapshot", Kind::Text).creatable(),
    column("SourceOrg", Kind::Text).creatable(),
    textarea("Description").creatable(),
    column("LastLoginDate", Kind::Date),
    column("DeletedBy", Kind::Text),
    column("DeletedDate", Kind::DateTime),
    column("OwnerId", Kind::Id).creatable(),
    column("CreatedById", Kind::Id),
    column("LastModifiedById", Kind::Id),
    column("IsDeleted", Kind::Bool),
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

const PROFILE: &[Column] = &[column("Id", Kind::Id), column("Name", Kind::Text)];

// What source tracking asks for, `remoteSourceTrackingService.ts` of `@salesforce/source-tracking`.
const SOURCE_MEMBER: &[Column] = &[
    column("Id", Kind::Id),
    column("MemberIdOrName", Kind::Text),
    column("MemberType", Kind::Text),
    column("MemberName", Kind::Text),
    column("IsNameObsolete", Kind::Bool),
    column("IsNewMember", Kind::Bool),
    column("RevisionCounter", Kind::Number),
    column("RevisionNum", Kind::Number),
    column("ChangedBy", Kind::Text),
    column("LastModifiedDate", Kind::DateTime),
    column("SystemModstamp", Kind::DateTime),
];

impl Object {
    const ALL: [Self; 6] = [
        Self::ScratchOrgInfo,
        Self::ActiveScratchOrg,
        Self::Organization,
        Self::User,
        Self::Profile,
        Self::SourceMember,
    ];

    /// The API's name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ScratchOrgInfo => "ScratchOrgInfo",
            Self::ActiveScratchOrg => "ActiveScratchOrg",
            Self::Organization => "Organization",
            Self::User => "User",
            Self::Profile => "Profile",
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
            Self::Profile => PROFILE,
            Self::SourceMember => SOURCE_MEMBER,
        }
    }

    pub(super) fn parent(self, name: &str) -> Option<Parent> {
        let parents: &[Parent] = match self {
            Self::ScratchOrgInfo => &[Parent::CreatedBy, Parent::Owner],
            Self::ActiveScratchOrg => &[Parent::CreatedBy, Parent::Owner, Parent::ScratchOrgInfo],
            Self::User => &[Parent::Profile],
            Self::Organization | Self::Profile | Self::SourceMember => &[],
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
    Profile,
    ScratchOrgInfo,
}

impl Parent {
    /// The relationship's name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::CreatedBy => "CreatedBy",
            Self::Owner => "Owner",
            Self::Profile => "Profile",
            Self::ScratchOrgInfo => "ScratchOrgInfo",
        }
    }

    fn object(self) -> Object {
        match self {
            Self::CreatedBy | Self::Owner => Object::User,
            Self::Profile => Object::Profile,
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
