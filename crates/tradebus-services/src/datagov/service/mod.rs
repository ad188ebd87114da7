//! Data.gov as a service on the bus.
//!
//! A request meets the rooms in this order: its parameters are read and held against their `bounds` (those that narrow a search are in
//! `filters`), the `api` asks the catalogue or the cache, the lenient models read what comes, and the room of the operation (`search`,
//! `dataset`, `lists`, `ranking`) makes the answer of it, with the `rated` datasets. `settings` holds what can be set.

mod api;
mod bounds;
mod dataset;
mod filters;
mod lists;
mod ranking;
mod rated;
mod search;
mod settings;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::json;
use tradebus::{Answer, Call, ErrorCode, Route, Service, ServiceError, ServiceHealth, StreamStore};

pub use self::settings::{DatagovSettings, PathStyle};

use self::api::Api;
use super::Relevance;
use crate::params;
use crate::settings::SettingsError;

/// The topics, and what they are for.
const ROUTES: [(&str, &str); 8] = [
    ("datagov.datasets.search", "a page of datasets, each with its relevance to trading"),
    ("datagov.datasets.get", "one dataset with its distributions"),
    ("datagov.organizations.list", "who brings datasets to the catalogue, and how many"),
    ("datagov.categories.list", "the most used keywords"),
    ("datagov.publishers.list", "the publishers with the most datasets"),
    ("datagov.locations.search", "places by name"),
    ("datagov.analytics.trading_relevant", "datasets ranked by their relevance to trading, with reasons"),
    ("datagov.metrics.get", "how the catalogue and the cache are"),
];

/// Answers requests for what Data.gov has.
#[derive(Debug)]
pub struct DatagovService {
    api: Api,
    relevance: Relevance,
}

impl DatagovService {
    /// A service whose cache is in this store, under keys that begin with `cache_prefix`. With `origin`, answers say that they come from there.
    ///
    /// # Errors
    ///
    /// When a setting makes no sense, or a secret or the file with the rules cannot be read.
    pub fn new(
        store: Arc<dyn StreamStore>,
        cache_prefix: impl Into<String>,
        settings: &DatagovSettings,
        origin: Option<&'static str>,
    ) -> Result<Self, SettingsError> {
        let api = Api::new(store, cache_prefix, settings, origin)?;
        Ok(Self { api, relevance: settings.relevance()? })
    }

    fn metrics(&self, call: &Call) -> Result<Answer, ServiceError> {
        let NoParams {} = params::read(call)?;
        Ok(json!({ "upstream": self.api.source().status(), "cache": self.api.source().cache_metrics() })
            .into())
    }
}

/// What is read where there is nothing to say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoParams {}

#[async_trait]
impl Service for DatagovService {
    fn name(&self) -> &'static str {
        "datagov"
    }

    fn routes(&self) -> Vec<Route> {
        ROUTES.iter().filter_map(|(topic, about)| Route::new(topic, *about).ok()).collect()
    }

    async fn handle(&self, call: &Call) -> Result<Answer, ServiceError> {
        match call.topic.as_str() {
            "datagov.datasets.search" => self.search(call).await,
            "datagov.datasets.get" => self.dataset(call).await,
            "datagov.organizations.list" => self.organizations(call).await,
            "datagov.categories.list" => self.categories(call).await,
            "datagov.publishers.list" => self.publishers(call).await,
            "datagov.locations.search" => self.locations(call).await,
            "datagov.analytics.trading_relevant" => self.ranking(call).await,
            "datagov.metrics.get" => self.metrics(call),
            topic => Err(ServiceError::new(ErrorCode::UnknownTopic, format!("nothing answers on `{topic}`"))),
        }
    }

    async fn health(&self) -> ServiceHealth {
        self.api.source().health()
    }
}
