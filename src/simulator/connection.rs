//! A connection: its beginning, each request and its answer, its end.

use std::convert::Infallible;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

use super::control;
use super::delivery::{self, AnswerBody};
use super::journal::{RecordedRequest, RequestKind};
use super::request::Request;
use super::router;
use super::salesforce::Salesforce;
use super::scenario::{Effect, Stage};
use super::token::TokenRequest;
use crate::model::untrusted::sanitize_line;

/// A connection as its requests see it.
pub(super) struct Connection {
    salesforce: Arc<Salesforce>,
    port: u16,
    number: u64,
    /// It is to be reset.
    reset: Notify,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.salesforce.journal.closed();
    }
}

impl Connection {
    /// Serves a connection that came to `port`, until it ends.
    pub(super) async fn serve(
        mut stream: TcpStream,
        acceptor: Option<TlsAcceptor>,
        salesforce: Arc<Salesforce>,
        port: u16,
    ) {
        let number = salesforce.journal.opened();
        let connection = Self { number, salesforce, port, reset: Notify::new() };
        // Small answers are not to wait for each other; where that cannot be set, they do.
        let _ = stream.set_nodelay(true);
        let salesforce = &connection.salesforce;
        match salesforce.orgs.first_at(port).and_then(|org| org.strike(Stage::Connect, salesforce.now())) {
            Some(Effect::Hang {}) => {
                // Reads until the client leaves, and says nothing.
                let mut buffer = [0; 4096];
                while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
            }
            Some(_) => reset(&stream),
            None => match acceptor {
                Some(acceptor) => {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        connection.speak_http(stream, |stream| stream.get_ref().0).await;
                    }
                }
                None => connection.speak_http(stream, |stream| stream).await,
            },
        }
    }

    async fn speak_http<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S, tcp: fn(&S) -> &TcpStream) {
        let service = service_fn(|request| self.exchange(request));
        let mut http = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        tokio::select! {
            // How a client leaves is its own affair.
            _ = &mut http => {}
            () = self.reset.notified() => reset(tcp(http.into_parts().io.inner())),
        }
    }

    /// Answers a request, or does not, as the scenario says.
    async fn exchange(&self, request: hyper::Request<Incoming>) -> Result<Response<AnswerBody>, Infallible> {
        let salesforce = &*self.salesforce;
        let request = Request::read(request, self.port).await;
        if let Some(answer) = control::answer(salesforce, &request) {
            return Ok(delivery::whole(answer, salesforce.now()));
        }
        if !salesforce.scenario.latency.0.is_zero() {
            tokio::time::sleep(salesforce.scenario.latency.0).await;
        }
        let kind = request.kind();
        let token_request = (kind == RequestKind::Login).then(|| TokenRequest::read(&request));
        let of_secret = match &token_request {
            Some(token_request) => token_request.org(salesforce),
            None => request.token().and_then(|token| salesforce.org_of_token(token)),
        };
        let here = of_secret.filter(|org| org.port == self.port).or_else(|| salesforce.orgs.first_at(self.port));
        // A deletion is struck by a fault of the org that is deleted too.
        let record = request.path.rsplit('/').next().filter(|_| request.method == Method::DELETE);
        let target = record.and_then(|id| salesforce.orgs.of_record(id));
        let strike = |stage| [target, here].into_iter().flatten().find_map(|org| org.strike(stage, salesforce.now()));
        let effect = request.stage().and_then(strike);
        let record = |status| {
            salesforce.journal.record(RecordedRequest {
                at: salesforce.started.elapsed(),
                connection: self.number,
                port: self.port,
                method: request.method.to_string(),
                path: sanitize_line(&request.path, 200),
                kind,
                username: of_secret.map(|org| org.username.clone()),
                soql: request.parameter("q").filter(|_| kind == RequestKind::Query),
                status,
                struck: effect.is_some(),
            });
        };
        let right = || router::answer(salesforce, &request, token_request.as_ref());
        let response = match effect {
            Some(Effect::Hang {} | Effect::Reset {} | Effect::Refuse {}) => {
                record(0);
                if !matches!(effect, Some(Effect::Hang {})) {
                    self.reset.notify_one();
                }
                return std::future::pending().await;
            }
            Some(effect) => delivery::spoiled(salesforce, effect, right, router::refusal(&request)),
            None => delivery::whole(right(), salesforce.now()),
        };
        record(response.status().as_u16());
        Ok(response)
    }
}

/// With no time to linger, closing sends RST. Where that fails the client sees an end instead.
fn reset(stream: &TcpStream) {
    let _ = stream.set_zero_linger();
}
