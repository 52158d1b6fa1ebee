//! A transport that a test scripts: every request to an API is written down, with the time, and answered in virtual time.

#![expect(clippy::unnecessary_wraps, reason = "the reply of a script may be a failure")]

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::model::host::{InstanceUrl, LoginUrl};
use crate::model::token::{AccessToken, Assertion};
use crate::protocol::transport::{Answer, ApiRequest, Connection, Method, Transport, Unavailability};

/// What a request is answered; each takes 10 ms.
pub(crate) type Reply = Result<Answer, Unavailability>;

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Since the transport was made, in milliseconds.
    pub(crate) at: u128,
    pub(crate) request: ApiRequest,
    pub(crate) token: String,
}

pub(crate) struct Scripted<S> {
    script: S,
    began: Instant,
    asked: Mutex<Vec<Asked>>,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
    logins: AtomicUsize,
}

impl<S: Fn(&Asked, usize) -> Reply> Scripted<S> {
    /// The script sees the request, and how many of the same method and target there were before.
    pub(crate) fn new(script: S) -> Self {
        let (in_flight, most_in_flight, logins) = Default::default();
        Self { script, began: Instant::now(), asked: Mutex::default(), in_flight, most_in_flight, logins }
    }

    /// Every request so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// How many requests of a method to a resource whose path has this in it.
    pub(crate) fn count(&self, method: Method, part: &str) -> usize {
        self.asked()
            .iter()
            .filter(|asked| asked.request.method == method && asked.request.target.contains(part))
            .count()
    }

    pub(crate) fn most_in_flight(&self) -> usize {
        self.most_in_flight.load(Ordering::Relaxed)
    }
}

impl<S: Fn(&Asked, usize) -> Reply + Send + Sync> Transport for Scripted<S> {
    /// Every login succeeds, at the hub.
    async fn post_token(&self, _: &LoginUrl, _: &Assertion) -> Reply {
        let nth = self.logins.fetch_add(1, Ordering::Relaxed);
        json_answer(
            200,
            &json!({
                "access_token": format!("00D000000000999!hub.{nth}"),
                "instance_url": "https://hub.my.salesforce.com",
                "id": "https://login.salesforce.com/id/00D000000000999EAA/005000000000001AAA",
            }),
        )
    }

    async fn send(&self, _: &InstanceUrl, request: &ApiRequest, token: &AccessToken, _: Connection) -> Reply {
        let at = self.began.elapsed().as_millis();
        let asked = Asked { at, request: request.clone(), token: token.expose().to_owned() };
        let nth = {
            let mut all = self.asked.lock().unwrap();
            let same =
                |other: &&Asked| (other.request.method, &other.request.target) == (request.method, &request.target);
            let nth = all.iter().filter(same).count();
            all.push(asked.clone());
            nth
        };
        let now = self.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_in_flight.fetch_max(now, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(10)).await;
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
        (self.script)(&asked, nth)
    }
}

/// An answer with a JSON body.
pub(crate) fn json_answer(status: u16, body: &Value) -> Reply {
    Ok(Answer { status, body: body.to_string().into(), ..Answer::default() })
}

/// An answer without a body.
pub(crate) fn status(status: u16) -> Reply {
    Ok(Answer { status, ..Answer::default() })
}

/// A refusal in the API's words.
pub(crate) fn api_error(status: u16, code: &str, message: &str) -> Reply {
    json_answer(status, &json!([{"errorCode": code, "message": message}]))
}
