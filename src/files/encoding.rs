//! Bytes to text: UTF-8, or UTF-16 as PowerShell's `>` writes it, each with or without a byte order mark.

use std::borrow::Cow;

/// Bytes that are no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}; save it as UTF-8")]
pub(crate) struct NotText {
    /// The line that cannot be read, from 1.
    pub(crate) line: usize,
    /// What is there instead.
    pub(crate) problem: &'static str,
}

/// The text of a file, without its byte order mark; or the line up to which it was one.
pub(crate) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, NotText> {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest).map(Cow::Borrowed),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes).map(Cow::Owned),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes).map(Cow::Owned),
        // No text has a NUL beside its first letter, unless it is UTF-16.
        [1..0x80, 0, ..] => utf16(bytes, u16::from_le_bytes).map(Cow::Owned),
        [0, 1..0x80, ..] => utf16(bytes, u16::from_be_bytes).map(Cow::Owned),
        _ => utf8(bytes).map(Cow::Borrowed),
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, NotText> {
    let problem = "this is neither UTF-8 nor UTF-16";
    str::from_utf8(bytes).map_err(|error| NotText { line: line(&bytes[..error.valid_up_to()]), problem })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, NotText> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    // Room for all of it at once: growing would leave copies of a key behind.
    let mut text = String::with_capacity(bytes.len() / 2 * 3);
    let whole = char::decode_utf16(pairs.iter().copied().map(unit)).try_for_each(|c| c.map(|c| text.push(c)));
    if whole.is_ok() && rest.is_empty() {
        return Ok(text);
    }
    Err(NotText { line: line(text.as_bytes()), problem: "this is broken UTF-16" })
}

/// The line that comes after a text that was good.
#[expect(clippy::naive_bytecount, reason = "the compiler makes vector code of it; a crate for this would be too much")]
fn line(good: &[u8]) -> usize {
    1 + good.iter().filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16_of(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn text_is_read_in_every_encoding_that_editors_and_shells_write() {
        for text in ["qa=ü@x.com\n", "{\"a\": 1}", "-----BEGIN PRIVATE KEY-----", "a"] {
            let marked = format!("\u{feff}{text}");
            for bytes in [
                text.as_bytes().to_vec(),
                marked.as_bytes().to_vec(),
                utf16_of(&marked, u16::to_le_bytes),
                utf16_of(&marked, u16::to_be_bytes),
                utf16_of(text, u16::to_le_bytes),
                utf16_of(text, u16::to_be_bytes),
            ] {
                assert_eq!(decode(&bytes).unwrap(), text, "{bytes:?}");
            }
        }
        assert_eq!(decode(b"").unwrap(), "");
    }

    #[test]
    fn what_is_no_text_is_told_with_its_line() {
        for (bytes, told) in [
            (&b"a@x.com\n# caf\xe9\n"[..], "line 2: this is neither UTF-8 nor UTF-16; save it as UTF-8"),
            (b"\x00\x00\x80", "line 1: this is neither UTF-8 nor UTF-16; save it as UTF-8"),
            (b"\xff\xfea\0\n\0b", "line 2: this is broken UTF-16; save it as UTF-8"),
            (b"\xfe\xff\0a\0\n\xd8\x00", "line 2: this is broken UTF-16; save it as UTF-8"),
            (b"a\0b", "line 1: this is broken UTF-16; save it as UTF-8"),
        ] {
            assert_eq!(decode(bytes).unwrap_err().to_string(), told);
        }
    }
}
