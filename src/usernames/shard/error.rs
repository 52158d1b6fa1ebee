//! Why there is no share.

/// Why there is no share.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShardError {
    /// Not `I/N`.
    #[error("\"{0}\" is not a share (expected I/N with I from 1 to N, such as 2/5, or slice:I/N, or auto)")]
    Text(String),
    /// No platform's variable is set.
    #[error(
        "no platform says which share this is: it is known of GitLab, CircleCI, Bitbucket, Buildkite, Azure Pipelines, \
         Semaphore, Kubernetes indexed jobs, AWS Batch, Cloud Run jobs and Slurm arrays, and none of their variables is \
         set (GitLab's is CI_NODE_INDEX); elsewhere, give the share as I/N, such as --shard 2/5"
    )]
    NoPlatform,
    /// A platform says which job this is, but not of how many.
    #[error("{set} is set, {missing} is not; set it as {platform} would, or give the share as I/N")]
    Missing {
        /// The variable that is set.
        set: &'static str,
        /// The variable that is not.
        missing: &'static str,
        /// Whose they are.
        platform: &'static str,
    },
    /// A platform's variable is no number, or out of range.
    #[error(
        "{variable} is \"{value}\", which is no job of {platform} (its indices count from {base}); give the share as I/N"
    )]
    Variable {
        /// The variable.
        variable: &'static str,
        /// What it is set to, safe to print.
        value: String,
        /// Whose it is.
        platform: &'static str,
        /// The first index.
        base: u32,
    },
    /// Two platforms say different things.
    #[error(
        "{first} says that this is share {first_share}, {second} that it is {second_share}, and which of them counts is \
         not known here; give the share as I/N"
    )]
    TwoPlatforms {
        /// One of them.
        first: &'static str,
        /// What it says.
        first_share: String,
        /// The other one.
        second: &'static str,
        /// What it says.
        second_share: String,
    },
    /// The array begins elsewhere than at 0 or 1: its first shares may have been left out.
    #[error(
        "this Slurm array begins at {min}, not at 0 or 1, so it may be a part of another one, and its shares would be \
         cut anew; give the share of the whole as I/N, such as --shard $((SLURM_ARRAY_TASK_ID + 1))/N for an array that \
         began at 0, or submit it with --array=1-N"
    )]
    SlurmBegin {
        /// `SLURM_ARRAY_TASK_MIN`.
        min: u32,
    },
    /// The array has one index: that of a share that is run again would be taken for all.
    #[error(
        "this Slurm array has the single index {id}: whether that is one share of several, submitted again, or all is \
         not known here; give the share of the whole as I/N, such as --shard {next}/N (1/1 for all)",
        next = id.saturating_add(u32::from(*id == 0))
    )]
    SlurmSingle {
        /// `SLURM_ARRAY_TASK_ID`.
        id: u32,
    },
    /// The array has gaps: a few indices that are run again would be taken for all.
    #[error(
        "this Slurm array runs {count} tasks, but {min} to {max} in steps of {step} are {whole}: a few indices that are \
         submitted again would share out everything anew; give the share of the whole as I/N, such as --shard \
         \"$SLURM_ARRAY_TASK_ID/N\" where the first index of the whole was 1"
    )]
    SlurmGaps {
        /// `SLURM_ARRAY_TASK_COUNT`.
        count: u32,
        /// `SLURM_ARRAY_TASK_MIN`.
        min: u32,
        /// `SLURM_ARRAY_TASK_MAX`.
        max: u32,
        /// `SLURM_ARRAY_TASK_STEP`.
        step: u32,
        /// How many tasks a whole array would have.
        whole: u32,
    },
}
