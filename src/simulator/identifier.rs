//! Ids and usernames as Salesforce makes them, the same ones in every run.

/// Key prefixes of the objects that the stand-in holds.
pub(super) mod prefix {
    /// An org.
    pub(crate) const ORGANIZATION: &str = "00D";
    /// A user.
    pub(crate) const USER: &str = "005";
    /// A `ScratchOrgInfo`.
    pub(crate) const SCRATCH_ORG_INFO: &str = "2SR";
    /// An `ActiveScratchOrg`.
    pub(crate) const ACTIVE_SCRATCH_ORG: &str = "2SS";
    /// A `SourceMember`.
    pub(crate) const SOURCE_MEMBER: &str = "0MZ";
    /// A profile.
    pub(crate) const PROFILE: &str = "00e";
    /// A deployment.
    pub(crate) const DEPLOYMENT: &str = "0Af";
    /// A query's cursor.
    pub(crate) const QUERY_LOCATOR: &str = "01g";
}

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The 18-character id of the `number`th record of a kind.
pub(super) fn id(prefix: &str, number: u64) -> String {
    let mut tail = [b'0'; 6];
    let mut rest = number;
    for digit in tail.iter_mut().rev() {
        *digit = DIGITS[usize::try_from(rest % 62).unwrap_or(0)];
        rest /= 62;
    }
    lengthen(&format!("{prefix}Fk0000{}", String::from_utf8_lossy(&tail)))
}

/// The 18-character form of an id: three more characters tell which of the 15 are capital letters, five to each.
pub(super) fn lengthen(id: &str) -> String {
    let mut long: String = id.chars().take(15).collect();
    let checks: Vec<char> = long
        .as_bytes()
        .chunks(5)
        .map(|five| {
            let capitals = five.iter().rev().fold(0, |bits, byte| bits * 2 + usize::from(byte.is_ascii_uppercase()));
            char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[capitals])
        })
        .collect();
    long.extend(checks);
    long
}

/// Whether `b` is the id `a`, in its longer or shorter form.
pub(super) fn is_same_id(a: &str, b: &str) -> bool {
    matches!(b.len(), 15 | 18) && b.is_char_boundary(15) && a[..15] == b[..15]
}

/// Whether the text is an org's id of 15 or 18 characters.
pub(super) fn is_org_id(text: &str) -> bool {
    text.starts_with(prefix::ORGANIZATION)
        && matches!(text.len(), 15 | 18)
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// A username as Salesforce gives it to a new scratch org: `test-` and twelve letters or digits.
pub(super) fn scratch_username(random: &mut fastrand::Rng) -> String {
    let tail: String =
        std::iter::repeat_with(|| char::from(b"abcdefghijklmnopqrstuvwxyz0123456789"[random.usize(..36)]))
            .take(12)
            .collect();
    format!("test-{tail}@example.com")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::org::OrgId;

    #[test]
    fn an_id_has_the_checksum_that_the_product_computes_too() {
        for number in [0, 1, 61, 62, 12345, 916_132_831] {
            let long = id(prefix::ORGANIZATION, number);
            assert_eq!(long.len(), 18);
            assert_eq!(OrgId::new(&long[..15]).unwrap().as_str(), long);
        }
    }

    #[test]
    fn usernames_are_the_same_in_every_run() {
        let name = |seed| scratch_username(&mut fastrand::Rng::with_seed(seed));
        assert_eq!(name(7), name(7));
        assert_ne!(name(7), name(8));
        assert_eq!(name(7).len(), 29);
    }
}
