//! Which usernames have an auth file: those that `sf` finds again and that cannot lead out of its folder.

use super::error::StoreError;
use crate::model::untrusted::sanitize_line;

/// Longest file name that is written; the file system's 255 less room for `.lock` and a temporary name.
const NAME_MAX: usize = 240;

/// The name of a user's auth file, `<username>.json`.
pub(super) fn auth_file_name(username: &str) -> Result<String, StoreError> {
    let name = format!("{username}.json");
    let foreign_on_windows = |c: char| cfg!(windows) && matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*');
    let unsafe_character = |c: char| c == '/' || c == '\\' || c.is_control() || foreign_on_windows(c);
    if name.len() > NAME_MAX || name.contains(unsafe_character) || !is_auth_file(&name) {
        return Err(StoreError::Impossible(format!(
            "\"{}\" cannot be kept in the sf store: sf knows a login by the file name <username>.json, and takes only names like user@example.com without '/' or '\\' (--no-sf-store goes without the store)",
            sanitize_line(username, 80)
        )));
    }
    Ok(name)
}

/// Whether `sf` takes a file of this name for a login: `/^[^.][^@]*@[^.]+(\.[^.\s]+)+\.json$/` in `orgAccessor.ts`.
pub(super) fn is_auth_file(name: &str) -> bool {
    let mut characters = name.chars();
    let Some(first) = characters.next() else { return false };
    let Some((_, domain)) = characters.as_str().split_once('@') else { return false };
    let parts: Vec<&str> = domain.split('.').collect();
    let [host, middle @ .., "json"] = parts.as_slice() else { return false };
    let is_label = |part: &&str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c == '\u{feff}');
    first != '.' && !host.is_empty() && !middle.is_empty() && middle.iter().all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sf_finds_the_file_of_an_ordinary_username_again() {
        for username in ["test-wvkpnfm5z113@example.com", "a+b@b.co.uk", "o'neil@acme.org.dev"] {
            assert_eq!(auth_file_name(username).unwrap(), format!("{username}.json"));
        }
        assert!(is_auth_file("a b@c.com.json"));
    }

    #[test]
    fn files_that_sf_passes_over_are_no_auth_files() {
        for name in
            ["", "alias.json", "key.json", "a@b.json", "@b.c.json", ".a@b.c.json", "a@b..json", "a@b.c.json.lock"]
        {
            assert!(!is_auth_file(name), "{name}");
        }
    }

    #[test]
    fn no_username_leads_out_of_the_folder() {
        for username in ["../../etc/x@b.c", "a/../b@c.d", "a\\b@c.d", ".hidden@b.c", "a@b", "a@b.c\0d", "/a@b.c"] {
            let error = auth_file_name(username).unwrap_err();
            assert!(error.to_string().contains("--no-sf-store"), "{error}");
        }
        assert!(auth_file_name(&format!("{}@b.c", "a".repeat(250))).is_err());
    }
}
