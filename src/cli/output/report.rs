//! `--report [FORMAT=]FILE`: result files beside what is shown.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::html::{self, Recording};
use super::{json, junit, markdown, step_summary};
use tokio::time::Instant;

use crate::cli::ending::Ending;
use crate::cli::suggestion::nearest;
use crate::files::{FileError, OutputFile, Readers, Stream};
use crate::model::event::{Event, Observer};
use crate::model::redact;

/// The form of a result file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// One org a line, as it finishes.
    Jsonl,
    /// The document of `--json`.
    Json,
    /// `JUnit` XML.
    Junit,
    /// Markdown.
    Markdown,
    /// A page that shows the run.
    Html,
}

impl Format {
    const NAMES: [(&'static str, Self); 5] = [
        ("jsonl", Self::Jsonl),
        ("json", Self::Json),
        ("junit", Self::Junit),
        ("md", Self::Markdown),
        ("html", Self::Html),
    ];

    fn named(name: &str) -> Option<Self> {
        Self::NAMES.into_iter().find_map(|(known, format)| (known == name).then_some(format))
    }

    fn of_ending(path: &str) -> Option<Self> {
        let ending = Path::new(path).extension()?.to_str()?.to_ascii_lowercase();
        if ending == "xml" { Some(Self::Junit) } else { Self::named(&ending).filter(|_| ending != "junit") }
    }
}

/// Stands for standard output, which takes lines.
pub(crate) const STDOUT: &str = "-";

/// Reads `FORMAT=FILE` or `FILE`: the form, and the file.
pub(crate) fn read(text: &str) -> Result<(Format, &str), String> {
    let shown = || crate::model::untrusted::sanitize_line(text, 200);
    let (name, file) = match text.split_once('=') {
        Some((name, file)) if name.chars().all(|c| c.is_ascii_alphanumeric()) => (Some(name), file),
        _ => (None, text),
    };
    if file.is_empty() || (file == STDOUT && name != Some("jsonl")) {
        return Err(format!("\"{}\" names no file (to standard output go --json and jsonl=-)", shown()));
    }
    let format = match name {
        Some(name) => Format::named(name).ok_or_else(|| {
            let nearest = nearest(name, Format::NAMES.iter().map(|(name, _)| (*name).to_owned()));
            let meant = nearest.map(|name| format!("; did you mean {name}?")).unwrap_or_default();
            let name = crate::model::untrusted::sanitize_line(name, 40);
            format!("\"{name}\" is no format (jsonl, json, junit, md, html){meant}")
        })?,
        None => Format::of_ending(file).ok_or_else(|| {
            let shown = shown();
            format!(
                "\"{shown}\" has an ending that tells no format: write jsonl=, json=, junit=, md= or html= before it"
            )
        })?,
    };
    Ok((format, file))
}

/// A result file that can be written.
#[derive(Debug)]
pub(crate) struct ReportFile {
    format: Format,
    place: OutputFile,
    /// Whether it is the step summary: what earlier steps wrote stays.
    pub(crate) is_summary: bool,
}

impl ReportFile {
    /// Checks that the file can be written.
    pub(crate) fn check(format: Format, path: &Path) -> Result<Self, FileError> {
        OutputFile::check(path, Readers::Umask).map(|place| Self { format, place, is_summary: false })
    }

    /// The file, with links followed.
    pub(crate) fn path(&self) -> &Path {
        self.place.path()
    }
}

/// The result files of one run.
#[derive(Debug, Default)]
pub(crate) struct Reports {
    whole: Vec<ReportFile>,
    /// Each with its place, until writing to it failed.
    lines: Vec<(PathBuf, Mutex<io::Result<Stream>>)>,
    /// What the page is drawn from, where one is wanted, and since when.
    recording: Option<(Instant, Mutex<Recording>)>,
}

impl Reports {
    /// Begins the files that grow line by line. `started` is when the process began.
    pub(crate) fn begin(files: Vec<ReportFile>, started: Instant) -> Result<Self, String> {
        let drawn = files.iter().any(|file| file.format == Format::Html);
        let recording = drawn.then(|| (started, Mutex::new(Recording::new(started))));
        let mut reports = Self { recording, ..Self::default() };
        for file in files {
            if file.format == Format::Jsonl {
                let path = file.path().to_owned();
                let open =
                    file.place.open().map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
                reports.lines.push((path, Mutex::new(Ok(open))));
            } else {
                reports.whole.push(file);
            }
        }
        Ok(reports)
    }

    /// Writes the files that are written at the end. What could not be written is told, one line each.
    pub(crate) fn finish(self, ending: &Ending) -> Vec<String> {
        let told = |path: &Path, error: &dyn std::fmt::Display| {
            format!("the report {} was not written: {error}", path.display())
        };
        let mut failed = Vec::new();
        for (path, state) in self.lines {
            let state = state.into_inner().unwrap_or_else(PoisonError::into_inner);
            failed.extend(state.err().map(|error| told(&path, &error)));
        }
        let whole = |(_, recording): (_, Mutex<_>)| recording.into_inner().unwrap_or_else(PoisonError::into_inner);
        let recording = self.recording.map(whole).unwrap_or_default();
        for file in self.whole {
            let text = match file.format {
                Format::Json => redact::redact(&json::document(ending)).into_owned(),
                Format::Junit => redact::redact(&junit::document(ending)).into_owned(),
                Format::Markdown if file.is_summary => step_summary::text(file.path(), ending),
                Format::Markdown => redact::redact(&markdown::document(ending)).into_owned(),
                // Its texts are; its own hashes look like secrets.
                Format::Html => html::page(&recording, ending),
                Format::Jsonl => continue,
            };
            let written =
                if file.is_summary { file.place.append(text.as_bytes()) } else { file.place.replace(text.as_bytes()) };
            failed.extend(written.err().map(|error| told(file.path(), &error.reason)));
        }
        failed
    }
}

impl Observer for Reports {
    fn observe(&self, event: &Event) {
        if let Some((started, recording)) = &self.recording {
            recording.lock().unwrap_or_else(PoisonError::into_inner).note(event, started.elapsed());
        }
        let Event::OrgFinished { outcome, .. } = event else { return };
        let Ok(line) = json::line(outcome) else { return };
        for (_, state) in &self.lines {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            if let Ok(file) = &mut *state
                && let Err(error) = file.write_all(line.as_bytes())
            {
                *state = Err(error);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::tests::samples;

    #[test]
    fn the_ending_decides_where_no_format_is_named() {
        for (text, format, file) in [
            ("a.jsonl", Format::Jsonl, "a.jsonl"),
            ("a.json", Format::Json, "a.json"),
            ("a.XML", Format::Junit, "a.XML"),
            ("x/a.md", Format::Markdown, "x/a.md"),
            ("md=/tmp/step_summary_1", Format::Markdown, "/tmp/step_summary_1"),
            ("junit=a.json", Format::Junit, "a.json"),
            ("a/b=c.json", Format::Json, "a/b=c.json"),
        ] {
            assert_eq!(read(text), Ok((format, file)), "{text}");
        }
    }

    #[test]
    fn what_is_no_report_is_told_with_what_would_be() {
        assert!(read("orgs.txt").unwrap_err().contains("tells no format"));
        assert!(read("jsnl=a").unwrap_err().ends_with("did you mean jsonl?"));
        assert!(read("json=").unwrap_err().contains("names no file"));
        assert!(read("json=-").unwrap_err().contains("names no file"));
    }

    #[test]
    fn lines_are_there_as_soon_as_an_org_is_finished_and_the_rest_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let file = |format, name| ReportFile::check(format, &path(name)).unwrap();
        let files = vec![
            file(Format::Jsonl, "a.jsonl"),
            file(Format::Json, "a.json"),
            file(Format::Junit, "a.xml"),
            file(Format::Markdown, "a.md"),
        ];
        let reports = Reports::begin(files, Instant::now()).unwrap();
        let ending = samples::some_failed();
        for (index, org) in ending.report().unwrap().orgs.iter().enumerate() {
            reports.observe(&Event::OrgFinished { index, outcome: org.clone() });
            let lines = std::fs::read_to_string(path("a.jsonl")).unwrap();
            assert_eq!(lines.lines().count(), index + 1);
            let last: serde_json::Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
            assert_eq!(last, serde_json::to_value(org).unwrap());
        }
        assert!(!path("a.json").exists());
        assert_eq!(reports.finish(&ending), Vec::<String>::new());
        assert_eq!(std::fs::read_to_string(path("a.json")).unwrap(), json::document(&ending));
        assert!(std::fs::read_to_string(path("a.xml")).unwrap().starts_with("<?xml"));
        assert!(std::fs::read_to_string(path("a.md")).unwrap().starts_with("###"));
    }
}
