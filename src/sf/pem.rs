//! Whether the reader that `sf` has takes a private key: OpenSSL's, behind `createPrivateKey` of Node, which is stricter
//! than ours (`get_name` and `get_header_and_data` in OpenSSL 3's `pem_lib.c`; tried with Node 20).

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

/// The longest line after an empty one, in bytes: there OpenSSL takes only what has been wrapped as it does it itself.
const WRAPPED: usize = 64;

/// Whether the first private key in the text is one that OpenSSL reads: lines that begin and end where they should,
/// base64 between them.
pub(super) fn is_read_by_sf(text: &[u8]) -> bool {
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let mut lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    while let Some(label) = lines.find_map(|line| line.strip_prefix(b"-----BEGIN ")?.strip_suffix(b"-----")) {
        let end = [b"-----END ", label, b"-----"].concat();
        let mut body = Vec::new();
        loop {
            match lines.next() {
                Some(line) if line == end => break,
                Some(line) => body.push(line.trim_ascii_start()),
                None => return false,
            }
        }
        if label.ends_with(b"PRIVATE KEY") {
            return [&b"PRIVATE KEY"[..], b"RSA PRIVATE KEY"].contains(&label) && is_base64(&body);
        }
    }
    false
}

fn is_base64(body: &[&[u8]]) -> bool {
    let (lines, wrapped) = match body {
        [[], lines @ ..] => (lines, true),
        lines => (lines, false),
    };
    let last = lines.len().saturating_sub(1);
    let fits = |(at, line): (usize, &&[u8])| match line.len() {
        0 => false,
        length => !wrapped || length == WRAPPED || (at == last && length < WRAPPED),
    };
    let packed = Zeroizing::new(lines.concat());
    lines.iter().enumerate().all(fits) && BASE64_STANDARD.decode(&*packed).map(Zeroizing::new).is_ok()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use crate::model::key::tests::key;

    /// A key in all the forms that people have it in, and whether Node 20 reads it.
    fn forms() -> Vec<(&'static str, String, bool)> {
        let pem = key().to_pem().unwrap().expose_secret().to_owned();
        let lines: Vec<&str> = pem.lines().collect();
        let [begin, body @ .., end] = &lines[..] else { panic!("no PEM") };
        let packed = body.concat();
        let join = |lines: &[&str]| lines.join("\n") + "\n";
        let with = |begin: &str, body: &str, end: &str| format!("{begin}\n{body}\n{end}\n");
        let text = body.join("\n");
        let certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
        vec![
            ("plain", pem.clone(), true),
            ("CRLF", pem.replace('\n', "\r\n"), true),
            ("CR alone", pem.replace('\n', "\r"), false),
            ("no line end at the end", pem.trim_end().to_owned(), true),
            ("a byte order mark", format!("\u{feff}{pem}"), true),
            ("UTF-16", pem.encode_utf16().flat_map(u16::to_le_bytes).map(char::from).collect(), false),
            ("every line end doubled", pem.replace('\n', "\n\n"), false),
            ("an empty line in the middle", with(begin, &text.replacen('\n', "\n\n", 1), end), false),
            ("an empty line before END", with(begin, &format!("{text}\n"), end), false),
            ("an empty line after BEGIN", with(begin, &format!("\n{text}"), end), true),
            ("two of them", with(begin, &format!("\n\n{text}"), end), false),
            ("one of them, and all on one line", with(begin, &format!("\n{packed}"), end), false),
            ("all on one line", with(begin, &packed, end), true),
            ("lines of uneven length", with(begin, &format!("{}\n{}", &packed[..7], &packed[7..]), end), true),
            ("BEGIN indented", format!(" {pem}"), false),
            ("END indented", with(begin, &text, &format!(" {end}")), false),
            ("the body indented", with(begin, &text.replace('\n', "\n  \t"), end), true),
            ("spaces at the ends of lines", join(&lines).replace('\n', "  \n"), true),
            ("no line end after BEGIN", format!("{begin}{text}\n{end}\n"), false),
            ("no line end before END", format!("{begin}\n{text}{end}\n"), false),
            ("something behind BEGIN", with(&format!("{begin} x"), &text, end), false),
            ("something behind END", with(begin, &text, &format!("{end} x")), false),
            ("a quote around it", format!("\"{}\"", pem.trim_end()), false),
            ("a header", with(begin, &format!("Comment: x\n\n{text}"), end), false),
            ("text around it", format!("Bag Attributes\n  a: b\n{pem}\nthe end\n"), true),
            ("a certificate before it", format!("{certificate}{pem}"), true),
            ("a certificate after it", format!("{pem}{certificate}"), true),
            ("another END", pem.replace("END PRIVATE", "END PUBLIC"), false),
            ("a damaged body", with(begin, &text.replacen('A', "=", 1), end), false),
            ("line ends as two characters", pem.replace('\n', "\\n"), false),
            ("spaces for line ends", pem.replace('\n', " "), false),
            ("base64 of it", BASE64_STANDARD.encode(&pem), false),
            ("nothing", String::new(), false),
        ]
    }

    #[test]
    fn what_sf_reads_is_told_from_what_only_we_read() {
        for (name, text, read) in forms() {
            assert_eq!(is_read_by_sf(text.as_bytes()), read, "{name}");
        }
    }
}
