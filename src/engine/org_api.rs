//! Requests to one org's API with its token, asked again while no usable answer comes.

use jiff::Timestamp;
use tokio::sync::Semaphore;

use crate::engine::patience::{Bounds, Cut, Patience};
use crate::model::clock::Clock;
use crate::model::host::InstanceUrl;
use crate::model::token::AccessToken;
use crate::protocol::error_response::ErrorResponse;
use crate::protocol::response::Response;
use crate::protocol::transport::{Answer, ApiRequest, Connection, Transport, Unavailability, UnavailableKind};

/// An org's API.
pub(crate) struct OrgApi<'a, T> {
    pub(crate) transport: &'a T,
    pub(crate) instance_url: &'a InstanceUrl,
    pub(crate) token: &'a AccessToken,
    pub(crate) clock: &'a Clock,
    pub(crate) bounds: Bounds<'a>,
    /// Requests of this kind at once, in all orgs together.
    pub(crate) places: &'a Semaphore,
}

/// Why a request led to nothing.
#[derive(Debug)]
pub(crate) enum Unanswered {
    /// The org understood, and refused.
    Refused(ErrorResponse),
    /// Asking again does not help.
    Unavailable(Unavailability),
    /// It was asked until the deadline, or until a signal; the last thing that was seen.
    Cut(Cut, Option<Unavailability>),
}

impl<T: Transport> OrgApi<'_, T> {
    /// Asks until there is an answer.
    pub(crate) async fn ask<V>(
        &self,
        request: &ApiRequest,
        read: impl Fn(&Answer, Timestamp) -> Response<V>,
    ) -> Result<V, Unanswered> {
        let mut patience = Patience::new(&self.bounds);
        let mut last = None;
        loop {
            let asked = patience.bounded(self.ask_once(request, &read)).await;
            let unavailable = match asked.map_err(|cut| Unanswered::Cut(cut, last.take()))? {
                Response::Success(value) => return Ok(value),
                Response::Refused(refusal) => return Err(Unanswered::Refused(refusal)),
                Response::Unavailable(unavailable)
                    if matches!(unavailable.kind, UnavailableKind::Tls | UnavailableKind::ProxyRefused) =>
                {
                    return Err(Unanswered::Unavailable(unavailable));
                }
                Response::Unavailable(unavailable) => unavailable,
            };
            let paused = patience.pause(unavailable.retry_after).await;
            last = Some(unavailable);
            paused.map_err(|cut| Unanswered::Cut(cut, last.take()))?;
        }
    }

    async fn ask_once<V>(&self, request: &ApiRequest, read: impl Fn(&Answer, Timestamp) -> Response<V>) -> Response<V> {
        let _place = self.places.acquire().await;
        let answered = self.transport.send(self.instance_url, request, self.token, Connection::Keep).await;
        let read = |answer: &Answer| read(answer, self.clock.now());
        let method = request.method;
        Response::of(answered, (format_args!("{method:?}"), self.instance_url.host()), self.token.expose(), read)
    }
}
