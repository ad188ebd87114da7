//! The Redis port: an [`Engine`] for everybody who speaks the protocol of Redis.
//!
//! In the order in which a request meets them: [`Server`] accepts, perhaps with [`Tls`], `connection` takes from the `wire`,
//! `dispatch` finds the command in the table of `commands`, whose handlers read and write the store and the reply, and `blocking`
//! waits. What a connection remembers is in its `session`; what others may know of it, in `client`. Messages of channels go from
//! `pubsub` through the `outbox` of each subscriber.

mod accept;
mod blocking;
mod client;
mod clients;
mod command_stats;
mod commands;
mod connection;
mod dispatch;
mod entries;
mod expiry;
mod memory;
mod options;
mod outbox;
mod parse;
mod pause;
mod process;
mod pubsub;
mod refusal;
mod session;
mod stats;
mod tls;
mod transaction;
mod watches;
mod wire;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::task::JoinSet;
use tracing::{debug, error, info, warn};

use crate::Engine;
use clients::Clients;
use memory::MemoryGauge;
pub use options::ServerOptions;
use pause::Pause;
use pubsub::PubSub;
use stats::Stats;
pub use tls::{Tls, TlsError};

/// The version of Redis whose replies are given, to the byte. Clients decide by it what they send.
pub const REDIS_VERSION: &str = "7.0.15";

/// How often rates are measured and keys expire that nobody asks for. Also the clock for what need not be exact.
const TICK: Duration = Duration::from_millis(100);

/// After a failed accept: out of file descriptors, most likely, which takes others some time to change.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What all connections share.
pub(crate) struct Shared {
    engine: Engine,
    options: ServerOptions,
    address: SocketAddr,
    started: Instant,
    /// The same in seconds since 1970.
    started_at: u64,
    run_id: String,
    ticks: AtomicU64,
    clients: Clients,
    pause: Pause,
    pubsub: Arc<PubSub>,
    memory: MemoryGauge,
    stats: Stats,
}

impl Shared {
    /// How many [ticks](TICK) have passed since the start.
    fn tick(&self) -> u64 {
        self.ticks.load(Ordering::Relaxed)
    }

    /// Called every [`TICK`].
    fn tend(&self) {
        self.ticks.fetch_add(1, Ordering::Relaxed);
        self.stats.sample_rates();
        // Opening the store removes what has expired, and tells those who wait for it.
        drop(self.engine.lock());
    }

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
        let listener = accept::listen(addr).await?;
        let address = listener.local_addr()?;
        let shared = Shared {
            engine,
            options,
            address,
            started: Instant::now(),
            started_at: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs()),
            run_id: stats::run_id(),
            ticks: AtomicU64::new(0),
            clients: Clients::default(),
            pause: Pause::default(),
            pubsub: Arc::default(),
            memory: MemoryGauge::default(),
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
        let mut connections = JoinSet::new();
        let mut ticks = tokio::time::interval(TICK);
        let mut shutdown = std::pin::pin!(shutdown);
        info!(address = %shared.address, "answering the Redis protocol");
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => accept::accept(&shared, &mut connections, stream, peer),
                    Err(failure) => {
                        warn!(%failure, "cannot accept a connection");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
                Some(ended) = connections.join_next() => if let Err(failure) = ended {
                    error!(%failure, "a connection failed");
                },
                _ = ticks.tick() => shared.tend(),
            }
        }
        drop(listener);
        for client in shared.clients.all() {
            client.end("the server stops");
        }
        while connections.join_next().await.is_some() {}
        debug!(address = %shared.address, "stopped");
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("address", &self.shared.address).finish_non_exhaustive()
    }
}
