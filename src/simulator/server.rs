//! The server: every origin on its port, every connection a task, all on one thread.

use std::sync::Arc;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;

use super::connection::Connection;
use super::listener;
use super::port::Port;
use super::salesforce::Salesforce;
use super::tls::Tls;

/// Serves all origins until `stop`.
pub(super) async fn serve(
    salesforce: Arc<Salesforce>,
    ports: Vec<(u16, Port)>,
    mut new_ports: UnboundedReceiver<(u16, Port)>,
    tls: Option<Tls>,
    stop: CancellationToken,
) {
    for (number, port) in ports {
        serve_port(number, port, &salesforce, tls.as_ref());
    }
    let all_that_come = async {
        while let Some((number, port)) = new_ports.recv().await {
            serve_port(number, port, &salesforce, tls.as_ref());
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = all_that_come => {}
    }
}

fn serve_port(number: u16, port: Port, salesforce: &Arc<Salesforce>, tls: Option<&Tls>) {
    let certificate = salesforce.first_at(number).map(|org| org.plan.certificate).unwrap_or_default();
    let acceptor = tls.and_then(|tls| tls.acceptor(certificate));
    let salesforce = Arc::clone(salesforce);
    tokio::spawn(async move {
        let served = Arc::clone(&salesforce);
        let serve = move |stream| {
            tokio::spawn(Connection::serve(stream, acceptor.clone(), Arc::clone(&served), number));
        };
        if let Err(error) = listener::keep(port, salesforce, number, serve).await {
            tracing::error!(port = number, %error, "the simulator lost a port");
        }
    });
}
