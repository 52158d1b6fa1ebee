//! The form of a file, recognised from its content.

use super::row::{Found, Row};
use super::source_location::is_blank;
use super::{csv, entry, json, text};

/// How a file's text is to be read.
pub(super) enum Form {
    Json,
    Csv(csv::Header),
    Text,
}

impl Form {
    /// The first line that can belong to one form only decides: those before it are what tools write beside their output.
    pub(super) fn of(text: &str) -> Self {
        let mut start = 0;
        for whole in text.split_inclusive(['\n', '\r']) {
            let line = whole.trim_matches(is_blank);
            if let Some(form) = Self::of_line(line, start) {
                return form;
            }
            start += whole.len();
        }
        Self::Text
    }

    fn of_line(line: &str, start: usize) -> Option<Self> {
        if line.is_empty() || line.starts_with('#') {
            return None;
        }
        let header = if line.starts_with(['{', '[']) { None } else { csv::Header::of(line, start) };
        // A header may begin with a quote, as JSON does.
        if let Some(header) = header {
            return Some(Self::Csv(header));
        }
        if json::begins(line) || json::goes_on(line) {
            return Some(Self::Json);
        }
        matches!(entry::parse(line), Ok(Found::Org(_))).then_some(Self::Text)
    }

    pub(super) fn read(&self, text: &str, sink: &mut dyn FnMut(Row)) {
        match self {
            Self::Json => json::read(text, sink),
            Self::Csv(header) => csv::read(text, header, sink),
            Self::Text => text::read(text, sink),
        }
    }
}
