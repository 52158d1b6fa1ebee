//! The readiness query: the check of a token at the API of the org that gave it.

use serde::Deserialize;
use serde_json::Value;

use crate::engine::run::Run;
use crate::model::handover::Organization;
use crate::model::host::InstanceUrl;
use crate::model::org::OrgId;
use crate::model::token::AccessToken;
use crate::model::untrusted::sanitize_line;
use crate::protocol::response::{self, Response};
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
    match run.transport.get(instance_url, &target, token, Connection::Close).await {
        Ok(answer) => {
            tracing::debug!(host = instance_url.host(), status = answer.status, "readiness query answered");
            match response::of_rest::<Page>(&answer, run.settings.clock.now()).redact_known(token.expose()) {
                Response::Success(page) => page.records.first().map_or_else(
                    || {
                        Response::Unavailable(Unavailability::new(
                            UnavailableKind::Other,
                            "the org answered without its Organization record",
                        ))
                    },
                    |record| Response::Success(record.checked()),
                ),
                Response::Refused(refusal) => Response::Refused(refusal),
                Response::Unavailable(why) => Response::Unavailable(why),
            }
        }
        Err(error) => {
            tracing::debug!(host = instance_url.host(), %error, "readiness query not answered");
            Response::Unavailable(error)
        }
    }
}

#[derive(Deserialize)]
struct Page {
    records: Vec<OrganizationRow>,
}

/// Values of any type are taken: what is not text (or a truth value) counts as not shown.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
struct OrganizationRow {
    id: Value,
    name: Value,
    instance_name: Value,
    is_sandbox: Value,
    namespace_prefix: Value,
    organization_type: Value,
    trial_expiration_date: Value,
}

impl OrganizationRow {
    fn checked(&self) -> Checked {
        let text = |value: &Value| value.as_str().map(|text| sanitize_line(text, 255));
        Checked {
            org_id: self.id.as_str().and_then(|id| OrgId::new(id).ok()),
            organization: Organization {
                name: text(&self.name),
                instance_name: text(&self.instance_name),
                is_sandbox: self.is_sandbox.as_bool(),
                namespace_prefix: text(&self.namespace_prefix),
                organization_type: text(&self.organization_type),
                trial_expiration_date: text(&self.trial_expiration_date),
            },
        }
    }
}
