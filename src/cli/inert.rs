//! Keeps a CI system from finding commands of its own in what is printed.

/// CI systems take `##vso[…]` and `##[…]` for commands wherever they stand in a line
/// (<https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands>); `::…` counts at its start alone,
/// and no line of ours begins with foreign text.
pub(crate) fn inert(text: &str) -> String {
    let mut text = text.to_owned();
    while text.contains("##") {
        text = text.replace("##", "# #");
    }
    text
}

/// The same JSON, written so that no CI system finds a command of its own (`##vso[…]`, `##[…]`) in it: outside of a
/// text there is no `#`, and inside of one `\u0023` is the same character.
pub(crate) fn inert_json(text: &str) -> String {
    if text.contains("##") { text.replace("##", "\\u0023\\u0023") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_holds_a_command_of_a_ci_system() {
        assert_eq!(inert("x ##vso[task.setvariable]y ##[error]z"), "x # #vso[task.setvariable]y # #[error]z");
        assert!(!inert("######[x]").contains("##"));
        assert!(!inert_json("\"######[x]\"").contains("##"));
    }
}
