//! Text from outside, made safe to show: bounded, on one line, without control or escape sequences.

use std::borrow::Cow;

/// Longest error description that is kept, in characters.
pub const DESCRIPTION_MAX: usize = 300;

/// How a JWT begins (`{"` in base64), and a PEM file that was packed into base64 (`-----BEGIN`).
const SECRET_BEGINNINGS: [&str; 2] = ["eyJ", "LS0tLS1CRUdJTi"];

/// Shorter words are no secrets.
const SECRET_MIN: usize = 20;

/// The text on one line of at most `max` characters: white space runs become one space, control characters and
/// invisible direction marks vanish, and what is cut ends in `…`. A key, an assertion or a token in it is hidden: servers,
/// and whatever inspects traffic on the way, quote what they were sent.
///
/// ```
/// assert_eq!(orgready::untrusted::line("a\u{1b}[31m\nb", 10), "a[31m b");
/// assert_eq!(orgready::untrusted::line("abcdef", 4), "abc…");
/// ```
pub fn line(text: &str, max: usize) -> String {
    let mut out = String::new();
    let mut length = 0;
    let mut space = false;
    for c in without_secrets(text).chars() {
        if c.is_whitespace() {
            space = length > 0;
            continue;
        }
        if is_hidden(c) {
            continue;
        }
        if length + usize::from(space) >= max {
            while length >= max && out.pop().is_some() {
                length -= 1;
            }
            out.push('…');
            return out;
        }
        if space {
            out.push(' ');
            length += 1;
            space = false;
        }
        out.push(c);
        length += 1;
    }
    out
}

/// The text with `[hidden]` for every word that is a JWT, a Salesforce token or a packed key, and for a PEM block.
pub(crate) fn without_secrets(text: &str) -> Cow<'_, str> {
    let (plain, pem) = match text.find("-----BEGIN ") {
        Some(begin) => (&text[..begin], "[hidden]"),
        None => (text, ""),
    };
    let mut shown = String::new();
    let mut hidden = !pem.is_empty();
    let separates = |c: char| !(c.is_ascii_alphanumeric() || "._-+/=!".contains(c));
    for piece in plain.split_inclusive(separates) {
        let word = piece.trim_end_matches(separates);
        match secret_in(word) {
            Some(begin) => {
                hidden = true;
                shown.extend([&word[..begin], "[hidden]", &piece[word.len()..]]);
            }
            None => shown.push_str(piece),
        }
    }
    shown.push_str(pem);
    if hidden { shown.into() } else { text.into() }
}

/// Where in a word a secret begins. A token is the id of an org, `!`, and the secret itself.
fn secret_in(word: &str) -> Option<usize> {
    let known = SECRET_BEGINNINGS.into_iter().find_map(|begin| word.find(begin));
    let token = || {
        let is_token = |at: &usize| [15, 18].iter().any(|id| word[*at..].as_bytes().get(*id) == Some(&b'!'));
        word.match_indices("00D").map(|(at, _)| at).find(is_token)
    };
    known.or_else(token).filter(|begin| word.len() - begin >= SECRET_MIN)
}

/// Characters that change how a terminal or a log viewer shows the others, without being seen themselves.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_text_is_never_longer_than_its_bound() {
        for max in 1..12 {
            for text in ["", "a", "abc def ghi jkl", "ééééééééééééééééé", "a \n\t b \u{202e} c d e f g h"]
            {
                let shown = line(text, max);
                assert!(shown.chars().count() <= max, "{text:?} at {max} gave {shown:?}");
            }
        }
    }

    #[test]
    fn what_looks_like_a_secret_is_hidden() {
        let jwt = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIzTVZHOSJ9.c2ln-bmF0_dXJl";
        let token = "00D000000000001!AQEAQ.secret_text";
        assert_eq!(line(&format!("invalid assertion: {jwt}"), 300), "invalid assertion: [hidden]");
        assert_eq!(line(&format!("<p>\"{jwt}\", {token}</p>"), 300), "<p>\"[hidden]\", [hidden]</p>");
        assert_eq!(line(&format!("https://x/?a={token}&b=c"), 300), "https://x/?a=[hidden]&b=c");
        assert_eq!(line("x -----BEGIN PRIVATE KEY-----\nMIIE\n", 300), "x [hidden]");
        assert_eq!(line("LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0t", 300), "[hidden]");
        for harmless in ["eyJ", "00D000000000001AAA answered!", "monkeys", "00D000000000001!"] {
            assert_eq!(line(harmless, 80), harmless);
        }
    }

    #[test]
    fn escape_sequences_and_direction_marks_vanish() {
        assert_eq!(line("\u{1b}]0;title\u{7}x\u{202e}y\r\n::set-env name=A::b", 80), "]0;titlexy ::set-env name=A::b");
    }
}
