//! Where the end of a run is told beside the terminal: result files, later steps, the CI platform.

use super::session::Session;
use crate::cli::ci::Ci;
use crate::cli::console::Console;
use crate::cli::ending::Ending;
use crate::cli::job::Job;
use crate::cli::output::report::Reports;
use crate::cli::output::step_outputs::StepOutputs;
use crate::cli::output::{json, output_env};
use crate::cli::problem::Problem;
use crate::cli::settings::places::Places;
use crate::files::OutputFile;
use crate::model::event::{Event, Observer};

/// Everything that wants to know how a run ended.
#[derive(Debug)]
pub(super) struct Results {
    reports: Reports,
    output_env: Option<OutputFile>,
    ci: Option<Ci>,
    /// The orgs that are asked for by name.
    asked: Vec<String>,
    /// Where each org is told as a line of JSON at the moment it is done.
    stdout: Option<Console>,
}

impl Results {
    /// Begins the files that grow while the run goes on.
    pub(super) fn begin(places: Places, asked: Vec<String>, session: &Session<'_>) -> Result<Self, Problem> {
        let stdout = session.output.lines.then(|| session.console.clone());
        let Places { reports, output_env, ci, .. } = places;
        let reports = Reports::begin(reports, session.sources.environment.started).map_err(Problem::new)?;
        Ok(Self { reports, output_env, ci, asked, stdout })
    }

    /// Tells them. What could not be written is a failure where the user named the file, and a warning where the platform
    /// did.
    pub(super) fn finish(self, ending: &mut Ending, session: &Session<'_>) {
        session.warn(ending, []);
        let mut unwritten = self.reports.finish(ending);
        if let Some(file) = self.output_env {
            let (lines, warnings) = output_env::lines(&StepOutputs::of(ending, &self.asked));
            session.warn(ending, warnings);
            let written = file.append(lines.as_bytes());
            unwritten.extend(written.err().map(|error| format!("--output-env was not written: {error}")));
        }
        for message in unwritten {
            session.unwritten(ending, message);
        }
        if let Some(ci) = self.ci {
            let outputs = (ending.job == Job::Login).then(|| StepOutputs::of(ending, &self.asked));
            let (lines, warnings) = ci.tell(ending, outputs.as_ref());
            let untold = session.tell_platform(&ci, &lines);
            session.warn(ending, warnings.into_iter().chain(untold));
        }
    }
}

impl Observer for Results {
    fn observe(&self, event: &Event) {
        self.reports.observe(event);
        if let (Event::OrgFinished { outcome, .. }, Some(stdout)) = (event, &self.stdout)
            && let Ok(line) = json::line(outcome)
        {
            stdout.out_meanwhile(&line);
        }
    }
}
