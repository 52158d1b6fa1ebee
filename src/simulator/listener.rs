//! An origin's port: open, or closed where the scenario says so.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{Instant, sleep, sleep_until};

use super::salesforce::Salesforce;
use super::scenario::fault::Effect;

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;

/// How long is waited after a connection could not be accepted, so that the reason (no descriptors left) can pass.
const ACCEPT_AGAIN: Duration = Duration::from_millis(10);

/// A port of 127.0.0.1 that is held, whether or not it takes connections.
pub(super) struct HeldPort {
    socket: TcpSocket,
    pub(super) port: u16,
}

impl HeldPort {
    /// Holds `port`, or any that is free for 0.
    pub(super) fn hold(port: u16) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        // A port that was named may have connections of an earlier run in TIME_WAIT. One that the system chooses has not, and
        // could be chosen twice as long as neither socket listens. (Windows would share the port.)
        #[cfg(unix)]
        if port != 0 {
            socket.set_reuseaddr(true)?;
        }
        socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
        let port = socket.local_addr()?.port();
        Ok(Self { socket, port })
    }

    /// Takes connections from now on.
    pub(super) fn listen(self) -> io::Result<TcpListener> {
        self.socket.listen(BACKLOG)
    }
}

/// What is at a port now.
pub(super) enum Port {
    Open(TcpListener),
    /// A bound socket that does not listen refuses connections, and nobody else can take the port.
    Closed(HeldPort),
}

impl Port {
    /// Hands every connection to `serve`, whenever the port is not to be closed. Ends only where the system fails.
    pub(super) async fn keep(
        mut self,
        salesforce: Arc<Salesforce>,
        port: u16,
        mut serve: impl FnMut(TcpStream),
    ) -> io::Result<()> {
        loop {
            let now = salesforce.moment().elapsed;
            let change = next_change(&salesforce, port, now);
            let change_at = change.map(|change| Instant::now() + change.saturating_sub(now));
            match self {
                Self::Closed(held) if !is_closed(&salesforce, port, now) => self = Self::Open(held.listen()?),
                Self::Open(listener) if is_closed(&salesforce, port, now) => {
                    drop(listener);
                    self = Self::Closed(HeldPort::hold(port)?);
                }
                Self::Closed(held) => {
                    wait(change_at).await;
                    self = Self::Closed(held);
                }
                Self::Open(listener) => {
                    tokio::select! {
                        accepted = listener.accept() => match accepted {
                            Ok((stream, _)) => serve(stream),
                            Err(_) => sleep(ACCEPT_AGAIN).await,
                        },
                        () = wait(change_at) => {}
                    }
                    self = Self::Open(listener);
                }
            }
        }
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
    let faults = salesforce.first_at(port).map(|org| org.faults.as_slice()).unwrap_or_default();
    faults.iter().filter(|fault| matches!(fault.effect, Effect::Refuse)).map(super::scenario::fault::Fault::window)
}

/// Whether the port is to be closed.
pub(super) fn is_closed(salesforce: &Salesforce, port: u16, now: Duration) -> bool {
    closed(salesforce, port).any(|(from, to)| from <= now && to.is_none_or(|to| now < to))
}

fn next_change(salesforce: &Salesforce, port: u16, now: Duration) -> Option<Duration> {
    closed(salesforce, port).flat_map(|(from, to)| [Some(from), to]).flatten().filter(|change| *change > now).min()
}
