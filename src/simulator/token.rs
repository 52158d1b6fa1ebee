//! The token endpoint, `POST /services/oauth2/token`, and `POST /services/oauth2/revoke`.

use hyper::Method;
use serde_json::json;

use super::answer::Answer;
use super::assertion::{self, NOT_APPROVED};
use super::journal::Secret;
use super::org::Org;
use super::request::Request;
use super::salesforce::Salesforce;

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// What else a client may send: it is not looked at.
const TOLERATED: [&str; 4] = ["client_id", "client_secret", "format", "redirect_uri"];

/// A request to the token endpoint, read but not judged.
pub(super) struct TokenRequest {
    grant_type: Option<String>,
    assertion: Option<String>,
    strange: bool,
    in_url: bool,
}

impl TokenRequest {
    pub(super) fn read(request: &Request) -> Self {
        let form = request.header("content-type").split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let body: &[u8] = if form == "application/x-www-form-urlencoded" { &request.body } else { b"" };
        let mut read = Self { grant_type: None, assertion: None, strange: false, in_url: false };
        for (name, value) in url::form_urlencoded::parse(body) {
            let slot = match name.as_ref() {
                "grant_type" => &mut read.grant_type,
                "assertion" => &mut read.assertion,
                name => {
                    read.strange |= !TOLERATED.contains(&name);
                    continue;
                }
            };
            read.strange |= slot.is_some();
            *slot = Some(value.into_owned());
        }
        read.in_url = url::form_urlencoded::parse(request.query().as_bytes()).any(|(name, _)| name == "assertion");
        read
    }

    /// The org that the assertion is for, as far as it says.
    pub(super) fn org<'a>(&self, salesforce: &'a Salesforce) -> Option<&'a Org> {
        salesforce.org(&assertion::subject(self.assertion.as_deref()?)?)
    }

    /// The answer.
    pub(super) fn answer(&self, salesforce: &Salesforce, request: &Request) -> Answer {
        let refuse = |(error, description): (&str, &str)| Answer::oauth(error, description);
        if request.method != Method::POST {
            return refuse(("invalid_request", "must use HTTP POST"));
        }
        if self.grant_type.as_deref() != Some(JWT_BEARER) {
            return refuse(("unsupported_grant_type", "grant type not supported"));
        }
        if self.in_url || self.strange {
            return refuse(("invalid_request", "unexpected or repeated parameter"));
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
            let after = &salesforce.rules.logins_retry_after;
            return if after.is_empty() { answer } else { answer.with("retry-after", after) };
        }
        let Some(org) = here.filter(|org| org.approves(moment)) else {
            return refuse(NOT_APPROVED);
        };
        let token = org.issue_token(moment);
        let identity = format!("{}/id/{}/{}", org.origin, org.id, org.user_id);
        Answer::json(
            200,
            &json!({
                "access_token": token,
                "scope": "api web refresh_token",
                "instance_url": org.plan.instance_url.as_deref().unwrap_or(&org.origin),
                "id": identity,
                "token_type": "Bearer",
                "issued_at": moment.now().as_millisecond().to_string(),
                "signature": "c2lnbmF0dXJlIG9mIHRoZSBzdGFuZC1pbiwgbm90IHZlcmlmaWVkPQ==",
            }),
        )
        .with("cache-control", "no-store")
    }
}

/// Ends a token.
pub(super) fn revoke(salesforce: &Salesforce, request: &Request) -> Answer {
    let parameters =
        url::form_urlencoded::parse(&request.body).chain(url::form_urlencoded::parse(request.query().as_bytes()));
    let token = parameters.into_iter().find(|(name, _)| name == "token").map(|(_, value)| value);
    let known = token.is_some_and(|token| {
        let org = salesforce.org_of_token(&token);
        let org = org.filter(|org| !salesforce.is_misdirected(Secret::Token, org, request.port, &request.path));
        org.is_some_and(|org| org.revoke_token(&token))
    });
    if known { Answer::empty(200) } else { Answer::oauth("invalid_token", "invalid token") }
}
