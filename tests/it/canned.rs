//! Answers of a Salesforce that says what a test wants, where the stand-in would tell the truth.

use serde_json::{Value, json};

use crate::bench::{Place, Run, key};
use crate::server::{Asked, Server, json as answer};

/// The consumer key that runs against a canned Salesforce use.
pub(crate) const CLIENT_ID: &str = "3MVG9.canned";

/// The token that it gives.
pub(crate) const TOKEN: &str = "00D000000000001!AQEAQcannedTokenOfTheTests";

/// Stands for the origin that was asked.
pub(crate) const SELF: &str = "{self}";

/// A Salesforce whose hub and orgs are all the server that hands its requests over.
#[derive(Clone)]
pub(crate) struct Canned {
    /// `instance_url` of every token answer.
    pub(crate) instance_url: String,
    /// The rows of `ScratchOrgInfo`.
    pub(crate) rows: Vec<Value>,
    /// `nextRecordsUrl` of the first page.
    pub(crate) next: Option<String>,
    /// `http` or `https`.
    pub(crate) scheme: &'static str,
}

impl Canned {
    /// One that tells nothing wrong.
    pub(crate) fn with(rows: Vec<Value>) -> Self {
        Self { instance_url: SELF.to_owned(), rows, next: None, scheme: "http" }
    }

    pub(crate) fn answer(&self, asked: &Asked) -> Vec<u8> {
        let whole = if asked.is_login() {
            token(&self.instance_url)
        } else if asked.line.contains("FROM%20Organization") {
            organization()
        } else if asked.line.contains("/query?") {
            let mut page = json!({"totalSize": self.rows.len(), "done": self.next.is_none(), "records": self.rows});
            page["nextRecordsUrl"] = self.next.clone().into();
            page
        } else {
            json!({"totalSize": self.rows.len(), "done": true, "records": []})
        };
        let origin = format!("{}://{}", self.scheme, asked.host());
        answer(200, &whole.to_string().replace(SELF, &origin))
    }

    /// Serves it over http.
    pub(crate) fn serve(self) -> Server {
        Server::answering(move |asked| self.answer(asked))
    }
}

/// `orgready login` as it is set up for the hub at `url`.
pub(crate) fn login<'p>(place: &'p Place, url: &str) -> Run<'p> {
    place
        .run(["login"])
        .env("ORGREADY_HUB_USERNAME", "hub@example.com")
        .env("ORGREADY_CLIENT_ID", CLIENT_ID)
        .env("ORGREADY_JWT_KEY", key())
        .env("ORGREADY_HUB_INSTANCE_URL", url)
        .env("ORGREADY_WAIT", "40s")
        .env("ORGREADY_RETRY_INITIAL", "20ms")
}

/// A token answer.
pub(crate) fn token(instance_url: &str) -> Value {
    json!({
        "access_token": TOKEN,
        "instance_url": instance_url,
        "id": "https://login.salesforce.com/id/00D000000000001EAA/005000000000001AAA",
        "token_type": "Bearer",
        "scope": "api",
    })
}

/// The answer to the readiness query.
pub(crate) fn organization() -> Value {
    json!({"totalSize": 1, "done": true, "records": [{"Id": "00D000000000001EAA", "Name": "Acme", "IsSandbox": true}]})
}

/// An active org.
pub(crate) fn row(username: &str, login_url: &str) -> Value {
    json!({
        "Id": "2SR000000000007AAA",
        "SignupUsername": username,
        "LoginUrl": login_url,
        "Status": "Active",
        "ScratchOrg": "00D000000000001",
        "SignupInstance": "USA1S",
        "ExpirationDate": "2999-01-01",
        "ErrorCode": null,
        "ConnectedAppConsumerKey": CLIENT_ID,
        "CreatedDate": "2020-01-01T00:00:00.000+0000",
    })
}
