//! The readiness query: the check of a token at the API of the org that gave it.

use crate::engine::run::Run;
use crate::model::handover::Organization;
use crate::model::host::InstanceUrl;
use crate::model::org::OrgId;
use crate::model::token::AccessToken;
use crate::model::untrusted::sanitize_line;
use crate::protocol::records::Row;
use crate::protocol::response::Response;
use crate::protocol::soql;
use crate::protocol::transport::{Connection, Transport, Unavailability, UnavailableKind};

/// An org that answers this with the token is ready to be used.
const QUERY: &str = "SELECT Id, Name, InstanceName, IsSandbox, NamespacePrefix, OrganizationType, TrialExpirationDate FROM Organization";

/// What the readiness query told.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) org_id: Option<OrgId>,
    pub(crate) organization: Organization,
}

/// Asks an org for its `Organization` record with the token that it gave.
///
/// It is the last request to that host, so the connection is not kept.
pub(crate) async fn check<T: Transport>(
    run: &Run<'_, T>,
    instance_url: &InstanceUrl,
    token: &AccessToken,
) -> Response<Checked> {
    let target = soql::target(&run.settings.api_version, QUERY);
    let page = run.query(instance_url, token, &target, Connection::Close).await;
    page.and_then(|page| {
        let description = "the org answered without its Organization record";
        let unavailable = || Response::Unavailable(Unavailability::new(UnavailableKind::Other, description));
        page.records.first().map_or_else(unavailable, |row| Response::Success(checked(row)))
    })
}

/// What is not text (or a truth value) counts as not shown.
fn checked(row: &Row) -> Checked {
    let text = |field| row.text(field).map(|text| sanitize_line(text, 255));
    Checked {
        org_id: row.text("Id").and_then(|id| OrgId::new(id).ok()),
        organization: Organization {
            name: text("Name"),
            instance_name: text("InstanceName"),
            is_sandbox: row.value("IsSandbox").as_bool(),
            namespace_prefix: text("NamespacePrefix"),
            organization_type: text("OrganizationType"),
            trial_expiration_date: text("TrialExpirationDate"),
        },
    }
}
