//! A connection: its beginning, each request and its answer, its end.

use std::io;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::body::AnswerBody;
use super::control;
use super::fault_injection::{self, Delivery};
use super::journal::{RecordedRequest, RequestKind};
use super::org::Org;
use super::request::Request;
use super::router;
use super::salesforce::Salesforce;
use super::scenario::fault::{Effect, Stage};
use super::token::TokenRequest;
use super::wire::{ResetSwitch, Wire};

/// A connection as its requests see it.
#[derive(Clone)]
pub(super) struct Connection {
    salesforce: Arc<Salesforce>,
    port: u16,
    number: u64,
}

/// The connection is to be reset.
#[derive(Debug, thiserror::Error)]
#[error("reset as the scenario says")]
struct ResetWanted;

/// Counts a connection out, however it ends.
struct Open(Arc<Salesforce>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.journal.closed();
    }
}

impl Connection {
    /// Serves a connection that came to `port`, until it ends.
    pub(super) async fn serve(
        stream: TcpStream,
        acceptor: Option<TlsAcceptor>,
        salesforce: Arc<Salesforce>,
        port: u16,
    ) {
        let connection = Self { number: salesforce.journal.opened(), salesforce: Arc::clone(&salesforce), port };
        let _open = Open(Arc::clone(&salesforce));
        let struck = salesforce.first_at(port).and_then(|org| org.strike(Stage::Connect, salesforce.moment()));
        let (mut wire, reset) = Wire::new(stream);
        match struck {
            Some(Effect::Hang) => return hang(&mut wire).await,
            Some(_) => return reset.turn_on(),
            None => {}
        }
        // How a client leaves is its own affair.
        let _ = match acceptor {
            Some(acceptor) => match acceptor.accept(wire).await {
                Ok(stream) => connection.speak_http(stream, reset).await,
                Err(error) => Err(error),
            },
            None => connection.speak_http(wire, reset).await,
        };
    }

    async fn speak_http(self, stream: impl AsyncRead + AsyncWrite + Unpin, reset: ResetSwitch) -> io::Result<()> {
        let service = service_fn(move |request| {
            let (connection, reset) = (self.clone(), reset.clone());
            async move { connection.exchange(request).await.inspect_err(|_| reset.turn_on()) }
        });
        let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        served.map_err(io::Error::other)
    }

    /// Answers a request, or does not, as the scenario says.
    async fn exchange(self, request: hyper::Request<Incoming>) -> Result<Response<AnswerBody>, ResetWanted> {
        let salesforce = &*self.salesforce;
        let request = Request::read(request, self.port, salesforce.origin(self.port)).await;
        if let Some(answer) = control::answer(salesforce, &request) {
            return Ok(fault_injection::response(salesforce, answer, AnswerBody::whole));
        }
        if !salesforce.rules.latency.is_zero() {
            tokio::time::sleep(salesforce.rules.latency).await;
        }
        let kind = request.kind();
        let token_request = (kind == RequestKind::Login).then(|| TokenRequest::read(&request));
        let of_secret = match &token_request {
            Some(token_request) => token_request.org(salesforce),
            None => request.token().and_then(|token| salesforce.org_of_token(token)),
        };
        let here = of_secret.filter(|org| org.port == self.port).or_else(|| salesforce.first_at(self.port));
        // A deletion is struck by a fault of the org that is deleted too.
        let target = if request.method == Method::DELETE { salesforce.org_of_record(&request.path) } else { None };
        let strike =
            |stage| [target, here].into_iter().flatten().find_map(|org| org.strike(stage, salesforce.moment()));
        let effect = request.stage().and_then(strike);
        let struck = effect.is_some();
        let right = || router::answer(salesforce, &request, kind, token_request.as_ref());
        let delivery = fault_injection::deliver(salesforce, effect, right, router::refusal(&request));
        let status = if let Delivery::Answer(response) = &delivery { response.status().as_u16() } else { 0 };
        self.record(&request, kind, of_secret, status, struck);
        match delivery {
            Delivery::Answer(response) => Ok(response),
            Delivery::Reset => Err(ResetWanted),
            Delivery::Hang => std::future::pending().await,
        }
    }

    fn record(&self, request: &Request, kind: RequestKind, org: Option<&Org>, status: u16, struck: bool) {
        self.salesforce.journal.record(RecordedRequest {
            at: self.salesforce.moment().elapsed,
            connection: self.number,
            port: self.port,
            method: request.method.to_string(),
            path: crate::model::untrusted::sanitize_line(&request.path, 200),
            kind,
            username: org.map(|org| org.username.clone()),
            soql: request.parameter("q").filter(|_| kind == RequestKind::Query),
            status,
            struck,
        });
    }
}

/// Reads until the client leaves, and says nothing.
async fn hang(wire: &mut Wire) {
    let mut buffer = [0; 4096];
    while wire.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
}
