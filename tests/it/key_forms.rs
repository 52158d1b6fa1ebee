//! The private key in every form that pipelines hand it over in, and what is told about what is no private key.

use std::fs;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::bench::{Bench, key};

/// The same key in PKCS#1, which is PKCS#8 without its head of 26 bytes.
fn pkcs1() -> String {
    let body: String = key().lines().filter(|line| !line.starts_with('-')).collect();
    block("RSA PRIVATE KEY", &BASE64_STANDARD.encode(&BASE64_STANDARD.decode(body).unwrap()[26..]))
}

fn block(label: &str, body: &str) -> String {
    let lines: Vec<&str> = body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

#[test]
fn a_key_is_taken_in_every_form() {
    let bench = Bench::start("[[org]]");
    for pem in [key().to_owned(), pkcs1()] {
        let file = bench.place.write_private("ci.key", pem.replace('\n', "\r\n"));
        bench.login_all().arg("-f").arg(&file).ends_with(0);
        bench.login_all().args(["-f", "-"]).stdin(pem.clone()).ends_with(0);
        for form in [pem.clone(), pem.replace('\n', "\\n"), BASE64_STANDARD.encode(&pem)] {
            bench.login_all().without("ORGREADY_JWT_KEY_FILE").env("ORGREADY_JWT_KEY", form).ends_with(0);
        }
    }
}

#[test]
fn a_key_file_is_read_in_every_encoding_and_with_its_path_in_any_form() {
    let bench = Bench::start("[[org]]");
    let utf_16 = |bytes: fn(u16) -> [u8; 2]| {
        let text = format!("\u{feff}{}", key());
        text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>()
    };
    let escaped = key().replace('\n', "\\\\n");
    let forms: [Vec<u8>; 5] = [
        utf_16(u16::to_le_bytes),
        utf_16(u16::to_be_bytes),
        format!("\u{feff}{}", key()).into_bytes(),
        format!("\"{}\"", BASE64_STANDARD.encode(key()).trim_end_matches('=')).into_bytes(),
        escaped.into_bytes(),
    ];
    for form in forms {
        let file = bench.place.write_private("ci.key", &form);
        bench.login_all().arg("-f").arg(&file).ends_with(0);
        bench.login_all().args(["-f", "-"]).stdin(form).ends_with(0);
        bench.login_all().env("ORGREADY_JWT_KEY_FILE", "ci.key\r").ends_with(0);
    }
    let der = BASE64_STANDARD.decode(key().lines().filter(|line| !line.starts_with('-')).collect::<String>()).unwrap();
    let file = bench.place.write_private("der.key", der);
    bench.login_all().arg("-f").arg(file).ends_with(2).says("it is not text: PEM is needed, not DER or PKCS#12");
}

#[test]
fn every_attempt_is_signed_afresh_for_three_minutes() {
    use crate::canned::{self, Canned};
    use crate::server::{Server, json};
    // The org refuses twice.
    let canned = Canned::with(vec![canned::row("test-a@example.com", canned::SELF)]);
    let refused = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::answering(move |asked| {
        let org = asked.claims()["sub"] == "test-a@example.com";
        if org && refused.fetch_add(1, std::sync::atomic::Ordering::SeqCst) < 2 {
            return json(503, "");
        }
        canned.answer(asked)
    });
    let place = crate::bench::Place::new();
    canned::login(&place, &server.url()).arg("test-a@example.com").ends_with(0);
    let logins: Vec<_> = server.asked().into_iter().filter(crate::server::Asked::is_login).collect();
    assert_eq!(logins.len(), 4);
    let now = jiff_now();
    for login in &logins {
        let claims = login.claims();
        assert_eq!(crate::bench::keys(&claims), ["iss", "sub", "aud", "exp", "iat"]);
        let (issued, expires) = (claims["iat"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
        assert!((now - issued).abs() < 600 && expires - issued == 180, "{claims}");
        assert_eq!(claims["iss"], canned::CLIENT_ID);
        let grant = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";
        assert!(login.body.starts_with(grant) && login.body.matches('&').count() == 1, "nothing else is sent");
    }
    assert_eq!(logins[0].claims()["aud"], "https://login.salesforce.com");
    assert_eq!(logins[1].claims()["aud"], "https://test.salesforce.com");
}

#[expect(clippy::disallowed_methods, reason = "the program reads the same clock")]
fn jiff_now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// A PKCS#1 key of 1024 bits, as far as its form goes.
fn short() -> String {
    let integer = |value: &[u8]| [&[0x02, 0x81, u8::try_from(value.len()).unwrap()], value].concat();
    let modulus = [&[0x00, 0x80][..], &[1; 127]].concat();
    let numbers = [&[0][..], &modulus, &[1, 0, 1], &[5; 9], &[5; 9], &[5; 9], &[5; 9], &[5; 9], &[5; 9]];
    let body: Vec<u8> = numbers.iter().flat_map(|number| integer(number)).collect();
    let der = [&[0x30, 0x82, 0x00, u8::try_from(body.len()).unwrap()], body.as_slice()].concat();
    block("RSA PRIVATE KEY", &BASE64_STANDARD.encode(der))
}

#[test]
fn what_is_no_private_key_is_called_what_it_is_and_nothing_is_sent() {
    let bench = Bench::start("[[org]]");
    let certificate = fs::read_to_string(bench.simulator.certificate_file()).unwrap();
    let legacy = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
    let cases = [
        (certificate, "it is a certificate, not the private key"),
        (block("PUBLIC KEY", "AAAA"), "it is a public key, which cannot sign"),
        (block("ENCRYPTED PRIVATE KEY", "AAAA"), "encrypted with a passphrase"),
        (legacy.to_owned(), "encrypted with a passphrase"),
        (short(), "has 1024 bits, and at least 2048 are needed"),
        (block("EC PRIVATE KEY", "AAAA"), "not RSA"),
        (block("OPENSSH PRIVATE KEY", "AAAA"), "OpenSSH's own format"),
        ("hello".to_owned(), "neither PEM nor base64 of PEM"),
        (String::new(), "it is empty"),
        (key()[..900].to_owned(), "its PEM is damaged"),
    ];
    for (content, told) in cases {
        let file = bench.place.write_private("wrong.key", &content);
        let by_file = bench.login_all().args(["--json", "-f"]).arg(&file).ends_with(2);
        assert!(by_file.message().contains(told) && by_file.message().contains("wrong.key"), "{}", by_file.out);
        assert_eq!(by_file.json()["name"], "InvalidSettings");
        let by_stdin = bench.login_all().args(["-f", "-"]).stdin(content).ends_with(2);
        by_stdin.says(told).says("standard input");
        assert_eq!(by_stdin.out, "", "standard output holds data only");
    }
    bench.login_all().args(["-f", "nowhere.key"]).ends_with(2).says("nowhere.key").says("try:");
    let path = bench.login_all().without("ORGREADY_JWT_KEY_FILE").env("ORGREADY_JWT_KEY", "server.key").ends_with(2);
    path.says("ORGREADY_JWT_KEY holds the path of a file").says("put the path into ORGREADY_JWT_KEY_FILE");
    let both = bench.login_all().env("ORGREADY_JWT_KEY", key()).ends_with(2);
    both.says("both ORGREADY_JWT_KEY_FILE and ORGREADY_JWT_KEY are set");
    bench.login_all().args(["-f", key()]).ends_with(2).says("an argument holds a key itself");
    assert!(bench.was_left_alone());
}

#[cfg(unix)]
#[test]
fn a_key_that_everybody_can_read_is_warned_of() {
    let bench = Bench::start("[[org]]");
    let file = bench.place.write("open.key", key());
    let ran = bench.login_all().args(["--json", "-f"]).arg(&file).ends_with(0);
    assert!(ran.json()["warnings"][0].as_str().unwrap().contains("every user of this machine can read"), "{}", ran.out);
}

#[test]
fn a_key_without_a_file_is_kept_where_sf_finds_it() {
    let bench = Bench::start("[[org]]\nusername = \"test-a@example.com\"");
    let kept = bench.place.path("keys/kept.key");
    let run = || bench.login_all().without("ORGREADY_JWT_KEY_FILE").arg("--keep-key-file").arg(&kept);
    run().env("ORGREADY_JWT_KEY", pkcs1()).ends_with(0);
    run().env("ORGREADY_JWT_KEY", key()).ends_with(0);
    assert!(bench.place.read("keys/kept.key").starts_with("-----BEGIN PRIVATE KEY-----\n"));
    let auth = fs::read_to_string(bench.place.home().join(".sfdx/test-a@example.com.json")).unwrap();
    let auth: serde_json::Value = serde_json::from_str(&auth).unwrap();
    assert!(auth["privateKey"].as_str().unwrap().ends_with("kept.key"), "{auth}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let before = bench.simulator.totals();
    fs::write(&kept, block("PRIVATE KEY", "AAAA")).unwrap();
    run().env("ORGREADY_JWT_KEY", key()).ends_with(2).says("holds something else than this private key");
    assert_eq!(bench.simulator.totals(), before, "nothing was sent");
}
