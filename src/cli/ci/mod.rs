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
use crate::files::{FileError, OutputFile};
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
    summary: Option<OutputFile>,
    /// GitHub's outputs of the step.
    outputs: Option<OutputFile>,
    /// The summary that Azure's agent uploads.
    uploaded: Option<OutputFile>,
}

impl Ci {
    /// Finds the platform's files by its variables; `open` proves one, unless nothing is to go there.
    pub(crate) fn new(
        platform: CiPlatform,
        variable: impl Fn(&str) -> Option<PathBuf>,
        mut open: impl FnMut(&'static str, &Path) -> Option<OutputFile>,
    ) -> Self {
        let mut of = |wanted, name, file: &str| {
            let path = variable(name).filter(|_| platform == wanted)?;
            open(name, &if file.is_empty() { path } else { path.join(file) })
        };
        // Later steps may need the outputs: of two at one place, they are written.
        let outputs = of(CiPlatform::GitHub, github::OUTPUT, "");
        let summary = of(CiPlatform::GitHub, step_summary::VARIABLE, "");
        let uploaded = of(CiPlatform::Azure, azure::TEMPORARY, &format!("orgready-{}.md", std::process::id()));
        Self { platform, summary, outputs, uploaded }
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
    pub(crate) fn tell(&self, ending: &Ending, outputs: Option<&StepOutputs<'_>>) -> (String, Vec<String>) {
        let problem = match self.platform {
            CiPlatform::GitHub => github::error,
            CiPlatform::Azure => azure::error,
            CiPlatform::TeamCity => teamcity::problem,
        };
        let mut lines: String = notice::of(ending).iter().map(problem).collect();
        let mut warnings = Vec::new();
        let mut write = |what: &str, result: Result<(), FileError>| {
            warnings.extend(result.err().map(|error| format!("the {what} was not written: {error}")));
        };
        if let Some(file) = &self.summary {
            write("step summary", file.append(step_summary::text(file.path(), ending).as_bytes()));
        }
        if let (Some(file), Some(outputs)) = (&self.outputs, outputs) {
            write("step's output", file.append(github::outputs(outputs).as_bytes()));
        }
        if let Some(file) = &self.uploaded {
            let written = file.replace(redact(&markdown::document(ending)).as_bytes());
            if written.is_ok() {
                lines.push_str(&azure::summary(file.path()));
            }
            write("build's summary", written);
        }
        if let (CiPlatform::Azure, Some(outputs)) = (self.platform, outputs) {
            lines.push_str(&azure::outputs(outputs));
        }
        (redact(&lines).into_owned(), warnings)
    }
}

#[cfg(test)]
mod tests;
