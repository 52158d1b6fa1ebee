//! The share of a task of a Slurm array (slurm.schedmd.com, "Job Array Support").
//!
//! Slurm tells a task what was submitted, not what the whole is: of an array of which a few indices are submitted again
//! each task would be given a share of everything. Whatever may be such a part is refused.

use std::num::NonZeroU32;

use super::error::ShardError;

/// What messages call it.
pub(super) const NAME: &str = "Slurm";

const ID: &str = "SLURM_ARRAY_TASK_ID";
const MIN: &str = "SLURM_ARRAY_TASK_MIN";
const MAX: &str = "SLURM_ARRAY_TASK_MAX";
const STEP: &str = "SLURM_ARRAY_TASK_STEP";
const COUNT: &str = "SLURM_ARRAY_TASK_COUNT";

/// What to give where it is not known what the whole is.
const INSTEAD: &str = "give the share of the whole as I/N: --shard $((SLURM_ARRAY_TASK_ID + 1))/N where the whole array \
    began at 0, --shard $SLURM_ARRAY_TASK_ID/N where it began at 1";

/// Which share, from 1, of how many, if this is a task of an array.
pub(super) fn share(filled: &dyn Fn(&str) -> Option<String>) -> Result<Option<(NonZeroU32, NonZeroU32)>, ShardError> {
    let Some(id) = number(ID, filled)? else { return Ok(None) };
    let needed = |variable| number(variable, filled)?.ok_or(ShardError::missing(ID, variable, NAME));
    let (min, max) = (needed(MIN)?, needed(MAX)?);
    let step = number(STEP, filled)?.unwrap_or(1);
    let outside = |variable, value: u32| ShardError::variable(variable, &value.to_string(), NAME, min);
    if step == 0 {
        return Err(outside(STEP, step));
    }
    if max < min {
        return Err(outside(MAX, max));
    }
    if id < min || id > max || !(id - min).is_multiple_of(step) {
        return Err(outside(ID, id));
    }
    if min == max {
        // That of a share that is run again would be taken for all.
        return Err(ShardError(format!(
            "this Slurm array has the single index {id}: whether that is one share of several, submitted again, or all \
             is not known here; {INSTEAD}, --shard 1/1 for all"
        )));
    }
    if min > 1 {
        // Its first shares may have been left out.
        return Err(ShardError(format!(
            "this Slurm array begins at {min}, not at 0 or 1, so it may be a part of another one, and its shares would \
             be cut anew; {INSTEAD}; or submit it with --array=1-N"
        )));
    }
    let whole = ((max - min) / step).saturating_add(1);
    let count = number(COUNT, filled)?.unwrap_or(whole);
    if count != whole {
        // A few indices that are run again would be taken for all.
        return Err(ShardError(format!(
            "this Slurm array runs {count} tasks, but {min} to {max} in steps of {step} are {whole}: a few indices that \
             are submitted again would share out everything anew; {INSTEAD}"
        )));
    }
    let from_1 = |place: u32| NonZeroU32::MIN.saturating_add(place);
    Ok(Some((from_1((id - min) / step), from_1(whole - 1))))
}

fn number(variable: &str, filled: &dyn Fn(&str) -> Option<String>) -> Result<Option<u32>, ShardError> {
    let read = |value: String| value.parse().map_err(|_| ShardError::variable(variable, &value, NAME, 0));
    filled(variable).map(read).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(id: u32, array: [u32; 4]) -> Result<Option<String>, String> {
        let [min, max, step, count] = array;
        let values = [(ID, id), (MIN, min), (MAX, max), (STEP, step), (COUNT, count)];
        let look_up =
            |name: &str| values.iter().find(|(variable, _)| *variable == name).map(|(_, value)| value.to_string());
        let shown = |(index, count): (NonZeroU32, NonZeroU32)| format!("{index}/{count}");
        share(&look_up).map(|share| share.map(shown)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_whole_array_is_shared_out() {
        for (id, array, share) in [
            (0, [0, 3, 1, 4], "1/4"),
            (3, [0, 3, 1, 4], "4/4"),
            (1, [1, 4, 1, 4], "1/4"),
            (4, [1, 4, 1, 4], "4/4"),
            (5, [1, 7, 2, 4], "3/4"),
            (4, [0, 5, 2, 3], "3/3"),
        ] {
            assert_eq!(task(id, array).unwrap().unwrap(), share, "{id} of {array:?}");
        }
    }

    #[test]
    fn what_may_be_a_part_of_an_array_is_refused_with_what_to_give_instead() {
        for (id, array, part) in [
            (3, [3, 3, 1, 1], "the single index 3"),
            (0, [0, 0, 1, 1], "the single index 0"),
            (2, [2, 4, 1, 3], "begins at 2"),
            (1, [1, 4, 1, 2], "runs 2 tasks, but 1 to 4 in steps of 1 are 4"),
            (9, [1, 4, 1, 4], "SLURM_ARRAY_TASK_ID is \"9\""),
            (2, [1, 7, 2, 4], "SLURM_ARRAY_TASK_ID is \"2\""),
            (1, [1, 4, 0, 4], "SLURM_ARRAY_TASK_STEP is \"0\""),
        ] {
            let told = task(id, array).unwrap_err();
            assert!(told.contains(part) && told.contains("I/N"), "{told}");
        }
    }

    #[test]
    fn no_array_is_no_share_and_half_of_one_an_error() {
        assert_eq!(share(&|_| None), Ok(None));
        let told = share(&|name| (name == ID).then(|| "1".to_owned())).unwrap_err().to_string();
        assert!(told.contains("SLURM_ARRAY_TASK_MIN is not"), "{told}");
    }
}
