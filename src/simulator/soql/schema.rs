//! The objects that can be queried: their columns by type, and their parents.

/// An object.
#[derive(Debug)]
pub struct Object {
    /// The API's name.
    pub name: &'static str,
    columns: &'static [(Kind, &'static str)],
    /// Columns that a client who makes a record may fill in.
    creatable: &'static str,
    /// Its relationships to others.
    parents: &'static [(&'static str, &'static Object)],
}

/// A type of column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    Text,
    /// A string that cannot be filtered.
    TextArea,
    /// Compared by its first 15 characters, case-sensitively.
    Id,
    /// A boolean.
    Bool,
    /// A number.
    Number,
    /// `2026-11-23`.
    Date,
    /// `2026-11-23T10:00:00.000+0000`.
    DateTime,
}

/// A field of an object or of its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// The relationship, for a parent's field.
    pub parent: Option<&'static str>,
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
}

// Fields, which of them can be filtered, and which be filled in (what `sf` sends is in `scratchOrgInfoGenerator.ts` of
// `@salesforce/core`):
// https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_scratchorginfo.htm
static SCRATCH_ORG_INFO: Object = Object {
    name: "ScratchOrgInfo",
    columns: &[
        (Kind::Id, "Id OwnerId CreatedById"),
        (Kind::Text, "Name SignupUsername Username Status ScratchOrg SignupInstance ErrorCode ConnectedAppConsumerKey"),
        (Kind::Text, "SignupEmail AdminEmail OrgName Edition Namespace Release Country Language Snapshot SourceOrg"),
        (Kind::TextArea, "LoginUrl ConnectedAppCallbackUrl AuthCode Features Package2AncestorIds Description"),
        (Kind::Number, "DurationDays"),
        (Kind::Bool, "HasSampleData IsDeleted"),
        (Kind::Date, "ExpirationDate"),
        (Kind::DateTime, "CreatedDate"),
    ],
    creatable: "Name Username SignupInstance ConnectedAppConsumerKey ConnectedAppCallbackUrl AdminEmail OrgName Edition \
                Namespace Release DurationDays Country Language Features HasSampleData Package2AncestorIds Snapshot \
                SourceOrg Description OwnerId",
    parents: &[("CreatedBy", &USER), ("Owner", &USER)],
};

static ACTIVE_SCRATCH_ORG: Object = Object {
    name: "ActiveScratchOrg",
    columns: &[
        (Kind::Id, "Id ScratchOrgInfoId OwnerId CreatedById"),
        (Kind::Text, "Name SignupUsername ScratchOrg SignupInstance SignupEmail OrgName Edition Namespace"),
        (Kind::Bool, "HasSampleData"),
        (Kind::Date, "ExpirationDate"),
        (Kind::DateTime, "CreatedDate"),
    ],
    creatable: "",
    parents: &[("CreatedBy", &USER), ("Owner", &USER), ("ScratchOrgInfo", &SCRATCH_ORG_INFO)],
};

static ORGANIZATION: Object = Object {
    name: "Organization",
    columns: &[
        (Kind::Id, "Id"),
        (Kind::Text, "Name InstanceName NamespacePrefix OrganizationType"),
        (Kind::Bool, "IsSandbox"),
        (Kind::DateTime, "TrialExpirationDate CreatedDate"),
    ],
    creatable: "",
    parents: &[],
};

static USER: Object = Object {
    name: "User",
    columns: &[
        (Kind::Id, "Id ProfileId"),
        (Kind::Text, "Username Name Email"),
        (Kind::Bool, "IsActive"),
        (Kind::DateTime, "CreatedDate"),
    ],
    creatable: "",
    parents: &[("Profile", &PROFILE)],
};

static PROFILE: Object =
    Object { name: "Profile", columns: &[(Kind::Id, "Id"), (Kind::Text, "Name")], creatable: "", parents: &[] };

// What source tracking asks for, `remoteSourceTrackingService.ts` of `@salesforce/source-tracking`.
static SOURCE_MEMBER: Object = Object {
    name: "SourceMember",
    columns: &[
        (Kind::Id, "Id"),
        (Kind::Text, "MemberIdOrName MemberType MemberName ChangedBy"),
        (Kind::Bool, "IsNameObsolete IsNewMember"),
        (Kind::Number, "RevisionCounter RevisionNum"),
        (Kind::DateTime, "LastModifiedDate SystemModstamp"),
    ],
    creatable: "",
    parents: &[],
};

/// The objects of a Dev Hub; the first two no other org has.
pub static DEV_HUB: [&Object; 5] = [&SCRATCH_ORG_INFO, &ACTIVE_SCRATCH_ORG, &ORGANIZATION, &USER, &PROFILE];

/// The objects of an org that tracks changes, by the Tooling API.
pub static TRACKING: [&Object; 4] = [&SOURCE_MEMBER, &ORGANIZATION, &USER, &PROFILE];

impl Object {
    /// All its columns.
    pub(in crate::simulator) fn fields(&self) -> impl Iterator<Item = Field> {
        let names = self.columns.iter().flat_map(|(kind, names)| names.split(' ').map(|name| (*kind, name)));
        names.map(|(kind, name)| Field { parent: None, name, kind })
    }

    /// Whether a client that makes a record may fill in this column.
    pub(in crate::simulator) fn is_creatable(&self, column: &str) -> bool {
        self.creatable.split(' ').any(|name| name == column)
    }

    /// The parent that a relationship leads to.
    pub(in crate::simulator) fn parent(&self, relationship: &str) -> Option<(&'static str, &'static Self)> {
        self.parents.iter().find(|(name, _)| name.eq_ignore_ascii_case(relationship)).copied()
    }

    /// The field that a path names, or why there is none. A `hidden` column is one that does not exist, as at Salesforce.
    pub(super) fn field(&self, path: &str, hidden: &[String]) -> Result<Field, String> {
        let (parent, object, name) = match path.split_once('.') {
            Some((relationship, name)) => {
                let unknown = || format!("Didn't understand relationship '{relationship}' in field path.");
                let (parent, object) = self.parent(relationship).ok_or_else(unknown)?;
                (Some(parent), object, name)
            }
            None => (None, self, path),
        };
        let is_named = |field: &Field| field.name.eq_ignore_ascii_case(name) && !object.hides(field, hidden);
        let field = object.fields().find(is_named).ok_or_else(|| {
            format!(
                "No such column '{name}' on entity '{}'. If you are attempting to use a custom field, be sure to append the \
                 '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate \
                 names.",
                object.name
            )
        })?;
        Ok(Field { parent, ..field })
    }

    /// Whether a column of `ScratchOrgInfo` is among the `hidden` ones.
    pub(in crate::simulator) fn hides(&self, field: &Field, hidden: &[String]) -> bool {
        self.name == SCRATCH_ORG_INFO.name && hidden.iter().any(|name| name.eq_ignore_ascii_case(field.name))
    }
}

impl Kind {
    /// Its name in a refusal.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Text | Self::TextArea => "string",
            Self::Id => "ID",
            Self::Bool => "boolean",
            Self::Number => "double",
            Self::Date => "date",
            Self::DateTime => "dateTime",
        }
    }

    /// Whether its values stand in quotes.
    pub(in crate::simulator) fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::TextArea | Self::Id)
    }
}
