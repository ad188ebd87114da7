//! The service `dbnomics`: it answers requests on the bus with what `DBnomics` has.
//!
//! A request meets the rooms in this order: `routes` knows who answers it; its parameters are read and checked (`bounds`, `ids`);
//! the API is asked, with the cache in front (`ask`), and what is no answer is refused (`shape`). Then `lists` and `search`
//! give on what there is, `load` gets many series in batches, `fetch` gives their observations, and `trading` computes the
//! indicators of them. Unasked, the `watch` list is looked at, and what has changed since the `memory` of a series is published.
//!
//! | topic | parameters | data |
//! | --- | --- | --- |
//! | `dbnomics.providers.list` | `limit` (1 to 1000), `offset` | `providers`, page |
//! | `dbnomics.providers.info` | `provider` | the provider |
//! | `dbnomics.datasets.list` | `provider`, `limit` (1 to 500, default 50), `offset` | `datasets`, page |
//! | `dbnomics.datasets.get` | `provider`, `dataset` | the dataset with its dimensions |
//! | `dbnomics.meta.categories` | `provider` | `provider_code`, `categories`: a tree of datasets, which may be empty |
//! | `dbnomics.meta.last_updates` | `limit` (1 to 1000, default 100), `offset` | `datasets` and `providers`, each `docs`, page |
//! | `dbnomics.series.search` | `provider`, `dataset`, `q`, `dimensions` or `mask`, `limit` (1 to 1000, with observations 100; default 100), `offset`, `observations` | `series`, page, with observations `errors` |
//! | `dbnomics.series.fetch` | `series_ids` (one, or 1 to 500), `start`, `end` (periods) | `series`, `errors` |
//! | `dbnomics.search.global` | `q`, `limit` (1 to 100, default 10), `offset` | `datasets`, page |
//! | `dbnomics.analytics.trading_indicators` | `group` or `series_ids`, `window` (default 60), `trend_window` (default 12; both 3 to 10000) | `group`, `window`, `trend_window`, `series`, `errors` |
//! | `dbnomics.watch.get` | | `series` (id and topic of each), `interval_seconds`, `seconds_since_last_round`, `last_round_here` |
//! | `dbnomics.watch.poll` | | the round that was made: `looked_at`, `fetched`, `first_seen`, `published`, `failed`, `errors`, `ended_at` |
//! | `dbnomics.metrics.get` | | `upstream`, `cache` |
//!
//! A page has `limit`, `offset`, `num_found`, `next_offset` (null after the last one) and `skipped`, the entries that could not be
//! read. An answer has at most 100000 observations. `errors` has `id`, `code` and `message` for each series of which nothing can be given; where that is all of them, the
//! request fails.
//!
//! Series of the list `watch` of the settings are looked at unasked: when one has observations that are new, revised or gone, that is published on
//! `data.macro.{provider}.{dataset}.{series}` (`*`, `?` and `%` are percent-encoded), as JSON: which series it is, `since` (the index time
//! of the fetch before), `new`, `revised`, `removed` (each the newest 100 at most, oldest first), `counts` of them, `latest`, `timestamp`.
//! The first look at a series publishes nothing. A message may come twice after a crash.
//!
//! An answer says beside its data whether it is `cached` and `stale`, its `age_seconds`, and `provider_info` where all data
//! are of one provider.

mod ask;
mod bounds;
mod changes;
mod fetch;
mod ids;
mod lists;
mod load;
mod memory;
mod routes;
mod search;
mod settings;
mod shape;
#[cfg(test)]
mod tests;
mod trading;
mod view;
mod watch;

pub use self::settings::{BASE_URL, DbnomicsSettings};
pub use self::watch::WatchSettings;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tradebus::{Answer, Bus, Call, Route, Service, ServiceError, ServiceHealth, StreamStore};

use self::memory::Memories;
use self::watch::Watch;
use super::{Catalogue, Sentinels};
use crate::made::Made;
use crate::settings::SettingsError;
use crate::source::Source;

/// Answers requests with data of `DBnomics`.
#[derive(Debug)]
pub struct DbnomicsService {
    source: Source,
    catalogue: Catalogue,
    sentinels: Sentinels,
    /// How many series are asked for with one call.
    batch: usize,
    /// How long it is believed that a series is not there.
    negative_ttl: Duration,
    memories: Memories,
    watch: Watch,
    made: Made,
}

impl DbnomicsService {
    /// A service that keeps the answers of the API in this store, under keys that begin with `cache_prefix`. With `origin`, answers say
    /// that they come from there: a stand-in is not to be taken for the real thing.
    ///
    /// # Errors
    ///
    /// When a setting makes no sense, or a file or secret that it names cannot be read.
    pub fn new(
        store: Arc<dyn StreamStore>,
        cache_prefix: impl Into<String>,
        settings: &DbnomicsSettings,
        origin: Option<&'static str>,
    ) -> Result<Self, SettingsError> {
        let prefix = cache_prefix.into();
        let catalogue = settings.catalogue()?;
        Ok(Self {
            source: Source::new(store.clone(), &*prefix, &settings.source(), origin)?,
            memories: Memories::new(store.clone(), format!("{prefix}:memory")),
            watch: Watch::new(settings, &catalogue, store, &prefix)?,
            made: Made::new(settings.cache.made_bytes()),
            catalogue,
            sentinels: settings.sentinels()?,
            batch: settings.batch()?,
            negative_ttl: Duration::from_secs_f64(settings.cache.negative_ttl),
        })
    }
}

#[async_trait]
impl Service for DbnomicsService {
    fn name(&self) -> &'static str {
        "dbnomics"
    }

    fn routes(&self) -> Vec<Route> {
        routes::all()
    }

    async fn handle(&self, call: &Call) -> Result<Answer, ServiceError> {
        if routes::follows_from_params(call.topic.as_str()) {
            return self.made.answer(&self.source, call, self.route(call)).await;
        }
        self.route(call).await
    }

    async fn health(&self) -> ServiceHealth {
        self.source.health()
    }

    async fn work(&self, bus: &Bus) {
        self.keep_watch(bus).await;
    }
}
