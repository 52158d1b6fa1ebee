//! JSON: any sequence or array of values that name orgs, above all what `sf … --json` prints.

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::model::org::OrgEntry;

use super::source_location::{Lines, is_blank};
use super::{RowError, entry};

/// Deepest nesting of values that is looked into; an envelope's records lie at 4.
const DEPTH_MAX: usize = 16;

/// Reads values one after the other, with white space, line ends or nothing between them. After a syntax error the rest
/// cannot be told apart and is not read.
pub(super) fn read(text: &str, sink: &mut dyn FnMut(usize, Result<OrgEntry, RowError>)) {
    let mut reader = Reader { text, lines: Lines::new(text), sink };
    let mut rest = text.trim_start_matches(is_blank);
    while !rest.is_empty() {
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
        match values.next() {
            Some(Ok(value)) => reader.value(value, 0),
            Some(Err(error)) => return reader.syntax_error(text.len() - rest.len(), &error),
            None => return,
        }
        rest = rest[values.byte_offset()..].trim_start_matches(is_blank);
    }
}

struct Reader<'a, 's> {
    text: &'a str,
    lines: Lines<'a>,
    sink: &'s mut dyn FnMut(usize, Result<OrgEntry, RowError>),
}

impl<'a> Reader<'a, '_> {
    /// A string, an object or an array: whatever it is, it gives at least one row, if only a bad one, or is an empty
    /// array.
    fn value(&mut self, value: &'a RawValue, depth: usize) {
        let line = self.line_of(value);
        match value.get().as_bytes().first() {
            _ if depth > DEPTH_MAX => (self.sink)(line, Err(RowError::TooDeep)),
            Some(b'[') => {
                self.elements(value, depth);
            }
            Some(b'{') => match self.object(value, line, depth) {
                Ok(true) => {}
                Ok(false) => (self.sink)(line, Err(no_username(value))),
                Err(error) => (self.sink)(line, Err(error)),
            },
            Some(b'"') => (self.sink)(line, string(value).and_then(|text| entry::parse(&text))),
            _ => (self.sink)(line, Err(no_username(value))),
        }
    }

    /// How many there are.
    fn elements(&mut self, array: &'a RawValue, depth: usize) -> usize {
        let mut count = 0;
        let each = |element| {
            count += 1;
            self.value(element, depth + 1);
        };
        // The text was found to be an array when it became a raw value.
        let _ = serde_json::Deserializer::from_str(array.get()).deserialize_seq(Elements(each));
        count
    }

    /// A username of its own, or what the lists and records in it hold. Whether there was any row.
    fn object(&mut self, value: &'a RawValue, line: usize, depth: usize) -> Result<bool, RowError> {
        if depth > DEPTH_MAX {
            return Err(RowError::TooDeep);
        }
        let object = Object::new(value)?;
        if let Some(name) = object.name() {
            let name = string(name)?;
            let alias = object.alias.map(string).transpose()?;
            (self.sink)(line, entry::with_alias(&name, alias.as_deref()));
            return Ok(true);
        }
        let mut found = false;
        for inner in object.holders() {
            found |= match inner.get().as_bytes().first() {
                Some(b'[') => self.elements(inner, depth) > 0,
                Some(b'{') => self.object(inner, line, depth + 1)?,
                _ => false,
            };
        }
        Ok(found)
    }

    fn line_of(&mut self, value: &RawValue) -> usize {
        // Every raw value is a part of the text, borrowed from it.
        self.lines.at((value.get().as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize))
    }

    fn syntax_error(&mut self, begin: usize, error: &serde_json::Error) {
        let line = self.lines.at(begin) + error.line().saturating_sub(1);
        let said = error.to_string();
        let said = said.split_once(" at line ").map_or(said.as_str(), |(said, _)| said);
        (self.sink)(line, Err(RowError::Json(crate::model::untrusted::sanitize_line(said, 120))));
    }
}

/// The keys of an object that count. `null` is as good as absent.
///
/// * `sf org create scratch`, `sf org resume scratch` (`ScratchCreateResponse`, plugin-org `src/shared/orgTypes.ts`):
///   `.result.username`, else `.result.scratchOrgInfo.SignupUsername`
/// * `sf org list` (plugin-org `src/shared/orgListUtil.ts`): `.result.scratchOrgs[]`, with aliases
/// * `sf data query`: `.result.records[]`
/// * a GitHub matrix: `.include[]`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object<'a> {
    #[serde(borrow, alias = "Username")]
    username: Option<&'a RawValue>,
    #[serde(borrow, rename = "SignupUsername")]
    signup_username: Option<&'a RawValue>,
    #[serde(borrow, rename = "Id")]
    id: Option<&'a RawValue>,
    #[serde(borrow, alias = "Alias")]
    alias: Option<&'a RawValue>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    #[serde(borrow)]
    scratch_org_info: Option<&'a RawValue>,
    #[serde(borrow)]
    scratch_orgs: Option<&'a RawValue>,
    #[serde(borrow)]
    records: Option<&'a RawValue>,
    #[serde(borrow)]
    include: Option<&'a RawValue>,
}

impl<'a> Object<'a> {
    fn new(value: &'a RawValue) -> Result<Self, RowError> {
        serde_json::from_str(value.get())
            .map_err(|error| RowError::Json(crate::model::untrusted::sanitize_line(&error.to_string(), 120)))
    }

    /// Its username, or the id of a `ScratchOrgInfo` record that was queried without one.
    fn name(&self) -> Option<&'a RawValue> {
        let record = self.id.filter(|id| id.get().starts_with("\"2SR"));
        self.signup_username.or(self.username).or(record)
    }

    /// What may hold usernames in its turn, in the order of the text.
    fn holders(&self) -> Vec<&'a RawValue> {
        let all = [self.result, self.scratch_org_info, self.scratch_orgs, self.records, self.include];
        let mut holders: Vec<&RawValue> = all.into_iter().flatten().collect();
        holders.sort_by_key(|holder| holder.get().as_ptr());
        holders
    }
}

/// What `sf` says when it fails, instead of or beside a `result` (`SfCommandError.toJson`, sf-plugins-core 13.0.7).
#[derive(Deserialize)]
struct Failure {
    name: Option<String>,
    message: String,
}

fn no_username(value: &RawValue) -> RowError {
    let failure = if value.get().starts_with('{') { serde_json::from_str(value.get()).ok() } else { None };
    let said = |text: &str| crate::model::untrusted::sanitize_line(text, crate::model::untrusted::DESCRIPTION_MAX);
    match failure {
        Some(Failure { name: Some(name), message }) => {
            RowError::SfFailed(format!("{}: {}", said(&name), said(&message)))
        }
        Some(Failure { name: None, message }) => RowError::SfFailed(said(&message)),
        None => RowError::NoUsername(crate::model::untrusted::sanitize_line(value.get(), 60)),
    }
}

fn string(value: &RawValue) -> Result<String, RowError> {
    serde_json::from_str(value.get())
        .map_err(|_| RowError::NoUsername(crate::model::untrusted::sanitize_line(value.get(), 60)))
}

/// Hands on the elements of an array one by one, so that a long one is never held as a whole.
struct Elements<F>(F);

impl<'de, F: FnMut(&'de RawValue)> Visitor<'de> for Elements<F> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut array: A) -> Result<(), A::Error> {
        while let Some(element) = array.next_element()? {
            (self.0)(element);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::usernames::tests::{assert_read, assert_told, read};

    const CREATED: &str = r#"{
      "status": 0,
      "result": {
        "username": "test-a@example.com",
        "scratchOrgInfo": {
          "attributes": {"type": "ScratchOrgInfo", "url": "/services/data/v67.0/sobjects/ScratchOrgInfo/2SRxx0000000001AAA"},
          "Id": "2SRxx0000000001AAA", "Status": "Active", "SignupUsername": "test-a@example.com", "Username": null
        },
        "authFields": {"username": "test-a@example.com", "accessToken": "[REDACTED]"},
        "warnings": [],
        "orgId": "00D000000000001EAA"
      },
      "warnings": []
    }
    "#;

    const FAILED: &str = r#"{
      "name": "ScratchOrgInfoTimeoutError",
      "message": "The scratch org did not complete within 5 minutes.\nResume with: sf org resume scratch --job-id 2SRxx0000000009",
      "exitCode": 69, "code": "69", "status": 69, "stack": "…", "warnings": [], "context": "OrgCreateScratch"
    }
    "#;

    #[test]
    fn strings_and_objects_come_in_any_sequence_or_array() {
        for text in [
            r#"["a@x.com", {"username": "b@x.com", "alias": "qa"}, {"SignupUsername": "c@x.com", "alias": null}]"#,
            r#""a@x.com" {"username": "qa=b@x.com", "alias": ""}{"SignupUsername": "c@x.com", "Username": "z@x.com"}"#,
            "[\"a@x.com\"]\r\n[[{\"alias\": \"qa\",\r\n\"Username\": \"B@x.com\"}, [\"b@x.com\"]]]\n\"c@x.com\"",
        ] {
            let orgs = read(text.as_bytes()).unwrap();
            assert_eq!(orgs.join(" ").to_lowercase(), "a@x.com qa=b@x.com c@x.com", "{text}");
        }
        assert_read(r#"[{"attributes": {}, "Id": "2SRxx0000000001AAA"}]"#, &["2SRxx0000000001"]);
    }

    #[test]
    fn what_sf_prints_is_read_as_it_is() {
        assert_read(CREATED, &["test-a@example.com"]);
        let waiting = r#"{"status": 0, "result": {"username": null, "scratchOrgInfo": {"Id": "2SRxx0000000002AAA",
                "Status": "Creating", "SignupUsername": "test-b@example.com", "LoginUrl": null}}, "warnings": []}"#;
        assert_read(waiting, &["test-b@example.com"]);
        let listed = r#"{"status": 0, "result": {"other": [], "sandboxes": [], "nonScratchOrgs": [{"username": "hub@x.com"}],
                "devHubs": [{"username": "hub@x.com", "alias": "hub"}], "scratchOrgs": [
                {"username": "test-c@example.com", "signupUsername": "test-c@example.com", "alias": "qa", "name": "Acme"},
                {"username": "test-d@example.com"}]}, "warnings": []}"#;
        assert_read(listed, &["qa=test-c@example.com", "test-d@example.com"]);
        let queried = r#"{"status": 0, "result": {"records": [{"attributes": {"type": "ScratchOrgInfo"},
                "SignupUsername": "test-e@example.com", "LoginUrl": "https://e.scratch.my.salesforce.com"}],
                "totalSize": 1, "done": true}, "warnings": []}"#;
        assert_read(queried, &["test-e@example.com"]);
    }

    #[test]
    fn what_was_gathered_with_append_is_read_as_it_is() {
        let second = CREATED.replace("test-a", "test-b").replace("\"status\": 0", "\"status\": 68");
        assert_read(&format!("{CREATED}{second}"), &["test-a@example.com", "test-b@example.com"]);
    }

    #[test]
    fn a_github_matrix_is_read_as_it_is() {
        assert_read(
            r#"{"include":[{"username":"a@x.com","alias":"qa","name":"first"},{"username":"b@x.com"},"c@x.com"]}"#,
            &["qa=a@x.com", "b@x.com", "c@x.com"],
        );
    }

    #[test]
    fn an_answer_without_a_username_quotes_what_sf_said() {
        assert_told(
            &format!("{CREATED}{FAILED}"),
            &[
                "f:15: sf reported ScratchOrgInfoTimeoutError: The scratch org did not complete within 5 minutes. Resume with:",
            ],
        );
        assert_told(
            r#"{"status": 1, "name": "NoDefaultEnvError", "message": "No default\u001b[1m", "result": null}"#,
            &["f:1: sf reported NoDefaultEnvError: No default[1m instead of a username"],
        );
    }

    #[test]
    fn bad_values_are_told_with_the_line_they_begin_in() {
        let text = "\n[\n  \"nobody\",\n  {\n    \"name\": \"x\"\n  },\n  {\"username\": 5}, 7,\n  null,\n {\"alias\": \"two words\", \"username\": \"a@x.com\"}]\n{\"result\": {\"records\": []}}";
        let told = [
            "f:3: \"nobody\"",
            "f:4: {",
            "f:7: 5 holds",
            "f:7: 7 holds",
            "f:8: null holds",
            "f:9: \"two words\"",
            "f:10: {",
        ];
        assert_told(text, &told);
    }

    #[test]
    fn a_document_that_is_cut_short_is_told_with_the_line_where_it_ends() {
        assert_told("\"nobody\"\n[\"a@x.com\",\n\"b", &["f:1: \"nobody\"", "f:3: not valid JSON: EOF while parsing"]);
        assert_told("{\"username\": \"a@x.com\"}\n\nWarning: old version\n", &["f:3: not valid JSON: expected value"]);
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = "[".repeat(300_000) + &"]".repeat(300_000);
        assert_told(&deep, &["f:1: the JSON is nested too deeply"]);
        let deep = "{\"result\":".repeat(300_000) + "1" + &"}".repeat(300_000);
        assert_told(&deep, &["f:1: the JSON is nested too deeply"]);
    }
}
