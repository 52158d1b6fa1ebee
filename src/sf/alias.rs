//! The aliases, `~/.sfdx/alias.json`: `{"orgs":{"<alias>":"<username>"}}` (`stateAggregator/accessors/aliasAccessor.ts`).

use std::path::Path;

use serde_json::{Map, Value};

use crate::files::{self, Readers};

use super::error::StoreError;
use super::json_file::{self, Content, Form, set};
use super::lock::LockWait;

const FORM: Form = Form { indented: false, readers: Readers::Owner };

/// The group that orgs are kept in.
const GROUP: &str = "orgs";

/// All aliases, as they are now.
#[derive(Debug, Clone, Default)]
pub(super) struct Aliases(Map<String, Value>);

impl Aliases {
    /// Reads them.
    pub(super) fn read(path: &Path) -> Result<Self, StoreError> {
        group(path, &json_file::read(path)?).map(|group| Self(group.unwrap_or_default()))
    }

    /// The username that an alias stands for.
    pub(super) fn username(&self, alias: &str) -> Option<&str> {
        self.0.get(alias).and_then(Value::as_str)
    }

    /// The first alias of a username: what `sf` writes into its defaults (`setAsDefault` in `org/authInfo.ts`).
    pub(super) fn of(&self, username: &str) -> Option<&str> {
        self.0.iter().find(|(_, value)| value.as_str() == Some(username)).map(|(alias, _)| alias.as_str())
    }

    /// The aliases themselves.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// Makes an empty list where there is none.
pub(super) fn create(path: &Path) -> Result<(), StoreError> {
    if path.exists() { Ok(()) } else { Ok(files::create(path, br#"{"orgs":{}}"#).map(drop)?) }
}

/// Gives each username its alias, all in one go; what others have put there stays.
pub(super) fn save(path: &Path, aliases: &[(String, String)], wait: &LockWait) -> Result<(), StoreError> {
    json_file::update(path, FORM, wait, |content| {
        let mut orgs = group(path, &content)?.unwrap_or_default();
        if aliases.iter().all(|(alias, username)| orgs.get(alias).and_then(Value::as_str) == Some(username)) {
            return Ok(None);
        }
        for (alias, username) in aliases {
            set(&mut orgs, alias, username.as_str());
        }
        let mut object = content.object;
        set(&mut object, GROUP, orgs);
        Ok(Some(object))
    })
}

/// Takes away the aliases whose username `is_gone`; a file without any is not touched.
pub(super) fn remove(path: &Path, is_gone: impl Fn(&str) -> bool, wait: &LockWait) -> Result<(), StoreError> {
    let without = |content: Content| {
        let Some(mut orgs) = group(path, &content)? else { return Ok(None) };
        let before = orgs.len();
        orgs.retain(|_, username| !username.as_str().is_some_and(&is_gone));
        let mut object = content.object;
        let fewer = orgs.len() < before;
        set(&mut object, GROUP, orgs);
        Ok(fewer.then_some(object))
    };
    if without(json_file::read(path)?)?.is_none() { Ok(()) } else { json_file::update(path, FORM, wait, without) }
}

fn group(path: &Path, content: &Content) -> Result<Option<Map<String, Value>>, StoreError> {
    match content.object.get(GROUP) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(orgs)) => Ok(Some(orgs.clone())),
        Some(_) => Err(StoreError::foreign(path, "holds no list of aliases under \"orgs\"")),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn pair(alias: &str, username: &str) -> (String, String) {
        (alias.to_owned(), username.to_owned())
    }

    #[test]
    fn aliases_of_others_stay_and_the_file_looks_as_sf_writes_it() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("alias.json");
        fs::write(&path, r#"{"orgs":{"z":"z@b.c","qa":"old@b.c"},"more":1}"#).unwrap();
        save(&path, &[pair("qa", "new@b.c"), pair("dev", "dev@b.c")], &LockWait::default()).unwrap();
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            r#"{"orgs":{"z":"z@b.c","qa":"new@b.c","dev":"dev@b.c"},"more":1}"#
        );
        let aliases = Aliases::read(&path).unwrap();
        assert_eq!(
            (aliases.username("qa"), aliases.of("z@b.c"), aliases.of("x@b.c")),
            (Some("new@b.c"), Some("z"), None)
        );
    }

    #[test]
    fn the_file_is_made_where_there_is_none() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(".sfdx/alias.json");
        assert_eq!(Aliases::read(&path).unwrap().names().count(), 0);
        save(&path, &[pair("qa", "a@b.c")], &LockWait::default()).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), r#"{"orgs":{"qa":"a@b.c"}}"#);
    }

    #[test]
    fn an_empty_list_is_made_only_where_there_is_none() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("alias.json");
        create(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), r#"{"orgs":{}}"#);
        save(&path, &[pair("qa", "a@b.c")], &LockWait::default()).unwrap();
        create(&path).unwrap();
        assert_eq!(Aliases::read(&path).unwrap().username("qa"), Some("a@b.c"));
    }

    #[test]
    fn a_list_in_another_shape_is_left_as_it_is() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("alias.json");
        for content in [r#"{"orgs":["a"]}"#, r#"{"orgs":"#] {
            fs::write(&path, content).unwrap();
            assert!(save(&path, &[pair("a", "a@b.c")], &LockWait::default()).is_err());
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        }
    }

    #[test]
    fn no_alias_is_lost_when_many_write_at_once() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("alias.json");
        std::thread::scope(|scope| {
            for n in 0..30 {
                let path = &path;
                scope.spawn(move || save(path, &[pair(&format!("a{n}"), "a@b.c")], &LockWait::default()).unwrap());
            }
        });
        assert_eq!(Aliases::read(&path).unwrap().names().count(), 30);
    }
}
