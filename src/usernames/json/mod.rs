//! JSON: any sequence or array of values that name orgs, above all what `sf … --json` prints.

mod object;

use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::model::untrusted::sanitize_line;

use self::object::{Named, Object, text};
use super::entry;
use super::problem::{FILE, HOLDS_NO_USERNAME, LINE, NOT_TEXT, RowError, TOO_DEEP, VALUE, not_json, value_of};
use super::row::{Found, Row};
use super::source_location::{Lines, is_blank};

/// Deepest nesting of values that is looked into; an envelope's records lie at 4.
const DEPTH_MAX: usize = 16;

/// Whether a line, which begins with no blank, begins a JSON value: not `[1/4] Fetching packages`.
pub(super) fn begins(line: &str) -> bool {
    match line.chars().next() {
        Some('{' | '"') => true,
        Some('[') => {
            let next = line[1..].trim_start_matches(is_blank).chars().next();
            matches!(next, None | Some('{' | '[' | '"' | ']')) || serde_json::from_str::<&RawValue>(line).is_ok()
        }
        _ => false,
    }
}

/// Whether a line that begins otherwise goes on with what `sf` prints, as after a prompt or a progress message.
pub(super) fn goes_on(line: &str) -> bool {
    within(line).is_some()
}

/// Where the first object in a line of other text begins.
fn within(line: &str) -> Option<usize> {
    let at = line.find('{')?;
    let next = line[at + 1..].trim_start_matches(is_blank).chars().next();
    matches!(next, None | Some('"')).then_some(at)
}

/// Reads values one after the other, with white space, line ends, nothing, or lines of other text between them. After a
/// syntax error the rest cannot be told apart and is not read.
pub(super) fn read(text: &str, sink: &mut dyn FnMut(Row)) {
    let mut reader = Reader { text, lines: Lines::new(text), sink, rows: 0 };
    let mut at = 0;
    let mut after_value = false;
    loop {
        at = text.len() - text[at..].trim_start_matches(is_blank).len();
        let rest = &text[at..];
        if rest.is_empty() {
            return;
        }
        // What separates the elements of an array, or ends it: its beginning is missing.
        if after_value && rest.starts_with([',', ':', ']', '}']) && !rest.starts_with("::") {
            return reader.not_json(at, "a value is followed by what can only follow it inside of another one");
        }
        let line = &rest[..rest.find(['\n', '\r']).unwrap_or(rest.len())];
        let next = if begins(line) { reader.values(at) } else { reader.other(at, line) };
        match next {
            Some((end, was_value)) => (at, after_value) = (end, was_value),
            None => return,
        }
    }
}

struct Reader<'a, 's> {
    text: &'a str,
    lines: Lines<'a>,
    sink: &'s mut dyn FnMut(Row),
    /// How many were given to `sink`.
    rows: usize,
}

impl<'a> Reader<'a, '_> {
    fn tell(&mut self, row: Row) {
        self.rows += 1;
        (self.sink)(row);
    }

    /// The value that begins here, and where it ends.
    fn parse(&self, at: usize) -> Result<(&'a RawValue, usize), serde_json::Error> {
        let mut values = serde_json::Deserializer::from_str(&self.text[at..]).into_iter();
        let value = values.next().unwrap_or_else(|| Err(serde::de::Error::custom("no value")))?;
        Ok((value, at + values.byte_offset()))
    }

    /// Works in the value that begins here, unless it is a key without its object; where it ends.
    fn values(&mut self, at: usize) -> Option<(usize, bool)> {
        match self.parse(at) {
            Ok((value, end)) => {
                let after = self.text[end..].trim_start_matches(is_blank);
                if !after.starts_with(':') || after.starts_with("::") {
                    self.value(value, 0);
                }
                Some((end, true))
            }
            Err(error) => {
                self.syntax_error(at, &error);
                None
            }
        }
    }

    /// A line that begins no value: a username all the same, something that `sf` printed after it, or noise.
    fn other(&mut self, at: usize, line: &'a str) -> Option<(usize, bool)> {
        let number = self.lines.at(at);
        let end = at + line.len();
        let row = line.trim_matches(is_blank).trim_end_matches(',');
        if let Ok(found @ Found::Org(_)) = entry::parse(row) {
            self.tell(Row::new(number, LINE, Ok(found)));
            return Some((end, false));
        }
        // What `jq` prints where there is none.
        if row == "null" {
            self.tell(Row::new(number, VALUE, Err(HOLDS_NO_USERNAME)));
            return Some((end, false));
        }
        self.tell(Row::noise(number));
        let Some(begin) = within(line).map(|begin| at + begin) else { return Some((end, false)) };
        match self.parse(begin) {
            Ok((value, end)) => {
                if serde_json::from_str(value.get()).is_ok_and(|object: Object<'_>| object.is_envelope()) {
                    self.value(value, 0);
                }
                Some((end, true))
            }
            Err(error) if error.line() > 1 => {
                self.syntax_error(begin, &error);
                None
            }
            Err(_) => Some((end, false)),
        }
    }

    /// A string, an object or an array: whatever it is, it gives at least one row, if only a bad one, or is an empty
    /// array.
    fn value(&mut self, value: &'a RawValue, depth: usize) {
        let line = self.line_of(value);
        let bad = |error| Row::new(line, VALUE, Err(error));
        match value.get().as_bytes().first() {
            _ if depth > DEPTH_MAX => self.tell(bad(TOO_DEEP)),
            Some(b'[') => self.elements(value, depth),
            Some(b'{') => match self.object(value, line, depth) {
                Ok(true) => {}
                Ok(false) => self.tell(bad(HOLDS_NO_USERNAME)),
                Err(error) => self.tell(bad(error)),
            },
            Some(b'"') => {
                let found = text(value).ok_or(NOT_TEXT).and_then(|text| entry::parse(&text));
                self.tell(Row::new(line, VALUE, found));
            }
            _ => self.tell(bad(HOLDS_NO_USERNAME)),
        }
    }

    fn elements(&mut self, array: &'a RawValue, depth: usize) {
        let each = |element| self.value(element, depth + 1);
        // The text was found to be an array when it became a raw value.
        let _ = serde_json::Deserializer::from_str(array.get()).deserialize_seq(Elements(each));
    }

    /// A username of its own, or what the lists and records in it hold, or a failure of `sf`. Whether it was any of them;
    /// a list may be empty.
    fn object(&mut self, value: &'a RawValue, line: usize, depth: usize) -> Result<bool, RowError> {
        if depth > DEPTH_MAX {
            return Err(TOO_DEEP);
        }
        let object: Object<'a> = serde_json::from_str(value.get()).map_err(|_| not_json("a key is there twice"))?;
        if let Some((key, name)) = object.username() {
            let row = if object.is_no_scratch_org() {
                Row::new(line, VALUE, Ok(Found::NoScratchOrg))
            } else {
                named(line, key, name, object.alias)
            };
            self.tell(row);
            return Ok(true);
        }
        let before = self.rows;
        let mut is_list = false;
        for inner in object.holders() {
            match inner.get().as_bytes().first() {
                Some(b'[') => {
                    self.elements(inner, depth);
                    is_list = true;
                }
                Some(b'{') => is_list |= self.object(inner, line, depth + 1)?,
                _ => {}
            }
        }
        if self.rows == before
            && let Some(failure) = object.failure()
        {
            let found = match failure.org() {
                Named::Id(id) => entry::parse(&id),
                Named::In(data) if self.object(data, line, depth + 1)? && self.rows > before => return Ok(true),
                Named::In(_) | Named::Nowhere => Ok(failure.describe()),
            };
            self.tell(Row::new(line, VALUE, found));
        }
        Ok(is_list || self.rows > before)
    }

    fn line_of(&mut self, value: &RawValue) -> usize {
        // Every raw value is a part of the text, borrowed from it.
        self.lines.at((value.get().as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize))
    }

    fn syntax_error(&mut self, begin: usize, error: &serde_json::Error) {
        let line = self.lines.at(begin) + error.line().saturating_sub(1);
        let said = error.to_string();
        let said = said.split_once(" at line ").map_or(said.as_str(), |(said, _)| said);
        self.tell(Row::new(line, FILE, Err(not_json(&sanitize_line(said, 120)))));
    }

    fn not_json(&mut self, at: usize, said: &str) {
        let line = self.lines.at(at);
        self.tell(Row::new(line, FILE, Err(not_json(said))));
    }
}

/// A username and its alias by the values of their keys.
fn named(line: usize, key: &'static str, name: &RawValue, alias: Option<&RawValue>) -> Row {
    let no_text = |key| Row::new(line, value_of(key), Err(NOT_TEXT));
    let Some(name) = text(name) else { return no_text(key) };
    let alias = match alias.map(text) {
        Some(None) => return no_text("alias"),
        alias => alias.flatten(),
    };
    let alias = alias.as_deref().map(|alias| (alias, value_of("alias")));
    entry::with_alias(line, (&name, value_of(key)), alias)
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
mod tests;
