//! Azure Pipelines (learn.microsoft.com, "Logging commands"): issues, a summary, and output variables of the step.

use std::path::Path;

use super::notice::Notice;
use crate::cli::inert::inert;
use crate::cli::output::step_outputs::StepOutputs;

/// The variable that names the job's own folder of temporary files.
pub(super) const TEMPORARY: &str = "AGENT_TEMPDIRECTORY";

/// An issue of the build.
pub(super) fn error(notice: &Notice) -> String {
    format!("##vso[task.logissue type=error;code={}]{}\n", property(&notice.code), data(&notice.to_string()))
}

/// A Markdown file that is shown with the build.
pub(super) fn summary(path: &Path) -> String {
    format!("##vso[task.uploadsummary]{}\n", data(&path.to_string_lossy()))
}

/// The step's output variables.
pub(super) fn outputs(outputs: &StepOutputs<'_>) -> String {
    let variable = |(name, value): (&str, String)| {
        format!("##vso[task.setvariable variable={name};isOutput=true]{}\n", data(&inert(&value)))
    };
    outputs.named().map(variable).concat()
}

fn data(text: &str) -> String {
    text.replace('%', "%AZP25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(';', "%3B").replace(']', "%5D")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped_as_the_agent_reads_them() {
        let notice =
            Notice { code: "a;b]c%0A".to_owned(), title: "t; [x]".to_owned(), message: "50% of\r\nd; [e]".to_owned() };
        assert_eq!(
            error(&notice),
            "##vso[task.logissue type=error;code=a%3Bb%5Dc%AZP250A]t; [x]%0A50%AZP25 of%0D%0Ad; [e]\n"
        );
    }
}
