//! An origin's port: open, or closed where the scenario says so.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, sleep_until};

use super::port::{HeldPort, Port};
use super::salesforce::Salesforce;
use super::scenario::fault::Effect;

/// How long is waited after a connection could not be accepted, so that the reason (no descriptors left) can pass.
const ACCEPT_AGAIN: Duration = Duration::from_millis(10);

/// Opens a port, unless it is to be closed for now.
pub(super) fn start(held: HeldPort, salesforce: &Salesforce) -> io::Result<Port> {
    let is_closed = is_closed(salesforce, held.port, salesforce.moment().elapsed);
    Ok(if is_closed { Port::Closed(held) } else { Port::Open(held.listen()?) })
}

/// Hands every connection to `serve`, whenever the port is not to be closed. Ends only where the system fails.
pub(super) async fn keep(
    mut at_port: Port,
    salesforce: Arc<Salesforce>,
    port: u16,
    mut serve: impl FnMut(TcpStream),
) -> io::Result<()> {
    loop {
        let now = salesforce.moment().elapsed;
        let change = next_change(&salesforce, port, now);
        let change_at = change.map(|change| Instant::now() + change.saturating_sub(now));
        at_port = match at_port {
            Port::Closed(held) if !is_closed(&salesforce, port, now) => Port::Open(held.listen()?),
            Port::Open(listener) if is_closed(&salesforce, port, now) => {
                drop(listener);
                Port::Closed(HeldPort::hold(port)?)
            }
            Port::Closed(held) => {
                wait(change_at).await;
                Port::Closed(held)
            }
            Port::Open(listener) => {
                tokio::select! {
                    accepted = listener.accept() => match accepted {
                        Ok((stream, _)) => serve(stream),
                        Err(_) => sleep(ACCEPT_AGAIN).await,
                    },
                    () = wait(change_at) => {}
                }
                Port::Open(listener)
            }
        };
    }
}

async fn wait(until: Option<Instant>) {
    match until {
        Some(until) => sleep_until(until).await,
        None => std::future::pending().await,
    }
}

/// The times at which the port is closed, from the start.
fn closed(salesforce: &Salesforce, port: u16) -> impl Iterator<Item = (Duration, Option<Duration>)> {
    let org = salesforce.first_at(port);
    let faults = org.map(|org| org.faults.as_slice()).unwrap_or_default();
    let born = org.map_or(Duration::ZERO, |org| org.born);
    faults.iter().filter(|fault| matches!(fault.effect, Effect::Refuse)).map(move |fault| {
        let (from, to) = fault.window();
        (born + from, to.map(|to| born + to))
    })
}

/// Whether the port is to be closed.
fn is_closed(salesforce: &Salesforce, port: u16, now: Duration) -> bool {
    closed(salesforce, port).any(|(from, to)| from <= now && to.is_none_or(|to| now < to))
}

fn next_change(salesforce: &Salesforce, port: u16, now: Duration) -> Option<Duration> {
    closed(salesforce, port).flat_map(|(from, to)| [Some(from), to]).flatten().filter(|change| *change > now).min()
}
