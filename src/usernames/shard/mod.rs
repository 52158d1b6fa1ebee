//! A process' share of the orgs, so that many processes do one batch.

mod error;
mod hash;
mod platform;
mod slurm;

use std::fmt;
use std::num::NonZeroU32;

use crate::model::org::OrgName;
use crate::model::untrusted::sanitize_line;

pub use error::ShardError;

/// Share `index` of `count`, from 1. The shares of a batch are disjoint and complete.
///
/// ```
/// use orgready::Shard;
/// let share = Shard::parse("slice:2/5")?;
/// assert_eq!((share.index.get(), share.count.get()), (2, 5));
/// assert!(Shard::parse("6/5").is_err());
/// # Ok::<(), orgready::ShardError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shard {
    /// Which share, from 1.
    pub index: NonZeroU32,
    /// Of how many.
    pub count: NonZeroU32,
    /// What decides which share an org belongs to.
    pub by: ShardBy,
}

/// What decides which share an org belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ShardBy {
    /// Its name alone, in whatever order and form each process is given the names. An org that one process is given by
    /// username and another by id may be in two shares.
    Hash,
    /// Its place in the list: every `count`th from the `index`th on. Shares differ by one org at most, if every process
    /// is given the same list.
    Place,
}

/// What a share by place begins with.
const SLICE: &str = "slice:";

/// The share that the platform knows.
const AUTO: &str = "auto";

impl Shard {
    /// Reads `2/5`, the second share of five, or `slice:2/5`.
    pub fn parse(text: &str) -> Result<Self, ShardError> {
        Self::read(text, |_| None)
    }

    /// Reads the same, and `auto` or `slice:auto`: then the platform that runs this process tells, by its variables.
    pub fn read(text: &str, variable: impl Fn(&str) -> Option<String>) -> Result<Self, ShardError> {
        let refused = || {
            ShardError(format!(
                "\"{}\" is not a share (expected I/N with I from 1 to N, such as 2/5, or slice:I/N, or auto)",
                sanitize_line(text, 40)
            ))
        };
        let (by, share) = match text.trim().strip_prefix(SLICE) {
            Some(share) => (ShardBy::Place, share.trim()),
            None => (ShardBy::Hash, text.trim()),
        };
        let (index, count) = if share == AUTO {
            platform::share(&variable)?
        } else {
            let (index, count) = share.split_once('/').ok_or_else(refused)?;
            let number = |text: &str| text.trim().parse().map_err(|_| refused());
            (number(index)?, number(count)?)
        };
        if index > count { Err(refused()) } else { Ok(Self { index, count, by }) }
    }

    /// What of a list is in this share; `key` is what an element is called, such as [`key`] of its name.
    pub(crate) fn part<T>(&self, whole: Vec<T>, key: impl Fn(&T) -> String) -> Vec<T> {
        let (index, count) = (u64::from(self.index.get() - 1), u64::from(self.count.get()));
        let places = (0..count).cycle();
        let is_ours = |(element, place): &(T, u64)| match self.by {
            ShardBy::Hash => hash::of(&key(element)) % count == index,
            ShardBy::Place => *place == index,
        };
        whole.into_iter().zip(places).filter(is_ours).map(|(element, _)| element).collect()
    }

    /// The same of a list that two processes may be given in different orders, such as a hub's answer: it is sorted first.
    pub(crate) fn part_of_answer<T>(&self, mut whole: Vec<T>, key: impl Fn(&T) -> String) -> Vec<T> {
        whole.sort_by_cached_key(&key);
        self.part(whole, key)
    }
}

/// What an org's share by hash is computed from: the username in lower case, or the id in its 15 characters.
pub(crate) fn key(name: &OrgName) -> String {
    match name {
        OrgName::Username(username) => username.folded(),
        OrgName::ScratchOrgInfo(id) => id.as_str().to_owned(),
        // What `sf` said, so that one process tells it wherever the file lies.
        OrgName::Failed(failed) => format!("{} {}", failed.error.as_deref().unwrap_or_default(), failed.message),
    }
}

impl fmt::Display for Shard {
    /// `2/5` or `slice:2/5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = if self.by == ShardBy::Place { SLICE } else { "" };
        write!(f, "{prefix}{}/{}", self.index, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(text: &str) -> OrgName {
        OrgName::new(text).unwrap()
    }

    fn shares(by: &str, count: u32) -> Vec<Shard> {
        (1..=count).map(|index| Shard::parse(&format!("{by}{index}/{count}")).unwrap()).collect()
    }

    #[test]
    fn a_share_is_written_from_1() {
        assert_eq!(Shard::parse(" 2 / 5 ").unwrap().to_string(), "2/5");
        assert_eq!(Shard::parse("1/1").unwrap().to_string(), "1/1");
        assert_eq!(Shard::parse("slice: 2/5").unwrap().to_string(), "slice:2/5");
        for bad in ["", "2", "0/5", "6/5", "1/0", "-1/5", "a/b", "1/2/3", "1/99999999999", "slice:", "slice:3/2", "all"]
        {
            let told = Shard::parse(bad).unwrap_err().to_string();
            assert!(told.starts_with(&format!("\"{bad}\" is not a share")), "{told}");
        }
    }

    #[test]
    fn a_platform_tells_the_share_by_hash_or_by_place() {
        let gitlab = |name: &str| match name {
            "CI_NODE_INDEX" => Some("2".to_owned()),
            "CI_NODE_TOTAL" => Some("5".to_owned()),
            _ => None,
        };
        assert_eq!(Shard::read("auto", gitlab).unwrap().to_string(), "2/5");
        assert_eq!(Shard::read("slice:auto", gitlab).unwrap().to_string(), "slice:2/5");
        assert!(Shard::read("auto", |_| None).unwrap_err().to_string().starts_with("no platform says"));
    }

    #[test]
    fn names_that_differ_little_spread_evenly() {
        for count in [2, 3, 5, 8, 16] {
            let names: Vec<_> = (0..8_000).map(|n| name(&format!("test-{n}@example.com"))).collect();
            for shard in shares("", count) {
                let held = shard.part(names.clone(), key).len();
                let fair = names.len() / count as usize;
                assert!(held.abs_diff(fair) < fair / 5, "{shard} holds {held} of {}", names.len());
            }
        }
    }

    #[test]
    fn the_spelling_does_not_matter() {
        assert_eq!(key(&name("Test-A@Example.com")), key(&name("test-a@example.COM")));
        assert_eq!(key(&name("2SRxx0000000001")), key(&name("2SRxx0000000001AAA")));
    }

    /// A changed hash would move orgs between the jobs of different versions.
    #[test]
    fn which_share_holds_a_name_stays_as_it_is() {
        let names: Vec<String> = (0..6).map(|n| format!("test-{n}@example.com")).collect();
        assert_eq!(
            Shard::parse("1/3").unwrap().part(names, Clone::clone),
            ["test-0@example.com", "test-5@example.com"]
        );
    }

    proptest! {
        #[test]
        fn every_org_is_in_exactly_one_share(
            names in proptest::collection::btree_set("[a-z0-9.-]{1,20}@[a-z.]{1,9}|2SR[a-zA-Z0-9]{12}", 0..40),
            count in 1_u32..12,
            slice: bool,
        ) {
            let names: Vec<String> = names.into_iter().collect();
            let by = if slice { "slice:" } else { "" };
            let parts: Vec<Vec<String>> =
                shares(by, count).iter().map(|share| share.part(names.clone(), Clone::clone)).collect();
            let mut all: Vec<&String> = parts.iter().flatten().collect();
            all.sort();
            prop_assert_eq!(all, names.iter().collect::<Vec<_>>());
            if slice {
                let sizes: Vec<usize> = parts.iter().map(Vec::len).collect();
                prop_assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1);
            }
        }
    }
}
