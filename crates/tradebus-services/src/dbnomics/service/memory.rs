//! What is remembered of a series in the store: its last fetch, and what that one had changed. `DBnomics` has no history.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use tradebus::{ErrorCode, ServiceError, StoreError, StreamKey, StreamStore};
use xxhash_rust::xxh3::xxh3_128;

use super::changes::Changes;
use crate::dbnomics::indicators::Sighting;
use crate::dbnomics::{Frequency, Observation, Observations, Period, SeriesId};

/// Longer than a series goes without being read anew by `DBnomics`.
const KEPT: Duration = Duration::from_hours(400 * 24);

/// Sightings of new periods that are kept: two years of monthly ones.
const MAX_SIGHTINGS: usize = 24;

/// Memories that are read from the store at one time.
const AT_ONCE: usize = 64;

/// A series as it was at the last fetch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Memory {
    id: String,
    /// When `DBnomics` had read it, as it wrote that.
    pub(super) indexed_at: Option<String>,
    frequency: Frequency,
    /// Period and value.
    observations: Vec<(Period, Option<f64>)>,
    /// When new periods were first seen, oldest first.
    pub(super) sightings: Vec<Sighting>,
    /// What that fetch had changed, if there was one before it.
    pub(super) changes: Option<Changes>,
}

impl Memory {
    /// Of a series that was never seen before.
    pub(super) fn first(id: &SeriesId, indexed_at: Option<String>, now: &Observations) -> Self {
        Self {
            id: id.to_string(),
            indexed_at,
            frequency: now.frequency(),
            observations: now.as_slice().iter().map(|it| (it.period, it.value)).collect(),
            sightings: Vec::new(),
            changes: None,
        }
    }

    /// After another fetch.
    pub(super) fn then(&self, indexed_at: Option<String>, now: &Observations) -> Self {
        let before = self.observations();
        let (known, seen) = (last(&before), last(now));
        let mut next = Self {
            indexed_at,
            frequency: now.frequency(),
            observations: now.as_slice().iter().map(|it| (it.period, it.value)).collect(),
            sightings: self.sightings.clone(),
            changes: Some(Changes::between(&before, now, self.indexed_at.clone())),
            id: self.id.clone(),
        };
        if let (Some(period), Some(first_seen)) = (seen.filter(|_| seen > known), next.day()) {
            next.sightings.push(Sighting { period, first_seen });
            let surplus = next.sightings.len().saturating_sub(MAX_SIGHTINGS);
            next.sightings.drain(..surplus);
        }
        next
    }

    /// Whether a fetch with this index time may be newer: always if it has none, and if one that cannot be read differs.
    pub(super) fn is_older_than(&self, indexed_at: Option<&str>) -> bool {
        match (self.time(), indexed_at.and_then(|text| text.parse::<Timestamp>().ok())) {
            (Some(known), Some(now)) => known < now,
            _ => indexed_at.is_none() || self.indexed_at.as_deref() != indexed_at,
        }
    }

    fn observations(&self) -> Observations {
        let list = self.observations.iter().map(|&(period, value)| Observation { period, value });
        Observations::new(self.frequency, list)
    }

    fn time(&self) -> Option<Timestamp> {
        self.indexed_at.as_deref()?.parse().ok()
    }

    fn day(&self) -> Option<jiff::civil::Date> {
        Some(self.time()?.to_zoned(TimeZone::UTC).date())
    }
}

/// The newest period that has a value.
fn last(observations: &Observations) -> Option<Period> {
    observations.values().next_back().map(|(period, _)| period)
}

/// The memories of a service, shared by its instances.
#[derive(Debug)]
pub(super) struct Memories {
    store: Arc<dyn StreamStore>,
    prefix: String,
}

impl Memories {
    pub(super) fn new(store: Arc<dyn StreamStore>, prefix: String) -> Self {
        Self { store, prefix }
    }

    /// What is remembered of a series; nothing if that is of another version of the service.
    pub(super) async fn of(&self, id: &SeriesId) -> Result<Option<Memory>, ServiceError> {
        let value = self.store.values().value(&self.key(id)).await.map_err(|error| unusable(&error))?;
        let memory = value.and_then(|value| serde_json::from_slice::<Memory>(&value).ok());
        Ok(memory.filter(|memory| memory.id == id.as_str()))
    }

    /// What is remembered of several.
    pub(super) async fn of_all(&self, ids: &[SeriesId]) -> Result<HashMap<SeriesId, Memory>, ServiceError> {
        let mut all = HashMap::new();
        for some in ids.chunks(AT_ONCE) {
            for (id, memory) in some.iter().zip(join_all(some.iter().map(|id| self.of(id))).await) {
                all.extend(memory?.map(|memory| (id.clone(), memory)));
            }
        }
        Ok(all)
    }

    pub(super) async fn keep(&self, id: &SeriesId, memory: &Memory) -> Result<(), ServiceError> {
        let value = serde_json::to_vec(memory)
            .map_err(|error| ServiceError::new(ErrorCode::Internal, error.to_string()))?;
        let kept = self.store.values().set_value(&self.key(id), &value, KEPT).await;
        kept.map_err(|error| unusable(&error))
    }

    fn key(&self, id: &SeriesId) -> StreamKey {
        StreamKey::new(format!("{}:{:032x}", self.prefix, xxh3_128(id.as_str().as_bytes())))
    }
}

/// The store does not work.
pub(super) fn unusable(error: &StoreError) -> ServiceError {
    ServiceError::new(ErrorCode::Unavailable, format!("the store cannot be used: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observations(values: &[(&str, f64)]) -> Observations {
        let list = values
            .iter()
            .map(|(period, value)| Observation { period: period.parse().unwrap(), value: Some(*value) });
        Observations::new(Frequency::Monthly, list)
    }

    fn memory() -> Memory {
        let id: SeriesId = "BLS/cu/CUSR0000SA0".parse().unwrap();
        Memory::first(
            &id,
            Some("2026-09-11T12:00:00.000Z".to_owned()),
            &observations(&[("2026-08", 0.1 + 0.2)]),
        )
    }

    #[test]
    fn a_new_period_is_a_change_and_a_sighting() {
        let indexed_at = Some("2026-10-14T12:00:00.000Z".to_owned());
        let now = observations(&[("2026-08", 0.25), ("2026-09", 3.0)]);
        let next = memory().then(indexed_at, &now);
        let first_seen = "2026-10-14".parse().unwrap();
        assert_eq!(next.sightings, [Sighting { period: "2026-09".parse().unwrap(), first_seen }]);
        let changes = next.changes.unwrap();
        assert_eq!((changes.new.len(), changes.revised.len(), changes.removed.len()), (1, 1, 0));
        assert_eq!(changes.since.as_deref(), Some("2026-09-11T12:00:00.000Z"));
    }

    #[test]
    fn what_is_remembered_is_exactly_what_was_there() {
        let memory = memory();
        let again: Memory = serde_json::from_slice(&serde_json::to_vec(&memory).unwrap()).unwrap();
        assert_eq!(again, memory);
    }

    #[test]
    fn an_older_fetch_is_not_newer() {
        let memory = memory();
        assert!(memory.is_older_than(Some("2026-09-11T12:00:00.001Z")));
        assert!(!memory.is_older_than(Some("2026-09-11T12:00:00Z")), "the same time in other words");
        assert!(!memory.is_older_than(Some("2026-09-10T12:00:00.000Z")));
        assert!(memory.is_older_than(None), "nobody knows");
        let timeless = Memory { indexed_at: None, ..memory };
        assert!(timeless.is_older_than(None), "nobody ever knows");
    }

    #[test]
    fn sightings_are_bounded() {
        let mut memory = memory();
        for month in 0..60 {
            let period = format!("{}-{:02}", 2027 + month / 12, month % 12 + 1);
            let indexed_at = Some(format!("{}-{:02}-28T00:00:00Z", 2027 + month / 12, month % 12 + 1));
            memory = memory.then(indexed_at, &observations(&[(&period, 1.0)]));
        }
        assert_eq!(memory.sightings.len(), MAX_SIGHTINGS);
        assert_eq!(memory.sightings[MAX_SIGHTINGS - 1].period, "2031-12".parse().unwrap());
    }
}
