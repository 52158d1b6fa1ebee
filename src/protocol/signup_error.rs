//! What the `ErrorCode` of a `ScratchOrgInfo` record means, and what to do about it.
//!
//! Sources: `messages/scratchOrgErrorCodes.md` of `@salesforce/core` 9.1.1, and "Scratch Org Error Codes" in the
//! Salesforce DX Developer Guide
//! (<https://developer.salesforce.com/docs/platform/sfdx-dev/guide/sfdx-dev-scratch-orgs-error-codes.html>); where a
//! public issue says more, it is named at the row.

use std::fmt;

/// Why an org was never made, for whoever has to make it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignupError {
    /// What went wrong, without a full stop.
    pub meaning: &'static str,
    /// What to do now, without a full stop.
    pub next_step: &'static str,
}

impl fmt::Display for SignupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.meaning, self.next_step)
    }
}

/// What a code means. One that is not known gets a text that is true of all.
///
/// ```
/// let error = orgready::protocol::signup_error::explain("C-1007");
/// assert_eq!(error.meaning, "the username is already in use");
/// assert!(orgready::protocol::signup_error::explain("X-4711").next_step.contains("create the org again"));
/// ```
pub fn explain(code: &str) -> SignupError {
    let code = code.trim();
    let known = KNOWN.iter().find(|(codes, ..)| codes.iter().any(|known| known.eq_ignore_ascii_case(code)));
    known.map_or(UNKNOWN, |&(_, meaning, next_step)| SignupError { meaning, next_step })
}

const UNKNOWN: SignupError = SignupError {
    meaning: "Salesforce could not create the org, and this code is not in its published lists",
    next_step: "create the org again; if the code comes back, give it to Salesforce Support with the record's id",
};

const AGAIN: &str = "create the org again; if it fails again, give the code to Salesforce Support";
const SUPPORT: &str = "give the code to Salesforce Support; waiting does not mend it";
const NAMESPACE_SHAPE: &str = "correct it: letters, digits and single underscores, a letter first, no underscore last, at most 15 characters, \
     no reserved name";

const KNOWN: &[(&[&str], &str, &str)] = &[
    (
        &["C-1007"],
        "the username is already in use",
        "create the org without --username, or with another one; usernames are unique over all of Salesforce",
    ),
    (&["C-1015"], "the org's My Domain could not be set up or registered in DNS", AGAIN),
    (
        &["C-1016"],
        "the connected app could not be copied into the org and approved there",
        // External client apps: forcedotcom/cli #3515.
        "check its consumer key, callback URL and certificate in the Dev Hub; an external client app cannot be copied, \
         it takes a connected app",
    ),
    (&["C-1017"], "the namespace prefix is not valid", NAMESPACE_SHAPE),
    (&["S-1026"], "the namespace is not valid", NAMESPACE_SHAPE),
    (
        &["S-1017"],
        "the namespace is not linked to this Dev Hub",
        "link it under Namespace Registries in the Dev Hub, or take \"namespace\" out of sfdx-project.json",
    ),
    (
        &["S-1018", "C-1018"],
        "the My Domain name is not valid",
        "choose another: at most 40 characters, no two hyphens in a row, none at the end, no restricted word",
    ),
    (&["S-1019", "C-1019"], "the My Domain name is already in use", "choose another in the scratch org definition"),
    (&["S-1006"], "the email address is not valid", "correct \"adminEmail\" in the scratch org definition"),
    (
        &["S-2006"],
        "the country code is not valid",
        "correct \"country\" in the scratch org definition: two capital letters, as in US",
    ),
    (
        &["T-0002", "C-1020"],
        "the template or snapshot does not exist, or was deleted",
        "check its id or name in the scratch org definition",
    ),
    (&["T-0003"], "the template is not approved", "ask Salesforce Support to approve it"),
    (
        &["T-0004"],
        "the org that the template was made from does not exist any more, or has expired",
        "name another template in the scratch org definition",
    ),
    (
        &["C-1027"],
        "the template cannot be used for a scratch org",
        "name an edition such as Developer, or another template, in the scratch org definition",
    ),
    (
        &["C-1033"],
        "the template or snapshot belongs to another Salesforce release",
        // forcedotcom/cli #513.
        "make the snapshot again on the current release, or correct \"release\" in the scratch org definition",
    ),
    (
        &["INVALID_ID_FIELD"],
        "the template's id is not one",
        "correct it in the scratch org definition: 0TT and 12 more characters",
    ),
    (
        &["SH-0001"],
        "the source org of the org shape does not let this Dev Hub use it",
        "have its admin add this Dev Hub's org id under Setup, Org Shape",
    ),
    (
        &["SH-0002"],
        "the source org has no org shape",
        "create one there with sf org create shape, then create the org again",
    ),
    (
        &["SH-0003"],
        "the org shape was made on an older Salesforce release",
        "create it again with sf org create shape, then create the org again",
    ),
    (&["SH-9999"], "the org shape could not be validated", SUPPORT),
    (
        &["SN-0001"],
        "the snapshot has expired",
        "create it again with sf org create snapshot, then create the org again",
    ),
    (
        &["SN-0002"],
        "the snapshot belongs to another Dev Hub",
        "create the org with --target-dev-hub set to the hub that owns the snapshot",
    ),
    (&["VR-0001"], "the org could not be created at this time", "create it again later"),
    (
        &["VR-0002"],
        "Salesforce lists this code without more that is known here",
        "check \"release\" in the scratch org definition, then create the org again",
    ),
    (
        &["VR-0003"],
        "the release that was asked for could not be had, according to users",
        // forcedotcom/cli #272 and #1022: with "release": "preview" where there was none.
        "take \"release\" out of the scratch org definition, then create the org again",
    ),
    (&["C-1034", "C-9998"], "Salesforce could not create the org and says no more", SUPPORT),
    (&["S-9999", "C-9999"], "a fatal error inside Salesforce", AGAIN),
];

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
        let mut codes: Vec<_> = KNOWN.iter().flat_map(|(codes, ..)| *codes).collect();
        codes.sort_unstable();
        let all = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), all);
    }

    #[test]
    fn explanations_fit_on_a_line_and_read_on_from_a_colon() {
        for (codes, ..) in KNOWN {
            let said = explain(codes[0]).to_string();
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
