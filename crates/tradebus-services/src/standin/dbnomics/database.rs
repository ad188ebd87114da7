//! Providers, datasets and series, and how they change.

use jiff::{SignedDuration, Timestamp};
use parking_lot::{RwLock, RwLockReadGuard};
use serde_json::Value;

use super::tables::{DATASETS, DatasetSpec, PROVIDERS, ProviderSpec, Quirk, SERIES, SeriesSpec};
use super::values::{self, Observation};

/// All that `DBnomics` has here.
#[derive(Debug)]
pub(crate) struct Database(RwLock<Content>);

#[derive(Debug)]
pub(super) struct Content {
    pub(super) providers: Vec<Provider>,
    pub(super) datasets: Vec<Dataset>,
    /// By provider, dataset and code.
    pub(super) series: Vec<Series>,
    /// When the last change was indexed. It moves by a second with every change, so that runs are alike.
    clock: Timestamp,
}

#[derive(Debug, Clone)]
pub(super) struct Provider {
    pub(super) spec: &'static ProviderSpec,
    pub(super) indexed_at: Timestamp,
}

#[derive(Debug, Clone)]
pub(super) struct Dataset {
    pub(super) spec: &'static DatasetSpec,
    pub(super) indexed_at: Timestamp,
    /// How often it has changed.
    pub(super) version: u64,
}

#[derive(Debug, Clone)]
pub(super) struct Series {
    pub(super) spec: &'static SeriesSpec,
    /// In the order of the dataset.
    pub(super) dimensions: Vec<(String, String)>,
    pub(super) indexed_at: Timestamp,
    pub(super) observations: Vec<Observation>,
}

impl Database {
    pub(crate) fn new() -> Self {
        let providers: Vec<_> =
            PROVIDERS.iter().map(|spec| Provider { spec, indexed_at: time(spec.indexed_at) }).collect();
        let indexed_at = |provider: &str| {
            let found = providers.iter().find(|known| known.spec.code == provider);
            found.map_or(Timestamp::UNIX_EPOCH, |provider| provider.indexed_at)
        };
        let datasets: Vec<_> = DATASETS
            .iter()
            .map(|spec| Dataset { spec, indexed_at: indexed_at(spec.provider), version: 0 })
            .collect();
        let mut series: Vec<_> = SERIES
            .iter()
            .filter_map(|spec| {
                let dataset = datasets.iter().find(|dataset| dataset.spec.id() == spec.dataset)?;
                let (dimensions, observations) = (spec.dimensions(dataset.spec), values::observations(spec));
                Some(Series { spec, dimensions, indexed_at: dataset.indexed_at, observations })
            })
            .collect();
        series.sort_by_key(|series| (series.spec.dataset, series.spec.code));
        Self(RwLock::new(Content { providers, datasets, series, clock: time("2026-11-25T12:00:00.379Z") }))
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, Content> {
        self.0.read()
    }

    /// The newest release of the datasets whose codes begin with `code`.
    pub(super) fn newest(&self, provider: &str, code: &str) -> Option<String> {
        let content = self.read();
        let of_provider = content.datasets.iter().filter(|dataset| dataset.spec.provider == provider);
        let releases = of_provider.map(|dataset| dataset.spec.code).filter(|known| known.starts_with(code));
        releases.max().map(str::to_owned)
    }

    pub(crate) fn ids(&self) -> Vec<String> {
        self.read().series.iter().map(|series| series.spec.id()).collect()
    }

    pub(crate) fn append(&self, id: &str, value: f64) -> Option<String> {
        self.change(id, |series| {
            let last = series.observations.last()?;
            let day = series.spec.frequency.next(last.day, series.spec.has(Quirk::Weekdays));
            let period = series.spec.frequency.label(day);
            let value = serde_json::json!(value);
            series.observations.push(Observation { period: period.clone(), day, value });
            Some(period)
        })
    }

    pub(crate) fn revise(&self, id: &str, period: &str, value: f64) -> Option<Value> {
        self.change(id, |series| {
            let observation = series.observations.iter_mut().find(|known| known.period == period)?;
            Some(std::mem::replace(&mut observation.value, serde_json::json!(value)))
        })
    }

    /// Changes a series, and says so in `indexed_at` of all that hold it.
    fn change<T>(&self, id: &str, change: impl FnOnce(&mut Series) -> Option<T>) -> Option<T> {
        let content = &mut *self.0.write();
        let series = content.series.iter_mut().find(|series| series.spec.id() == id)?;
        let changed = change(series)?;
        content.clock += SignedDuration::from_secs(1);
        series.indexed_at = content.clock;
        for dataset in content.datasets.iter_mut().filter(|dataset| dataset.spec.id() == series.spec.dataset)
        {
            dataset.indexed_at = content.clock;
            dataset.version += 1;
            let of = dataset.spec.provider;
            let holder = content.providers.iter_mut().filter(|provider| provider.spec.code == of);
            holder.for_each(|provider| provider.indexed_at = content.clock);
        }
        Some(changed)
    }
}

impl Content {
    pub(super) fn provider(&self, code: &str) -> Option<&Provider> {
        self.providers.iter().find(|provider| provider.spec.code == code)
    }

    pub(super) fn dataset(&self, provider: &str, code: &str) -> Option<&Dataset> {
        self.datasets.iter().find(|dataset| dataset.spec.provider == provider && dataset.spec.code == code)
    }

    pub(super) fn series_of(&self, dataset: &Dataset) -> impl Iterator<Item = &Series> {
        let id = dataset.spec.id();
        self.series.iter().filter(move |series| series.spec.dataset == id)
    }
}

/// As the API writes it, with milliseconds.
pub(super) fn written(time: Timestamp) -> String {
    format!("{time:.3}")
}

fn time(text: &str) -> Timestamp {
    // The tables hold valid times, as a test checks.
    text.parse().unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_fit_together() {
        let database = Database::new();
        let content = database.read();
        assert_eq!(content.series.len(), SERIES.len(), "every series has its dataset");
        assert!(content.providers.iter().all(|provider| provider.indexed_at != Timestamp::UNIX_EPOCH));
        for series in &content.series {
            assert!(series.observations.len() > 3, "{}", series.spec.id());
            let dataset =
                content.datasets.iter().find(|dataset| dataset.spec.id() == series.spec.dataset).unwrap();
            assert_eq!(series.dimensions.len(), dataset.spec.dimensions.len(), "{}", series.spec.id());
            assert!(content.provider(dataset.spec.provider).is_some());
        }
    }

    #[test]
    fn a_change_is_seen_in_all_that_hold_it() {
        let database = Database::new();
        let before = database.read().dataset("BEA", "NIPA-T10101").unwrap().clone();
        assert_eq!(database.append("BEA/NIPA-T10101/A191RL-Q", 2.5).as_deref(), Some("2026-Q4"));
        assert!(database.revise("BEA/NIPA-T10101/A191RL-Q", "2026-Q3", 1.5).is_some());
        assert_eq!(database.revise("BEA/NIPA-T10101/A191RL-Q", "1900-Q1", 1.5), None);
        let content = database.read();
        let after = content.dataset("BEA", "NIPA-T10101").unwrap();
        assert!(after.indexed_at > before.indexed_at && after.version == 2);
        assert_eq!(content.provider("BEA").unwrap().indexed_at, after.indexed_at);
    }
}
