//! Variables that say nothing to anybody: unknown ones of ours, and ones that are set but empty.

use super::jwt_key::KEY;
use super::setting::Setting;
use crate::cli::environment::Environment;
use crate::cli::suggestion::nearest;
use crate::model::untrusted::sanitize_line;

/// How our own variables begin.
const PREFIX: &str = "ORGREADY_";

/// The variable with a tracing filter.
pub(crate) const LOG_FILTER: &str = "ORGREADY_LOG";

/// What `--output-env` writes for later steps, besides `ORGREADY_USERNAME`, which is a setting too. `ORGREADY_READY` is
/// always among it.
const WRITTEN: [&str; 7] = [
    "ORGREADY_READY",
    "ORGREADY_FAILED",
    "ORGREADY_USERNAMES",
    "ORGREADY_ALL_USERNAMES",
    "ORGREADY_ORG_ID",
    "ORGREADY_INSTANCE_URL",
    "ORGREADY_LOGIN_URL",
];

/// A warning for each variable of ours that no setting has: with the name that was probably meant.
pub(crate) fn unknown(environment: &Environment) -> Vec<String> {
    let settings = Setting::all().map(|setting| setting.variable);
    let known: Vec<&str> = settings.chain([KEY, LOG_FILTER]).filter(|name| name.starts_with(PREFIX)).collect();
    let is_written = |name: &str| WRITTEN.contains(&name) && environment.raw(WRITTEN[0]).is_some();
    let unknown =
        environment.names(PREFIX).into_iter().filter(|name| !known.contains(&name.as_str()) && !is_written(name));
    let warning = |name: String| {
        let bare = known.iter().map(|name| name[PREFIX.len()..].to_owned());
        let meant = nearest(&name[PREFIX.len()..], bare);
        let meant = meant.map(|bare| format!("; did you mean {PREFIX}{bare}?")).unwrap_or_default();
        format!("{} is set, but no setting has that variable{meant}", sanitize_line(&name, 80))
    };
    unknown.map(warning).collect()
}

/// The end of a sentence about something that is missing: which of these variables are set, but empty.
pub(crate) fn empty(environment: &Environment, names: &[&str]) -> String {
    let empty: Vec<&str> = names.iter().copied().filter(|name| environment.is_blank(name)).collect();
    if empty.is_empty() {
        return String::new();
    }
    let are = if empty.len() > 1 { "are" } else { "is" };
    format!(
        "; {} {are} set, but empty: secrets are not given to pull requests of forks, nor under another name or to \
         another branch or environment than they were made for",
        empty.join(" and ")
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn warnings(variables: &[(&str, &str)]) -> Vec<String> {
        unknown(&Environment::of(variables.iter().map(|(name, value)| ((*name).to_owned(), *value)), Path::new("/")))
    }

    #[test]
    fn an_unknown_variable_is_told_with_the_nearest() {
        assert_eq!(
            warnings(&[("ORGREADY_WAITT", "5m")]),
            ["ORGREADY_WAITT is set, but no setting has that variable; did you mean ORGREADY_WAIT?"]
        );
        for (name, meant) in [
            ("ORGREADY_JWT_KEYFILE", "ORGREADY_JWT_KEY_FILE"),
            ("ORGREADY_ALLOW_HOST", "ORGREADY_ALLOW_HOSTS"),
            ("ORGREADY_INSTANCE_URL", "ORGREADY_HUB_INSTANCE_URL"),
            ("ORGREADY_CLIENTID", "ORGREADY_CLIENT_ID"),
        ] {
            assert!(warnings(&[(name, "x")])[0].ends_with(&format!("did you mean {meant}?")), "{name}");
        }
        assert!(warnings(&[("ORGREADY_ZZZ", "x")])[0].ends_with("has that variable"));
    }

    #[test]
    fn what_we_read_or_write_is_known() {
        let ours = ["ORGREADY_JWT_KEY", "ORGREADY_CONFIG", "ORGREADY_LOG", "ORGREADY_YES", "ORGREADY_IF_NONE"];
        assert_eq!(warnings(&ours.map(|name| (name, "x"))), Vec::<String>::new());
        assert_eq!(warnings(&WRITTEN.map(|name| (name, "1"))), Vec::<String>::new());
        assert_eq!(warnings(&[("ORGREADYWAIT", "x"), ("SF_WAIT", "x")]), Vec::<String>::new());
    }
}
