//! The server: every origin on its port, every connection a task, all on one thread.

use std::io;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::door::Port;
use super::exchange::Line;
use super::fault::{Effect, Stage};
use super::salesforce::Salesforce;
use super::tls::Tls;
use super::wire::{ResetSwitch, Wire};

/// Serves all origins until `stop`.
pub(super) async fn serve(
    salesforce: Arc<Salesforce>,
    ports: Vec<(u16, Port)>,
    tls: Option<Tls>,
    stop: CancellationToken,
) {
    for (number, port) in ports {
        let certificate = salesforce.first_at(number).map(|org| org.plan.certificate).unwrap_or_default();
        let acceptor = tls.as_ref().and_then(|tls| tls.acceptor(certificate));
        let salesforce = Arc::clone(&salesforce);
        tokio::spawn(async move {
            let to_serve = Arc::clone(&salesforce);
            let serve = move |stream| {
                tokio::spawn(connection(stream, acceptor.clone(), Arc::clone(&to_serve), number));
            };
            if let Err(error) = port.keep(salesforce, number, serve).await {
                tracing::error!(port = number, %error, "the simulator lost a port");
            }
        });
    }
    stop.cancelled().await;
}

/// Counts a connection out, however it ends.
struct Open(Arc<Salesforce>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.journal.closed();
    }
}

async fn connection(stream: TcpStream, acceptor: Option<TlsAcceptor>, salesforce: Arc<Salesforce>, port: u16) {
    let line = Line { connection: salesforce.journal.opened(), salesforce: Arc::clone(&salesforce), port };
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
            Ok(stream) => http(stream, reset, line).await,
            Err(error) => Err(error),
        },
        None => http(wire, reset, line).await,
    };
}

/// Reads until the client leaves, and says nothing.
async fn hang(wire: &mut Wire) {
    let mut buffer = [0; 4096];
    while wire.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
}

async fn http(stream: impl AsyncRead + AsyncWrite + Unpin, reset: ResetSwitch, line: Line) -> io::Result<()> {
    let service = service_fn(move |request| {
        let (line, reset) = (line.clone(), reset.clone());
        async move { line.exchange(request).await.inspect_err(|_| reset.turn_on()) }
    });
    let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    served.map_err(io::Error::other)
}
