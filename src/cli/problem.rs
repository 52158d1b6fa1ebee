//! What is wrong with the settings: all of it is gathered and told at once.

use crate::model::redact::{self, HIDDEN};

/// What to do about what looks like a secret in a wrong place.
const HIDDEN_HINT: &str = "what is hidden here looks like a secret; if it is the private key, name its file with --jwt-key-file, or put it into ORGREADY_JWT_KEY; if a log or a shell's history holds it now, replace it";

/// What to do about a private key in a wrong place.
pub(crate) const MOVE_KEY: &str = "put the key into ORGREADY_JWT_KEY, pipe it in with --jwt-key-file -, or name its file with --jwt-key-file; if a log or a shell's history holds it now, replace it";

/// One thing that is wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// What is wrong, and where.
    pub(crate) message: String,
    /// What to do next.
    pub(crate) action: Option<String>,
}

impl Problem {
    /// A problem whose message says all. A key that was given for something else, such as a path, is not in it.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        let message = redact::redact(&message.into()).into_owned();
        // Also where it was hidden before.
        let action = message.contains(HIDDEN).then(|| HIDDEN_HINT.to_owned());
        Self { message, action }
    }

    /// Adds what to do next, unless that is to keep a key secret.
    pub(crate) fn with_action(mut self, action: impl Into<String>) -> Self {
        self.action.get_or_insert_with(|| action.into());
        self
    }
}

/// All that was found wrong so far.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<Problem>);

impl Problems {
    /// Keeps a problem.
    pub(crate) fn add(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// The value, or its problem kept.
    pub(crate) fn take<T>(&mut self, result: Result<T, Problem>) -> Option<T> {
        result.map_err(|problem| self.add(problem)).ok()
    }

    /// What was found, if anything.
    pub(crate) fn into_result(self) -> Result<(), Vec<Problem>> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }
}
