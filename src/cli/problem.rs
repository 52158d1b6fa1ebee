//! What is wrong with the settings: all of it is gathered and told at once.

use std::cell::RefCell;
use std::fmt::Display;

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
    /// Whether it is about which orgs, and not about settings.
    pub(crate) is_input: bool,
}

impl Problem {
    /// A problem whose message says all. A key that was given for something else, such as a path, is not in it.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        let message = redact::redact(&message.into()).into_owned();
        // Also where it was hidden before.
        let action = message.contains(HIDDEN).then(|| HIDDEN_HINT.to_owned());
        Self { message, action, is_input: false }
    }

    /// What another room says is wrong.
    pub(crate) fn of(error: impl Display) -> Self {
        Self::new(error.to_string())
    }

    /// Adds what to do next, unless that is to keep a key secret.
    pub(crate) fn with_action(mut self, action: impl Into<String>) -> Self {
        self.action.get_or_insert_with(|| action.into());
        self
    }

    /// It is about which orgs.
    pub(crate) fn of_input(self) -> Self {
        Self { is_input: true, ..self }
    }
}

/// All that was found wrong so far, and all that is only worth a warning.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    problems: RefCell<Vec<Problem>>,
    warnings: RefCell<Vec<String>>,
}

impl Problems {
    /// Keeps a problem.
    pub(crate) fn add(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }

    /// The value, or its problem kept.
    pub(crate) fn keep<T>(&self, result: Result<T, Problem>) -> Option<T> {
        result.map_err(|problem| self.add(problem)).ok()
    }

    /// Keeps warnings.
    pub(crate) fn warn(&self, warnings: impl IntoIterator<Item = String>) {
        self.warnings.borrow_mut().extend(warnings);
    }

    /// The problems since the last call, if there are any: those of settings first.
    pub(crate) fn check(&self) -> Result<(), Vec<Problem>> {
        let mut problems = self.problems.take();
        problems.sort_by_key(|problem| problem.is_input);
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// The warnings since the last call.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.warnings.take()
    }
}
