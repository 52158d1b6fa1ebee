//! Bytes to text: UTF-8 with or without a byte order mark, or UTF-16 with one, as PowerShell's `>` writes it.

use std::borrow::Cow;

use super::RowError;
use super::source_location::line_ends;

/// The text, or the line up to which it was one.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, (usize, RowError)> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes).map(Cow::Owned),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes).map(Cow::Owned),
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest).map(Cow::Borrowed),
        _ => utf8(bytes).map(Cow::Borrowed),
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, (usize, RowError)> {
    let said = if bytes.iter().take(64).any(|byte| *byte == 0) {
        "this is UTF-16 without a byte order mark, or no text at all"
    } else {
        "this is neither UTF-8 nor UTF-16"
    };
    std::str::from_utf8(bytes).map_err(|error| {
        let good = &bytes[..error.valid_up_to()];
        (1 + line_ends(good), RowError::Encoding(said))
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, (usize, RowError)> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(pairs.len());
    for c in char::decode_utf16(pairs.iter().copied().map(unit)) {
        match c {
            Ok(c) => text.push(c),
            Err(_) => return Err((1 + line_ends(text.as_bytes()), RowError::Encoding("this is broken UTF-16"))),
        }
    }
    if rest.is_empty() {
        Ok(text)
    } else {
        Err((1 + line_ends(text.as_bytes()), RowError::Encoding("this is broken UTF-16")))
    }
}

#[cfg(test)]
mod tests {
    use crate::usernames::tests::{assert_read, read};

    fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(unit).collect()
    }

    #[test]
    fn utf_8_and_utf_16_with_a_mark_are_read_in_every_form() {
        for text in [
            "qa=ü@x.com\r\n",
            "alias,username\r\nqa,ü@x.com\r\n",
            "{\r\n\"username\": \"ü@x.com\", \"alias\": \"qa\"}\r\n",
        ] {
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
        assert!(told.starts_with("f:2: this is neither UTF-8 nor UTF-16; save it as UTF-8"), "{told}");
        let told = read(&utf16("a@x.com\nb@x.com", u16::to_le_bytes)[2..]).unwrap_err();
        assert!(told.contains("a Salesforce username") || told.contains("UTF-16 without"), "{told}");
        for broken in [&b"\xff\xfea\0\n\0b"[..], b"\xfe\xff\0a\0\n\xd8\x00"] {
            assert!(read(broken).unwrap_err().starts_with("f:2: this is broken UTF-16"));
        }
    }
}
