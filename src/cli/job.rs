//! What is done with orgs, in words.

use std::fmt;

/// What is done with the orgs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Job {
    /// `login`.
    #[default]
    Login,
    /// `delete`.
    Delete,
}

impl Job {
    /// What an org is that it went well with.
    pub(crate) fn done(self) -> &'static str {
        match self {
            Self::Login => "ready",
            Self::Delete => "deleted",
        }
    }
}

/// `1 org`, `60 orgs`.
pub(crate) fn orgs(count: usize) -> String {
    format!("{count} {}", if count == 1 { "org" } else { "orgs" })
}

impl fmt::Display for Job {
    /// The command.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Login => "login",
            Self::Delete => "delete",
        })
    }
}
