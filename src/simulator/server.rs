//! The server: every origin on its port, every connection a task, all on one thread.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::connection::Connection;
use super::listener::Port;
use super::salesforce::Salesforce;
use super::tls::Tls;

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
            let served = Arc::clone(&salesforce);
            let serve = move |stream| {
                tokio::spawn(Connection::serve(stream, acceptor.clone(), Arc::clone(&served), number));
            };
            if let Err(error) = port.keep(salesforce, number, serve).await {
                tracing::error!(port = number, %error, "the simulator lost a port");
            }
        });
    }
    stop.cancelled().await;
}
