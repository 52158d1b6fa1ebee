//! Ids and usernames as Salesforce makes them, the same ones in every run.

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The 18-character id of the `number`th record of an object, whose ids begin with `prefix`.
pub(super) fn id(prefix: &str, number: u64) -> String {
    let digit = |place: u32| char::from(DIGITS[usize::try_from(number / 62_u64.pow(place) % 62).unwrap_or(0)]);
    let tail: String = (0..6).rev().map(digit).collect();
    lengthen(&format!("{prefix}Fk0000{tail}"))
}

/// The 18-character form of an id: three more characters tell which of the 15 are capital letters, five to each.
pub(super) fn lengthen(id: &str) -> String {
    let short: String = id.chars().take(15).collect();
    let check = |five: &[u8]| {
        let capitals = five.iter().rev().fold(0, |bits, byte| bits * 2 + usize::from(byte.is_ascii_uppercase()));
        char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[capitals])
    };
    let checks: String = short.as_bytes().chunks(5).map(check).collect();
    short + &checks
}

/// Whether `b` is the id `a`, in its longer or shorter form.
pub(super) fn is_same_id(a: &str, b: &str) -> bool {
    matches!(b.len(), 15 | 18) && b.get(..15) == a.get(..15)
}

/// Whether the text is an org's id of 15 or 18 characters.
pub(super) fn is_org_id(text: &str) -> bool {
    text.starts_with("00D") && matches!(text.len(), 15 | 18) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// A username as Salesforce gives it to a new scratch org: `test-` and twelve letters or digits.
pub(super) fn scratch_username(random: &mut fastrand::Rng) -> String {
    let letter = || char::from(b"abcdefghijklmnopqrstuvwxyz0123456789"[random.usize(..36)]);
    let tail: String = std::iter::repeat_with(letter).take(12).collect();
    format!("test-{tail}@example.com")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::org::OrgId;

    #[test]
    fn an_id_has_the_checksum_that_the_product_computes_too() {
        for number in [0, 1, 61, 62, 12345, 916_132_831] {
            let long = id("00D", number);
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
