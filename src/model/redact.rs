//! Secrets by their looks, in texts that are to be shown: private keys that were given where a path, a name or a list
//! belongs, and tokens and assertions in the answers of servers that do not speak as Salesforce does.

use std::borrow::Cow;
use std::ops::Range;

/// What stands in its place.
pub(crate) const HIDDEN: &str = "[hidden]";

/// How a PEM block begins, and how it ends.
const BEGIN: &[u8] = b"-----BEGIN";
const END: &[u8] = b"-----END";

/// What stands where a text was cut ([`crate::model::untrusted::sanitize_line`]).
const CUT: &[u8] = "…".as_bytes();

/// Shortest run of base64 that counts as a part of a key by its looks alone; a line of PEM has 64 characters.
const RUN_MIN: usize = 40;

/// The same where the text was cut after it.
const CUT_RUN_MIN: usize = 24;

/// Shortest run that counts as a part of a key beside another part; shorter ones are words.
const NEXT_RUN_MIN: usize = 16;

/// Shortest token or assertion.
const TOKEN_MIN: usize = 20;

/// How secrets of known kinds begin: the URL that `sf org display --verbose` shows for a login, tokens of GitHub, GitLab,
/// npm and Slack, refresh tokens of Salesforce.
const MARKS: [&[u8]; 13] = [
    AUTH_URL,
    b"ghp_",
    b"gho_",
    b"ghu_",
    b"ghs_",
    b"ghr_",
    b"github_pat_",
    b"glpat-",
    b"npm_",
    b"xoxb-",
    b"xoxp-",
    b"5Aep861",
    b"5Aep_",
];

const AUTH_URL: &[u8] = b"force://";

/// The text without secrets: PEM blocks, base64 of such a block, lines out of the middle of either, tokens, assertions.
///
/// Of JSON, only what stands inside of a text is hidden, so that JSON stays JSON.
pub(crate) fn redact(text: &str) -> Cow<'_, str> {
    let mut shown = String::new();
    let mut from = 0;
    while let Some(secret) = next(text.as_bytes(), from) {
        shown.push_str(&text[from..secret.start]);
        shown.push_str(HIDDEN);
        from = secret.end;
    }
    if from == 0 {
        return Cow::Borrowed(text);
    }
    shown.push_str(&text[from..]);
    Cow::Owned(shown)
}

/// The next secret, from `at` on.
fn next(text: &[u8], mut at: usize) -> Option<Range<usize>> {
    while at < text.len() {
        if text[at..].starts_with(BEGIN) {
            let body = at + BEGIN.len() + header(&text[at + BEGIN.len()..]);
            // Our own messages name the line that a key begins with.
            match further(text, body) {
                end if end > body => return Some(at..end),
                _ => at = body,
            }
        } else if is_base64(text[at]) {
            let start = at + escape(text, at);
            let end = start + run(&text[start..]);
            if let Some(token) = (start..end).find_map(|begin| token(text, begin)) {
                return Some(token);
            }
            if looks_random(&text[start..end], text[end..].starts_with(CUT)) && !is_in_consumer_key(text, start) {
                return Some(start..further(text, end));
            }
            at = end;
        } else {
            at += 1;
        }
    }
    None
}

/// The token or assertion that begins here: the id of an org, `!` and more; a JWT, whose first part is `{"…` in base64.
fn token(text: &[u8], at: usize) -> Option<Range<usize>> {
    let rest = &text[at..];
    let is_token = rest.starts_with(b"00D") && [15, 18].iter().any(|id| rest.get(*id) == Some(&b'!'));
    let begins_word = || !text[..at].last().is_some_and(u8::is_ascii_alphanumeric);
    if let Some(mark) = MARKS.iter().find(|mark| rest.starts_with(mark)).filter(|_| begins_word()) {
        let is_part = |byte: &&u8| match *mark {
            AUTH_URL => !byte.is_ascii_whitespace() && !b"\"'`<>\\".contains(byte),
            _ => byte.is_ascii_alphanumeric() || b"._-=".contains(byte),
        };
        let length = rest.iter().take_while(is_part).count();
        // A name may begin so too, such as that of a variable, but has no digits.
        let is_random = *mark == AUTH_URL || rest[..length].iter().any(u8::is_ascii_digit);
        return (length >= TOKEN_MIN && is_random).then_some(at..at + length);
    }
    let is_jwt = || rest.starts_with(b"eyJ") && begins_word();
    if !is_token && !is_jwt() {
        return None;
    }
    let length = rest.iter().take_while(|byte| is_base64(**byte) || b"._-!".contains(byte)).count();
    (length >= TOKEN_MIN).then_some(at..at + length)
}

/// The rest of the line that a PEM block begins with.
fn header(text: &[u8]) -> usize {
    let label = text.iter().take_while(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b' ')).count();
    if text[label..].starts_with(b"-----") { label + 5 } else { 0 }
}

/// Where the key ends of which a part ends at `end`.
fn further(text: &[u8], mut end: usize) -> usize {
    loop {
        let start = end + separators(&text[end..]);
        if text[start..].starts_with(END) {
            return start + END.len() + header(&text[start + END.len()..]);
        }
        let stop = start + run(&text[start..]);
        let ends_here = || text[stop + separators(&text[stop..])..].starts_with(END);
        let cut = text[stop..].starts_with(CUT);
        if stop == start || (stop - start < NEXT_RUN_MIN && !cut && !ends_here()) {
            return end;
        }
        end = stop;
    }
}

/// What stands between two lines of a key: white space, also written as `\n`, and the dashes before lines of a message.
fn separators(text: &[u8]) -> usize {
    let mut at = 0;
    loop {
        let rest = &text[at..];
        let backslashes = rest.iter().take_while(|byte| **byte == b'\\').count();
        at += match rest {
            [byte, ..] if byte.is_ascii_whitespace() => 1,
            [b'-', b' ', ..] => 2,
            _ if backslashes > 0 && matches!(rest.get(backslashes), Some(b'n' | b'r')) => backslashes + 1,
            _ => return at,
        };
    }
}

/// The part of what looks like base64 that belongs to an escape sequence, such as `\n` or `\u0023`.
fn escape(text: &[u8], at: usize) -> usize {
    match (at.checked_sub(1).map(|before| text[before]), text[at]) {
        (Some(b'\\'), b'u') => run(&text[at..]).min(5),
        (Some(b'\\'), _) => 1,
        _ => 0,
    }
}

fn run(text: &[u8]) -> usize {
    text.iter().take_while(|byte| is_base64(**byte)).count()
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// Whether capitals, small letters and digits change as often as chance has it (every 1.6 characters) and not as in
/// paths and words, or in hexadecimal numbers.
fn looks_random(run: &[u8], cut: bool) -> bool {
    if run.len() < if cut { CUT_RUN_MIN } else { RUN_MIN } {
        return false;
    }
    let has = |kind: fn(&u8) -> bool| run.iter().any(kind);
    let kind = |byte: u8| (byte.is_ascii_uppercase(), byte.is_ascii_lowercase(), byte.is_ascii_digit());
    let letters = |two: &&[u8]| two.iter().all(u8::is_ascii_alphanumeric);
    let changes = run.windows(2).filter(letters).filter(|two| kind(two[0]) != kind(two[1])).count();
    has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit) && changes * 3 > run.len()
}

/// A consumer key is no secret, and messages name it: `3MVG…`, of letters, digits, `.` and `_`.
fn is_in_consumer_key(text: &[u8], at: usize) -> bool {
    let before = text[..at].iter().rev();
    let word = before.take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_')).count();
    text[at - word..].starts_with(b"3MVG")
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;

    use super::*;
    use crate::model::untrusted::sanitize_line;

    /// As much base64 as a key is; what it stands for does not matter.
    fn body() -> String {
        let mut random = fastrand::Rng::with_seed(7);
        let bytes: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(1218).collect();
        BASE64_STANDARD.encode(bytes)
    }

    /// A key as `openssl` writes it: lines of 64 characters.
    fn wrapped() -> String {
        let body = body();
        let lines: Vec<&str> = (0..body.len()).step_by(64).map(|at| &body[at..body.len().min(at + 64)]).collect();
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
    }

    /// No piece of it is left, neither of its lines nor of its base64.
    fn assert_hidden(text: &str) {
        let shown = redact(text);
        let packed = BASE64_STANDARD.encode(wrapped());
        for secret in [&body(), &packed] {
            for piece in secret.as_bytes().windows(12) {
                let piece = std::str::from_utf8(piece).unwrap();
                assert!(!shown.contains(piece), "{piece} of the key is left in {shown}");
            }
        }
        assert!(shown.contains("[hidden]"), "{shown}");
    }

    #[test]
    fn secrets_of_known_kinds_are_hidden() {
        let random = "a1B2c3D4e5F6g7H8i9J0";
        for secret in [
            format!("force://PlatformCLI::5Aep861{random}@acme.my.salesforce.com"),
            format!("force://3MVG9.a_b:{random}:5Aep_{random}@x.scratch.my.salesforce.com"),
            format!("ghp_{random}"),
            format!("github_pat_{random}_{random}"),
            format!("glpat-{random}"),
        ] {
            let told = format!("command line: \"{secret}\" is not a Salesforce username");
            assert_eq!(redact(&told), "command line: \"[hidden]\" is not a Salesforce username");
        }
        for plain in ["npm_config_https_proxy", "force://", "a_ghp_x", "github_pat_"] {
            assert_eq!(redact(plain), plain);
        }
    }

    #[test]
    fn a_key_is_hidden_however_it_is_written() {
        let key = wrapped();
        let forms = [
            key.clone(),
            key.replace('\n', "\r\n"),
            key.replace('\n', "\\n"),
            key.replace('\n', " "),
            key.replace('\n', "\n  - "),
            key.replace('\n', ""),
            BASE64_STANDARD.encode(&key),
            key.lines().skip(3).collect::<Vec<_>>().join("\n"),
            body(),
            key.lines().nth(3).unwrap().to_owned(),
        ];
        for form in forms {
            assert_hidden(&form);
            assert_hidden(&format!("--config: /home/ci/{form}: no such file"));
            let json = serde_json::json!({"message": format!("\"{form}\" is not a URL")}).to_string();
            assert_hidden(&json);
            let shown: serde_json::Value = serde_json::from_str(&redact(&json)).unwrap();
            assert!(shown["message"].as_str().unwrap().ends_with("\" is not a URL"), "{shown}");
        }
    }

    #[test]
    fn of_a_key_that_was_cut_nothing_is_left_but_what_is_shorter_than_a_word() {
        for form in [wrapped(), BASE64_STANDARD.encode(wrapped()), wrapped().lines().nth(3).unwrap().to_owned()] {
            for max in [40, 80, 200, 300] {
                assert_hidden(&format!("\"{}\" is nothing", sanitize_line(&form, max)));
            }
        }
    }

    #[test]
    fn tokens_and_assertions_are_hidden() {
        let jwt = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIzTVZHOSJ9.c2ln-bmF0_dXJl";
        let token = "00D000000000001!AQEAQ.secret_text";
        for (text, shown) in [
            (format!("invalid assertion: {jwt}"), "invalid assertion: [hidden]"),
            (format!("<p>\"{jwt}\", {token}</p>"), "<p>\"[hidden]\", [hidden]</p>"),
            (format!("https://x/?a={token}&b=c"), "https://x/?a=[hidden]&b=c"),
        ] {
            assert_eq!(redact(&text), shown);
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        for text in [
            "the key begins with -----BEGIN PRIVATE KEY----- or -----BEGIN RSA PRIVATE KEY-----",
            "name a file of PEM certificates (-----BEGIN CERTIFICATE-----)",
            "/home/runner/work/MyProject2/MyProject2/builds/config/salesforce/keys/serverKey cannot be read",
            "3MVG9szVa2RxsqBYt8PpTVvSDX9Hs4nKq.j5ZcW0mR1oQe7Uf2LyGx3IaBdJk6NtCvEw_Ah0rOq9Zs8Yb7 is not known",
            "commit 4a1f0c55d9e6b7a83b2d1c0f9e8d7c6b5a493827 of test-wvkpnfm5z113@example.com at 00D000000000001EAA",
            "00D000000000001AAA answered!",
            "00D000000000001!",
            "https://login.salesforce.com/id/00D000000000001EAA/005000000000001AAA",
            "\\u0023 stands first",
            "3MVG9.a_szVa2RxsqBYt8PpTVvSDX9Hs4nKqj5ZcW0mR1oQe7Uf2LyGx3IaBdJk6NtCvEwAh0rOq9Zs8Yb7 is not known",
            "{\"description\":\"user hasn't approved this consumer\\n\\u0023 é …\"}",
        ] {
            assert_eq!(redact(text), text);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_strange(text: String, ending in "[-BEGIND A-Za-z0-9+/=…\\\\nr]{0,200}") {
            redact(&text);
            redact(&ending);
            let json = serde_json::json!([text, ending]).to_string();
            serde_json::from_str::<serde_json::Value>(&redact(&json)).unwrap();
        }
    }

    #[test]
    fn what_stands_around_a_key_stays_to_the_letter() {
        let (line, random) = (&body()[..64], &body()[64..]);
        let key = |last: usize| {
            format!("-----BEGIN PRIVATE KEY-----\n{line}\n{}\n-----END PRIVATE KEY-----", &random[..last])
        };
        let (forty, sixteen) = (&line[..RUN_MIN], &random[..NEXT_RUN_MIN]);
        for (text, shown) in [
            (format!("a {}\nb", key(64)), "a [hidden]\nb"),
            // The last line of a key may be as short as can be.
            (format!("a {}\nb", key(3)), "a [hidden]\nb"),
            (format!("x {forty} y"), "x [hidden] y"),
            (format!("{forty}\nn{} y", &sixteen[1..]), "[hidden] y"),
            (format!("{line}\\\"{line}"), "[hidden]\\\"[hidden]"),
            (format!("{{\"a\":\"\\n{line}\"}}"), "{\"a\":\"\\n[hidden]\"}"),
            (format!("{{\"a\":\"\\u0001{line}\"}}"), "{\"a\":\"\\u0001[hidden]\"}"),
        ] {
            assert_eq!(redact(&text), shown);
        }
        let word = &sixteen[1..];
        assert_eq!(redact(&format!("{forty} {word} y")), format!("[hidden] {word} y"));
        assert_eq!(redact(&line[..RUN_MIN - 1]), line[..RUN_MIN - 1]);
    }

    #[test]
    fn a_path_changes_its_letters_more_seldom_than_chance() {
        // 42 characters with 14 changes, a third.
        let third = "AAAbbb111AAAbbb111AAAbbb111AAAbbb111AAbb11";
        assert_eq!(redact(third), third);
        let more = "AAAbbb111AAAbbb111AAAbbb111AAAbbb1AAbb11Ab";
        assert_eq!(redact(more), HIDDEN);
    }
}
