//! GitHub Actions (docs.github.com, "Workflow commands"): annotations in the log, outputs and the summary in files.

use super::notice::Notice;
use crate::cli::output::step_outputs::StepOutputs;

/// The variable that names the file of the step's outputs.
pub(super) const OUTPUT: &str = "GITHUB_OUTPUT";

/// An annotation.
pub(super) fn error(notice: &Notice) -> String {
    format!("::error title={}::{}\n", property(&notice.title), data(&notice.message))
}

/// The step's outputs. No value has a line end, so that none needs a delimiter.
pub(super) fn outputs(outputs: &StepOutputs<'_>) -> String {
    outputs.named().map(|(name, value)| format!("{name}={value}\n")).concat()
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped_as_the_runner_reads_them() {
        let notice = |title: &str, message: &str| Notice {
            code: String::new(),
            title: title.to_owned(),
            message: message.to_owned(),
        };
        assert_eq!(
            error(&notice("a: 1, 2 %0A", "50% of\r\n::set-env name=A::b: c, d")),
            "::error title=a%3A 1%2C 2 %250A::50%25 of%0D%0A::set-env name=A::b: c, d\n"
        );
    }
}
