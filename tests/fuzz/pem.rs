//! Fuzzes the reading of keys: any text gives a key that signs or an error that quotes nothing of it.
#![cfg_attr(fuzzing, no_main)]

#[cfg(not(fuzzing))]
fn main() {}

#[cfg(fuzzing)]
mod target {
    use orgready::model::key::{KeyError, SigningKey};
    use secrecy::ExposeSecret;

    libfuzzer_sys::fuzz_target!(|content: &[u8]| {
        let text = String::from_utf8_lossy(content);
        match SigningKey::read(&text) {
            Ok(key) => {
                assert!(key.sign(b"message").is_ok_and(|signature| signature.len() >= 256));
                let pem = key.to_pem().expect("PEM of a key");
                assert_eq!(SigningKey::read(pem.expose_secret()).as_ref(), Ok(&key));
                assert!(!key.public_key_der().expect("its public half").is_empty());
            }
            Err(KeyError::Rejected(said)) => assert!(said.is_ascii() && said.len() < 100, "{said}"),
            Err(_) => {}
        }
    });
}
