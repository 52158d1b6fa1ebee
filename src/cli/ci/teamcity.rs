//! `TeamCity` (jetbrains.com/help/teamcity, "Service messages"): problems that the build ends with.

use std::fmt::Write;

use super::notice::Notice;

/// Longest description that is taken, in characters.
const DESCRIPTION_MAX: usize = 4000;

/// Longest identity that is taken, in characters.
const IDENTITY_MAX: usize = 60;

/// A problem of the build. One that the next build has too is recognised by its identity.
pub(super) fn problem(notice: &Notice) -> String {
    let description: String = notice.to_string().chars().take(DESCRIPTION_MAX).collect();
    let identity: String = format!("orgready_{}", notice.code).chars().take(IDENTITY_MAX).collect();
    format!("##teamcity[buildProblem description='{}' identity='{}']\n", value(&description), value(&identity))
}

fn value(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '|' | '\'' | '[' | ']' => out.extend(['|', c]),
            '\n' => out.push_str("|n"),
            '\r' => out.push_str("|r"),
            c if c.is_ascii() => out.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "|0x{unit:04X}");
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped_as_the_server_reads_them() {
        let notice = Notice {
            code: "not_replicated".to_owned(),
            title: "a|b'c".to_owned(),
            message: "[d]\r\né … 😀".to_owned(),
        };
        assert_eq!(
            problem(&notice),
            "##teamcity[buildProblem description='a||b|'c|n|[d|]|r|n|0x00E9 |0x2026 |0xD83D|0xDE00' \
             identity='orgready_not_replicated']\n"
        );
    }
}
