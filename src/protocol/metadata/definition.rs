//! A scratch org definition: JSON, of which two keys matter here, and what can be wrong with it.

use serde_json::Value;

use crate::model::untrusted::sanitize_line;

/// The longest definition that is read, in bytes. Real ones have a few thousand.
pub const DEFINITION_MAX: usize = 1024 * 1024;

/// Reads the text of a definition file, its settings in alphabetical order: so `sf` has them after its schema was applied
/// (`scratchOrgInfoGenerator.js` L256, `schema/project-scratch-def/settings.js`), and so they stand in its cache.
pub fn parse_definition(text: &str) -> Result<Value, DefinitionError> {
    if text.len() > DEFINITION_MAX {
        return Err(DefinitionError(format!("the scratch org definition is longer than {DEFINITION_MAX} bytes")));
    }
    let mut definition: Value = serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        DefinitionError(format!("the scratch org definition is not JSON (line {line}, column {column})"))
    })?;
    if let Some(Value::Object(settings)) = definition.get_mut("settings") {
        let mut ordered: Vec<_> = std::mem::take(settings).into_iter().collect();
        ordered.sort_by_key(|(key, _)| key.to_ascii_lowercase());
        settings.extend(ordered);
    }
    Ok(definition)
}

/// Why no settings can be made of a definition. A key is named, and no value: that may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DefinitionError(pub(super) String);

impl DefinitionError {
    /// What is wrong with a key, or with its value.
    pub(super) fn of(key: &str, problem: &str) -> Self {
        Self(format!("\"{}\" {problem}", sanitize_line(key, 120)))
    }
}

/// Of the whole, or a part of it.
pub(super) const NO_OBJECT: &str = "must be a JSON object";

/// Of a key that names no setting, object or field.
pub(super) const NO_NAME: &str = "is not a name that Salesforce can know";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_of_the_greatest_length_is_read_and_a_longer_one_is_not() {
        let padded = |length: usize| format!("{{}}{}", " ".repeat(length - 2));
        assert!(parse_definition(&padded(1024 * 1024)).is_ok());
        let error = parse_definition(&padded(1024 * 1024 + 1)).unwrap_err();
        assert_eq!(error.to_string(), "the scratch org definition is longer than 1048576 bytes");
    }
}
