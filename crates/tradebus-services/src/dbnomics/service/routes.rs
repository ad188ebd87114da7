//! Which topic means what.

use serde::Deserialize;
use serde_json::json;
use tradebus::{Answer, Call, ErrorCode, Route, ServiceError};

use super::DbnomicsService;
use crate::params;

/// The topics, and what they are for.
const TOPICS: [(&str, &str); 13] = [
    ("dbnomics.providers.list", "the providers: limit, offset"),
    ("dbnomics.providers.info", "one provider: provider"),
    ("dbnomics.datasets.list", "the datasets of a provider: provider, limit, offset"),
    ("dbnomics.datasets.get", "one dataset with its dimensions: provider, dataset"),
    ("dbnomics.meta.categories", "the datasets of a provider as a tree: provider"),
    ("dbnomics.meta.last_updates", "what DBnomics has read last: limit, offset"),
    (
        "dbnomics.series.search",
        "series of a dataset: provider, dataset, q, dimensions, mask, limit, offset, observations",
    ),
    ("dbnomics.series.fetch", "observations of series: series_ids, start, end"),
    ("dbnomics.search.global", "datasets of all providers: q, limit, offset"),
    (
        "dbnomics.analytics.trading_indicators",
        "indicators of series that matter to trading: group or series_ids, window, trend_window",
    ),
    ("dbnomics.watch.get", "the series that are watched, and how the last look went"),
    ("dbnomics.watch.poll", "a look at all of them now"),
    ("dbnomics.metrics.get", "how the API and the cache are"),
];

/// No parameters.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

pub(super) fn all() -> Vec<Route> {
    // The topics are valid, as a test checks.
    TOPICS.iter().filter_map(|(topic, about)| Route::new(topic, *about).ok()).collect()
}

/// Whether the same parameters have the same answer as long as `DBnomics` says the same. Indicators go by what was seen before, too.
pub(super) fn follows_from_params(topic: &str) -> bool {
    !matches!(
        topic,
        "dbnomics.analytics.trading_indicators"
            | "dbnomics.watch.get"
            | "dbnomics.watch.poll"
            | "dbnomics.metrics.get"
    )
}

impl DbnomicsService {
    /// Answers a request on one of the topics.
    pub(super) async fn route(&self, call: &Call) -> Result<Answer, ServiceError> {
        match call.topic.as_str() {
            "dbnomics.providers.list" => self.providers(call).await,
            "dbnomics.providers.info" => self.provider(call).await,
            "dbnomics.datasets.list" => self.datasets(call).await,
            "dbnomics.datasets.get" => self.dataset(call).await,
            "dbnomics.meta.categories" => self.categories(call).await,
            "dbnomics.meta.last_updates" => self.last_updates(call).await,
            "dbnomics.series.search" => self.search_series(call).await,
            "dbnomics.series.fetch" => self.fetch(call).await,
            "dbnomics.search.global" => self.search_datasets(call).await,
            "dbnomics.analytics.trading_indicators" => self.trading_indicators(call).await,
            "dbnomics.watch.get" => self.watch_list(call).await,
            "dbnomics.watch.poll" => self.poll(call).await,
            "dbnomics.metrics.get" => self.metrics(call),
            topic => Err(ServiceError::new(ErrorCode::UnknownTopic, format!("there is no `{topic}`"))),
        }
    }

    fn metrics(&self, call: &Call) -> Result<Answer, ServiceError> {
        let Nothing {} = params::read(call)?;
        Ok(json!({ "upstream": self.source.status(), "cache": self.source.cache_metrics() }).into())
    }
}

#[cfg(test)]
mod tests {
    use super::{TOPICS, all};

    #[test]
    fn all_topics_are_valid() {
        assert_eq!(all().len(), TOPICS.len());
    }
}
