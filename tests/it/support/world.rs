//! A scripted Salesforce that answers in virtual time: each hub and org says what its script says, and every request is
//! written down.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use orgready::model::host::{InstanceUrl, LoginUrl};
use orgready::model::key::SigningKey;
use orgready::model::token::{AccessToken, Assertion};
use orgready::protocol::transport::{Answer, ApiRequest, Connection, Method, Transport, Unavailability};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::reply::{Reply, What, good, not_approved};

pub(crate) const HUB_USER: &str = "admin@hub.example.com";
pub(crate) const HUB_HOST: &str = "hub.my.salesforce.com";
pub(crate) const OURS: &str = "3MVG9ours";

/// What the world's clock shows when a scene begins.
pub(crate) const NOW: &str = "2026-11-23T12:00:00Z";

/// One generated key for the whole binary.
pub(crate) fn key() -> SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    let generate = || {
        let der: Pkcs8V1Der<'_> = KeyPair::generate(KeySize::Rsa2048).unwrap().as_der().unwrap();
        let body = BASE64_STANDARD.encode(der.as_ref());
        SigningKey::read(&format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n")).unwrap()
    };
    KEY.get_or_init(generate).clone()
}

/// A request as a script sees it.
pub(crate) struct Ask<'a> {
    /// Since the scene began.
    pub(crate) at: Duration,
    /// Which of its kind from this user, from 1.
    pub(crate) nth: usize,
    /// The audience, of a token request.
    pub(crate) aud: &'a str,
}

impl Ask<'_> {
    pub(crate) fn seconds(&self) -> f64 {
        self.at.as_secs_f64()
    }
}

type Script = Box<dyn Fn(&Ask<'_>) -> Reply + Send + Sync>;
type Rows = Box<dyn Fn(Duration, Value) -> Vec<Value> + Send + Sync>;

/// A scratch org, and what the hub knows of it.
pub(crate) struct Org {
    pub(crate) username: String,
    pub(crate) instance_url: Option<String>,
    /// The org that the token says it belongs to, where that is another one.
    pub(crate) poses_as: Option<String>,
    row: Value,
    rows: Rows,
    token: Script,
    check: Script,
}

impl Org {
    /// An active org, an hour old, that gives a token at once.
    pub(crate) fn new(name: &str) -> Self {
        let username = format!("{name}@example.com");
        let row = json!({
            "SignupUsername": username,
            "LoginUrl": format!("https://{name}.scratch.my.salesforce.com"),
            "Status": "Active",
            "SignupInstance": "USA1S",
            "ExpirationDate": "2026-12-01",
            "ErrorCode": null,
            "ConnectedAppConsumerKey": OURS,
            "CreatedDate": "2026-11-23T11:00:00.000+0000",
        });
        let rows: Rows = Box::new(|_, row| vec![row]);
        let (token, check): (Script, Script) = (Box::new(|_| good()), Box::new(|_| good()));
        Self { username, instance_url: None, poses_as: None, row, rows, token, check }
    }

    /// One that is created in the moment in which the scene begins.
    pub(crate) fn young(name: &str) -> Self {
        Self::new(name).with("CreatedDate", json!("2026-11-23T12:00:00.000+0000"))
    }

    /// Sets a field of the hub's record.
    pub(crate) fn with(mut self, field: &str, value: Value) -> Self {
        self.row[field] = value;
        self
    }

    /// What the hub's query finds at a time.
    pub(crate) fn known(mut self, rows: impl Fn(Duration, Value) -> Vec<Value> + Send + Sync + 'static) -> Self {
        self.rows = Box::new(rows);
        self
    }

    /// What the token endpoint answers.
    pub(crate) fn answers(mut self, script: impl Fn(&Ask<'_>) -> Reply + Send + Sync + 'static) -> Self {
        self.token = Box::new(script);
        self
    }

    /// Replicated so many seconds after the scene began.
    pub(crate) fn replicated(self, seconds: f64) -> Self {
        self.answers(move |ask| if ask.seconds() < seconds { not_approved() } else { good() })
    }

    /// What the readiness query is answered.
    pub(crate) fn checked(mut self, script: impl Fn(&Ask<'_>) -> Reply + Send + Sync + 'static) -> Self {
        self.check = Box::new(script);
        self
    }

    pub(crate) fn id(&self) -> &str {
        self.row["ScratchOrg"].as_str().unwrap_or_default()
    }
}

/// A request as it was made.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) at: Duration,
    pub(crate) kind: Kind,
    pub(crate) host: String,
    /// The user that asks.
    pub(crate) user: String,
    /// The assertion, or the query.
    pub(crate) text: String,
    /// The claims, of a token request.
    pub(crate) claims: Value,
    pub(crate) closes: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Token,
    Query,
    Check,
}

/// Salesforce, as far as it matters here.
pub(crate) struct World {
    pub(crate) started: Instant,
    pub(crate) orgs: Vec<Org>,
    pub(crate) hub_login: Script,
    pub(crate) hub_query: Script,
    /// Fields that the hub's user may not see.
    pub(crate) hidden: Vec<&'static str>,
    pub(crate) page_size: usize,
    places: HashMap<String, usize>,
    asked: Mutex<Vec<Asked>>,
    counts: Mutex<HashMap<(Kind, String), usize>>,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
}

impl World {
    pub(crate) fn new(orgs: Vec<Org>) -> Self {
        let numbered = orgs.into_iter().zip(1..).map(|(mut org, number)| {
            org.row["ScratchOrg"] = json!(format!("00D{number:012}"));
            org.row["Id"] = json!(format!("2SR{number:012}AAA"));
            org
        });
        let orgs: Vec<Org> = numbered.collect();
        Self {
            started: Instant::now(),
            places: orgs.iter().zip(0..).map(|(org, place)| (org.username.clone(), place)).collect(),
            orgs,
            hub_login: Box::new(|_| good()),
            hub_query: Box::new(|_| good()),
            hidden: Vec::new(),
            page_size: 2000,
            asked: Mutex::default(),
            counts: Mutex::default(),
            in_flight: AtomicUsize::new(0),
            most_in_flight: AtomicUsize::new(0),
        }
    }

    /// Every request so far, in order.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The requests of one kind from one user.
    pub(crate) fn asked_by(&self, kind: Kind, user: &str) -> Vec<Asked> {
        self.asked().into_iter().filter(|asked| asked.kind == kind && asked.user == user).collect()
    }

    /// When token requests came from the user, in milliseconds since the scene began.
    pub(crate) fn posts(&self, user: &str) -> Vec<u128> {
        self.asked_by(Kind::Token, user).iter().map(|asked| asked.at.as_millis()).collect()
    }

    /// When the hub was queried.
    pub(crate) fn hub_queries(&self) -> Vec<u128> {
        self.asked_by(Kind::Query, HUB_USER).iter().map(|asked| asked.at.as_millis()).collect()
    }

    /// How many token requests were under way at once, at most.
    pub(crate) fn most_in_flight(&self) -> usize {
        self.most_in_flight.load(Ordering::Relaxed)
    }

    fn org(&self, username: &str) -> Option<&Org> {
        self.places.get(username).map(|place| &self.orgs[*place])
    }

    /// Writes a request down, and says when it came and how many of its kind there were.
    fn note(&self, mut asked: Asked) -> (Duration, usize) {
        asked.at = self.started.elapsed();
        let mut counts = self.counts.lock().unwrap();
        let nth = counts.entry((asked.kind, asked.user.clone())).or_default();
        *nth += 1;
        let told = (asked.at, *nth);
        self.asked.lock().unwrap().push(asked);
        told
    }

    fn token_for(&self, user: &str, nth: usize) -> Answer {
        let (id, instance_url) = match self.org(user) {
            Some(org) => {
                let own = org.row["LoginUrl"].as_str().unwrap_or_default().to_owned();
                (org.poses_as.clone().unwrap_or(org.id().to_owned()), org.instance_url.clone().unwrap_or(own))
            }
            None => ("00D000000000999".to_owned(), format!("https://{HUB_HOST}")),
        };
        let body = json!({
            "access_token": format!("{id}!{user}!{nth}"),
            "instance_url": instance_url,
            "id": format!("https://login.salesforce.com/id/{id}/005000000000001AAA"),
            "token_type": "Bearer",
        });
        Answer { status: 200, body: body.to_string().into(), ..Answer::default() }
    }

    /// The hub's answer to a query, from a row on: those whose name or id it quotes, or all live ones where it has no list.
    fn records(&self, soql: &str, from_row: usize, at: Duration) -> Answer {
        let (fields, from) = soql.strip_prefix("SELECT ").unwrap().split_once(" FROM ").unwrap();
        let fields: Vec<&str> = fields.split(',').collect();
        let words: Vec<&str> = from.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        if let Some(hidden) = self.hidden.iter().find(|hidden| fields.contains(hidden) || words.contains(hidden)) {
            let message =
                format!("\n{soql}\nERROR at Row:1:Column:8\nNo such column '{hidden}' on entity 'ScratchOrgInfo'.");
            return answer(400, &json!([{"message": message, "errorCode": "INVALID_FIELD"}]));
        }
        let quotes = |text: &str| from.contains(&format!("'{text}'"));
        let by_name = from.contains("SignupUsername IN") || from.contains("Id IN");
        let rows = self.orgs.iter().flat_map(|org| (org.rows)(at, org.row.clone()));
        let found = rows.filter(|row| {
            if by_name {
                return quotes(&row["SignupUsername"].as_str().unwrap().replace('\\', "\\\\").replace('\'', "\\'"))
                    || quotes(&row["Id"].as_str().unwrap()[..15]);
            }
            let ours = !from.contains("ConnectedAppConsumerKey") || row["ConnectedAppConsumerKey"] == OURS;
            ours && ["New", "Creating", "Active"].iter().any(|status| row["Status"] == *status)
        });
        let found: Vec<Value> = found.collect();
        if fields == ["COUNT()"] {
            return answer(200, &json!({"totalSize": found.len(), "done": true, "records": []}));
        }
        let shown =
            |row: &Value| fields.iter().map(|field| ((*field).to_owned(), row[*field].clone())).collect::<Value>();
        let page: Vec<Value> = found.iter().skip(from_row).take(self.page_size).map(shown).collect();
        let next = from_row + page.len();
        let mut body = json!({"totalSize": found.len(), "done": next == found.len(), "records": page});
        if next < found.len() {
            let soql = utf8_percent_encode(soql, NON_ALPHANUMERIC);
            body["nextRecordsUrl"] = json!(format!("/services/data/v60.0/query/01g-{next}?q={soql}"));
        }
        answer(200, &body)
    }

    async fn reply(&self, reply: Reply, good: impl FnOnce() -> Answer) -> Result<Answer, Unavailability> {
        if !reply.after.is_zero() {
            tokio::time::sleep(reply.after).await;
        }
        match reply.what {
            What::Good => Ok(good()),
            What::Answer(answer) => Ok(answer),
            What::Failure(error) => Err(error),
        }
    }
}

fn answer(status: u16, body: &Value) -> Answer {
    Answer { status, body: body.to_string().into(), ..Answer::default() }
}

/// Counts down where a request ends or is dropped.
struct Landing<'a>(&'a AtomicUsize);

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Transport for World {
    async fn post_token(&self, login_url: &LoginUrl, assertion: &Assertion) -> Result<Answer, Unavailability> {
        let text = assertion.expose().to_owned();
        let payload = BASE64_URL_SAFE_NO_PAD.decode(text.split('.').nth(1).unwrap()).unwrap();
        let claims: Value = serde_json::from_slice(&payload).unwrap();
        let (user, aud) = (claims["sub"].as_str().unwrap().to_owned(), claims["aud"].as_str().unwrap().to_owned());
        let host = login_url.host().to_owned();
        let asked =
            Asked { at: Duration::ZERO, kind: Kind::Token, host, user: user.clone(), text, claims, closes: false };
        let (at, nth) = self.note(asked);
        let flying = self.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_in_flight.fetch_max(flying, Ordering::Relaxed);
        let _landing = Landing(&self.in_flight);
        let ask = Ask { at, nth, aud: &aud };
        let reply = match self.org(&user) {
            Some(org) => (org.token)(&ask),
            None if user == HUB_USER => (self.hub_login)(&ask),
            None => not_approved(),
        };
        self.reply(reply, || self.token_for(&user, nth)).await
    }

    async fn send(
        &self,
        instance_url: &InstanceUrl,
        request: &ApiRequest,
        token: &AccessToken,
        connection: Connection,
    ) -> Result<Answer, Unavailability> {
        assert_eq!(request.method, Method::Get, "{request:?} is not in any script");
        let user = token.expose().split('!').nth(1).unwrap().to_owned();
        let (path, encoded) = request.target.split_once("?q=").unwrap();
        let from_row = path.split_once("01g-").map_or(0, |(_, row)| row.parse().unwrap());
        let text = percent_decode_str(encoded).decode_utf8().unwrap().into_owned();
        let kind = if text.contains("FROM Organization") { Kind::Check } else { Kind::Query };
        let (host, closes) = (instance_url.host().to_owned(), connection == Connection::Close);
        let asked = Asked {
            at: Duration::ZERO,
            kind,
            host,
            user: user.clone(),
            text: text.clone(),
            claims: Value::Null,
            closes,
        };
        let (at, nth) = self.note(asked);
        let ask = Ask { at, nth, aud: "" };
        match self.org(&user) {
            Some(org) => {
                let record = json!({"Id": org.id(), "Name": "Acme", "IsSandbox": false});
                let good = answer(200, &json!({"totalSize": 1, "done": true, "records": [record]}));
                self.reply((org.check)(&ask), || good).await
            }
            None => self.reply((self.hub_query)(&ask), || self.records(&text, from_row, at)).await,
        }
    }
}
