//! The token endpoint, `POST /services/oauth2/token`, and `POST /services/oauth2/revoke`.

use hyper::Method;
use serde_json::{Value as Json, json};

use super::answer::Answer;
use super::assertion::{self, NOT_APPROVED};
use super::journal::Secret;
use super::moment::Moment;
use super::org::Org;
use super::request::Request;
use super::salesforce::Salesforce;

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// The web flow: for a new org's `AuthCode`, which its record has, and for the refresh token that comes with it. `sf` takes
/// that way where its login to the hub has no key (`buildOAuth2Options` in `scratchOrgInfoApi.ts` of `@salesforce/core`).
const CODES: [&str; 2] = ["authorization_code", "refresh_token"];

/// What else a client may send: it is not looked at.
const TOLERATED: [&str; 4] = ["client_id", "client_secret", "format", "redirect_uri"];

/// A request to the token endpoint, read but not judged.
pub(super) struct TokenRequest {
    grant_type: Option<String>,
    assertion: Option<String>,
    /// An authorization code or a refresh token.
    code: Option<String>,
    strange: bool,
    in_url: bool,
}

impl TokenRequest {
    pub(super) fn read(request: &Request) -> Self {
        let form = request.header("content-type").split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let body: &[u8] = if form == "application/x-www-form-urlencoded" { &request.body } else { b"" };
        let mut read = Self { grant_type: None, assertion: None, code: None, strange: false, in_url: false };
        for (name, value) in url::form_urlencoded::parse(body) {
            let slot = match name.as_ref() {
                "grant_type" => &mut read.grant_type,
                "assertion" => &mut read.assertion,
                "code" | "refresh_token" => &mut read.code,
                name => {
                    read.strange |= !TOLERATED.contains(&name);
                    continue;
                }
            };
            read.strange |= slot.is_some();
            *slot = Some(value.into_owned());
        }
        read.in_url = url::form_urlencoded::parse(request.query.as_bytes()).any(|(name, _)| name == "assertion");
        read
    }

    /// The org that the assertion is for, as far as it says.
    pub(super) fn org<'a>(&self, salesforce: &'a Salesforce) -> Option<&'a Org> {
        salesforce.orgs.by_username(&assertion::subject(self.assertion.as_deref()?)?)
    }

    /// The answer.
    pub(super) fn answer(&self, salesforce: &Salesforce, request: &Request) -> Answer {
        let refuse = |(error, description): (&str, &str)| Answer::oauth(error, description);
        if request.method != Method::POST {
            return refuse(("invalid_request", "must use HTTP POST"));
        }
        let grant_type = self.grant_type.as_deref().unwrap_or_default();
        if grant_type != JWT_BEARER && !CODES.contains(&grant_type) {
            return refuse(("unsupported_grant_type", "grant type not supported"));
        }
        if self.in_url || self.strange {
            return refuse(("invalid_request", "unexpected or repeated parameter"));
        }
        if grant_type != JWT_BEARER {
            return self.redeem(salesforce, request);
        }
        let assertion = self.assertion.as_deref().unwrap_or_default();
        let org = self.org(salesforce);
        // Everything about the assertion is judged even where the org would refuse it anyway, so that a client's mistake
        // does not hide behind the wait for replication.
        let here = org.filter(|org| !salesforce.is_misdirected(Secret::Assertion, org, request.port, &request.path));
        let moment = salesforce.moment();
        if let Err(refusal) = assertion::verify(assertion, salesforce, here, &request.origin, moment) {
            return refuse(refusal);
        }
        if !salesforce.takes_login() {
            let answer = Answer::page(429, "Too Many Requests");
            let after = &salesforce.scenario.logins_retry_after;
            return if after.is_empty() { answer } else { answer.with("retry-after", after) };
        }
        let Some(org) = here.filter(|org| org.approves(moment)) else {
            return refuse(NOT_APPROVED);
        };
        Answer::json(200, &granted(org, moment)).with("cache-control", "no-store")
    }

    /// The answer to a code: good where it is the org's own origin, as soon as the org is there.
    fn redeem(&self, salesforce: &Salesforce, request: &Request) -> Answer {
        let (code, moment) = (self.code.as_deref().unwrap_or_default(), salesforce.moment());
        let mut orgs = salesforce.orgs.scratch_orgs().filter(|org| org.port == request.port);
        let Some(org) = orgs.find(|org| org.redeems(code, moment)) else {
            return Answer::oauth("invalid_grant", "expired authorization code");
        };
        let mut granted = granted(org, moment);
        granted["refresh_token"] = Json::from(org.refresh_token());
        Answer::json(200, &granted).with("cache-control", "no-store")
    }
}

/// A new token and what comes with it.
fn granted(org: &Org, moment: Moment) -> Json {
    json!({
        "access_token": org.issue_token(moment),
        "scope": "api web refresh_token",
        "instance_url": org.plan.instance_url.as_deref().unwrap_or(&org.origin),
        "id": format!("{}/id/{}/{}", org.origin, org.id, org.user_id),
        "token_type": "Bearer",
        "issued_at": moment.now().as_millisecond().to_string(),
        "signature": "c2lnbmF0dXJlIG9mIHRoZSBzdGFuZC1pbiwgbm90IHZlcmlmaWVkPQ==",
    })
}

/// Ends a token.
pub(super) fn revoke(salesforce: &Salesforce, request: &Request) -> Answer {
    let parameters =
        url::form_urlencoded::parse(&request.body).chain(url::form_urlencoded::parse(request.query.as_bytes()));
    let token = parameters.into_iter().find(|(name, _)| name == "token").map(|(_, value)| value);
    let known = token.is_some_and(|token| {
        let org = salesforce.org_of_token(&token);
        let org = org.filter(|org| !salesforce.is_misdirected(Secret::Token, org, request.port, &request.path));
        org.is_some_and(|org| org.revoke_token(&token))
    });
    if known { Answer::empty(200) } else { Answer::oauth("invalid_token", "invalid token") }
}
