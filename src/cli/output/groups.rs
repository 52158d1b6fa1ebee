//! Orgs that are not ready, by cause: one hint for sixty orgs, not sixty times the same.

use crate::model::cause::{Cause, CauseCode};
use crate::model::report::{OrgOutcome, OrgStatus};

/// How many orgs of one cause are named; each report has them all.
const NAMED: usize = 5;

/// Orgs that ended alike.
#[derive(Debug)]
pub(crate) struct Group<'a> {
    /// How they ended.
    pub(crate) status: OrgStatus,
    /// Why.
    pub(crate) code: CauseCode,
    /// What to do next.
    pub(crate) hint: &'a str,
    /// Which ones, in the order of the input.
    pub(crate) orgs: Vec<&'a OrgOutcome>,
}

/// The groups, in the order in which their first orgs come.
pub(crate) fn by_cause(orgs: &[OrgOutcome]) -> Vec<Group<'_>> {
    let alike = by(orgs, |org| org.cause.as_ref().map(|cause| (org.status, cause.code, cause.hint.as_str())));
    alike.into_iter().map(|((status, code, hint), orgs)| Group { status, code, hint, orgs }).collect()
}

/// The orgs of each key, in the order in which their first orgs come; those without are left out.
pub(crate) fn by<'a, K: PartialEq>(
    orgs: &'a [OrgOutcome],
    key: impl Fn(&'a OrgOutcome) -> Option<K>,
) -> Vec<(K, Vec<&'a OrgOutcome>)> {
    let mut groups: Vec<(K, Vec<&OrgOutcome>)> = Vec::new();
    for (org, key) in orgs.iter().filter_map(|org| Some((org, key(org)?))) {
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, orgs)) => orgs.push(org),
            None => groups.push((key, vec![org])),
        }
    }
    groups
}

/// The first orgs with what was said of each, a line an org, and how many more there are.
pub(crate) fn list_evidence(orgs: &[&OrgOutcome]) -> Vec<String> {
    let told = orgs.iter().take(NAMED).map(|org| {
        let evidence = org.cause.as_ref().map(Cause::evidence).filter(|evidence| !evidence.is_empty());
        evidence.map_or_else(|| org.name.to_string(), |evidence| format!("{}: {evidence}", org.name))
    });
    let more = orgs.len().saturating_sub(NAMED);
    told.chain((more > 0).then(|| format!("and {more} more"))).collect()
}
