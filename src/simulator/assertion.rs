//! Whether an assertion is one that Salesforce would take: checked with `jsonwebtoken` and rules of this file alone.

use std::time::Duration;

use jsonwebtoken::{Algorithm, Validation};
use serde::Deserialize;
use serde_json::Value as Json;

use super::org::Org;
use super::salesforce::Salesforce;

/// The claims, as far as Salesforce reads them.
/// <https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_jwt_flow.htm>
#[derive(Deserialize)]
pub(super) struct Claims {
    iss: Option<String>,
    sub: Option<String>,
    aud: Option<String>,
    /// `sf` sends milliseconds (`authInfo.ts` L1121-1148 of `@salesforce/core`) and logs in with it every day: there is no
    /// upper bound.
    ///
    /// simple-salesforce sends the seconds as a string (`login.py` L192-222).
    exp: Option<Json>,
}

/// How long after its `exp` an assertion is still taken, unless the scenario says otherwise.
const CLOCK_LEEWAY: Duration = Duration::from_secs(180);

/// A refusal: `error` and `error_description`.
pub(super) type Refusal = (&'static str, &'static str);

/// The sentence that means both "not yet" and "never".
pub(super) const NOT_APPROVED: Refusal = ("invalid_grant", "user hasn't approved this consumer");

const INVALID: Refusal = ("invalid_grant", "invalid assertion");

/// The user that an assertion names, whether or not it is valid.
pub(super) fn subject(assertion: &str) -> Option<String> {
    jsonwebtoken::dangerous::insecure_decode::<Claims>(assertion).ok()?.claims.sub
}

/// Checks everything but the approval: form, algorithm, signature, app, time, audience.
pub(super) fn verify(assertion: &str, salesforce: &Salesforce, org: Option<&Org>, port: u16) -> Result<(), Refusal> {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let claims =
        jsonwebtoken::decode::<Claims>(assertion, &salesforce.public_key, &validation).map_err(|_| INVALID)?.claims;
    if claims.iss.as_deref() != Some(salesforce.scenario.client_id.as_str()) {
        return Err(("invalid_client_id", "client identifier invalid"));
    }
    if claims.sub.is_none() {
        return Err(INVALID);
    }
    let leeway = salesforce.scenario.clock_leeway.map_or(CLOCK_LEEWAY, |leeway| leeway.0).as_secs_f64();
    let exp = claims.exp.ok_or(INVALID)?;
    let expires = exp.as_f64().or_else(|| exp.as_str()?.parse().ok()).ok_or(INVALID)?;
    if expires + leeway <= salesforce.now().as_duration().as_secs_f64() {
        return Err(("invalid_grant", "expired authorization code"));
    }
    let audience = claims.aud.ok_or(INVALID)?;
    if accepts(&audience, salesforce, org, &salesforce.origin(port)) {
        Ok(())
    } else {
        Err(("invalid_grant", "audience is invalid"))
    }
}

/// Whether an org takes the audience. One that no org is known for is judged as a scratch org's.
fn accepts(audience: &str, salesforce: &Salesforce, org: Option<&Org>, origin: &str) -> bool {
    let own = org.map(|org| org.plan.audiences.as_slice()).unwrap_or_default();
    if !own.is_empty() {
        return own.iter().any(|accepted| accepted == audience);
    }
    let usual =
        if org.is_some_and(Org::is_hub) { "https://login.salesforce.com" } else { "https://test.salesforce.com" };
    audience == usual
        || salesforce.scenario.accept_origin_audience != Some(false)
            && audience.strip_suffix('/').unwrap_or(audience) == origin
}
