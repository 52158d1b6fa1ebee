//! What is only of a deletion: consent, and what sf forgets.

use crate::cli::ending::Failure;
use crate::cli::problem::Problem;
use crate::model::org::OrgName;
use crate::model::report::Report;
use crate::sf::{GoneOrg, Store};

/// Makes sf forget the orgs that are gone.
pub(super) fn forget(store: &Store, report: &Report) -> Vec<String> {
    let gone = report.orgs.iter().filter(|org| org.status.is_done());
    let gone = gone.map(|org| {
        let username = if let OrgName::Username(username) = &org.name { Some(username) } else { None };
        GoneOrg { username, org_id: org.org_id, record: org.record_id.as_ref() }
    });
    store.forget(&gone.collect::<Vec<_>>())
}

/// What a selector finds was not to be deleted.
pub(super) fn not_confirmed(orgs: &[String], selector: &str) -> Failure {
    let what = if orgs.len() == 1 { "org" } else { "orgs" };
    let found = format!("{selector} finds {} {what}, and nothing was deleted:\n{}", orgs.len(), orgs.join("\n"));
    Problem::new(found).with_action("add --yes to delete what it finds, or name the orgs").of_input().into()
}

/// Orgs as a person knows them.
pub(super) fn names(orgs: &[OrgName]) -> Vec<String> {
    orgs.iter().map(OrgName::to_string).collect()
}
