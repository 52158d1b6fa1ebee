//! The package that `sf` makes of a definition's `settings` and `objectSettings`: file by file, member by member.

use std::io::{Cursor, Write};

use serde_json::{Map, Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::definition::{DefinitionError, NO_NAME, NO_OBJECT};
use super::xml;

/// The namespace of the metadata (SSG 63).
const NAMESPACE: &str = "http://soap.sforce.com/2006/04/metadata";

/// How the names of record types are written: `org-capitalize-record-types` of `sf`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RecordTypeNames {
    /// With a capital first letter: what `sf` does unless it is told otherwise (SSG 179).
    #[default]
    Capitalized,
    /// As the definition has them.
    AsWritten,
}

/// The files of a settings package, all but `package.xml`, which names the API version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsPackage {
    files: Vec<(String, String)>,
    types: Vec<Value>,
}

impl SettingsPackage {
    /// Makes the package. None: there is nothing to deploy, as both parts are missing or empty (`hasSettings`, SSG 208).
    ///
    /// ```
    /// use orgready::protocol::metadata::{RecordTypeNames, SettingsPackage, parse_definition};
    /// let definition = parse_definition(r#"{"settings": {"languageSettings": {"enableEndUserLanguages": true}}}"#)?;
    /// let package = SettingsPackage::new(&definition, RecordTypeNames::Capitalized)?.expect("there are settings");
    /// assert_eq!(package.files("66.0")?[0].0, "settings/Language.settings");
    /// # Ok::<(), orgready::protocol::metadata::DefinitionError>(())
    /// ```
    pub fn new(definition: &Value, record_types: RecordTypeNames) -> Result<Option<Self>, DefinitionError> {
        let Some(definition) = definition.as_object() else {
            return Err(DefinitionError::of("the scratch org definition", NO_OBJECT));
        };
        let (settings, objects) = (part(definition, "settings")?, part(definition, "objectSettings")?);
        if settings.is_none_or(Map::is_empty) && objects.is_none_or(Map::is_empty) {
            return Ok(None);
        }
        let mut package = Self { files: Vec::new(), types: Vec::new() };
        // An empty part that stands beside a full one is listed without members (SSG 68-82).
        if let Some(settings) = settings {
            package.add_settings(settings)?;
        }
        if let Some(objects) = objects {
            package.add_objects(objects, record_types)?;
        }
        Ok(Some(package))
    }

    /// All files with their paths, `package.xml` the last.
    pub fn files(&self, api_version: &str) -> Result<Vec<(String, String)>, DefinitionError> {
        let package = json!({"@": {"xmlns": NAMESPACE}, "types": self.types, "version": api_version});
        let manifest = xml::document("package.xml", "Package", &package)?;
        Ok(self.files.iter().cloned().chain([("package.xml".to_owned(), manifest)]).collect())
    }

    /// The files below a folder, as a zip archive. Salesforce takes a folder at the top for a package of its own, so the
    /// deployment needs no option at all.
    pub fn archive(&self, api_version: &str, folder: &str) -> Result<Vec<u8>, DefinitionError> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        let failed = |error: &dyn std::error::Error| DefinitionError(format!("the settings cannot be packed: {error}"));
        for (path, text) in self.files(api_version)? {
            archive
                .start_file(format!("{folder}/{path}"), SimpleFileOptions::default())
                .map_err(|error| failed(&error))?;
            archive.write_all(text.as_bytes()).map_err(|error| failed(&error))?;
        }
        archive.finish().map(Cursor::into_inner).map_err(|error| failed(&error))
    }

    /// `settings/Xxx.settings` for each setting (SSG 302-312).
    fn add_settings(&mut self, settings: &Map<String, Value>) -> Result<(), DefinitionError> {
        let mut members = Vec::new();
        for (key, value) in settings {
            if !value.is_object() {
                return Err(DefinitionError::of(&format!("settings.{key}"), NO_OBJECT));
            }
            let name = upper_first(key);
            let text = xml::document("settings", &name, value)?;
            let member = name.replacen("Settings", "", 1);
            self.put(format!("settings/{member}.settings"), text);
            members.push(member);
        }
        self.list("Settings", &members);
        Ok(())
    }

    /// `objects/Xxx.object` for each object (SSG 290-301), with what it names (SSG 118-173).
    fn add_objects(&mut self, objects: &Map<String, Value>, names: RecordTypeNames) -> Result<(), DefinitionError> {
        let (mut members, mut record_types, mut processes) = (Vec::new(), Vec::new(), Vec::new());
        for (key, value) in objects {
            let place = format!("objectSettings.{key}");
            let Some(value) = value.as_object() else { return Err(DefinitionError::of(&place, NO_OBJECT)) };
            if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                return Err(DefinitionError::of(&place, NO_NAME));
            }
            let name = upper_first(key);
            let mut object = json!({"@": {"xmlns": NAMESPACE}});
            if let Some(model) = text(value, "sharingModel", &place)? {
                object["sharingModel"] = upper_first(model).into();
            }
            if let Some(record_type) = text(value, "defaultRecordType", &place)? {
                let record_type = match names {
                    RecordTypeNames::Capitalized => upper_first(record_type),
                    RecordTypeNames::AsWritten => record_type.to_owned(),
                };
                record_types.push(format!("{name}.{record_type}"));
                object["recordTypes"] = json!({"fullName": record_type, "label": record_type, "active": true});
                if let Some(values) = first_values(&name) {
                    let process = format!("{record_type}Process");
                    processes.push(format!("{name}.{process}"));
                    object["recordTypes"]["businessProcess"] = process.clone().into();
                    object["businessProcesses"] = json!({"fullName": process, "isActive": true, "values": values});
                }
            }
            let text = xml::document(&place, "CustomObject", &object)?;
            self.put(format!("objects/{name}.object"), text);
            members.push(name);
        }
        self.list("CustomObject", &members);
        for (kind, members) in [("RecordType", record_types), ("BusinessProcess", processes)] {
            if !members.is_empty() {
                self.list(kind, &members);
            }
        }
        Ok(())
    }

    fn list(&mut self, kind: &str, members: &[String]) {
        self.types.push(json!({"members": members, "name": kind}));
    }

    /// Two keys that differ in the case of their first letter are one file, and the later one counts, as in `sf`.
    fn put(&mut self, path: String, text: String) {
        self.files.retain(|(other, _)| *other != path);
        self.files.push((path, text));
    }
}

/// A part of the definition; one that is missing or null is none.
fn part<'a>(definition: &'a Map<String, Value>, key: &str) -> Result<Option<&'a Map<String, Value>>, DefinitionError> {
    match definition.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(part)) => Ok(Some(part)),
        Some(_) => Err(DefinitionError::of(key, NO_OBJECT)),
    }
}

fn text<'a>(object: &'a Map<String, Value>, key: &str, place: &str) -> Result<Option<&'a str>, DefinitionError> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
        Some(_) => Err(DefinitionError::of(&format!("{place}.{key}"), "must be text")),
    }
}

/// The value that a business process begins with, for the objects whose record types need one (SSG 86-111).
fn first_values(object: &str) -> Option<Value> {
    match object {
        // The only one whose value is not marked as the default (SSG 153-155).
        "Opportunity" => Some(json!({"fullName": "Prospecting"})),
        "Case" => Some(json!({"fullName": "New", "default": true})),
        "Lead" => Some(json!({"fullName": "Open - Not Contacted", "default": true})),
        "Solution" => Some(json!({"fullName": "Draft", "default": true})),
        _ => None,
    }
}

/// `upperFirst` of `@salesforce/kit`.
fn upper_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(char::to_uppercase).into_iter().flatten().chain(chars).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::super::parse_definition;
    use super::*;

    /// A definition, and each file that the real `sf` made of it.
    fn golden() -> Value {
        let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/settings-deploy.json"));
        serde_json::from_str(&text.unwrap()).unwrap()
    }

    fn package(definition: &Value) -> SettingsPackage {
        SettingsPackage::new(definition, RecordTypeNames::Capitalized).unwrap().unwrap()
    }

    fn file(package: &SettingsPackage, path: &str) -> String {
        let files = package.files("66.0").unwrap();
        files.into_iter().find(|(name, _)| name == path).unwrap_or_else(|| panic!("no {path}")).1
    }

    #[test]
    fn each_file_is_the_one_that_sf_makes() {
        let golden = golden();
        let definition = parse_definition(&golden["definition"].to_string()).unwrap();
        let files = package(&definition).files("66.0").unwrap();
        let made: Map<String, Value> =
            files.into_iter().map(|(path, text)| (format!("shape_1795612674080/{path}"), text.into())).collect();
        assert_eq!(Value::Object(made), golden["deploy"]["files"]);
    }

    #[test]
    fn the_archive_holds_the_files_below_its_folder() {
        let package = package(&golden()["definition"]);
        let bytes = package.archive("66.0", "shape_1").unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let files = package.files("66.0").unwrap();
        assert_eq!(archive.len(), files.len());
        for (path, expected) in files {
            let mut text = String::new();
            archive.by_name(&format!("shape_1/{path}")).unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn names_of_record_types_are_left_as_they_are_where_sf_is_told_so() {
        let definition = json!({"objectSettings": {"case": {"defaultRecordType": "newBiz"}}});
        let as_written = SettingsPackage::new(&definition, RecordTypeNames::AsWritten).unwrap().unwrap();
        let object = file(&as_written, "objects/Case.object");
        assert!(object.contains("<businessProcess>newBizProcess</businessProcess>"), "{object}");
        assert!(object.contains("<fullName>New</fullName>\n            <default>true</default>"), "{object}");
        let manifest = file(&as_written, "package.xml");
        assert!(manifest.contains("<members>Case.newBiz</members>"), "{manifest}");
        assert!(file(&package(&definition), "package.xml").contains("<members>Case.NewBizProcess</members>"));
    }

    #[test]
    fn nothing_is_made_where_there_is_nothing_to_deploy() {
        for definition in [
            json!({}),
            json!({"settings": null, "objectSettings": null, "edition": "Developer"}),
            json!({"settings": {}, "objectSettings": {}}),
        ] {
            assert_eq!(SettingsPackage::new(&definition, RecordTypeNames::default()), Ok(None));
        }
    }

    #[test]
    fn an_object_without_a_record_type_is_still_deployed() {
        let package = package(&json!({"settings": {}, "objectSettings": {"lead": {"sharingModel": "readWrite"}}}));
        let object = file(&package, "objects/Lead.object");
        assert!(object.ends_with("'>\n    <sharingModel>ReadWrite</sharingModel>\n</CustomObject>"), "{object}");
        let manifest = file(&package, "package.xml");
        assert!(manifest.contains("<types>\n        <name>Settings</name>\n    </types>"), "{manifest}");
        assert!(!manifest.contains("RecordType"), "{manifest}");
    }

    #[test]
    fn two_spellings_of_a_setting_are_one_file() {
        let definition = json!({"settings": {"mapsSettings": {"a": 1}, "MapsSettings": {"a": 2}}});
        assert!(file(&package(&definition), "settings/Maps.settings").contains("<a>2</a>"));
        assert_eq!(package(&definition).files("66.0").unwrap().len(), 2);
    }

    #[test]
    fn a_shape_that_is_not_known_is_named_by_its_key_and_no_value_is_quoted() {
        for (definition, named) in [
            (json!([]), "definition"),
            (json!({"settings": "secret"}), "\"settings\""),
            (json!({"settings": {"a": "secret"}}), "settings.a"),
            (json!({"settings": {"a": ["secret"]}}), "settings.a"),
            (json!({"settings": {"aSettings": {"b c": "secret"}}}), "settings.ASettings.b c"),
            (json!({"settings": {"aSettings": {"b": "secret\u{0}"}}}), "settings.ASettings.b"),
            (json!({"settings": {"": {}}}), "settings."),
            (json!({"objectSettings": [{"secret": 1}]}), "objectSettings"),
            (json!({"objectSettings": {"lead": null}}), "objectSettings.lead"),
            (json!({"objectSettings": {"../x": {}}}), "objectSettings.../x"),
            (json!({"objectSettings": {"lead": {"sharingModel": 5}}}), "objectSettings.lead.sharingModel"),
            (json!({"objectSettings": {"lead": {"defaultRecordType": ""}}}), "objectSettings.lead.defaultRecordType"),
        ] {
            let error = SettingsPackage::new(&definition, RecordTypeNames::default()).unwrap_err().to_string();
            assert!(error.contains(named) && !error.contains("secret"), "{definition}: {error}");
        }
        assert!(parse_definition("{\n\"a\":").unwrap_err().to_string().ends_with("is not JSON (line 2, column 4)"));
        let too_long = parse_definition(&" ".repeat(super::super::DEFINITION_MAX + 1)).unwrap_err().to_string();
        assert!(too_long.contains("is longer than"), "{too_long}");
    }

    #[test]
    fn the_business_process_of_each_object_begins_with_its_first_value() {
        for (object, first) in [
            ("Opportunity", Some("Prospecting")),
            ("Case", Some("New")),
            ("Lead", Some("Open - Not Contacted")),
            ("Solution", Some("Draft")),
            ("Account", None),
        ] {
            let value = first_values(object);
            assert_eq!(value.as_ref().and_then(|value| value["fullName"].as_str()), first, "{object}");
        }
    }
}
