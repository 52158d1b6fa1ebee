//! Text from outside, made safe to show: bounded, on one line, without control or escape sequences.

use crate::model::redact;

/// Longest error description that is kept, in characters.
pub const DESCRIPTION_MAX: usize = 300;

/// The text on one line of at most `max` characters: white space runs become one space, control characters and
/// invisible direction marks vanish, and what is cut ends in `…`. What looks like a secret is hidden.
///
/// ```
/// assert_eq!(orgready::model::untrusted::sanitize_line("a\u{1b}[31m\nb", 10), "a[31m b");
/// assert_eq!(orgready::model::untrusted::sanitize_line("abcdef", 4), "abc…");
/// ```
pub fn sanitize_line(text: &str, max: usize) -> String {
    let mut out = String::new();
    let mut length = 0;
    let mut space = false;
    for c in redact::redact(text).chars() {
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

/// Shortest piece of a secret that is hidden, in bytes: shorter ones are words that stand in it by chance.
const PIECE_MIN: usize = 8;

/// The text without the pieces of a secret that it repeats: runs of the characters that keys and tokens are made of, and
/// that stand in the secret too.
///
/// ```
/// let secret = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIzTVZHOSJ9.c2lnbmF0dXJl";
/// let shown = orgready::model::untrusted::redact_known("you sent ciOiJSUzI1NiJ9.eyJpc3MiOiIzTVZH, sorry", secret);
/// assert_eq!(shown, "you sent [hidden], sorry");
/// ```
#[must_use]
pub fn redact_known(text: &str, secret: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "._-+/=!".contains(c);
    let mut shown = String::with_capacity(text.len());
    for piece in text.split_inclusive(|c| !is_part(c)) {
        let word = piece.trim_end_matches(|c| !is_part(c));
        // A bound may have cut the run, and other text may touch it: any piece of it gives it away.
        let hidden = word.len() >= PIECE_MIN
            && word.as_bytes().windows(PIECE_MIN).any(|piece| contains(secret.as_bytes(), piece));
        shown.push_str(if hidden { redact::HIDDEN } else { word });
        shown.push_str(&piece[word.len()..]);
    }
    shown
}

fn contains(secret: &[u8], piece: &[u8]) -> bool {
    secret.windows(piece.len()).any(|window| window == piece)
}

/// Characters that change how a terminal or a log viewer shows the others, without being seen themselves.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_never_longer_than_its_bound() {
        for max in 1..12 {
            for text in ["", "a", "abc def ghi jkl", "ééééééééééééééééé", "a \n\t b \u{202e} c d e f g h"]
            {
                let shown = sanitize_line(text, max);
                assert!(shown.chars().count() <= max, "{text:?} at {max} gave {shown:?}");
            }
        }
    }

    #[test]
    fn escape_sequences_and_direction_marks_vanish() {
        assert_eq!(
            sanitize_line("\u{1b}]0;title\u{7}x\u{202e}y\r\n::set-env name=A::b", 80),
            "]0;titlexy ::set-env name=A::b"
        );
    }

    #[test]
    fn a_text_that_fits_is_whole_and_a_longer_one_ends_in_an_ellipsis() {
        assert_eq!(sanitize_line("abcd", 4), "abcd");
        assert_eq!(sanitize_line("ab cd", 5), "ab cd");
        assert_eq!(sanitize_line("ab cd", 4), "ab …");
        assert_eq!(sanitize_line("abc d", 4), "abc…");
        assert_eq!(sanitize_line("  ab", 2), "ab");
    }

    #[test]
    fn a_piece_of_a_known_secret_is_hidden_and_a_word_is_not() {
        let secret = "00D1!AQEAQ.abcdefgh";
        assert_eq!(redact_known("say abcdefgh!", secret), "say [hidden]");
        assert_eq!(redact_known("say bcdefgh, é abcd", secret), "say bcdefgh, é abcd");
        assert_eq!(redact_known("something else entirely", secret), "something else entirely");
    }
}
