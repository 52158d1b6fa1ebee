//! A change that an org keeps track of.

use jiff::Timestamp;

/// A `SourceMember`.
#[derive(Debug, Clone)]
pub(super) struct SourceMember {
    /// `MemberType`.
    pub(super) kind: String,
    /// `MemberName`.
    pub(super) name: String,
    /// `RevisionCounter`; a client sets it to 0 once it knows of the change.
    pub(super) revision: i32,
    /// When it changed first.
    pub(super) since: Timestamp,
}

impl SourceMember {
    /// Notes a change: the member's own record with a new revision, or a new one.
    pub(super) fn note(changes: &mut Vec<Self>, kind: &str, name: &str, since: Timestamp) {
        let revision = changes.iter().map(|change| change.revision).max().unwrap_or(0) + 1;
        match changes.iter_mut().find(|change| change.kind == kind && change.name == name) {
            Some(change) => change.revision = revision,
            None => changes.push(Self { kind: kind.to_owned(), name: name.to_owned(), revision, since }),
        }
    }
}
