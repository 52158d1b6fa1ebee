//! The server: every origin on its port, every connection a task, all on one thread.

use std::io;
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::certificates::Tls;
use super::connection::Connection;
use super::port::Port;
use super::salesforce::Salesforce;

/// Serves all ports that come, until `stop`.
pub(super) async fn serve(
    salesforce: Arc<Salesforce>,
    mut ports: UnboundedReceiver<Port>,
    tls: Option<Tls>,
    stop: CancellationToken,
) {
    let all_that_come = async {
        while let Some(port) = ports.recv().await {
            let acceptor = tls.as_ref().and_then(|tls| {
                tls.acceptor(salesforce.orgs.first_at(port.number).map(|org| org.plan.certificate).unwrap_or_default())
            });
            tokio::spawn(keep(port, Arc::clone(&salesforce), acceptor));
        }
    };
    stop.run_until_cancelled(all_that_come).await;
}

/// Takes connections whenever the port is not to be closed. Ends only where the system fails.
async fn keep(mut port: Port, salesforce: Arc<Salesforce>, acceptor: Option<TlsAcceptor>) -> io::Result<()> {
    let number = port.number;
    loop {
        let (is_closed, change) = salesforce.refuses(number);
        port = port.turned(is_closed).inspect_err(|error| {
            tracing::error!(port = number, %error, "the simulator lost a port");
        })?;
        let changes = async {
            match change {
                Some(change) => tokio::time::sleep(change).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            stream = port.accept() => {
                tokio::spawn(Connection::serve(stream, acceptor.clone(), Arc::clone(&salesforce), number));
            }
            () = changes => {}
        }
    }
}
