//! One attempt at one org, the hub included: audience, signature, token request; and the check of a token. It never waits.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::answer::{self, Grant, Reading, Silence, SilenceKind};
use crate::assertion::Claims;
use crate::audience::Audiences;
use crate::clock::Clock;
use crate::handover::Organization;
use crate::host::{InstanceUrl, LoginUrl};
use crate::key::SigningKey;
use crate::org::{ClientId, OrgId, Username};
use crate::token::AccessToken;
use crate::transport::{Connection, Transport};
use crate::verdict::{self, Meaning};

/// What every attempt needs.
#[derive(Debug)]
pub(crate) struct Attempts<'a, T> {
    pub(crate) transport: &'a T,
    pub(crate) key: &'a SigningKey,
    pub(crate) client_id: &'a ClientId,
    pub(crate) clock: Clock,
}

/// What came of an attempt.
#[derive(Debug)]
pub(crate) struct Attempted {
    pub(crate) reading: Reading<Grant>,
    /// The place of the audience that the host did not complain about, where it complained about another.
    pub(crate) audience: Option<usize>,
}

impl<T: Transport> Attempts<'_, T> {
    /// Asks for a token: once, and again at once with the next audience where the answer says that it is wrong, and with
    /// a new signature where it says that the assertion is out of time. `posting` is told each request before it goes.
    pub(crate) async fn log_in(
        &self,
        username: &Username,
        login_url: &LoginUrl,
        audiences: &Audiences,
        own_audience: Option<usize>,
        mut posting: impl FnMut(),
    ) -> Attempted {
        let order = audiences.order(own_audience, login_url);
        let mut left = order.iter();
        let mut audience = left.next().map(AsRef::as_ref).unwrap_or_default();
        let (mut signed_again, mut complained) = (false, false);
        loop {
            posting();
            let reading = self.post(username, login_url, audience).await;
            if let Reading::Refused(refusal) = &reading {
                match verdict::meaning(refusal) {
                    Meaning::Audience => {
                        if let Some(next) = left.next() {
                            tracing::debug!(%username, host = login_url.host(), audience = %next, "the audience is wrong; trying another");
                            (audience, complained) = (next, true);
                            continue;
                        }
                        return Attempted { reading, audience: None };
                    }
                    Meaning::Clock if !signed_again => {
                        signed_again = true;
                        continue;
                    }
                    _ => {}
                }
            }
            let place = match &reading {
                Reading::Silent(_) => None,
                _ => audiences.place(audience, login_url),
            };
            if let (Reading::Good(_), Some(place)) = (&reading, place) {
                audiences.learn(place);
            }
            return Attempted { reading, audience: place.filter(|_| complained) };
        }
    }

    async fn post(&self, username: &Username, login_url: &LoginUrl, audience: &str) -> Reading<Grant> {
        let now = self.clock.now();
        let Ok(assertion) = Claims::new(self.client_id.as_str(), username.as_str(), audience, now).sign(self.key)
        else {
            return Reading::Silent(Silence {
                kind: SilenceKind::Local,
                description: "the private key could not sign".to_owned(),
                retry_after: None,
            });
        };
        match self.transport.post_token(login_url, &assertion).await {
            Ok(answer) => {
                tracing::debug!(%username, host = login_url.host(), audience, status = answer.status, "token request answered");
                answer::of_token_endpoint(&answer, now).without(assertion.expose())
            }
            Err(error) => {
                tracing::debug!(%username, host = login_url.host(), audience, %error, "token request not answered");
                Reading::Silent(error.into())
            }
        }
    }
}

/// The readiness query: an org that answers it with the token is ready to be used.
pub(crate) const READINESS_QUERY: &str = "SELECT Id, Name, InstanceName, IsSandbox, NamespacePrefix, OrganizationType, TrialExpirationDate FROM Organization";

/// What the readiness query told.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) org_id: Option<OrgId>,
    pub(crate) organization: Organization,
}

/// Asks an org for its `Organization` record with the token that it gave.
pub(crate) async fn check<T: Transport>(
    transport: &T,
    instance_url: &InstanceUrl,
    token: &AccessToken,
    api_version: &str,
    connection: Connection,
    now: Timestamp,
) -> Reading<Checked> {
    let target = crate::soql::target(api_version, READINESS_QUERY);
    match transport.get(instance_url, &target, token, connection).await {
        Ok(answer) => {
            tracing::debug!(host = instance_url.host(), status = answer.status, "readiness query answered");
            match answer::of_rest::<Page>(&answer, now).without(token.expose()) {
                Reading::Good(page) => match page.records.into_iter().next() {
                    Some(record) => Reading::Good(record.checked()),
                    None => Reading::Silent(Silence {
                        kind: SilenceKind::Other,
                        description: "the org answered without its Organization record".to_owned(),
                        retry_after: None,
                    }),
                },
                Reading::Refused(refusal) => Reading::Refused(refusal),
                Reading::Silent(silence) => Reading::Silent(silence),
            }
        }
        Err(error) => {
            tracing::debug!(host = instance_url.host(), %error, "readiness query not answered");
            Reading::Silent(error.into())
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
        let text = |value: &Value| value.as_str().map(|text| crate::untrusted::line(text, 255));
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
