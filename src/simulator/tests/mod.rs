//! The stand-in as a client sees it, over loopback.

mod certificates;
mod deployment;
mod faults;
mod login;
mod query;
mod signup;

use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value as Json, json};

use super::{Options, Scenario, Simulator};

const NOT_APPROVED: &str = "user hasn't approved this consumer";

/// A stand-in and a client for it.
struct Bench {
    simulator: Simulator,
    client: reqwest::Client,
    key: EncodingKey,
}

impl Bench {
    fn start(scenario: &str) -> Self {
        Self::start_with(scenario, Options::default())
    }

    fn start_with(scenario: &str, options: Options) -> Self {
        let simulator = Simulator::start(Scenario::parse(scenario).unwrap(), options).unwrap();
        let ca = simulator.ca_certificate_file().map(|file| std::fs::read(file).unwrap());
        let ca = ca.map(|pem| reqwest::Certificate::from_pem(&pem).unwrap());
        let client = reqwest::Client::builder().tls_certs_only(ca).no_proxy().retry(reqwest::retry::never());
        let client =
            client.redirect(reqwest::redirect::Policy::none()).timeout(Duration::from_secs(20)).build().unwrap();
        let key = EncodingKey::from_rsa_pem(&std::fs::read(simulator.jwt_key_file()).unwrap()).unwrap();
        Self { simulator, client, key }
    }

    fn user(&self, at: usize) -> String {
        self.simulator.usernames()[at].clone()
    }

    fn origin(&self, username: &str) -> &str {
        self.simulator.origin(username).unwrap()
    }

    fn sign(&self, claims: &Json) -> String {
        jsonwebtoken::encode(&Header::new(Algorithm::RS256), claims, &self.key).unwrap()
    }

    /// What a client of the product's kind signs.
    fn claims(&self, username: &str) -> Json {
        let is_hub = username == self.simulator.hub_username();
        json!({
            "iss": self.simulator.client_id(),
            "sub": username,
            "aud": if is_hub { "https://login.salesforce.com" } else { "https://test.salesforce.com" },
            "exp": jiff::Timestamp::now().as_second() + 180,
        })
    }

    async fn post(&self, origin: &str, assertion: &str) -> Result<reqwest::Response, reqwest::Error> {
        let form = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion)];
        self.client.post(format!("{origin}/services/oauth2/token")).form(&form).send().await
    }

    /// Logs in to a user's own org: status and body.
    async fn log_in(&self, username: &str) -> (u16, Json) {
        self.log_in_with(username, &self.claims(username)).await
    }

    async fn log_in_with(&self, username: &str, claims: &Json) -> (u16, Json) {
        let answer = self.post(self.origin(username), &self.sign(claims)).await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn token(&self, username: &str) -> String {
        let (status, body) = self.log_in(username).await;
        assert_eq!(status, 200, "{body}");
        body["access_token"].as_str().unwrap().to_owned()
    }

    async fn get(&self, origin: &str, path: &str, token: &str) -> (u16, Json) {
        let answer = self.client.get(format!("{origin}{path}")).bearer_auth(token).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// A request with a body, on a user's own org.
    async fn send(&self, method: reqwest::Method, username: &str, path: &str, body: &Json) -> (u16, Json) {
        let token = self.token(username).await;
        let url = format!("{}/services/data/v60.0/{path}", self.origin(username));
        let answer = self.client.request(method, url).bearer_auth(token).json(body).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
    }

    /// A query on the hub.
    async fn query(&self, soql: &str) -> (u16, Json) {
        let hub = self.simulator.hub_username().to_owned();
        let token = self.token(&hub).await;
        self.query_at(&hub, soql, &token).await
    }

    async fn query_at(&self, username: &str, soql: &str, token: &str) -> (u16, Json) {
        let q = url::form_urlencoded::Serializer::new(String::new()).append_pair("q", soql).finish();
        self.get(self.origin(username), &format!("/services/data/v60.0/query?{q}"), token).await
    }
}

fn refused(error: &str, description: &str) -> (u16, Json) {
    (400, json!({"error": error, "error_description": description}))
}
