//! Buses on each engine.

use std::sync::Arc;

use tempfile::TempDir;
use tokio::task::JoinHandle;
use tradebus::store::EntryFields;
use tradebus::{Bus, BusConfig, Delivery, EmbeddedStore, StreamStore, store};
use tradebus_engine::server::{Server, ServerOptions};
use tradebus_engine::{Engine, LogOptions};

use super::{RedisServer, within};

/// Which engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The embedded one, in memory.
    Embedded,
    /// The embedded one, in a directory.
    Durable,
    /// The embedded one, through its Redis port.
    Port,
    /// A redis-server.
    Redis,
}

/// An engine with nothing in it, which any number of buses may share.
#[derive(Debug)]
pub(crate) struct Backend {
    pub(crate) server: Option<RedisServer>,
    pub(crate) store: Arc<dyn StreamStore>,
    engine: Option<Engine>,
    /// URL by which buses connect for themselves; without one they share the store.
    url: Option<String>,
    port: Option<JoinHandle<()>>,
    _directory: Option<TempDir>,
}

impl Backend {
    pub(crate) async fn start(kind: Kind) -> Self {
        match kind {
            Kind::Embedded => Self::embedded(Engine::new(), None),
            Kind::Durable => {
                let directory = tempfile::tempdir().expect("a directory");
                let (engine, _) =
                    Engine::open(&LogOptions::new(directory.path())).expect("an empty directory");
                Self::embedded(engine, Some(directory))
            }
            Kind::Port => Self::at_port().await,
            Kind::Redis => {
                let server = RedisServer::start(&[]);
                let url = server.url();
                let store = store::open(&config(&url)).await.expect("a server that answers");
                let (server, url) = (Some(server), Some(url));
                Self { server, store, engine: None, url, port: None, _directory: None }
            }
        }
    }

    fn embedded(engine: Engine, directory: Option<TempDir>) -> Self {
        let store = Arc::new(EmbeddedStore::over(engine.clone()));
        Self { server: None, store, engine: Some(engine), url: None, port: None, _directory: directory }
    }

    async fn at_port() -> Self {
        let engine = Engine::new();
        let server = Server::bind(engine.clone(), ServerOptions::default(), "127.0.0.1:0");
        let server = server.await.expect("a free port");
        let url = format!("redis://{}", server.local_addr());
        let port = tokio::spawn(server.run(std::future::pending()));
        let store = store::open(&config(&url)).await.expect("a port that answers");
        let (engine, url, port) = (Some(engine), Some(url), Some(port));
        Self { server: None, store, engine, url, port, _directory: None }
    }

    /// The engine of an embedded store.
    pub(crate) fn engine(&self) -> &Engine {
        self.engine.as_ref().expect("the engine of a redis-server is out of reach")
    }

    pub(crate) fn config(&self) -> BusConfig {
        config(self.url.as_deref().unwrap_or("memory:"))
    }

    /// A bus with connections of its own.
    pub(crate) async fn bus(&self, configure: impl FnOnce(&mut BusConfig)) -> Bus {
        let mut config = self.config();
        configure(&mut config);
        let bus = match &self.url {
            None => Bus::with_store(config, self.store.clone()),
            Some(_) => within("a bus", Bus::connect(config)).await,
        };
        bus.expect("a bus")
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        if let Some(port) = &self.port {
            port.abort();
        }
    }
}

/// A configuration that comes back quickly when the server does, and leaves shutdown the time that a busy machine needs.
pub(crate) fn config(store: &str) -> BusConfig {
    BusConfig {
        store: Some(store.into()),
        reconnect_min_ms: 1,
        reconnect_max_ms: 20,
        shutdown_timeout: 60.0,
        discovery_interval_ms: 10,
        ..BusConfig::default()
    }
}

/// The payload as text.
pub(crate) fn text(delivery: &Delivery) -> &str {
    std::str::from_utf8(&delivery.payload).expect("a payload of text")
}

/// Fields of an entry that a test puts into a stream itself.
pub(crate) struct Fields<'a>(pub(crate) Vec<(&'a [u8], &'a [u8])>);

impl EntryFields for Fields<'_> {
    fn with(&self, use_fields: &mut tradebus::store::UseFields<'_>) {
        use_fields(&self.0);
    }
}
