//! What is watched, and how often: the table `[services.dbnomics.watch]`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tradebus::{Topic, TopicError};

use crate::dbnomics::{Catalogue, Group, SeriesId};
use crate::settings::SettingsError;

/// Most series that are watched.
const MAX_SERIES: usize = 5_000;
/// A week, in seconds.
const LONGEST: f64 = 604_800.0;

/// A watch list: series that are looked at unasked, and whose news are published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WatchSettings {
    /// Ids `PROVIDER/DATASET/SERIES`. Default none; with those of `groups` at most 5000.
    pub series: Vec<SeriesId>,
    /// Groups of trading series (`macro_economic`, `central_bank`, `financial`, `commodities`), all of whose series are watched. Default none.
    pub groups: Vec<Group>,
    /// Time from one look at all of them to the next, in seconds. Default 3600, 1 to 604800.
    pub interval: f64,
}

impl Default for WatchSettings {
    fn default() -> Self {
        Self { series: Vec::new(), groups: Vec::new(), interval: 3_600.0 }
    }
}

/// What is watched, with the topics of the news.
pub(super) type Watched = BTreeMap<SeriesId, Topic>;

impl WatchSettings {
    pub(super) fn interval(&self) -> Result<Duration, SettingsError> {
        if (1.0..=LONGEST).contains(&self.interval) {
            return Ok(Duration::from_secs_f64(self.interval));
        }
        Err(wrong(format!("`watch.interval` is {}: allowed are 1 to {LONGEST} seconds", self.interval)))
    }

    /// All that is watched.
    pub(super) fn watched(&self, catalogue: &Catalogue) -> Result<Watched, SettingsError> {
        let of_groups = self.groups.iter().flat_map(|group| catalogue.of(*group)).map(|series| &series.id);
        let mut watched = Watched::new();
        for id in self.series.iter().chain(of_groups) {
            let topic = topic_of(id)
                .map_err(|error| wrong(format!("`watch.series`: the topic of `{id}`: {error}")))?;
            watched.insert(id.clone(), topic);
        }
        if watched.len() > MAX_SERIES {
            return Err(wrong(format!("`watch` has {} series: allowed are {MAX_SERIES}", watched.len())));
        }
        Ok(watched)
    }
}

fn wrong(problem: String) -> SettingsError {
    SettingsError::Service { problems: vec![problem] }
}

/// `data.macro.PROVIDER.DATASET.SERIES`. What no topic has (`*`, `?`) is percent-encoded, as is `%`.
fn topic_of(id: &SeriesId) -> Result<Topic, TopicError> {
    let series = id.series().replace('%', "%25").replace('*', "%2A").replace('?', "%3F");
    Topic::new(format!("data.macro.{}.{}.{series}", id.provider(), id.dataset()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(series: &str) -> Result<String, TopicError> {
        topic_of(&SeriesId::new("ECB", "EXR", series).unwrap()).map(|topic| topic.to_string())
    }

    #[test]
    fn ids_become_topics() {
        assert_eq!(topic("D.USD.EUR.SP00.A").unwrap(), "data.macro.ECB.EXR.D.USD.EUR.SP00.A");
        assert_eq!(topic("A*.B?.100%").unwrap(), "data.macro.ECB.EXR.A%2A.B%3F.100%25");
        assert!(topic(&"x".repeat(300)).is_err());
    }

    #[test]
    fn what_is_in_several_places_is_watched_once() {
        let catalogue = Catalogue::built_in().unwrap();
        let commodities: Vec<SeriesId> = catalogue.of(Group::Commodities).map(|it| it.id.clone()).collect();
        let all = commodities.len();
        let settings = WatchSettings {
            series: vec![commodities[0].clone(), "A/B/C".parse().unwrap()],
            groups: vec![Group::Commodities, Group::Commodities],
            ..WatchSettings::default()
        };
        assert_eq!(settings.watched(&catalogue).unwrap().len(), all + 1);
    }

    #[test]
    fn every_trading_series_can_be_watched() {
        let settings = WatchSettings { groups: Group::ALL.to_vec(), ..WatchSettings::default() };
        let catalogue = Catalogue::built_in().unwrap();
        assert_eq!(settings.watched(&catalogue).unwrap().len(), catalogue.series().len());
    }

    #[test]
    fn an_interval_has_bounds() {
        let problem =
            |interval| WatchSettings { interval, ..WatchSettings::default() }.interval().unwrap_err();
        assert_eq!(problem(0.5).to_string(), "`watch.interval` is 0.5: allowed are 1 to 604800 seconds");
        assert!(problem(f64::NAN).to_string().contains("NaN"));
    }
}
