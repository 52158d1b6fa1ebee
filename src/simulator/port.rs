//! A port that is held for an origin, whether or not it takes connections now.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;

/// How long is waited after a connection could not be accepted, so that the reason (no descriptors left) can pass.
const ACCEPT_AGAIN: Duration = Duration::from_millis(10);

/// A port of 127.0.0.1.
pub(super) struct Port {
    pub(super) number: u16,
    /// The origin that it is, `http://127.0.0.1:PORT`.
    pub(super) origin: String,
    socket: Socket,
}

enum Socket {
    /// A bound socket that does not listen refuses connections, and nobody else can take the port.
    Closed(TcpSocket),
    Open(TcpListener),
}

impl Port {
    /// Holds a port, or any that is free for 0; it is closed.
    pub(super) fn hold(number: u16, tls: bool) -> io::Result<Self> {
        let socket = closed(number)?;
        let number = socket.local_addr()?.port();
        let origin = format!("{}://127.0.0.1:{number}", if tls { "https" } else { "http" });
        Ok(Self { number, origin, socket: Socket::Closed(socket) })
    }

    /// The same, open or closed.
    pub(super) fn turned(self, to_closed: bool) -> io::Result<Self> {
        let socket = match self.socket {
            Socket::Closed(socket) if !to_closed => Socket::Open(socket.listen(BACKLOG)?),
            Socket::Open(listener) if to_closed => {
                drop(listener);
                Socket::Closed(closed(self.number)?)
            }
            socket => socket,
        };
        Ok(Self { socket, ..self })
    }

    /// The next connection; none while it is closed.
    pub(super) async fn accept(&self) -> TcpStream {
        let Socket::Open(listener) = &self.socket else { return std::future::pending().await };
        loop {
            match listener.accept().await {
                Ok((stream, _)) => return stream,
                Err(_) => tokio::time::sleep(ACCEPT_AGAIN).await,
            }
        }
    }
}

fn closed(number: u16) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // A port that was named, or is closed for a while, may have connections of before. One that the system chooses has not, and
    // could be chosen twice as long as neither socket listens: it is made so only then. (Windows would share the port.)
    #[cfg(unix)]
    if number != 0 {
        socket.set_reuseaddr(true)?;
    }
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, number)))?;
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    Ok(socket)
}
