//! The token endpoint, `POST /services/oauth2/token`.

use std::collections::BTreeMap;

use hyper::Method;
use jiff::Timestamp;
use serde_json::json;

use super::answer::Answer;
use super::assertion::{self, NOT_APPROVED};
use super::journal::Secret;
use super::org::Org;
use super::request::Request;
use super::salesforce::Salesforce;

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// What a client may send; the last four are not looked at.
const KNOWN: &str = "grant_type assertion code refresh_token client_id client_secret format redirect_uri";

/// A request to the token endpoint, read but not judged.
pub(super) struct TokenRequest {
    fields: BTreeMap<String, String>,
    /// Whether it has a field that is unknown, repeated, or in the URL.
    is_strange: bool,
}

impl TokenRequest {
    pub(super) fn read(request: &Request) -> Self {
        let form = request.header("content-type").split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let body: &[u8] = if form == "application/x-www-form-urlencoded" { &request.body } else { b"" };
        let mut read = Self { fields: BTreeMap::new(), is_strange: request.parameter("assertion").is_some() };
        for (name, value) in url::form_urlencoded::parse(body).into_owned() {
            read.is_strange |=
                !KNOWN.split(' ').any(|known| known == name) || read.fields.insert(name, value).is_some();
        }
        read
    }

    fn field(&self, name: &str) -> &str {
        self.fields.get(name).map(String::as_str).unwrap_or_default()
    }

    /// The org that the assertion is for, as far as it says.
    pub(super) fn org<'a>(&self, salesforce: &'a Salesforce) -> Option<&'a Org> {
        salesforce.orgs.by_username(&assertion::subject(self.field("assertion"))?)
    }

    /// The answer.
    pub(super) fn answer(&self, salesforce: &Salesforce, request: &Request) -> Answer {
        let refuse = |(error, description): (&str, &str)| Answer::oauth(error, description);
        if request.method != Method::POST {
            return refuse(("invalid_request", "must use HTTP POST"));
        }
        match self.field("grant_type") {
            JWT_BEARER | "authorization_code" | "refresh_token" if self.is_strange => {
                return refuse(("invalid_request", "unexpected or repeated parameter"));
            }
            JWT_BEARER => {}
            "authorization_code" => return self.redeem("code", salesforce, request),
            "refresh_token" => return self.redeem("refresh_token", salesforce, request),
            _ => return refuse(("unsupported_grant_type", "grant type not supported")),
        }
        let org = self.org(salesforce);
        // Everything about the assertion is judged even where the org would refuse it anyway, so that a client's mistake
        // does not hide behind the wait for replication.
        let here = org.filter(|org| !salesforce.is_misdirected(Secret::Assertion, org, request.port, &request.path));
        if let Err(refusal) = assertion::verify(self.field("assertion"), salesforce, here, request.port) {
            return refuse(refusal);
        }
        if !salesforce.takes_login() {
            let answer = Answer::page(429, "Too Many Requests");
            let after = salesforce.scenario.logins_retry_after.as_deref().unwrap_or("1");
            return if after.is_empty() { answer } else { answer.with("retry-after", after) };
        }
        let now = salesforce.now();
        here.filter(|org| org.approves(now)).map_or_else(|| refuse(NOT_APPROVED), |org| granted(org, now, None))
    }

    /// The answer to a code, in the web flow: good where it is the org's own origin, as soon as the org is there. The code is
    /// the new org's `AuthCode`, which its record has, or the refresh token that comes with it. `sf` takes that way where its
    /// login to the hub has no key (`buildOAuth2Options` in `scratchOrgInfoApi.ts` of `@salesforce/core`).
    fn redeem(&self, field: &str, salesforce: &Salesforce, request: &Request) -> Answer {
        let (code, now) = (self.field(field), salesforce.now());
        let mut orgs = salesforce.orgs.scratch_orgs().filter(|org| org.port == request.port);
        let org = orgs.find(|org| org.redeems(code, now));
        let refused = || Answer::oauth("invalid_grant", "expired authorization code");
        org.map_or_else(refused, |org| granted(org, now, Some(org.refresh_token())))
    }
}

/// A new token and what comes with it.
fn granted(org: &Org, now: Timestamp, refresh_token: Option<String>) -> Answer {
    let mut granted = json!({
        "access_token": org.issue_token(now),
        "scope": "api web refresh_token",
        "instance_url": org.plan.instance_url.as_deref().unwrap_or(&org.origin),
        "id": format!("{}/id/{}/{}", org.origin, org.id, org.user_id),
        "token_type": "Bearer",
        "issued_at": now.as_millisecond().to_string(),
        "signature": "c2lnbmF0dXJlIG9mIHRoZSBzdGFuZC1pbiwgbm90IHZlcmlmaWVkPQ==",
    });
    if let Some(token) = refresh_token {
        granted["refresh_token"] = token.into();
    }
    Answer::json(200, &granted).with("cache-control", "no-store")
}
