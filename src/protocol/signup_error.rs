//! What the `ErrorCode` of a `ScratchOrgInfo` record means, and what to do about it.

/// The table of all codes that are published.
const TABLE: &str = include_str!("signup_errors.txt");

/// What is true of all others.
const UNKNOWN: (&str, &str) = (
    "Salesforce could not create the org, and this code is not in its published lists",
    "create the org again; if the code comes back, give it to Salesforce Support with the record's id",
);

/// The codes of each row, what they mean, and the next step.
fn rows() -> impl Iterator<Item = (impl Iterator<Item = &'static str>, (&'static str, &'static str))> {
    TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let (codes, explained) = line.split_once(" | ")?;
        Some((codes.split(' '), explained.split_once(" | ")?))
    })
}

/// What a code means, and what to do now.
///
/// ```
/// let (meaning, next_step) = orgready::protocol::signup_error::explain("C-1007");
/// assert_eq!(meaning, "the username is already in use");
/// assert!(next_step.starts_with("create the org without --username"));
/// ```
pub fn explain(code: &str) -> (&'static str, &'static str) {
    let is_it = |known: &str| known.eq_ignore_ascii_case(code.trim());
    rows().find_map(|(mut codes, explained)| codes.any(is_it).then_some(explained)).unwrap_or(UNKNOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_published_code_is_explained() {
        let published = "C-1007 C-1015 C-1016 C-1017 C-1018 C-1019 C-1020 C-1027 C-1033 C-1034 C-9998 C-9999 \
            INVALID_ID_FIELD S-1006 S-1017 S-1018 S-1019 S-1026 S-2006 S-9999 SH-0001 SH-0002 SH-0003 SH-9999 \
            SN-0001 SN-0002 T-0002 T-0003 T-0004 VR-0001 VR-0002";
        for code in published.split_whitespace() {
            assert_ne!(explain(code), UNKNOWN, "{code}");
        }
    }

    #[test]
    fn no_code_is_explained_twice() {
        let mut codes: Vec<_> = rows().flat_map(|(codes, _)| codes).collect();
        codes.sort_unstable();
        let all = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), all);
    }

    #[test]
    fn explanations_fit_on_a_line_and_read_on_from_a_colon() {
        let lines = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        assert_eq!(lines.count(), rows().count(), "a line is no row");
        for (_, (meaning, next_step)) in rows() {
            let said = format!("{meaning}; {next_step}");
            assert!(said.len() < 220 && !said.ends_with('.') && !said.contains('\n'), "{said}");
        }
    }

    #[test]
    fn an_unknown_code_is_no_dead_end() {
        for code in ["", "X-1", "C-10070"] {
            assert_eq!(explain(code), UNKNOWN);
        }
        assert_eq!(explain(" c-1007 "), explain("C-1007"));
    }
}
