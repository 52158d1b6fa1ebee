//! JSON as XML, as js2xmlparser 4.0.2 makes it (`lib/main.js`): a key is an element, an array the same element again and
//! again, a key that begins with `@` the element's attributes.

use std::fmt::Write;

use serde_json::Value;

use super::definition::{DefinitionError, NO_NAME};

/// One step of indentation (`xmlcreate` 2.0.4, `lib/options.js`).
const INDENT: &str = "    ";

/// A whole document with one root element. `place` is where in the definition the value stands, for errors.
pub(super) fn document(place: &str, root: &str, value: &Value) -> Result<String, DefinitionError> {
    let mut writer = Writer { out: "<?xml version='1.0'?>".to_owned(), keys: vec![place.to_owned()] };
    writer.element(root, value)?;
    Ok(writer.out)
}

struct Writer {
    out: String,
    /// The place, and the open elements.
    keys: Vec<String>,
}

impl Writer {
    /// One element for each item of an array, arrays in arrays included; else one.
    fn value(&mut self, key: &str, value: &Value) -> Result<(), DefinitionError> {
        match value {
            Value::Array(items) => items.iter().try_for_each(|item| self.value(key, item)),
            value => self.element(key, value),
        }
    }

    fn element(&mut self, key: &str, value: &Value) -> Result<(), DefinitionError> {
        self.line();
        self.keys.push(key.to_owned());
        if !is_name(key) {
            return Err(DefinitionError::of(&self.keys.join("."), NO_NAME));
        }
        let _ = write!(self.out, "<{key}");
        for (_, attributes) in value.as_object().into_iter().flatten().filter(is_attributes) {
            for (name, value) in attributes.as_object().into_iter().flatten() {
                if !is_name(name) {
                    return Err(DefinitionError::of(&format!("{}.{name}", self.keys.join(".")), NO_NAME));
                }
                let _ = write!(self.out, " {name}='{}'", self.escaped(&text_of(value))?);
            }
        }
        self.out.push('>');
        let inside = self.out.len();
        match value {
            Value::Object(map) => {
                map.iter().filter(|entry| !is_attributes(entry)).try_for_each(|(key, value)| self.value(key, value))?;
            }
            // The root alone: all other arrays are their items.
            Value::Array(items) => items.iter().try_for_each(|item| self.value(key, item))?,
            value => {
                let text = self.escaped(&text_of(value))?;
                self.out.push_str(&text);
            }
        }
        self.keys.pop();
        if self.out.len() == inside {
            self.out.truncate(inside - 1);
            self.out.push_str("/>");
        } else {
            if value.is_object() || value.is_array() {
                self.line();
            }
            let _ = write!(self.out, "</{key}>");
        }
        Ok(())
    }

    fn line(&mut self) {
        self.out.push('\n');
        (1..self.keys.len()).for_each(|_| self.out.push_str(INDENT));
    }

    fn escaped(&self, text: &str) -> Result<String, DefinitionError> {
        let mut escaped = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                '&' => escaped.push_str("&amp;"),
                '<' => escaped.push_str("&lt;"),
                '>' => escaped.push_str("&gt;"),
                '\'' => escaped.push_str("&apos;"),
                // A bare one would be read as a line feed (XML 1.0, 2.11).
                '\r' => escaped.push_str("&#xD;"),
                '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'.. => escaped.push(c),
                _ => {
                    let problem = "holds a control character, which cannot be deployed";
                    return Err(DefinitionError::of(&self.keys.join("."), problem));
                }
            }
        }
        Ok(escaped)
    }
}

/// Whether an entry holds attributes (`lib/main.js` L122-135).
fn is_attributes((key, value): &(&String, &Value)) -> bool {
    key.starts_with('@') && value.is_object()
}

/// The text of a value that is neither object nor array, as JavaScript's `String()` has it.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.as_f64().map_or_else(|| number.to_string(), number_text),
        other => other.to_string(),
    }
}

/// JavaScript has no other numbers than these, and an exponent only for the very large and the very small (ECMA-262,
/// `Number::toString`). Both languages write the fewest digits that tell the number.
fn number_text(number: f64) -> String {
    match number.abs() {
        0.0 => "0".to_owned(),
        1e-6..1e21 => number.to_string(),
        1e21.. => format!("{number:e}").replace('e', "e+"),
        _ => format!("{number:e}"),
    }
}

/// Whether it can name an element. XML allows more; what Salesforce calls a setting or a field is ASCII.
fn is_name(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.chars().all(|c| c.is_ascii_alphanumeric() || "_-.:".contains(c))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn inner(value: &Value) -> String {
        let text = document("p", "r", value).unwrap();
        text.strip_prefix("<?xml version='1.0'?>\n").unwrap().replace('\n', "").replace("    ", "")
    }

    // Each expectation is what js2xmlparser 4.0.2 printed, but for the ends of tags, which it leaves as they are.
    #[test]
    fn a_value_becomes_what_the_library_of_sf_makes_of_it() {
        for (value, expected) in [
            (json!({}), "<r/>"),
            (json!(""), "<r/>"),
            (json!([]), "<r/>"),
            (json!({"a": {}, "b": "", "c": []}), "<r><a/><b/></r>"),
            (json!(null), "<r>null</r>"),
            (json!({"a": null, "b": false, "c": 0}), "<r><a>null</a><b>false</b><c>0</c></r>"),
            (json!({"a": 1.0, "b": -2.5, "c": 30}), "<r><a>1</a><b>-2.5</b><c>30</c></r>"),
            (json!({"a": ["x", {"b": 1}, ["y"]]}), "<r><a>x</a><a><b>1</b></a><a>y</a></r>"),
            (json!(["x", "y"]), "<r><r>x</r><r>y</r></r>"),
            (json!({"@": {"k": "it's <1>"}, "a": 1}), "<r k='it&apos;s &lt;1&gt;'><a>1</a></r>"),
            (json!({"a": "x\ry\tz"}), "<r><a>x&#xD;y\tz</a></r>"),
            (json!({"@": {"k": 1}}), "<r k='1'/>"),
            (json!({"a": "x & y <z> ]]>"}), "<r><a>x &amp; y &lt;z&gt; ]]&gt;</a></r>"),
        ] {
            assert_eq!(inner(&value), expected);
        }
    }

    /// Each is what `String(JSON.parse(…))` gave.
    #[test]
    fn numbers_are_written_as_javascript_writes_them() {
        for (written, expected) in [
            ("1e21", "1e+21"),
            ("1e-7", "1e-7"),
            ("1.0", "1"),
            ("1e20", "100000000000000000000"),
            ("9007199254740993", "9007199254740992"),
            ("-9007199254740993", "-9007199254740992"),
            ("18446744073709551615", "18446744073709552000"),
            ("123456789012345680000", "123456789012345680000"),
            ("-0.0", "0"),
            ("0.000001", "0.000001"),
            ("-1.5E300", "-1.5e+300"),
            ("5e-324", "5e-324"),
            ("123456789.123", "123456789.123"),
        ] {
            assert_eq!(text_of(&serde_json::from_str(written).unwrap()), expected, "{written}");
        }
    }

    #[test]
    fn what_xml_cannot_carry_is_named_by_its_key() {
        for key in ["", "1a", "a b", "a/b", "<a>", "@", "=", "#", "é"] {
            let error = document("p", "r", &json!({"s": {key: "x"}})).unwrap_err();
            assert_eq!(error, DefinitionError::of(&format!("p.r.s.{key}"), NO_NAME));
        }
        for text in ["\u{0}", "a\u{1b}[", "\u{ffff}"] {
            let error = document("p", "r", &json!({"s": [{"t": text}]})).unwrap_err();
            assert!(error.to_string().starts_with("\"p.r.s.t\" holds a control character"), "{error}");
        }
    }
}
