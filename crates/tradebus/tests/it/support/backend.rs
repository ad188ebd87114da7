//! Buses on either engine.

use std::sync::Arc;

use tradebus::store::EntryFields;
use tradebus::{Bus, BusConfig, Delivery, EmbeddedStore, StreamStore, store};
use tradebus_engine::Engine;

use super::{RedisServer, within};

/// Which engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Embedded,
    Redis,
}

/// An engine with nothing in it, which any number of buses may share.
#[derive(Debug)]
pub(crate) struct Backend {
    pub(crate) server: Option<RedisServer>,
    pub(crate) store: Arc<dyn StreamStore>,
    engine: Engine,
}

impl Backend {
    pub(crate) async fn start(kind: Kind) -> Self {
        match kind {
            Kind::Embedded => {
                let engine = Engine::new();
                Self { server: None, store: Arc::new(EmbeddedStore::over(engine.clone())), engine }
            }
            Kind::Redis => {
                let server = RedisServer::start(&[]);
                let store = store::open(&config(&server.url())).await.expect("a server that answers");
                Self { server: Some(server), store, engine: Engine::new() }
            }
        }
    }

    /// The engine of an embedded store.
    pub(crate) fn engine(&self) -> &Engine {
        assert!(self.server.is_none(), "the engine of a server is out of reach");
        &self.engine
    }

    pub(crate) fn config(&self) -> BusConfig {
        config(&self.server.as_ref().map_or_else(|| "memory:".to_owned(), RedisServer::url))
    }

    /// A bus with connections of its own.
    pub(crate) async fn bus(&self, configure: impl FnOnce(&mut BusConfig)) -> Bus {
        let mut config = self.config();
        configure(&mut config);
        let bus = match &self.server {
            None => Bus::with_store(config, self.store.clone()),
            Some(_) => within("a bus", Bus::connect(config)).await,
        };
        bus.expect("a bus")
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
