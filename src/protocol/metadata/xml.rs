//! JSON as XML, as js2xmlparser 4.0.2 makes it (`lib/main.js`): a key is an element, an array the same element again and
//! again, a key that begins with `@` the element's attributes.

use std::fmt::Write;

use serde_json::Value;

/// One step of indentation (`xmlcreate` 2.0.4, `lib/options.js`).
const INDENT: &str = "    ";

/// Why a value cannot be XML. `key` is where in the value: keys alone, joined by dots.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum XmlError {
    /// A key is no name that an element can have.
    Name { key: String },
    /// A text holds a character that XML cannot carry.
    Character { key: String },
}

/// A whole document with one root element.
pub(super) fn document(root: &str, value: &Value) -> Result<String, XmlError> {
    let mut writer = Writer { out: "<?xml version='1.0'?>".to_owned(), keys: Vec::new() };
    writer.element(root, value)?;
    Ok(writer.out)
}

struct Writer {
    out: String,
    /// The open elements.
    keys: Vec<String>,
}

impl Writer {
    /// One element for each item of an array, arrays in arrays included; else one.
    fn value(&mut self, key: &str, value: &Value) -> Result<(), XmlError> {
        match value {
            Value::Array(items) => items.iter().try_for_each(|item| self.value(key, item)),
            value => self.element(key, value),
        }
    }

    fn element(&mut self, key: &str, value: &Value) -> Result<(), XmlError> {
        self.line();
        self.keys.push(key.to_owned());
        if !is_name(key) {
            return Err(XmlError::Name { key: self.keys.join(".") });
        }
        let _ = write!(self.out, "<{key}");
        for (_, attributes) in value.as_object().into_iter().flatten().filter(is_attributes) {
            for (name, value) in attributes.as_object().into_iter().flatten() {
                if !is_name(name) {
                    return Err(XmlError::Name { key: format!("{}.{name}", self.keys.join(".")) });
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
        let has_elements = (value.is_object() || value.is_array()) && self.out.len() > inside;
        self.keys.pop();
        if self.out.len() == inside {
            self.out.truncate(inside - 1);
            self.out.push_str("/>");
        } else {
            if has_elements {
                self.line();
            }
            let _ = write!(self.out, "</{key}>");
        }
        Ok(())
    }

    fn line(&mut self) {
        self.out.push('\n');
        (0..self.keys.len()).for_each(|_| self.out.push_str(INDENT));
    }

    fn escaped(&self, text: &str) -> Result<String, XmlError> {
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
                _ => return Err(XmlError::Character { key: self.keys.join(".") }),
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
        Value::Number(number) => match number.as_f64() {
            // 1.0 is written as 1.
            Some(float) if number.is_f64() => float.to_string(),
            _ => number.to_string(),
        },
        other => other.to_string(),
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
        let text = document("r", value).unwrap();
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
            (json!({"a": "x & y <z> ]]>"}), "<r><a>x &amp; y &lt;z&gt; ]]&gt;</a></r>"),
        ] {
            assert_eq!(inner(&value), expected);
        }
    }

    #[test]
    fn what_xml_cannot_carry_is_named_by_its_key() {
        for key in ["", "1a", "a b", "a/b", "<a>", "@", "=", "#", "é"] {
            let error = document("r", &json!({"s": {key: "x"}})).unwrap_err();
            assert_eq!(error, XmlError::Name { key: format!("r.s.{key}") });
        }
        for text in ["\u{0}", "a\u{1b}[", "\u{ffff}"] {
            let error = document("r", &json!({"s": [{"t": text}]})).unwrap_err();
            assert_eq!(error, XmlError::Character { key: "r.s.t".to_owned() });
        }
    }
}
