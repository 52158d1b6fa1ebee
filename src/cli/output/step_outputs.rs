//! What a run tells later steps and jobs: counts and names, never a secret.

use serde_json::json;

use crate::cli::ending::Ending;
use crate::model::report::OrgOutcome;

/// Names of a run's orgs.
#[derive(Debug)]
pub(crate) struct StepOutputs<'a> {
    /// Who is ready.
    pub(crate) ready: Vec<&'a str>,
    /// Everyone who is known, so that a clean-up can name them.
    pub(crate) all: Vec<&'a str>,
    /// What became of a single org.
    pub(crate) single: Option<&'a OrgOutcome>,
}

impl<'a> StepOutputs<'a> {
    /// What became of a run's orgs; of one that came to none, who was `asked` for.
    pub(crate) fn of(ending: &'a Ending, asked: &'a [String]) -> Self {
        let Some(report) = ending.report() else {
            return Self { ready: Vec::new(), all: asked.iter().map(String::as_str).collect(), single: None };
        };
        let ready = report.orgs.iter().filter(|org| org.cause.is_none());
        Self {
            ready: ready.map(|org| org.name.as_str()).collect(),
            all: report.orgs.iter().map(|org| org.name.as_str()).collect(),
            single: if let [org] = &report.orgs[..] { Some(org) } else { None },
        }
    }

    /// How many are not ready, for whatever reason.
    pub(crate) fn failed(&self) -> usize {
        self.all.len() - self.ready.len()
    }

    /// The single org, whatever became of it.
    pub(crate) fn username(&self) -> Option<&'a str> {
        if let [only] = self.all[..] { Some(only) } else { None }
    }

    /// As platforms name them.
    pub(crate) fn named(&self) -> [(&'static str, String); 5] {
        [
            ("ready", self.ready.len().to_string()),
            ("failed", self.failed().to_string()),
            ("username", self.username().unwrap_or_default().to_owned()),
            ("usernames", json!(self.ready).to_string()),
            ("all-usernames", json!(self.all).to_string()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::tests::samples;

    #[test]
    fn a_run_tells_who_is_ready_and_who_there_is() {
        let ending = samples::some_failed();
        let outputs = StepOutputs::of(&ending, &[]);
        assert_eq!(outputs.ready, ["test-a@example.com"]);
        assert_eq!((outputs.failed(), outputs.all.len(), outputs.single), (3, 4, None));
    }

    #[test]
    fn of_a_run_that_came_to_no_org_a_clean_up_knows_whom_it_asked_for() {
        let asked = ["test-a@example.com".to_owned()];
        let ending = samples::hub_failed();
        let outputs = StepOutputs::of(&ending, &asked);
        assert_eq!((outputs.ready.len(), outputs.failed()), (0, 1));
        assert_eq!(outputs.username(), Some(&*asked[0]));
        assert_eq!(outputs.all, asked);
    }
}
