//! What runs: a bus, over the embedded engine or over a store that is given.

use std::sync::Arc;

use tradebus::config::{Loaded, Source};
use tradebus::{Bus, BusConfig, EmbeddedStore};
use tradebus_engine::Engine;

use crate::failure::Outcome;
use crate::settings;

/// A node at work.
pub(super) struct Node {
    pub(super) bus: Bus,
    pub(super) config: BusConfig,
}

impl Node {
    /// Starts the bus. Where no store is configured, the node has one of its own, in memory.
    pub(super) async fn start(loaded: Loaded) -> Outcome<Self> {
        let mut config = loaded.config.clone();
        if !names_store(&loaded) {
            config.store = Some("memory:".into());
        }
        let bus = if settings::is_in_memory(&config) {
            // Whatever else is to serve these streams gets a clone of the engine.
            let engine = Engine::new();
            Bus::with_store(config.clone(), Arc::new(EmbeddedStore::over(engine)))?
        } else {
            Bus::connect(config.clone()).await?
        };
        Ok(Self { bus, config })
    }

    /// The store in words.
    pub(super) fn description(&self) -> String {
        if self.is_in_memory() {
            "the embedded engine, in the memory of this process".to_owned()
        } else {
            format!("the store {}", self.config.store_url())
        }
    }

    pub(super) fn is_in_memory(&self) -> bool {
        settings::is_in_memory(&self.config)
    }
}

/// Whether anybody has said where the store is.
fn names_store(loaded: &Loaded) -> bool {
    let fields = ["store", "redis_host", "redis_port", "redis_db", "redis_username", "redis_password"];
    fields.iter().any(|field| loaded.sources.get(field) != Source::Default)
}
