//! `ActiveScratchOrg`: the hub's record of a living scratch org. Deleting it deletes the org, whether or not anybody ever
//! logged in to it (`destroyScratchOrg`, `org/org.js` of `@salesforce/core` 9.4.0).

use crate::model::org::Username;
use crate::protocol::transport::{ApiRequest, Method};

/// A row of the query that [`crate::protocol::soql::active_targets`] makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveScratchOrg {
    /// The org's administrator.
    pub username: Username,
    id: String,
}

impl ActiveScratchOrg {
    /// None where the id is not one that can go into a path.
    pub fn new(username: Username, id: &str) -> Option<Self> {
        let id =
            Some(id).filter(|id| matches!(id.len(), 15 | 18) && id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        id.map(|id| Self { username, id: id.to_owned() })
    }

    /// Asks for the org's deletion.
    pub fn delete_request(&self, api_version: &str) -> ApiRequest {
        let target = format!("/services/data/v{api_version}/sobjects/ActiveScratchOrg/{}", self.id);
        ApiRequest { method: Method::Delete, target, body: None }
    }
}
