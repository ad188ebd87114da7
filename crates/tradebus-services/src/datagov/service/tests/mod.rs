//! The service on a bus in memory, against the stand-in.

mod cached;
mod configured;
mod faults;
mod keys;
mod load;
mod local;
mod operations;
mod pages;
mod wrong_params;

use std::future::IntoFuture;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tempfile::NamedTempFile;
use tradebus::{Bus, BusConfig, Request, Response, Service as _, ServiceError, ServiceTask};

use super::{DatagovService, DatagovSettings, PathStyle};
use crate::standin::{STANDIN_KEY, Standin};
use crate::upstream::{BreakerConfig, SecretSource, UpstreamConfig};

/// Longer than anything takes that works.
const PATIENCE: Duration = Duration::from_mins(1);

const SEARCH: &str = "datagov.datasets.search";
const GET: &str = "datagov.datasets.get";
const RANKING: &str = "datagov.analytics.trading_relevant";
const LOAD: &str = "datagov.datasets.load";
const CATALOGUE: &str = "datagov.catalogue.get";

/// A bus with the service on it, and the stand-in that it asks.
struct Desk {
    standin: Standin,
    bus: Bus,
    service: Arc<DatagovService>,
    settings: DatagovSettings,
    task: ServiceTask,
}

async fn within<F: IntoFuture>(what: &str, happens: F) -> F::Output {
    let outcome = tokio::time::timeout(PATIENCE, happens).await;
    outcome.unwrap_or_else(|_elapsed| panic!("waited in vain for {what}"))
}

/// Settings with which nothing waits for long.
fn quick(standin: &Standin, style: PathStyle) -> DatagovSettings {
    let base_url = match style {
        PathStyle::Catalog => standin.catalog_url(),
        PathStyle::Gateway => standin.gateway_url(),
    };
    let upstream = UpstreamConfig {
        requests_per_second: 1_000.0,
        burst: 1_000,
        max_concurrent: 16,
        retry_min_ms: 1,
        retry_max_ms: 4,
        breaker: BreakerConfig { failures: 100, open_ms: 60_000 },
        ..UpstreamConfig::new(base_url)
    };
    DatagovSettings { path_style: style, upstream, ..DatagovSettings::default() }
}

/// A file with a key, as Docker hands it in.
fn key_file(key: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    writeln!(file, "{key}").unwrap();
    file
}

impl Desk {
    /// With the way in that wants no key.
    async fn open() -> Self {
        Self::with(PathStyle::Catalog, |_settings| {}).await
    }

    /// With a key that is good, where one is wanted.
    async fn of(style: PathStyle) -> Self {
        let file = key_file(STANDIN_KEY);
        Self::with(style, |settings| {
            if style == PathStyle::Gateway {
                settings.give_key(&file);
            }
        })
        .await
    }

    async fn with(style: PathStyle, change: impl FnOnce(&mut DatagovSettings)) -> Self {
        let standin = Standin::start().await.unwrap();
        let mut settings = quick(&standin, style);
        change(&mut settings);
        let config = BusConfig { store: Some("memory:".to_owned().into()), ..BusConfig::default() };
        let bus = Bus::connect(config).await.unwrap();
        Self::serve(standin, bus, settings).await
    }

    async fn serve(standin: Standin, bus: Bus, settings: DatagovSettings) -> Self {
        let service = DatagovService::new(bus.store().clone(), "test:cache", &settings, Some("standin"));
        let service = Arc::new(service.unwrap());
        let task = bus.serve(service.clone(), settings.host.options().unwrap()).await.unwrap();
        Self { standin, bus, service, settings, task }
    }

    /// Stops the service, and starts another one in its place.
    async fn again(self, change: impl FnOnce(&mut DatagovSettings, &Standin)) -> Self {
        let Self { standin, bus, service, mut settings, task } = self;
        within("the end of the service", task.stop()).await;
        drop(service);
        change(&mut settings, &standin);
        Self::serve(standin, bus, settings).await
    }

    async fn ask(&self, topic: &str, params: Value) -> Response {
        within(topic, self.bus.request(topic, params, PATIENCE)).await.unwrap()
    }

    /// Asks for an answer that is not out of the cache.
    async fn ask_fresh(&self, topic: &str, params: Value) -> Response {
        let request = Request::new(topic, params).unwrap().cache_ttl(Duration::ZERO).timeout(PATIENCE);
        within(topic, self.bus.request_with(&request)).await.unwrap()
    }

    async fn data(&self, topic: &str, params: Value) -> Value {
        self.ask(topic, params).await.into_data().unwrap()
    }

    async fn error(&self, topic: &str, params: Value) -> ServiceError {
        self.ask(topic, params).await.into_data().unwrap_err()
    }
}

impl DatagovSettings {
    fn give_key(&mut self, file: &NamedTempFile) {
        let source = SecretSource::File(file.path().to_owned());
        self.upstream.secret_headers.insert("X-Api-Key".to_owned(), source);
    }
}

/// The slugs of an answer's results, in their order.
fn slugs(data: &Value) -> Vec<String> {
    let results = data["results"].as_array().unwrap();
    results.iter().map(|hit| hit["slug"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_route_is_handled() {
    let desk = Desk::open().await;
    let routes = desk.service.routes();
    assert_eq!(routes.len(), super::ROUTES.len());
    for route in routes {
        let error = desk.error(route.topic.as_str(), serde_json::json!({"no such": 1})).await;
        assert_eq!(error.code, "bad_request", "{}", route.topic);
        assert!(error.message.contains("no such"), "{error}");
    }
    assert_eq!(desk.error("datagov.datasets.burn", Value::Null).await.code, "unknown_topic");
    assert_eq!(desk.standin.total_calls(), 0);
}
