//! Data.gov as a service on the bus.
//!
//! A request meets the rooms in this order: its parameters are read and held against their `bounds` (those that narrow a search are in
//! `filters`), the `api` asks the catalogue or the cache, the lenient models read what comes, and the room of the operation (`search`,
//! `dataset`, `lists`, `ranking`) makes the answer of it, with the `rated` datasets. `settings` holds what can be set.
//!
//! `load` walks a query into the catalogue on disk, which stands on the `shelf`; `local` searches and ranks what is there.

mod api;
mod bounds;
mod dataset;
mod filters;
mod lists;
mod load;
mod local;
mod ranking;
mod rated;
mod search;
mod settings;
mod shelf;
mod sieve;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::json;
use tradebus::{Answer, Bus, Call, ErrorCode, Route, Service, ServiceError, ServiceHealth, StreamStore};

pub use self::settings::{DatagovSettings, PathStyle};
pub use self::shelf::CatalogueSettings;

use self::api::Api;
use self::load::Loads;
use self::shelf::Shelf;
use super::Relevance;
use crate::made::Made;
use crate::params;
use crate::settings::SettingsError;

/// The topics, and what they are for.
const ROUTES: [(&str, &str); 10] = [
    ("datagov.datasets.search", "a page of datasets, each with its relevance to trading"),
    ("datagov.datasets.get", "one dataset with its distributions"),
    (
        "datagov.datasets.load",
        "walks a search to its end into the catalogue on disk, with messages of its progress",
    ),
    ("datagov.catalogue.get", "what the catalogue on disk holds, and how its walks are"),
    ("datagov.organizations.list", "who brings datasets to the catalogue, and how many"),
    ("datagov.categories.list", "the most used keywords"),
    ("datagov.publishers.list", "the publishers with the most datasets"),
    ("datagov.locations.search", "places by name"),
    ("datagov.analytics.trading_relevant", "datasets ranked by their relevance to trading, with reasons"),
    ("datagov.metrics.get", "how the catalogue and the cache are"),
];

/// Answers requests for what Data.gov has.
///
/// Parameters that are not known or out of bounds are a `bad_request` that names them. `cache_ttl` of a request is the highest age of what comes
/// out of the cache. Beside the data stand `stale`, `age_seconds` and, where it is set, `source`.
///
/// | topic | parameters | data |
/// | --- | --- | --- |
/// | `datagov.datasets.search` | the filters, `per_page` (1 to 1000, by default 20), `after` (the cursor of the page before), `local` | `results`, `after`, `unreadable` |
/// | `datagov.datasets.load` | the filters, `per_page` (1 to 1000, by default 1000), `max_records` (from 1, by default all), `restart` (`true`: from the first page on) | `load`, `state`, `resumed`, `records`, `pages`, `topic` |
/// | `datagov.catalogue.get` | | `records`, `bytes`, `max_bytes`, `path`, `walks` |
/// | `datagov.datasets.get` | `slug` or `id` | the dataset with `dcat`, `distributions` and `relevance` |
/// | `datagov.organizations.list` | | `organizations`, `unreadable` |
/// | `datagov.categories.list` | `size` (1 to 1000, by default 100), `min_count` (from 1), `search` (a part of the keyword), `keyword` (a list: those that occur together with them) | `keywords`, `unreadable` |
/// | `datagov.publishers.list` | | `publishers`, `unreadable` |
/// | `datagov.locations.search` | `q`, `size` (1 to 2000, by default 100) | `locations`, `unreadable` |
/// | `datagov.analytics.trading_relevant` | the filters, `pages` of 100 (1 to 20, by default 5), `min_score` (0 to 1, by default the threshold), `limit` (1 to 1000, by default 50), `local` | `results`, `found`, `min_score`, `pages`, `looked_at`, `unreadable`, `cut` |
/// | `datagov.metrics.get` | | `upstream`, `cache` |
///
/// The filters, all of which may be left out: `q` (at most 500 characters; all words must occur in one field; `"a phrase"`; `a OR b`), `sort`
/// (`relevance`, `popularity`, `last_harvested_date`), `org_slug`, `org_type` (a list, any of which will do), `keyword` (a list, all of which must
/// be there), `publisher` (its whole name), `spatial_filter` (`geospatial`, `non-geospatial`), `has_download` (`true`).
///
/// `relevance` of a dataset has `total` (0 to 1), `relevant` and `reasons`, each with `signal`, `points` and `reason`. `cut` of a ranking is null
/// if all that the search finds was looked at, otherwise it has `reason` (`pages`: there are more than were asked for; `failed`: a page after the
/// first could not be had; `circle`: the catalogue gave a cursor twice) and `message`.
///
/// # The catalogue on disk
///
/// `datagov.datasets.load` answers at once and goes on in the background: page by page, around the response cache, as politely as everything else.
/// One walk runs at a time: the request for another one is a `bad_request` that names the one under way. After each page and at the end the walk says on
/// `data.datagov.load.{load}` how it is: `load`, `state` (`running`; `done`; `failed`, with a `message`; `stopped` by `max_records`), `pages`,
/// `records`, `new`, `replaced`, `unreadable`, `elapsed_ms`. A page and the cursor behind it are written together, so a walk loses nothing when the
/// service ends: it goes on when the service runs again. One that has failed or stopped goes on with the next request for the same filters; one that is
/// done begins anew, and replaces what has changed. If the API does not take a cursor any more the walk begins anew, once.
///
/// With `"local": true` a search or a ranking is of what was loaded, the API is not asked, and the answer has `"local": true`. A ranking looks at all
/// datasets that match. Then `sort` is `relevance` or `last_harvested_date`, and `spatial_filter` and `pages` are a `bad_request`; a phrase beside words or
/// other phrases narrows (the API finds everything then).
///
/// The file is of this instance: instances on one machine can share it (`services.datagov.catalogue.path`), and then one of them walks.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// use serde_json::json;
/// use tradebus::{Bus, BusConfig};
/// use tradebus_services::datagov::{DatagovService, DatagovSettings};
/// use tradebus_services::standin::Standin;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let standin = Standin::start().await?;
/// let mut settings = DatagovSettings::default();
/// settings.upstream.base_url = standin.catalog_url();
///
/// let bus = Bus::connect(BusConfig { store: Some("memory:".to_owned().into()), ..BusConfig::default() }).await?;
/// let datagov = DatagovService::new(bus.store().clone(), "cache:datagov", &settings, Some("stand-in"))?;
/// let task = bus.serve(Arc::new(datagov), settings.host.options()?).await?;
///
/// let topic = "datagov.analytics.trading_relevant";
/// let answer = bus.request(topic, json!({"q": "oil prices"}), Duration::from_secs(30)).await?;
/// let ranking = answer.into_data()?;
/// assert_eq!(ranking["looked_at"], 2);
/// assert_eq!(ranking["results"][0]["relevance"]["relevant"], true);
/// # task.stop().await;
/// # bus.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct DatagovService {
    api: Api,
    relevance: Arc<Relevance>,
    shelf: Shelf,
    loads: Loads,
    made: Made,
}

impl DatagovService {
    /// A service whose cache is in this store, under keys that begin with `cache_prefix`. With `origin`, answers say that they come from there, and the
    /// catalogue is in a temporary folder unless its path is set.
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
        let shelf = Shelf::new(&settings.catalogue, origin.is_some())?;
        let relevance = Arc::new(settings.relevance()?);
        let made = Made::new(settings.cache.made_bytes());
        Ok(Self { api, relevance, shelf, loads: Loads::default(), made })
    }

    async fn route(&self, call: &Call) -> Result<Answer, ServiceError> {
        match call.topic.as_str() {
            "datagov.datasets.search" => self.search(call).await,
            "datagov.datasets.get" => self.dataset(call).await,
            "datagov.datasets.load" => self.load(call).await,
            "datagov.catalogue.get" => self.catalogue(call).await,
            "datagov.organizations.list" => self.organizations(call).await,
            "datagov.categories.list" => self.categories(call).await,
            "datagov.publishers.list" => self.publishers(call).await,
            "datagov.locations.search" => self.locations(call).await,
            "datagov.analytics.trading_relevant" => self.ranking(call).await,
            "datagov.metrics.get" => self.metrics(call),
            topic => Err(ServiceError::new(ErrorCode::UnknownTopic, format!("nothing answers on `{topic}`"))),
        }
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
        self.made.answer(self.api.source(), call, self.route(call)).await
    }

    async fn health(&self) -> ServiceHealth {
        self.api.source().health()
    }

    async fn work(&self, bus: &Bus) {
        self.run_loads(bus).await;
    }
}
