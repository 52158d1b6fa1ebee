//! One attempt at one org, the hub included: audience, signature, token request. It never waits.

use crate::answer::{self, Grant, Reading, Silence, SilenceKind};
use crate::assertion::Claims;
use crate::audience::Audiences;
use crate::host::LoginUrl;
use crate::org::Username;
use crate::run::Run;
use crate::transport::Transport;
use crate::verdict::{self, Meaning};

/// What came of an attempt.
#[derive(Debug)]
pub(crate) struct Attempted {
    pub(crate) reading: Reading<Grant>,
    /// The place of the audience that the host did not complain about, where it complained about another.
    pub(crate) audience: Option<usize>,
}

/// Asks for a token: once, and again at once with the next audience where the answer says that it is wrong, and with
/// a new signature where it says that the assertion is out of time. `posting` is told each request before it goes.
pub(crate) async fn log_in<T: Transport>(
    run: &Run<'_, T>,
    username: &Username,
    login_url: &LoginUrl,
    audiences: &Audiences,
    own_audience: Option<usize>,
    mut posting: impl FnMut(),
) -> Attempted {
    let order = audiences.order(own_audience, login_url);
    let mut left = order.iter();
    let mut audience = left.next().map(AsRef::as_ref).unwrap_or_default();
    let (mut signed_again, mut complained) = (false, false);
    loop {
        posting();
        let reading = post(run, username, login_url, audience).await;
        if let Reading::Refused(refusal) = &reading {
            match verdict::meaning(refusal) {
                Meaning::Audience => {
                    if let Some(next) = left.next() {
                        tracing::debug!(%username, host = login_url.host(), audience = %next, "the audience is wrong; trying another");
                        (audience, complained) = (next, true);
                        continue;
                    }
                    return Attempted { reading, audience: None };
                }
                Meaning::Clock if !signed_again => {
                    signed_again = true;
                    continue;
                }
                _ => {}
            }
        }
        let place = match &reading {
            Reading::Silent(_) => None,
            _ => audiences.place(audience, login_url),
        };
        if let (Reading::Good(_), Some(place)) = (&reading, place) {
            audiences.learn(place);
        }
        return Attempted { reading, audience: place.filter(|_| complained) };
    }
}

async fn post<T: Transport>(
    run: &Run<'_, T>,
    username: &Username,
    login_url: &LoginUrl,
    audience: &str,
) -> Reading<Grant> {
    let settings = run.settings;
    let now = settings.clock.now();
    let Ok(assertion) = Claims::new(settings.client_id.as_str(), username.as_str(), audience, now).sign(&settings.key)
    else {
        return Reading::Silent(Silence::new(SilenceKind::Local, "the private key could not sign"));
    };
    match run.transport.post_token(login_url, &assertion).await {
        Ok(answer) => {
            tracing::debug!(%username, host = login_url.host(), audience, status = answer.status, "token request answered");
            answer::of_token_endpoint(&answer, now).without(assertion.expose())
        }
        Err(error) => {
            tracing::debug!(%username, host = login_url.host(), audience, %error, "token request not answered");
            Reading::Silent(error.into())
        }
    }
}
