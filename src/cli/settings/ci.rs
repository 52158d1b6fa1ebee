//! Which CI platform's own language is spoken: `--ci`, else what the platform's variables say.

use super::setting::CI;
use super::sources::Sources;
use crate::cli::ci::CiPlatform;
use crate::cli::problem::Problem;

/// The platform to speak to, if any.
pub(super) fn resolve(sources: &Sources<'_>) -> Result<Option<CiPlatform>, Problem> {
    let platforms = [
        ("github", "GITHUB_ACTIONS", CiPlatform::GitHub),
        ("azure", "TF_BUILD", CiPlatform::Azure),
        ("teamcity", "TEAMCITY_VERSION", CiPlatform::TeamCity),
    ];
    let is_on = |name: &str| sources.environment.is_on(name);
    let found = platforms.iter().find_map(|(_, variable, platform)| is_on(variable).then_some(*platform));
    let named = platforms.iter().map(|(name, _, platform)| (*name, Some(*platform)));
    let known: Vec<_> = [("auto", found), ("off", None)].into_iter().chain(named).collect();
    Ok(sources.choice(&CI, &known)?.unwrap_or(found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::tests::typed;
    use crate::cli::environment::Environment;

    fn platform(flag: Option<&str>, variables: &[(&str, &str)]) -> Result<Option<CiPlatform>, String> {
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment::of(variables.iter().map(|(k, v)| ((*k).to_owned(), *v)), folder.path());
        let typed =
            typed("login", &flag.map(|flag| format!("--ci={flag}")).iter().map(String::as_str).collect::<Vec<_>>());
        resolve(&Sources::load(typed, &environment)).map_err(|problem| problem.message)
    }

    #[test]
    fn the_platform_is_found_unless_it_is_named_or_turned_off() {
        assert_eq!(platform(None, &[]), Ok(None));
        assert_eq!(platform(None, &[("CI", "true")]), Ok(None));
        for (name, value, found) in [
            ("GITHUB_ACTIONS", "true", CiPlatform::GitHub),
            ("TF_BUILD", "True", CiPlatform::Azure),
            ("TEAMCITY_VERSION", "2025.07", CiPlatform::TeamCity),
        ] {
            assert_eq!(platform(None, &[(name, value)]), Ok(Some(found)));
            assert_eq!(platform(Some("auto"), &[(name, value)]), Ok(Some(found)));
            assert_eq!(platform(Some("off"), &[(name, value)]), Ok(None));
            assert_eq!(platform(Some("azure"), &[(name, value)]), Ok(Some(CiPlatform::Azure)));
            assert_eq!(platform(None, &[(name, value), ("ORGREADY_CI", "off")]), Ok(None));
        }
        assert_eq!(platform(None, &[("GITHUB_ACTIONS", "false")]), Ok(None));
        assert!(platform(Some("jenkins"), &[]).unwrap_err().starts_with("--ci: \"jenkins\" is none of"));
    }
}
