//! How `sf` encrypts what is secret in an auth file: AES-256-GCM, in two versions that the key's length tells apart
//! (`crypto/crypto.ts`).

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::model::token::AccessToken;

/// The length of the authentication tag as it is stored, in hexadecimal digits.
const TAG_DIGITS: usize = 32;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// The key that `sf` encrypts with on this machine: 32 hexadecimal digits, whose characters are the key (version 1), or
/// 64 of them (version 2). It cannot be printed.
#[derive(Clone)]
pub(super) struct StoreKey(SecretString);

impl std::fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoreKey([hidden])")
    }
}

impl PartialEq for StoreKey {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl StoreKey {
    /// Takes a key as `key.json` holds it.
    pub(super) fn new(text: &str) -> Option<Self> {
        let is_key = match text.len() {
            32 => text.is_ascii(),
            64 => text.bytes().all(|byte| byte.is_ascii_hexdigit()),
            _ => false,
        };
        is_key.then(|| Self(text.into()))
    }

    fn is_v1(&self) -> bool {
        self.expose().len() == 32
    }

    /// A new key, as `sf` makes one.
    pub(super) fn generate(v2: bool) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        let bytes = if v2 { &mut bytes[..] } else { &mut bytes[..16] };
        aws_lc_rs::rand::fill(bytes).ok()?;
        Self::new(&Zeroizing::new(hex(bytes)))
    }

    /// The key as `key.json` holds it.
    pub(super) fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The token as an auth file holds it: initialisation vector and ciphertext, a colon, the tag.
    pub(super) fn encrypt(&self, token: &AccessToken) -> Option<String> {
        let mut iv = [0; NONCE_LEN];
        if self.is_v1() {
            let mut random = [0; NONCE_LEN / 2];
            aws_lc_rs::rand::fill(&mut random).ok()?;
            iv.copy_from_slice(hex(&random).as_bytes());
        } else {
            aws_lc_rs::rand::fill(&mut iv).ok()?;
        }
        self.seal(iv, token.expose())
    }

    fn seal(&self, iv: [u8; NONCE_LEN], text: &str) -> Option<String> {
        let mut bytes = Zeroizing::new(text.as_bytes().to_vec());
        let tag = self
            .cipher()?
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(iv), Aad::empty(), &mut bytes)
            .ok()?;
        let iv = if self.is_v1() { String::from_utf8_lossy(&iv).into_owned() } else { hex(&iv) };
        Some(format!("{iv}{}:{}", hex(&bytes), hex(tag.as_ref())))
    }

    fn cipher(&self) -> Option<LessSafeKey> {
        let text = self.expose();
        let bytes = Zeroizing::new(if self.is_v1() { text.as_bytes().to_vec() } else { unhex(text)? });
        Some(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &bytes).ok()?))
    }

    /// What `sf` reads out of an encrypted field.
    #[cfg(test)]
    pub(super) fn decrypt(&self, stored: &str) -> Option<String> {
        let (body, tag) = stored.split_once(':')?;
        let iv_digits = if self.is_v1() { NONCE_LEN } else { NONCE_LEN * 2 };
        let (iv, ciphertext) = body.split_at_checked(iv_digits)?;
        let iv = if self.is_v1() { iv.as_bytes().to_vec() } else { unhex(iv)? };
        let mut bytes = unhex(ciphertext)?;
        bytes.extend(unhex(tag)?);
        let nonce = Nonce::assume_unique_for_key(iv.try_into().ok()?);
        let text = self.cipher()?.open_in_place(nonce, Aad::empty(), &mut bytes).ok()?;
        String::from_utf8(text.to_vec()).ok()
    }
}

/// Whether `sf` takes a field for an encrypted one: exactly one colon, a tag of 32 characters.
pub(super) fn is_encrypted(field: &str) -> bool {
    let has_digit = |text: &str| text.bytes().any(|byte| HEX.contains(&byte));
    match field.split_once(':') {
        Some((body, tag)) => {
            !tag.contains(':') && tag.len() == TAG_DIGITS && body.len() >= 6 && has_digit(tag) && has_digit(body)
        }
        None => false,
    }
}

fn hex(bytes: &[u8]) -> String {
    let digit = |bits: u8| char::from(HEX[usize::from(bits)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let whole = text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if whole { text.as_bytes().chunks(2).map(pair).collect() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = "00D000000000001!AQEAplain.text_token";
    const KEY_V1: &str = "00112233445566778899aabbccddeeff";
    const KEY_V2: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    // Each was decrypted by `Crypto.decrypt` of @salesforce/core 9.4.0.
    const STORED_V1: &str = "a1b2c3d4e5f631254017e04d91b88d1e1c5c720029c391f10cdcf3e8464dbd072b14259dcb9d67ddf676:a2e35890300ab0d5fcd120b947db7348";
    const STORED_V2: &str = "a1b2c3d4e5f6a1b2c3d4e5f66054b8e4795c9fa52ef48829948d1b3c92ff881feadf2e098bb44944592ca1c6a5259da6:1e9cde00c6677fb4f4bb8d38e4bd7a4a";

    #[test]
    fn what_is_written_is_what_sf_itself_would_write() {
        let v1 = StoreKey::new(KEY_V1).unwrap();
        assert_eq!(v1.seal(*b"a1b2c3d4e5f6", PLAIN).unwrap(), STORED_V1);
        let v2 = StoreKey::new(KEY_V2).unwrap();
        let iv = unhex("a1b2c3d4e5f6a1b2c3d4e5f6").unwrap().try_into().unwrap();
        assert_eq!(v2.seal(iv, PLAIN).unwrap(), STORED_V2);
    }

    #[test]
    fn a_token_comes_back_as_it_was_and_never_looks_the_same_twice() {
        for v2 in [false, true] {
            let key = StoreKey::generate(v2).unwrap();
            assert_eq!(key.expose().len(), if v2 { 64 } else { 32 });
            let token = AccessToken::new(PLAIN.to_owned());
            let (one, two) = (key.encrypt(&token).unwrap(), key.encrypt(&token).unwrap());
            assert_ne!(one, two);
            for stored in [one, two] {
                assert!(is_encrypted(&stored) && !stored.contains("AQEA"));
                assert_eq!(key.decrypt(&stored).unwrap(), PLAIN);
            }
        }
    }

    #[test]
    fn another_key_or_a_changed_byte_reads_nothing() {
        let key = StoreKey::new(KEY_V1).unwrap();
        assert!(StoreKey::generate(false).unwrap().decrypt(STORED_V1).is_none());
        assert!(key.decrypt(&STORED_V1.replace("a2e3", "a2e4")).is_none());
    }

    #[test]
    fn a_plain_token_does_not_look_encrypted() {
        assert!(is_encrypted(STORED_V1) && is_encrypted(STORED_V2));
        for plain in [PLAIN, "", ":", "a:b:c", "eyJhbGciOiJSUzI1NiJ9.e30.x"] {
            assert!(!is_encrypted(plain), "{plain}");
        }
    }

    #[test]
    fn a_key_has_one_of_two_lengths_and_shows_nothing() {
        for text in ["", "abc", &KEY_V2[1..], &"é".repeat(16), &"x".repeat(64)] {
            assert!(StoreKey::new(text).is_none(), "{text}");
        }
        assert_eq!(format!("{:?}", StoreKey::new(KEY_V1).unwrap()), "StoreKey([hidden])");
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_reading_panic(text: String) {
            let _ = (is_encrypted(&text), StoreKey::new(&text), StoreKey::new(KEY_V2).unwrap().decrypt(&text));
        }
    }
}
