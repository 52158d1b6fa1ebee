//! One attempt at one org, the hub included: audience, signature, token request. It never waits.

use crate::engine::run::Run;
use crate::model::host::LoginUrl;
use crate::model::org::Username;
use crate::protocol::assertion::Claims;
use crate::protocol::audience::Audiences;
use crate::protocol::error_response::RefusalKind;
use crate::protocol::response::{self, Grant, Response};
use crate::protocol::transport::{Answer, Transport, Unavailability, UnavailableKind};

/// Asks for a token: once, and again at once with the next audience where the answer says that it is wrong, and with
/// a new signature where it says that the assertion is out of time. `posting` is told each request before it goes.
///
/// With the answer comes the place of the audience that the host did not complain about, where it complained about another.
pub(crate) async fn log_in<T: Transport>(
    run: &Run<'_, T>,
    username: &Username,
    login_url: &LoginUrl,
    audiences: &Audiences,
    own_audience: Option<usize>,
    mut posting: impl FnMut(),
) -> (Response<Grant>, Option<usize>) {
    let order = audiences.order(own_audience, login_url);
    let mut left = order.iter();
    let mut audience = left.next().map(AsRef::as_ref).unwrap_or_default();
    let (mut signed_again, mut complained) = (false, false);
    loop {
        posting();
        let response = post(run, username, login_url, audience).await;
        if let Response::Refused(refusal) = &response {
            match refusal.kind {
                RefusalKind::Audience => {
                    if let Some(next) = left.next() {
                        tracing::debug!(%username, host = login_url.host(), audience = %next, "the audience is wrong; trying another");
                        (audience, complained) = (next, true);
                        continue;
                    }
                    return (response, None);
                }
                RefusalKind::Clock if !signed_again => {
                    signed_again = true;
                    continue;
                }
                _ => {}
            }
        }
        let place = audiences.place(audience, login_url);
        if let (Response::Success(_), Some(place)) = (&response, place) {
            audiences.learn(place);
        }
        return (response, place.filter(|_| complained));
    }
}

async fn post<T: Transport>(
    run: &Run<'_, T>,
    username: &Username,
    login_url: &LoginUrl,
    audience: &str,
) -> Response<Grant> {
    let settings = run.settings;
    let now = settings.clock.now();
    let Ok(assertion) = Claims::new(settings.client_id.as_str(), username.as_str(), audience, now).sign(&settings.key)
    else {
        return Response::Unavailable(Unavailability::new(UnavailableKind::Local, "the private key could not sign"));
    };
    let answered = run.transport.post_token(login_url, &assertion).await;
    let request = format_args!("token request of {username} for {audience}");
    let read = |answer: &Answer| response::of_token_endpoint(answer, now);
    Response::of(answered, (request, login_url.host()), assertion.expose(), read)
}
