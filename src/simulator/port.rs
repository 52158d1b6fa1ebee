//! A port that is held for an origin, whether or not it takes connections now.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::{TcpListener, TcpSocket};

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;

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
