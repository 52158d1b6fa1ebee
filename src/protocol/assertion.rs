//! The assertion of the JWT bearer flow: its claims, its lifetime, its signature.

use std::sync::LazyLock;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, Header};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::model::key::{SignError, SigningKey};
use crate::model::token::Assertion;

/// How long an assertion lives, in seconds. Salesforce wants an expiry "within 3 minutes", counted in seconds; `sf`
/// counts in milliseconds, which makes its assertions expire in the year 58,000.
///
/// <https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_jwt_flow.htm>
pub const LIFETIME_SECONDS: i64 = 180;

/// What the production login servers are called in an assertion.
pub const AUDIENCE_LOGIN: &str = "https://login.salesforce.com";

/// What the sandbox login servers, which scratch orgs belong to, are called in an assertion.
pub const AUDIENCE_TEST: &str = "https://test.salesforce.com";

/// The claims of one assertion. No `jti`: where it is sent it is checked for replay, and nobody needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Claims<'a> {
    /// The consumer key.
    pub iss: &'a str,
    /// The username.
    pub sub: &'a str,
    /// The authorisation server.
    pub aud: &'a str,
    /// When it expires, in seconds since 1970.
    pub exp: i64,
    /// When it was made, in seconds since 1970.
    pub iat: i64,
}

impl<'a> Claims<'a> {
    /// Claims that hold from `now` for [`LIFETIME_SECONDS`].
    pub fn new(client_id: &'a str, username: &'a str, audience: &'a str, now: Timestamp) -> Self {
        let iat = now.as_second();
        Self { iss: client_id, sub: username, aud: audience, exp: iat + LIFETIME_SECONDS, iat }
    }

    /// Signs them: `{"typ":"JWT","alg":"RS256"}`, the claims, the signature.
    pub fn sign(&self, key: &SigningKey) -> Result<Assertion, SignError> {
        static HEADER: LazyLock<String> = LazyLock::new(|| {
            BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(&Header::new(Algorithm::RS256)).unwrap_or_default())
        });
        let claims = serde_json::to_vec(self).map_err(|_| SignError)?;
        let mut jwt = Zeroizing::new(String::with_capacity(1024));
        jwt.push_str(&HEADER);
        jwt.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(claims, &mut jwt);
        let signature = key.sign(jwt.as_bytes())?;
        jwt.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(signature, &mut jwt);
        Ok(Assertion::new(std::mem::take(&mut *jwt)))
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{DecodingKey, Validation};
    use serde_json::Value;

    use super::*;
    use crate::model::key::tests::key;

    #[test]
    fn an_assertion_is_what_any_jwt_library_verifies() {
        let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
        let now = Timestamp::now();
        let assertion = Claims::new("3MVG9", "o'brien@example.com", AUDIENCE_TEST, now).sign(key()).unwrap();
        let public = aws_lc_public_key();
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_audience(&[AUDIENCE_TEST]);
        let token = jsonwebtoken::decode::<Value>(assertion.expose(), &DecodingKey::from_rsa_der(&public), &validation)
            .unwrap();
        let iat = now.as_second();
        let claims = serde_json::json!({"iss": "3MVG9", "sub": "o'brien@example.com", "aud": AUDIENCE_TEST, "exp": iat + 180, "iat": iat});
        assert_eq!(token.claims, claims);
        assert_eq!(token.header.alg, Algorithm::RS256);
        assert_eq!(token.header.typ.as_deref(), Some("JWT"));
    }

    /// PKCS#1, which `from_rsa_der` takes: the `SubjectPublicKeyInfo` without its 24 bytes of wrapping for 2048 bits.
    fn aws_lc_public_key() -> Vec<u8> {
        key().public_key_der().unwrap()[24..].to_vec()
    }
}
