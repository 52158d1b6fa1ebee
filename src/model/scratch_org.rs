//! What the Dev Hub knows of a scratch org: one `ScratchOrgInfo` record.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::model::org::{ClientId, OrgId, ScratchOrgInfoId, Username};
use crate::model::shown::named;

/// The client id that `sf` signs orgs up with when it has none of its own; the hub's app is not replicated then.
pub const PLATFORM_CLI: &str = "PlatformCLI";

/// One `ScratchOrgInfo` record. A field that the hub did not show (null, or hidden from its user) is `None`: unknown,
/// never a mismatch.
///
/// Fields: <https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_scratchorginfo.htm>.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScratchOrgInfo {
    /// `SignupUsername`; a record that is new may be without it, and is known by its id alone.
    pub username: Option<Username>,
    /// `Id`, where it was asked for.
    pub id: Option<ScratchOrgInfoId>,
    /// `LoginUrl` as the server wrote it: not checked yet.
    pub login_url: Option<String>,
    /// `Status`.
    pub status: Option<Status>,
    /// `ScratchOrg`: the id of the org.
    pub org_id: Option<OrgId>,
    /// `SignupInstance`, such as `USA1S`.
    pub instance: Option<String>,
    /// `ExpirationDate`.
    pub expiration_date: Option<Date>,
    /// `ErrorCode`, such as `C-1016`; bounded and safe to print.
    pub error_code: Option<String>,
    /// `ConnectedAppConsumerKey`: the app that the org was signed up with.
    pub connected_app: Option<String>,
    /// `CreatedDate`.
    pub created: Option<Timestamp>,
    /// `Namespace`, where it was asked for and the org has one; bounded and safe to print.
    pub namespace: Option<String>,
}

named! {
    /// `ScratchOrgInfo.Status`, as in `scratchOrgTypes.ts` L43 of `@salesforce/core`.
    Status {
        /// The request was taken.
        New = "New",
        /// The org is being made.
        Creating = "Creating",
        /// The org exists.
        Active = "Active",
        /// The org could not be made; `ErrorCode` says why.
        Error = "Error",
        /// The org is gone.
        Deleted = "Deleted",
    }
}

impl Status {
    /// Reads the picklist's value; one that is not known is `None`.
    pub(crate) fn new(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| text.eq_ignore_ascii_case(status.as_str()))
    }
}

impl ScratchOrgInfo {
    /// Whether the org was signed up with another app than `client_id`: then that app was not replicated into it.
    pub(crate) fn names_another_app(&self, client_id: &ClientId) -> bool {
        self.connected_app.as_deref().is_some_and(|key| key != client_id.as_str())
    }

    /// Whether the hub still makes the org: `New`, `Creating`, or no username or login URL yet.
    pub(crate) fn is_being_created(&self) -> bool {
        match self.status {
            Some(Status::New | Status::Creating) => true,
            Some(Status::Error | Status::Deleted) => false,
            Some(Status::Active) | None => self.login_url.is_none() || self.username.is_none(),
        }
    }

    /// Whether the expiration date is before yesterday, a day's grace for time zones.
    pub(crate) fn is_expired(&self, now: Timestamp) -> bool {
        let today = jiff::tz::TimeZone::UTC.to_datetime(now).date();
        self.expiration_date.is_some_and(|date| today.yesterday().is_ok_and(|yesterday| date < yesterday))
    }
}
