//! A scratch org definition: JSON, of which two keys matter here, and what can be wrong with it.

use serde_json::Value;

use crate::model::untrusted::sanitize_line;

use super::xml::XmlError;

/// The longest definition that is read, in bytes. Real ones have a few thousand.
pub const DEFINITION_MAX: usize = 1024 * 1024;

/// Reads the text of a definition file, its settings in alphabetical order: so `sf` has them after its schema was applied
/// (`scratchOrgInfoGenerator.js` L256, `schema/project-scratch-def/settings.js`), and so they stand in its cache.
pub fn parse_definition(text: &str) -> Result<Value, DefinitionError> {
    if text.len() > DEFINITION_MAX {
        return Err(DefinitionError::TooLong);
    }
    let mut definition: Value = serde_json::from_str(text)
        .map_err(|error| DefinitionError::NotJson { line: error.line(), column: error.column() })?;
    if let Some(Value::Object(settings)) = definition.get_mut("settings") {
        let mut ordered: Vec<_> = std::mem::take(settings).into_iter().collect();
        ordered.sort_by_key(|(key, _)| key.to_ascii_lowercase());
        settings.extend(ordered);
    }
    Ok(definition)
}

/// Why no settings can be made of a definition. A key is named, and no value: that may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DefinitionError {
    /// Longer than [`DEFINITION_MAX`].
    #[error("the scratch org definition is longer than {} bytes", DEFINITION_MAX)]
    TooLong,
    /// No JSON.
    #[error("the scratch org definition is not JSON (line {line}, column {column})")]
    NotJson {
        /// Where it stops being JSON.
        line: usize,
        /// Where in that line.
        column: usize,
    },
    /// The whole, or a part of it, is no object.
    #[error("{key} must be a JSON object")]
    NotAnObject {
        /// Which part.
        key: String,
    },
    /// A value that must be text, and is not, or is empty.
    #[error("{key} must be text")]
    NotText {
        /// Which value.
        key: String,
    },
    /// A key that names no setting, object or field.
    #[error("{key} is not a name that Salesforce can know")]
    Name {
        /// Which key.
        key: String,
    },
    /// A value with a character that XML cannot carry.
    #[error("{key} holds a control character, which cannot be deployed")]
    Character {
        /// Which value.
        key: String,
    },
    /// No archive could be made.
    #[error("the settings cannot be packed: {0}")]
    Archive(String),
}

impl DefinitionError {
    pub(super) fn not_an_object(key: &str) -> Self {
        Self::NotAnObject { key: shown(key) }
    }

    pub(super) fn not_text(key: &str) -> Self {
        Self::NotText { key: shown(key) }
    }

    pub(super) fn name(key: &str) -> Self {
        Self::Name { key: shown(key) }
    }

    /// Of the document that was made of the values under `section`.
    pub(super) fn of_xml(section: &str, error: XmlError) -> Self {
        match error {
            XmlError::Name { key } => Self::name(&format!("{section}.{key}")),
            XmlError::Character { key } => Self::Character { key: shown(&format!("{section}.{key}")) },
        }
    }
}

fn shown(key: &str) -> String {
    format!("\"{}\"", sanitize_line(key, 120))
}
