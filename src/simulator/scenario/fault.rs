//! What goes wrong on the way: at which request, how, how often.

use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::delay::Delay;

/// A fault: where and when it strikes, and what happens.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Fault {
    /// Where it strikes.
    pub(crate) at: Stage,
    /// How many requests are left alone before it begins.
    #[serde(default)]
    pub(crate) skip: u32,
    /// How many requests it strikes; all where it is left out.
    pub(crate) first: Option<u32>,
    /// When it begins, from the start.
    #[serde(default)]
    pub(crate) after: Delay,
    /// When it ends, from the start.
    pub(crate) until: Option<Delay>,
    /// What happens: `kind`, with the keys of that kind and no others.
    #[serde(flatten)]
    pub(crate) effect: Effect,
}

/// Where a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    /// As the connection is made, before anything is read.
    Connect,
    /// At the token endpoint.
    Login,
    /// At a query (`check` for a scratch org's one).
    #[serde(alias = "check")]
    Query,
    /// Where a scratch org is signed up for (the hub's).
    Signup,
    /// Where a scratch org is deleted (its own, or the hub's).
    Delete,
    /// At any other request for a record.
    Record,
    /// Where a package is handed in to be deployed.
    Deploy,
    /// Where it is asked how a deployment is going.
    DeployStatus,
}

/// What a fault does.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Effect {
    /// The port is closed (`connect` only).
    Refuse {},
    /// The connection is reset: at `connect` before the request is read, else after.
    Reset {},
    /// Nothing is ever answered.
    Hang {},
    /// Headers come, the body never does.
    HangBody {},
    /// The right body, one byte at a time.
    Drip {
        /// How long it waits before each byte.
        every: Option<Delay>,
    },
    /// Half of the right body, then the end.
    Cut {},
    /// The right body under another type.
    ContentType {
        /// The type that is claimed.
        content_type: Option<String>,
    },
    /// A web page with status 200.
    Html {},
    /// A body that is not UTF-8.
    InvalidUtf8 {},
    /// Any status.
    Status {
        /// Which.
        status: u16,
        /// `Retry-After`, as it goes over the wire.
        retry_after: Option<String>,
        /// `Retry-After` as the date this far ahead.
        retry_after_date: Option<Delay>,
        /// `Location`.
        location: Option<String>,
        /// The type of the body.
        content_type: Option<String>,
        /// The body.
        body: Option<String>,
    },
    /// A refusal in Salesforce's own shape.
    Refusal {
        /// Its status.
        status: Option<u16>,
        /// `error` (or `errorCode`).
        error: String,
        /// `error_description` (or `message`).
        #[serde(default)]
        description: String,
    },
    /// A body of many bytes.
    Huge {
        /// How many.
        bytes: Option<u64>,
    },
    /// A small body that unpacks to many bytes.
    GzipBomb {
        /// How many.
        bytes: Option<u64>,
    },
}

/// Reads faults, each of which can happen.
pub(super) fn checked<'de, D: Deserializer<'de>>(source: D) -> Result<Vec<Fault>, D::Error> {
    let faults = Vec::<Fault>::deserialize(source)?;
    faults.iter().try_for_each(Fault::check).map_err(D::Error::custom)?;
    Ok(faults)
}

impl Fault {
    fn check(&self) -> Result<(), &'static str> {
        let Self { at, skip, first, .. } = *self;
        let is_refuse = matches!(self.effect, Effect::Refuse {});
        let is_of_connection = is_refuse || matches!(self.effect, Effect::Reset {} | Effect::Hang {});
        let status = match self.effect {
            Effect::Status { status, .. } | Effect::Refusal { status: Some(status), .. } => status,
            _ => 200,
        };
        let counts = "a closed port counts no requests: give after and until instead of skip and first";
        let mistakes = [
            (at == Stage::Connect && !is_of_connection, "at \"connect\" the kind is refuse, reset or hang"),
            (at != Stage::Connect && is_refuse, "kind \"refuse\" is at \"connect\" only"),
            (is_refuse && (skip > 0 || first.is_some()), counts),
            (!(200..=599).contains(&status), "a status is between 200 and 599"),
        ];
        mistakes.into_iter().find(|(is_made, _)| *is_made).map_or(Ok(()), |(_, what)| Err(what))
    }

    /// Whether it strikes the request that comes at `now`, from the start, after `seen` others at its stage.
    pub(crate) fn is_now(&self, seen: u32, now: Duration) -> bool {
        let is_over = self.first.is_some_and(|first| seen >= self.skip.saturating_add(first));
        seen >= self.skip && !is_over && now >= self.after.0 && self.until.is_none_or(|until| now < until.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Org {
        #[serde(deserialize_with = "checked")]
        faults: Vec<Fault>,
    }

    fn fault(text: &str) -> Result<Fault, String> {
        let org = toml::from_str::<Org>(&format!("[[faults]]\n{text}"));
        org.map(|mut org| org.faults.remove(0)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_fault_strikes_the_requests_it_names() {
        let fault =
            fault("at = \"login\"\nkind = \"reset\"\nskip = 1\nfirst = 2\nafter = \"1s\"\nuntil = \"9s\"").unwrap();
        let strikes = |seen, second| fault.is_now(seen, Duration::from_secs(second));
        let struck: Vec<bool> = (0..5).map(|seen| strikes(seen, 2)).collect();
        assert_eq!(struck, [false, true, true, false, false]);
        assert!(!strikes(1, 0) && !strikes(1, 9));
    }

    #[test]
    fn keys_that_do_not_go_together_are_refused() {
        assert!(fault("at = \"login\"\nkind = \"refuse\"").unwrap_err().contains("connect"));
        assert!(fault("at = \"connect\"\nkind = \"html\"").unwrap_err().contains("connect"));
        assert!(fault("at = \"login\"\nkind = \"status\"").unwrap_err().contains("missing field `status`"));
        assert!(fault("at = \"login\"\nkind = \"status\"\nstatus = 99").unwrap_err().contains("between"));
        assert!(fault("at = \"login\"\nkind = \"hang\"\nbytes = 7").unwrap_err().contains("bytes"));
        assert!(fault("at = \"login\"\nkind = \"reset\"\nfirsst = 7").unwrap_err().contains("firsst"));
        assert!(fault("at = \"check\"\nkind = \"cut\"").is_ok());
    }
}
