//! `--tokens-file`: the only way to get access tokens out.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::files::OutputFile;
use crate::model::handover::{Handover, HandoverError, HandoverFuture, ReadyOrg};
use crate::model::org::{OrgId, Username};

/// Gathers the tokens of ready orgs, to be written at the end.
#[derive(Debug)]
pub(crate) struct TokensFile {
    place: OutputFile,
    /// A line for each, by the org's place in the input. One that is provisioned may have needed another token: the last
    /// one counts.
    lines: Mutex<BTreeMap<usize, SecretString>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    username: &'a Username,
    org_id: OrgId,
    instance_url: &'a str,
    access_token: &'a str,
}

impl TokensFile {
    /// Nothing gathered yet.
    pub(crate) fn new(place: OutputFile) -> Self {
        Self { place, lines: Mutex::default() }
    }

    /// Writes a line for each ready org, in the order of the input.
    pub(crate) fn finish(self) -> Result<(), String> {
        let lines = self.lines.into_inner().unwrap_or_else(PoisonError::into_inner);
        // Room for all of it at once: growing would leave copies of tokens behind.
        let length = lines.values().map(|line| line.expose_secret().len() + 1).sum();
        let mut text = Zeroizing::new(String::with_capacity(length));
        for line in lines.values() {
            text.push_str(line.expose_secret());
            text.push('\n');
        }
        self.place.replace(text.as_bytes()).map_err(|error| format!("the tokens file was not written: {error}"))
    }
}

impl Handover for TokensFile {
    fn keep<'a>(&'a self, org: &'a ReadyOrg) -> HandoverFuture<'a, Result<(), HandoverError>> {
        let ReadyOrg { username, instance_url, token, .. } = org;
        let line =
            Line { username, org_id: org.org_id, instance_url: instance_url.as_str(), access_token: token.expose() };
        // Texts alone: nothing in them can fail to be JSON.
        let line = SecretString::from(serde_json::to_string(&line).unwrap_or_default());
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).insert(org.index, line);
        Box::pin(std::future::ready(Ok(())))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::files::Readers;
    use crate::model::handover::Organization;
    use crate::model::host::TrustedHosts;
    use crate::model::scratch_org::ScratchOrgInfo;
    use crate::model::token::AccessToken;

    fn ready(index: usize, username: &str) -> ReadyOrg {
        let mut trusted = TrustedHosts::default();
        let login_url = trusted.hub("https://test.salesforce.com").unwrap();
        let username = Username::new(username).unwrap();
        ReadyOrg {
            index,
            username: username.clone(),
            alias: None,
            org_id: OrgId::new("00D000000000001").unwrap(),
            instance_url: trusted.instance_url("https://x.my.salesforce.com").unwrap(),
            login_url: Arc::new(login_url),
            token: AccessToken::new(format!("00D!{index}")),
            record: Arc::new(ScratchOrgInfo {
                username: Some(username),
                id: None,
                login_url: None,
                status: None,
                org_id: None,
                instance: None,
                expiration_date: None,
                error_code: None,
                namespace: None,
                connected_app: None,
                created: None,
            }),
            organization: Organization::default(),
        }
    }

    #[tokio::test]
    async fn tokens_come_in_the_order_of_the_input() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.jsonl");
        let tokens = TokensFile::new(OutputFile::check(&path, Readers::Owner).unwrap());
        for org in [ready(1, "b@example.com"), ready(0, "a@example.com")] {
            tokens.keep(&org).await.unwrap();
        }
        assert!(!format!("{tokens:?}").contains("00D!"));
        tokens.finish().unwrap();
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            "{\"username\":\"a@example.com\",\"orgId\":\"00D000000000001EAA\",\"instanceUrl\":\"https://x.my.salesforce.com\",\"accessToken\":\"00D!0\"}\n\
             {\"username\":\"b@example.com\",\"orgId\":\"00D000000000001EAA\",\"instanceUrl\":\"https://x.my.salesforce.com\",\"accessToken\":\"00D!1\"}\n"
        );
    }
}
