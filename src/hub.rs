//! The Dev Hub: one login for the whole batch, queries for `ScratchOrgInfo`, paging, one renewal of an expired session.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;

use crate::answer::{self, Grant, Reading, Refusal, Silence};
use crate::attempt::{self, Attempts};
use crate::audience::Audiences;
use crate::cause::{Cause, CauseCode};
use crate::event::Event;
use crate::handover::Organization;
use crate::hint;
use crate::host::InstanceUrl;
use crate::org::{OrgId, OrgName, ScratchOrgInfoId, Username};
use crate::report::Hub;
use crate::run::{HubFailure, HubStage, Run};
use crate::scratch_org::{ScratchOrgInfo, Status};
use crate::situation::Situation;
use crate::soql::{self, Condition, Fields};
use crate::token::AccessToken;
use crate::transport::{Answer, Connection, Transport};
use crate::untrusted::line;
use crate::verdict::{self, Verdict};

/// A hub that does not answer is given this long, or the whole wait if that is shorter.
const PATIENCE: Duration = Duration::from_secs(60);

/// Most pages of one query: 2,000 records each.
const PAGES_MAX: usize = 500;

/// The Dev Hub, logged in to.
#[derive(Debug, Clone)]
pub struct HubLogin {
    /// What the report says of it.
    pub hub: Hub,
    /// Its id.
    pub org_id: OrgId,
    /// Where its API answers.
    pub instance_url: InstanceUrl,
    /// Its access token.
    pub token: AccessToken,
    /// What it said of itself.
    pub organization: Organization,
}

/// A session at the Dev Hub.
pub(crate) struct HubSession<'a, T> {
    run: &'a Run<'a, T>,
    audiences: Audiences,
    fields: Fields,
    org_id: OrgId,
    instance_url: InstanceUrl,
    token: AccessToken,
}

impl<'a, T: Transport> HubSession<'a, T> {
    /// Logs in, asking again while the hub does not answer.
    pub(crate) async fn open(run: &'a Run<'a, T>) -> Result<Self, HubFailure> {
        let audiences = Audiences::of_hub(run.settings.audience.as_deref(), &run.settings.login_url);
        let (grant, org_id, instance_url) = log_in(run, &audiences).await?;
        run.observe(&Event::HubReady {
            username: run.settings.hub_username.clone(),
            org_id,
            instance_url: instance_url.to_string(),
        });
        Ok(Self { run, audiences, fields: Fields::all(), org_id, instance_url, token: grant.token })
    }

    /// What the report says of the hub.
    pub(crate) fn hub(&self) -> Hub {
        Hub {
            username: self.run.settings.hub_username.clone(),
            org_id: self.org_id,
            instance_url: self.instance_url.to_string(),
            login_url: self.run.settings.login_url.to_string(),
        }
    }

    /// The host that queries go to.
    pub(crate) fn host(&self) -> &str {
        self.instance_url.host()
    }

    /// Proves that the org is a Dev Hub, and asks what it says of itself.
    pub(crate) async fn prove(mut self) -> Result<HubLogin, HubFailure> {
        let target = soql::target(&self.run.settings.api_version, "SELECT Id FROM ScratchOrgInfo LIMIT 1");
        self.page(&target).await?;
        let now = self.run.settings.clock.now();
        let version = &self.run.settings.api_version;
        let checked =
            attempt::check(self.run.transport, &self.instance_url, &self.token, version, Connection::Close, now).await;
        let organization = match checked {
            Reading::Good(checked) => checked.organization,
            // The hub is proven; its name is only for show.
            Reading::Refused(_) | Reading::Silent(_) => Organization::default(),
        };
        Ok(HubLogin {
            hub: self.hub(),
            org_id: self.org_id,
            instance_url: self.instance_url,
            token: self.token,
            organization,
        })
    }

    /// The records of these orgs, the best one for each that the hub knows, in the order of the names.
    pub(crate) async fn records(&mut self, names: &[&OrgName]) -> Result<Vec<Option<ScratchOrgInfo>>, HubFailure> {
        let mut best = Best::default();
        let mut left = names;
        let asked_before = self.fields.names().len();
        'fields: while !left.is_empty() {
            // The fields may become fewer on the way, which changes the chunks of those that are left.
            for chunk in soql::query_targets(&self.run.settings.api_version, &self.fields, left) {
                let Some(rows) = self.rows(&chunk.target, None).await? else { continue 'fields };
                best.extend(&rows);
                left = &left[chunk.names.len()..];
            }
        }
        self.tell_hidden_fields(asked_before);
        Ok(names.iter().map(|name| best.get(name)).collect())
    }

    /// The records of all live orgs of our app for which the condition holds, and how many others there are.
    pub(crate) async fn select(
        &mut self,
        condition: Option<&Condition>,
    ) -> Result<(Vec<ScratchOrgInfo>, usize), HubFailure> {
        let settings = self.run.settings;
        let asked_before = self.fields.names().len();
        let rows = loop {
            let target = soql::selection_target(&settings.api_version, &self.fields, &settings.client_id, condition);
            if let Some(rows) = self.rows(&target, condition).await? {
                break rows;
            }
        };
        self.tell_hidden_fields(asked_before);
        let mut best = Best::default();
        best.extend(&rows);
        let all = self.page(&soql::count_target(&settings.api_version, condition)).await?.total_size;
        let found = best.records;
        let left_out = all.saturating_sub(found.len());
        Ok((found, left_out))
    }

    /// All pages of one query. None: a field is hidden from the hub's user, and is left out from now on.
    async fn rows(&mut self, target: &str, condition: Option<&Condition>) -> Result<Option<Vec<Row>>, HubFailure> {
        let mut target = target.to_owned();
        let mut rows = Vec::new();
        for _ in 0..PAGES_MAX {
            let page = match self.get(&target).await? {
                Ok(page) => page,
                Err(refusal) if condition.is_some() && self.fields.lack_refused_column(&refusal.description) => {
                    return Err(self.refused(&refusal));
                }
                Err(refusal) if refusal.error == "INVALID_FIELD" => {
                    let Some(fewer) = self.fields.after_refusal(&refusal.description) else {
                        return Err(self.refused(&refusal));
                    };
                    self.fields = fewer;
                    return Ok(None);
                }
                Err(refusal) => return Err(self.refused(&refusal)),
            };
            rows.extend(page.records);
            match page.next_records_url {
                Some(next) if !page.done => target = next,
                _ => return Ok(Some(rows)),
            }
        }
        let description = format!("the answer has more than {PAGES_MAX} pages");
        Err(self.refused(&Refusal { description, ..Refusal::default() }))
    }

    /// Warns where fields turned out to be hidden; once, however many refusals it took to find out which.
    fn tell_hidden_fields(&self, asked_before: usize) {
        if self.fields.names().len() < asked_before {
            self.run.warn(format!(
                "the Dev Hub user may not see all fields of ScratchOrgInfo; asking without {}, so some causes cannot be told apart (give the user read access to them)",
                self.fields.left_out().join(", ")
            ));
        }
    }

    async fn page(&mut self, target: &str) -> Result<Page, HubFailure> {
        match self.get(target).await? {
            Ok(page) => Ok(page),
            Err(refusal) => Err(self.refused(&refusal)),
        }
    }

    /// One page; an expired session is renewed once, silence is waited out like the login's.
    async fn get(&mut self, target: &str) -> Result<Result<Page, Refusal>, HubFailure> {
        let mut renewed = false;
        let mut waits = Waits::new(self.run);
        loop {
            if let Err(error) = self.instance_url.resource(target) {
                let description = format!("nextRecordsUrl: {error}");
                let cause = Cause::never(CauseCode::UntrustedHost, description, self.host(), hint::UNTRUSTED_HOST);
                return Err(HubFailure { stage: HubStage::Query, cause });
            }
            let request = self.run.transport.get(&self.instance_url, target, &self.token, Connection::Keep);
            let reading = match waits.bounded(request).await? {
                Some(Ok(answer)) => Page::read(&answer, self.run.settings.clock.now()),
                Some(Err(error)) => Reading::Silent(error.into()),
                None => Reading::Silent(waits.silence()),
            };
            match reading {
                Reading::Good(page) => return Ok(Ok(page)),
                Reading::Refused(refusal) if refusal.error == "INVALID_SESSION_ID" && !renewed => {
                    tracing::debug!(host = self.host(), "the Dev Hub session is not valid any more; logging in again");
                    renewed = true;
                    let (grant, _, instance_url) = log_in(self.run, &self.audiences).await?;
                    self.token = grant.token;
                    self.instance_url = instance_url;
                }
                Reading::Refused(refusal) => return Ok(Err(refusal)),
                Reading::Silent(silence) => {
                    let verdict = verdict::on_silence(&silence, &situation(self.run, self.host()));
                    waits.wait(verdict, HubStage::Query).await?;
                }
            }
        }
    }

    fn refused(&self, refusal: &Refusal) -> HubFailure {
        let (code, hint) = match refusal.error.as_str() {
            // sfdx-core's `checkScratchOrg` (`org.ts` L755-757) reads it so too.
            "INVALID_TYPE" => (CauseCode::NotADevHub, hint::NOT_A_DEV_HUB),
            "REQUEST_LIMIT_EXCEEDED" => (CauseCode::ApiLimit, hint::API_LIMIT),
            _ => (CauseCode::QueryRejected, hint::QUERY_REFUSED),
        };
        let cause = Cause::never(code, refusal.description.clone(), self.host(), hint);
        HubFailure { stage: HubStage::Query, cause: Cause { error: Some(refusal.error.clone()), ..cause } }
    }
}

async fn log_in<T: Transport>(
    run: &Run<'_, T>,
    audiences: &Audiences,
) -> Result<(Grant, OrgId, InstanceUrl), HubFailure> {
    let settings = run.settings;
    let login_url = &settings.login_url;
    let attempts = Attempts {
        transport: run.transport,
        key: &settings.key,
        client_id: &settings.client_id,
        clock: settings.clock,
    };
    let mut waits = Waits::new(run);
    let mut attempt = 0;
    loop {
        let posting = || {
            attempt += 1;
            run.observe(&Event::HubAttempt {
                username: settings.hub_username.clone(),
                host: login_url.host().to_owned(),
                attempt,
            });
        };
        let login = attempts.log_in(&settings.hub_username, login_url, audiences, None, posting);
        let reading = waits.bounded(login).await?.map(|attempted| attempted.reading);
        let at = situation(run, login_url.host());
        let verdict = match reading {
            Some(Reading::Good(grant)) => return accept(run, grant),
            Some(Reading::Refused(refusal)) => verdict::on_refusal(&refusal, &at),
            Some(Reading::Silent(silence)) => verdict::on_silence(&silence, &at),
            None => verdict::on_silence(&waits.silence(), &at),
        };
        waits.wait(verdict, HubStage::Login).await?;
    }
}

/// Checks where the token came for before it is used anywhere.
fn accept<T: Transport>(run: &Run<'_, T>, grant: Grant) -> Result<(Grant, OrgId, InstanceUrl), HubFailure> {
    let host = run.settings.login_url.host();
    let failure = |code, description: String, hint: &str| {
        let cause = Cause::never(code, description, host, hint);
        HubFailure { stage: HubStage::Login, cause }
    };
    let instance_url =
        run.settings.trusted.instance_url(&grant.instance_url).map_err(|error| {
            failure(CauseCode::UntrustedHost, format!("instance_url: {error}"), hint::UNTRUSTED_HOST)
        })?;
    let Some(org_id) = grant.org_id else {
        let description = "the token came without the id of its org".to_owned();
        return Err(failure(
            CauseCode::Rejected,
            description,
            "check that the login URL (--instance-url) is Salesforce's",
        ));
    };
    Ok((grant, org_id, instance_url))
}

fn situation<'a, T>(run: &'a Run<'_, T>, host: &'a str) -> Situation<'a> {
    Situation {
        record: None,
        client_id: &run.settings.client_id,
        host,
        now: run.settings.clock.now(),
        doubted: Duration::ZERO,
        unanswered: 0,
        logged_in: false,
        refused_tokens: 0,
    }
}

/// The hub's patience: one deadline, one schedule.
struct Waits<'a, T> {
    run: &'a Run<'a, T>,
    deadline: Option<Instant>,
    schedule: crate::retry::Schedule,
}

impl<'a, T> Waits<'a, T> {
    fn new(run: &'a Run<'a, T>) -> Self {
        let settings = run.settings;
        let patience = run.deadline.map(|deadline| deadline.min(Instant::now() + PATIENCE));
        Self { run, deadline: patience, schedule: settings.retry.schedule() }
    }

    /// The work, unless the deadline or a signal comes first. None: the deadline.
    async fn bounded<O>(&self, work: impl Future<Output = O>) -> Result<Option<O>, HubFailure> {
        tokio::select! {
            biased;
            () = self.run.stop.cancelled() => Err(self.run.interrupted()),
            output = work => Ok(Some(output)),
            () = sleep_until(self.deadline) => Ok(None),
        }
    }

    /// What the deadline means for a request that was under way.
    fn silence(&self) -> Silence {
        let settings = self.run.settings;
        let waited = PATIENCE.min(settings.wait).as_secs_f64();
        Silence {
            kind: answer::SilenceKind::Other,
            description: format!("no whole answer from the Dev Hub within {waited} s"),
            retry_after: None,
        }
    }

    /// Waits for the next attempt, or says why there is none.
    async fn wait(&mut self, verdict: Verdict, stage: HubStage) -> Result<(), HubFailure> {
        let (cause, not_before) = match verdict {
            Verdict::Never(cause) => return Err(HubFailure { stage, cause }),
            Verdict::Again { cause, not_before } => (cause, not_before),
        };
        let delay = self.schedule.next(Duration::ZERO, fastrand::f64()).max(not_before.unwrap_or_default());
        let at = Instant::now() + delay;
        if self.deadline.is_none_or(|deadline| at >= deadline) {
            return Err(HubFailure { stage, cause });
        }
        self.run.observe(&Event::HubWaiting { cause, next_in: delay });
        self.bounded(tokio::time::sleep_until(at)).await.map(|_| ())
    }
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// A page of a query's answer. One without records is none: to take it for an empty one would be to say that the hub
/// knows no org.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(default)]
    total_size: usize,
    #[serde(default = "yes")]
    done: bool,
    next_records_url: Option<String>,
    records: Vec<Row>,
}

impl Page {
    fn read(answer: &Answer, now: Timestamp) -> Reading<Self> {
        match answer::of_rest::<Self>(answer, now) {
            Reading::Good(page) if !page.done && page.next_records_url.is_none() => Reading::Silent(Silence {
                kind: answer::SilenceKind::Other,
                description: "the answer is not whole, and does not say where it goes on".to_owned(),
                retry_after: None,
            }),
            reading => reading,
        }
    }
}

fn yes() -> bool {
    true
}

/// A row of `ScratchOrgInfo`. Values of any type are taken: what is not text counts as not shown.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Row {
    id: Value,
    signup_username: Value,
    login_url: Value,
    status: Value,
    scratch_org: Value,
    signup_instance: Value,
    expiration_date: Value,
    error_code: Value,
    connected_app_consumer_key: Value,
    created_date: Value,
}

impl Row {
    fn record(&self) -> Option<ScratchOrgInfo> {
        let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let shown = |value: &Value| text(value).map(|text| line(&text, 80));
        Some(ScratchOrgInfo {
            username: Username::new(self.signup_username.as_str()?).ok()?,
            id: self.id.as_str().and_then(|id| ScratchOrgInfoId::new(id).ok()),
            login_url: self.login_url(),
            status: self.status.as_str().and_then(Status::new),
            org_id: self.scratch_org.as_str().and_then(|id| OrgId::new(id).ok()),
            instance: shown(&self.signup_instance),
            expiration_date: self.expiration_date.as_str().and_then(|date| date.get(..10)?.parse().ok()),
            error_code: shown(&self.error_code),
            connected_app: text(&self.connected_app_consumer_key).filter(|key| key.len() <= 1000),
            created: self.created_date.as_str().and_then(api_time),
        })
    }

    /// The login URL as the hub wrote it, whatever it is: only where there is none yet is there something to wait for.
    fn login_url(&self) -> Option<String> {
        match &self.login_url {
            Value::Null => None,
            Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
            other => Some(other.to_string()),
        }
    }
}

/// `2026-11-23T10:00:00.000+0000`, as the API writes a datetime.
fn api_time(text: &str) -> Option<Timestamp> {
    jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%.f%z", text)
        .and_then(|parsed| parsed.to_timestamp())
        .or_else(|_| text.parse())
        .ok()
}

/// The best record of each org, in the order in which the orgs came.
#[derive(Default)]
struct Best {
    records: Vec<ScratchOrgInfo>,
    by_username: HashMap<String, usize>,
    /// Where the id was asked for: a record of another query, or a better one of the same username, may be without it.
    by_id: HashMap<ScratchOrgInfoId, usize>,
}

impl Best {
    fn extend(&mut self, rows: &[Row]) {
        rows.iter().filter_map(Row::record).for_each(|record| self.add(record));
    }

    fn add(&mut self, record: ScratchOrgInfo) {
        let place = match self.by_username.entry(record.username.folded()) {
            Entry::Vacant(entry) => *entry.insert(self.records.len()),
            Entry::Occupied(entry) => *entry.get(),
        };
        if let Some(id) = &record.id {
            self.by_id.insert(id.clone(), place);
        }
        match self.records.get_mut(place) {
            None => self.records.push(record),
            Some(known) if rank(&record) > rank(known) => *known = record,
            Some(_) => {}
        }
    }

    fn get(&self, name: &OrgName) -> Option<ScratchOrgInfo> {
        let place = match name {
            OrgName::Username(username) => self.by_username.get(&username.folded()),
            OrgName::ScratchOrgInfo(id) => self.by_id.get(id),
        };
        place.map(|place| self.records[*place].clone())
    }
}

/// A username can be signed up again once its org is gone: the live record counts, else the newest.
fn rank(record: &ScratchOrgInfo) -> (bool, Option<Timestamp>) {
    (record.status == Some(Status::Active), record.created)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datetime_of_the_api_is_read() {
        let expected: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        for text in ["2026-11-23T10:00:00.000+0000", "2026-11-23T10:00:00.000Z", "2026-11-23T12:00:00+02:00"] {
            assert_eq!(api_time(text), Some(expected), "{text}");
        }
        assert_eq!(api_time("yesterday"), None);
    }

    fn row(username: &str, status: &str, created: &str) -> Row {
        let row =
            serde_json::json!({"SignupUsername": username, "Status": status, "CreatedDate": created, "LoginUrl": 5});
        serde_json::from_value(row).unwrap()
    }

    #[test]
    fn of_several_records_the_active_one_counts_and_else_the_newest() {
        let mut best = Best::default();
        best.extend(&[
            row("a@x.com", "Deleted", "2026-11-03T10:00:00.000+0000"),
            row("A@x.com", "Active", "2026-11-01T10:00:00.000+0000"),
            row("a@x.com", "Error", "2026-11-04T10:00:00.000+0000"),
            row("b@x.com", "Deleted", "2026-11-01T10:00:00.000+0000"),
            row("b@x.com", "Error", "2026-11-02T10:00:00.000+0000"),
        ]);
        let status = |name: &str| best.get(&OrgName::new(name).unwrap()).and_then(|record| record.status);
        assert_eq!(status("a@X.com"), Some(Status::Active));
        assert_eq!(status("b@x.com"), Some(Status::Error));
        assert_eq!(status("c@x.com"), None);
    }
}
