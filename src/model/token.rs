//! The secrets of a login: an assertion on its way, an access token that came back. Neither can be printed.

use std::fmt;

use crate::model::redact::HIDDEN;
use secrecy::{ExposeSecret, SecretString};

/// A signed JWT that stands for a user until it expires. `Debug` shows nothing of it; wiped on drop.
pub struct Assertion(SecretString);

/// An access token of one org. `Debug` and `Display` show nothing of it; wiped on drop.
#[derive(Clone)]
pub struct AccessToken(SecretString);

impl Assertion {
    /// Wraps a signed JWT.
    pub fn new(jwt: String) -> Self {
        Self(jwt.into())
    }

    /// The JWT, for the request body alone.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl AccessToken {
    /// Wraps a token as the server gave it.
    pub fn new(token: String) -> Self {
        Self(token.into())
    }

    /// The token, for the `Authorization` header, the encrypted sf store and `--tokens-file` alone.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Assertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl fmt::Display for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_nothing_of_itself() {
        let shown = format!(
            "{:?} {:?} {}",
            Assertion::new("eyJ".into()),
            AccessToken::new("00D!A".into()),
            AccessToken::new("00D!A".into())
        );
        assert_eq!(shown, "[hidden] [hidden] [hidden]");
    }
}
