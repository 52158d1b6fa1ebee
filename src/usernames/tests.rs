//! What holds for every form; what holds for one is tested in its file.

use super::*;
use crate::model::org::{OrgEntry, OrgName};

/// The list of one file, each org as `alias=username`, and the warnings.
pub(super) fn read_and_warned(content: &[u8]) -> Result<(Vec<String>, Vec<String>), String> {
    let mut roster = Roster::new();
    roster.add_file("f", content);
    shown(roster)
}

pub(super) fn read(content: &[u8]) -> Result<Vec<String>, String> {
    read_and_warned(content).map(|(listed, _)| listed)
}

fn shown(roster: Roster<'_>) -> Result<(Vec<String>, Vec<String>), String> {
    let list = roster.finish().map_err(|error| error.to_string())?;
    let shown = |entry: &OrgEntry| match entry {
        OrgEntry { name: OrgName::Failed(failed), .. } => failed.to_string(),
        OrgEntry { name, alias: Some(alias) } => format!("{alias}={name}"),
        OrgEntry { name, alias: None } => name.to_string(),
    };
    Ok((list.entries.iter().map(shown).collect(), list.warnings))
}

fn listed(roster: Roster<'_>) -> Result<Vec<String>, String> {
    shown(roster).map(|(listed, _)| listed)
}

fn arguments(texts: &[&str]) -> Result<Vec<String>, String> {
    let mut roster = Roster::new();
    for text in texts {
        roster.add_argument(text);
    }
    listed(roster)
}

#[track_caller]
pub(super) fn assert_read(content: &str, orgs: &[&str]) {
    assert_eq!(read(content.as_bytes()), Ok(orgs.iter().map(ToString::to_string).collect()), "{content}");
}

#[track_caller]
pub(super) fn assert_told(content: &str, lines: &[&str]) {
    let told = read(content.as_bytes()).unwrap_err();
    let told: Vec<&str> = told.lines().collect();
    assert_eq!(told.len(), lines.len(), "{told:#?}");
    for (told, part) in told.iter().zip(lines) {
        assert!(told.contains(part), "{told:?} lacks {part:?}");
    }
}

mod on_the_command_line {
    use super::*;

    #[test]
    fn usernames_aliases_and_record_ids_are_taken_in_their_order() {
        let orgs = arguments(&["b@x.com", "qa=a@x.com", "2SRxx0000000001", "uat=2SRxx0000000002AAA"]);
        assert_eq!(orgs.unwrap(), ["b@x.com", "qa=a@x.com", "2SRxx0000000001", "uat=2SRxx0000000002"]);
    }

    #[test]
    fn an_equals_sign_after_an_at_belongs_to_the_username() {
        assert_eq!(arguments(&["a@x=y.com"]).unwrap(), ["a@x=y.com"]);
    }

    #[test]
    fn all_that_is_wrong_is_told_together() {
        let told =
            arguments(&["nobody", "=a@x.com", "a b=c@x.com", "a@x.com,b@x.com", "good@x.com", "qa="]).unwrap_err();
        assert_eq!(told.lines().count(), 5, "{told}");
        assert!(told.starts_with("command line: \"nobody\" is not a Salesforce username"), "{told}");
        assert!(told.contains("\"a@x.com,b@x.com\" is more than one username"), "{told}");
    }

    #[test]
    fn a_word_is_an_alias_that_sf_knows() {
        let username_of = |alias: &str| match alias {
            "qa" | "Release 7" => Some("test-a@example.com".to_owned()),
            "broken" => Some("no username".to_owned()),
            _ => None,
        };
        let mut roster = Roster::with_aliases(&username_of);
        roster.add_argument("qa");
        roster.add_argument("Release 7");
        roster.add_file("f", b"# from sf\nqa\nb@x.com\n");
        assert_eq!(listed(roster).unwrap(), ["test-a@example.com", "b@x.com"]);
        let mut roster = Roster::with_aliases(&username_of);
        for text in ["broken", "nobody", "2SRxx0000000001"] {
            roster.add_argument(text);
        }
        roster.add_file("f", b"s3cret");
        let told = listed(roster).unwrap_err();
        assert!(told.starts_with("command line: \"broken\" is not a Salesforce username (expected"), "{told}");
        assert!(
            told.contains("\"nobody\"") && told.contains("no alias that sf knows") && !told.contains("s3cret"),
            "{told}"
        );
        assert_eq!(told.lines().count(), 3, "{told}");
    }

    #[test]
    fn characters_that_no_username_has_are_refused() {
        for text in [
            "a@b@x.com",
            "a:b@x.com",
            "a\\b@x.com",
            "\"a\"@x.com",
            "<a@x.com>",
            "a b@x.com",
            "a\u{7}@x.com",
            "@x.com",
            "a@",
        ] {
            assert!(arguments(&[text]).unwrap_err().contains("is not a Salesforce username"), "{text}");
        }
    }

    #[test]
    fn none_at_all_is_an_error() {
        let none = Roster::new().finish().unwrap_err();
        assert_eq!(none, RosterError::NoUsername);
        assert!(none.to_string().contains("--usernames-file"));
    }
}

mod duplicates {
    use super::*;

    #[test]
    fn count_once_whatever_their_case_and_source() {
        let mut roster = Roster::new();
        roster.add_argument("Test-A@example.com");
        roster.add_file("f", b"test-a@EXAMPLE.com\nb@x.com\nTEST-A@EXAMPLE.COM\n");
        roster.add_file("g", br#"["b@x.com"]"#);
        assert_eq!(listed(roster).unwrap(), ["Test-A@example.com", "b@x.com"]);
    }

    #[test]
    fn a_record_id_of_15_and_of_18_characters_is_the_same() {
        assert_eq!(arguments(&["2SRxx0000000001AAA", "2SRxx0000000001"]).unwrap(), ["2SRxx0000000001"]);
    }

    #[test]
    fn an_alias_that_only_one_of_them_has_is_kept() {
        assert_eq!(arguments(&["a@x.com", "qa=A@x.com", "a@X.com", "qa=a@x.com"]).unwrap(), ["qa=a@x.com"]);
    }

    #[test]
    fn two_aliases_for_one_org_are_an_error_that_names_both_places() {
        assert_told("qa=a@x.com\n\nuat=a@x.com\n", &["f:3: the line gives an org a second alias, after f:1"]);
    }

    #[test]
    fn one_alias_for_two_usernames_is_an_error_that_names_both_places() {
        let mut roster = Roster::new();
        roster.add_argument("a@x.com");
        roster.add_file("one.txt", b"# the first\nqa=a@x.com");
        roster.add_file("two.txt", b"qa=b@x.com");
        let told = listed(roster).unwrap_err();
        let expected = "two.txt:1: the line gives an alias that already stands for another org, after one.txt:2";
        assert!(told.starts_with(expected), "{told}");
    }

    #[test]
    fn of_several_aliases_of_sf_each_stands_for_one_org() {
        assert_read("[{\"username\": \"a@x.com\", \"alias\": \"qa, uat\"}, \"uat=a@x.com\"]", &["qa,uat=a@x.com"]);
        assert_read("[\"uat=a@x.com\", {\"username\": \"a@x.com\", \"alias\": \"qa,uat\"}]", &["qa,uat=a@x.com"]);
        assert_told(
            "[{\"username\": \"a@x.com\", \"alias\": \"qa,uat\"}, \"uat=b@x.com\"]",
            &["already stands for another"],
        );
    }

    #[test]
    fn whether_an_id_and_a_username_are_one_org_only_the_hub_knows() {
        assert_read("qa=2SRxx0000000001\nqa=a@x.com\n", &["qa=2SRxx0000000001", "qa=a@x.com"]);
        assert_told("qa=2SRxx0000000001\nqa=2SRxx0000000002\n", &["f:2: the line gives an alias"]);
    }
}

mod any_input {
    use super::*;
    use proptest::prelude::*;

    /// What a user may own; `=` only where a form cannot mistake it, and no `,;"#`, which is another test's matter.
    fn orgs() -> impl Strategy<Value = Vec<(String, Option<String>)>> {
        let name = "[a-zA-Z0-9.!$%&'*/?^_+`{|}~é-]{1,12}@[a-z0-9.-]{1,12}";
        let alias = proptest::option::of("[a-zA-Z0-9._/#'-]{0,5}");
        proptest::collection::vec((name, alias), 1..40).prop_map(|orgs| {
            let numbered = |(index, (name, alias)): (usize, (String, Option<String>))| {
                (format!("{index}.{name}"), alias.map(|alias| format!("{index}.{alias}")))
            };
            orgs.into_iter().enumerate().map(numbered).collect()
        })
    }

    fn expected(orgs: &[(String, Option<String>)]) -> Vec<String> {
        orgs.iter()
            .map(|(name, alias)| alias.as_ref().map_or(name.clone(), |alias| format!("{alias}={name}")))
            .collect()
    }

    fn object((name, alias): &(String, Option<String>)) -> serde_json::Value {
        serde_json::json!({"LoginUrl": null, "username": name, "alias": alias})
    }

    proptest! {
        #[test]
        fn what_is_written_as_text_is_read_back(orgs in orgs(), end in "\r?\n#? ?\r?\n") {
            prop_assert_eq!(read(expected(&orgs).join(&end).as_bytes()), Ok(expected(&orgs)));
        }

        #[test]
        fn what_is_written_as_csv_is_read_back(orgs in orgs(), separator in "[,;\t]", quote in "\"?", end in "\r?\n") {
            let mut text = format!("alias{separator}username{end}");
            for (name, alias) in &orgs {
                let alias = alias.as_deref().unwrap_or_default();
                // A row that begins with `#` would be a comment.
                let quote = if alias.starts_with('#') { "\"" } else { &quote };
                text += &[quote, alias, quote, &separator, quote, name, quote, &end].concat();
            }
            prop_assert_eq!(read(text.as_bytes()), Ok(expected(&orgs)));
        }

        #[test]
        fn what_is_written_as_json_is_read_back(orgs in orgs(), pretty: bool) {
            let array = orgs.iter().map(object).collect::<serde_json::Value>();
            let text = if pretty { serde_json::to_string_pretty(&array) } else { serde_json::to_string(&array) };
            prop_assert_eq!(read(text.unwrap().as_bytes()), Ok(expected(&orgs)));
            let lines: Vec<String> = orgs.iter().map(|org| object(org).to_string()).collect();
            prop_assert_eq!(read(lines.join("\n").as_bytes()), Ok(expected(&orgs)));
        }

        #[test]
        fn a_bad_row_is_found_at_its_line_in_every_form(before in 0_usize..30, after in 0_usize..30) {
            let rows = |good: &str, bad: &str, end: &str| {
                let mut rows = vec![String::new(); before];
                rows.push(bad.to_owned());
                rows.extend(vec![String::new(); after]);
                for (number, row) in rows.iter_mut().enumerate().filter(|(_, row)| row.is_empty()) {
                    *row = good.replace('0', &number.to_string());
                }
                rows.join(end)
            };
            for (text, line) in [
                (rows("a0@x.com", "nobody", "\r\n"), before + 1),
                (format!("username\n{}", rows("a0@x.com", "nobody", "\n")), before + 2),
                (format!("username;x\r\n{}", rows("a0@x.com;", "nobody", "\r\n")), before + 2),
                (format!("[\n{}\n]", rows("{\"username\": \"a0@x.com\"}", "{\"username\":\n\"nobody\"}", ",\n")), before + 2),
                (rows("\"a0@x.com\"", "\"nobody\"", "\n"), before + 1),
            ] {
                let told = read(text.as_bytes()).unwrap_err();
                prop_assert!(told.starts_with(&format!("f:{line}: the ")), "{} in {}", told, text);
                prop_assert_eq!(told.lines().count(), 1);
            }
        }

        #[test]
        fn arbitrary_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }

        #[test]
        fn arbitrary_text_near_the_forms_is_read_or_refused(
            text in "([ \t\r\n,;=#@\"{}\\[\\]:]|username|alias|result|records|include|2SRxx0000000001|null|a@b|\\\\u00|é){0,40}",
        ) {
            if let Err(told) = read(text.as_bytes()) {
                prop_assert!(!told.is_empty() && told.lines().count() <= RosterError::SHOWN + 1);
            }
        }
    }

    #[test]
    fn ten_thousand_orgs_are_all_there() {
        let rows: Vec<String> = (0..10_000).map(|n| format!("{{\"username\": \"test-{n}@example.com\"}}")).collect();
        let text = rows.join("\n");
        assert_eq!(read(text.as_bytes()).unwrap().len(), 10_000);
    }
}

fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(unit).collect()
}

#[test]
fn utf_8_and_utf_16_with_a_mark_are_read_in_every_form() {
    for text in
        ["qa=ü@x.com\r\n", "alias,username\r\nqa,ü@x.com\r\n", "{\r\n\"username\": \"ü@x.com\", \"alias\": \"qa\"}\r\n"]
    {
        for bytes in [
            text.as_bytes().to_vec(),
            format!("\u{feff}{text}").into_bytes(),
            utf16(text, u16::to_le_bytes),
            utf16(text, u16::to_be_bytes),
        ] {
            assert_eq!(read(&bytes).unwrap(), ["qa=ü@x.com"], "{text} as {bytes:?}");
        }
    }
}

#[test]
fn marks_that_stay_behind_where_files_were_joined_are_no_part_of_a_name() {
    assert_read("\u{feff}a@x.com\n\u{feff}b@x.com\n", &["a@x.com", "b@x.com"]);
    assert_read("\u{feff}\"a@x.com\"\n\u{feff}\"b@x.com\"\n", &["a@x.com", "b@x.com"]);
}

#[test]
fn other_bytes_are_told_with_their_line() {
    let told = read(b"a@x.com\n# caf\xe9\n").unwrap_err();
    assert!(
        told.starts_with("f:2: the file cannot be read: this is neither UTF-8 nor UTF-16; save it as UTF-8"),
        "{told}"
    );
    assert_eq!(read(&utf16("a@x.com\nb@x.com", u16::to_le_bytes)[2..]).unwrap(), ["a@x.com", "b@x.com"]);
    for broken in [&b"\xff\xfea\0\n\0b"[..], b"\xfe\xff\0a\0\n\xd8\x00"] {
        assert!(read(broken).unwrap_err().starts_with("f:2: the file cannot be read: this is broken UTF-16"));
    }
}

mod text {
    use super::*;

    #[test]
    fn has_one_org_a_line_and_comments() {
        let text =
            "# orgs of the pool\n\n  a@x.com  \nqa=b@x.com # for the testers\n\t#c@x.com\nd#1@x.com\ne@x.com\t# tab";
        assert_read(text, &["a@x.com", "qa=b@x.com", "d#1@x.com", "e@x.com"]);
        assert_read(&text.replace('\n', "\r\n"), &["a@x.com", "qa=b@x.com", "d#1@x.com", "e@x.com"]);
    }

    #[test]
    fn is_told_by_line_and_never_quoted_where_it_is_bad() {
        for secret in [
            "password s3cret",
            "machine login.salesforce.com login me password s3cret@x.com",
            "SFDX_AUTH_URL=force://PlatformCLI::s3cret@acme.my.salesforce.com",
            "\"refreshToken\": \"s3cret\"",
            "s3cret",
            "a@s3cret@x.com",
            "qa=s3cret",
            "s3cret thing=a@x.com",
            "a@x.com,s3cret",
            "qa=s3cret@x.com\nqa=b@x.com",
        ] {
            let told = read(format!("z@x.com\n{secret}\n").as_bytes()).unwrap_err();
            assert!(told.starts_with("f:") && told.lines().count() == 1 && !told.contains("s3cret"), "{told}");
        }
    }

    #[test]
    fn with_columns_but_no_header_is_pointed_out() {
        assert_told("a@x.com,qa\nb@x.com;qa2\n", &["f:1: the line is more than one username", "f:2: "]);
    }

    #[test]
    fn may_have_lines_of_tools_between_its_rows() {
        let text = "::group::Orgs\nWarning: update\na@x.com\n+ sf org list --target 'a=b@x.com'\n----\nb@x.com\nQuerying... done\n";
        let (listed, warnings) = read_and_warned(text.as_bytes()).unwrap();
        assert_eq!(listed, ["a@x.com", "b@x.com"]);
        assert_eq!(warnings, ["f:1: 5 lines that are no rows of the list were skipped"]);
    }

    #[test]
    fn without_any_org_is_an_error_of_its_own() {
        for empty in [
            "",
            "\n",
            "# nothing yet\r\n\r\n",
            "\u{feff}",
            "  ",
            "[]",
            "username,alias\n",
            "[[],[]]",
            "warning: x\n",
            "{\"status\": 0, \"result\": {\"records\": []}}",
        ] {
            assert_told(empty, &["f: the file holds no username"]);
        }
    }

    #[test]
    fn that_is_empty_is_an_error_beside_good_ones() {
        let mut roster = Roster::new();
        roster.add_argument("a@x.com");
        roster.add_file("empty.json", b"");
        assert_eq!(listed(roster).unwrap_err(), "empty.json: the file holds no username");
    }

    #[test]
    fn of_many_bad_lines_tells_the_first_and_counts_the_rest() {
        let told = read("nobody\n".repeat(70_000).as_bytes()).unwrap_err();
        assert_eq!(told.lines().count(), RosterError::SHOWN + 1);
        assert!(told.ends_with("\nand 69980 more"), "{told}");
    }

    #[test]
    fn cannot_steer_a_terminal_by_a_file_name() {
        let mut roster = Roster::new();
        roster.add_file("a\u{1b}[2J.txt", "\u{1b}]0;x\u{7}\u{202e}".as_bytes());
        let told = listed(roster).unwrap_err();
        assert!(!told.chars().any(|c| c.is_control() || c == '\u{202e}'), "{told:?}");
    }

    #[test]
    fn that_is_a_key_is_told_in_one_line() {
        for begin in
            ["-----BEGIN PRIVATE KEY-----", "Bag Attributes\n-----BEGIN RSA PRIVATE KEY-----", "LS0tLS1CRUdJTiBQ"]
        {
            let told = read(format!("{begin}\nMIIEsecret\nsecret==\n").as_bytes()).unwrap_err();
            assert!(told.contains(": the file holds a key") && told.lines().count() == 1, "{told}");
            assert!(!told.contains("secret"), "{told}");
        }
        assert_read("{\"username\": \"a@x.com\", \"privateKey\": \"-----BEGIN PRIVATE KEY-----\"}", &["a@x.com"]);
    }

    #[test]
    fn that_is_far_too_large_is_not_read() {
        let told = read(&vec![b'x'; FILE_MAX + 1]).unwrap_err();
        assert_eq!(told, "f: the file is larger than 64 MiB, so it is hardly a list of usernames");
    }
}
