//! `--output-env`: `KEY=value` lines that `$GITHUB_ENV`, `$GITHUB_OUTPUT`, GitLab's dotenv and `$BASH_ENV` all take.
//!
//! None of them agrees with another on quotes, so that a value is written without or not at all. GitLab takes 5 KB in all
//! (docs.gitlab.com, "artifacts:reports:dotenv"), `$BASH_ENV` is a script.

use std::fmt::Write;

use super::step_outputs::StepOutputs;

/// Longest list, in bytes.
const LIST_MAX: usize = 4096;

/// The same of both lists: what is written besides has room in 5 KB too.
const LISTS_MAX: usize = 4500;

/// The lines, and warnings of what is not among them.
pub(crate) fn lines(outputs: &StepOutputs<'_>) -> (String, Vec<String>) {
    let (ready, all) = (outputs.ready.join(","), outputs.all.join(","));
    let both = ready.len() + all.len();
    // All of them are what a clean-up needs.
    let only_all = all.len() <= LIST_MAX && both > LISTS_MAX;
    let org = outputs.single;
    let values = [
        ("ORGREADY_READY", Some(outputs.ready.len().to_string())),
        ("ORGREADY_FAILED", Some(outputs.failed().to_string())),
        (READY, Some(ready)),
        ("ORGREADY_ALL_USERNAMES", Some(all)),
        ("ORGREADY_USERNAME", outputs.username().map(str::to_owned)),
        ("ORGREADY_ORG_ID", org.and_then(|org| Some(org.org_id?.to_string()))),
        ("ORGREADY_INSTANCE_URL", org.and_then(|org| org.instance_url.clone())),
        ("ORGREADY_LOGIN_URL", org.and_then(|org| org.login_url.clone())),
    ];
    let (mut lines, mut warnings) = (String::new(), Vec::new());
    for (key, value) in values {
        let Some(value) = value else { continue };
        let why = if key == READY && only_all {
            format!("both lists have {both} bytes, and GitLab takes 5 KB for the whole file")
        } else if value.len() > LIST_MAX {
            format!("it has {} bytes, and some readers of such files take {LIST_MAX} at most", value.len())
        } else if value.contains(needs_quotes) {
            "it cannot be written without quotes".to_owned()
        } else {
            let _ = writeln!(lines, "{key}={value}");
            continue;
        };
        warnings.push(format!("{key} was left out of the --output-env file: {why}; --report json=FILE has it all"));
    }
    (lines, warnings)
}

const READY: &str = "ORGREADY_USERNAMES";

/// Whether a shell or a reader of dotenv files would take a character for something else than itself.
fn needs_quotes(c: char) -> bool {
    !(c.is_alphanumeric() || "@%_+=:,./-".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::tests::samples;
    use crate::model::report::OrgStatus;

    #[test]
    fn a_single_org_is_told_whole() {
        let (lines, warnings) = lines(&StepOutputs::of(&samples::all_ready(), &[]));
        assert_eq!(
            lines,
            "ORGREADY_READY=1\nORGREADY_FAILED=0\nORGREADY_USERNAMES=test-a@example.com\n\
             ORGREADY_ALL_USERNAMES=test-a@example.com\nORGREADY_USERNAME=test-a@example.com\n\
             ORGREADY_ORG_ID=00D000000000001EAA\nORGREADY_INSTANCE_URL=https://x.scratch.my.salesforce.com\n\
             ORGREADY_LOGIN_URL=https://x.scratch.my.salesforce.com\n"
        );
        assert!(warnings.is_empty());
    }

    #[test]
    fn what_needs_quotes_or_is_too_long_is_left_out_with_a_warning() {
        let quoted = samples::run(vec![samples::org("o'brien@example.com", OrgStatus::Ready, None)], None);
        let (text, warnings) = lines(&StepOutputs::of(&quoted, &[]));
        assert!(!text.contains("brien") && text.contains("ORGREADY_READY=1\n"), "{text}");
        assert_eq!(warnings.len(), 3, "{warnings:?}");
        let many = (0..300).map(|n| samples::org(&format!("test-{n}@example.com"), OrgStatus::Ready, None)).collect();
        let (text, warnings) = lines(&StepOutputs::of(&samples::run(many, None), &[]));
        assert_eq!(text, "ORGREADY_READY=300\nORGREADY_FAILED=0\n");
        assert!(warnings[0].contains("ORGREADY_USERNAMES") && warnings[0].contains("4096"), "{warnings:?}");
        let many =
            (0..120).map(|n| samples::org(&format!("test-{n:08}@example.com"), OrgStatus::Ready, None)).collect();
        let (text, warnings) = lines(&StepOutputs::of(&samples::run(many, None), &[]));
        assert!(text.len() < 5000 && text.contains("ORGREADY_ALL_USERNAMES=") && !text.contains("ORGREADY_USERNAMES="));
        assert!(warnings[0].contains("GitLab takes 5 KB"), "{warnings:?}");
    }

    #[cfg(unix)]
    #[test]
    fn a_shell_reads_what_was_written() {
        let (lines, _) = lines(&StepOutputs::of(&samples::all_ready(), &[]));
        let script = format!("{lines}printf %s \"$ORGREADY_LOGIN_URL $ORGREADY_USERNAMES\"");
        let shell = std::process::Command::new("sh").arg("-c").arg(script).output().unwrap();
        let said = String::from_utf8(shell.stdout).unwrap();
        assert_eq!(said, "https://x.scratch.my.salesforce.com test-a@example.com");
    }
}
