//! A value as it was given, at whatever level: cleaned in one way, and refused where it cannot have been meant.

use super::origin::Origin;
use crate::cli::environment::clean;
use crate::cli::problem::{MOVE_KEY, Problem};
use crate::model::redact;

/// Texts as they were meant; blank ones are dropped.
pub(crate) fn cleaned<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    texts.into_iter().map(clean).filter(|text| !text.is_empty()).map(ToOwned::to_owned).collect()
}

/// Refuses a private key, which no setting is. A list is looked at as a whole: a shell, or a separator, takes a key
/// to pieces that do not look like one.
pub(crate) fn refuse_key(texts: &[String], origin: &Origin) -> Result<(), Problem> {
    if holds_key(&texts.join(" ")) { Err(key_in(&origin.to_string())) } else { Ok(()) }
}

/// Says that a key stands in a wrong place.
pub(crate) fn key_in(origin: &str) -> Problem {
    Problem::new(format!("{origin} holds a private key itself")).with_action(MOVE_KEY)
}

/// Whether a text holds PEM, or base64 of it (`-----BEGIN `).
pub(crate) fn holds_key(text: &str) -> bool {
    text.contains("-----BEGIN") || text.contains("LS0tLS1CRUdJTi")
}

/// Refuses a variable that was not filled in as it was meant to be. Its value is not shown: it may be a secret.
pub(crate) fn check_variable(name: &str, text: &str) -> Result<(), Problem> {
    let (what, action) = if is_quoted(text) {
        ("is still wrapped in quotes", "write the value without them: Docker's --env-file and many others keep them")
    } else if is_template(text) {
        (
            "still holds the name of a variable where its value should be",
            "nobody filled it in: see that the variable exists in this pipeline, and that this job may read it",
        )
    } else {
        return Ok(());
    };
    Err(Problem::new(format!("{name} {what}")).with_action(action))
}

/// Refuses a list in a variable that holds a secret, before it is split: its pieces would be told one by one.
pub(crate) fn check_list(name: &str, text: &str) -> Result<(), Problem> {
    if redact::redact(text).as_ref() == text { Ok(()) } else { Err(key_in(name)) }
}

/// Pairs of quotes. A dotenv file, or a shell in a shell, escapes them; word processors and chats make others of them.
const QUOTES: [(&str, &str); 7] =
    [("\\\"", "\\\""), ("\"", "\""), ("'", "'"), ("`", "`"), ("“", "”"), ("‘", "’"), ("„", "“")];

fn is_quoted(text: &str) -> bool {
    QUOTES.iter().any(|(open, close)| text.strip_prefix(open).is_some_and(|rest| rest.ends_with(close)))
}

/// Whether a placeholder of a CI system or a shell is left: `$(X)` of Azure, `${{ x }}` of GitHub and Azure, `{{ x }}`
/// of templates, `${X}` anywhere; `$X` of GitLab, `$[x]` of Azure and `%X%` of Windows as the whole.
fn is_template(text: &str) -> bool {
    let is_name = |name: &str, more: &str| {
        let mut characters = name.chars();
        characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
            && characters.all(|c| c.is_ascii_alphanumeric() || c == '_' || more.contains(c))
    };
    let anywhere = |open: &str, close: char, more: &str| {
        text.match_indices(open).any(|(at, _)| {
            let inner = &text[at + open.len()..];
            inner.split_once(close).is_some_and(|(name, _)| is_name(name, more))
        })
    };
    let whole = |open: &str, close: &str| text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
    text.split_once("{{").is_some_and(|(_, rest)| rest.contains("}}"))
        || anywhere("$(", ')', ".-")
        || anywhere("${", '}', "")
        || whole("$", "").is_some_and(|name| is_name(name, ""))
        || whole("%", "%").is_some_and(|name| is_name(name, ""))
        || whole("$[", "]").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_cleaned_alike() {
        assert_eq!(cleaned(["\u{feff} keys/server.key\r\n"]), ["keys/server.key"]);
        assert_eq!(cleaned([" a\r", "", " \r"]), ["a"]);
    }

    #[test]
    fn quotes_and_placeholders_that_are_left_are_refused_by_name_and_not_shown() {
        for left in [
            "\"3MVG9\"",
            "\\\"3MVG9\\\"",
            "'hub@example.com'",
            "$(ClientId)",
            "$(client-id)",
            "$(Build.Dir)/r.xml",
            "${{ secrets.KEY }}",
            "${{secrets.KEY}}",
            "{{ .Values.key }}",
            "${KEY}",
            "https://${DOMAIN}.my.salesforce.com",
            "$KEY",
            "%KEY%",
            "$[variables.key]",
        ] {
            let problem = check_variable("ORGREADY_CLIENT_ID", left).unwrap_err();
            assert!(problem.message.starts_with("ORGREADY_CLIENT_ID still") || problem.message.contains("quotes"));
            assert!(!format!("{problem:?}").contains(left), "{problem:?}");
        }
    }

    #[test]
    fn what_only_resembles_them_is_taken() {
        for meant in [
            "3MVG9.a_b",
            "Name = 'x'",
            "Name = 'a' OR Name = 'b'",
            "a$b",
            "cost $5",
            "100%",
            "O'Neil",
            "\"",
            "$(",
            "${}",
            "{a}",
            "it's",
            "$1.50",
            "a'b'",
        ] {
            assert_eq!(check_variable("X", meant), Ok(()), "{meant}");
        }
    }

    #[test]
    fn a_key_is_found_in_pieces_too() {
        let told = |texts: &[&str]| refuse_key(&cleaned(texts.iter().copied()), &Origin::Flag("username"));
        let problem = told(&["-----BEGIN", "PRIVATE", "KEY-----", "MIIE"]).unwrap_err();
        assert_eq!(problem.message, "--username holds a private key itself");
        assert!(told(&["LS0tLS1CRUdJTiBQUklWQVRF"]).is_err());
        assert!(told(&["server.key"]).is_ok());
    }
}
