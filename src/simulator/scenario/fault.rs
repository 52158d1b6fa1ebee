//! What goes wrong on the way: at which request, how, how often.

use std::time::Duration;

use serde::Deserialize;

use super::delay;

/// A fault as a scenario spells it: one key for each trait, those that do not go with the kind are refused.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultScenario {
    /// Where it strikes.
    pub at: Stage,
    /// What happens.
    pub kind: FaultKind,
    /// How many requests are left alone before it begins.
    #[serde(default)]
    pub skip: u32,
    /// How many requests it strikes; all where it is left out.
    #[serde(default)]
    pub first: Option<u32>,
    /// When it begins, from the start.
    #[serde(default, deserialize_with = "delay::length")]
    pub after: Duration,
    /// When it ends, from the start.
    #[serde(default, deserialize_with = "delay::optional_length")]
    pub until: Option<Duration>,
    /// Status of `status` and `refusal`.
    #[serde(default)]
    pub status: Option<u16>,
    /// `error` (or `errorCode`) of a `refusal`.
    #[serde(default)]
    pub error: Option<String>,
    /// `error_description` (or `message`) of a `refusal`.
    #[serde(default)]
    pub description: Option<String>,
    /// `Retry-After` of a `status`, as it goes over the wire.
    #[serde(default)]
    pub retry_after: Option<String>,
    /// `Retry-After` of a `status` as the date this far ahead.
    #[serde(default, deserialize_with = "delay::optional_length")]
    pub retry_after_date: Option<Duration>,
    /// `Location` of a `status`.
    #[serde(default)]
    pub location: Option<String>,
    /// The type that `content_type` claims, or that of a `status`' body.
    #[serde(default)]
    pub content_type: Option<String>,
    /// The body of a `status`.
    #[serde(default)]
    pub body: Option<String>,
    /// Size of a `huge` or `gzip_bomb` body, unpacked.
    #[serde(default)]
    pub bytes: Option<u64>,
    /// How long a `drip` waits before each byte.
    #[serde(default, deserialize_with = "delay::optional_length")]
    pub every: Option<Duration>,
}

/// Where a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
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

impl Stage {
    /// How many there are.
    pub(in crate::simulator) const COUNT: usize = Self::DeployStatus as usize + 1;
}

/// The kinds of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The port is closed (`connect` only).
    Refuse,
    /// The connection is reset: at `connect` before the request is read, else after.
    Reset,
    /// Nothing is ever answered.
    Hang,
    /// Headers come, the body never does.
    HangBody,
    /// The right body, one byte at a time.
    Drip,
    /// Half of the right body, then the end.
    Cut,
    /// The right body under another type.
    ContentType,
    /// A web page with status 200.
    Html,
    /// A body that is not UTF-8.
    InvalidUtf8,
    /// Any status.
    Status,
    /// A refusal in Salesforce's own shape.
    Refusal,
    /// A body of many bytes.
    Huge,
    /// A small body that unpacks to many bytes.
    GzipBomb,
}

/// A checked fault.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct Fault {
    pub(in crate::simulator) stage: Stage,
    pub(in crate::simulator) effect: Effect,
    skip: u32,
    first: Option<u32>,
    after: Duration,
    until: Option<Duration>,
}

/// What a fault does.
#[derive(Debug, Clone)]
pub(in crate::simulator) enum Effect {
    Refuse,
    Reset,
    Hang,
    HangBody,
    Drip { every: Duration },
    Cut,
    ContentType(String),
    Html,
    InvalidUtf8,
    Status(StatusAnswer),
    Refusal { status: u16, error: String, description: String },
    Huge { bytes: u64 },
    GzipBomb { bytes: u64 },
}

/// An answer with a status of choice.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct StatusAnswer {
    pub(in crate::simulator) status: u16,
    pub(in crate::simulator) retry_after: Option<String>,
    pub(in crate::simulator) retry_after_date: Option<Duration>,
    pub(in crate::simulator) location: Option<String>,
    pub(in crate::simulator) content_type: Option<String>,
    pub(in crate::simulator) body: Option<String>,
}

impl FaultScenario {
    /// The fault, if its keys go together.
    pub(in crate::simulator) fn fault(&self) -> Result<Fault, String> {
        self.check()?;
        let effect = match self.kind {
            FaultKind::Refuse => Effect::Refuse,
            FaultKind::Reset => Effect::Reset,
            FaultKind::Hang => Effect::Hang,
            FaultKind::HangBody => Effect::HangBody,
            FaultKind::Drip => Effect::Drip { every: self.every.unwrap_or(Duration::from_secs(1)) },
            FaultKind::Cut => Effect::Cut,
            FaultKind::ContentType => {
                Effect::ContentType(self.content_type.clone().unwrap_or_else(|| "text/html;charset=UTF-8".to_owned()))
            }
            FaultKind::Html => Effect::Html,
            FaultKind::InvalidUtf8 => Effect::InvalidUtf8,
            FaultKind::Status => Effect::Status(StatusAnswer {
                status: self.status.ok_or("kind \"status\" needs a status")?,
                retry_after: self.retry_after.clone(),
                retry_after_date: self.retry_after_date,
                location: self.location.clone(),
                content_type: self.content_type.clone(),
                body: self.body.clone(),
            }),
            FaultKind::Refusal => Effect::Refusal {
                status: self.status.unwrap_or(400),
                error: self.error.clone().ok_or("kind \"refusal\" needs an error")?,
                description: self.description.clone().unwrap_or_default(),
            },
            FaultKind::Huge => Effect::Huge { bytes: self.bytes.unwrap_or(100 << 20) },
            FaultKind::GzipBomb => Effect::GzipBomb { bytes: self.bytes.unwrap_or(1 << 30) },
        };
        Ok(Fault { stage: self.at, effect, skip: self.skip, first: self.first, after: self.after, until: self.until })
    }

    fn check(&self) -> Result<(), String> {
        use FaultKind::{ContentType, Drip, GzipBomb, Hang, Huge, Refusal, Refuse, Reset, Status};
        let name = format!("{:?}", self.kind);
        let goes = |key: &str, given: bool, kinds: &[FaultKind]| {
            if given && !kinds.contains(&self.kind) {
                Err(format!("{key} does not go with kind {name}"))
            } else {
                Ok(())
            }
        };
        goes("status", self.status.is_some(), &[Status, Refusal])?;
        goes("error", self.error.is_some(), &[Refusal])?;
        goes("description", self.description.is_some(), &[Refusal])?;
        goes("retry_after", self.retry_after.is_some() || self.retry_after_date.is_some(), &[Status])?;
        goes("location", self.location.is_some(), &[Status])?;
        goes("content_type", self.content_type.is_some(), &[ContentType, Status])?;
        goes("body", self.body.is_some(), &[Status])?;
        goes("bytes", self.bytes.is_some(), &[Huge, GzipBomb])?;
        goes("every", self.every.is_some(), &[Drip])?;
        match (self.at, self.kind) {
            (Stage::Connect, Refuse | Reset | Hang) => {}
            (Stage::Connect, _) => return Err("at \"connect\" the kind is refuse, reset or hang".to_owned()),
            (_, Refuse) => return Err("kind \"refuse\" is at \"connect\" only".to_owned()),
            _ => {}
        }
        if self.kind == Refuse && (self.skip > 0 || self.first.is_some()) {
            return Err("a closed port counts no requests: give after and until instead of skip and first".to_owned());
        }
        if self.status.is_some_and(|status| !(200..=599).contains(&status)) {
            return Err("a status is between 200 and 599".to_owned());
        }
        let text = [&self.retry_after, &self.location, &self.content_type];
        if text.into_iter().flatten().any(|text| text.bytes().any(|byte| byte < 0x20 || byte == 0x7f)) {
            return Err("a header's value has no control characters".to_owned());
        }
        Ok(())
    }
}

impl Fault {
    /// Whether it lasts at `now`, a time since the start.
    pub(in crate::simulator) fn lasts(&self, now: Duration) -> bool {
        now >= self.after && self.until.is_none_or(|until| now < until)
    }

    /// Whether it strikes the request that comes at `now` after `seen` others at its stage.
    pub(in crate::simulator) fn strikes(&self, seen: u32, now: Duration) -> bool {
        let end = self.first.map(|first| self.skip.saturating_add(first));
        self.lasts(now) && seen >= self.skip && end.is_none_or(|end| seen < end)
    }

    /// When it begins and ends, from the start.
    pub(in crate::simulator) fn window(&self) -> (Duration, Option<Duration>) {
        (self.after, self.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> Result<Fault, String> {
        toml::from_str::<FaultScenario>(text).map_err(|error| error.to_string())?.fault()
    }

    #[test]
    fn a_fault_strikes_the_requests_it_names() {
        let fault =
            fault("at = \"login\"\nkind = \"reset\"\nskip = 1\nfirst = 2\nafter = \"1s\"\nuntil = \"9s\"").unwrap();
        let struck: Vec<bool> = (0..5).map(|seen| fault.strikes(seen, Duration::from_secs(2))).collect();
        assert_eq!(struck, [false, true, true, false, false]);
        assert!(!fault.strikes(1, Duration::ZERO));
        assert!(!fault.strikes(1, Duration::from_secs(9)));
    }

    #[test]
    fn keys_that_do_not_go_together_are_refused() {
        assert!(fault("at = \"login\"\nkind = \"refuse\"").unwrap_err().contains("connect"));
        assert!(fault("at = \"connect\"\nkind = \"html\"").unwrap_err().contains("connect"));
        assert!(fault("at = \"login\"\nkind = \"status\"").unwrap_err().contains("needs a status"));
        assert!(fault("at = \"login\"\nkind = \"status\"\nstatus = 99").unwrap_err().contains("between"));
        assert!(fault("at = \"login\"\nkind = \"hang\"\nbytes = 7").unwrap_err().contains("bytes"));
        assert!(fault("at = \"check\"\nkind = \"cut\"").is_ok());
    }
}
