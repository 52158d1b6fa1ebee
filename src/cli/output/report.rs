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

/// What each is called, and the ending of a file's name that tells it.
const FORMATS: [(&str, &str, Format); 5] = [
    ("jsonl", "jsonl", Format::Jsonl),
    ("json", "json", Format::Json),
    ("junit", "xml", Format::Junit),
    ("md", "md", Format::Markdown),
    ("html", "html", Format::Html),
];

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
    let is_ending = |ending: &str| Path::new(file).extension().is_some_and(|own| own.eq_ignore_ascii_case(ending));
    let (_, _, format) = match name {
        Some(name) => FORMATS.iter().find(|(known, ..)| *known == name).ok_or_else(|| {
            let nearest = nearest(name, FORMATS.iter().map(|(name, ..)| (*name).to_owned()));
            let meant = nearest.map(|name| format!("; did you mean {name}?")).unwrap_or_default();
            let name = crate::model::untrusted::sanitize_line(name, 40);
            format!("\"{name}\" is no format (jsonl, json, junit, md, html){meant}")
        })?,
        None => FORMATS.iter().find(|(_, ending, _)| is_ending(ending)).ok_or_else(|| {
            let shown = shown();
            format!(
                "\"{shown}\" has an ending that tells no format: write jsonl=, json=, junit=, md= or html= before it"
            )
        })?,
    };
    Ok((*format, file))
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
#[derive(Debug)]
pub(crate) struct Reports {
    started: Instant,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    whole: Vec<ReportFile>,
    /// Each with its place, until writing to it failed.
    lines: Vec<(PathBuf, io::Result<Stream>)>,
    /// What the page is drawn from, where one is wanted.
    recording: Option<Recording>,
}

impl Reports {
    /// Begins the files that grow line by line. `started` is when the process began.
    pub(crate) fn begin(files: Vec<ReportFile>, started: Instant) -> Result<Self, String> {
        let drawn = files.iter().any(|file| file.format == Format::Html);
        let (lines, whole): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| file.format == Format::Jsonl);
        let open = |file: ReportFile| {
            let path = file.path().to_owned();
            let open = file.place.open().map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
            Ok((path, Ok(open)))
        };
        let lines = lines.into_iter().map(open).collect::<Result<_, String>>()?;
        let state = Mutex::new(State { whole, lines, recording: drawn.then(|| Recording::new(started)) });
        Ok(Self { started, state })
    }

    /// Writes the files that are written at the end. What could not be written is told, one line each.
    pub(crate) fn finish(self, ending: &Ending) -> Vec<String> {
        let State { whole, lines, recording } = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let recording = recording.unwrap_or_default();
        let lines = lines.into_iter().map(|(path, file)| (path, file.err().map(|error| error.to_string())));
        let whole = whole.into_iter().map(|file| {
            let text = match file.format {
                Format::Jsonl | Format::Json => json::document(ending),
                Format::Junit => junit::document(ending),
                Format::Markdown if file.is_summary => step_summary::text(file.path(), ending),
                Format::Markdown => markdown::document(ending),
                Format::Html => html::page(&recording, ending),
            };
            // The page's texts are redacted; its own hashes look like secrets.
            let text = if file.format == Format::Html { text.into() } else { redact::redact(&text) };
            let (path, text) = (file.path().to_owned(), text.as_bytes());
            let written = if file.is_summary { file.place.append(text) } else { file.place.replace(text) };
            (path, written.err().map(|error| error.reason.to_string()))
        });
        let told = |(path, error): (PathBuf, Option<String>)| {
            Some(format!("the report {} was not written: {}", path.display(), error?))
        };
        lines.chain(whole).filter_map(told).collect()
    }
}

impl Observer for Reports {
    fn observe(&self, event: &Event) {
        let State { lines, recording, .. } = &mut *self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(recording) = recording {
            recording.note(event, self.started.elapsed());
        }
        let Event::OrgFinished { outcome, .. } = event else { return };
        let Ok(line) = json::line(outcome) else { return };
        for (_, file) in lines {
            if let Ok(open) = file
                && let Err(error) = open.write_all(line.as_bytes())
            {
                *file = Err(error);
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
