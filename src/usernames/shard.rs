//! A process' share of the usernames, so that many processes do one batch.

use std::fmt;
use std::num::NonZeroU32;

use crate::model::org::OrgName;

/// Share `index` of `count`, from 1.
///
/// Which share an org belongs to depends on its name alone, so the shares of a batch are disjoint and complete, in
/// whatever order and form each process is given the names: the name in lower case (a `2SR…` id as its 15 characters)
/// is hashed by FNV-1a with 64 bits, then mixed by the finalizer of `SplitMix64`, as names that differ in their last
/// digits only would else lie close together; the remainder by `count`, plus 1, is the share. An org that one process
/// is given by username and another by id may be in two shares.
///
/// ```
/// use orgready::model::org::OrgName;
/// use orgready::usernames::shard::Shard;
/// let org = OrgName::new("test-a@example.com")?;
/// let shares = ["1/3", "2/3", "3/3"].map(|share| Shard::parse(share).expect("a share").holds(&org));
/// assert_eq!(shares.iter().filter(|holds| **holds).count(), 1);
/// # Ok::<(), orgready::model::org::NameError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which share, from 1.
    pub index: NonZeroU32,
    /// Of how many.
    pub count: NonZeroU32,
}

/// A pair of variables by which a platform tells each of its parallel jobs which one it is.
struct Platform {
    name: &'static str,
    index: &'static str,
    count: &'static str,
    /// What the first job's index is.
    base: u32,
}

const PLATFORMS: [Platform; 4] = [
    // kubernetes.io, "Indexed Job"; the number of jobs is set by the manifest, as Kubernetes does not tell it.
    Platform { name: "Kubernetes", index: "JOB_COMPLETION_INDEX", count: "JOB_COMPLETIONS", base: 0 },
    // docs.gitlab.com, "Predefined CI/CD variables": set for jobs with `parallel`.
    Platform { name: "GitLab", index: "CI_NODE_INDEX", count: "CI_NODE_TOTAL", base: 1 },
    // circleci.com, "Built-in environment variables".
    Platform { name: "CircleCI", index: "CIRCLE_NODE_INDEX", count: "CIRCLE_NODE_TOTAL", base: 0 },
    // support.atlassian.com, "Parallel steps".
    Platform { name: "Bitbucket", index: "BITBUCKET_PARALLEL_STEP", count: "BITBUCKET_PARALLEL_STEP_COUNT", base: 0 },
];

impl Shard {
    /// Reads `2/5`: the second share of five.
    pub fn parse(text: &str) -> Result<Self, ShardError> {
        let refused = || ShardError::Text(crate::model::untrusted::sanitize_line(text, 40));
        let (index, count) = text.split_once('/').ok_or_else(refused)?;
        let number = |text: &str| text.trim().parse().map_err(|_| refused());
        let (index, count) = (number(index)?, number(count)?);
        if index > count { Err(refused()) } else { Ok(Self { index, count }) }
    }

    /// Asks the platform that runs this process, by its environment variables.
    pub fn auto(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ShardError> {
        let filled = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        for platform in &PLATFORMS {
            if let Some(index) = filled(platform.index) {
                return platform.shard(&index, filled(platform.count).as_deref());
            }
        }
        Err(ShardError::NoPlatform)
    }

    /// Whether this org is in the share.
    pub fn holds(&self, name: &OrgName) -> bool {
        let text = match name {
            OrgName::Username(username) => username.folded(),
            OrgName::ScratchOrgInfo(id) => id.as_str().to_owned(),
        };
        mixed(fnv_1a(text.as_bytes())) % u64::from(self.count.get()) == u64::from(self.index.get() - 1)
    }
}

impl fmt::Display for Shard {
    /// `2/5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl Platform {
    fn shard(&self, index: &str, count: Option<&str>) -> Result<Shard, ShardError> {
        let broken = |variable, value: &str| ShardError::Variable {
            variable,
            value: crate::model::untrusted::sanitize_line(value, 40),
            platform: self.name,
            base: self.base,
        };
        let Some(count) = count else {
            return Err(ShardError::NoCount { index: self.index, count: self.count, platform: self.name });
        };
        let total: NonZeroU32 = count.trim().parse().map_err(|_| broken(self.count, count))?;
        let place = index.trim().parse::<u32>().ok().and_then(|place| place.checked_add(1)?.checked_sub(self.base));
        match place.and_then(NonZeroU32::new) {
            Some(index) if index <= total => Ok(Shard { index, count: total }),
            _ => Err(broken(self.index, index)),
        }
    }
}

/// FNV-1a with 64 bits: <http://www.isthe.com/chongo/tech/comp/fnv/>.
fn fnv_1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The finalizer of `SplitMix64` (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, variant 13).
fn mixed(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// Why there is no share.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShardError {
    /// Not `I/N`.
    #[error("\"{0}\" is not a share (expected I/N with I from 1 to N, such as 2/5, or auto)")]
    Text(String),
    /// No platform's variable is set.
    #[error(
        "no platform says which share this is: none of JOB_COMPLETION_INDEX (Kubernetes), CI_NODE_INDEX (GitLab), \
         CIRCLE_NODE_INDEX (CircleCI) and BITBUCKET_PARALLEL_STEP (Bitbucket) is set; give the share as I/N"
    )]
    NoPlatform,
    /// A platform says which job this is, but not of how many.
    #[error(
        "{index} is set, {count} is not; set it to the number of parallel {platform} jobs, or give the share as I/N"
    )]
    NoCount {
        /// The variable that is set.
        index: &'static str,
        /// The variable that is not.
        count: &'static str,
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn auto(variables: &[(&str, &str)]) -> Result<String, String> {
        let look_up = |name: &str| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Shard::auto(look_up).map(|shard| shard.to_string()).map_err(|error| error.to_string())
    }

    fn name(text: &str) -> OrgName {
        OrgName::new(text).unwrap()
    }

    #[test]
    fn a_share_is_written_from_1() {
        assert_eq!(Shard::parse(" 2 / 5 ").unwrap().to_string(), "2/5");
        assert_eq!(Shard::parse("1/1").unwrap().to_string(), "1/1");
        for bad in ["", "2", "0/5", "6/5", "1/0", "-1/5", "a/b", "1/2/3", "1/99999999999"] {
            assert_eq!(Shard::parse(bad), Err(ShardError::Text(bad.to_owned())), "{bad}");
        }
    }

    #[test]
    fn each_platform_counts_in_its_own_way() {
        for (variables, share) in [
            ([("JOB_COMPLETION_INDEX", "0"), ("JOB_COMPLETIONS", "4")], "1/4"),
            ([("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "4")], "1/4"),
            ([("CI_NODE_INDEX", "4"), ("CI_NODE_TOTAL", "4")], "4/4"),
            ([("CIRCLE_NODE_INDEX", "3"), ("CIRCLE_NODE_TOTAL", "4")], "4/4"),
            ([("BITBUCKET_PARALLEL_STEP", "2"), ("BITBUCKET_PARALLEL_STEP_COUNT", "4")], "3/4"),
        ] {
            assert_eq!(auto(&variables).unwrap(), share, "{variables:?}");
        }
    }

    #[test]
    fn where_no_platform_tells_all_are_named() {
        for variables in [&[][..], &[("CI_NODE_INDEX", ""), ("CI_NODE_TOTAL", "4")]] {
            let told = auto(variables).unwrap_err();
            assert!(
                PLATFORMS.iter().all(|platform| told.contains(platform.index) && told.contains(platform.name)),
                "{told}"
            );
        }
    }

    #[test]
    fn a_broken_variable_is_named() {
        for (variables, part) in [
            ([("CI_NODE_INDEX", "0"), ("CI_NODE_TOTAL", "4")], "CI_NODE_INDEX is \"0\", which is no job of GitLab"),
            ([("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "four")], "CI_NODE_TOTAL is \"four\""),
            ([("CIRCLE_NODE_INDEX", "4"), ("CIRCLE_NODE_TOTAL", "4")], "CIRCLE_NODE_INDEX is \"4\""),
            ([("CIRCLE_NODE_INDEX", "4294967295"), ("CIRCLE_NODE_TOTAL", "4")], "CIRCLE_NODE_INDEX is"),
            (
                [("JOB_COMPLETION_INDEX", "1"), ("JOB_COMPLETIONS", "")],
                "JOB_COMPLETION_INDEX is set, JOB_COMPLETIONS is not",
            ),
        ] {
            let told = auto(&variables).unwrap_err();
            assert!(told.contains(part), "{told}");
        }
    }

    /// A changed hash would move orgs between the jobs of different versions.
    #[test]
    fn the_hash_is_the_documented_one() {
        assert_eq!(fnv_1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv_1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv_1a(b"foobar"), 0x8594_4171_f739_67e8);
        // SplitMix64's first number for the seed 0 is the finalizer of its increment.
        assert_eq!(mixed(0x9e37_79b9_7f4a_7c15), 0xe220_a839_7b1d_cdaf);
    }

    #[test]
    fn names_that_differ_little_spread_evenly() {
        for count in [2_u32, 3, 5, 8, 16] {
            let count = NonZeroU32::new(count).unwrap();
            let names: Vec<_> = (0..8_000).map(|n| name(&format!("test-{n}@example.com"))).collect();
            for index in (1..=count.get()).filter_map(NonZeroU32::new) {
                let shard = Shard { index, count };
                let held = names.iter().filter(|name| shard.holds(name)).count();
                let fair = names.len() / count.get() as usize;
                assert!(held.abs_diff(fair) < fair / 5, "{shard} holds {held} of {}", names.len());
            }
        }
    }

    #[test]
    fn the_spelling_does_not_matter() {
        let half = Shard::parse("1/2").unwrap();
        assert_eq!(half.holds(&name("Test-A@Example.com")), half.holds(&name("test-a@example.COM")));
        assert_eq!(half.holds(&name("2SRxx0000000001")), half.holds(&name("2SRxx0000000001AAA")));
    }

    proptest! {
        #[test]
        fn every_org_is_in_exactly_one_share(text in "[a-zA-Z0-9.-]{1,20}@[a-z.]{1,9}|2SR[a-zA-Z0-9]{12}", count in 1_u32..40) {
            let name = name(&text);
            let count = NonZeroU32::new(count).unwrap();
            let shares = (1..=count.get()).filter_map(NonZeroU32::new).map(|index| Shard { index, count });
            prop_assert_eq!(shares.filter(|shard| shard.holds(&name)).count(), 1);
        }
    }
}
