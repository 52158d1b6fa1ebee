//! Text in lines that fit a terminal, broken between words alone.

use unicode_width::UnicodeWidthStr;

/// The text in lines of at most `width` cells. Its first line begins in column `start`, further ones are indented. A
/// word, or a `command in backquotes`, is never broken, so that it can be copied.
pub(crate) fn wrap(text: &str, start: usize, indent: usize, width: usize) -> String {
    let body = text.trim_start();
    let mut out = text[..text.len() - body.len()].to_owned();
    let mut used = start + out.len();
    for (place, word) in words(body).into_iter().enumerate() {
        if place > 0 && used + 1 + word.width() > width {
            // What is too long for the indentation has less of it.
            used = indent.min(width.saturating_sub(word.width()));
            out.push('\n');
            out.push_str(&" ".repeat(used));
        } else if place > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += word.width();
    }
    out
}

/// What stays together.
fn words(text: &str) -> Vec<&str> {
    let mut quoted = false;
    text.split(|c: char| {
        quoted ^= c == '`';
        c == ' ' && !quoted
    })
    .collect()
}

/// The width of the longest word.
pub(crate) fn longest_word(text: &str) -> usize {
    words(text).into_iter().map(UnicodeWidthStr::width).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words_and_never_within_a_command() {
        assert_eq!(wrap("one two three four", 0, 2, 9), "one two\n  three\n  four");
        assert_eq!(wrap("see `sf org list` now", 0, 2, 16), "see\n  `sf org list`\n  now");
        assert_eq!(wrap("see `sf org list` now", 9, 9, 16), "see\n   `sf org list`\n         now");
        assert_eq!(wrap("日本語 日本語", 0, 0, 8), "日本語\n日本語");
        assert_eq!(wrap("  - https://longer.than.the.line", 7, 2, 9), "  -\nhttps://longer.than.the.line");
    }
}
