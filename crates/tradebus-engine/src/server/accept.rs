//! New connections.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsRawFd as _;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpSocket, TcpStream, ToSocketAddrs};
use tokio::task::JoinSet;
use tracing::{debug, warn};

use super::client::{Origin, Reason};
use super::clients::Place;
use super::connection::Connection;
use super::{Shared, Tls};

/// Connections that may wait until they are accepted: when all clients come back at once, none of them should have to try again.
/// The system may allow less.
const BACKLOG: u32 = 4096;

/// Opens a port.
pub(super) async fn listen(addr: impl ToSocketAddrs) -> io::Result<TcpListener> {
    let mut failure = io::Error::new(io::ErrorKind::InvalidInput, "the name has no address");
    for addr in tokio::net::lookup_host(addr).await? {
        match listen_at(addr) {
            Ok(listener) => return Ok(listener),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn listen_at(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // Connections of the process before that are still closing must not be in the way.
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    socket.listen(BACKLOG)
}

/// Gives a client a task of its own, or sends it away when there are too many.
pub(super) fn accept(
    server: &Arc<Shared>,
    connections: &mut JoinSet<()>,
    stream: TcpStream,
    peer: SocketAddr,
) {
    let local = stream.local_addr().unwrap_or(server.address);
    let origin = Origin { peer, local, file: stream.as_raw_fd() };
    let Some(place) = server.clients.admit(server.options.max_clients, origin, server.tick()) else {
        turn_away(server, &stream, peer);
        return;
    };
    server.stats.connections.add(1);
    debug!(%peer, client = place.client().id, "connected");
    if let Err(failure) = stream.set_nodelay(true) {
        debug!(%peer, %failure, "cannot switch off Nagle's algorithm");
    }
    let server = Arc::clone(server);
    // Two kinds of tasks: those of plain connections are smaller.
    if let Some(tls) = server.options.tls.clone() {
        connections.spawn(async move {
            let reason = serve_encrypted(server, &tls, stream, place).await;
            debug!(%peer, reason, "disconnected");
        });
    } else {
        connections.spawn(async move {
            let reason = Connection::new(server, stream, place).run().await;
            debug!(%peer, reason, "disconnected");
        });
    }
}

fn turn_away(server: &Shared, stream: &TcpStream, peer: SocketAddr) {
    server.stats.rejected.add(1);
    warn!(%peer, max_clients = server.options.max_clients, "too many clients: connection refused");
    if server.options.tls.is_none() {
        // One line fits into the buffer of a new socket; if not, closing says enough.
        let _ = stream.try_write(b"-ERR max number of clients reached\r\n");
    }
}

/// A client keeps its place while it shows that it speaks TLS, so that the number of those who do not is bounded too.
async fn serve_encrypted(server: Arc<Shared>, tls: &Tls, stream: TcpStream, place: Place) -> Reason {
    let client = Arc::clone(place.client());
    let accepted = tokio::select! {
        accepted = tls.accept(stream) => accepted,
        () = client.called() => return client.ends().unwrap_or("called before it was there"),
    };
    match accepted {
        Ok(stream) => Connection::new(server, stream, place).run().await,
        Err(error) => {
            debug!(client = client.id, %error, "no TLS");
            "does not speak TLS"
        }
    }
}
