//! The Redis port: an [`Engine`] for everybody who speaks the protocol of Redis.
//!
//! In the order in which a request meets them: [`Server`] accepts, `connection` reads, `dispatch` finds the command
//! in the table of `commands`, whose handlers read and write the store and the reply, and `blocking` waits.

mod blocking;
mod clients;
mod commands;
mod connection;
mod dispatch;
mod entries;
mod expiry;
mod options;
mod parse;
mod refusal;
mod session;
mod stats;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::{debug, error, info, warn};

use crate::Engine;
use clients::Clients;
use connection::Connection;
pub use options::ServerOptions;
use stats::Stats;

/// The version of Redis whose replies are given, to the byte. Clients decide by it what they send.
pub const REDIS_VERSION: &str = "7.0.15";

/// How often the rate of commands is measured.
const RATE_INTERVAL: Duration = Duration::from_millis(100);

/// After a failed accept: out of file descriptors, most likely, which takes others some time to change.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What all connections share.
pub(crate) struct Shared {
    engine: Engine,
    options: ServerOptions,
    address: SocketAddr,
    started: Instant,
    run_id: String,
    clients: Clients,
    stats: Stats,
}

impl Shared {
    /// A number that nobody can tell beforehand.
    fn random(&self) -> u64 {
        use std::hash::{BuildHasher as _, RandomState};
        RandomState::new().hash_one(&self.run_id)
    }
}

/// A port that answers the Redis protocol.
pub struct Server {
    listener: TcpListener,
    shared: Arc<Shared>,
}

impl Server {
    /// Opens the port; port 0 takes any that is free.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn bind(engine: Engine, options: ServerOptions, addr: impl ToSocketAddrs) -> io::Result<Self> {
        let listener = TcpListener::bind(addr).await?;
        let address = listener.local_addr()?;
        let shared = Shared {
            engine,
            options,
            address,
            started: Instant::now(),
            run_id: stats::run_id(),
            clients: Clients::default(),
            stats: Stats::default(),
        };
        Ok(Self { listener, shared: Arc::new(shared) })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.shared.address
    }

    /// Answers until `shutdown` is ready; then ends all connections, each after the commands that it had begun, and
    /// returns when the last one has ended.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let Self { listener, shared } = self;
        let (stop, stopped) = watch::channel(());
        let mut connections = JoinSet::new();
        let mut rate = tokio::time::interval(RATE_INTERVAL);
        let mut shutdown = std::pin::pin!(shutdown);
        info!(address = %shared.address, "answering the Redis protocol");
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => accept(&shared, &mut connections, stream, peer, stopped.clone()),
                    Err(failure) => {
                        warn!(%failure, "cannot accept a connection");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
                Some(ended) = connections.join_next() => if let Err(failure) = ended {
                    error!(%failure, "a connection failed");
                },
                _ = rate.tick() => shared.stats.sample_rate(),
            }
        }
        drop(listener);
        drop(stop);
        while connections.join_next().await.is_some() {}
        debug!(address = %shared.address, "stopped");
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("address", &self.shared.address).finish_non_exhaustive()
    }
}

/// Gives a client a task of its own, or sends it away when there are too many.
fn accept(
    shared: &Arc<Shared>,
    connections: &mut JoinSet<()>,
    stream: TcpStream,
    peer: SocketAddr,
    stopped: watch::Receiver<()>,
) {
    let Some(client) = shared.clients.admit(shared.options.max_clients) else {
        shared.stats.rejected();
        warn!(%peer, max_clients = shared.options.max_clients, "too many clients: connection refused");
        // One line fits into the buffer of a new socket; if not, closing says enough.
        let _ = stream.try_write(b"-ERR max number of clients reached\r\n");
        return;
    };
    shared.stats.accepted();
    debug!(%peer, client = client.id(), "connected");
    if let Err(failure) = stream.set_nodelay(true) {
        debug!(%peer, %failure, "cannot switch off Nagle's algorithm");
    }
    let connection = Connection::new(Arc::clone(shared), stream, client);
    connections.spawn(async move {
        let reason = connection.run(stopped).await;
        debug!(%peer, reason, "disconnected");
    });
}
