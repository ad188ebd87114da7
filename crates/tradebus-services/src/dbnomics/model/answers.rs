//! Whole answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{Category, Dataset, Page, Provider, Series, lenient};
use crate::dbnomics::id::SeriesId;

/// What stands under `_meta` in every answer.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Meta {
    /// The arguments as the server understood them.
    pub args: Value,
    /// The version of the API: `22.1.17`.
    #[serde(deserialize_with = "lenient::text")]
    pub version: Option<String>,
}

/// `GET /series…`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct SeriesAnswer {
    /// About the answer.
    #[serde(rename = "_meta", deserialize_with = "lenient::or_default")]
    pub meta: Meta,
    /// The series.
    #[serde(deserialize_with = "lenient::null_is_default")]
    pub series: Page<Series>,
    /// One entry for each id of `series_ids` that was not found.
    #[serde(deserialize_with = "lenient::list")]
    pub errors: Vec<SeriesError>,
    /// The dataset, when all series are of one (with metadata).
    #[serde(deserialize_with = "lenient::or_default")]
    pub dataset: Option<Dataset>,
    /// The provider, when all series are of one (with metadata).
    #[serde(deserialize_with = "lenient::or_default")]
    pub provider: Option<Provider>,
    /// `P/D` → dataset (with `series_ids` and metadata).
    #[serde(deserialize_with = "lenient::map")]
    pub datasets: BTreeMap<String, Dataset>,
    /// `P` → provider (with `series_ids` and metadata).
    #[serde(deserialize_with = "lenient::map")]
    pub providers: BTreeMap<String, Provider>,
}

impl SeriesAnswer {
    /// Those of the ids asked for that did not come, with what the API said about them.
    ///
    /// An empty answer with status 200 is a miss too: it says nothing about them.
    pub fn missing<'a>(&self, asked: &'a [SeriesId]) -> Vec<(&'a SeriesId, Option<String>)> {
        let came: std::collections::HashSet<(&str, &str, &str)> = self
            .series
            .docs()
            .iter()
            .map(|s| (&*s.provider_code, &*s.dataset_code, &*s.series_code))
            .collect();
        let absent = asked.iter().filter(|id| !came.contains(&(id.provider(), id.dataset(), id.series())));
        absent.map(|id| (id, self.error_of(id))).collect()
    }

    fn error_of(&self, id: &SeriesId) -> Option<String> {
        let fits = |error: &&SeriesError| {
            error.provider_code == id.provider()
                && error.dataset_code == id.dataset()
                && error.series_code.as_deref().is_none_or(|series| series == id.series())
        };
        self.errors.iter().find(fits).map(|error| error.message.clone())
    }
}

/// Why one id of `series_ids` did not come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct SeriesError {
    /// `Could not load series`.
    #[serde(deserialize_with = "lenient::plain")]
    pub message: String,
    /// The provider asked for.
    #[serde(deserialize_with = "lenient::plain")]
    pub provider_code: String,
    /// The dataset asked for.
    #[serde(deserialize_with = "lenient::plain")]
    pub dataset_code: String,
    /// The series asked for.
    #[serde(deserialize_with = "lenient::text")]
    pub series_code: Option<String>,
}

/// `GET /providers`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ProvidersAnswer {
    /// The providers.
    #[serde(deserialize_with = "lenient::null_is_default")]
    pub providers: Page<Provider>,
    /// Datasets of all of them.
    #[serde(deserialize_with = "lenient::or_default")]
    pub nb_datasets: Option<u64>,
    /// Series of all of them.
    #[serde(deserialize_with = "lenient::or_default")]
    pub nb_series: Option<u64>,
}

/// `GET /providers/{code}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ProviderAnswer {
    /// The provider.
    #[serde(deserialize_with = "lenient::or_default")]
    pub provider: Option<Provider>,
    /// Its datasets as a tree; may be empty though there are datasets.
    #[serde(deserialize_with = "lenient::list")]
    pub category_tree: Vec<Category>,
}

/// `GET /datasets/{provider}` and `GET /datasets/{provider}/{dataset}`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct DatasetAnswer {
    /// The datasets; one at most for a single dataset.
    #[serde(deserialize_with = "lenient::null_is_default")]
    pub datasets: Page<Dataset>,
}

/// `GET /search`: datasets.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct SearchAnswer {
    /// The datasets that match.
    #[serde(deserialize_with = "lenient::null_is_default")]
    pub results: Page<Dataset>,
}

/// `GET /last-updates`: newest first.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct LastUpdates {
    /// Datasets that were read last.
    #[serde(deserialize_with = "lenient::null_is_default")]
    pub datasets: Page<Dataset>,
    /// Providers that were read last.
    #[serde(deserialize_with = "lenient::null_is_default")]
    pub providers: Page<Provider>,
}

/// The body of a 4xx: `{"message": "Series 'A/B/C' not found"}`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusal {
    /// What the API says.
    pub message: Option<String>,
}

impl<'de> Deserialize<'de> for Refusal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let body = Value::deserialize(deserializer)?;
        Ok(Self { message: body.get("message").cloned().and_then(lenient::to_text) })
    }
}
