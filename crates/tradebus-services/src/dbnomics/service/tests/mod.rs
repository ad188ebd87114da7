//! The service on a bus, against the stand-in.

mod caching;
mod faults;
mod fetch;
mod lists;
mod refused;
mod search;
mod settings;
mod trading;
mod watching;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tradebus::{
    Bus, BusConfig, EmbeddedStore, Request, Response, ServiceError, ServiceOptions, ServiceTask, StreamStore,
};

use super::{DbnomicsService, DbnomicsSettings};
use crate::standin::Standin;
use crate::upstream::{BreakerConfig, UpstreamConfig};

/// Longer than any answer takes.
const LONG: Duration = Duration::from_mins(1);

/// What answers say about where they come from.
const ORIGIN: &str = "a stand-in";

/// A stand-in, a service that asks it, and a bus on which the service is asked.
struct Desk {
    standin: Standin,
    bus: Bus,
    /// The service ends with it.
    _task: ServiceTask,
}

impl Desk {
    async fn start() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut DbnomicsSettings)) -> Self {
        let standin = Standin::start().await.unwrap();
        let mut settings = quick(&standin.dbnomics_url());
        change(&mut settings);
        let store: Arc<dyn StreamStore> = Arc::new(EmbeddedStore::in_memory());
        let bus = Bus::with_store(BusConfig::default(), store.clone()).unwrap();
        let service = DbnomicsService::new(store, "test:cache", &settings, Some(ORIGIN)).unwrap();
        let options = ServiceOptions { timeout: LONG, ..ServiceOptions::default() };
        let task = bus.serve(Arc::new(service), options).await.unwrap();
        Self { standin, bus, _task: task }
    }

    /// The whole answer.
    async fn ask(&self, topic: &str, params: Value) -> Response {
        self.bus.request(topic, params, LONG).await.unwrap()
    }

    /// An answer that is not out of the cache, unless there is no other.
    async fn ask_fresh(&self, topic: &str, params: Value) -> Response {
        let request = Request::new(topic, params).unwrap().timeout(LONG).cache_ttl(Duration::ZERO);
        self.bus.request_with(&request).await.unwrap()
    }

    /// What was asked for.
    async fn data(&self, topic: &str, params: Value) -> Value {
        self.ask(topic, params).await.into_data().unwrap()
    }

    /// Why it was not given.
    async fn error(&self, topic: &str, params: Value) -> ServiceError {
        self.ask(topic, params).await.into_data().unwrap_err()
    }

    /// The one series that was asked for.
    async fn series(&self, params: Value) -> Value {
        self.data("dbnomics.series.fetch", params).await["series"][0].clone()
    }
}

/// Settings with which nothing waits for long.
fn quick(base_url: &str) -> DbnomicsSettings {
    let upstream = UpstreamConfig {
        requests_per_second: 1_000.0,
        burst: 1_000,
        max_concurrent: 16,
        retries: 1,
        retry_min_ms: 1,
        retry_max_ms: 4,
        breaker: BreakerConfig { failures: 100, open_ms: 60_000 },
        ..UpstreamConfig::new(base_url)
    };
    DbnomicsSettings { upstream, ..DbnomicsSettings::default() }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

/// One request on each topic that asks the API.
fn all_requests() -> Vec<(&'static str, Value)> {
    vec![
        ("dbnomics.providers.list", json!({})),
        ("dbnomics.providers.info", json!({"provider": "ECB"})),
        ("dbnomics.datasets.list", json!({"provider": "ECB"})),
        ("dbnomics.datasets.get", json!({"provider": "ECB", "dataset": "EXR"})),
        ("dbnomics.meta.categories", json!({"provider": "IMF"})),
        ("dbnomics.meta.last_updates", json!({})),
        ("dbnomics.series.search", json!({"provider": "ECB", "dataset": "EXR"})),
        ("dbnomics.series.fetch", json!({"series_ids": ["BEA/NIPA-T10101/A191RL-Q", "FED/H15/RIFSPFF_N.D"]})),
        ("dbnomics.search.global", json!({"q": "unemployment"})),
        ("dbnomics.analytics.trading_indicators", json!({"group": "central_bank"})),
    ]
}
