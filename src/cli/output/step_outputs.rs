//! What a run tells later steps and jobs: counts and names, never a secret.

use serde_json::json;

use crate::cli::ending::Ending;
use crate::model::report::OrgOutcome;

/// Counts and names of a run's orgs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct StepOutputs {
    /// How many are ready.
    pub(crate) ready: usize,
    /// How many are not, for whatever reason.
    pub(crate) failed: usize,
    /// Who is ready.
    pub(crate) ready_usernames: Vec<String>,
    /// Everyone who is known, so that a clean-up can name them.
    pub(crate) all_usernames: Vec<String>,
    /// More of a single org.
    pub(crate) single: Option<SingleOrg>,
}

/// What is told of an org that is alone, whatever became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SingleOrg {
    pub(crate) username: String,
    pub(crate) org_id: Option<String>,
    pub(crate) instance_url: Option<String>,
    pub(crate) login_url: Option<String>,
}

impl StepOutputs {
    /// What became of a run's orgs; of one that came to none, who was `asked` for.
    pub(crate) fn of(ending: &Ending, asked: &[String]) -> Self {
        let Some(report) = ending.report() else {
            let single = |username: &String| SingleOrg { username: username.clone(), ..SingleOrg::default() };
            let single = if let [only] = asked { Some(single(only)) } else { None };
            return Self { failed: asked.len(), all_usernames: asked.to_vec(), single, ..Self::default() };
        };
        let orgs = || report.orgs.iter();
        let ready_usernames = orgs().filter(|org| org.cause.is_none()).map(|org| org.name.to_string()).collect();
        Self {
            ready: report.summary.done,
            failed: report.summary.total - report.summary.done,
            ready_usernames,
            all_usernames: orgs().map(|org| org.name.to_string()).collect(),
            single: if let [org] = &report.orgs[..] { Some(SingleOrg::of(org)) } else { None },
        }
    }

    /// As platforms name them.
    pub(crate) fn named(&self) -> [(&'static str, String); 5] {
        [
            ("ready", self.ready.to_string()),
            ("failed", self.failed.to_string()),
            ("username", self.single.as_ref().map(|org| org.username.clone()).unwrap_or_default()),
            ("usernames", json!(self.ready_usernames).to_string()),
            ("all-usernames", json!(self.all_usernames).to_string()),
        ]
    }
}

impl SingleOrg {
    fn of(org: &OrgOutcome) -> Self {
        Self {
            username: org.name.to_string(),
            org_id: org.org_id.map(|id| id.to_string()),
            instance_url: org.instance_url.clone(),
            login_url: org.login_url.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::tests::samples;

    #[test]
    fn a_run_tells_who_is_ready_and_who_there_is() {
        let outputs = StepOutputs::of(&samples::some_failed(), &[]);
        assert_eq!((outputs.ready, outputs.failed, outputs.single), (1, 3, None));
        assert_eq!(outputs.ready_usernames, ["test-a@example.com"]);
        assert_eq!(outputs.all_usernames.len(), 4);
    }

    #[test]
    fn of_a_run_that_came_to_no_org_a_clean_up_knows_whom_it_asked_for() {
        let asked = ["test-a@example.com".to_owned()];
        let outputs = StepOutputs::of(&samples::hub_failed(), &asked);
        assert_eq!((outputs.ready, outputs.failed), (0, 1));
        assert_eq!(outputs.single.unwrap().username, asked[0]);
        assert_eq!(outputs.all_usernames, asked);
    }
}
