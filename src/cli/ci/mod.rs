//! `--ci`: what a CI platform shows of a run, in the platform's own language.
//!
//! Texts of servers are in it. Each platform's file escapes by the rules of that platform, and no text holds a command
//! of any of them.

mod azure;
mod github;
mod notice;
mod teamcity;

use std::path::{Path, PathBuf};

use crate::cli::ending::Ending;
use crate::cli::output::step_outputs::StepOutputs;
use crate::cli::output::{markdown, step_summary};
use crate::files::{OutputFile, Readers, replace};
use crate::model::redact::redact;

/// A CI platform with a language of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CiPlatform {
    /// GitHub Actions.
    GitHub,
    /// Azure Pipelines.
    Azure,
    /// `TeamCity`.
    TeamCity,
}

/// The platform that runs this process, and the files that it reads afterwards.
#[derive(Debug)]
pub(crate) struct Ci {
    platform: CiPlatform,
    /// GitHub's step summary, unless a report goes there.
    summary: Option<PathBuf>,
    /// GitHub's outputs of the step.
    outputs: Option<PathBuf>,
    /// Where Azure's agent finds a summary that is uploaded.
    temporary: Option<PathBuf>,
}

impl Ci {
    /// Finds the platform's files by its variables. `reported` is whether a report goes to the step summary already.
    pub(crate) fn new(platform: CiPlatform, variable: impl Fn(&str) -> Option<PathBuf>, reported: bool) -> Self {
        let of = |wanted, name| if platform == wanted { variable(name) } else { None };
        Self {
            platform,
            summary: of(CiPlatform::GitHub, step_summary::VARIABLE).filter(|_| !reported),
            outputs: of(CiPlatform::GitHub, github::OUTPUT),
            temporary: of(CiPlatform::Azure, azure::TEMPORARY),
        }
    }

    /// What the platform is called.
    pub(crate) fn name(&self) -> &'static str {
        match self.platform {
            CiPlatform::GitHub => "GitHub Actions",
            CiPlatform::Azure => "Azure Pipelines",
            CiPlatform::TeamCity => "TeamCity",
        }
    }

    /// Whether the platform reads standard error as it reads standard output. Azure and `TeamCity` are documented to read
    /// the latter alone.
    pub(crate) fn reads_stderr(&self) -> bool {
        self.platform == CiPlatform::GitHub
    }

    /// Tells how a run ended: writes the platform's files, and returns what it is told by lines, and warnings of what
    /// could not be written. `outputs` is what later steps are told of a login.
    pub(crate) fn tell(&self, ending: &Ending, outputs: Option<&StepOutputs>) -> (String, Vec<String>) {
        let notices = notice::of(ending);
        let mut warnings = Vec::new();
        let mut write = |what: &str, result: Result<(), String>| {
            warnings.extend(result.err().map(|error| format!("the {what} was not written: {error}")));
        };
        let lines: String = match self.platform {
            CiPlatform::GitHub => {
                if let Some(path) = &self.summary {
                    write("step summary", append(path, &step_summary::text(path, ending)));
                }
                if let (Some(path), Some(outputs)) = (&self.outputs, outputs) {
                    write("step's output", append(path, &github::outputs(outputs)));
                }
                notices.iter().map(github::error).collect()
            }
            CiPlatform::Azure => {
                let mut lines: String = notices.iter().map(azure::error).collect();
                if let Some(folder) = &self.temporary {
                    let path = folder.join(format!("orgready-{}.md", std::process::id()));
                    let text = redact(&markdown::document(ending)).into_owned();
                    let written = replace(&path, text.as_bytes(), Readers::Umask);
                    if written.is_ok() {
                        lines.push_str(&azure::summary(&path));
                    }
                    write("build's summary", written.map_err(|error| error.to_string()));
                }
                lines + &outputs.map(azure::outputs).unwrap_or_default()
            }
            CiPlatform::TeamCity => notices.iter().map(teamcity::problem).collect(),
        };
        (redact(&lines).into_owned(), warnings)
    }
}

fn append(path: &Path, text: &str) -> Result<(), String> {
    let file = OutputFile::check(path, Readers::Umask).map_err(|error| error.to_string())?;
    file.append(text.as_bytes()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
