//! The providers, datasets and series of the stand-in.
//!
//! Codes and names are those of `DBnomics` where they are public (only a few series of each dataset are here); the provider
//! `STANDIN` does not exist there. Hard ones are among them: codes with `:`, `@`, `+` and `.`, labels as map, as list of
//! pairs and missing, a provider without region and terms, every frequency, `NA`, null and sentinels.

mod datasets;
mod providers;
mod series;

pub(super) use datasets::DATASETS;
pub(super) use providers::PROVIDERS;
pub(super) use series::SERIES;

use super::periods::Frequency;

/// A provider.
#[derive(Debug)]
pub(super) struct ProviderSpec {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) region: Option<&'static str>,
    pub(super) website: Option<&'static str>,
    pub(super) terms_of_use: Option<&'static str>,
    pub(super) indexed_at: &'static str,
    pub(super) tree: &'static [Category],
}

/// A category with its datasets, or a dataset at the top.
#[derive(Debug)]
pub(super) struct Category {
    pub(super) code: Option<&'static str>,
    pub(super) name: &'static str,
    pub(super) children: &'static [(&'static str, &'static str)],
}

/// A dataset.
#[derive(Debug)]
pub(super) struct DatasetSpec {
    pub(super) provider: &'static str,
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) description: Option<&'static str>,
    /// Code and label, in order.
    pub(super) dimensions: &'static [(&'static str, &'static str)],
    /// Dimension, value and label, for some.
    pub(super) labels: &'static [(&'static str, &'static str, &'static str)],
    pub(super) form: Labels,
    /// Whether a series code is its dimension values joined with dots, so that masks work.
    pub(super) codes_of_dimensions: bool,
    pub(super) updated: bool,
}

/// How the labels of values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Labels {
    /// `{"US": "United States"}`
    Map,
    /// `[["US", "United States"]]`
    Pairs,
    /// Not at all.
    Missing,
}

/// A series.
#[derive(Debug)]
pub(super) struct SeriesSpec {
    /// `PROVIDER/DATASET`.
    pub(super) dataset: &'static str,
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    /// The values of the dimensions in order, where the code does not hold them.
    pub(super) values: &'static [&'static str],
    pub(super) frequency: Frequency,
    /// The first day of the first period.
    pub(super) first: &'static str,
    /// No period begins after this day.
    pub(super) last: &'static str,
    pub(super) base: f64,
    pub(super) slope: f64,
    pub(super) swing: f64,
    pub(super) decimals: i32,
    pub(super) quirks: &'static [Quirk],
}

/// What is odd about a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quirk {
    /// So many `NA` at the start.
    NaFirst(usize),
    /// So many `NA` at the end.
    NaLast(usize),
    /// `NA` at every so many-th place.
    NaEvery(usize),
    /// null at a place.
    Null(usize),
    /// -999999 at a place, which is not marked as missing (seen in FED/H41).
    Sentinel(usize),
    /// No weekends.
    Weekdays,
    /// With `observations_attributes`.
    Attributes,
}

impl DatasetSpec {
    pub(super) fn id(&self) -> String {
        format!("{}/{}", self.provider, self.code)
    }

    /// The label of a value; the value itself where there is none.
    pub(super) fn label<'a>(&self, dimension: &str, value: &'a str) -> &'a str
    where
        'static: 'a,
    {
        let found = self.labels.iter().find(|(name, code, _)| *name == dimension && *code == value);
        found.map_or(value, |(_, _, label)| label)
    }
}

impl SeriesSpec {
    pub(super) fn id(&self) -> String {
        format!("{}/{}", self.dataset, self.code)
    }

    pub(super) fn has(&self, quirk: Quirk) -> bool {
        self.quirks.contains(&quirk)
    }

    /// Names and values of its dimensions in the order of the dataset.
    pub(super) fn dimensions(&self, dataset: &DatasetSpec) -> Vec<(String, String)> {
        let values: Vec<&str> =
            if self.values.is_empty() { self.code.split('.').collect() } else { self.values.to_vec() };
        dataset
            .dimensions
            .iter()
            .zip(values)
            .map(|((name, _), value)| ((*name).to_owned(), value.to_owned()))
            .collect()
    }
}
