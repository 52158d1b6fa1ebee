//! Orgs that are not ready, by cause: one hint for sixty orgs, not sixty times the same.

use crate::model::cause::CauseCode;
use crate::model::report::{OrgOutcome, OrgStatus};

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
    let mut groups: Vec<Group<'_>> = Vec::new();
    for org in orgs {
        let Some(cause) = &org.cause else { continue };
        let same =
            |group: &&mut Group<'_>| group.code == cause.code && group.status == org.status && group.hint == cause.hint;
        match groups.iter_mut().find(same) {
            Some(group) => group.orgs.push(org),
            None => groups.push(Group { status: org.status, code: cause.code, hint: &cause.hint, orgs: vec![org] }),
        }
    }
    groups
}

/// Orgs that are not ready for one cause, whatever their status and hints.
pub(crate) type OfCode<'a> = (CauseCode, Vec<&'a OrgOutcome>);

/// The causes, in the order in which their first orgs come.
pub(crate) fn by_code(orgs: &[OrgOutcome]) -> Vec<OfCode<'_>> {
    let mut codes: Vec<OfCode<'_>> = Vec::new();
    for org in orgs {
        let Some(cause) = &org.cause else { continue };
        match codes.iter_mut().find(|(code, _)| *code == cause.code) {
            Some((_, orgs)) => orgs.push(org),
            None => codes.push((cause.code, vec![org])),
        }
    }
    codes
}
