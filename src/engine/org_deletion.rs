//! The deletion of one org at the hub's API, at its turn: so many at once and so many a second as logins.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use crate::engine::org_api::{OrgApi, Unanswered};
use crate::engine::patience::Patience;
use crate::engine::rate_limiter::RateLimiter;
use crate::engine::run::{Run, Settings};
use crate::model::host::InstanceUrl;
use crate::model::token::AccessToken;
use crate::protocol::response;
use crate::protocol::transport::{ApiRequest, Transport};

/// What bounds the deletions of a batch.
pub(crate) struct Turns {
    places: Arc<Semaphore>,
    pace: Arc<Mutex<RateLimiter>>,
}

impl Turns {
    pub(crate) fn new(settings: &Settings) -> Self {
        let places = Arc::new(Semaphore::new(settings.concurrency.get()));
        Self { places, pace: Arc::new(Mutex::new(RateLimiter::new(settings.rate))) }
    }

    /// Sends these requests, one after the other, each until it is answered.
    pub(crate) fn delete<'a, T: Transport>(
        &self,
        run: &'a Run<'a, T>,
        (instance_url, token): (InstanceUrl, AccessToken),
        requests: Vec<ApiRequest>,
    ) -> impl Future<Output = Result<(), Unanswered>> + Send + use<'a, T> {
        let (places, pace) = (Arc::clone(&self.places), Arc::clone(&self.pace));
        async move {
            let (transport, clock) = (run.transport, &run.settings.clock);
            let bounds = run.bounds();
            let patience = Patience::new(&bounds);
            let api = OrgApi { transport, instance_url: &instance_url, token: &token, clock, bounds, places: &places };
            for request in &requests {
                patience.bounded(take_turn(run, &pace)).await.map_err(|cut| Unanswered::Cut(cut, None))?;
                let deleted = api.ask(request, |answer, now| {
                    if answer.status == 429 {
                        pace.lock().unwrap_or_else(PoisonError::into_inner).slow_down(run.elapsed());
                    }
                    response::of_change(answer, now)
                });
                deleted.await?;
            }
            Ok(())
        }
    }
}

async fn take_turn<T>(run: &Run<'_, T>, pace: &Mutex<RateLimiter>) {
    loop {
        let now = run.elapsed();
        let next = {
            let mut pace = pace.lock().unwrap_or_else(PoisonError::into_inner);
            let next = pace.next(now);
            if next <= now {
                return pace.take(now, 1);
            }
            next
        };
        tokio::time::sleep_until(run.settings.started + next).await;
    }
}
