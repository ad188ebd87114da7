//! What runs: a bus, over the embedded engine or over a store that is given.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tradebus::config::Loaded;
use tradebus::{Bus, BusConfig, EmbeddedStore, ServiceTask, StreamStore as _};

use tradebus_gateway::{Gateway, ServiceEntry};
use tradebus_services::standin::Standin;

use super::Args;
use super::redis_port::RedisPort;
use crate::commands::services;
use crate::failure::{Failure, Outcome};
use crate::settings;

/// How long requests over HTTP have to be answered at the end.
const PATIENCE: Duration = Duration::from_secs(2);

/// A node at work.
pub(super) struct Node {
    pub(super) bus: Bus,
    pub(super) config: BusConfig,
    /// The embedded engine, unless the store is a server.
    embedded: Option<EmbeddedStore>,
    /// Where clients find the embedded engine.
    port: Option<RedisPort>,
    services: Services,
    /// Where browsers and programs find the node.
    gateway: Option<Gateway>,
}

/// The services that are configured; in the demo, also those that a stand-in answers for.
struct Services {
    tasks: Vec<ServiceTask>,
    entries: Vec<ServiceEntry>,
    /// It answers as long as it is here.
    _standin: Option<Standin>,
}

impl Node {
    /// Starts the bus. Where no store is configured, the node has one of its own, in memory, which answers at a port. A port that
    /// nobody has asked for is no reason for a demo to fail.
    pub(super) async fn start(loaded: Loaded, args: &Args) -> Outcome<Self> {
        // What is wrong there is said before anything has begun.
        args.http.settings()?;
        let mut config = loaded.config.clone();
        if !settings::names_store(&loaded) {
            config.store = Some("memory:".into());
        }
        let embedded = args.embedded.open(&config).await?;
        let (bus, port) = match &embedded {
            Some(embedded) => {
                let port = open_port(args, embedded).await?;
                (Bus::with_store(config.clone(), Arc::new(embedded.clone()))?, port)
            }
            None if args.port.are_given() => {
                return Err(Failure::usage(
                    "--resp is for the embedded engine; with --store, clients use that store",
                ));
            }
            None => (Bus::connect(config.clone()).await?, None),
        };
        let services = Services::start(&bus, &config, args.demo).await?;
        let shown =
            tradebus_gateway::Node { bus: bus.clone(), config: loaded, services: services.entries.clone() };
        let gateway = args.http.open(shown).await?;
        Ok(Self { bus, config, embedded, port, services, gateway })
    }

    /// Where a browser finds the page.
    pub(super) fn page(&self) -> Option<String> {
        self.gateway.as_ref().map(Gateway::url)
    }

    /// The store URL with which other programs see what this node does.
    pub(super) fn url_for_others(&self) -> Option<String> {
        if self.is_embedded() {
            return self.port.as_ref().map(RedisPort::url);
        }
        Some(self.config.store_url().to_string())
    }

    /// Closes the gateway, stops the services, closes the bus, then the port, then the store; a failure if something that was accepted is not known to be stored.
    pub(super) async fn close(self) -> Outcome {
        if let Some(gateway) = self.gateway {
            gateway.close(PATIENCE).await;
        }
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
        let (mut tasks, mut entries) = (Vec::new(), Vec::new());
        for service in services::prepare(config, bus.store(), standin.as_ref())? {
            let (name, routes) = (service.name().to_owned(), service.routes());
            let task = service.start(bus).await.map_err(services::wrong)?;
            tracing::info!(service = name, topics = routes.len(), "the service answers");
            entries.push(ServiceEntry { name, routes, health: task.health() });
            tasks.push(task);
        }
        Ok(Self { tasks, entries, _standin: standin })
    }
}

/// Opens the port at which the embedded engine answers.
async fn open_port(args: &Args, embedded: &EmbeddedStore) -> Outcome<Option<RedisPort>> {
    match args.port.open(embedded.engine().clone()).await {
        Err(Failure::Failed(message)) if args.demo && !args.port.are_given() => {
            tracing::warn!("no Redis port: {message}");
            Ok(None)
        }
        port => port,
    }
}
