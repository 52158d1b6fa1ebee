//! The share that a platform gives each of its parallel jobs, by its environment variables.

use std::num::NonZeroU32;

use super::error::ShardError;
use super::slurm;

/// Which share, from 1, of how many.
pub(super) type Share = (NonZeroU32, NonZeroU32);

/// A pair of variables by which a platform tells each of its parallel jobs which one it is.
struct Platform {
    name: &'static str,
    index: &'static str,
    count: &'static str,
    /// What the first job's index is.
    base: u32,
}

const GITLAB: Platform = Platform { name: "GitLab", index: "CI_NODE_INDEX", count: "CI_NODE_TOTAL", base: 1 };

const PLATFORMS: [Platform; 9] = [
    // docs.gitlab.com, "Predefined CI/CD variables": the index is set for jobs with `parallel` only.
    GITLAB,
    // circleci.com, "Built-in environment variables".
    Platform { name: "CircleCI", index: "CIRCLE_NODE_INDEX", count: "CIRCLE_NODE_TOTAL", base: 0 },
    // support.atlassian.com, "Parallel steps".
    Platform { name: "Bitbucket", index: "BITBUCKET_PARALLEL_STEP", count: "BITBUCKET_PARALLEL_STEP_COUNT", base: 0 },
    // buildkite.com, "Environment variables".
    Platform { name: "Buildkite", index: "BUILDKITE_PARALLEL_JOB", count: "BUILDKITE_PARALLEL_JOB_COUNT", base: 0 },
    // learn.microsoft.com, "Predefined variables": System.JobPositionInPhase as scripts see it.
    Platform { name: "Azure Pipelines", index: "SYSTEM_JOBPOSITIONINPHASE", count: "SYSTEM_TOTALJOBSINPHASE", base: 1 },
    // docs.semaphore.io, "Job parallelism".
    Platform { name: "Semaphore", index: "SEMAPHORE_JOB_INDEX", count: "SEMAPHORE_JOB_COUNT", base: 1 },
    // kubernetes.io, "Indexed Job"; the number of jobs is set by the manifest, as Kubernetes does not tell it.
    Platform { name: "Kubernetes", index: "JOB_COMPLETION_INDEX", count: "JOB_COMPLETIONS", base: 0 },
    // docs.aws.amazon.com, "AWS Batch job environment variables".
    Platform { name: "AWS Batch", index: "AWS_BATCH_JOB_ARRAY_INDEX", count: "AWS_BATCH_JOB_ARRAY_SIZE", base: 0 },
    // cloud.google.com, "Container contract" of jobs.
    Platform { name: "Cloud Run", index: "CLOUD_RUN_TASK_INDEX", count: "CLOUD_RUN_TASK_COUNT", base: 0 },
];

const NO_PLATFORM: &str = "no platform says which share this is: it is known of GitLab, CircleCI, Bitbucket, Buildkite, \
     Azure Pipelines, Semaphore, Kubernetes indexed jobs, AWS Batch, Cloud Run jobs and Slurm arrays, and none of their \
     variables is set (GitLab's is CI_NODE_INDEX); elsewhere, give the share as I/N, such as --shard 2/5";

/// Asks every platform. One that runs this job alone gives way to another: an array that a job submits inherits its
/// variables.
pub(super) fn share(variable: &dyn Fn(&str) -> Option<String>) -> Result<Share, ShardError> {
    let filled = |name: &str| variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    let mut told: Vec<(&'static str, Share)> = Vec::new();
    for platform in &PLATFORMS {
        if let Some(share) = platform.share(&filled)? {
            told.push((platform.name, share));
        }
    }
    told.extend(slurm::share(&filled)?.map(|share| (slurm::NAME, share)));
    let is_alone = |(_, (_, count)): &(&str, Share)| *count == NonZeroU32::MIN;
    if !told.iter().all(is_alone) {
        told.retain(|share| !is_alone(share));
    }
    let Some((first, share)) = told.first().copied() else { return Err(ShardError(NO_PLATFORM.to_owned())) };
    match told.iter().find(|(_, other)| *other != share) {
        None => Ok(share),
        Some((second, other)) => {
            let shown = |(index, count): Share| format!("{index}/{count}");
            Err(ShardError(format!(
                "{first} says that this is share {}, {second} that it is {}, and which of them counts is not known \
                 here; give the share as I/N",
                shown(share),
                shown(*other)
            )))
        }
    }
}

impl Platform {
    /// The share, if the platform tells one.
    fn share(&self, filled: &dyn Fn(&str) -> Option<String>) -> Result<Option<Share>, ShardError> {
        let broken = |variable, value: &str| ShardError::variable(variable, value, self.name, self.base);
        let missing = |set, missing| ShardError::missing(set, missing, self.name);
        let (index, count) = match (filled(self.index), filled(self.count)) {
            (Some(index), Some(count)) => (index, count),
            (Some(_), None) => return Err(missing(self.index, self.count)),
            // A job without `parallel` has a total of 1 and no index.
            (None, Some(count)) if self.name == GITLAB.name && count == "1" => return Ok(Some((ONE, ONE))),
            (None, Some(_)) => return Err(missing(self.count, self.index)),
            (None, None) if self.name == GITLAB.name && filled("GITLAB_CI").is_some() => return Ok(Some((ONE, ONE))),
            (None, None) => return Ok(None),
        };
        let total: NonZeroU32 = count.parse().map_err(|_| broken(self.count, &count))?;
        let place = index.parse::<u32>().ok().and_then(|place| place.checked_add(1)?.checked_sub(self.base));
        match place.and_then(NonZeroU32::new) {
            Some(place) if place <= total => Ok(Some((place, total))),
            _ => Err(broken(self.index, &index)),
        }
    }
}

const ONE: NonZeroU32 = NonZeroU32::MIN;

#[cfg(test)]
mod tests {
    use super::*;

    fn auto(variables: &[(&str, &str)]) -> Result<String, String> {
        let look_up = |name: &str| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        share(&look_up).map(|(index, count)| format!("{index}/{count}")).map_err(|error| error.to_string())
    }

    #[test]
    fn each_platform_counts_in_its_own_way() {
        for (variables, share) in [
            ([("JOB_COMPLETION_INDEX", "0"), ("JOB_COMPLETIONS", "4")], "1/4"),
            ([("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "4")], "1/4"),
            ([("CI_NODE_INDEX", "4"), ("CI_NODE_TOTAL", "4")], "4/4"),
            ([("CIRCLE_NODE_INDEX", "3"), ("CIRCLE_NODE_TOTAL", "4")], "4/4"),
            ([("BITBUCKET_PARALLEL_STEP", "2"), ("BITBUCKET_PARALLEL_STEP_COUNT", "4")], "3/4"),
            ([("BUILDKITE_PARALLEL_JOB", "0"), ("BUILDKITE_PARALLEL_JOB_COUNT", "4")], "1/4"),
            ([("SYSTEM_JOBPOSITIONINPHASE", "1"), ("SYSTEM_TOTALJOBSINPHASE", "4")], "1/4"),
            ([("SEMAPHORE_JOB_INDEX", "4"), ("SEMAPHORE_JOB_COUNT", "4")], "4/4"),
            ([("AWS_BATCH_JOB_ARRAY_INDEX", "0"), ("AWS_BATCH_JOB_ARRAY_SIZE", "4")], "1/4"),
            ([("CLOUD_RUN_TASK_INDEX", "3"), ("CLOUD_RUN_TASK_COUNT", "4")], "4/4"),
        ] {
            assert_eq!(auto(&variables).unwrap(), share, "{variables:?}");
        }
    }

    #[test]
    fn a_gitlab_job_without_parallel_has_all() {
        assert_eq!(auto(&[("GITLAB_CI", "true"), ("CI_NODE_TOTAL", "1")]).unwrap(), "1/1");
        assert_eq!(auto(&[("GITLAB_CI", "true")]).unwrap(), "1/1");
        assert!(auto(&[("GITLAB_CI", "true"), ("CI_NODE_TOTAL", "3")]).unwrap_err().contains("CI_NODE_INDEX is not"));
    }

    #[test]
    fn a_job_alone_gives_way_to_the_array_that_it_submitted() {
        let gitlab = [("CI_NODE_TOTAL", "1"), ("GITLAB_CI", "true")];
        let batch = [("AWS_BATCH_JOB_ARRAY_INDEX", "1"), ("AWS_BATCH_JOB_ARRAY_SIZE", "3")];
        assert_eq!(auto(&[&gitlab[..], &batch[..]].concat()).unwrap(), "2/3");
        let parallel = [("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "3")];
        let told = auto(&[&parallel[..], &batch[..]].concat()).unwrap_err();
        assert!(told.starts_with("GitLab says that this is share 1/3, AWS Batch that it is 2/3"), "{told}");
        let same = [("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "3")];
        assert_eq!(auto(&[&same[..], &batch[..]].concat()).unwrap(), "2/3");
    }

    #[test]
    fn where_no_platform_tells_that_is_said() {
        for variables in [&[][..], &[("CIRCLE_NODE_INDEX", ""), ("CIRCLE_NODE_TOTAL", " ")]] {
            assert!(auto(variables).unwrap_err().contains("give the share as I/N"));
        }
    }

    #[test]
    fn a_broken_variable_is_named() {
        for (variables, part) in [
            ([("CI_NODE_INDEX", "0"), ("CI_NODE_TOTAL", "4")], "CI_NODE_INDEX is \"0\", which is no job of GitLab"),
            ([("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "four")], "CI_NODE_TOTAL is \"four\""),
            ([("CIRCLE_NODE_INDEX", "4"), ("CIRCLE_NODE_TOTAL", "4")], "CIRCLE_NODE_INDEX is \"4\""),
            ([("CIRCLE_NODE_INDEX", "4294967295"), ("CIRCLE_NODE_TOTAL", "4")], "CIRCLE_NODE_INDEX is"),
            ([("JOB_COMPLETION_INDEX", "1"), ("JOB_COMPLETIONS", "")], "JOB_COMPLETIONS is not"),
        ] {
            let told = auto(&variables).unwrap_err();
            assert!(told.contains(part), "{told}");
        }
    }
}
