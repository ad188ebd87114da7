//! What runs: a bus, over the embedded engine or over a store that is given.

use std::sync::Arc;

use tradebus::config::{Loaded, Source};
use tradebus::{Bus, BusConfig, EmbeddedStore};
use tradebus_engine::Engine;

use super::redis_port::{self, RedisPort};
use crate::failure::{Failure, Outcome};
use crate::settings;

/// A node at work.
pub(super) struct Node {
    pub(super) bus: Bus,
    pub(super) config: BusConfig,
    /// Where clients find the embedded engine.
    port: Option<RedisPort>,
}

impl Node {
    /// Starts the bus. Where no store is configured, the node has one of its own, in memory, which answers at a port. A port that
    /// nobody has asked for is no reason to fail if `spare_port` says so.
    pub(super) async fn start(
        loaded: Loaded,
        port: &redis_port::PortOptions,
        spare_port: bool,
    ) -> Outcome<Self> {
        let mut config = loaded.config.clone();
        if !names_store(&loaded) {
            config.store = Some("memory:".into());
        }
        if !settings::is_in_memory(&config) {
            if port.are_given() {
                return Err(Failure::usage(
                    "--resp is for the embedded engine; with --store, clients use that store",
                ));
            }
            let bus = Bus::connect(config.clone()).await?;
            return Ok(Self { bus, config, port: None });
        }
        let engine = Engine::new();
        let port = match port.open(engine.clone()).await {
            Err(Failure::Failed(message)) if spare_port && !port.are_given() => {
                tracing::warn!("no Redis port: {message}");
                None
            }
            port => port?,
        };
        let bus = Bus::with_store(config.clone(), Arc::new(EmbeddedStore::over(engine)))?;
        Ok(Self { bus, config, port })
    }

    /// The store URL with which other programs see what this node does.
    pub(super) fn url_for_others(&self) -> Option<String> {
        if self.is_in_memory() {
            return self.port.as_ref().map(|port| format!("redis://{}", port.address));
        }
        Some(self.config.store_url().to_string())
    }

    /// Closes the bus and then the port; a failure if something that was accepted is not known to be stored.
    pub(super) async fn close(self) -> Outcome {
        let unconfirmed = self.bus.close().await.unconfirmed;
        if let Some(port) = self.port {
            port.close().await;
        }
        match unconfirmed {
            0 => Ok(()),
            lost => Err(super::not_confirmed(lost)),
        }
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
