//! GitHub's step summary: a file that grows, and of which no more than 1 MiB is shown.

use std::path::Path;

use super::markdown;
use crate::cli::ending::Ending;
use crate::files::folder::length;
use crate::model::redact::redact;

/// The variable that names the file (docs.github.com, "Workflow commands").
pub(crate) const VARIABLE: &str = "GITHUB_STEP_SUMMARY";

/// Of a summary that is longer nothing is shown.
const MAX: u64 = 1 << 20;

/// The report, as much of it as there is room for after what the file holds already.
pub(crate) fn text(path: &Path, ending: &Ending) -> String {
    let taken = length(path);
    // A line end may come before it.
    let room = usize::try_from(MAX.saturating_sub(taken)).unwrap_or(usize::MAX).saturating_sub(1);
    let text = redact(&markdown::document_within(ending, room)).into_owned();
    // One that is full is left as it is: more, and nothing of it is shown.
    if text.len() <= room { text } else { String::new() }
}
