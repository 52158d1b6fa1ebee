//! The state of the sf store, and whether it can be told the key.

use crate::cli::diagnosis::{Check, CheckStatus, Findings};
use crate::cli::settings::setting::NO_SF_STORE;
use crate::cli::settings::{KeySource, Sources};
use crate::sf::{KeyPath, Level, Store};

/// Findings of one level that are told one by one; a store of years can have hundreds that are alike.
const TOLD: usize = 3;

const MEND: &str = "mend what the message names, or leave the sf store alone with --no-sf-store";

/// Looks the store over; reads only.
pub(super) fn examine(store: Option<&Store>, key: Option<&KeySource>, sources: &Sources<'_>, findings: &mut Findings) {
    let check = Check::SfStore;
    match sources.switch(&NO_SF_STORE) {
        Ok(Some(origin)) => return findings.skipped(check, format!("it is left alone ({origin})")),
        Ok(None) => {}
        Err(problem) => findings.problems(check, [problem], "write true or false"),
    }
    let Some(store) = store else {
        let next = "set HOME (on Windows USERPROFILE), or add --no-sf-store";
        return findings.failed(check, "the home folder, where sf keeps its logins, is not known", next);
    };
    let found = store.inspect();
    for (level, status) in
        [(Level::Failed, CheckStatus::Failed), (Level::Warning, CheckStatus::Warning), (Level::Good, CheckStatus::Ok)]
    {
        let these: Vec<_> = found.iter().filter(|finding| finding.level == level).collect();
        for finding in these.iter().take(TOLD) {
            let usual = if level == Level::Good { None } else { Some(MEND) };
            findings.add(check, status, &finding.message, finding.next.as_deref().or(usual));
        }
        if let more @ 1.. = these.len().saturating_sub(TOLD) {
            findings.add(check, status, &format!("and {more} more files like these"), None);
        }
    }
    if let Some(path) = key.and_then(KeySource::file)
        && path.is_file()
        && let Err(reason) = KeyPath::new(path)
    {
        let next = "give the key as a plain PEM file that stays, or add --keep-key-file PATH to the login";
        findings.warning(check, format!("sf cannot be told the private key {}: {reason}", path.display()), next);
    }
}
