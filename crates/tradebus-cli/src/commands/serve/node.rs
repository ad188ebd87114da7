//! What runs: a bus, over the embedded engine or over a store that is given.

use std::sync::Arc;

use futures_util::future::join_all;
use tradebus::config::{Loaded, Source};
use tradebus::{Bus, BusConfig, EmbeddedStore, ServiceTask, StreamStore as _};

use tradebus_services::standin::Standin;

use super::embedded::StoreOptions;
use super::redis_port::{self, RedisPort};
use crate::commands::services;
use crate::failure::{Failure, Outcome};

/// A node at work.
pub(super) struct Node {
    pub(super) bus: Bus,
    pub(super) config: BusConfig,
    /// The embedded engine, unless the store is a server.
    embedded: Option<EmbeddedStore>,
    /// Where clients find the embedded engine.
    port: Option<RedisPort>,
    services: Services,
}

/// The services that are configured; in the demo, also those that a stand-in answers for.
struct Services {
    tasks: Vec<ServiceTask>,
    /// It answers as long as it is here.
    _standin: Option<Standin>,
}

impl Node {
    /// Starts the bus. Where no store is configured, the node has one of its own, in memory, which answers at a port. A port that
    /// nobody has asked for is no reason for a demo to fail.
    pub(super) async fn start(
        loaded: Loaded,
        store: &StoreOptions,
        port: &redis_port::PortOptions,
        demo: bool,
    ) -> Outcome<Self> {
        let mut config = loaded.config.clone();
        if !names_store(&loaded) {
            config.store = Some("memory:".into());
        }
        let Some(embedded) = store.open(&config).await? else {
            if port.are_given() {
                return Err(Failure::usage(
                    "--resp is for the embedded engine; with --store, clients use that store",
                ));
            }
            let bus = Bus::connect(config.clone()).await?;
            let services = Services::start(&bus, &config, demo).await?;
            return Ok(Self { bus, config, embedded: None, port: None, services });
        };
        let port = match port.open(embedded.engine().clone()).await {
            Err(Failure::Failed(message)) if demo && !port.are_given() => {
                tracing::warn!("no Redis port: {message}");
                None
            }
            port => port?,
        };
        let bus = Bus::with_store(config.clone(), Arc::new(embedded.clone()))?;
        let services = Services::start(&bus, &config, demo).await?;
        Ok(Self { bus, config, embedded: Some(embedded), port, services })
    }

    /// The store URL with which other programs see what this node does.
    pub(super) fn url_for_others(&self) -> Option<String> {
        if self.is_embedded() {
            return self.port.as_ref().map(RedisPort::url);
        }
        Some(self.config.store_url().to_string())
    }

    /// Stops the services, closes the bus, then the port, then the store; a failure if something that was accepted is not known to be stored.
    pub(super) async fn close(self) -> Outcome {
        // They take nothing more, and answer what they have begun.
        join_all(self.services.tasks.into_iter().map(ServiceTask::stop)).await;
        let unconfirmed = self.bus.close().await.unconfirmed;
        if let Some(port) = self.port {
            port.close().await;
        }
        if let Some(embedded) = self.embedded {
            embedded.close().await;
        }
        match unconfirmed {
            0 => Ok(()),
            lost => Err(super::not_confirmed(lost)),
        }
    }

    /// The store in words.
    pub(super) fn description(&self) -> String {
        match &self.embedded {
            Some(embedded) => embedded.describe(),
            None => format!("the store {}", self.config.store_url()),
        }
    }

    pub(super) const fn is_embedded(&self) -> bool {
        self.embedded.is_some()
    }
}

impl Services {
    async fn start(bus: &Bus, config: &BusConfig, demo: bool) -> Outcome<Self> {
        let failed = |error: std::io::Error| Failure::failed(format!("the stand-in of the demo: {error}"));
        let standin = if demo { Some(Standin::start().await.map_err(failed)?) } else { None };
        let mut tasks = Vec::new();
        for service in services::prepare(config, bus.store(), standin.as_ref())? {
            let (name, topics) = (service.name().to_owned(), service.routes().len());
            tasks.push(service.start(bus).await.map_err(services::wrong)?);
            tracing::info!(service = name, topics, "the service answers");
        }
        Ok(Self { tasks, _standin: standin })
    }
}

/// Whether anybody has said where the store is.
fn names_store(loaded: &Loaded) -> bool {
    let fields = ["store", "redis_host", "redis_port", "redis_db", "redis_username", "redis_password"];
    fields.iter().any(|field| loaded.sources.get(field) != Source::Default)
}
